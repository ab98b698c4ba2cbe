"""Any container that FFmpeg reads becomes 16 kHz channels on one clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio

_SLACK = 0.03
"""Seconds that time stamps may disagree with the count of samples before the clock is put right. Containers
round time stamps (Matroska to 1 ms) and some jitter by a packet; what accumulates past this is a gap or a
drifting clock."""

_LONGEST_GAP = 3600.0
_FULL_SCALE = 0.99
_UNKNOWN_LENGTH = 2**31
"""From here on, sizes in WAV headers mean that the writer did not know: it wrote into a pipe."""


@dataclass(frozen=True)
class DecodedAudio:
    """The sound of one file.

    Attributes:
        channels: One or two channels at 16 kHz, of the same length. Files with more are averaged into one.
        source_rate: Samples per second in the file.
        codec: FFmpeg's name of the codec.
        container: FFmpeg's name of the container.
        notes: What the user should know: truncation, clipping, damaged packets.
        start: Seconds on the container's own clock at which time zero lies. Two files of one session share that clock
            where whatever recorded them says so; most containers begin at 0, MPEG-TS and MPEG-PS anywhere.
    """

    channels: tuple[Audio, ...]
    source_rate: int
    codec: str
    container: str
    notes: tuple[str, ...] = ()
    start: float = 0.0

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.channels[0].duration


def read_audio(path: Path | str) -> DecodedAudio:
    """Decodes the first audio stream of a file that can be decoded to 16 kHz.

    Time zero is where the container starts, so sound that begins after the picture is preceded by silence.
    Gaps between time stamps become silence and overlaps are dropped, which keeps sound on the container's
    clock for hours. Memory is that of the result plus about a second.

    Args:
        path: Any audio or video file.

    Raises:
        InputError: The file is missing, empty, not media, without audio, damaged past use or has samples
            that are not finite.
    """
    decoded, *others = _read(Path(path), all_tracks=False)
    return decoded


def read_tracks(path: Path | str) -> tuple[DecodedAudio, ...]:
    """Decodes every audio stream of a file that can be decoded, all with the container's time zero.

    A track that begins later is preceded by silence. Those that cannot be decoded are named in the notes of the first.

    Args:
        path: Any audio or video file.

    Raises:
        InputError: As in `read_audio`; where no stream can be decoded, what is wrong with the first.
    """
    return _read(Path(path), all_tracks=True)


def _read(path: Path, *, all_tracks: bool) -> tuple[DecodedAudio, ...]:
    import av

    check_file(path)
    tracks: list[DecodedAudio] = []
    passed_over: list[tuple[int, InputError]] = []
    try:
        # Only local files: a playlist must not make us fetch something.
        with av.open(f"file:{path}", options={"protocol_whitelist": "file"}) as container:
            count = len(container.streams.audio)
        for index in range(count):
            with av.open(f"file:{path}", options={"protocol_whitelist": "file"}) as container:
                try:
                    tracks.append(_decode(container, container.streams.audio[index], path))
                except InputError as error:
                    passed_over.append((index, error))
            if tracks and not all_tracks:
                break
    except av.error.FFmpegError as error:
        raise InputError(
            f"{path}: not a readable media file, or damaged ({error.strerror or error}); "
            "pass an audio or video file that plays"
        ) from error
    if not count:
        raise InputError(f"{path}: contains no audio; pass a file with an audio track")
    if not tracks:
        raise passed_over[0][1]
    notes = [
        f"{path.name}: audio stream {index + 1} is passed over: {str(error).removeprefix(f'{path}: ')}"
        for index, error in passed_over
    ]
    if not all_tracks and count > 1:
        notes.append(f"{path.name}: has {count} audio streams; number {len(passed_over) + 1} is used")
    return (replace(tracks[0], notes=(*tracks[0].notes, *notes)), *tracks[1:])


def check_file(path: Path) -> None:
    """Refuses what is no file, cannot be read or is empty.

    Raises:
        InputError: Says which.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder; pass an audio or video file")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if empty:
        raise InputError(f"{path}: is empty (0 bytes)")


def _decode(container: Any, stream: Any, path: Path) -> DecodedAudio:
    if stream.codec_context is None:
        raise InputError(f"{path}: its audio has an unknown codec; convert it to WAV first (ffmpeg -i FILE out.wav)")
    packets = Packets(container, stream)
    channels: _Channels | None = None
    for frame in packets:
        if channels is None:
            zero = container.start_time / 1e6 if container.start_time is not None else None
            channels = _Channels(path, frame, zero, (container.duration or 0) / 1e6)
        channels.add(frame)
    if channels is None or channels.written == 0:
        why = f"{packets.damaged} damaged packets" if packets.damaged else "zero length"
        raise InputError(f"{path}: no audio could be decoded ({why}); pass a file that plays")

    seconds = channels.written / channels.rate
    declared = _declared_duration(container, stream)
    sounds = channels.finish()
    notes = []
    if packets.damaged > max(3, packets.total // 2):
        raise InputError(
            f"{path}: damaged: {packets.damaged} of {packets.total} packets cannot be decoded; get an intact copy"
        )
    if packets.damaged:
        notes.append(f"{path.name}: {packets.damaged} of {packets.total} packets are damaged and skipped")
    reached = max(seconds, seconds + (container.start_time or 0) / 1e6)  # Matroska counts its length from 0
    if declared - reached > max(0.5, 0.02 * declared):
        notes.append(f"{path.name}: ends early: {seconds:.1f} s of the {declared:.1f} s it should last; truncated?")
    elif _cut_off(path):
        notes.append(f"{path.name}: stops abruptly after {seconds:.1f} s without a proper end; truncated?")
    if channels.sources > 2:
        notes.append(f"{path.name}: its {channels.sources} channels are averaged to mono")
    notes += channels.level_notes()
    codec, kind = stream.codec_context.name, container.format.name
    start = (container.start_time or 0) / 1e6
    return DecodedAudio(sounds, channels.rate, codec, kind, tuple(notes), start)


def _declared_duration(container: Any, stream: Any) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return 0.0 if container.streams.video else (container.duration or 0) / 1e6


def _cut_off(path: Path) -> bool:
    """Whether a WAV file is shorter than its header says, or an Ogg file lacks its last page; FFmpeg tells neither."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        if head[:4] == b"RIFF":
            declared = int.from_bytes(head[4:], "little")
            return size + 1 < declared + 8 < _UNKNOWN_LENGTH
        if head[:4] == b"OggS":
            file.seek(max(0, size - 70_000))  # a page has at most 65,307 bytes
            tail = file.read()
            page = tail.rfind(b"OggS")
            return not (0 <= page < len(tail) - 5 and tail[page + 5] & 4)
    return False


class Packets:
    """Frames of a stream, past damaged packets, which are counted."""

    def __init__(self, container: Any, stream: Any) -> None:
        self.container, self.stream = container, stream
        self.total = self.damaged = 0

    def __iter__(self) -> Iterator[Any]:
        import av

        demuxed = self.container.demux(self.stream)
        while True:
            try:
                packet = next(demuxed, None)
            except av.error.FFmpegError:  # the container breaks off here
                self.total, self.damaged = self.total + 1, self.damaged + 1
                return
            if packet is None:
                return
            self.total += 1
            try:
                yield from packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self.damaged += 1


class _Channels:
    """Collects decoded frames on the container's clock and resamples them as they come."""

    def __init__(self, path: Path, first: Any, zero: float | None, expected: float) -> None:
        import soxr

        self.path, self.rate, self.sources = path, first.sample_rate, len(first.layout.channels)
        self.zero = zero if zero is not None else first.time or 0.0
        self.written = 0  # samples at the source's rate, all channels alike
        self._kept = self.sources if self.sources <= 2 else 1
        self._pending: list[NDArray[np.float32]] = []
        self._pending_length = 0
        self._resample = soxr.ResampleStream(self.rate, SAMPLE_RATE, self._kept, dtype="float32", quality="HQ")
        self._out = np.zeros((self._kept, int(min(expected, 4 * 3600) * SAMPLE_RATE) + SAMPLE_RATE), np.float32)
        self._length = 0
        self._clipped = 0
        self._peak = 0.0

    def add(self, frame: Any) -> None:
        """Places one decoded frame on the clock."""
        if (frame.sample_rate, len(frame.layout.channels)) != (self.rate, self.sources):
            raise InputError(
                f"{self.path}: damaged, or its sample rate or channels change at {self.written / self.rate:.1f} s; "
                "convert it to WAV first (ffmpeg -i FILE out.wav)"
            )
        samples = self._samples(frame)
        if frame.time is not None:
            samples = self._on_the_clock(samples, frame.time)
        self._write(samples)

    def _on_the_clock(self, samples: NDArray[np.float32], time: float) -> NDArray[np.float32]:
        """Fills a gap before these samples with silence, or drops what overlaps with the past."""
        late = round((time - self.zero) * self.rate) - self.written
        if abs(late) <= _SLACK * self.rate and self.written > 0:
            return samples
        if late > _LONGEST_GAP * self.rate:
            raise InputError(
                f"{self.path}: its timestamps jump by {late / self.rate:.0f} s at {self.written / self.rate:.1f} s; "
                "convert it to WAV first (ffmpeg -i FILE out.wav)"
            )
        while late > 0:
            gap = min(late, self.rate)
            self._write(np.zeros((self._kept, gap), np.float32))
            late -= gap
        return samples[:, min(-late, samples.shape[1]) :]

    def _samples(self, frame: Any) -> NDArray[np.float32]:
        """A frame as float32 (channels kept, samples)."""
        raw = frame.to_ndarray()
        if not frame.format.is_planar:
            raw = raw.reshape(-1, self.sources).T
        if raw.dtype == np.uint8:
            samples = (raw.astype(np.float32) - 128) / 128
        elif raw.dtype.kind == "i":
            samples = (raw / -float(np.iinfo(raw.dtype).min)).astype(np.float32)
        else:
            samples = raw.astype(np.float32)
        if not np.isfinite(samples).all():
            where = self.written + int(np.argmin(np.isfinite(samples).all(0)))
            raise InputError(
                f"{self.path}: sample {where} ({where / self.rate:.3f} s) is not a finite number; "
                "export the audio again"
            )
        full = np.abs(samples) >= _FULL_SCALE
        self._clipped += int((full[:, 2:] & full[:, 1:-1] & full[:, :-2]).sum())
        self._peak = max(self._peak, float(np.abs(samples).max(initial=0)))
        kept: NDArray[np.float32] = samples.mean(0, keepdims=True) if self.sources > 2 else samples
        return kept

    def _write(self, samples: NDArray[np.float32]) -> None:
        self.written += samples.shape[1]
        self._pending.append(samples)
        self._pending_length += samples.shape[1]
        if self._pending_length >= self.rate:
            self._flush(last=False)

    def _flush(self, last: bool) -> None:
        chunk = np.concatenate(self._pending, 1) if self._pending else np.zeros((self._kept, 0), np.float32)
        self._pending, self._pending_length = [], 0
        new = self._resample.resample_chunk(np.ascontiguousarray(chunk.T), last=last).T
        end = self._length + new.shape[1]
        if end > self._out.shape[1]:
            longer = np.zeros((self._kept, int(1.5 * end)), np.float32)
            longer[:, : self._length] = self._out[:, : self._length]
            self._out = longer
        self._out[:, self._length : end] = new
        self._length = end

    def finish(self) -> tuple[Audio, ...]:
        """The channels, ``round(written / rate * 16000)`` samples each."""
        self._flush(last=True)
        length = min(self._length, max(1, round(self.written * SAMPLE_RATE / self.rate)))
        if self._peak > 2.0:  # integers written into a float file
            self._out /= self._peak
        return tuple(Audio(channel[:length]) for channel in self._out)

    def level_notes(self) -> list[str]:
        """Clipping and samples past full scale, said in words."""
        name, seconds = self.path.name, self.written / self.rate
        if self._peak > 2.0:
            return [f"{name}: peaks at {self._peak:.3g} times full scale; scaled down to fit"]
        if self._clipped > 2e-4 * self.written:
            percent = 100 * self._clipped / (self.written * self.sources)
            return [
                f"{name}: the audio is clipped ({percent:.2g} % of {seconds:.0f} s at full scale); expect worse results"
            ]
        return []

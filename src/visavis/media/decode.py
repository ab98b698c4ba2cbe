"""Any container that FFmpeg reads becomes 16 kHz channels on one clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.media.container import check_file, codec_name, opened
from visavis.media.packets import Decoder, Packets, clock_notes, is_pause
from visavis.media.parts import is_cut_off, parts_of, rest_of
from visavis.media.sound import MOST_SOUND, Allowance, Sound, too_much
from visavis.reading import as_bytes

_ADVICE = "an audio or video file that plays"
_BELIEVED = 5
"""Frames in a row after which another rate or number of channels is believed; damaged packets say anything."""
_SWALLOWED, _LARGE = 4, 8192
"""By so much more than any packet, and than this many bytes, the last holds what follows a stream without frames."""
_UNTIMED = ("aac", "loas")
"""Containers whose time stamps FFmpeg makes up, as if the first rate held throughout."""


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
    clock for hours. Where that clock starts anew, as in joined files, time goes on from where the sound is.
    Memory is that of the result, and a quarter more while it grows.

    Args:
        path: Any audio or video file.

    Raises:
        InputError: The file is missing, empty, not media, without audio, damaged past use, has samples
            that are not finite or holds more than `MOST_SOUND`.
    """
    path = Path(path)
    count = _some_audio_streams(path)
    passed_over: list[InputError] = []
    for number in range(count):
        (found,) = _decode(path, [number])
        if isinstance(found, DecodedAudio):
            notes = _passed_over(path, passed_over)
            if count > 1:
                notes.append(f"{path.name}: has {count} audio streams; number {number + 1} is used")
            return replace(found, notes=(*found.notes, *notes))
        passed_over.append(found)
    raise passed_over[0]


def read_tracks(path: Path | str) -> tuple[DecodedAudio, ...]:
    """Decodes every audio stream of a file that can be decoded, all with the container's time zero.

    A track that begins later is preceded by silence. Those that cannot be decoded are named in the notes of the first.

    Args:
        path: Any audio or video file.

    Raises:
        InputError: As in `read_audio`; where no stream can be decoded, what is wrong with the first.
    """
    path = Path(path)
    found = _decode(path, range(_some_audio_streams(path)))
    tracks = [track for track in found if isinstance(track, DecodedAudio)]
    if not tracks:
        raise next(error for error in found if isinstance(error, InputError))
    notes = _passed_over(path, found)
    return (replace(tracks[0], notes=(*tracks[0].notes, *notes)), *tracks[1:])


def check_media(path: Path | str) -> None:
    """Refuses at once what can be known not to be readable, before anything is spent on a file.

    Raises:
        InputError: The file is missing, empty, not media, points to others or holds more than `MOST_SOUND`.
    """
    _audio_streams(Path(path))


def _audio_streams(path: Path) -> int:
    """How many there are."""
    check_file(path)
    with opened(path, _ADVICE, parts_of(path)[0]) as container:
        streams = container.streams.audio
        declared = (container.duration or 0) / 1e6
        codec = streams[0].codec_context if streams else None
        most = MOST_SOUND / (2 if codec is not None and codec.channels == 2 else 1)
        count = len(streams)
    if count and declared > most and _goes_on_at(path, most):  # known now instead of after hours of decoding
        raise too_much(path)
    return count


def _some_audio_streams(path: Path) -> int:
    count = _audio_streams(path)
    if not count:
        raise InputError(f"{path}: contains no audio; pass a file with an audio track")
    return count


def _goes_on_at(path: Path, seconds: float) -> bool:
    """Whether there is sound so late, which a damaged header may claim."""
    import av

    with opened(path, _ADVICE) as container:
        stream = container.streams.audio[0]
        try:
            container.seek(int((seconds + (container.start_time or 0) / 1e6) * 1e6))
            packet = next(container.demux(stream), None)
        except av.error.FFmpegError:
            return False
        if packet is None or packet.pts is None:
            return False
        return float(packet.pts * packet.time_base) > seconds - 60


def _passed_over(path: Path, found: Sequence[DecodedAudio | InputError]) -> list[str]:
    return [
        f"{path.name}: audio stream {number} is passed over: {str(error).removeprefix(f'{path}: ')}"
        for number, error in enumerate(found, 1)
        if isinstance(error, InputError)
    ]


def _decode(path: Path, numbers: Sequence[int]) -> list[DecodedAudio | InputError]:
    """Some of the audio streams, or what is wrong with each."""
    allowance = Allowance(path)
    tracks = {number: _Track(path, number, allowance) for number in numbers}
    packets = Packets(path, _ADVICE)
    for kind, number, packet in packets:
        if kind == "audio" and number in tracks:
            tracks[number].take(packet, packets.clock.zero)
            if all(track.error for track in tracks.values()):
                break
    return [track.result(packets) for track in tracks.values()]


def _kind(frame: Any) -> tuple[int, int]:
    return frame.sample_rate, len(frame.layout.channels)


class _Track:
    """One audio stream while it is decoded."""

    def __init__(self, path: Path, number: int, allowance: Allowance) -> None:
        self.path, self._number = path, number
        self.error: InputError | None = None
        self._decoder = Decoder()
        self._sound = Sound(path, allowance)
        self._doubtful: list[tuple[Any, float | None]] = []
        self._disbelieved = self._largest = self._last = 0
        self._codec = self._kind = ""

    def take(self, packet: Any, zero: float) -> None:
        """Decodes a packet; after an error no more."""
        if self.error is None:
            try:
                self._take(packet, zero)
            except InputError as error:
                self.error = error
                self._sound = Sound(self.path, Allowance(self.path))  # frees memory

    def _take(self, packet: Any, zero: float) -> None:
        stream = packet.stream
        codec = stream.codec_context
        if codec is None:
            raise InputError(f"{self.path}: its sound has the {codec_name(stream)}; convert it to WAV first")
        self._codec, self._kind = self._codec or codec.name, self._kind or stream.container.format.name
        if packet.size:
            self._largest, self._last = max(self._largest, self._last), packet.size
        if is_pause(packet):
            self._decoder.total += 1
            if packet.pts is not None:
                self._sound.begin(self._sound.rate or codec.sample_rate, self._sound.sources or codec.channels)
                self._sound.reach(float((packet.pts + (packet.duration or 0)) * packet.time_base) - zero)
            return
        damaged = self._decoder.damaged
        for frame in self._decoder.frames(packet):
            self._add(frame, None if frame.time is None or self._kind in _UNTIMED else frame.time - zero)
        if self._decoder.damaged > damaged and self._kind in _UNTIMED:
            self._sound.reach(self._sound.seconds + float((packet.duration or 0) * packet.time_base))

    def _add(self, frame: Any, time: float | None) -> None:
        """Adds a frame, or holds it back until others of its kind follow."""
        sound, kind = self._sound, _kind(frame)
        if not sound.rate or kind == (sound.rate, sound.sources):
            self._forget_doubtful()
            self._decoder.damaged, self._disbelieved = self._decoder.damaged + self._disbelieved, 0
            sound.add(frame, time)
            return
        if self._doubtful and kind != _kind(self._doubtful[0][0]):
            self._forget_doubtful()
        self._doubtful.append((frame, time))
        if len(self._doubtful) >= _BELIEVED:
            for held in self._doubtful:
                sound.add(*held)
            self._doubtful, self._disbelieved = [], 0

    def _forget_doubtful(self) -> None:
        self._disbelieved += len(self._doubtful)
        self._doubtful = []

    def result(self, packets: Packets) -> DecodedAudio | InputError:
        """The sound, or why there is none."""
        if self.error is not None:
            return self.error
        self._forget_doubtful()
        path, sound = self.path, self._sound
        total, damaged = self._decoder.total, self._decoder.damaged + self._disbelieved
        if sound.seconds == 0:
            why = f"{damaged} damaged packets" if damaged else "zero length"
            return InputError(f"{path}: no audio could be decoded ({why}); pass a file that plays")
        if damaged > max(3, total // 2):
            return InputError(
                f"{path}: damaged, or joined from different kinds: {damaged} of {total} packets cannot be decoded; "
                "get an intact copy, or pass the parts"
            )
        channels = sound.finish()
        notes = [f"{damaged} of {total} packets are damaged and skipped"] if damaged else []
        notes += clock_notes(packets.clock.breaks)
        notes += self._end_notes(packets)
        if sound.most_sources > 2:
            notes.append(f"its {sound.most_sources} channels are averaged to mono")
        notes = [*(f"{path.name}: {note}" for note in notes), *sound.level_notes()]
        return DecodedAudio(channels, sound.first_rate, self._codec, self._kind, tuple(notes), packets.clock.zero)

    def _end_notes(self, packets: Packets) -> list[str]:
        """Whether the last part of the file ends before it should."""
        seconds = self._sound.seconds
        if packets.broken:
            return [f"cannot be read past {seconds:.1f} s: what follows is damaged, or another file; it is left out"]
        lasts = seconds - packets.began
        declared = packets.declared("audio", self._number, lasts)
        if declared is not None and self._kind == "avi" and not is_cut_off(self.path, packets.span):
            return [
                f"holds {lasts:.1f} s of sound, though its header counts {declared:.1f} s: FFmpeg skips the pauses of "
                "an AVI, and may place the sound too early"
            ]
        if declared is not None:
            return [f"ends early: {seconds:.1f} s of the {packets.began + declared:.1f} s it should last; truncated?"]
        if is_cut_off(self.path, packets.span):
            return [f"stops abruptly after {seconds:.1f} s without a proper end; truncated?"]
        rest = rest_of(self.path) or (self._last if self._last > _SWALLOWED * max(self._largest, _LARGE) else 0)
        if rest:
            left_out = f"its last {as_bytes(rest)}, after {seconds:.1f} s, are left out"
            return [f"{left_out}: no recording known here, or more than are read"]
        return []

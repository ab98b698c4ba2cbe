"""Frames of any video that FFmpeg reads, upright, in RGB, at a constant frame rate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.media.decode import Packets, check_file

_LONGEST_GAP = 3600.0
_LONGEST_TITLE = 300
_RUN_UP = 1.0
"""Seconds before a wanted picture at which decoding begins at the latest, as seeking may land a little late."""


@dataclass(frozen=True)
class Video:
    """The picture of one file, or of a part of it; nothing of it is held in memory.

    Attributes:
        path: The file.
        width: Pixels of a picture as it is shown: turned upright, with square pixels.
        height: Pixels.
        fps: Pictures per second in the file, on average.
        duration: Seconds from time zero, which is that of `visavis.media.read_audio`, to the end of the last picture.
        count: Pictures in the whole file.
        offset: Seconds from the file's start to time zero; above 0 for a part.
        codec: FFmpeg's name of the codec.
        notes: What the user should know: truncation, a varying rate, further streams.
        title: What the file calls itself; empty if it does not.
    """

    path: Path
    width: int
    height: int
    fps: float
    duration: float
    count: int
    offset: float = 0.0
    codec: str = ""
    notes: tuple[str, ...] = ()
    title: str = ""

    def slice(self, start: float, stop: float) -> Video:
        """From `start` to `stop` seconds, on a clock that begins at `start`; empty past the last picture."""
        stop = min(stop, self.duration)
        return replace(self, offset=self.offset + start, duration=max(0.0, stop - start))

    def frames(
        self, fps: float = 25.0, start: float = 0.0, stop: float | None = None, longest: int | None = None
    ) -> Frames:
        """Pictures at a constant rate, uint8 (height, width, 3) RGB.

        Picture i is what is on screen at ``start + (i + 0.5) / fps`` seconds. Before the file's first picture that
        one is shown; where packets are damaged or pictures missing, the one before.

        Args:
            fps: Pictures per second, whatever the file's rate.
            start: Seconds.
            stop: Seconds; the end of the video at most and unless given.
            longest: The longer side in pixels is made no longer than this.
        """
        if not (np.isfinite(fps) and fps > 0):
            raise InputError(f"{self.path}: a frame rate of {fps}; the rate must be above 0")
        if longest is not None and longest < 1:
            raise InputError(f"{self.path}: frames of {longest} pixels; the longer side must be at least 1")
        return Frames(self, fps, start, self.duration if stop is None else min(stop, self.duration), longest)


class Frames:
    """The pictures that `Video.frames` promises; may be gone through once.

    Attributes:
        size: Width and height of each picture.
        damaged: Packets that could not be decoded, so far.
    """

    def __init__(self, video: Video, fps: float, start: float, stop: float, longest: int | None) -> None:
        scale = min(1.0, (longest or np.inf) / max(video.width, video.height))
        self.size = max(1, round(video.width * scale)), max(1, round(video.height * scale))
        self.damaged = 0
        self._video, self._fps, self._start = video, fps, start + video.offset
        self._count = max(0, round((stop - start) * fps))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """The pictures; as many as `len` says."""
        wanted = ((self._start + (i + 0.5) / self._fps) for i in range(self._count))
        time = next(wanted, None)
        before: Any = None  # a decoded picture, or the array made of it
        for shown, picture in self._decoded(self._start):
            while time is not None and before is not None and time < shown:
                if not isinstance(before, np.ndarray):
                    before = self._upright(before)
                yield before
                time = next(wanted, None)
            if time is None:
                return
            before = picture
        if before is None and time is not None:
            raise InputError(f"{self._video.path}: no frame can be decoded from {self._start:.1f} s on")
        if time is not None and not isinstance(before, np.ndarray):
            before = self._upright(before)
        while time is not None:
            yield before
            time = next(wanted, None)

    def _decoded(self, start: float) -> Iterator[tuple[float, Any]]:
        """Decoded pictures and the seconds from which each is shown, beginning no later than at `start`."""
        for seek in (True, False) if start > 2 * _RUN_UP else (False,):
            with _opened(self._video.path) as container:
                stream = _stream(container, self._video.path)
                zero = _zero(container)
                if seek:
                    container.seek(max(0, int((start - _RUN_UP + (zero or 0.0)) * 1e6)))
                packets = Packets(container, stream)
                pictures = _timed(packets, zero, self._video.fps)
                first = next(pictures, None)
                if seek and (first is None or first[0] > start):  # no index, or a damaged one: from the beginning
                    continue
                before = self.damaged
                if first is not None:
                    yield first
                for timed in pictures:
                    self.damaged = before + packets.damaged
                    yield timed
                self.damaged = before + packets.damaged
                return

    def _upright(self, picture: Any) -> NDArray[np.uint8]:
        turns = _quarter_turns(picture)
        width, height = self.size if turns % 2 == 0 else self.size[::-1]
        smaller = width < picture.width or height < picture.height
        rgb = picture.to_ndarray(
            format="rgb24", width=width, height=height, interpolation="AREA" if smaller else "BILINEAR"
        )
        return np.ascontiguousarray(np.rot90(rgb, turns))


def open_video(path: Path | str) -> Video:
    """Reads what a video is: its first picture is decoded, the others are counted.

    Args:
        path: Any video file; of several video streams the first is taken.

    Raises:
        InputError: The file is missing, empty, not media, without pictures or damaged past use.
    """
    path = Path(path)
    check_file(path)
    with _opened(path) as container:
        stream = _stream(container, path)
        width, height, codec = _upright_size(container, stream, path)
        title = " ".join(container.metadata.get("title", "").split())[:_LONGEST_TITLE]
    with _opened(path) as container:
        stream = _stream(container, path)
        rate = float(stream.average_rate or stream.guessed_rate or 25)
        times, reached = _times(container, stream, rate)
        zero = _zero(container)
        end = float(times[-1])
        notes = _notes(container, stream, times[:-1], end, reached, rate)
    if len(times) == 2:
        raise InputError(f"{path}: is a still image; pass a video")
    gap = float(np.diff(times).max())
    if gap > _LONGEST_GAP:
        raise InputError(f"{path}: its video timestamps jump by {gap:.0f} s; convert it first (ffmpeg -i FILE out.mp4)")
    duration = end - (times[0] if zero is None else zero)
    return Video(
        path,
        width,
        height,
        rate,
        float(duration),
        len(times) - 1,
        0.0,
        codec,
        tuple(f"{path.name}: {n}" for n in notes),
        title,
    )


def _upright_size(container: Any, stream: Any, path: Path) -> tuple[int, int, str]:
    """Width and height of the first picture as it is shown, and the codec."""
    packets = Packets(container, stream)
    picture = next(iter(packets), None)
    if picture is None:
        why = f"{packets.damaged} damaged packets" if packets.damaged else "there are none"
        raise InputError(f"{path}: no frame can be decoded from it ({why}); get an intact copy")
    shape = float(stream.sample_aspect_ratio or 1)
    width, height = max(1, round(picture.width * shape)), picture.height
    if _quarter_turns(picture) % 2:
        width, height = height, width
    return width, height, stream.codec_context.name


def _notes(
    container: Any, stream: Any, times: NDArray[np.float64], end: float, reached: float, rate: float
) -> list[str]:
    notes = []
    if stream.duration and stream.time_base:
        lasts, declared = end - times[0], float(stream.duration * stream.time_base)
    else:  # Matroska says how long the longest stream lasts
        lasts, declared = max(end, reached) - (_zero(container) or 0.0), (container.duration or 0) / 1e6
    if declared - lasts > max(0.5, 0.02 * declared):
        notes.append(f"the video track ends early: {lasts:.1f} s of {declared:.1f} s; truncated?")
    steps = np.diff(times)
    if len(steps) > 10 and (np.abs(steps - np.median(steps)) > 0.25 * np.median(steps)).mean() > 0.02:
        notes.append(f"has a variable frame rate ({rate:.4g} on average); it is resampled")
    videos = [s for s in container.streams.video if not _is_cover(s)]
    if len(videos) > 1:
        notes.append(f"has {len(videos)} video streams; the first is used")
    return notes


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A container of a local file; FFmpeg's errors become lines for the user."""
    import av

    try:
        # Only local files: a playlist must not make us fetch something.
        with av.open(f"file:{path}", options={"protocol_whitelist": "file"}) as container:
            yield container
    except av.error.FFmpegError as error:
        why = error.strerror or error
        raise InputError(f"{path}: not a readable media file, or damaged ({why}); pass a video that plays") from error


def _stream(container: Any, path: Path) -> Any:
    """The first stream of moving pictures."""
    for stream in container.streams.video:
        if not _is_cover(stream):
            return stream
    raise InputError(f"{path}: contains no video track; pass a video")


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & type(stream.disposition).attached_pic)


def _zero(container: Any) -> float | None:
    """Seconds at which the container's clock starts, for sound and picture alike."""
    return container.start_time / 1e6 if container.start_time is not None else None


def _times(container: Any, stream: Any, rate: float) -> tuple[NDArray[np.float64], float]:
    """When each picture appears, in order, and when the last one ends, in seconds; without decoding any.

    Beside it when the last packet of any stream ends.
    """
    import av

    times: list[float] = []
    length = reached = 0.0
    try:
        for packet in container.demux():
            if not packet.size:
                continue
            stamp = packet.pts if packet.pts is not None else packet.dts
            if stamp is not None and packet.time_base:
                reached = max(reached, float((stamp + (packet.duration or 0)) * packet.time_base))
            if packet.stream is not stream or packet.is_discard:
                continue
            if stamp is not None:
                times.append(float(stamp * packet.time_base))
            else:  # a raw stream
                times.append(times[-1] + 1 / rate if times else 0.0)
            length = float((packet.duration or 0) * packet.time_base) or 1 / rate
    except av.error.FFmpegError:  # the container breaks off here
        pass
    times.sort()
    return np.array([*times, times[-1] + length] if times else [0.0, 1 / rate]), reached


def _timed(packets: Packets, zero: float | None, rate: float) -> Iterator[tuple[float, Any]]:
    """Decoded pictures with the seconds from `zero` at which each appears; never backwards."""
    last: float | None = None
    for picture in packets:
        time = picture.time
        if time is None:
            time = last + 1 / rate if last is not None else zero or 0.0
        if zero is None:
            zero = time
        last = time if last is None else max(last, time)
        yield last - zero, picture


def _quarter_turns(picture: Any) -> int:
    """By how many quarters to the left a picture has to be turned to stand upright (phones film sideways)."""
    quarters: int = round(picture.rotation / 90) % 4
    return quarters

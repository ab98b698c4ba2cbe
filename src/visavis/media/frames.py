"""Frames of any video that FFmpeg reads, upright, in RGB, at a constant frame rate."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.media.container import MOST_PIXELS, check_file, codec_name, opened
from visavis.media.packets import Decoder, Packets, clock_notes, pictures
from visavis.media.parts import parts_of

LONGEST_VIDEO = 12 * 3600
"""Seconds of the longest video that is read."""

_ADVICE = "a video that plays"
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
        zero: Seconds on the file's own clock at its time zero.
        continuous: Whether that clock never jumps; any place can be sought then.
        number: Which of the file's video streams it is, from 0.
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
    zero: float = 0.0
    continuous: bool = True
    number: int = 0

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
        if self._video.continuous and start > 2 * _RUN_UP:
            with opened(self._video.path, _ADVICE) as container:
                container.seek(max(0, int((start - _RUN_UP + self._video.zero) * 1e6)))
                sought = self._timed(Packets(self._video.path, _ADVICE).of(container))
                first = next(sought, None)
                if first is not None and first[0] <= start:
                    yield first
                    yield from sought
                    return
        # No index, or a damaged one: from the beginning.
        yield from self._timed(iter(Packets(self._video.path, _ADVICE)))

    def _timed(self, packets: Iterator[tuple[str, int, Any]]) -> Iterator[tuple[float, Any]]:
        """Decoded pictures with the seconds from time zero at which each appears; never backwards."""
        decoder, before, last = Decoder(), self.damaged, None
        for kind, number, packet in packets:
            if (kind, number) != ("video", self._video.number):
                continue
            for picture in decoder.frames(packet):
                time = picture.time
                if time is None:
                    time = self._video.zero if last is None else last + 1 / self._video.fps
                last = time if last is None else max(last, time)
                yield last - self._video.zero, picture
            self.damaged = before + decoder.damaged

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
        path: Any video file; of several video streams the first that can be decoded is taken.

    Raises:
        InputError: The file is missing, empty, not media, without pictures or damaged past use.
    """
    path = Path(path)
    check_file(path)
    part = parts_of(path)[0]
    with opened(path, _ADVICE, part) as container:
        title = " ".join(container.metadata.get("title", "").split())[:_LONGEST_TITLE]
        count = len(pictures(container))
    if not count:
        raise InputError(f"{path}: contains no video track; pass a video")
    refused: list[InputError] = []
    for number in range(count):
        try:
            with opened(path, _ADVICE, part) as container:
                width, height, rate, codec = _looks(container, pictures(container)[number], path)
            break
        except InputError as error:
            refused.append(error)
    else:
        raise refused[0]
    packets = Packets(path, _ADVICE)
    times = _times(packets, number, rate)
    if len(times) == 2:
        raise InputError(f"{path}: is a still image; pass a video")
    zero = packets.clock.zero
    duration = float(times[-1]) - zero
    if duration > LONGEST_VIDEO:
        raise InputError(
            f"{path}: lasts {duration / 3600:,.0f} hours, of which at most {LONGEST_VIDEO // 3600} are read; cut it "
            "into shorter videos (ffmpeg -i FILE -c copy -f segment -segment_time 3600 part%03d.mkv)"
        )
    notes = _notes(packets, number, times, rate)
    notes += [
        f"video stream {i} is passed over: {str(error).removeprefix(f'{path}: ')}" for i, error in enumerate(refused, 1)
    ]
    if count > 1:
        notes.append(f"has {count} video streams; {'the first' if number == 0 else f'number {number + 1}'} is used")
    return Video(
        path,
        width,
        height,
        rate,
        duration,
        len(times) - 1,
        codec=codec,
        notes=tuple(f"{path.name}: {note}" for note in notes),
        title=title,
        zero=zero,
        continuous=not packets.clock.breaks,
        number=number,
    )


def _notes(packets: Packets, number: int, times: NDArray[np.float64], rate: float) -> list[str]:
    notes = clock_notes(packets.clock.breaks)
    lasts = float(times[-1] - max(times[0], packets.began + packets.clock.zero))
    if (declared := packets.declared("video", number, lasts)) is not None:
        notes.append(f"the video track ends early: {lasts:.1f} s of {declared:.1f} s; truncated?")
    steps = np.diff(times)
    if len(steps) > 10 and (np.abs(steps - np.median(steps)) > 0.25 * np.median(steps)).mean() > 0.02:
        notes.append(f"has a variable frame rate ({rate:.4g} on average); it is resampled")
    return notes


def _looks(container: Any, stream: Any, path: Path) -> tuple[int, int, float, str]:
    """Width and height of the first picture as it is shown, pictures per second, and the codec."""
    if stream.codec_context is None:
        name = codec_name(stream)
        raise InputError(f"{path}: its pictures have the {name}; convert it first (ffmpeg -i FILE out.mp4)")
    announced = stream.codec_context.width, stream.codec_context.height
    if announced[0] * announced[1] > MOST_PIXELS:
        raise InputError(
            f"{path}: its pictures have {announced[0]} x {announced[1]} pixels, of which at most "
            f"{MOST_PIXELS // 10**6} million are read; scale it down (ffmpeg -i FILE -vf scale=1920:-2 out.mp4)"
        )
    decoder = Decoder()
    found = (picture for packet in container.demux(stream) for picture in decoder.frames(packet))
    picture = next(found, None)
    if picture is None:
        most = f"or have more than {MOST_PIXELS // 10**6} million pixels"
        why = f"{decoder.damaged} packets are damaged, {most}" if decoder.damaged else "there are none"
        raise InputError(f"{path}: no frame can be decoded from it ({why}); get an intact copy")
    shape = float(stream.sample_aspect_ratio or 1)
    width, height = max(1, round(picture.width * shape)), picture.height
    if _quarter_turns(picture) % 2:
        width, height = height, width
    return width, height, float(stream.average_rate or stream.guessed_rate or 25), codec_name(stream)


def _times(packets: Packets, wanted: int, rate: float) -> NDArray[np.float64]:
    """When each picture appears, in order, and when the last one ends, on the file's clock; without decoding any."""
    times = array("d")
    length = 0.0
    for kind, number, packet in packets:
        if (kind, number) != ("video", wanted) or not packet.size or packet.is_discard:
            continue
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is not None:
            times.append(float(stamp * packet.time_base))
        else:  # a raw stream
            times.append(times[-1] + 1 / rate if times else 0.0)
        length = float((packet.duration or 0) * packet.time_base) or 1 / rate
    found = np.sort(times)
    return np.append(found, found[-1] + length) if len(found) else np.array([0.0, 1 / rate])


def _quarter_turns(picture: Any) -> int:
    """By how many quarters to the left a picture has to be turned to stand upright (phones film sideways)."""
    quarters: int = round(picture.rotation / 90) % 4
    return quarters

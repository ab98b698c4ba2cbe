"""Decoded frames, of whatever rate and channels, become 16 kHz channels on one clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio

MOST_SOUND = 6 * 3600
"""Seconds of sound that are read from one file, all channels together: six hours of one, three of two."""

_SLACK = 0.03
"""Seconds that time stamps may disagree with the count of samples before the clock is put right. Containers
round time stamps (Matroska to 1 ms) and some jitter by a packet; what accumulates past this is a gap or a
drifting clock."""

_LEAP = 0.1
"""Seconds; a gap that is longer is believed when the next time stamp confirms it."""

_RATES = range(1000, 1_000_001)
_DTYPES = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "s64": np.int64, "flt": np.float32, "dbl": np.float64}
"""By FFmpeg's names for them."""

_FULL_SCALE = 0.99
_ROOM = 1.25


class Allowance:
    """How much sound may still be read from a file, which its tracks share."""

    def __init__(self, path: Path) -> None:
        self._path, self._left = path, float(MOST_SOUND)

    def take(self, seconds: float) -> None:
        """Uses up so many seconds of one channel.

        Raises:
            InputError: There are not so many left.
        """
        self._left -= seconds
        if self._left < 0:
            raise too_much(self._path)


def too_much(path: Path) -> InputError:
    """The error about a file with more than `MOST_SOUND`."""
    return InputError(
        f"{path}: holds more than {MOST_SOUND // 3600} hours of sound (channels counted one by one), the most that is "
        "read; cut it into shorter recordings (ffmpeg -i FILE -f segment -segment_time 3600 part%03d.wav)"
    )


class Sound:
    """Collects the frames of one track.

    Attributes:
        rate: Samples per second of the frames so far, from the last change on.
        first_rate: The same until the first change.
        sources: Channels of them.
        most_sources: The most channels that any had.
    """

    def __init__(self, path: Path, allowance: Allowance) -> None:
        self.path, self.rate, self.first_rate, self.sources, self.most_sources = path, 0, 0, 0, 0
        self._allowance = allowance
        self._before = 0.0  # seconds until the rate or the channels last changed
        self._written = 0  # samples since, at the source's rate
        self._channels: list[NDArray[np.float32]] = []  # longer than what is in them
        self._length = 0
        self._pending: list[NDArray[np.float32]] = []
        self._pending_length = 0
        self._resample: Any = None
        self._held: tuple[Any, float] | None = None
        self._values = self._clipped = 0
        self._peak = 0.0

    @property
    def seconds(self) -> float:
        """How much there is."""
        return self._before + (self._written / self.rate if self.rate else 0.0)

    def add(self, frame: Any, time: float | None) -> None:
        """Places a decoded frame at `time` seconds, or after what there is."""
        self._release(time)
        if time is not None and self.seconds > 0 and time - self.seconds > _LEAP:
            self._held = frame, time  # until the next one tells whether there is a gap, or a wrong time stamp
        else:
            self._place(frame, time)

    def _release(self, time: float | None) -> None:
        """Places the frame that was held back, knowing when the next one is."""
        if self._held is not None:
            (frame, at), self._held = self._held, None
            follows = time is None or abs(time - at - frame.samples / frame.sample_rate) <= _LEAP
            self._place(frame, at if follows else None)

    def _place(self, frame: Any, time: float | None) -> None:
        self.begin(frame.sample_rate, len(frame.layout.channels))
        samples = self._samples(frame)
        if time is not None:
            late = round((time - self.seconds) * self.rate)
            if abs(late) > _SLACK * self.rate or self.seconds == 0:
                self._silence(late)
                samples = samples[:, min(max(0, -late), samples.shape[1]) :]
        self._write(samples)

    def begin(self, rate: int, sources: int) -> None:
        """What follows has this rate and so many channels."""
        if (rate, sources) == (self.rate, self.sources):
            return
        if rate not in _RATES:
            raise InputError(f"{self.path}: is sampled at {rate} Hz, which no recording is; its header is damaged")
        self._end_stretch()
        kept = max(len(self._channels), sources if sources <= 2 else 1)
        while len(self._channels) < kept:  # one channel counts as the same on both
            self._channels.append(self._channels[0].copy() if self._channels else np.zeros(0, np.float32))
        self.rate, self.sources, self.most_sources = rate, sources, max(sources, self.most_sources)
        self.first_rate = self.first_rate or rate

    def _end_stretch(self, silence: float = 0.0) -> None:
        """Resamples the last of what there is at one rate, followed by so many seconds of silence."""
        if self._resample is not None or self._pending:
            self._flush(last=True)
        self._before, self._written, self._resample = self.seconds + silence, 0, None
        self._fit(round(self._before * SAMPLE_RATE))

    def reach(self, time: float) -> None:
        """Fills with silence until `time` seconds; `begin` comes first."""
        self._release(None)
        self._silence(round((time - self.seconds) * self.rate))

    def finish(self) -> tuple[Audio, ...]:
        """The channels, as many samples as `seconds` says."""
        self._release(None)
        self._end_stretch()
        self._fit(max(1, self._length))
        for channel in self._channels:
            channel.resize(self._length, refcheck=False)
            if self._peak > 2.0:  # integers written into a float file
                channel /= self._peak
        return tuple(Audio(channel) for channel in self._channels)

    def level_notes(self) -> list[str]:
        """Clipping and samples past full scale, said in words."""
        name = self.path.name
        if self._peak > 2.0:
            return [f"{name}: peaks at {self._peak:.3g} times full scale; scaled down to fit"]
        if self._clipped > 2e-4 * self._values / max(1, self.most_sources):
            percent = 100 * self._clipped / self._values
            return [
                f"{name}: the audio is clipped ({percent:.2g} % of {self.seconds:.0f} s at full scale); "
                "expect worse results"
            ]
        return []

    def _samples(self, frame: Any) -> NDArray[np.float32]:
        """A frame as float32 (channels kept, samples)."""
        raw = _values(frame)
        if not frame.format.is_planar:
            raw = raw.reshape(-1, self.sources).T
        samples: NDArray[np.float32] = raw.astype(np.float32)
        if raw.dtype.kind in "iu":  # unsigned ones have their zero in the middle
            samples *= 2.0 ** (1 - 8 * raw.itemsize)
            samples -= raw.dtype.kind == "u"
        elif not np.isfinite(samples).all():
            at = int(np.argmin(np.isfinite(samples).all(0)))
            where = self.seconds + at / self.rate
            raise InputError(
                f"{self.path}: sample {round(where * self.rate)} ({where:.3f} s) is not a finite number; "
                "export the audio again"
            )
        loud = np.abs(samples)
        peak = float(loud.max(initial=0))
        if peak >= _FULL_SCALE:
            full = loud >= _FULL_SCALE
            self._clipped += int((full[:, 2:] & full[:, 1:-1] & full[:, :-2]).sum())
        self._values += samples.size
        self._peak = max(self._peak, peak)
        return np.asarray(samples.mean(0, keepdims=True), np.float32) if self.sources > 2 else samples

    def _silence(self, count: int) -> None:
        if count > self.rate:  # it may be an hour: nothing to resample
            self._allowance.take(count / self.rate * len(self._channels))
            self._end_stretch(count / self.rate)
        elif count > 0:
            self._write(np.zeros((len(self._channels), count), np.float32))

    def _write(self, samples: NDArray[np.float32]) -> None:
        self._allowance.take(samples.shape[1] / self.rate * len(self._channels))
        if len(samples) < len(self._channels):
            samples = np.repeat(samples, len(self._channels), 0)
        self._written += samples.shape[1]
        self._pending.append(samples)
        self._pending_length += samples.shape[1]
        if self._pending_length >= self.rate:
            self._flush(last=False)

    def _flush(self, last: bool) -> None:
        """Resamples what was written."""
        import soxr

        if self._resample is None:
            kept = len(self._channels)
            self._resample = soxr.ResampleStream(self.rate, SAMPLE_RATE, kept, dtype="float32", quality="HQ")
        chunk = np.concatenate(self._pending, 1) if self._pending else np.zeros((len(self._channels), 0), np.float32)
        self._pending, self._pending_length = [], 0
        new = self._resample.resample_chunk(np.ascontiguousarray(chunk.T), last=last).T
        end = self._length + new.shape[1]
        for channel, piece in zip(self._channels, new, strict=True):
            if end > len(channel):
                channel.resize(int(_ROOM * end), refcheck=False)  # moves no memory where the system can do without
            channel[self._length : end] = piece
        self._length = end

    def _fit(self, length: int) -> None:
        """Cuts or pads by the few samples by which a resampler is off at the end."""
        for channel in self._channels:
            if length > len(channel):
                channel.resize(length, refcheck=False)
            channel[min(self._length, length) :] = 0
        self._length = length


def _values(frame: Any) -> NDArray[Any]:
    """A frame's numbers: (channels, samples) where they are planar, otherwise (1, samples x channels).

    `AudioFrame.to_ndarray` takes frames of eight planes for nine, and crashes; it does not know 64-bit integers.
    """
    dtype, channels = _DTYPES[frame.format.name.rstrip("p")], len(frame.layout.channels)
    planes, count = (channels, frame.samples) if frame.format.is_planar else (1, frame.samples * channels)
    return np.stack([np.frombuffer(plane, dtype, count) for plane in frame.planes[:planes]])

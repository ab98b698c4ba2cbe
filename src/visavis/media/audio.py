"""Audio in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError

SAMPLE_RATE = 16_000
"""The rate that everything past decoding works at."""


@dataclass(frozen=True, eq=False)
class Audio:
    """One channel of sound.

    Attributes:
        samples: float32 (N,), full scale is -1 to 1.
        sample_rate: Samples per second.
    """

    samples: NDArray[np.float32]
    sample_rate: int = SAMPLE_RATE

    def __post_init__(self) -> None:
        """Converts to float32 and validates."""
        samples = np.ascontiguousarray(self.samples, dtype=np.float32)
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "sample_rate", int(self.sample_rate))
        if samples.ndim != 1:
            raise InputError(f"audio has shape {samples.shape}; one channel, (samples,), is needed")
        if self.sample_rate <= 0:
            raise InputError(f"audio has a sample rate of {self.sample_rate}; it must be above 0")
        if not np.isfinite(samples).all():
            where = int(np.argmin(np.isfinite(samples)))
            raise InputError(f"audio sample {where} ({where / self.sample_rate:.3f} s) is not finite")

    def __repr__(self) -> str:
        return f"<Audio: {self.duration:.2f} s at {self.sample_rate:,} Hz>"

    def __len__(self) -> int:
        return len(self.samples)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Audio):
            return NotImplemented
        return self.sample_rate == other.sample_rate and np.array_equal(self.samples, other.samples)

    __hash__ = None  # type: ignore[assignment]

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / self.sample_rate

    def slice(self, start: float, stop: float) -> Audio:
        """From `start` to `stop`, in seconds."""
        a, b = (max(0, round(t * self.sample_rate)) for t in (start, stop))
        return Audio(self.samples[a:b], self.sample_rate)

    def lasting(self, seconds: float) -> Audio:
        """The sound cut to `seconds`, or followed by silence until then."""
        count = round(seconds * self.sample_rate)
        if count == len(self):
            return self
        return Audio(np.pad(self.samples[:count], (0, max(0, count - len(self)))), self.sample_rate)

    @classmethod
    def silence(cls, seconds: float, sample_rate: int = SAMPLE_RATE) -> Audio:
        """Nothing to hear for `seconds`."""
        return cls(np.zeros(round(seconds * sample_rate), np.float32), sample_rate)

"""Speaker activity with the errors of detectors (section 3.3: mild imperfection makes robust)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def corrupt_speaker_activity(speaking: Array, fps: float, rng: np.random.Generator) -> Array:
    """Speaking probabilities (2, T) as a detector might give them: late, blurred, doubtful, now and then wrong."""
    if rng.random() < 0.25:
        return speaking
    frames = speaking.shape[1]
    noisy = []
    for row in speaking:
        shift = int(rng.integers(-3, 4))
        row = np.concatenate([np.full(max(shift, 0), row[0]), row, np.full(max(-shift, 0), row[-1])])
        row = row[max(-shift, 0) :][:frames].astype(np.float64)
        width = rng.uniform(0.01, 0.25) * fps
        kernel = np.hanning(max(3, 2 * int(width) + 1))
        row = np.convolve(np.pad(row, len(kernel) // 2, "edge"), kernel / kernel.sum(), "valid")[:frames]
        doubt = rng.uniform(0, 0.15, 2)
        row = doubt[0] + row * (1 - doubt.sum())
        row += rng.normal(0, rng.uniform(0, 0.08)) + rng.standard_normal(frames) * rng.uniform(0, 0.05)
        noisy.append(row)
    both = np.stack(noisy)
    if rng.random() < 0.15:  # a stretch that was heard as the other person, or as nobody
        begin = int(rng.integers(0, frames))
        end = min(frames, begin + int(rng.uniform(0.2, 1.5) * fps))
        both[:, begin:end] = both[::-1, begin:end] if rng.random() < 0.5 else both[:, begin:end] * 0.2
    return both.clip(0, 1).astype(np.float32)

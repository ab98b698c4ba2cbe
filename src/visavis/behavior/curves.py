"""Small building blocks of behaviour: bumps, noises and steps sampled on frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from visavis.motion.easing import ease

Array = NDArray[np.floating]

FPS = 25.0
"""Frame rate at which behaviour is made."""


def frame_times(frames: int) -> Array:
    """Seconds at the middle of each frame, (T,)."""
    return (np.arange(frames) + 0.5) / FPS


def bump(times: Array, start: float, end: float, attack: float, release: float) -> Array:
    """Rises to 1 over `attack` seconds from `start`, holds, and has fallen to 0 at `end`, (T,)."""
    squeeze = min(1.0, (end - start) / max(1e-6, attack + release))
    attack, release = attack * squeeze, release * squeeze
    return ease((times - start) / max(attack, 1e-3)) * ease((end - times) / max(release, 1e-3))


def add_bump(
    curve: Array, height: float, start: float, end: float, attack: float, release: float, *, largest: bool = False
) -> None:
    """Adds a `bump` to `curve` in place, touching only its own frames; `largest` keeps the higher one instead."""
    a, b = max(0, int(start * FPS) - 1), min(len(curve), int(end * FPS) + 2)
    if a >= b:
        return
    shape = height * bump((np.arange(a, b) + 0.5) / FPS, start, end, attack, release)
    curve[a:b] = np.maximum(curve[a:b], shape) if largest else curve[a:b] + shape


def wander(rng: np.random.Generator, frames: int, seconds: float, columns: int = 1) -> Array:
    """Smooth stationary noise of unit variance that forgets over about `seconds`, (T, columns).

    Two first-order filters in a row, so that its velocity is continuous too.
    """
    warm = int(6 * seconds * FPS) + 1
    pole = np.exp(-2.0 / (seconds * FPS))
    noise = rng.standard_normal((frames + warm, columns))
    smooth = lfilter([1 - pole], [1, -pole], lfilter([1 - pole], [1, -pole], noise, axis=0), axis=0)
    # Variance of white noise after two identical first-order low-passes.
    variance = (1 - pole) ** 4 * (1 + pole**2) / (1 - pole**2) ** 3
    scaled: Array = smooth[warm:] / np.sqrt(variance)
    return scaled


def pink(rng: np.random.Generator, frames: int, columns: int = 1) -> Array:
    """Noise of unit variance whose power falls as 1/f from 0.05 to 3 Hz, (T, columns)."""
    scales = 0.15 * 2.2 ** np.arange(5)  # one smooth noise per octave or so, all of the same variance
    noise: Array = sum(wander(rng, frames, s, columns) for s in scales) / np.sqrt(len(scales))
    return noise

"""From phones to the lips, jaw and tongue of a face.

Vowels and loose consonants pull the mouth towards their targets with dominance functions (Cohen and Massaro 1993,
"Modeling coarticulation in synthetic visual speech"), so that each sound is coloured by its neighbours. Sounds that
cannot be made otherwise (the lips meet in b, m, p; the lower lip meets the teeth in f, v; the teeth nearly meet in s)
are then imposed as gestures that always arrive. Everything is computed at 100 frames per second and averaged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from visavis.conversation import Interval, Track
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.motion.spaces import ARKIT_SHAPES
from visavis.perception.words.phones import BILABIALS, DIPHTHONGS, SILENCE, VOWELS
from visavis.simulation.dyads.parameters import lip_gains

_FINE = 100.0
_CHUNK = 1000
# Seconds by which the mouth is ahead of the sound: visible movement leads it by up to 70 ms (Schwartz and Savariaux
# 2014, "No, there is no 150 ms lead of visual speech on auditory speech", PLoS Computational Biology 10(7)).
LEAD = 0.03
WIDEST = 0.7
"""Opening of the jaw that speech never reaches. The widest of three people who speak on film is 0.49 to 0.56, of those
who sing 0.8 (`one-face/`)."""
_REACH = 0.5  # seconds; further away a phone's dominance is below 1e-4

# Where each sound wants the mouth, each from 0 to 1: jaw opening, pucker (corners together), funnel (lips forward and
# open), spread (corners apart), lower lip down, upper lip up; then how strongly it wants the jaw and the lips there.
_TARGETS: dict[str, tuple[float, float, float, float, float, float, float, float]] = {
    "AA": (1.00, 0.00, 0.10, 0.10, 0.60, 0.35, 1.0, 1.0),
    "AE": (0.95, 0.00, 0.00, 0.55, 0.75, 0.60, 1.0, 1.0),
    "AH": (0.60, 0.00, 0.08, 0.10, 0.40, 0.30, 0.8, 0.6),
    "AO": (0.85, 0.45, 0.70, 0.00, 0.40, 0.15, 1.0, 1.2),
    "EH": (0.70, 0.00, 0.00, 0.50, 0.60, 0.50, 1.0, 0.9),
    "ER": (0.38, 0.45, 0.55, 0.00, 0.45, 0.30, 0.9, 1.1),
    "IH": (0.38, 0.00, 0.00, 0.50, 0.45, 0.45, 0.8, 0.8),
    "IY": (0.24, 0.00, 0.00, 0.90, 0.55, 0.60, 0.9, 1.1),
    "UH": (0.40, 0.55, 0.50, 0.00, 0.25, 0.10, 0.8, 1.1),
    "UW": (0.24, 1.00, 0.55, 0.00, 0.10, 0.00, 0.9, 1.5),
    "B": (0.05, 0.05, 0.00, 0.00, 0.00, 0.00, 4.0, 1.5),
    "P": (0.05, 0.05, 0.00, 0.00, 0.00, 0.00, 4.0, 1.5),
    "M": (0.05, 0.05, 0.00, 0.00, 0.00, 0.00, 4.0, 1.5),
    "F": (0.12, 0.00, 0.00, 0.15, 0.00, 0.45, 2.5, 1.5),
    "V": (0.12, 0.00, 0.00, 0.15, 0.00, 0.40, 2.5, 1.5),
    "TH": (0.22, 0.00, 0.00, 0.20, 0.35, 0.30, 1.3, 0.6),
    "DH": (0.22, 0.00, 0.00, 0.20, 0.35, 0.30, 1.0, 0.4),
    "S": (0.08, 0.00, 0.00, 0.40, 0.50, 0.35, 2.5, 0.5),
    "Z": (0.08, 0.00, 0.00, 0.35, 0.50, 0.35, 2.2, 0.5),
    "SH": (0.10, 0.50, 0.85, 0.00, 0.60, 0.45, 2.5, 1.6),
    "ZH": (0.10, 0.50, 0.80, 0.00, 0.60, 0.45, 2.2, 1.6),
    "CH": (0.10, 0.45, 0.80, 0.00, 0.60, 0.45, 2.2, 1.5),
    "JH": (0.10, 0.45, 0.75, 0.00, 0.60, 0.45, 2.2, 1.4),
    "T": (0.16, 0.00, 0.00, 0.20, 0.35, 0.25, 1.2, 0.3),
    "D": (0.18, 0.00, 0.00, 0.20, 0.35, 0.25, 1.2, 0.3),
    "N": (0.20, 0.00, 0.00, 0.15, 0.35, 0.25, 0.9, 0.3),
    "L": (0.30, 0.00, 0.00, 0.20, 0.40, 0.25, 0.8, 0.3),
    "R": (0.26, 0.45, 0.55, 0.00, 0.30, 0.20, 0.9, 1.0),
    "W": (0.18, 1.00, 0.45, 0.00, 0.00, 0.00, 1.4, 1.8),
    "Y": (0.20, 0.00, 0.00, 0.70, 0.40, 0.40, 0.8, 0.7),
    "K": (0.28, 0.00, 0.00, 0.15, 0.35, 0.25, 0.7, 0.2),
    "G": (0.28, 0.00, 0.00, 0.15, 0.35, 0.25, 0.7, 0.2),
    "NG": (0.30, 0.00, 0.00, 0.15, 0.35, 0.25, 0.7, 0.2),
    "HH": (0.45, 0.00, 0.00, 0.10, 0.35, 0.25, 0.3, 0.1),
    SILENCE: (0.02, 0.00, 0.00, 0.00, 0.00, 0.00, 0.8, 0.8),
}
_JAW, _PUCKER, _FUNNEL, _SPREAD, _LOWER, _UPPER = range(6)


@dataclass(frozen=True)
class _Style:
    """How one person talks: gains, how spiky the jaw is, how slow the articulators are, asymmetry."""

    jaw: float
    lips: float
    rounding: float
    press: float
    spike: float
    slow: float
    rest: float
    lean: float

    @classmethod
    def of(cls, seed: int) -> _Style:
        rng = np.random.default_rng([seed, 52])
        gain = np.exp(rng.normal(0.0, (0.30, 0.28, 0.30, 0.40)))
        return cls(
            jaw=float(gain[0]),
            lips=float(gain[1]),
            rounding=float(gain[2]),
            press=float(gain[3]),
            spike=float(rng.uniform(0.81, 1.19)),
            slow=float(rng.uniform(0.85, 1.25)),
            rest=float(rng.choice([0.0, 0.0, 0.02]) * rng.uniform(0.3, 1.0)),
            lean=float(rng.normal(0.0, 0.08)),
        )


def lip_curves(
    phones: Sequence[Interval], audio: Audio | None, duration: float, fps: float = 25.0, seed: int = 0
) -> NDArray[np.float32]:
    """The articulation of speech as ARKit coefficients.

    Args:
        phones: ARPAbet phones in order of time, seconds; where there is none there is silence.
        audio: The same speech from second 0; louder vowels are opened wider. None for even loudness.
        duration: Seconds of motion wanted.
        fps: Frames per second wanted, at most 100.
        seed: Decides the person's style, not the words' chance: the same phones look the same each time.

    Returns:
        float32 (round(duration * fps), 52) in the order of `ARKIT_SHAPES`, each 0 to 1; only jaw, mouth and tongue
        are filled.

    Raises:
        InputError: A phone is not ARPAbet, or phones overlap.
    """
    style = _Style.of(seed)
    frames = max(1, round(duration * _FINE))
    filled = _with_silences(phones, frames / _FINE)
    loud = _loudness(filled, audio)
    filled = [Interval(p.label, max(0.0, p.start - LEAD), max(0.0, p.end - LEAD)) for p in filled[:-1]] + [
        Interval(filled[-1].label, max(0.0, filled[-1].start - LEAD), filled[-1].end)
    ]
    pose = _blend(filled, loud, frames, style)
    shapes = _shapes(pose, _gestures(filled, frames), style, lip_gains())
    count = round(duration * fps)
    return Track(shapes, _FINE, ARKIT_SHAPES).at(fps, count).values if count else np.zeros((0, 52), np.float32)


def _with_silences(phones: Sequence[Interval], duration: float) -> list[Interval]:
    """The phones with diphthongs split in two and ``SIL`` wherever there is nothing."""
    out: list[Interval] = []
    at = 0.0
    for phone in phones:
        if phone.label not in _TARGETS and phone.label not in DIPHTHONGS:
            raise InputError(f"phone {phone.label!r} at {phone.start:.2f} s is not an ARPAbet phone without stress")
        if phone.start < at - 0.02:
            raise InputError(
                f"phone {phone.label!r} at {phone.start:.2f} s begins before {at:.2f} s, where the previous one ends"
            )
        if phone.start - at > 0.01:
            out.append(Interval(SILENCE, at, phone.start))
        start, end = max(at, phone.start), max(at, phone.end)
        if phone.label in DIPHTHONGS:
            first, second = DIPHTHONGS[phone.label]
            middle = start + 0.55 * (end - start)
            out += [Interval(first, start, middle), Interval(second, middle, end)]
        else:
            out.append(Interval(phone.label, start, end))
        at = end
    if duration > at:
        out.append(Interval(SILENCE, at, duration))
    return out


def _loudness(phones: list[Interval], audio: Audio | None) -> NDArray[np.float64]:
    """How loud each phone is, 0 (24 dB under the loudest vowels) to 1; 0.75 where there is no audio."""
    loud = np.full(len(phones), 0.75)
    if audio is None or not len(audio):
        return loud
    power = np.concatenate([[0.0], np.cumsum(np.square(audio.samples, dtype=np.float64))])
    edges = np.clip(np.round(np.array([(p.start, p.end) for p in phones]) * audio.sample_rate), 0, len(audio)).astype(
        int
    )
    length = np.maximum(edges[:, 1] - edges[:, 0], 1)
    level = 10 * np.log10((power[edges[:, 1]] - power[edges[:, 0]]) / length + 1e-10)
    vowels = np.array([p.label in VOWELS for p in phones])
    if vowels.any():
        loud = np.clip(1 + (level - np.percentile(level[vowels], 90)) / 24, 0, 1)
    return loud


def _blend(phones: list[Interval], loud: NDArray[np.float64], frames: int, style: _Style) -> NDArray[np.float64]:
    """The six articulatory parameters, (frames, 6): targets weighted by the phones' dominance."""
    table = np.array([_TARGETS[p.label] for p in phones])
    start, end = (np.array([getattr(p, edge) for p in phones]) for edge in ("start", "end"))
    vowel = np.array([p.label in VOWELS for p in phones])
    # A loud vowel is opened wider, a quick one falls short.
    effort = np.where(vowel, (0.35 + 0.8 * loud) * np.clip((end - start) / 0.11, 0.5, 1.4) ** 0.4, 1.0)
    targets = table[:, :6].copy()
    targets[:, [_JAW, _LOWER, _UPPER]] *= effort[:, None]
    centre, core = (start + end) / 2, 0.3 * (end - start)
    fade = np.where(table[:, 6] >= 2.0, 0.035, 0.055) * style.slow
    out = np.empty((frames, 6))
    for first in range(0, frames, _CHUNK):
        time = (np.arange(first, min(first + _CHUNK, frames)) + 0.5) / _FINE
        near = (end > time[0] - _REACH) & (start < time[-1] + _REACH)
        away = np.maximum(np.abs(time[:, None] - centre[near]) - core[near], 0.0)
        dominance = np.exp(-away / fade[near]) + 1e-9
        for parameters, strength in ((slice(0, 1), 6), (slice(1, 6), 7)):
            weight = dominance * table[near, strength]
            out[first : first + len(time), parameters] = (weight @ targets[near, parameters]) / weight.sum(
                1, keepdims=True
            )
    out[:, _JAW] = gaussian_filter1d(out[:, _JAW], 1.8 * style.slow, mode="nearest")
    out[:, 1:] = gaussian_filter1d(out[:, 1:], 1.2 * style.slow, axis=0, mode="nearest")
    return out


def _gestures(phones: list[Interval], frames: int) -> dict[str, NDArray[np.float64]]:
    """Closures that must arrive, 0 to 1 per frame: lips together, lower lip to the teeth, tongue between the teeth."""
    kinds = {"close": BILABIALS, "tuck": frozenset(("F", "V")), "tongue": frozenset(("TH", "DH"))}
    time = (np.arange(frames) + 0.5) / _FINE
    out = {kind: np.zeros(frames) for kind in kinds}
    for phone in phones:
        for kind, members in kinds.items():
            if phone.label in members:
                # Held for at least 60 ms, so that a 25 fps frame sees it whole; 50 ms to arrive and to leave.
                middle, half = (phone.start + phone.end) / 2, max(0.5 * (phone.end - phone.start), 0.03)
                a = max(0, int((middle - half - 0.05) * _FINE))
                near = slice(a, int((middle + half + 0.05) * _FINE) + 1)
                away = np.clip((np.abs(time[near] - middle) - half) / 0.05, 0, 1)
                out[kind][near] = np.maximum(out[kind][near], 0.5 + 0.5 * np.cos(np.pi * away))
    return out


def _shapes(
    pose: NDArray[np.float64], gesture: dict[str, NDArray[np.float64]], style: _Style, gains: Mapping[str, float]
) -> NDArray[np.float32]:
    """ARKit coefficients from articulatory parameters, (frames, 52).

    Args:
        pose: (frames, 6), see `_TARGETS`.
        gesture: Closures as from `_gestures`.
        style: How the person talks.
        gains: See `lip_gains`.
    """
    jaw, pucker, funnel, spread, lower, upper = pose.T
    close, tuck, tongue = gesture["close"], gesture["tuck"], gesture["tongue"]
    apart = (1 - close) * (1 - 0.6 * tuck)
    # Tracked jaws are mostly nearly shut and open in spikes: raising the opening to a power does that.
    opening = style.rest + gains["jaw"] * style.jaw * np.clip(jaw, 0, 1.3) ** (gains["power"] * style.spike)
    press = gains["press"] * style.press * close
    out = dict.fromkeys(ARKIT_SHAPES, np.zeros(len(jaw)))
    # The jaw hardly stops for the lips' closure; mouthClose then brings the lips together over it.
    out["jawOpen"] = _reach(opening, WIDEST) * (1 - 0.75 * close) * (1 - 0.5 * tuck)
    out["mouthClose"] = np.minimum(out["jawOpen"], 0.9 * close * out["jawOpen"] + 0.05 * close)
    out["mouthPucker"] = _reach(gains["pucker"] * style.rounding * pucker**1.3) * (1 - 0.4 * close)
    out["mouthFunnel"] = _reach(gains["funnel"] * style.rounding * funnel**1.2) * apart
    out["jawForward"] = 0.08 * funnel * apart
    out["mouthRollLower"] = 0.73 * press + 0.26 * style.lips * tuck
    out["mouthRollUpper"] = 0.64 * press
    out["mouthShrugLower"] = 0.45 * press + 0.06 * pucker
    out["mouthShrugUpper"] = 0.45 * press + 0.08 * funnel + 0.06 * tuck
    out["tongueOut"] = 0.22 * tongue * np.clip(1.6 - jaw, 0, 1)
    for side, share in (("Left", 1 + style.lean), ("Right", 1 - style.lean)):
        lips = share * style.lips
        out[f"mouthPress{side}"] = share * press
        out[f"mouthLowerDown{side}"] = _reach(gains["lower_lip"] * lips * lower**1.4) * apart * (1 - tuck)
        out[f"mouthUpperUp{side}"] = _reach(gains["upper_lip"] * lips * upper**1.4) * (1 - close)
        out[f"mouthStretch{side}"] = _reach(gains["stretch"] * lips * spread**1.3) * (1 - 0.5 * close)
        out[f"mouthDimple{side}"] = 0.05 * lips * spread
    return np.clip(np.stack([out[name] for name in ARKIT_SHAPES], 1), 0, 1).astype(np.float32)


def _reach(wanted: NDArray[np.float64], most: float = 1.0) -> NDArray[np.float64]:
    """What a shape reaches of what is wanted: nearly all of small movements, and never `most`."""
    reached: NDArray[np.float64] = wanted / (1 + (wanted / most) ** 4) ** 0.25
    return reached

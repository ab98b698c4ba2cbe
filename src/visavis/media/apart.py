"""Whether two channels of a file, or two of its tracks, hold one person each."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.media.crosstalk.copies import AT_ONCE
from visavis.media.crosstalk.pair import Pair

Voices = tuple[Audio, Audio]

_FRAME = SAMPLE_RATE // 50
_RANGE_DB = 35.0
_APART_DB = 10.0
_SILENT_DB, _NEXT_TO_SILENT_DB = -70.0, 45.0
_BY_TURNS_CLEARLY = 0.85
"""Of a conversation; a commentary is spoken over what others say."""
_ALIKE, _ONE_SOUND = 0.9, 0.999


class Told(NamedTuple):
    """What two channels or tracks are.

    Attributes:
        what: One person each, a mix in both, the same sound in both, or sound beside silence.
        mixed: Both people.
        voices: Each person's own, where they are one person each.
        lines: For the user.
    """

    what: Literal["people", "mix", "same", "silence"]
    mixed: Audio
    voices: Voices | None
    lines: tuple[str, ...]


def tell_apart(first: Audio, second: Audio, names: tuple[str, str], kind: str) -> Told:
    """Whether two channels or tracks hold one person each, or both people.

    What comes late, or early, from one into the other is suppressed before that is decided. What is in both at once is
    a mix.

    Args:
        first: One of them.
        second: The other, of the same length.
        names: What the user calls each.
        kind: And both: channel or track.
    """
    mixed = mix(first, second)
    alike = _correlation(first, second)
    if alike > _ONE_SOUND:
        return Told("same", mixed, None, ())
    loud = [float(np.percentile(_levels(sound), 98)) for sound in (first, second)]
    if min(loud) < max(_SILENT_DB, max(loud) - _NEXT_TO_SILENT_DB):
        line = f"{names[int(np.argmin(loud))]} is silent; the other is treated as a mix of both people"
        return Told("silence", mixed, None, (line,) if max(loud) >= _SILENT_DB else ())
    as_mix = () if abs(alike) > _ALIKE else (f"a stereo mix, not one person per {kind}; the two {kind}s are averaged",)
    pair = Pair(first, second)
    if pair.same is not None:
        if abs(pair.same.seconds) <= AT_ONCE:
            return Told("same", mixed, None, as_mix)
        early, later = (0, 1) if pair.same.seconds > 0 else (1, 0)
        line = f"{names[later]} is {names[early]} {abs(pair.same.seconds) * 1000:.0f} ms late; it is not used"
        return Told("same", (first, second)[early], None, (line,))
    share = by_turns(first, second)
    voices, carried = pair.own_voices(delayed=share is None)
    if share is None and carried:
        share = by_turns(*voices)
    if share is None:
        return Told("mix", mixed, None, as_mix)
    lines = [f"one person per {kind}: one voice dominates {100 * share:.0f} % of the time"]
    for each in carried:
        here, other = names[each.track], names[1 - each.track]
        lines.append(f"{here} carries the voice of {other}, {each}; it is suppressed and does not count as speech")
    return Told("people", mixed, voices, tuple(lines))


def tell_rest(first: Audio, second: Audio, names: tuple[str, str]) -> Told | None:
    """Whether one of two tracks is a mix of both people and the other holds one of them; the rest is the other's voice.

    Args:
        first: One of them.
        second: The other, of the same length.
        names: What the user calls each.

    Returns:
        The two people, or None where neither track is what the other is and more.
    """
    sounds = (first, second)
    for mixed, own in ((0, 1), (1, 0)):
        one = sounds[own].samples
        gain = float(np.dot(sounds[mixed].samples, one)) / max(float(np.dot(one, one)), 1e-12)
        rest = Audio(sounds[mixed].samples - np.float32(gain) * one)
        share = by_turns(sounds[own], rest)
        if share is not None and share >= _BY_TURNS_CLEARLY:
            line = (
                f"{names[mixed]} holds both people, {names[own]} one of them; the other's voice is what {names[mixed]} "
                "has besides"
            )
            return Told("people", sounds[mixed], (sounds[own], rest) if own == 0 else (rest, sounds[own]), (line,))
    return None


def heard_share(sound: Audio) -> float:
    """The share of the time in which there is more than background."""
    levels = _levels(sound)
    return float((levels > max(_SILENT_DB, float(np.percentile(levels, 98)) - _RANGE_DB)).mean())


def by_turns(first: Audio, second: Audio) -> float | None:
    """Whether two channels are loud by turns, as two people's are.

    At most moments one channel is far above the other, now this one, now that. In a stereo mix both rise and fall
    together. Levels are compared in frames of 20 ms after each channel is scaled to its own loud frames, so that a
    difference in gain decides nothing.

    Args:
        first: One channel.
        second: The other, of the same length.

    Returns:
        The share of the time in which one is far above the other; None where they do not take turns.
    """
    levels = np.stack([_levels(first), _levels(second)])  # dB, (2, frames)
    relative = np.maximum(levels - np.percentile(levels, 98, axis=1, keepdims=True), -_RANGE_DB - 10)
    active = relative.max(0) > -_RANGE_DB + 10
    difference = (relative[0] - relative[1])[active]
    share = float((np.abs(difference) >= _APART_DB).mean())
    least = min((difference >= _APART_DB).mean(), (difference <= -_APART_DB).mean())
    return share if abs(_correlation(first, second)) < 0.5 and share > 0.6 and least > 0.03 else None


def mix(first: Audio, *others: Audio) -> Audio:
    """The mean of one or two channels; the first alone where two cancel out (a channel wired in reverse)."""
    if not others:
        return first
    mean = first.samples + others[0].samples
    mean *= 0.5
    loud = max(float(np.dot(each.samples, each.samples)) for each in (first, *others))
    if loud > 0 and float(np.dot(mean, mean)) < 1e-3 * loud:
        return first
    return Audio(mean)


def _levels(audio: Audio) -> NDArray[np.float64]:
    """Level of each 20 ms frame in dB below full scale."""
    count = max(1, len(audio) // _FRAME)
    frames = np.resize(audio.samples, count * _FRAME).reshape(count, _FRAME)
    power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / _FRAME
    levels: NDArray[np.float64] = 10 * np.log10(power + 1e-12)
    return levels


def _correlation(first: Audio, second: Audio) -> float:
    a, b = first.samples, second.samples
    scale = float(np.dot(a, a)) * float(np.dot(b, b))
    return float(np.dot(a, b)) / scale**0.5 if scale > 0 else 0.0

"""The user's input, one file or two, as one recording of two people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.media.decode import read_audio

SHORTEST = 0.2
"""Seconds; there is nothing to animate in less."""

_SILENCE = 1e-3
_FRAME = SAMPLE_RATE // 50
_RANGE_DB = 35.0
_APART_DB = 10.0


@dataclass(frozen=True)
class Recording:
    """A recorded conversation.

    Attributes:
        mixed: Both voices in one track.
        voices: Each person's own track, where they are known apart.
        notes: What the user should be told, one line each.
        sources: The files it was read from.
    """

    mixed: Audio
    voices: tuple[Audio, Audio] | None
    notes: tuple[str, ...]
    sources: tuple[Path, ...] = ()


def open_recording(paths: Sequence[Path | str]) -> Recording:
    """Reads a conversation from one file or two.

    One file holds both people: mixed, or one person per channel, which is recognised and announced in the
    notes. Two files hold one person each, on one clock that begins with both; the shorter is padded.

    Raises:
        InputError: A file cannot be used (see `read_audio`), there is less than 0.2 s, or not one or two
            files.
    """
    if len(paths) == 1:
        return _from_one(Path(paths[0]))
    if len(paths) == 2:
        return _from_two(Path(paths[0]), Path(paths[1]))
    raise InputError(f"{len(paths)} recordings given; pass one (both people) or two (one person each)")


def _from_one(path: Path) -> Recording:
    decoded = read_audio(path)
    notes = list(decoded.notes)
    if decoded.duration < SHORTEST:
        raise InputError(f"{path}: lasts {decoded.duration:.3f} s; at least {SHORTEST} s are needed")
    if len(decoded.channels) == 1:
        mixed, voices = decoded.channels[0], None
    else:
        left, right = decoded.channels
        voices, why = separate_voices(left, right)
        mixed = _mix(left, right)
        if why:
            notes.append(f"{path.name}: {why}")
    return Recording(
        mixed,
        voices,
        (*notes, *_rate_notes(path, decoded.source_rate), *_silence_notes(path, mixed)),
        (path,),
    )


def _from_two(path_a: Path, path_b: Path) -> Recording:
    sounds, notes = [], []
    for path in (path_a, path_b):
        decoded = read_audio(path)
        sound = decoded.channels[0] if len(decoded.channels) == 1 else _mix(*decoded.channels)
        notes += [*decoded.notes, *_rate_notes(path, decoded.source_rate), *_silence_notes(path, sound)]
        sounds.append(sound)
    length = max(len(sound) for sound in sounds)
    if length < SHORTEST * SAMPLE_RATE:
        raise InputError(f"{path_a} and {path_b}: last less than {SHORTEST} s; at least that much is needed")
    for i, path in enumerate((path_a, path_b)):
        missing = length - len(sounds[i])
        if missing > 0:
            sounds[i] = Audio(np.pad(sounds[i].samples, (0, missing)))
        if missing > 0.1 * SAMPLE_RATE:
            notes.append(
                f"{path.name}: is {missing / SAMPLE_RATE:.1f} s shorter than the other file; "
                "both are assumed to start together; the end is padded with silence"
            )
    a, b = sounds
    if np.array_equal(a.samples, b.samples) and np.abs(a.samples).max() > _SILENCE:
        raise InputError(
            f"{path_a} and {path_b}: contain the same audio; pass only one of them, or one recording per person"
        )
    return Recording(_mix(a, b), (a, b), tuple(notes), (path_a, path_b))


def _mix(a: Audio, b: Audio) -> Audio:
    """The mean of two channels; one of them alone where they cancel out (a channel wired in reverse)."""
    mean = a.samples + b.samples
    mean *= 0.5
    loud = max(float(np.dot(a.samples, a.samples)), float(np.dot(b.samples, b.samples)))
    if loud > 0 and float(np.dot(mean, mean)) < 1e-3 * loud:
        return a
    return Audio(mean)


def separate_voices(left: Audio, right: Audio) -> tuple[tuple[Audio, Audio] | None, str]:
    """Whether two channels hold one person each.

    Two people on two channels are loud by turns: at most moments one channel is far above the other, now
    this one, now that. In a stereo mix both channels rise and fall together. Levels are compared in frames
    of 20 ms after each channel is scaled to its own loud frames, so that a difference in gain decides
    nothing.

    Args:
        left: First channel.
        right: Second channel, of the same length.

    Returns:
        The two voices, or None for a mix; and a line for the user, empty where there is nothing to say.
    """
    levels = np.stack([_levels(left), _levels(right)])  # dB, (2, frames)
    loud = np.percentile(levels, 98, axis=1, keepdims=True)
    if loud.min() < -70 or loud.min() < loud.max() - 45:
        dead = ("first", "second")[int(np.argmin(loud))]
        return (
            None,
            "" if loud.max() < -70 else f"the {dead} channel is silent; the other is treated as a mix of both people",
        )
    relative = np.maximum(levels - loud, -_RANGE_DB - 10)
    active = relative.max(0) > -_RANGE_DB + 10
    difference = (relative[0] - relative[1])[active]
    apart = np.abs(difference) >= _APART_DB
    first, second = (difference >= _APART_DB).mean(), (difference <= -_APART_DB).mean()
    alike = abs(_correlation(left.samples, right.samples))
    if alike < 0.5 and apart.mean() > 0.6 and min(first, second) > 0.03:
        return (left, right), (f"one person per channel: one voice dominates {100 * apart.mean():.0f} % of the time")
    return (
        None,
        "" if alike > 0.9 else "a stereo mix, not one person per channel; the two channels are averaged",
    )


def _levels(audio: Audio) -> NDArray[np.float64]:
    """Level of each 20 ms frame in dB below full scale."""
    count = max(1, len(audio) // _FRAME)
    frames = np.resize(audio.samples, count * _FRAME).reshape(count, _FRAME)
    power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / _FRAME
    levels: NDArray[np.float64] = 10 * np.log10(power + 1e-12)
    return levels


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    scale = float(np.dot(a, a)) * float(np.dot(b, b))
    return float(np.dot(a, b)) / scale**0.5 if scale > 0 else 0.0


def _rate_notes(path: Path, rate: int) -> list[str]:
    if rate >= SAMPLE_RATE:
        return []
    return [f"{path.name}: sampled at {rate / 1000:g} kHz (telephone quality); lip shapes will be less exact"]


def _silence_notes(path: Path, audio: Audio) -> list[str]:
    if np.abs(audio.samples).max(initial=0) < _SILENCE:
        return [f"{path.name}: is silent; no speech will be detected"]
    return []

"""What a training run reads of a corpus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LARGEST = 1e6
"""Beyond this no value of a motion, a seat, an identity or a sound is meant, whatever its unit."""


@dataclass(frozen=True)
class Sound:
    """What is to be heard.

    Attributes:
        encoder: Audio features, by `visavis.features.audio` name.
        separate: Share of conversations with separate voices in which people are heard by their own voices.
        degraded: Share of tracks that are as recordings come.
        variants: How many independent draws of the two there are.
    """

    encoder: str
    separate: float = 1.0
    degraded: float = 0.0
    variants: int = 1


@dataclass(frozen=True)
class DataNeeds:
    """What is read of a corpus.

    Attributes:
        space: Name of the motion space; None for that of the corpus.
        fps: Frames per second that the corpus must have; None for whatever it has.
        sound: What is to be heard; None for nothing.
        smooth: Frames of the Savitzky-Golay filter that motion goes through; 0 for none.
        plan: Whether the plan that people follow is read (`visavis.behavior.performing.performer.TRACK`).
        groups: Of the motion space, those whose columns are read; none for all.
        must: What every conversation must have besides one person's motion; others are named and refused.
    """

    space: str | None = None
    fps: float | None = None
    sound: Sound | None = None
    smooth: int = 0
    plan: bool = False
    groups: tuple[str, ...] = ()
    must: frozenset[Literal["sound", "speaking", "seats"]] = frozenset()

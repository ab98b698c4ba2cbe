"""All baselines by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal

from visavis.errors import InputError
from visavis.models.baselines.base import Baseline
from visavis.motion import MotionSpace

Role = Literal["listener", "speaker", "conversation"]


@dataclass(frozen=True)
class Entry:
    """Where a baseline is and what it is for.

    Attributes:
        role: Whom it moves: somebody given the other, somebody given their own voice, or both.
        sound: Whether it needs sound; the others that can hear do so if they are given an encoder.
        module: File.
        kind: Class.
        settings: Its further fields.
    """

    role: Role
    sound: bool
    module: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)


BASELINES: Mapping[str, Entry] = MappingProxyType(
    {
        "random": Entry("listener", False, "random_motion", "RandomMotion"),
        "mirror": Entry("listener", False, "mirror", "Mirror"),
        "nearest-audio": Entry("listener", True, "nearest_audio", "NearestAudio", {"voice": "partner"}),
        "nearest-motion": Entry("listener", False, "nearest_motion", "NearestMotion"),
        "rlhg": Entry("listener", False, "rlhg", "RLHG"),
        "l2l": Entry("listener", False, "l2l", "L2L"),
        "elp": Entry("listener", False, "elp", "ELP"),
        "mean-pose": Entry("speaker", False, "mean_pose", "MeanPose"),
        "nearest-own-audio": Entry("speaker", True, "nearest_audio", "NearestAudio", {"voice": "own"}),
        "faceformer": Entry("speaker", True, "faceformer", "FaceFormer"),
        "codetalker": Entry("speaker", True, "codetalker", "CodeTalker"),
        "listen-r": Entry("conversation", False, "retrieval", "Retrieval", {"key": "random"}),
        "listen-a": Entry("conversation", True, "retrieval", "Retrieval", {"key": "audio"}),
        "listen-m": Entry("conversation", False, "retrieval", "Retrieval", {"key": "motion"}),
    }
)


def baseline_names(role: Role | None = None, *, sound: bool = True) -> list[str]:
    """The names of all baselines, or those of a role, or, without `sound`, those that need none."""
    return [n for n, e in BASELINES.items() if role in (None, e.role) and (sound or not e.sound)]


def get_baseline(name: str, space: MotionSpace, encoder: Any = None, fps: float = 25.0) -> Baseline:
    """The baseline called `name`, to be fitted.

    Args:
        name: One of `BASELINES`.
        space: Motion space of the corpus and of what is generated.
        encoder: From `visavis.features.audio.get_encoder`; None where there is no sound.
        fps: Motion frames per second.

    Raises:
        InputError: There is none of that name, or it needs an encoder.
    """
    if name not in BASELINES:
        raise InputError(f"no baseline is called {name!r}; there are: {', '.join(BASELINES)}")
    entry = BASELINES[name]
    if entry.sound and encoder is None:
        silent = ", ".join(baseline_names(sound=False))
        raise InputError(f"baseline {name!r} needs sound: give it an audio encoder; without sound there are: {silent}")
    kind = getattr(import_module(f"visavis.models.baselines.{entry.module}"), entry.kind)
    return kind(space, encoder, fps, **entry.settings)

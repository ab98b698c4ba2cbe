"""How far generated motion is from the true one, by part of the body and by role (Talking Together, suppl. 3.3)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.evaluation.info import MetricInfo, index_set_hash, units_of
from visavis.evaluation.parts import rotations
from visavis.motion import Motion, MotionSpace
from visavis.motion.gaze import gaze_direction

ROLES = ("speaker", "listener", "both")
SPEAKERS = ("articulation error",)
"""Measures of speakers alone."""

Array = NDArray[np.float64]

_GROUPS = {"lip error": "lips", "articulation error": "articulation", "gaze error": "eyes"}


def column_groups(space: MotionSpace) -> dict[str, NDArray[np.intp]]:
    """The groups of columns that errors are told apart by, as far as the space has them."""
    groups = {name: space.indices(name) for name in ("expression", "translation", "eyes", "lips") if space.has(name)}
    turned = rotations(space)
    return {**groups, "rotation": turned} if len(turned) else groups


def _columns(space: MotionSpace, group: str) -> NDArray[np.intp]:
    return column_groups(space)["rotation"] if group == "rotation" else space.indices(group)


def squared_errors(predicted: Motion, true: Motion) -> dict[str, Array]:
    """Mean squared error per frame, (T,), by group: coefficient^2, rad^2 or m^2."""
    if predicted.space.columns != true.space.columns or predicted.fps != true.fps:
        raise InputError("motions to compare differ in space or frame rate")
    frames = min(len(predicted), len(true))
    error = np.square(predicted.values[:frames].astype(np.float64) - true.values[:frames])
    return {name: error[:, where].mean(1) for name, where in column_groups(true.space).items()}


def lip_error(predicted: Motion, true: Motion) -> Array:
    """Greatest absolute error of any lip column per frame, (T,), after the lip vertex error of Richard et al. 2021."""
    frames = min(len(predicted), len(true))
    error: Array = np.abs(predicted["lips"][:frames].astype(np.float64) - true["lips"][:frames]).max(1)
    return error


def articulation_error(predicted: Motion, true: Motion) -> Array:
    """Greatest absolute error of any column that articulates per frame, (T,); for frames of speech.

    Not from a paper. The lip columns of `lip_error` include the corners of the mouth, and often it is a smile at
    another time that makes the greatest error. This one tells whether the mouth says what is heard.
    """
    frames = min(len(predicted), len(true))
    here, there = (motion["articulation"][:frames].astype(np.float64) for motion in (predicted, true))
    error: Array = np.abs(here - there).max(1)
    return error


def gaze_error(predicted: Participant, true: Participant) -> Array:
    """Angle in degrees, (T,), between where a person looks and where that person really looked."""
    assert predicted.motion is not None
    assert true.motion is not None
    assert true.seat is not None
    frames = min(len(predicted.motion), len(true.motion))
    here, there = (gaze_direction(m.slice(0, frames), true.seat) for m in (predicted.motion, true.motion))
    angle: Array = np.degrees(np.arctan2(np.linalg.norm(np.cross(here, there), axis=1), (here * there).sum(1)))
    return angle


def role_frames(conversation: Conversation, fps: float, frames: int) -> list[dict[str, NDArray[np.bool_]]]:
    """Per person the frames (T,) of each role: a speaker speaks; a listener is silent while the other speaks."""
    speaking = []
    for letter, person in zip("AB", conversation.participants, strict=True):
        if person.speaking is None:
            raise InputError(f"conversation {conversation.id!r}: the voice activity of {letter} is unknown")
        speaking.append(person.speaking.at(fps, frames).values[:, 0] > 0.5)
    return [
        {"speaker": own, "listener": ~own & other, "both": np.ones(frames, bool)}
        for own, other in (speaking, speaking[::-1])
    ]


@dataclass
class MotionError:
    """Collects errors conversation by conversation.

    Attributes:
        values: By (measure, role), one mean per conversation added.
    """

    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def update(self, predicted: Conversation, true: Conversation) -> None:
        """Adds a conversation: the mean over both people's frames, by measure and role.

        Raises:
            InputError: Motion is missing, or of another space or rate.
        """
        gathered: dict[tuple[str, str], list[Array]] = {}
        motions = [(p.motion, t.motion) for p, t in zip(predicted.participants, true.participants, strict=True)]
        frames = min(len(m) for pair in motions for m in pair if m is not None)
        for i, (here, there) in enumerate(motions):
            if here is None or there is None:
                raise InputError(f"conversation {true.id!r}, participant {'AB'[i]} has no motion to compare")
            errors = {f"mse {name}": e[:frames] for name, e in squared_errors(here, there).items()}
            if there.space.has("lips"):
                errors["lip error"] = lip_error(here, there)[:frames]
            if there.space.has("articulation"):
                errors["articulation error"] = articulation_error(here, there)[:frames]
            if there.space.has("eyes") and true.participants[i].seat is not None:
                errors["gaze error"] = gaze_error(predicted.participants[i], true.participants[i])[:frames]
            for role, where in role_frames(true, there.fps, frames)[i].items():
                for measure, error in errors.items():
                    if measure in SPEAKERS and role != "speaker":
                        continue
                    gathered.setdefault((measure, role), []).append(error[where])
        for key, parts in gathered.items():
            together = np.concatenate(parts)
            self.values.setdefault(key, []).append(float(together.mean()) if len(together) else float("nan"))

    def compute(self) -> dict[tuple[str, str], Array]:
        """Per measure and role, the conversations' means."""
        return {key: np.array(values) for key, values in self.values.items()}

    @staticmethod
    def info(measure: str, role: str, space: MotionSpace) -> MetricInfo:
        """What decides one of the numbers, such as ``mse lips`` of the ``speaker``."""
        group = measure.removeprefix("mse ") if measure.startswith("mse ") else _GROUPS[measure]
        names = tuple(space.names[i] for i in _columns(space, group))
        definition, units = {
            "lip error": ("mean over frames of the greatest |x'-x| of any lip column", units_of(space, names)),
            "articulation error": (
                "mean over frames of speech of the greatest |x'-x| of any column that articulates",
                units_of(space, names),
            ),
            "gaze error": ("mean over frames of the angle between predicted and true gaze in the room", "degree"),
        }.get(measure, ("mean over frames and columns of (x'-x)^2", units_of(space, names, 2)))
        return MetricInfo(
            name=measure, definition=definition, units=units, direction="lower", aggregation="mean over conversations",
            space=space.name, columns=names, part=group, role=role, index_set=index_set_hash(names),
        )  # fmt: skip

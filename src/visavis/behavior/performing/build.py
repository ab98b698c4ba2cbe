"""How one person is built: what of the body decides where hands can be.

Left arms only; right ones are mirrored. Metres, about the torso's axes (+X the person's left, +Y up, +Z ahead), from
the head joint of the straight neck, in the zero pose of `arkit-body`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.appearance import complete
from visavis.bodies.figure import Figure
from visavis.bodies.figure_cache import load_figure
from visavis.bodies.skeleton import BODY, HANGING
from visavis.reading import parse_json

Array = NDArray[np.float64]

MIRROR = np.array([-1.0, 1.0, 1.0])
"""Of points and directions; rotation vectors are mirrored by its negative."""

AVERAGE_ARM, AVERAGE_TRUNK = 0.543, 0.703
"""Metres of the neutral figure from shoulder to wrist and from hips to head: poses here are made for it."""

FINGERTIP = 0.9
"""Share of the way from a finger's last joint to the skin's farthest point: where the pad is."""


@dataclass(frozen=True)
class Build:
    """A person's left arm and trunk in the zero pose.

    Attributes:
        hips: (3,) middle of the hip joints.
        spine: (4, 3) the bones that bend, from the lowest.
        clavicle: (3,) inner end.
        shoulder: (3,).
        elbow: (3,).
        wrist: (3,).
        fingers: (5, 4, 3) thumb to little finger: three joints and the pad.
    """

    hips: Array
    spine: Array
    clavicle: Array
    shoulder: Array
    elbow: Array
    wrist: Array
    fingers: Array

    @cached_property
    def upper(self) -> Array:
        """(3,) unit direction of the upper arm."""
        return unit(self.elbow - self.shoulder)

    @cached_property
    def lower(self) -> Array:
        """(3,) unit direction of the lower arm."""
        return unit(self.wrist - self.elbow)

    @cached_property
    def lengths(self) -> tuple[float, float]:
        """Of upper and lower arm."""
        return float(np.linalg.norm(self.elbow - self.shoulder)), float(np.linalg.norm(self.wrist - self.elbow))

    @cached_property
    def along(self) -> Array:
        """(3,) unit direction from the wrist to the middle finger's knuckle."""
        return unit(np.array(HANGING["wrist"][1]))

    @cached_property
    def curl(self) -> Array:
        """(3,) unit axis about which fingers bend to the palm, perpendicular to `along`."""
        across = self.fingers[4, 0] - self.fingers[1, 0]
        return unit(across - (across @ self.along) * self.along)

    @cached_property
    def palm(self) -> Array:
        """(3,) unit direction in which the palm faces."""
        return np.cross(self.curl, self.along)

    @cached_property
    def bends(self) -> Array:
        """(4, 3) radians by which the joints of index to little finger are bent in the zero pose."""
        bones = np.diff(self.fingers[1:], axis=1)
        angles = np.arctan2(bones @ self.palm, bones @ self.along)
        bends: Array = np.diff(angles, axis=1, prepend=0.0)
        return bends

    @property
    def arm_scale(self) -> float:
        """How long the arm is against the neutral figure's."""
        return sum(self.lengths) / AVERAGE_ARM

    @property
    def trunk_scale(self) -> float:
        """How long the trunk is against the neutral figure's."""
        return float(-self.hips[1]) / AVERAGE_TRUNK


def build_of(appearance: Mapping[str, Any] | None = None) -> Build:
    """The build of an appearance as in `visavis.bodies.default_appearances`; without one, of the neutral figure.

    Raises:
        InputError: The appearance has an unknown key or a value out of range.
    """
    return _build(json.dumps(complete(appearance or {}), sort_keys=True))


@lru_cache(maxsize=32)
def _build(appearance: str) -> Build:
    figure = load_figure(parse_json(appearance, "appearance"), seated=False, skeleton=BODY)
    head = _joint(figure, "head")
    fingers = [[_joint(figure, f"finger{i}-{k}.L") for k in (1, 2, 3)] + [_pad(figure, i)] for i in range(1, 6)]
    clavicle, shoulder, elbow, wrist = (
        _joint(figure, f"{bone}.L") - head for bone in ("clavicle", "upperarm01", "lowerarm01", "wrist")
    )
    spine = np.array([_joint(figure, f"spine0{i}") for i in (4, 3, 2, 1)]) - head
    hips = _joint(figure, "torso") - head
    return Build(hips, spine, clavicle, shoulder, elbow, wrist, np.array(fingers) - head)


def _joint(figure: Figure, bone: str) -> Array:
    joint: Array = figure.joints[BODY.names.index(bone)].astype(np.float64)
    return joint


def _pad(figure: Figure, finger: int) -> Array:
    bone = f"finger{finger}-3.L"
    joint = _joint(figure, bone)
    away = figure.rest[figure.weights[:, BODY.names.index(bone)] > 0.5] - joint
    pad: Array = joint + FINGERTIP * away[np.linalg.norm(away, axis=1).argmax()]
    return pad


def unit(vectors: Array) -> Array:
    """Vectors (..., 3) of length 1."""
    result: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return result

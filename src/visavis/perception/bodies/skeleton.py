"""Anny's arm and hand in the zero pose, the reference for observed landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.appearance import complete
from visavis.bodies.figure import Figure
from visavis.bodies.figure_cache import load_figure
from visavis.bodies.skeleton import BODY, HANGING, IN_THE_LAP, Direction

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LeftHand:
    """The left hand of an average adult at zero, metres, in the torso's frame (`arkit-body`).

    Attributes:
        wrist: (3,).
        fingers: (5, 4, 3) thumb to little finger: three joints, from the palm outwards, and the tip.
    """

    wrist: Array
    fingers: Array

    @property
    def palm(self) -> Array:
        """(5, 3) wrist and the knuckles of the four fingers: what of a hand hardly bends."""
        return np.concatenate([self.wrist[None], self.fingers[1:, 0]])

    @property
    def curl(self) -> Array:
        """(3,) unit axis about which fingers bend towards the palm."""
        across = self.fingers[4, 0] - self.fingers[1, 0]
        axis: Array = across / np.linalg.norm(across)
        return axis


@cache
def left_hand() -> LeftHand:
    """The hand of the neutral appearance."""
    figure = load_figure(complete({}), seated=False, skeleton=BODY)
    fingers = [[_joint(figure, f"finger{i}-{k}.L") for k in (1, 2, 3)] + [_tip(figure, i)] for i in range(1, 6)]
    return LeftHand(_joint(figure, "wrist.L"), np.array(fingers))


def left_arm(lap: bool = False) -> tuple[Array, Array, Array]:
    """Unit directions (3,) of the left upper arm, lower arm and hand, hanging or in the lap of somebody who sits."""
    directions = (direction for _, direction in (IN_THE_LAP if lap else HANGING).values())
    upper, lower, hand = (_unit(direction) for direction in directions)
    return upper, lower, hand


def _joint(figure: Figure, name: str) -> Array:
    joint: Array = figure.joints[BODY.names.index(name)].astype(np.float64)
    return joint


def _tip(figure: Figure, finger: int) -> Array:
    """A little below the skin's farthest point, where MediaPipe's annotators see the tip."""
    mine = figure.weights[:, BODY.names.index(f"finger{finger}-3.L")] > 0.5
    joint = _joint(figure, f"finger{finger}-3.L")
    away = figure.rest[mine] - joint
    tip: Array = joint + 0.9 * away[np.linalg.norm(away, axis=1).argmax()]
    return tip


def _unit(direction: Direction) -> Array:
    unit: Array = np.array(direction) / np.linalg.norm(direction)
    return unit

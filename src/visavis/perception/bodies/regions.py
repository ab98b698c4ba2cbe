"""Where in the frame to look for somebody's body, given the face."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from visavis.perception.faces import boxes

_SIDEWAYS, _UPWARDS, _DOWNWARDS = 4.0, 3.0, 6.5
"""Heights of the face's box: how far arms reach beside and above the face, and how far below it hips are."""
_ALIKE = 0.65
"""A region stays as it is while it overlaps this much with the one that the face asks for now."""


def around_face(face: boxes.Box, other: boxes.Box | None, width: int, height: int) -> boxes.Box:
    """The region of a person: what arms may reach, no farther than halfway to another person's face.

    Args:
        face: The face's box.
        other: That of the other person, if it is seen.
        width: Of the picture, pixels.
        height: Of the picture.
    """
    size = face[3] - face[1]
    (x, _), reach = boxes.centre(face), np.array([_SIDEWAYS, _SIDEWAYS]) * size
    if other is not None:
        apart = float(boxes.centre(other)[0] - x)
        toward = int(apart > 0)
        reach[toward] = min(reach[toward], max(abs(apart) / 2, 0.5 * size))
    region = np.array([x - reach[0], face[1] - _UPWARDS * size, x + reach[1], face[1] + _DOWNWARDS * size])
    return boxes.within(region, width, height)


@dataclass
class SteadyRegion:
    """A region that stays where it is until the face has moved out of its middle.

    Attributes:
        box: The region now.
        stretch: How many regions there have been; camera and person did not move far within one.
    """

    box: boxes.Box = field(default_factory=lambda: np.zeros(4))
    stretch: int = 0

    def update(self, wanted: boxes.Box) -> bool:
        """Takes the region that the face asks for now; whether the region has changed."""
        if boxes.overlap(self.box, wanted) >= _ALIKE:
            return False
        self.box = wanted
        self.stretch += 1
        return True

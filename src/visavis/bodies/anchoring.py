"""What keeps feet on the floor and hips on the seat while a body sways."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.bodies.anny import AnnyBody
from visavis.bodies.identity import JOINTS
from visavis.motion.seat import Seat

Array = NDArray[np.floating]


class Anchoring:
    """How one body stands or sits on its seat.

    A motion's `translation` moves the whole body. A vertex follows it not at all at the floor (or the seat) and fully
    at the hips (or the chest). Legs are drawn as long as the seat's height wants them.

    Attributes:
        follows: (V,) how much of the sway each vertex takes part in, 0 to 1.
        lowered: (V,) metres by which each vertex is lower than in the figure.
    """

    def __init__(self, body: AnnyBody, seat: Seat) -> None:
        figure = body.figure
        hip, head, height = figure.joints[0, 1], figure.joints[JOINTS.index("head"), 1], figure.rest[:, 1]
        low, high = (hip + 0.05, hip + 0.45) if seat.seated else (0.05, hip)
        above_legs = np.maximum(np.clip(height / (0.9 * (hip - 0.05)), 0, 1), figure.arms)
        self.follows: Array = np.maximum(np.clip((height - low) / (high - low), 0, 1), figure.arms)
        self.lowered: Array = (1 - above_legs) * (np.float32(seat.position[1]) - head)
        self._body, self._seat = body, seat

    def sway(self, values: Array) -> Array:
        """How far the hips are from where they rest, metres in the torso's frame, (B, 3), for values (B, D)."""
        import torch

        away = values[:, self._body.space.indices("translation")] - np.array(self._seat.position, np.float32)
        with torch.inference_mode():
            lean = self._body.lean(torch.from_numpy(values)).numpy()
        swayed: Array = Rotation.from_euler("y", -self._seat.yaw).apply(away) - lean
        return swayed

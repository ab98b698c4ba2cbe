"""Feelings as faces: which ARKit shapes each moves.

The faces are the prototypes of EMFACS (Ekman, Friesen & Hager 2002, "Facial Action Coding System: Investigator's
guide", table 10-2), in action units (AU): happiness 6+12, sadness 1+4+15, anger 4+5+7+23, surprise 1+2+5+26, fear
1+2+4+5+20, disgust 9+10+15. Interest is no emotion of theirs; its raised brows and tilted head follow Mortillaro, Mehu
& Scherer (2011, "Subtly different positive emotions can be distinguished by their facial expressions", Soc. Psychol.
Personal. Sci. 2). In conversation faces are far from the prototypes' full strength, and words need the mouth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from visavis.behavior.curves import FPS, Array
from visavis.behavior.events import Event
from visavis.behavior.performing.moods import FEELINGS, mood_curves

BOTH = ("Left", "Right")


def _face(one: Mapping[str, float] | None = None, **both: float) -> Mapping[str, float]:
    """Columns of a face: those of `both` on either side, those of `one` as they are."""
    sided = {name + side: level for name, level in both.items() for side in BOTH}
    return MappingProxyType({**sided, **(one or {})})


FACES: Mapping[str, Mapping[str, float]] = MappingProxyType({
    "happy": _face(mouthSmile=0.42, cheekSquint=0.38, eyeSquint=0.10),
    "sad": _face({"browInnerUp": 0.50, "mouthShrugLower": 0.12}, browDown=0.16, mouthFrown=0.36),
    "angry": _face(browDown=0.55, eyeWide=0.16, eyeSquint=0.34, mouthPress=0.30),
    "surprised": _face({"browInnerUp": 0.50, "jawOpen": 0.12}, browOuterUp=0.55, eyeWide=0.40),
    "afraid": _face({"browInnerUp": 0.48}, browOuterUp=0.28, browDown=0.22, eyeWide=0.42, mouthStretch=0.30),
    "disgusted": _face(noseSneer=0.50, mouthUpperUp=0.24, browDown=0.16, eyeSquint=0.14, mouthFrown=0.18),
    "curious": _face({"browInnerUp": 0.24, "browOuterUpLeft": 0.34, "browOuterUpRight": 0.24}, eyeWide=0.05),
})  # fmt: skip
"""Shapes by feeling, where it is as strong as feelings are in conversation."""
SPOKEN = 0.45
"""What is left of the mouth's part in a feeling while the person speaks."""
TILT = np.radians(4.0)
"""Roll of the head with full curiosity."""


def feeling_shapes(feelings: Array, speaking: NDArray[np.bool_]) -> dict[str, Array]:
    """ARKit shapes that feelings move, each (T,), 0 to 1, to be added to what speech and smiles do.

    Args:
        feelings: How strong each of `FEELINGS` is, (T, 7), 0 to 1.
        speaking: Whether the person speaks, (T,); the mouth gives way to words, and the jaw is theirs alone.
    """
    free = 1.0 - gaussian_filter1d(speaking.astype(float), 0.12 * FPS, mode="nearest") if len(speaking) else np.ones(0)
    shapes: dict[str, Array] = {}
    for name, strength in zip(FEELINGS, feelings.T, strict=True):
        for shape, level in FACES[name].items():
            room = free if shape == "jawOpen" else SPOKEN + (1 - SPOKEN) * free if shape.startswith("mouth") else 1.0
            shapes[shape] = np.maximum(shapes.get(shape, 0.0), level * strength * room)
    return shapes


def feeling_tilt(feelings: Array, side: float) -> Array:
    """Roll of the head (T,) that goes with curiosity, radians, to the person's left where `side` is positive."""
    tilt: Array = np.copysign(TILT, side) * feelings[:, FEELINGS.index("curious")]
    return tilt


def shapes_of_moods(events: Iterable[Event], frames: int, speaking: NDArray[np.bool_]) -> dict[str, Array]:
    """`feeling_shapes` of events ``mood``."""
    feelings, _ = mood_curves(events, frames)
    return feeling_shapes(feelings, speaking)

"""Combines articulation, smiles, laughter, brows, blinks and eyes into the 52 shapes."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from visavis.behavior.curves import Array
from visavis.behavior.people import Habits
from visavis.behavior.performing.smiling import Smiling
from visavis.motion import ARKIT
from visavis.motion.gaze import LOOK_SHAPES, eye_look_shapes

SHAPES = 52
_LOOK = ARKIT.indices(LOOK_SHAPES)
_CLOSING = ARKIT.indices(("mouthClose", "mouthPressLeft", "mouthPressRight", "mouthRollLower", "mouthRollUpper"))
_ROUNDING = ARKIT.indices(("mouthPucker", "mouthFunnel"))


def face_shapes(
    rng: np.random.Generator,
    habits: Habits,
    lips: Array,
    smiling: Smiling,
    closed: Array,
    brows: dict[str, Array],
    eyes: tuple[Array, Array],
) -> Array:
    """All shapes (T, 52), 0 to 1.

    What is spoken comes first: where lips meet or round, a smile gives way, and laughter opens the jaw only as far
    as the closure allows.

    Args:
        rng: Where chance comes from.
        habits: The person's.
        lips: Articulation (T, 52).
        smiling: Smile and laughter.
        closed: How far the lids are closed by blinks (T,).
        brows: Shapes by name.
        eyes: Rotation vectors (T, 3) of the left and the right eye.
    """
    shapes = np.array(lips, dtype=np.float64)
    meeting = lips[:, _CLOSING].max(1)
    rounding = lips[:, _ROUNDING].max(1)

    def add(name: str, curve: Array) -> None:
        i = ARKIT.index(name)
        shapes[:, i] = 1 - (1 - np.clip(shapes[:, i], 0, 1)) * (1 - np.clip(curve, 0, 1))

    smile = smiling.smile * (1 - 0.55 * np.clip(rounding, 0, 1)) * (1 - 0.2 * np.clip(meeting, 0, 1))
    laugh = gaussian_filter1d(smiling.laughter, 1.0)
    open_mouth = laugh * (0.20 + 0.09 * smiling.calls) * (1 - np.clip(meeting, 0, 1))
    raised = np.clip(smile - 0.45, 0, 1) * (1 - np.clip(meeting, 0, 1))  # a broad smile shows the upper teeth
    cheeks = np.clip(0.85 * smile - 0.05, 0, 1) * rng.uniform(0.7, 1.1)
    for side, factor in (("Left", 1 + habits.asymmetry), ("Right", 1 - habits.asymmetry)):
        add(f"mouthSmile{side}", smile * factor)
        add(f"mouthDimple{side}", 0.25 * smile * factor)
        add(f"mouthStretch{side}", 0.12 * laugh)
        add(f"mouthUpperUp{side}", 0.35 * raised + 0.1 * open_mouth)
        add(f"cheekSquint{side}", cheeks)
        add(f"eyeSquint{side}", 0.6 * cheeks + 0.25 * laugh)
        add(f"noseSneer{side}", 0.15 * raised)
        add(f"eyeBlink{side}", closed)
    add("jawOpen", open_mouth)
    for name, curve in brows.items():
        add(name, curve * (1 - np.clip(smile, 0, 1)) if name.startswith("mouthFrown") else curve)
    shapes[:, _LOOK] = eye_look_shapes(*eyes)
    # A lid cannot be wide open and closed at once.
    for side in ("Left", "Right"):
        shapes[:, ARKIT.index(f"eyeWide{side}")] *= 1 - closed
    return np.clip(shapes, 0.0, 1.0)

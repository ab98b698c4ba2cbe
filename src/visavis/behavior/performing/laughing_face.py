"""Laughter in the face: what tells it from a grimace.

Laughter that is felt raises the cheeks and narrows the eyes (AU 6 and 7), draws the lips' corners up (12), parts the
lips over the upper teeth (10, 25) and lets the jaw drop (26, 27), the same on both sides (Ruch & Ekman 2001, "The
expressive pattern of laughter"). Networks that make a mean of many faces keep the smile of it and lose the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from visavis.behavior.curves import FPS
from visavis.behavior.performing.performer import Performed
from visavis.motion import Motion

EYES: Mapping[str, float] = MappingProxyType({"cheekSquint": 0.80, "eyeSquint": 0.68, "noseSneer": 0.08})
MOUTH: Mapping[str, float] = MappingProxyType({"mouthSmile": 0.78, "mouthUpperUp": 0.42, "mouthLowerDown": 0.18})
"""Levels of both sides in full laughter."""
JAW, CALLING = 0.24, 0.06
"""How far the jaw is open, and how much further and less with every call."""
CLOSING = ("mouthClose", "mouthPressLeft", "mouthPressRight", "mouthRollLower", "mouthPucker", "mouthFunnel")
"""What words need lips for; laughter gives way to it."""
GIVES_WAY = 3.0
"""Share of a laughing mouth that is lost per unit of these."""
SMOOTH = 0.06
"""Seconds over which a laugh comes into the face beside its own course."""


def laughing(motion: Motion, performed: Performed) -> Motion:
    """The motion with a face that laughs wherever the person does; where it shows more already, it stays.

    Args:
        motion: In a space with ARKit's face, at `visavis.behavior.curves.FPS`.
        performed: What the person does, at least as long.
    """
    frames = len(motion)
    laugh = performed["laughter"][:frames]
    if not laugh.any():
        return motion
    laugh = gaussian_filter1d(laugh, SMOOTH * FPS)
    busy = motion[[name for name in CLOSING if name in motion.space.names]].max(1, initial=0.0)
    mouth = laugh * (1 - np.clip(GIVES_WAY * gaussian_filter1d(busy, 1.0), 0, 1))
    levels = {name + side: level * laugh for name, level in EYES.items() for side in ("Left", "Right")}
    levels |= {name + side: level * mouth for name, level in MOUTH.items() for side in ("Left", "Right")}
    levels["jawOpen"] = mouth * (JAW + CALLING * performed["calls"][:frames])
    names = [name for name in levels if name in motion.space.names]
    if not names:
        return motion
    shown = np.stack([levels[name] for name in names], axis=1)
    values: NDArray[np.float32] = np.maximum(motion[names], shown.astype(np.float32))
    return motion.with_columns(names, values)

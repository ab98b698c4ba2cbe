"""What somebody does while saying something, in a few words, read off the motion by rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.appearance import complete
from visavis.bodies.figure_cache import load_figure
from visavis.bodies.skeleton import BODY
from visavis.evaluation.expressions import emotion_shown
from visavis.evaluation.strokes import apexes, wrists
from visavis.motion import ARKIT, ARKIT_BODY, Motion
from visavis.motion.events import blinks, nods, shakes, smiles
from visavis.motion.mapping import can_become
from visavis.motion.spaces import ARKIT_SHAPES

LEAST = 0.2
"""Seconds of motion in which anything can be seen."""


def told(motion: Motion) -> str:
    """Such as ``looks happy, smiles, nods twice, gestures 3 times``; empty where nothing is seen.

    Args:
        motion: With ARKit's shapes and head, with or without a body; of others nothing is told.
    """
    if not can_become(motion.space, ARKIT) or motion.duration < LEAST:
        return ""
    return ", ".join(_seen(motion))


def _seen(motion: Motion) -> Iterator[str]:
    emotion, _ = emotion_shown({name: motion[name] for name in ARKIT_SHAPES})
    if emotion != "neutral":
        yield f"looks {emotion}"
    for verb, found in (("smiles", smiles(motion)), ("nods", nods(motion)), ("shakes the head", shakes(motion))):
        if len(found):
            yield _times(verb, len(found))
    if motion.space.columns == ARKIT_BODY.columns:
        places = wrists(motion, _joints())
        if strokes := sum(len(apexes(each, motion.fps)) for each in places):
            yield _times("gestures", strokes)
    if closed := len(blinks(motion)):
        yield _times("blinks", closed)


def _times(verb: str, count: int) -> str:
    return verb if count == 1 else f"{verb} twice" if count == 2 else f"{verb} {count} times"


@lru_cache(maxsize=1)
def _joints() -> NDArray[np.float32]:
    """Where the neutral figure's bones begin."""
    return load_figure(complete({}), seated=False, skeleton=BODY).joints

"""Which frames of a person's motion were observed, and which were filled in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.conversation.conversation import Participant

OBSERVED = "motion_valid"
"""Name of the track whose valid frames are those in which the motion was observed."""

_SEEN = (OBSERVED, "face", "tracked")
"""Tracks that say where there was something to see: of whoever made the motion, of faces found in a video, and of
results of other systems. Between, motion is interpolated or held."""


def observed(person: Participant) -> NDArray[np.bool_]:
    """The frames (T,) of a person's motion that were observed: all, where no track of the person says otherwise.

    What lies between is there so that a character can be shown without a jump; it was done by nobody, so nothing is to
    be learnt from it or measured on it.
    """
    if person.motion is None:
        return np.zeros(0, bool)
    frames = len(person.motion)
    known = np.ones(frames, bool)
    for name in _SEEN:
        track = person.tracks.get(name)
        if track is not None and len(track):
            known &= track.at(person.motion.fps, frames).valid
    return known


def is_filmed(person: Participant) -> bool:
    """Whether a person was seen in a video, for some of the time at least."""
    return any(name in person.tracks for name in _SEEN) and bool(observed(person).any())

"""Where B listens and where B speaks, and motion from several sources joined into one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_opening, uniform_filter1d

from visavis.behavior.events import KINDS
from visavis.behavior.plan import TRACK
from visavis.behavior.seen import as_seen
from visavis.conversation import Conversation, Interval, Participant
from visavis.motion import ARKIT, ARKIT_BODY, Motion
from visavis.motion.mapping import on_body, to_space
from visavis.motion.resampling import resample

AROUND = 0.3
"""Seconds before and after B's own speech in which Duet still moves B."""
PASSING = 0.4
"""Seconds in which one model's motion passes into the other's."""
STILL = 0.5
"""Seconds from which on somebody who does not move at all is at rest."""


def speaks(conversation: Conversation, motion: Motion | None) -> NDArray[np.float32]:
    """(T,) how far B speaks rather than listens on the frames of `motion`, with soft edges."""
    if motion is None or conversation.b.speaking is None:
        return np.zeros(0 if motion is None else len(motion), np.float32)
    heard = conversation.b.speaking.at(motion.fps, len(motion)).values[:, 0] > 0.5
    wide = binary_dilation(heard, iterations=max(1, round(AROUND * motion.fps))) if heard.any() else heard
    edges = max(1, round(PASSING * motion.fps))
    soft: NDArray[np.float32] = uniform_filter1d(wide.astype(np.float32), edges, mode="nearest")
    return soft


def pauses(motion: Motion | None) -> NDArray[np.float32]:
    """(T,) how far nothing moves, with soft edges: 1 where that lasts for `STILL` at least."""
    if motion is None:
        return np.zeros(0, np.float32)
    still = np.abs(np.diff(motion.values, axis=0, append=motion.values[-1:])).max(1) < 1e-6
    long = binary_opening(still, np.ones(max(2, round(STILL * motion.fps)), bool))
    soft: NDArray[np.float32] = uniform_filter1d(
        long.astype(np.float32), max(1, round(PASSING * motion.fps)), mode="nearest"
    )
    return soft


def blend(listening: Motion | None, speaking: Motion, share: NDArray[np.float32]) -> Motion:
    """`speaking`'s motion where `share` (T,) is 1, `listening`'s where it is 0, in the latter's space and rate."""
    assert listening is not None
    frames = len(listening)
    values = of_length(resample(to_space(speaking, listening.space), listening.fps), frames).values
    return replace(listening, values=listening.values + share[:, None] * (values - listening.values))


def moved_as(given: Motion, conversation: Conversation) -> Conversation:
    """The same with A moved as given; hands and trunk, where they are not given, perform what was planned for them."""
    a, b = conversation.participants
    if a.motion is not None and a.motion.space.columns == ARKIT_BODY.columns and given.space.columns == ARKIT.columns:
        given = on_body(given, resample(a.motion, given.fps, len(given)))
    if TRACK in a.tracks and b.seat is not None:  # what was planned is not what is given
        a = replace(a, events=as_seen(a, given, b.seat))
    return conversation.with_participants(replace(a, motion=given), b)


def planned_while(person: Participant, share: NDArray[np.float32], fps: float) -> Participant:
    """The same without the plan's curves, and with the events only that it moved the person by.

    Those are the events of the times of `share` (T,), and no gestures of who has no arms.
    """
    arms = person.motion is not None and person.motion.space.columns == ARKIT_BODY.columns

    def performed(event: Interval) -> bool:
        frame = min(int((event.start + event.end) / 2 * fps), len(share) - 1)
        return bool(frame >= 0 and share[frame] > 0.5)

    planned = {
        kind: tuple(filter(performed, person.events.get(kind, ()))) if arms or kind != "gesture" else ()
        for kind in KINDS
    }
    tracks = {name: track for name, track in person.tracks.items() if name != TRACK}
    return replace(person, events={**person.events, **planned}, tracks=tracks)


def at_rate(conversation: Conversation, fps: float) -> Conversation:
    """The same with everybody's motion at another frame rate."""
    people = (replace(p, motion=resample(p.motion, fps)) if p.motion else p for p in conversation.participants)
    return conversation.with_participants(*people)


def of_length(motion: Motion, frames: int) -> Motion:
    """Cut, or its last frame held."""
    missing = max(0, frames - len(motion))
    return replace(motion, values=np.concatenate([motion.values, np.repeat(motion.values[-1:], missing, 0)])[:frames])

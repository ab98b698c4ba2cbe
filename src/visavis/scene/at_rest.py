"""Resting poses for people without motion, so that there is a room to show."""

from __future__ import annotations

from dataclasses import replace

from visavis.conversation import Conversation
from visavis.conversation.seats import seated
from visavis.motion import Motion


def at_rest(conversation: Conversation) -> Conversation:
    """The same, with everybody in a seat, and whoever has no motion at rest in it.

    At least one of the two has motion.
    """
    known = next(person.motion for person in conversation if person.motion is not None)
    if not known.space.has("translation"):
        return conversation
    rest = Motion.zeros(len(known), known.fps, known.space)
    people = (
        person if person.motion is not None or person.seat is None
        else replace(person, motion=rest.with_columns("translation", person.seat.position))
        for person in seated(conversation)
    )  # fmt: skip
    return conversation.with_participants(*people)

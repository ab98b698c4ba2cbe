"""Resting poses for people without motion, so that there is a room to show."""

from __future__ import annotations

from dataclasses import replace

from visavis.conversation import Conversation
from visavis.motion import Motion
from visavis.motion.seat import Seat, face_to_face, opposite


def at_rest(conversation: Conversation) -> Conversation:
    """The same, with everybody in a seat, and whoever has no motion at rest in it.

    At least one of the two has motion.
    """
    known = next(person.motion for person in conversation if person.motion is not None)
    if not known.space.has("translation"):
        return conversation
    rest = Motion.zeros(len(known), known.fps, known.space)
    people = (
        replace(person, seat=seat, motion=person.motion or rest.with_columns("translation", seat.position))
        for person, seat in zip(conversation, _seats(conversation), strict=True)
    )
    return conversation.with_participants(*people)


def _seats(conversation: Conversation) -> tuple[Seat, Seat]:
    """Where both are; whose place is not known sits a metre in front of the other, or where `face_to_face` says."""
    a, b = (person.seat for person in conversation)
    if a is None:
        return face_to_face() if b is None else (opposite(b), b)
    return a, b or opposite(a)

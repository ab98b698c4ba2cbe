"""Where people are, as far as it is known, and where they are put where it is not."""

from __future__ import annotations

from dataclasses import replace

from visavis.conversation.conversation import Conversation, Participant
from visavis.motion.seat import Seat, face_to_face, opposite


def known_seat(person: Participant) -> Seat | None:
    """A person's seat, or one where the motion begins; None where neither is known."""
    motion = person.motion
    if person.seat is not None or motion is None or not len(motion) or not motion.space.has("translation"):
        return person.seat
    x, y, z = map(float, motion["translation"][0])
    return Seat((x, y, z), 0.0)


def seated(conversation: Conversation) -> Conversation:
    """The same with seats: whose is not known sits a metre in front of the other, or where `face_to_face` says."""
    a, b = map(known_seat, conversation)
    if a is None and b is None:
        a, b = face_to_face()
    seats = (a or (b and opposite(b)), b or (a and opposite(a)))
    people = (replace(person, seat=seat) for person, seat in zip(conversation, seats, strict=True))
    return conversation.with_participants(*people)

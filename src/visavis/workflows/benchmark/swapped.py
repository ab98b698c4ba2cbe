"""Whether an answer's face follows the user's: the same words are said with a happy and with a sad face."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from visavis.behavior.performing.feelings import FACES
from visavis.conversation import Conversation
from visavis.evaluation.affect import HAND_SET
from visavis.motion import MotionSpace
from visavis.workflows.benchmark.cases import Case, Moved

HAPPY, SAD = "happy", "sad"
SECONDS = 20.0
"""Of each conversation that are looked at."""
COLUMNS = tuple(dict.fromkeys((*FACES[HAPPY], *FACES[SAD])))
"""Shapes that a happy or a sad face moves."""


def possible(space: MotionSpace) -> bool:
    """Whether faces can be swapped and read in a motion space."""
    return all(column in space.names for column in COLUMNS)


def with_face(conversation: Conversation, person: int, feeling: str) -> Conversation:
    """The conversation with a face that shows a feeling, as strongly as in conversation, all the time.

    What else of a face moves, such as jaw and lids, moves as it did.

    Args:
        conversation: With motion of this person.
        person: 0 for A, 1 for B.
        feeling: ``happy`` or ``sad``.
    """
    people = list(conversation)
    motion = people[person].motion
    assert motion is not None
    shown = FACES[feeling]
    for column in COLUMNS:
        motion = motion.with_columns(column, [shown.get(column, 0.0)] * len(motion))
    people[person] = replace(people[person], motion=motion)
    return conversation.with_participants(*people)


def cases(conversations: Iterable[Conversation], feeling: str) -> Iterator[Case]:
    """Beginnings of conversations in which A has a face and B is generated."""
    for conversation in conversations:
        begun = conversation.window(0.0, min(SECONDS, conversation.duration))
        yield Case(with_face(begun, 0, feeling), (1,), conversation.id)


def valences(moved: Iterable[Moved]) -> dict[str, float]:
    """By conversation the mean valence, -1 to 1, that B's face shows, over frames and samples."""
    found = {}
    for each in moved:
        shown = [float(HAND_SET(motion)[:, 0].mean()) for motion in each.motions[0]]
        found[each.case.unit] = sum(shown) / len(shown)
    return found

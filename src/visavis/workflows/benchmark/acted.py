"""People whom MARS moves by their words alone: emotions that they show, and movements at words that call for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.words import word_cues
from visavis.conversation import Conversation, Participant
from visavis.evaluation.expressions import UNITS, emotion_shown
from visavis.evaluation.life import at_partner
from visavis.models.mars.messages import Step
from visavis.models.mars.model import Mars
from visavis.models.preprocessing import frame_count, placed_motion, seat_vector
from visavis.models.samples import with_motion
from visavis.motion import Motion, MotionSpace, Seat
from visavis.motion.events import nods, shrugs
from visavis.motion.runs import runs
from visavis.perception.emotion.classifier import EMOTIONS
from visavis.perception.emotion.labels import LABELS
from visavis.simulation.dialogues.responses import RESPONSES, Response
from visavis.workflows.benchmark.cases import Case, Move, Moved
from visavis.workflows.benchmark.speakers import Unigram

Array = NDArray[np.float64]
Span = tuple[float, float]

AFTER = 0.5
"""Seconds after a turn for which its emotion is still read off the face."""
COLUMNS = tuple(dict.fromkeys(chain.from_iterable(UNITS.values())))
"""By which faces are read."""


def _agreeing(person: Participant) -> tuple[list[Span], list[Span]]:
    spans = [(cue.start, cue.end) for cue in word_cues(person.words) if cue.kind == "yes"]
    return spans, [(w.start, w.end) for w in person.words if not any(a <= w.start < b for a, b in spans)]


AT_WORDS: Mapping[str, Response] = {
    "nod at yes": Response("nod at yes", _agreeing, "nod", (0.0, 0.5)),
    "shrug at not knowing": RESPONSES[1],
    "look away at hesitation": RESPONSES[2],
}
"""Movements that words call for, by what tables call them."""
NEEDS: Mapping[str, tuple[str, ...]] = {
    "nod at yes": ("neck.x", "head.x"), "shrug at not knowing": ("leftClavicle.z", "rightClavicle.z"),
    "look away at hesitation": ("neck.x", "head.x", "leftEye.x", "translation.x"),
}  # fmt: skip
"""Columns by which each is found in motion."""


@dataclass
class Seen:
    """What was read off the motion of a method.

    Attributes:
        emotions: By conversation, (N, 2) of labelled turns: the label's number in `EMOTIONS`, and the shown one's.
        movements: By movement and conversation, at how many stretches of words it is that call for it, how many there
            are, and the same of all other words.
    """

    emotions: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    movements: dict[str, dict[str, Array]] = field(default_factory=dict)


def seen_in(moved: Iterable[Moved], space: MotionSpace) -> Seen:
    """Reads everything that the motion space allows off what a method did.

    Args:
        moved: Both people of each conversation, one sample each.
        space: Of the motion.
    """
    found = Seen()
    possible = [name for name, columns in NEEDS.items() if all(column in space.names for column in columns)]
    for each in moved:
        unit, conversation = each.case.unit, each.case.conversation
        motions = [own[0] for own in each.motions]
        if all(column in space.names for column in COLUMNS):
            found.emotions.setdefault(unit, []).extend(_emotions(conversation, motions))
        for name in possible:
            counts = found.movements.setdefault(name, {}).setdefault(unit, np.zeros(4))
            counts += _movements(AT_WORDS[name], conversation, motions)
    return found


def _emotions(conversation: Conversation, motions: list[Motion]) -> Iterator[tuple[int, int]]:
    for person, motion in zip(conversation, motions, strict=True):
        for label in person.events.get(LABELS, ()):
            first, stop = (round(time * motion.fps) for time in (label.start, label.end + AFTER))
            face = motion.slice(first, max(stop, first + 1))
            if label.label in EMOTIONS and len(face):
                shown, _ = emotion_shown({name: face[name] for name in COLUMNS})
                yield EMOTIONS.index(label.label), EMOTIONS.index(shown)


def _movements(response: Response, conversation: Conversation, motions: list[Motion]) -> Array:
    seats = [_seat(person, letter, conversation.id) for person, letter in zip(conversation, "AB", strict=True)]
    counts = np.zeros(4)
    for i, person in enumerate(conversation):
        me, other = motions[i], motions[1 - i]
        if response.event == "nod":
            there = nods(me)
        elif response.event == "gesture":
            there = shrugs(me)
        else:
            there = runs(~at_partner(me, seats[i], other, seats[1 - i])) / me.fps
        for number, spans in enumerate(response.words(person)):
            hits = [_near(there, span, response.near) for span in spans]
            counts[2 * number : 2 * number + 2] += sum(hits), len(hits)
    return counts


def _near(there: Array, span: Span, near: Span) -> bool:
    return bool(((there[:, 0] < span[1] + near[1]) & (there[:, 1] > span[0] - near[0])).any())


def _seat(person: Participant, letter: str, id: str) -> Seat:
    if person.seat is not None:
        return person.seat
    *position, yaw = seat_vector(person, letter, id).tolist()
    return Seat((position[0], position[1], position[2]), yaw)


# Tables of labels and of what is shown


def own_tables(emotions: Mapping[str, list[tuple[int, int]]]) -> Array:
    """How often each label (rows) went with each shown emotion (columns), (conversations, 8, 8)."""
    tables = np.zeros((len(emotions), len(EMOTIONS), len(EMOTIONS)))
    for table, pairs in zip(tables, emotions.values(), strict=True):
        for label, shown in pairs:
            table[label, shown] += 1
    return tables


def others_tables(emotions: Mapping[str, list[tuple[int, int]]]) -> Array:
    """The same if each label is compared with what is shown to the words of other conversations: the mean over all."""
    own = own_tables(emotions)
    shown = own.sum(1)
    elsewhere = shown.sum(0) - shown
    shares = elsewhere / np.maximum(elsewhere.sum(1, keepdims=True), 1)
    tables: Array = own.sum(2)[:, :, None] * shares[:, None, :]
    return tables


# Methods


def as_they_did(case: Case, _samples: int) -> list[Conversation]:
    """What really happened."""
    return [case.conversation]


def through_codes(model: Mars) -> Move:
    """What really happened after it went through a model's codes: no model of these codes can be truer."""

    def move(case: Case, _samples: int) -> list[Conversation]:
        tracks = [model.track(case.conversation, person) for person in case.people]
        blank = Step((0,) * model.vocabulary.face.books, (0,) * model.vocabulary.body.books)
        steps = [[track.step(i) or blank for i in range(len(track))] for track in tracks if track is not None]
        return [_shown(model, case.conversation, dict(zip(case.people, steps, strict=True)))]

    return move


def by_frequency(model: Mars, unigram: Unigram, seed: int) -> Move:
    """Codes drawn by their frequencies, whatever is said."""

    def move(case: Case, _samples: int) -> list[Conversation]:
        rng = np.random.default_rng([seed, *case.conversation.id.encode()])
        count = -(-frame_count(case.conversation, model.fps) // model.codec.clock.factor)
        steps = {}
        for person in case.people:
            face, body = (
                np.stack([rng.choice(len(book), count, p=np.asarray(book) / np.sum(book)) for book in books], 1)
                for books in (unigram.face, unigram.body)
            )
            steps[person] = [Step(tuple(f), tuple(b)) for f, b in zip(face.tolist(), body.tolist(), strict=True)]
        return [_shown(model, case.conversation, steps)]

    return move


def _shown(model: Mars, conversation: Conversation, steps: Mapping[int, list[Step]]) -> Conversation:
    frames = frame_count(conversation, model.fps)
    moved = {}
    for person, own in steps.items():
        seat = seat_vector(conversation.participants[person], "AB"[person], conversation.id)
        moved[person] = placed_motion(model.codec.decode(own)[:frames], seat, model.space, model.fps)
    return with_motion(conversation, moved, {"model": "codes"})

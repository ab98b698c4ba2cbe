"""From two people's words and codes to turns, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Word
from visavis.errors import InputError
from visavis.models.mars.messages import Clock, Item, Role, Step, Turn

if TYPE_CHECKING:
    from visavis.tokenizers import Codes

_EPSILON = 1e-6
"""Seconds by which times may differ for having been computed in another way."""


@dataclass(frozen=True, eq=False)
class CodeTrack:
    """One person's codes for a whole conversation.

    Attributes:
        face: (N, books) int64.
        body: (N, books) int64.
        valid: (N,) bool, steps in which both were seen. Others are not told: nobody made these codes.
    """

    face: NDArray[np.int64]
    body: NDArray[np.int64]
    valid: NDArray[np.bool_]

    def __post_init__(self) -> None:
        """Validates."""
        if not (self.face.ndim == self.body.ndim == 2 and len(self.face) == len(self.body) == len(self.valid)):
            raise InputError(
                f"codes of the face {self.face.shape}, of the body {self.body.shape} and their mask "
                f"{self.valid.shape} do not go together: encode motion of the same length"
            )

    @classmethod
    def of(cls, face: Codes, body: Codes) -> CodeTrack:
        """What the motion tokenizers gave for one person, each with a batch of one."""
        valid = (face.valid[0] & body.valid[0]) if face.valid.shape == body.valid.shape else face.valid[0]
        return cls(face.ids[0].cpu().numpy(), body.ids[0].cpu().numpy(), valid.cpu().numpy())

    def __len__(self) -> int:
        return len(self.valid)

    def step(self, number: int) -> Step | None:
        """One time step; None where it was not seen or lies outside."""
        if not (0 <= number < len(self) and self.valid[number]):
            return None
        return Step(tuple(map(int, self.face[number])), tuple(map(int, self.body[number])))


def items_of(words: Sequence[Word], codes: CodeTrack | None, first: int, stop: int, clock: Clock) -> tuple[Item, ...]:
    """The words of one turn with its time steps.

    A step goes with the word that is heard at its middle; hence a word and the first step after it begin within half a
    step (160 ms) of each other. A pause shorter than a step belongs to the word before it; a longer one is silence.

    Args:
        words: Of the turn, in order of start, on the conversation's clock.
        codes: Of the conversation; None where nobody saw the person.
        first: The turn's first step.
        stop: One past its last.
        clock: Of the codes.
    """
    begins = [max(first, step_of(word.start, clock)) for word in words]
    ends = list(accumulate((word.end for word in words), max))
    nexts = [word.start for word in words[1:]] + [math.inf]
    items: list[Item] = []
    number = first
    for i in range(-1, len(words)):
        until = begins[i + 1] if i + 1 < len(words) else stop
        spoken: list[Step] = []
        silent: list[Step] = []
        while number < min(until, stop):
            step, middle = codes.step(number) if codes else None, (number + 0.5) * clock.step
            pause = i < 0 or (middle > ends[i] - _EPSILON and nexts[i] - ends[i] > clock.step - _EPSILON)
            if step is not None:
                (silent if pause else spoken).append(step)
            number += 1
        items += [Item(words[i].text, tuple(spoken))] if i >= 0 else []
        items += [Item(None, tuple(silent))] if silent else []
    return tuple(items)


def step_of(start: float, clock: Clock) -> int:
    """The first step whose middle is not before a time."""
    return max(0, math.ceil(start / clock.step - 0.5 - _EPSILON))


def turns_of(
    conversation: Conversation, codes: Sequence[CodeTrack | None], clock: Clock, *, assistant: int = 1,
    listening: bool = False,
) -> list[Turn]:  # fmt: skip
    """A conversation as turns that alternate between its two people.

    Consecutive utterances of one person are one turn, which begins where the other's ended, so that how long somebody
    takes to answer is told as silence. No step is told twice. Utterances without known words make no turn.

    Args:
        conversation: With words and their times.
        codes: Of A and of B; None where there are none.
        clock: Of the codes.
        assistant: Whom the language model is to be: 0 is A, 1 is B.
        listening: Also tell what each shows while the other has the floor; backchannels then stand at their times in
            the listener's turn. The paper tells the speaker's codes only, and every utterance is a turn.
    """
    count = max([len(track) for track in codes if track is not None] or [step_of(conversation.duration, clock)])
    words = [_one_word_each(person.words) for person in conversation]
    turns: list[Turn] = []
    taken = [0, 0]
    spans = _spans(conversation, clock, count, listening)
    last = {person: number for number, (person, _, _) in enumerate(spans)}
    for number, (person, first, stop) in enumerate(spans):
        rest = words[person][taken[person] :]
        own = [w for w in rest if number == last[person] or max(first, step_of(w.start, clock)) < stop]
        taken[person] += len(own)
        items = items_of(own, codes[person], first, stop, clock)
        role: Role = "assistant" if person == assistant else "user"
        if items and turns and turns[-1].role == role:  # of the other one, nothing was heard or seen in between
            turns[-1] = replace(turns[-1], items=turns[-1].items + items)
        elif items:
            turns.append(Turn(role, f"{conversation.id}_{len(turns)}", items, first))
    return turns


def _spans(conversation: Conversation, clock: Clock, count: int, listening: bool) -> list[tuple[int, int, int]]:
    """Person, first step and stop of each turn in order; the two people alternate."""
    floor = sorted(
        (step_of(u.start, clock), math.ceil(u.end / clock.step - 0.5), person)
        for person, who in enumerate(conversation)
        for u in who.utterances
        if u.words and not (listening and u.kind == "backchannel")
    )
    spans: list[tuple[int, int, int]] = []
    told = [0, 0]

    def tell(person: int, first: int, stop: int) -> None:
        if stop <= first:
            return
        told[person] = stop
        if spans and spans[-1][0] == person:
            spans[-1] = (person, spans[-1][1], stop)
        else:
            spans.append((person, first, stop))

    before = 0  # where the last turn ended
    for number, (start, end, person) in enumerate(floor):
        over = listening and number + 1 == len(floor)  # nobody says more: the last speaker's turn lasts to the end
        stop = max(start + 1, count if over else min(end, count))
        begin = told[person] if listening else max(told[person], min(start, before) if before else start)
        tell(person, begin, max(stop, begin + 1))
        before = max(before, stop)
        following = floor[number + 1][0] if number + 1 < len(floor) else stop
        if listening and not (number + 1 < len(floor) and floor[number + 1][2] == person):
            tell(1 - person, told[1 - person], min(stop, max(following, told[1 - person])))
    if listening and not floor:
        tell(0, 0, count)
        tell(1, 0, count)
    return spans


def _one_word_each(words: Sequence[Word]) -> list[Word]:
    """Words without white space in them; what was joined is parted in proportion to its letters."""
    found: list[Word] = []
    for word in words:
        parts = word.text.split()
        edges = [word.start + (word.end - word.start) * share for share in _shares(parts)]
        found += [Word(p, a, max(a, b)) for p, a, b in zip(parts, edges[:-1], edges[1:], strict=True)]
    return found


def _shares(parts: Sequence[str]) -> list[float]:
    total = sum(map(len, parts))
    return [0.0] + [done / total for done in accumulate(map(len, parts))]


def words_of(turn: Turn, clock: Clock) -> list[Word]:
    """A turn's words with their times on the conversation's clock, to the step.

    A word begins with the first step after it and ends with its last; of several before one step, all but the last have
    no length. `items_of` with these words and `codes_of` gives the same items again.
    """
    words: list[Word] = []
    number = turn.first
    for item in turn.items:
        start = number * clock.step
        number += len(item.steps)
        if item.word is not None:
            words.append(Word(item.word, start, number * clock.step))
    return words


def codes_of(turn: Turn, count: int) -> CodeTrack:
    """A turn's codes in a conversation of `count` steps; steps of which the turn tells nothing are invalid.

    Raises:
        InputError: The turn has no codes, or does not end in time.
    """
    steps = turn.steps
    if not steps:
        raise InputError(f"the turn of the {turn.role} has words only, and no codes to show")
    if turn.first + len(steps) > count:
        raise InputError(f"a turn of {len(steps)} steps from step {turn.first} does not fit in {count} steps")
    face = np.zeros((count, len(steps[0].face)), np.int64)
    body = np.zeros((count, len(steps[0].body)), np.int64)
    valid = np.zeros(count, bool)
    where = slice(turn.first, turn.first + len(steps))
    face[where], body[where] = [step.face for step in steps], [step.body for step in steps]
    valid[where] = True
    return CodeTrack(face, body, valid)

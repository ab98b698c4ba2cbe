"""What language models answer in conversations, beside what was really answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypedDict

from visavis.conversation import Conversation
from visavis.models.mars.messages import Turn
from visavis.models.mars.model import Mars
from visavis.workflows.benchmark.speakers import Hears, evenly, told

FEWEST = 3
"""Words that a true answer has at least: a shorter one, such as "uh-huh", could be the right answer to anything."""


class Answered(TypedDict):
    """One answer.

    Attributes:
        turn: Its number in the conversation.
        person: Who answers, 0 for A and 1 for B.
        true: What was said.
        said: What the model says.
    """

    turn: int
    person: int
    true: str
    said: str


def answers(model: Mars, conversation: Conversation, hears: Hears, count: int, seed: int) -> list[Answered]:
    """Answers at some turns of a conversation, each given everything before it as it really was.

    Args:
        model: Answers.
        conversation: With words.
        hears: What is told, see `visavis.workflows.benchmark.speakers.told`.
        count: How many, evenly spread, of either person by turns.
        seed: Of the draws, and of shuffled codes.
    """
    room = model.config.context - model.config.answer
    found: list[Answered] = []
    for number, person in _chosen(told(model, conversation, "words", 1), count):
        turns = told(model, conversation, hears, person, seed)
        true = turns[number].words
        history = [*turns[: number - 1], _fitting(model, turns[number - 1], room)]
        said = [item.word for item in model.speak(history, seed=seed + number) if item.word is not None]
        found.append(Answered(turn=number, person=person, true=" ".join(true), said=" ".join(said)))
    return found


def _chosen(turns: Sequence[Turn], count: int) -> list[tuple[int, int]]:
    """Number of each turn that is to be answered, and whose it is."""
    fit = [number for number, turn in enumerate(turns) if number and len(turn.words) >= FEWEST]
    return [(number, int(turns[number].role == "assistant")) for number in evenly(fit, count)]


def _fitting(model: Mars, turn: Turn, most: int) -> Turn:
    """A turn without its beginning, if it does not fit into so many tokens."""
    items = list(turn.items)
    while len(items) > 1 and len(model.chat().encode([replace(turn, items=tuple(items))], answer=True)) > most:
        items = items[max(1, len(items) // 8) :]
    return replace(turn, items=tuple(items))

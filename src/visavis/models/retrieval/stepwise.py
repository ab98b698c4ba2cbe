"""The chain of thought asked for link by link, which is what a model of a hundred million parameters can follow.

Each part of the answer is a question of its own: what is communicated, the fitting expression, the expression under the
goal, its attributes. It is shown with the worked examples that are nearest in meaning to what it follows from, so that
little more than continuing a pattern is asked of the model, and its answer ends with the line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from visavis.language.protocol import Message, Sampling
from visavis.models.retrieval.prompting import LABELS, Question, Style, load_shots, parse_answer
from visavis.models.retrieval.protocol import Description

Ask = Callable[[list[Message], Sampling], str]
GOAL_WEIGHT = 2.0
"""How much more a resemblance between goals counts than one between situations."""
SITUATION_WEIGHT = 0.5
"""How much what is heard and seen of the speaker counts beside the words."""
MOST_ATTRIBUTES = 5


def describe_stepwise(ask: Ask, question: Question, style: Style) -> Description:
    """Asks for the four parts one after the other.

    Args:
        ask: Asks the model.
        question: What is asked for.
        style: How many examples, and how answers are drawn.

    Raises:
        AnswerError: A part is empty, too long or cannot be shown.
        InputError: The sentence embedding that compares meanings cannot be had.
    """
    communicates = ask_communicates(ask, question, style)
    fitting = ask_fitting(ask, communicates, style)
    expression = ask_expression(ask, question, communicates, style)
    parts = (communicates, fitting, expression, ask_attributes(ask, expression, style))
    return parse_answer("\n".join(f"{label}: {part}" for label, part in zip(LABELS, parts, strict=True)))


def ask_communicates(ask: Ask, question: Question, style: Style) -> str:
    """What the speaker feels and means; see `describe_stepwise`."""
    shots = load_shots()
    alike = _alike(question.said, [shot.said for shot in shots])
    if question.situation:
        meant = [shot.answer.communicates for shot in shots]
        alike = alike + SITUATION_WEIGHT * _alike(" ".join(question.situation), meant)
    shown = [(Question(shot.said, shot.goal).heard, shot.answer.communicates) for shot in shots]
    return _ask(ask, "Say in one sentence what Alex feels and why.", question.heard, shown, alike, style)


def ask_fitting(ask: Ask, communicates: str, style: Style) -> str:
    """The expression that is socially fitting."""
    shown = [(shot.answer.communicates, shot.answer.fitting) for shot in load_shots()]
    alike = _alike(communicates, [meant for meant, _ in shown])
    instruction = "Say in one sentence which expression of Sam's face is fitting."
    return _ask(ask, instruction, communicates, shown, alike, style)


def ask_expression(ask: Ask, question: Question, communicates: str, style: Style) -> str:
    """The expression under the goal.

    The question names the goal alone: shown what is communicated, too, a small model repeats its feeling, and a rude
    listener looks sad. The situation enters by the examples that are chosen.
    """
    shots = load_shots()
    shown = [(_wants(shot.goal), shot.answer.expression) for shot in shots]
    alike = GOAL_WEIGHT * _alike(question.goal, [shot.goal for shot in shots])
    alike = alike + _alike(communicates, [shot.answer.communicates for shot in shots])
    return _ask(ask, "Say in one sentence how Sam's face looks.", _wants(question.goal), shown, alike, style)


def ask_attributes(ask: Ask, expression: str, style: Style) -> str:
    """The expression in short phrases, each once, with commas between."""
    shown = [(shot.answer.expression, ", ".join(shot.answer.attributes)) for shot in load_shots()]
    alike = _alike(expression, [look for look, _ in shown])
    instruction = "Say in short phrases what Sam's brows, eyes, mouth and head do."
    found = _ask(ask, instruction, expression, shown, alike, style)
    phrases = dict.fromkeys(phrase.strip(" .") for phrase in found.split(","))
    return ", ".join([phrase for phrase in phrases if phrase][:MOST_ATTRIBUTES])


def _ask(
    ask: Ask,
    instruction: str,
    text: str,
    shown: Sequence[tuple[str, str]],
    alike: NDArray[np.float64],
    style: Style,
) -> str:
    """The first line that the model says, shown the different examples that are most alike, the nearest last."""
    messages = [{"role": "system", "content": instruction}]
    nearest = list(dict.fromkeys(shown[i] for i in np.argsort(-alike, kind="stable")))[: style.nearest]
    for asked, answered in reversed(nearest):
        messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    reply = ask([*messages, {"role": "user", "content": text}], replace(style.sampling, stop="\n"))
    return next((line.strip() for line in reply.splitlines() if line.strip()), "")


def _wants(goal: str) -> str:
    return Question("", goal).wanted


def _alike(text: str, others: Sequence[str]) -> NDArray[np.float64]:
    from visavis.language.embedding import sentence_similarity

    return sentence_similarity()(text, others)

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
MOST_ATTRIBUTES = 5
INSTRUCTIONS = (
    "Say in one sentence what Alex feels and why.",
    "Say in one sentence which expression of Sam's face is fitting.",
    "Say in one sentence how Sam's face looks, given what Sam wants.",
    "Say in short phrases what Sam's brows, eyes, mouth and head do.",
)


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
    shots = load_shots()

    def part(step: int, text: str, shown: Sequence[tuple[str, str]], alike: NDArray[np.float64]) -> str:
        messages = [{"role": "system", "content": INSTRUCTIONS[step]}]
        for asked, answered in _nearest(shown, alike, style.nearest):
            messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
        return _line(ask([*messages, {"role": "user", "content": text}], replace(style.sampling, stop="\n")))

    said = [shot.said for shot in shots]
    meant = [shot.answer.communicates for shot in shots]
    spoken = [Question(shot.said, shot.goal).heard for shot in shots]
    communicates = part(0, question.heard, list(zip(spoken, meant, strict=True)), _alike(question.said, said))
    fits = [(shot.answer.communicates, shot.answer.fitting) for shot in shots]
    fitting = part(1, communicates, fits, _alike(communicates, meant))
    wants = [(_wanted(shot.answer.communicates, shot.goal), shot.answer.expression) for shot in shots]
    alike = GOAL_WEIGHT * _alike(question.goal, [shot.goal for shot in shots]) + _alike(communicates, meant)
    expression = part(2, _wanted(communicates, question.goal), wants, alike)
    looks = [(shot.answer.expression, ", ".join(shot.answer.attributes)) for shot in shots]
    attributes = part(3, expression, looks, _alike(expression, [look for look, _ in looks]))
    few = list(dict.fromkeys(phrase.strip(" .") for phrase in attributes.split(",")))[:MOST_ATTRIBUTES]
    parts = (communicates, fitting, expression, ", ".join(few))
    return parse_answer("\n".join(f"{label}: {text}" for label, text in zip(LABELS, parts, strict=True)))


def _wanted(communicates: str, goal: str) -> str:
    return f"{communicates} {Question('', goal).wanted}"


def _nearest(shown: Sequence[tuple[str, str]], alike: NDArray[np.float64], count: int) -> list[tuple[str, str]]:
    """The `count` different examples that are most alike, the nearest last."""
    ordered = dict.fromkeys(shown[i] for i in np.argsort(-alike, kind="stable"))
    return list(ordered)[:count][::-1]


def _alike(text: str, others: Sequence[str]) -> NDArray[np.float64]:
    from visavis.language.embedding import sentence_similarity

    return sentence_similarity()(text, others)


def _line(reply: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in reply.splitlines() if line.strip()), "")

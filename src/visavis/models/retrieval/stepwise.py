"""The chain of thought link by link, as far as a model of a hundred million parameters can follow.

What is communicated and the fitting expression are a question each, shown with the worked examples that are nearest in
meaning to what it follows from, so that little more than continuing a pattern is asked of the model; its answer ends
with the line. How the goal changes the expression is taken from the worked example nearest in goal and situation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from visavis.language.protocol import Message, Sampling
from visavis.models.retrieval.prompting import Question, Shot, Style, load_shots, parse_answer, write_answer
from visavis.models.retrieval.protocol import Description

Ask = Callable[[list[Message], Sampling], str]
GOAL_WEIGHT = 2.0
"""How much more a resemblance between goals counts than one between situations."""
SITUATION_WEIGHT = 0.5
"""How much what is heard and seen of the speaker counts beside the words."""
UNLIKE = 0.35
"""Cosine between goals below which a note says that nothing like it is known."""


def describe_stepwise(ask: Ask, question: Question, style: Style) -> Description:
    """Asks for what is communicated and what is fitting; the expression is that of the nearest worked example.

    A model of this size cannot let a goal change an expression: it repeats the speaker's feeling, and a rude listener
    looks sad (`docs/decisions.md`). The expression under the goal and its attributes are therefore not generated.

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
    shot, alike = choose_expression(question, communicates)
    made = parse_answer(write_answer(replace(shot.answer, communicates=communicates, fitting=fitting)))
    if alike < UNLIKE:
        note = f"no worked example has a goal like {question.goal[:60]!r}; the nearest, {shot.goal!r}, is followed"
        return replace(made, notes=(note,))
    return made


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


def choose_expression(question: Question, communicates: str) -> tuple[Shot, float]:
    """The worked example whose goal and situation are nearest, and how alike the goals are (cosine)."""
    shots = load_shots()
    goals = _alike(question.goal, [shot.goal for shot in shots])
    total = GOAL_WEIGHT * goals + _alike(communicates, [shot.answer.communicates for shot in shots])
    best = int(np.argmax(total))
    return shots[best], float(goals[best])


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


def _alike(text: str, others: Sequence[str]) -> NDArray[np.float64]:
    from visavis.language.embedding import sentence_similarity

    return sentence_similarity()(text, others)

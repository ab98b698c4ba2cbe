"""The chain of thought link by link, as far as a model of a hundred million parameters can follow.

What is communicated is asked of the model, which is shown the worked examples that are nearest in meaning, so that it
need do little more than continue a pattern; the first sentence of its answer counts. What is fitting, and how the goal
changes it, is taken from the worked examples nearest in situation and goal: the first of them is what is said, and
clips are compared with all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from visavis.language.protocol import Message, Sampling
from visavis.models.retrieval.attitudes import Attitude, load_attitudes, read_goal
from visavis.models.retrieval.prompting import SOCIAL, Question, Shot, Style, load_shots, parse_answer, write_answer
from visavis.models.retrieval.protocol import Description

Ask = Callable[[list[Message], Sampling], str]
GOAL_WEIGHT = 2.0
"""How much more a resemblance between goals counts than one between situations."""
LIKELY, SHARPNESS = 5, 0.1
"""How many worked examples clips are compared with, and the difference in resemblance that makes one count e times
more."""
SITUATION_WEIGHT = 0.5
"""How much what is heard and seen of the speaker counts beside the words."""
MEANT_WEIGHT = 0.5
"""How much what the model takes words to mean counts beside the words; it often misunderstands."""
UNLIKE = 0.35
"""Cosine between goals below which a note says that nothing like it is known."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")


def describe_stepwise(ask: Ask, question: Question, style: Style) -> Description:
    """Asks for what is communicated; all else is that of the nearest worked examples.

    A model of this size cannot let a goal change an expression: it repeats the speaker's feeling, and a rude listener
    looks sad; what it calls fitting fits no better than the examples do, and takes as long again (`docs/decisions.md`).

    Args:
        ask: Asks the model.
        question: What is asked for.
        style: How many examples, and how answers are drawn.

    Raises:
        AnswerError: The answer is empty, too long or cannot be shown.
        InputError: The sentence embedding that compares meanings cannot be had.
    """
    communicates = ask_communicates(ask, question, style)
    (fitting, _), *_ = choose_expressions(replace(question, goal=SOCIAL), communicates)
    chosen = choose_expressions(question, communicates)
    made = replace(chosen[0][0].answer, communicates=communicates, fitting=fitting.answer.fitting)
    made = replace(parse_answer(write_answer(made)), likely=tuple((shot.answer.text, share) for shot, share in chosen))
    if read_goal(question.goal, _other_goals())[2] < UNLIKE:
        return replace(made, notes=(f"no goal like {question.goal[:60]!r} is known; {SOCIAL!r} is followed",))
    return made


def ask_communicates(ask: Ask, question: Question, style: Style) -> str:
    """What the speaker feels and means; see `describe_stepwise`."""
    shots = load_shots()
    alike = _alike(question.said, [shot.said for shot in shots])
    if question.situation:
        meant = [shot.answer.communicates for shot in shots]
        alike = alike + SITUATION_WEIGHT * _alike(" ".join(question.situation), meant)
    shown = [(Question(shot.said, shot.goal).heard, shot.answer.communicates) for shot in shots]
    nearest = list(dict.fromkeys(shown[i] for i in np.argsort(-alike, kind="stable")))[: style.nearest]
    messages = [{"role": "system", "content": "Say in one sentence what Alex feels and why."}]
    for asked, answered in reversed(nearest):  # the nearest last
        messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    reply = ask([*messages, {"role": "user", "content": question.heard}], replace(style.sampling, stop="\n"))
    line = next((line.strip() for line in reply.splitlines() if line.strip()), "")
    return _SENTENCE_END.split(line)[0]


def choose_expressions(question: Question, communicates: str | None = None) -> list[tuple[Shot, float]]:
    """The worked examples whose situation is nearest under such a goal, and how much each counts; the nearest first.

    A goal that comes to one of the attitudes is answered by the examples that show it, one for each situation; a goal
    like none that is known is taken for `SOCIAL`. For all others the nearest goals count `GOAL_WEIGHT` as much as the
    nearest situations. What is said counts by the words it resembles and by their meanings, and what it is taken to
    mean, where that is known, by the meanings.
    """
    attitude, goal, alike = read_goal(question.goal, _other_goals())
    if alike < UNLIKE:
        attitude, goal, _ = read_goal(SOCIAL, ())
    shots = load_shots() if attitude is None else _showing(attitude, question.goal)
    said, meant = [shot.said for shot in shots], [shot.answer.communicates for shot in shots]
    near = _alike(question.said, said) + _alike(question.said, meant)
    if communicates is not None:
        near = near + MEANT_WEIGHT * _alike(communicates, meant)
    if attitude is None:
        near = near + GOAL_WEIGHT * _alike(goal, [shot.goal for shot in shots])
    nearest = np.argsort(-near, kind="stable")[:LIKELY]
    counts = np.exp((near[nearest] - near[nearest[0]]) / SHARPNESS)
    return [(shots[i], float(share)) for i, share in zip(nearest, counts / counts.sum(), strict=True)]


def _showing(attitude: Attitude, goal: str) -> tuple[Shot, ...]:
    """The examples of an attitude, for each situation the one whose goal is most alike."""
    shots = [shot for shot in load_shots() if shot.goal in attitude.shown_as]
    best_last = np.argsort(-_alike(goal, [shot.goal for shot in shots]), kind="stable")[::-1]
    return tuple({shots[i].said: shots[i] for i in best_last}.values())


@cache
def _other_goals() -> tuple[str, ...]:
    known = {goal for attitude in load_attitudes() for goal in attitude.shown_as}
    return tuple(sorted({shot.goal for shot in load_shots()} - known))


def _alike(text: str, others: Sequence[str]) -> NDArray[np.float64]:
    from visavis.language.embedding import sentence_similarity

    return sentence_similarity()(text, others)

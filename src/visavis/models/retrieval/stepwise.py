"""The chain of thought step by step, as far as a model of a hundred million parameters can follow it.

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
from visavis.models.retrieval.prompting import SOCIAL, Question, Style, load_shots, parse_answer, write_answer
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
OPPOSITE = 0.3
"""How much less a situation resembles words that tell of the opposite: a lost child is no child that is expected."""
UNLIKE = 0.35
"""Cosine between goals below which a note says that nothing like it is known."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")


def describe_stepwise(ask: Ask, question: Question, style: Style) -> Description:
    """Asks for what is communicated; all else is that of the nearest worked examples.

    Where the answer is glad about bad news, or sad about good ones, it does not count. A model of this size cannot let
    a goal change an expression: it repeats the speaker's feeling, and a rude listener looks sad; what it calls fitting
    fits no better than the examples do, and takes as long again (`docs/decisions.md`).

    Args:
        ask: Asks the model.
        question: What is asked for.
        style: How many examples, and how answers are drawn.

    Raises:
        AnswerError: The answer is empty, too long or cannot be shown.
        InputError: The sentence embedding that compares meanings is not available.
    """
    meant: str | None = ask_communicates(ask, question, style)
    if meant and _moods([question.said])[0] * _moods([meant])[0] < 0:
        meant = None
    made = describe_by_examples(question, meant)
    parse_answer(write_answer(made))
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


def describe_by_examples(question: Question, communicates: str | None = None) -> Description:
    """The reaction of the worked examples whose situation is nearest under such a goal, the nearest first.

    A goal that comes to one of the attitudes is answered by the examples that show it, one for each situation; a goal
    like none that is known is taken for `SOCIAL`, with a note. For all others the nearest goals count `GOAL_WEIGHT` as
    much as the nearest situations. What is said counts by the words it resembles and by their meanings (less if one is
    good news and the other bad), and what it is taken to mean, where that is known, by the meanings.

    Args:
        question: What is asked for.
        communicates: What is said is taken to mean; as in the nearest situation unless given.

    Raises:
        InputError: The sentence embedding that compares meanings is not available.
    """
    shots = load_shots()
    meant = [shot.answer.communicates for shot in shots]
    near = _alike(question.said, [shot.said for shot in shots]) + _alike(question.said, meant)
    near = near - OPPOSITE * (_moods([question.said]) * _moods(meant) < 0)
    if communicates is not None:
        near = near + MEANT_WEIGHT * _alike(communicates, meant)
    situation = shots[int(np.argmax(near))].answer
    notes = []
    attitude, _, alike = read_goal(question.goal, other_goals())
    if alike < UNLIKE:
        notes.append(f"no goal like {question.goal[:60]!r} is known; {SOCIAL!r} is used instead")
        attitude, _, _ = read_goal(SOCIAL, ())
    goals = _alike(question.goal, [shot.goal for shot in shots])
    near = near + GOAL_WEIGHT * goals if attitude is None else np.where(_shows(attitude, goals), near, -np.inf)
    nearest = np.argsort(-near, kind="stable")[:LIKELY]
    counts = np.exp((near[nearest] - near[nearest[0]]) / SHARPNESS)
    likely = tuple((shots[i].answer.text, float(n)) for i, n in zip(nearest, counts / counts.sum(), strict=True))
    meaning = situation.communicates if communicates is None else communicates
    shown: Description = shots[nearest[0]].answer
    return replace(shown, communicates=meaning, fitting=situation.fitting, notes=tuple(notes), likely=likely)


def _shows(attitude: Attitude, goals: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The examples (N,) of an attitude, for each situation the one whose goal is most alike, by cosines (N,)."""
    shots = load_shots()
    best: dict[str, int] = {}
    for i in np.argsort(-goals, kind="stable").tolist():
        if shots[i].goal in attitude.shown_as:
            best.setdefault(shots[i].said, i)
    return np.isin(np.arange(len(shots)), list(best.values()))


@cache
def other_goals() -> tuple[str, ...]:
    """Goals of the examples that no attitude is shown as."""
    known = {goal for attitude in load_attitudes() for goal in attitude.shown_as}
    return tuple(sorted({shot.goal for shot in load_shots()} - known))


def _alike(text: str, others: Sequence[str]) -> NDArray[np.float64]:
    from visavis.language.embedding import sentence_similarity

    return sentence_similarity()(text, others)


def _moods(texts: Sequence[str]) -> NDArray[np.intp]:
    """Of each text (N,), whether what it tells is bad (-1), neither (0) or good (1)."""
    from visavis.perception.sentiment.prototypes import Prototypes

    return Prototypes()(texts) - 1

"""Goals reduced to attitudes: the few for which every worked example has an expression.

A sentence embedding alone is no judge of goals: *be hostile* is as near to *be polite* as to *be rude*. Goals are
therefore compared with many ways to say each attitude, of which some are nearly the same words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from visavis.models.retrieval.captions import denies


@dataclass(frozen=True)
class Attitude:
    """A group of goals that call for the same expression.

    Attributes:
        name: Such as ``warm``.
        contrary: That of who wants not to be so.
        shown_as: Goals of worked examples that stand for it.
        said: More ways to say it.
    """

    name: str
    contrary: str
    shown_as: frozenset[str]
    said: tuple[str, ...]


@cache
def load_attitudes() -> tuple[Attitude, ...]:
    """The attitudes that come with the package."""
    import yaml

    rows = yaml.safe_load(files("visavis.models.retrieval").joinpath("attitudes.yaml").read_text(encoding="utf-8"))
    return tuple(
        Attitude(name, row["contrary"], frozenset(row["shown_as"]), tuple(row["said"])) for name, row in rows.items()
    )


def read_goal(goal: str, other_goals: tuple[str, ...]) -> tuple[Attitude | None, str, float]:
    """What a goal is most alike; whoever is *the speaker* there is *Alex* here.

    Args:
        goal: In any words.
        other_goals: Goals that stand for no attitude, such as *is the speaker's boss*.

    Returns:
        The attitude, or None where one of the other goals is nearer; the words that are nearest, and their cosine.

    Raises:
        InputError: The sentence embedding is not available.
    """
    from visavis.language.embedding import sentence_similarity

    owners: list[tuple[Attitude | None, str]] = [(None, other) for other in other_goals]
    owners += [
        (attitude, words) for attitude in load_attitudes() for words in (*attitude.said, *sorted(attitude.shown_as))
    ]
    alike = sentence_similarity()(_named(goal), [_named(words) for _, words in owners])
    best = int(np.argmax(alike))
    attitude, words = owners[best]
    if attitude is not None and denies(goal) != denies(words):
        attitude = next(each for each in load_attitudes() if each.name == attitude.contrary)
    return attitude, words, float(alike[best])


def _named(goal: str) -> str:
    return goal.replace("the speaker", "Alex")

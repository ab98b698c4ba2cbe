"""Descriptions for all queries, under the fitting goal and under the contrary one."""

from __future__ import annotations

from collections.abc import Sequence

from visavis.models.retrieval.describer import ByExamples
from visavis.models.retrieval.prompting import RUDE, SOCIAL, AnswerError
from visavis.models.retrieval.protocol import Describes, Description
from visavis.reporter import SILENT, Reporter

GOALS = {"social": SOCIAL, "rude": RUDE}
"""The paper's two, by the names of their rows."""
REFUSED = Description("nothing", "a neutral face", "Sam looks neutral.", ("neutral face",))
"""In place of an answer that cannot be used."""


def describe_all(
    said: Sequence[str], describer: Describes, *, seed: int = 0, reporter: Reporter = SILENT
) -> dict[str, list[Description]]:
    """A description of each reaction, by the names in `GOALS`; `REFUSED` where an answer cannot be used.

    Goals take turns, so that what a run that was stopped has asked, and a cache keeps, is of both.

    Args:
        said: What listeners are told.
        describer: Puts reactions into words.
        seed: Of the describer.
        reporter: Shows progress.

    Raises:
        InputError: The describer cannot be had, or does not answer.
    """
    found: dict[str, list[Description]] = {name: [] for name in GOALS}
    with reporter.progress(f"describing by {label(describer)}") as update:
        for number, text in enumerate(said, start=1):
            for name, goal in GOALS.items():
                try:
                    found[name].append(describer(text, goal, seed=seed))
                except AnswerError:
                    found[name].append(REFUSED)
            update(number / len(said))
    return found


def label(describer: Describes) -> str:
    """What a table calls a describer: without the address of its endpoint."""
    if isinstance(describer, ByExamples):
        return describer.name
    return str(getattr(describer, "name", type(describer).__name__)).partition(" at ")[0]

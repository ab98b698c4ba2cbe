"""What the benchmark asks was not shown to the describer: its worked examples share no sentence with the situations."""

import re
from itertools import pairwise

from visavis.models.retrieval.prompting import load_shots
from visavis.simulation.reactions.situations import situations

RUN = 6
"""Words in a row that two texts may share at most, such as "I do not know what to"."""


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", re.sub(r"\{\w+\}", "someone", text).lower())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    said = words(text)
    return {tuple(said[i : i + length]) for i in range(len(said) - length + 1)}


def asked() -> list[str]:
    return [
        text for s in situations().values() for text in (*s.facts, *s.whole, *s.openings, *s.details, *s.endings)
    ]  # fmt: skip


def test_no_worked_example_repeats_what_is_asked():
    shown = {shot.said for shot in load_shots()}
    longest = set().union(*(runs(text, RUN + 1) for text in shown))
    for text in asked():
        assert not runs(text, RUN + 1) & longest, text


def test_no_short_sentence_is_a_fact_in_both():
    shown = {tuple(words(s)) for shot in load_shots() for s in re.split(r"(?<=[.!?])\s+", shot.said)}
    facts = {tuple(words(fact)) for s in situations().values() for fact in (*s.facts, *s.whole)}
    assert not shown & facts


def test_the_comparison_would_notice():
    a, b = "we had to put our old dog down this morning", "today we had to put our old dog down"
    assert runs(a, RUN + 1) & runs(b, RUN + 1)
    assert all(len(one) == len(two) for one, two in pairwise(runs(a, 3)))

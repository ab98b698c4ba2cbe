"""What people say: natural texts, many of them, and which reactions fit."""

from collections import Counter

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.simulation.reactions.expressions import expressions
from visavis.simulation.reactions.situations import EVALUATION, draw_transcript, get_situation, situations


def drawn(count: int = 1500) -> list:
    kinds = list(situations().values())
    return [draw_transcript(np.random.default_rng(i), kinds[i % len(kinds)]) for i in range(count)]


def test_there_are_many_texts_and_kinds():
    assert len(situations()) >= 20
    assert len({transcript.text for transcript in drawn()}) > 1000


def test_texts_are_sentences_without_traces_of_their_making():
    for transcript in drawn():
        assert not set("{}|_0123456789") & set(transcript.text)
        assert all(s[0].isupper() and s[-1] in ".!?" for s in transcript.sentences)
        assert 0 <= transcript.critical < len(transcript.text.split())


def test_reactions_are_expressions_and_what_offends_does_not_fit():
    for situation in situations().values():
        named = {*situation.fitting, *situation.rude, *situation.first, *situation.speaker}
        assert named <= set(expressions())
        best = max(situation.fitting, key=situation.fitting.__getitem__)
        assert best not in situation.rude


def test_facts_told_in_evaluation_are_told_in_no_training_clip():
    facts: dict[str, set[str]] = {"train": set(), "eval": set()}
    for seed in range(600):
        situation = get_situation("information")
        transcript = draw_transcript(np.random.default_rng(seed), situation, parts=1)
        facts[transcript.split].add(transcript.text)
    assert facts["eval"]
    assert not facts["eval"] & facts["train"]
    assert all("workshop" in text or "every twenty minutes" in text for text in facts["eval"])
    shares = Counter(transcript.split for transcript in drawn())
    assert 0.18 < shares["eval"] / shares.total() < 0.32
    assert all(len(situation.facts) > 2 * EVALUATION for situation in situations().values())


def test_the_critical_word_is_the_last_of_the_fact():
    situation = get_situation("break-up")
    composed = 0
    for seed in range(50):
        transcript = draw_transcript(np.random.default_rng(seed), situation)
        told = " ".join(transcript.text.split()[: transcript.critical + 1])
        composed += any(told.endswith(fact) for fact in situation.facts)
    assert composed > 35  # the others are whole texts, with their own mark


def test_an_unknown_situation_is_refused():
    with pytest.raises(InputError, match="'wedding'; there are: loss, illness"):
        get_situation("wedding")

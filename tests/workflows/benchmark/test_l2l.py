"""The baseline that hears no words: what it makes depends on the speaker alone, and is never of whom it learnt from."""

from dataclasses import replace

import numpy as np
import pytest

from listener_toys import FACES, ColumnEncoder, told_clip, told_corpus
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models.retrieval.indexing import open_or_build
from visavis.motion import ARKIT_BODY, Motion
from visavis.workflows.benchmark import l2l
from visavis.workflows.benchmark.databank import Databank
from visavis.workflows.benchmark.l2l import l2l_scores


def bank(folder):
    return Databank.of(Corpus.open(folder), open_or_build(folder, ColumnEncoder()))


def test_listeners_who_answer_a_movement_are_found_by_it(tmp_path):
    """Each listener shows the face that the speaker makes now and then."""
    scores = l2l_scores(bank(told_corpus(tmp_path / "c", 16)), tmp_path, steps=100)
    assert scores.shape == (16, 16)
    assert (scores <= 0).all()
    own = np.array([[i % 4 == j % 4 for j in range(16)] for i in range(16)])
    assert scores[own].mean() > scores[~own].mean()


def test_what_was_made_is_kept_and_made_anew_for_other_questions(tmp_path, monkeypatch):
    found = bank(told_corpus(tmp_path / "c", 8))
    calls, made = [], []

    def make(asked, *given):
        """Trains at the first call only: what counts is who is asked."""
        calls.append(given)
        if not made:
            made.extend(real(asked, *given))
        return made[: len(asked.queries)]

    real = l2l._made
    monkeypatch.setattr(l2l, "_made", make)
    first = np.array(l2l_scores(found, tmp_path, steps=2))
    assert np.array_equal(l2l_scores(found, tmp_path, steps=2), first)
    assert len(calls) == 1
    l2l_scores(found, tmp_path, steps=3)
    l2l_scores(replace(found, queries=found.queries[:4], said=found.said[:4]), tmp_path, steps=2)
    assert len(calls) == 3


def test_clips_of_other_lengths_rates_and_spaces_are_compared(tmp_path):
    clips = [told_clip(f"clip-{i}", FACES[i % 4], "hello", 80 + 10 * i) for i in range(5)]
    whole = told_clip("whole", FACES[0], "hello")
    body = np.zeros((120, ARKIT_BODY.dim), np.float32)
    body[:, ARKIT_BODY.index(FACES[0])] = np.linspace(0.2, 0.8, 120)
    other = replace(whole.b, motion=Motion(body, 30.0, ARKIT_BODY))
    write_corpus([*clips, whole.with_participants(whole.a, other)], tmp_path / "c")
    scores = l2l_scores(bank(tmp_path / "c"), tmp_path, steps=2)
    assert scores.shape == (6, 6)
    assert np.isfinite(scores).all()


def test_speakers_whose_motion_is_not_known_are_named(tmp_path):
    clips = [told_clip(f"clip-{i}", FACES[i], "hello") for i in range(4)]
    clips[2] = clips[2].with_participants(replace(clips[2].a, motion=None), clips[2].b)
    write_corpus(clips, tmp_path / "c")
    with pytest.raises(InputError, match="how the speaker of 'clip-2' moves is not known"):
        l2l_scores(bank(tmp_path / "c"), tmp_path, steps=2)

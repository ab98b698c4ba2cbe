"""Baselines: each does what its name says, behind one interface."""

import dataclasses

import numpy as np
import pytest

from duet_toys import toy_conversation
from visavis.errors import InputError
from visavis.features.audio import get_encoder
from visavis.models.baselines.retrieval import BLEND, SEGMENT, MeanPose, Retrieval, baselines, joined, offsets
from visavis.motion import ARKIT


@pytest.fixture(scope="module")
def corpus():
    return [toy_conversation(seed, 12.0) for seed in range(4)]


@pytest.mark.parametrize("name", ["mean pose", "random", "Listen-R", "Listen-A", "Listen-M"])
@pytest.mark.parametrize("seconds", [3.0, 12.0, 25.0])
def test_all_share_one_interface(corpus, name, seconds):
    (baseline,) = [b for b in baselines(ARKIT, get_encoder("log-mel")) if b.name == name]
    baseline.fit(corpus)
    conversation = toy_conversation(9, seconds)
    moved, again = (baseline.animate(conversation, seed=2) for _ in range(2))
    for i, person in enumerate(moved.participants):
        assert len(person.motion) == round(seconds * 25)
        assert person.motion == again.participants[i].motion
        # Everybody is at home: the corpus's offsets from the seat, at this conversation's seats.
        assert np.abs(person.motion["translation"] - person.seat.position).max() < 0.2


def test_mean_pose_is_the_mean(corpus):
    baseline = MeanPose(ARKIT)
    baseline.fit(corpus)
    everything = np.concatenate([v for c in corpus for v in offsets(c, ARKIT, 25.0)])
    assert baseline.mean == pytest.approx(everything.mean(0), abs=1e-5)


@pytest.mark.parametrize("key", ["audio", "motion"])
def test_retrieval_finds_a_conversation_it_knows(corpus, key):
    baseline = Retrieval(ARKIT, key, get_encoder("log-mel"))
    baseline.fit(corpus)
    known = corpus[2].window(0.0, SEGMENT / 25)
    found = baseline.animate(dataclasses.replace(known, id="known"), seed=0)
    for here, there in zip(found.participants, known.participants, strict=True):
        inner = slice(0, SEGMENT - BLEND)
        assert here.motion["lips"][inner] == pytest.approx(there.motion["lips"][inner], abs=0.02)


def test_random_retrieval_does_not(corpus):
    baseline = Retrieval(ARKIT, "random")
    baseline.fit(corpus)
    first, other = (baseline.animate(corpus[0], seed=seed).a.motion for seed in (0, 1))
    assert first != other


def test_segments_fade_into_each_other():
    low, high = np.zeros((SEGMENT, 2), np.float32), np.ones((SEGMENT, 2), np.float32)
    values = joined([low, high], range(0, 2 * (SEGMENT - BLEND), SEGMENT - BLEND), 150)
    assert len(values) == 150
    assert values[SEGMENT - BLEND - 1, 0] == 0
    assert values[SEGMENT, 0] == 1
    assert np.diff(values[:, 0]).max() < 0.15


def test_too_little_to_retrieve_from():
    with pytest.raises(InputError, match="at least 4 s"):
        Retrieval(ARKIT, "random").fit([toy_conversation(0, 2.0)])

"""The built-in DIM weights: a listener to conversations that nothing was trained on."""

from dataclasses import replace

import numpy as np
import pytest

from visavis.conversation.corpus import Corpus
from visavis.evaluation.frechet import FrechetDistance, PairedFrechetDistance
from visavis.generation.apply import apply
from visavis.models.checkpoint import from_pretrained
from visavis.motion import ARKIT, ARKIT_BODY
from visavis.motion.events import nods
from visavis.motion.mapping import to_space
from visavis.simulation.dyads.generate import generate


@pytest.fixture(scope="module")
def conversations(tmp_path_factory):
    folder = tmp_path_factory.mktemp("held-out") / "corpus"
    return list(Corpus.open(generate(folder, conversations=3, seconds=30.0, seed=31, voices=["builtin"])))


@pytest.fixture(scope="module")
def listeners(conversations):
    """By conversation, two listeners."""
    model = from_pretrained("dim")
    return [[moved(c, lambda c, s: apply(c, model, (1,), seed=s)[0], seed) for seed in (0, 1)] for c in conversations]


def moved(conversation, method, seed):
    a, b = conversation.participants
    made = method(conversation.with_participants(a, replace(b, motion=None)), seed).participants[1].motion
    assert made.space == ARKIT_BODY  # with arms and hands, as the plan has them
    return to_space(made, ARKIT)


def test_seeds_give_different_listeners(listeners):
    for one, other in listeners:
        assert np.isfinite(one.values).all()
        assert np.abs(one["head.x"] - other["head.x"]).max() > 0.01


def test_listeners_blink(listeners):
    shut = [np.diff((m["eyeBlinkLeft"].ravel() > 0.5).astype(int), prepend=0) == 1 for pair in listeners for m in pair]
    minutes = sum(map(len, shut)) / 25 / 60
    assert 2 < sum(s.sum() for s in shut) / minutes < 40


def test_listeners_nod_about_as_often_as_people_who_listen(conversations, listeners):
    ours = sum(len(nods(motion)) for pair in listeners for motion in pair) / sum(
        m.duration for p in listeners for m in p
    )
    theirs = sum(len(nods(c.b.motion)) for c in conversations) / sum(c.b.motion.duration for c in conversations)
    assert 0.4 * theirs < ours < 2 * theirs


@pytest.mark.parametrize("kind", [FrechetDistance, PairedFrechetDistance])
def test_listeners_are_more_like_people_than_the_mean_pose(conversations, listeners, kind):
    mean = np.concatenate([c.b.motion.values for c in conversations]).mean(0)  # of these very people
    ours, theirs = kind(), kind()
    for conversation, pair in zip(conversations, listeners, strict=True):
        a, b = (person.motion for person in conversation.participants)
        frames = min(len(a), len(b), len(pair[0]))
        still = replace(b, values=np.tile(mean, (len(b), 1)))
        cut = {"partner": a.slice(0, frames), "conversation": conversation.id}
        ours.update([m.slice(0, frames) for m in pair], b.slice(0, frames), **cut)
        theirs.update(still.slice(0, frames), b.slice(0, frames), **cut)
    assert ours.compute(intervals=False).value < 0.9 * theirs.compute(intervals=False).value

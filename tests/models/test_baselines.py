"""Baselines that copy or look up: each does what its name says; what all models promise is checked elsewhere."""

import dataclasses

import numpy as np
import pytest
import torch

from baseline_toys import SMILES, moved, smiling_pair, trained
from duet_toys import toy_conversation
from visavis.conversation import Participant
from visavis.errors import InputError
from visavis.models.baselines import ENTRIES
from visavis.models.baselines.config import ListenConfig, MirrorConfig
from visavis.models.blocks.segments import BLEND, joined, over_rest
from visavis.motion import Motion

NAMES = [entry.name for entry in ENTRIES]
SPEAKERS = ["nearest-own-audio", "faceformer", "codetalker"]
HEARING = ["nearest-audio", *SPEAKERS, "listen-a"]
SEGMENT = ListenConfig().segment


@pytest.fixture(scope="module")
def corpus():
    return [toy_conversation(seed, 12.0) for seed in range(3)]


@pytest.mark.parametrize("name", ["random", "nearest-audio", "nearest-motion", "mean-pose", "listen-r", "listen-a"])
def test_everybody_is_at_home(corpus, tmp_path, name):
    """The corpus's offsets from the seat, at this conversation's seats."""
    conversation = toy_conversation(9, 14.0)
    person = moved(trained(name, corpus, tmp_path), conversation, 1)
    assert np.abs(person["translation"] - conversation.b.seat.position).max() < 0.2


@pytest.mark.parametrize("name", [name for name in NAMES if name not in HEARING])
def test_motion_alone_is_enough_where_no_sound_is_needed(tmp_path, name):
    pairs = [smiling_pair(seed, 6.0, roles=False) for seed in range(3)]
    motion = moved(trained(name, pairs, tmp_path, max_steps=2), smiling_pair(9, 7.04, roles=False), 1)
    assert motion.space == SMILES
    assert len(motion) == 176
    if name not in ("random", "mirror"):  # what never moves stays where it is
        assert motion["AU45"] == pytest.approx(0.25, abs=1e-6)


def test_mean_pose_is_the_mean(tmp_path):
    pairs = [smiling_pair(seed) for seed in range(3)]
    both = np.concatenate([p.motion.values for c in pairs for p in c])
    mean = trained("mean-pose", pairs, tmp_path)
    assert moved(mean, pairs[0], 0).values == pytest.approx(np.tile(both.mean(0), (300, 1)), abs=1e-5)
    listeners = np.concatenate([c.b.motion.values for c in pairs])
    mean = trained("mean-pose", pairs, tmp_path, "data.people=B")
    assert moved(mean, pairs[0], 1).values[0] == pytest.approx(listeners.mean(0), abs=1e-5)
    assert mean.rest_pose() == pytest.approx(listeners.mean(0), abs=1e-5)


def test_random_is_from_the_corpus(tmp_path):
    pairs = [smiling_pair(seed) for seed in range(3)]
    model = trained("random", pairs, tmp_path, "data.people=B")
    first = moved(model, smiling_pair(9, 4.0), 1, seed=5).values
    bank = [np.lib.stride_tricks.sliding_window_view(c.b.motion.values, 100, 0).transpose(0, 2, 1) for c in pairs]
    error = np.abs(np.concatenate(bank) - first).mean((1, 2)).min()
    assert 0.01 < error < 0.1  # a stretch of it, but for the noise
    assert moved(model, smiling_pair(9, 4.0), 1, seed=6).values != pytest.approx(first, abs=0.3)


def test_random_moves_both_as_one_conversation(tmp_path):
    pairs = [smiling_pair(seed) for seed in range(3)]
    model = trained("random", pairs, tmp_path, "noise=0")
    (both,) = model.generate(smiling_pair(9, 4.0), seed=3)
    assert both.b.motion["AU06"] == pytest.approx(2 - both.a.motion["AU12"], abs=1e-5)


def test_mirror_follows_with_a_lag(tmp_path):
    pair = smiling_pair(0, 30.0)
    motion, ahead = moved(trained("mirror", [pair], tmp_path), pair, 1)["AU06"], pair.a.motion["AU06"]
    lags = np.arange(-20, 21)
    similar = [np.corrcoef(np.roll(ahead, lag)[25:-25], motion[25:-25])[0, 1] for lag in lags]
    assert lags[np.argmax(similar)] == round((MirrorConfig().seconds * 25 - 1) / 2)
    assert max(similar) > 0.8
    assert np.abs(np.diff(motion, 2)).mean() < 0.5 * np.abs(np.diff(ahead, 2)).mean()


def test_mirror_does_not_know_the_future(tmp_path):
    pair = smiling_pair(0, 4.0)
    model = trained("mirror", [pair], tmp_path)
    whole = moved(model, pair, 1).values
    assert moved(model, pair.window(0, 2), 1).values == pytest.approx(whole[:50], abs=1e-5)


@pytest.mark.parametrize("name", ["nearest-audio", "nearest-motion", "nearest-own-audio"])
def test_the_planted_neighbour_is_found(tmp_path, name):
    pairs = [smiling_pair(seed, 6.0, sound=True) for seed in range(3)]
    person = 0 if "own" in name else 1
    planted = pairs[1].window(2.0, 4.0)
    found = moved(trained(name, pairs, tmp_path), planted, person).values
    inner = slice(BLEND, 50 - BLEND)
    assert found[inner] == pytest.approx(planted.participants[person].motion.values[inner], abs=1e-5)


@pytest.mark.parametrize("name", ["listen-a", "listen-m"])
def test_retrieval_finds_a_conversation_it_knows(corpus, tmp_path, name):
    known = corpus[2].window(0.0, SEGMENT / 25)
    (found,) = trained(name, corpus, tmp_path).generate(known)
    for here, there in zip(found.participants, known.participants, strict=True):
        inner = slice(0, SEGMENT - BLEND)
        assert here.motion["lips"][inner] == pytest.approx(there.motion["lips"][inner], abs=0.02)


def test_segments_fade_into_each_other():
    low, high = torch.zeros(SEGMENT, 2), torch.ones(SEGMENT, 2)
    values = joined([low, high], range(0, 2 * (SEGMENT - BLEND), SEGMENT - BLEND), 150).numpy()
    assert len(values) == 150
    assert values[SEGMENT - BLEND - 1, 0] == 0
    assert values[SEGMENT, 0] == 1
    assert np.diff(values[:, 0]).max() < 0.15


def test_pieces_fade_into_rest_and_into_each_other():
    rest, piece = torch.full((2,), 0.5), torch.ones(40, 2)
    values = over_rest([(20, piece), (60 - BLEND, piece), (140, piece)], rest, 150).numpy()[:, 0]
    assert values[:20] == pytest.approx(0.5)
    assert values[20 + BLEND : 90 - BLEND] == pytest.approx(1.0)  # nothing of the rest where two pieces meet
    assert values[100:140] == pytest.approx(0.5)
    assert np.abs(np.diff(values)).max() < 0.06


def test_one_person_alone_is_enough_for_a_speaker(tmp_path):
    alone = [smiling_pair(seed, 6.0, sound=True, roles=False, listener=False) for seed in range(2)]
    for name in ("mean-pose", *SPEAKERS):
        assert len(moved(trained(name, alone, tmp_path, max_steps=2), alone[0], 0)) == 150


@pytest.mark.parametrize("name", NAMES)
def test_bad_corpora_are_refused(tmp_path, name):
    good = smiling_pair(0, 6.0, sound=True)

    def refused(conversations, words, *changes):
        with pytest.raises(InputError, match=words) as caught:
            trained(name, conversations, tmp_path, *changes, max_steps=1)
        assert "\n" not in str(caught.value)

    refused([], "no conversations")
    refused([good], "'smiles'", "data.space=emoca56")
    refused([good], "25 frames/s", "data.fps=30")
    still = [dataclasses.replace(p, motion=None) for p in good]
    refused([good.with_participants(*still)], "no motion")
    frozen = [dataclasses.replace(p, motion=Motion(np.ones((150, 3)), 25.0, SMILES)) for p in good]
    refused([dataclasses.replace(good.with_participants(*frozen), id="frozen")], "never changes")


@pytest.mark.parametrize("name", ["mirror", "nearest-motion", "rlhg", "l2l", "listen-m"])
def test_listeners_who_look_learn_from_pairs_only(tmp_path, name):
    alone = smiling_pair(0, 6.0, listener=False)
    with pytest.raises(InputError, match="their partners"):
        trained(name, [alone], tmp_path, max_steps=1)
    pair = smiling_pair(1, 6.0)
    model = trained(name, [alone, pair], tmp_path, max_steps=1)
    lonely = pair.with_participants(Participant("A", speaking=pair.a.speaking), pair.b)
    with pytest.raises(InputError, match="partner's motion"):
        moved(model, lonely, 1)


def test_too_little_to_retrieve_from(tmp_path):
    for name, least in (("listen-r", 4), ("nearest-motion", 2), ("nearest-audio", 2)):
        with pytest.raises(InputError, match=f"at least {least} s"):
            trained(name, [smiling_pair(0, 1.6, sound=True)], tmp_path)


@pytest.mark.parametrize("name", HEARING)
def test_sound_that_is_missing_is_said(tmp_path, name):
    with pytest.raises(InputError, match="no audio"):
        trained(name, [smiling_pair(0)], tmp_path, max_steps=1)


def test_what_has_learnt_nothing_moves_nobody():
    for entry in ENTRIES:
        model = entry.load_model()(entry.load_config()(), SMILES, 25.0)
        if entry.name in ("listen-r", "random", "mean-pose"):
            with pytest.raises(InputError, match="train it"):
                moved(model, smiling_pair(0), 1)

"""Baselines that copy or look up: each does what its name says, behind one interface."""

import dataclasses

import numpy as np
import pytest

from baseline_toys import SMILES, smiling_pair
from duet_toys import toy_conversation
from visavis.conversation import Participant
from visavis.errors import InputError
from visavis.features.audio import get_encoder
from visavis.models.baselines import BASELINES, baseline_names, get_baseline
from visavis.models.baselines.mirror import SECONDS
from visavis.models.baselines.retrieval import SEGMENT, Retrieval, baselines
from visavis.models.baselines.segments import BLEND, joined
from visavis.motion import ARKIT, EMOCA56, Motion

UNTRAINED = ["random", "mirror", "nearest-audio", "nearest-motion", "mean-pose", "nearest-own-audio"]


@pytest.fixture(scope="module")
def corpus():
    return [toy_conversation(seed, 12.0) for seed in range(4)]


@pytest.mark.parametrize("name", [*UNTRAINED, "listen-r", "listen-a", "listen-m"])
@pytest.mark.parametrize("seconds", [1.0, 14.0])
def test_all_share_one_interface(corpus, name, seconds):
    baseline = get_baseline(name, ARKIT, get_encoder("log-mel"))
    baseline.fit(corpus)
    conversation = toy_conversation(9, seconds)
    moved, again = (baseline.animate(conversation, seed=2) for _ in range(2))
    for i, person in enumerate(moved.participants):
        assert len(person.motion) == round(seconds * 25)
        assert person.motion == again.participants[i].motion
        assert person.motion == baseline.generate(conversation, i, seed=2)
        # Everybody is at home: the corpus's offsets from the seat, at this conversation's seats.
        assert np.abs(person.motion["translation"] - person.seat.position).max() < 0.2


@pytest.mark.parametrize("name", baseline_names("listener"))
def test_what_is_to_be_generated_is_not_looked_at(name):
    if not BASELINES[name].sound:
        corpus = [smiling_pair(seed, 6.0) for seed in range(3)]
        baseline = get_baseline(name, SMILES)
    else:
        corpus = [smiling_pair(seed, 6.0, sound=True) for seed in range(3)]
        baseline = get_baseline(name, SMILES, get_encoder("log-mel"))
    baseline.fit(corpus, steps=2)
    known = smiling_pair(7, 6.0, sound=True)
    unknown = known.with_participants(known.a, dataclasses.replace(known.b, motion=None))
    assert baseline.generate(known, 1, seed=3) == baseline.generate(unknown, 1, seed=3)


@pytest.mark.parametrize("name", baseline_names(sound=False))
def test_motion_alone_is_enough_where_no_sound_is_needed(name):
    corpus = [smiling_pair(seed, 6.0, roles=False) for seed in range(3)]
    baseline = get_baseline(name, SMILES)
    baseline.fit(corpus, steps=2)
    moved = baseline.generate(smiling_pair(9, 7.04, roles=False), 1, seed=0)
    assert moved.space == SMILES
    assert len(moved) == 176
    if name not in ("random", "mirror"):  # what never moves stays where it is
        assert moved["AU45"] == pytest.approx(0.25, abs=1e-6)


def test_mean_pose_is_the_mean(corpus):
    baseline = get_baseline("mean-pose", SMILES)
    pairs = [smiling_pair(seed) for seed in range(3)]
    baseline.fit(pairs)
    both = np.concatenate([p.motion.values for c in pairs for p in c])
    assert baseline.generate(pairs[0], 0, 0).values == pytest.approx(np.tile(both.mean(0), (300, 1)), abs=1e-5)
    baseline.fit(pairs, people=(1,))
    listeners = np.concatenate([c.b.motion.values for c in pairs])
    assert baseline.generate(pairs[0], 1, 0).values[0] == pytest.approx(listeners.mean(0), abs=1e-5)


def test_random_is_from_the_corpus():
    pairs = [smiling_pair(seed) for seed in range(3)]
    baseline = get_baseline("random", SMILES)
    baseline.fit(pairs, people=(1,))
    moved = baseline.generate(smiling_pair(9, 4.0), 1, seed=5).values
    bank = [np.lib.stride_tricks.sliding_window_view(c.b.motion.values, 100, 0).transpose(0, 2, 1) for c in pairs]
    error = np.abs(np.concatenate(bank) - moved).mean((1, 2)).min()
    assert 0.01 < error < 0.1  # a stretch of it, but for the noise
    assert baseline.generate(smiling_pair(9, 4.0), 1, seed=6).values != pytest.approx(moved, abs=0.3)


def test_mirror_follows_with_a_lag():
    baseline = get_baseline("mirror", SMILES)
    pair = smiling_pair(0, 30.0)
    baseline.fit([pair])
    moved, ahead = baseline.generate(pair, 1, 0)["AU06"], pair.a.motion["AU06"]
    lags = np.arange(-20, 21)
    similar = [np.corrcoef(np.roll(ahead, lag)[25:-25], moved[25:-25])[0, 1] for lag in lags]
    assert lags[np.argmax(similar)] == round((SECONDS * 25 - 1) / 2)
    assert max(similar) > 0.8
    assert np.abs(np.diff(moved, 2)).mean() < 0.5 * np.abs(np.diff(ahead, 2)).mean()


def test_mirror_does_not_know_the_future():
    baseline = get_baseline("mirror", SMILES)
    pair = smiling_pair(0, 4.0)
    baseline.fit([pair])
    moved = baseline.generate(pair, 1, 0).values
    assert baseline.generate(pair.window(0, 2), 1, 0).values == pytest.approx(moved[:50], abs=1e-5)


@pytest.mark.parametrize("name", ["nearest-audio", "nearest-motion", "nearest-own-audio"])
def test_the_planted_neighbour_is_found(name):
    pairs = [smiling_pair(seed, 6.0, sound=True) for seed in range(6)]
    baseline = get_baseline(name, SMILES, get_encoder("log-mel"))
    baseline.fit(pairs)
    person = 0 if "own" in name else 1
    planted = pairs[4].window(2.0, 4.0)
    found = baseline.generate(planted, person, 0).values
    inner = slice(BLEND, 50 - BLEND)
    assert found[inner] == pytest.approx(planted.participants[person].motion.values[inner], abs=1e-5)


@pytest.mark.parametrize("key", ["audio", "motion"])
def test_retrieval_finds_a_conversation_it_knows(corpus, key):
    baseline = Retrieval(ARKIT, get_encoder("log-mel"), key=key)
    baseline.fit(corpus)
    known = corpus[2].window(0.0, SEGMENT / 25)
    found = baseline.animate(dataclasses.replace(known, id="known"), seed=0)
    for here, there in zip(found.participants, known.participants, strict=True):
        inner = slice(0, SEGMENT - BLEND)
        assert here.motion["lips"][inner] == pytest.approx(there.motion["lips"][inner], abs=0.02)


def test_random_retrieval_does_not(corpus):
    baseline = get_baseline("listen-r", ARKIT)
    baseline.fit(corpus)
    first, other = (baseline.animate(corpus[0], seed=seed).a.motion for seed in (0, 1))
    assert first != other


def test_those_of_talking_together_are_in_its_order():
    names = [b.name for b in baselines(ARKIT, get_encoder("log-mel"))]
    assert names == ["mean pose", "random", "Listen-R", "Listen-A", "Listen-M"]


def test_segments_fade_into_each_other():
    low, high = np.zeros((SEGMENT, 2), np.float32), np.ones((SEGMENT, 2), np.float32)
    values = joined([low, high], range(0, 2 * (SEGMENT - BLEND), SEGMENT - BLEND), 150)
    assert len(values) == 150
    assert values[SEGMENT - BLEND - 1, 0] == 0
    assert values[SEGMENT, 0] == 1
    assert np.diff(values[:, 0]).max() < 0.15


def test_one_person_alone_is_enough_for_a_speaker():
    alone = [smiling_pair(seed, 6.0, sound=True, roles=False, listener=False) for seed in range(2)]
    for name in baseline_names("speaker"):
        baseline = get_baseline(name, SMILES, get_encoder("log-mel"))
        baseline.fit(alone, steps=2)
        assert len(baseline.generate(alone[0], 0, 0)) == 150


@pytest.mark.parametrize("name", BASELINES)
def test_bad_corpora_are_refused(name):
    encoder = get_encoder("log-mel")
    good = smiling_pair(0, 6.0, sound=True)

    def refused(conversations, words, space=SMILES, fps=25.0):
        with pytest.raises(InputError, match=words) as caught:
            get_baseline(name, space, encoder, fps).fit(conversations, steps=1)
        assert "\n" not in str(caught.value)

    refused([], "no conversations")
    refused([good], "'smiles'", space=EMOCA56)
    refused([good], "25 fps", fps=30.0)
    still = [dataclasses.replace(p, motion=None) for p in good]
    refused([good.with_participants(*still)], "no motion")
    with pytest.raises(InputError, match="fit it"):
        get_baseline(name, SMILES, encoder).generate(good, 1, 0)


@pytest.mark.parametrize("name", ["nearest-motion", "rlhg", "l2l", "elp", "faceformer", "codetalker"])
def test_a_corpus_in_which_nothing_moves_is_refused(name):
    good = smiling_pair(0, 6.0, sound=True)
    frozen = [dataclasses.replace(p, motion=Motion(np.ones((150, 3)), 25.0, SMILES)) for p in good]
    with pytest.raises(InputError, match="constant in the whole corpus"):
        get_baseline(name, SMILES, get_encoder("log-mel")).fit([good.with_participants(*frozen)], steps=1)


@pytest.mark.parametrize("name", ["mirror", "nearest-motion", "rlhg", "listen-m"])
def test_a_partner_who_is_not_there_is_missed(name):
    baseline = get_baseline(name, SMILES)
    pair = smiling_pair(0, 6.0)
    baseline.fit([pair], steps=1)
    with pytest.raises(InputError, match="participant A has no motion"):
        baseline.generate(pair.with_participants(Participant("A", speaking=pair.a.speaking), pair.b), 1, 0)


def test_too_little_to_retrieve_from():
    for name, least in (("listen-r", 4), ("nearest-motion", 2), ("nearest-audio", 2)):
        with pytest.raises(InputError, match=f"at least {least} s"):
            get_baseline(name, SMILES, get_encoder("log-mel")).fit([smiling_pair(0, 1.6, sound=True)])


def test_names_that_are_not_there_and_sound_that_is_missing():
    with pytest.raises(InputError, match="mirror"):
        get_baseline("echo", SMILES)
    with pytest.raises(InputError, match="audio encoder"):
        get_baseline("faceformer", SMILES)
    with pytest.raises(InputError, match="no sound"):
        get_baseline("nearest-audio", SMILES, get_encoder("log-mel")).fit([smiling_pair(0)])

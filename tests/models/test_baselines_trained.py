"""Trained baselines: each learns a toy in which one person follows the other, or moves with their own voice."""

import numpy as np
import pytest
import torch

from baseline_toys import SMILES, smiling_pair
from visavis.features.audio import get_encoder
from visavis.models.baselines import get_baseline
from visavis.models.baselines.biased import BiasedDecoder
from visavis.models.baselines.trained import masked_mse, velocity_mse

STEPS = {"rlhg": 40, "elp": 40, "l2l": 80, "faceformer": 25, "codetalker": 40}
LISTENERS, SPEAKERS = ("rlhg", "l2l", "elp"), ("faceformer", "codetalker")
SAMPLED = ("l2l", "elp")


def person_of(name):
    return 0 if name in SPEAKERS else 1


@pytest.fixture(scope="module")
def corpus():
    return [smiling_pair(seed, 8.0, sound=True) for seed in range(8)]


@pytest.fixture(scope="module")
def trained(corpus):
    fitted = {}

    def get(name):
        if name not in fitted:
            fitted[name] = get_baseline(name, SMILES, get_encoder("log-mel") if name in SPEAKERS else None)
            fitted[name].fit(corpus, people=(person_of(name),), steps=STEPS[name], seed=0)
        return fitted[name]

    return get


@pytest.mark.parametrize("name", STEPS)
def test_it_learns_more_than_the_mean_pose(corpus, trained, name):
    person = person_of(name)
    mean = get_baseline("mean-pose", SMILES)
    mean.fit(corpus, people=(person,))
    baseline = trained(name)

    def error(b):
        # Of the column that the sound tells, or that follows the partner most directly; of the mean of samples, since
        # the spread of samples is nothing that a short training could be blamed for.
        found = []
        for seed in range(3):
            conversation = smiling_pair(100 + seed, 8.0, sound=True)
            samples = [b.generate(conversation, person, s)["AU06"] for s in range(8 if name in SAMPLED else 1)]
            found.append(np.square(np.mean(samples, 0) - conversation.participants[person].motion["AU06"]).mean())
        return np.mean(found)

    assert error(baseline) < 0.9 * error(mean)


@pytest.mark.parametrize("name", STEPS)
def test_seeds_reproduce_and_samples_differ(trained, name):
    conversation, person = smiling_pair(50, 5.0, sound=True), person_of(name)
    first, again, other = (trained(name).generate(conversation, person, seed) for seed in (0, 0, 1))
    assert first == again
    assert (first != other) == (name in SAMPLED)


@pytest.mark.parametrize("name", ["rlhg", "elp", "codetalker"])
def test_training_is_reproducible_and_leaves_the_generator_alone(corpus, name):
    encoder = get_encoder("log-mel") if name in SPEAKERS else None
    state = torch.get_rng_state()
    found = []
    for seed in (0, 0, 1):
        baseline = get_baseline(name, SMILES, encoder)
        baseline.fit(corpus[:2], steps=2, seed=seed)
        found.append(baseline.generate(corpus[0], 0, seed=0))
    assert found[0] == found[1]
    assert found[0] != found[2]
    assert torch.equal(state, torch.get_rng_state())


def test_clips_shorter_than_a_window_are_learnt_from_too():
    clips = [smiling_pair(seed, 1.0, sound=True) for seed in range(3)]
    for name in STEPS:
        baseline = get_baseline(name, SMILES, get_encoder("log-mel"))
        baseline.fit(clips, steps=2)
        assert len(baseline.generate(clips[0], 0, 0)) == 25


def test_regression_does_not_see_the_future(trained):
    conversation = smiling_pair(60, 6.0)
    whole = trained("rlhg").generate(conversation, 1, 0).values
    start = trained("rlhg").generate(conversation.window(0, 3), 1, 0).values
    assert start == pytest.approx(whole[:75], abs=1e-4)


def test_the_biased_decoder_gives_the_same_step_by_step():
    torch.manual_seed(0)
    decoder = BiasedDecoder(16, 2, 2, period=5, context=12).eval()
    x, moment = torch.randn(1, 30, 16), torch.randn(1, 30, 3, 16)
    with torch.inference_mode():
        whole = decoder(x, moment)
        past, rows = [], []
        for i in range(30):
            row, past = decoder.step(x[:, i : i + 1], moment[:, i : i + 1], i, past)
            rows.append(row)
    assert past[0][0].shape[2] == 11  # memory does not grow
    torch.testing.assert_close(torch.cat(rows, 1), whole, atol=1e-5, rtol=1e-4)


def test_the_biased_decoder_is_causal_and_hears_the_moment_only():
    torch.manual_seed(0)
    decoder = BiasedDecoder(16, 2, 1, period=5, context=40).eval()
    x, moment = torch.randn(1, 20, 16), torch.randn(1, 20, 2, 16)
    later, elsewhere = x.clone(), moment.clone()
    later[:, 12:] += 1
    elsewhere[:, 7] += 1
    with torch.inference_mode():
        before = decoder(x, moment)
        assert torch.equal(decoder(later, moment)[:, :12], before[:, :12])
        changed = (decoder(x, elsewhere) - before).abs().amax((0, 2)) > 1e-6
    assert changed.nonzero().ravel().tolist() == [7]  # one layer: what is heard is not remembered by others


def test_errors_count_only_frames_that_mean_something():
    wanted, predicted = torch.zeros(1, 6, 2), torch.zeros(1, 6, 2)
    predicted[:, 3:] = 9.0
    frames = torch.arange(6)[None] < 3
    assert masked_mse(predicted, wanted, frames) == 0
    assert velocity_mse(predicted, wanted, frames) == 0
    assert velocity_mse(predicted, wanted, torch.ones(1, 6, dtype=torch.bool)) == pytest.approx(81 / 5)
    assert velocity_mse(predicted, wanted, frames & (torch.arange(6) < 1)) == 0

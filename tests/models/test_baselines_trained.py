"""Trained baselines: each learns a toy in which one person follows the other, or moves with their own voice."""

import numpy as np
import pytest
import torch

from baseline_toys import moved, smiling_pair, trained
from visavis.errors import InputError
from visavis.models import from_pretrained
from visavis.models.baselines.biased import BiasedDecoder
from visavis.models.baselines.trained import masked_mse, velocity_mse

STEPS = {"rlhg": 40, "elp": 40, "l2l": 80, "faceformer": 25, "codetalker": 40}
LISTENERS, SPEAKERS = ("rlhg", "l2l", "elp"), ("faceformer", "codetalker")
SAMPLED = ("l2l", "elp")
QUICK = "training.warmup_steps=2"


def person_of(name):
    return 0 if name in SPEAKERS else 1


@pytest.fixture(scope="module")
def corpus():
    return [smiling_pair(seed, 8.0, sound=True) for seed in range(8)]


@pytest.fixture(scope="module")
def learnt(corpus, tmp_path_factory):
    folder, made = tmp_path_factory.mktemp("runs"), {}

    def get(name):
        if name not in made:
            who = f"data.people={'AB'[person_of(name)]}"
            made[name] = trained(name, corpus, folder, who, QUICK, max_steps=STEPS.get(name))
        return made[name]

    return get


@pytest.mark.parametrize("name", STEPS)
def test_it_learns_more_than_the_mean_pose(corpus, learnt, tmp_path, name):
    person = person_of(name)
    mean = trained("mean-pose", corpus, tmp_path, f"data.people={'AB'[person]}")

    def error(model):
        # Of the column that the sound tells, or that follows the partner most directly; of the mean of samples, since
        # the spread of samples is nothing that a short training could be blamed for.
        found = []
        for seed in range(3):
            conversation = smiling_pair(100 + seed, 8.0, sound=True)
            samples = model.generate(conversation, (person,), samples=8 if name in SAMPLED else 1)
            drawn = [sample.participants[person].motion["AU06"] for sample in samples]
            found.append(np.square(np.mean(drawn, 0) - conversation.participants[person].motion["AU06"]).mean())
        return np.mean(found)

    assert error(learnt(name)) < 0.9 * error(mean)


@pytest.mark.parametrize("name", STEPS)
def test_who_is_said_to_sample_does(learnt, name):
    conversation, person = smiling_pair(50, 5.0, sound=True), person_of(name)
    first, other = (moved(learnt(name), conversation, person, seed) for seed in (0, 1))
    assert (first != other) == (name in SAMPLED)


@pytest.mark.parametrize("name", ["rlhg", "elp", "codetalker"])
def test_training_is_reproducible(corpus, tmp_path, name):
    found = []
    for number, seed in enumerate((0, 0, 1)):
        (folder := tmp_path / str(number)).mkdir()
        model = trained(name, corpus[:2], folder, max_steps=2, seed=seed)
        found.append(moved(model, corpus[0], person_of(name)))
    assert found[0] == found[1]
    assert found[0] != found[2]


@pytest.mark.parametrize("name", ["l2l", "codetalker"])
def test_codes_stay_as_they_are_in_the_second_stage(corpus, tmp_path, name):
    (tmp_path / "features").mkdir()
    model = trained(name, corpus[:2], tmp_path, max_steps=2)
    (run,) = [path for path in tmp_path.iterdir() if path.name.startswith(name)]
    codes = from_pretrained(run / "codes" / "model")
    assert codes.capabilities.roles == frozenset()
    with pytest.raises(InputError, match="continue its training"):
        moved(codes, corpus[0], person_of(name))
    before, after = codes.tokenizer.state_dict(), model.tokenizer.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_clips_shorter_than_a_window_are_learnt_from_too(tmp_path):
    clips = [smiling_pair(seed, 1.0, sound=True) for seed in range(3)]
    for name in STEPS:
        assert len(moved(trained(name, clips, tmp_path, max_steps=2), clips[0], 0 if name in SPEAKERS else 1)) == 25


def test_regression_does_not_see_the_future(learnt):
    conversation = smiling_pair(60, 6.0)
    whole = moved(learnt("rlhg"), conversation, 1).values
    start = moved(learnt("rlhg"), conversation.window(0, 3), 1).values
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

"""Training tokenizers: data, resumption, bad input."""

import csv
import dataclasses

import numpy as np
import pytest
import torch

from duet_toys import toy_conversation
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.motion import ARKIT
from visavis.tokenizers import from_pretrained
from visavis.training.motion_windows import MotionRows, MotionSampler, people_of
from visavis.training.train_tokenizer import train_tokenizer


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toys") / "corpus"
    write_corpus([toy_conversation(seed, 6.0) for seed in range(1, 4)], folder)
    return folder


def test_motion_is_seen_from_the_seat(corpus):
    toys = [toy_conversation(1, 6.0)]
    people = list(people_of(toys, ARKIT, 25, 0))
    assert len(people) == 2
    values, valid = people[0]
    assert values[:, ARKIT.indices("translation")] == pytest.approx(0, abs=1e-6)
    assert valid.all()
    rough, smooth = values, next(people_of(toys, ARKIT, 25, 7))[0]
    assert np.abs(np.diff(smooth, 2, axis=0)).sum() < np.abs(np.diff(rough, 2, axis=0)).sum()


def test_who_has_no_motion_is_left_out():
    toy = toy_conversation(1, 6.0)
    alone = toy.with_participants(toy.a, dataclasses.replace(toy.b, motion=None))
    assert len(list(people_of([alone], ARKIT, 25, 0))) == 1


def test_a_batch_depends_on_seed_and_step_alone():
    motion = np.arange(300, dtype=np.float32)[:, None].repeat(3, 1)
    rows = MotionRows(motion, np.ones(300, bool), np.array([[0, 290], [290, 10]]))
    sampler = MotionSampler(rows, 32, 64, seed=3)
    first, again, other = sampler.batch(4), sampler.batch(4), sampler.batch(5)
    assert torch.equal(first.values, again.values)
    assert not torch.equal(first.values, other.values)
    short = first.frames.sum(1) == 10
    assert short.any()
    assert (first.values[short][:, 0, 0] == 290).all()
    assert not first.values[short][:, 10:].any()
    assert (first.values[~short].diff(dim=1) == 1).all()  # windows never cross from one person to the next


@pytest.mark.parametrize("preset", ["conv-debug", "transformer-debug"])
def test_a_training_that_goes_on_ends_as_if_it_had_never_stopped(corpus, tmp_path, preset):
    def weights(out, *steps):
        for count in steps:
            made = train_tokenizer(
                corpus, tmp_path / out, preset=preset, overrides=("training.decay=constant",), max_steps=count,
                quiet=True,
            )  # fmt: skip
        return from_pretrained(made)

    whole, resumed = weights("whole", 12), weights("resumed", 6, 12)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    assert whole.provenance["trained"]["steps"] == 12
    with (tmp_path / "whole" / "log.csv").open() as file:
        assert {"loss", "reconstruction", "usage", "perplexity"} <= {row["name"] for row in csv.DictReader(file)}


def test_bins_need_no_training(corpus, tmp_path):
    tokenizer = from_pretrained(train_tokenizer(corpus, tmp_path / "run", preset="actions-debug", quiet=True), ARKIT)
    motion = next(people_of([toy_conversation(1, 6.0)], ARKIT, 25, 0))[0]
    values = torch.from_numpy(motion)[None]
    decoded = tokenizer.decode(tokenizer.encode(values, torch.ones(values.shape[:2], dtype=torch.bool)))
    lips = ARKIT.indices("lips")
    assert float((decoded - values)[..., lips].abs().mean()) < 0.03


def standing_still(conversation):
    """Two people who differ from each other, and not from themselves."""
    people = (
        dataclasses.replace(p, motion=dataclasses.replace(p.motion, values=np.repeat(p.motion.values[:1], 150, 0)))
        for p in conversation.participants
    )
    return conversation.with_participants(*people)


def test_a_corpus_that_does_not_fit_is_one_line(corpus, tmp_path):
    for overrides, message in (
        (("space=emoca56",), r"participant A: motion is in space 'arkit'.*set space=arkit"),
        (("fps=30",), r"at 25 frames/s, the tokenizer at 30; --set fps=25"),
        (("space=nowhere",), "no motion space is called 'nowhere'"),
    ):
        with pytest.raises(InputError, match=message):
            train_tokenizer(corpus, tmp_path / "run", preset="conv-debug", overrides=overrides, quiet=True)
    toy = toy_conversation(1, 6.0)
    for name, content, message in (
        ("bare", [toy_conversation(1, 6.0, motion=False)], "bare: holds no motion"),
        ("empty", [], "empty: holds no motion"),
        ("single", [toy.window(0, 0.04)], "single: nobody moves"),
        ("still", [standing_still(toy)], "still: nobody moves"),
    ):
        write_corpus(content, tmp_path / name)
        with pytest.raises(InputError, match=message):
            train_tokenizer(tmp_path / name, tmp_path / "run", preset="conv-debug", quiet=True)
    assert not (tmp_path / "run").exists()
    assert not list((tmp_path / "features").glob("*/"))

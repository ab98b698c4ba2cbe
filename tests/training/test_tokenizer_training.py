"""Training tokenizers: data, resumption, bad input."""

import csv
import dataclasses

import numpy as np
import pytest
import torch

from duet_toys import toy_conversation
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models.registry import get_entry
from visavis.motion import ARKIT
from visavis.motion.parts import joined, part_of
from visavis.tokenizers import MotionStatistics, build, from_pretrained
from visavis.training.corpora import Corpora
from visavis.training.needs import DataNeeds
from visavis.training.recipes.tokenizer import MotionSampler, TokenizerTraining
from visavis.training.store import open_store
from visavis.training.train import train


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toys") / "corpus"
    write_corpus([toy_conversation(seed, 6.0) for seed in range(1, 4)], folder)
    return folder


def rows_that_count(folder):
    """A store whose every motion value is the number of its frame, of 290 frames and of 10."""
    long, short = toy_conversation(1, 11.6), toy_conversation(2, 0.4)
    short = short.with_participants(short.a, dataclasses.replace(short.b, motion=None))
    data = open_store(Corpora.listed([long, short]), DataNeeds(), folder)
    numbers = np.arange(300, dtype=np.float32)[:, None, None]
    return dataclasses.replace(data, motion=np.broadcast_to(numbers, data.motion.shape))


def test_a_batch_depends_on_seed_and_step_alone(tmp_path):
    sampler = MotionSampler(rows_that_count(tmp_path), 32, 512, seed=3)
    first, again, other = sampler.batch(4), sampler.batch(4), sampler.batch(5)
    assert torch.equal(first.values, again.values)
    assert not torch.equal(first.values, other.values)
    short = first.frames.sum(1) == 10
    assert short.any()
    assert (first.values[short][:, 0, 0] == 290).all()
    assert not first.values[short][:, 10:].any()
    assert (first.values[~short].diff(dim=1) == 1).all()  # windows never cross from one person to the next


def test_who_has_no_motion_is_left_out(tmp_path):
    assert len(MotionSampler(rows_that_count(tmp_path), 32, 4).people) == 3


def test_record_and_log_say_how_the_codebook_fared(corpus, tmp_path):
    made = from_pretrained(train("tokenizer", corpus, tmp_path / "run", preset="conv-debug", max_steps=5))
    assert made.provenance["trained"]["steps"] == 5
    assert "perplexity" in made.provenance["trained"]
    with (tmp_path / "run" / "log.csv").open() as file:
        assert {"loss", "reconstruction", "usage", "perplexity"} <= {row["name"] for row in csv.DictReader(file)}


def test_bins_need_no_training(corpus, tmp_path):
    tokenizer = from_pretrained(train("tokenizer", corpus, tmp_path / "run", preset="actions-debug"), ARKIT)
    store = open_store(Corpora.listed([toy_conversation(1, 6.0)]), DataNeeds(), tmp_path / "features")
    values = torch.from_numpy(store.motion_rows(150))[None]
    decoded = tokenizer.decode(tokenizer.encode(values, torch.ones(values.shape[:2], dtype=torch.bool)))
    lips = ARKIT.indices("lips")
    assert float((decoded - values)[..., lips].abs().mean()) < 0.03


def test_a_face_and_a_body_are_trained_apart_and_joined(corpus, tmp_path):
    groups = {"face": "[expression, eyes, jaw]", "body": "[neck, head, translation, body, hands]"}
    motion = toy_conversation(1, 2.2).a.motion
    parts = []
    for name, wanted in groups.items():
        change = (f"data.groups={wanted}",)
        tokenizer = from_pretrained(
            train("tokenizer", corpus, tmp_path / name, preset="conv-debug", overrides=change, max_steps=2)
        )
        assert tokenizer.whole == ARKIT
        assert tokenizer.space == ARKIT.part(tokenizer.space.groups)
        codes = tokenizer.encode_motion(motion)
        assert torch.equal(codes.ids, tokenizer.encode_motion(part_of(motion, tokenizer.space)).ids)
        parts.append(tokenizer.decode_motion(codes, len(motion)))
    whole = joined(parts, ARKIT)
    assert whole.space == ARKIT
    assert len(whole) == len(motion)


def test_codes_begin_where_a_warmed_up_encoder_puts_motion(tmp_path):
    torch.manual_seed(0)
    rows = rows_that_count(tmp_path)
    config = get_entry("tokenizer").load_preset("lapped-debug", ("codebook.warm_up=3",))
    training = TokenizerTraining(build(config, MotionStatistics.neutral(ARKIT))).train()
    untouched = training.tokenizer.codebook.state_dict()
    before = {name: value.clone() for name, value in untouched.items()}
    for step in range(4):
        losses = training.loss(MotionSampler(rows, 32, 4).batch(step))
        assert ("commitment" in losses.parts) == (step == 3)
        same = all(torch.equal(value, before[name]) for name, value in untouched.items())
        assert same == (step < 3)
    early = TokenizerTraining(build(config, MotionStatistics.neutral(ARKIT))).eval()
    held_out = early.loss(MotionSampler(rows, 32, 4).batch(0))
    assert "commitment" in held_out.parts  # measured in codes from the beginning on


def test_a_part_that_is_not_there_is_one_line(corpus, tmp_path):
    for groups, message in (("[hands]", "'arkit' has none of the groups hands"), ("[nose]", "data.groups")):
        with pytest.raises(InputError, match=message):
            train("tokenizer", corpus, tmp_path / "run", preset="conv-debug", overrides=(f"data.groups={groups}",))


def test_a_corpus_that_does_not_fit_is_one_line(corpus, tmp_path):
    for overrides, message in (
        (("data.space=emoca56",), r"corpus: .*participant A: motion is in space 'arkit'.*--set data.space=arkit"),
        (("data.fps=30",), r"at 25 frames/s, not at 30; --set data.fps=25"),
        (("space=arkit",), "preset conv-debug: space"),
    ):
        with pytest.raises(InputError, match=message):
            train("tokenizer", corpus, tmp_path / "run", preset="conv-debug", overrides=overrides)
    assert not (tmp_path / "run").exists()
    assert not list((tmp_path / "features").glob("*/"))

"""Training the encoder of words and motion, and visual prompts: that they learn, resume, and refuse what is wrong."""

import csv
import json

import numpy as np
import pytest
import torch
from PIL import Image

from clip_toys import tiny_clip
from retrieval_toys import BagOfWords
from visavis.errors import InputError
from visavis.models.retrieval import captions
from visavis.models.retrieval.clip_encoder import ClipFrames, digest_of, load_clip
from visavis.models.retrieval.config import parse_config
from visavis.models.retrieval.facts import FACTS
from visavis.models.retrieval.features import COLUMNS
from visavis.models.retrieval.motion_text import MotionText
from visavis.models.retrieval.motion_text_network import MotionTextNetwork
from visavis.models.retrieval.visual_prompt import load_prompt
from visavis.training.config import LoopConfig
from visavis.training.retrieval_captions import MOST, make_captions
from visavis.training.retrieval_clips import SHARES, clip_set, draw_clip, make_clips
from visavis.training.retrieval_learner import RetrievalLearner, RetrievalSampler, fit
from visavis.training.train_retrieval import train_retrieval
from visavis.training.train_visual_prompt import read_pairs, train_visual_prompt

TINY = {"dim": 8, "portions": 4, "width": 16, "dilations": [1], "heads": 2, "hidden": 16, "dropout": 0.0}
QUICK = ("training.clips=12", "training.captions=2", "training.loop.batch=4", "training.loop.save_every=2",
         "training.loop.decay=constant", "width=16", "heads=2", "dim=8", "hidden=16")  # fmt: skip


@pytest.fixture(scope="module")
def clips():
    return clip_set([draw_clip((5, i), frames=100) for i in range(16)], 4)


@pytest.fixture(scope="module")
def said(clips, tmp_path_factory):
    return make_captions(clips.facts, 2, 0, BagOfWords(), tmp_path_factory.mktemp("words"))


@pytest.fixture(autouse=True)
def words_without_a_network(monkeypatch):
    monkeypatch.setattr("visavis.language.embedding.sentence_similarity", BagOfWords)


@pytest.mark.parametrize("kind", SHARES)
def test_clips_of_every_kind_are_repeatable_motion(kind):
    motion, found = draw_clip((1, 2), kind=kind, frames=75)
    assert found == kind
    assert len(motion) == 75
    assert motion == draw_clip((1, 2), kind=kind, frames=75)[0]
    assert (motion.values[:, :52] >= 0).all()
    assert (motion.values[:, :52] <= 1).all()


def test_clips_are_kept_and_taken_from_there(tmp_path):
    first = make_clips(tmp_path, 6, 3, 4)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again = make_clips(tmp_path, 6, 3, 4)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == times
    fresh = clip_set([draw_clip((3, i)) for i in range(6)], 4)
    for one in (first, again):
        assert all(np.array_equal(a, b) for a, b in zip(one.rows, fresh.rows, strict=True))
        vectors = [[facts.vector for facts in each] for each in one.facts]
        assert np.allclose(vectors, [[facts.vector for facts in each] for each in fresh.facts], atol=1e-6)


def test_captions_of_clips_claim_what_the_clips_show(clips, said):
    shown = np.array([[facts.vector for facts in each] for each in clips.facts])
    for number in range(len(clips)):
        for rows, of in ((said.whole[number], [0, 0]), (said.parts[number], range(1, 5))):
            for row, part in zip(rows, of, strict=True):
                held = said.weight[row] > 0
                assert held.any()
                assert np.abs(said.claimed[row, held] - shown[number, part, held]).max() < 0.06
    against = said.contrary[:, 0]
    # A face may show both a thing and its contrary; few do, and the targets of the loss know which.
    off = (said.weight[against] * np.abs(said.claimed[against] - shown[:, 0])).max(1)
    assert np.mean(off > 0.25) > 0.8
    assert (said.clauses[:, 0] >= 0).all()
    assert said.clauses.shape[1] == MOST


def test_fits_of_tensors_are_those_of_captions(clips):
    rng = np.random.default_rng(0)
    facts = [each[0] for each in clips.facts]
    says = [captions.word(each, rng, 4).says for each in facts]
    shown = np.array([each.vector for each in facts])
    claimed, weight = np.zeros((2, len(says), len(FACTS)))
    for row, each in enumerate(says):
        for name, strength in each.items():
            claimed[row, FACTS.index(name)], weight[row, FACTS.index(name)] = strength, 1
    found = fit(*(torch.from_numpy(array) for array in (claimed, weight, shown)))
    assert found.numpy() == pytest.approx(captions.fit(says, shown), abs=1e-5)


def test_learning_brings_captions_and_clips_together(clips, said):
    torch.manual_seed(0)
    learner = RetrievalLearner(MotionTextNetwork(len(COLUMNS), parse_config(TINY, "test")))
    sampler = RetrievalSampler(clips, said, 16, seed=0)
    optimiser = torch.optim.Adam(learner.parameters(), 3e-3)
    losses, shares = [], []
    for step in range(60):
        out = learner.loss(sampler.batch(step), torch.Generator().manual_seed(step))
        optimiser.zero_grad()
        out.total.backward()
        optimiser.step()
        losses.append(out.total.item())
        shares.append(out.parts["fitting_first"].item())
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:5])
    assert np.mean(shares[-10:]) > np.mean(shares[:5]) + 0.1


def test_batches_depend_on_seed_and_step_alone(clips, said):
    one, two = (RetrievalSampler(clips, said, 4, seed=1) for _ in range(2))
    one.batch(0)
    assert torch.equal(one.batch(3).features, two.batch(3).features)
    assert not torch.equal(one.batch(3).features, two.batch(4).features)


def test_a_run_ends_in_an_encoder_and_resumes(tmp_path):
    settings = {"preset": "debug", "overrides": QUICK, "quiet": True}
    through = train_retrieval(tmp_path / "through", max_steps=6, **settings)
    train_retrieval(tmp_path / "stopped", max_steps=4, **settings)
    resumed = train_retrieval(tmp_path / "stopped", max_steps=6, **settings)
    one, two = (MotionText.from_pretrained(folder) for folder in (through, resumed))
    assert one.name == two.name
    assert one.provenance["trained"]["steps"] == 6
    with pytest.raises(InputError, match="another 'seed'"):
        train_retrieval(tmp_path / "stopped", seed=1, **settings)


def test_settings_that_do_not_exist_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"training\.clip"):
        train_retrieval(tmp_path / "run", preset="debug", overrides=("training.clip=3",), quiet=True)
    with pytest.raises(InputError, match="there are: debug, small"):
        train_retrieval(tmp_path / "run", preset="large", quiet=True)
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return tiny_clip(tmp_path_factory.mktemp("clip") / "tiny")


@pytest.fixture
def pairs(tmp_path):
    """Bright faces are happy and dark ones sad."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(24):
        bright = i % 2 == 0
        level = 200 if bright else 50
        picture = np.clip(rng.normal(level, 20, (40, 40, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(tmp_path / f"{i}.png")
        words = ["happy", "sad"] if bright else ["sad", "happy"]
        rows.append({"pictures": [f"{i}.png"], "fitting": words[0], "contrary": [words[1], "no face"][: 1 + i % 2]})
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def loop(**changes):
    settings = {"batch": 4, "rate": 0.05, "warm_up": 0, "average": 0.0, "decay": "constant", "save_every": 1}
    return LoopConfig(**{**settings, **changes})


def logged(path, name):
    with path.open() as file:
        return [float(row["value"]) for row in csv.DictReader(file) if row["name"] == name]


def test_a_prompt_learns_in_one_epoch_and_clip_stays(pairs, clip, tmp_path):
    before = digest_of(load_clip(clip)[0])
    folder = train_visual_prompt(pairs, tmp_path / "run", clip=clip, border=4, tokens=3, loop=loop(), quiet=True)
    losses = logged(tmp_path / "run" / "log.csv", "contrast")
    assert len(losses) == 6  # one epoch of 24 pictures by four
    assert np.mean(losses[-2:]) < losses[0] - 0.01
    encoder = ClipFrames.from_pretrained(clip, prompt=folder)
    assert digest_of(encoder.model) == before
    assert encoder.name != ClipFrames.from_pretrained(clip).name


def test_a_prompt_s_training_resumes(pairs, clip, tmp_path, monkeypatch):
    whole = train_visual_prompt(pairs, tmp_path / "whole", clip=clip, border=4, tokens=3, loop=loop(), quiet=True)
    from visavis.training.train_visual_prompt import PairSampler

    original = PairSampler.batch
    monkeypatch.setattr(PairSampler, "batch", _stopping_at(3, original))
    with pytest.raises(RuntimeError, match="power"):
        train_visual_prompt(pairs, tmp_path / "cut", clip=clip, border=4, tokens=3, loop=loop(), quiet=True)
    monkeypatch.setattr(PairSampler, "batch", original)
    again = train_visual_prompt(pairs, tmp_path / "cut", clip=clip, border=4, tokens=3, loop=loop(), quiet=True)
    assert digest_of(load_prompt(again)) == digest_of(load_prompt(whole))


def _stopping_at(step, original):
    def batch(self, number):
        if number == step:
            raise RuntimeError("the power is cut")
        return original(self, number)

    return batch


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: is no JSON"),
        ('{"pictures": [], "fitting": "x", "contrary": ["y"]}', "line 1: pictures"),
        ('{"pictures": ["a.png"], "fitting": "x"}', "line 1: contrary"),
        ('{"pictures": ["a.png"], "fitting": "x", "contrary": ["y"]}', "a.png: no such picture"),
        ("", "has no listeners"),
    ],
)
def test_broken_pairs_are_refused_by_line(tmp_path, line, message):
    path = tmp_path / "pairs.jsonl"
    path.write_text(line)
    with pytest.raises(InputError, match=message):
        read_pairs(path)

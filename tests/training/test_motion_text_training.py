"""Training the encoder of words and motion: that it learns, resumes, and refuses what is wrong."""

import numpy as np
import pytest
import torch

from duet_toys import toy_conversation
from retrieval_toys import BagOfWords
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models.retrieval import captions
from visavis.models.retrieval.config import MotionTextConfig
from visavis.models.retrieval.facts import FACTS
from visavis.models.retrieval.features import COLUMNS
from visavis.models.retrieval.motion_text import MotionText
from visavis.models.retrieval.motion_text_network import MotionTextNetwork
from visavis.training.motion_text_training import MotionTextSampler, MotionTextTraining, fit
from visavis.training.retrieval_captions import MOST, make_captions
from visavis.training.retrieval_clips import SHARES, clip_set, draw_clip, make_clips
from visavis.training.train import train

TINY = {"dim": 8, "portions": 4, "width": 16, "dilations": [1], "heads": 2, "hidden": 16, "dropout": 0.0}
QUICK = ("data.clips=12", "data.captions=2", "data.workers=1", "training.batch_size=4", "training.save_every=2",
         "training.lr_schedule=constant", "width=16", "heads=2", "dim=8", "hidden=16")  # fmt: skip


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
    learner = MotionTextTraining(MotionTextNetwork(len(COLUMNS), MotionTextConfig(**TINY)))
    sampler = MotionTextSampler(clips, said, 16, seed=0)
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
    one, two = (MotionTextSampler(clips, said, 4, seed=1) for _ in range(2))
    one.batch(0)
    assert torch.equal(one.batch(3).features, two.batch(3).features)
    assert not torch.equal(one.batch(3).features, two.batch(4).features)


def test_clips_that_are_held_out_are_in_no_batch(clips, said):
    sampler = MotionTextSampler(clips, said, 16, seed=0, among=np.array([3, 5]))
    allowed = np.stack([np.abs(clips.rows[i].astype(np.float32)) for i in (3, 5)])
    for rows in sampler.batch(0).features.abs().numpy():
        assert any(np.array_equal(rows, one) for one in allowed)


def test_a_run_ends_in_an_encoder_and_resumes(tmp_path):
    settings = {"preset": "debug", "overrides": QUICK}
    through = train("motion-text", None, tmp_path / "through", max_steps=6, **settings)
    train("motion-text", None, tmp_path / "stopped", max_steps=4, **settings)
    resumed = train("motion-text", None, tmp_path / "stopped", max_steps=6, **settings)
    one, two = (MotionText.from_pretrained(folder) for folder in (through, resumed))
    assert one.name == two.name
    assert one.provenance["trained"]["steps"] == 6
    with pytest.raises(InputError, match="a different 'seed'"):
        train("motion-text", None, tmp_path / "stopped", seed=1, **settings)


def test_a_corpus_is_not_asked_for(tmp_path):
    write_corpus([toy_conversation(0, 1.0)], tmp_path / "corpus")
    with pytest.raises(InputError, match="trained on clips that it simulates"):
        train("motion-text", tmp_path / "corpus", tmp_path / "run", preset="debug", overrides=QUICK)


def test_settings_that_do_not_exist_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"preset debug: data\.clip"):
        train("motion-text", None, tmp_path / "run", preset="debug", overrides=("data.clip=3",))
    with pytest.raises(InputError, match="there are: debug, small"):
        train("motion-text", None, tmp_path / "run", preset="large")
    assert not (tmp_path / "run").exists()

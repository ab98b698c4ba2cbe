"""Training DIM: from a corpus through all stages to checkpoints, resumption, and corpora that lack things."""

import dataclasses

import numpy as np
import pytest
import torch

from dim_toys import PLAIN, toy_pair
from duet_toys import toy_conversation
from reporters import Recorded
from visavis.conversation import Conversation, Participant
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.generation.apply import apply
from visavis.models import from_pretrained
from visavis.motion import ARKIT, Column, Motion, MotionSpace
from visavis.training.corpora import Corpora
from visavis.training.needs import DataNeeds, Sound
from visavis.training.recipes.dim import PairSampler
from visavis.training.store import open_store
from visavis.training.train import train

STEADY = ("training.lr_schedule=constant",)
QUICK = {"preset": "debug", "overrides": STEADY}
NINE = MotionSpace(
    "nine",
    tuple(Column(f"c{i}", *(("rad", "head") if i < 3 else ("coefficient", "expression"))) for i in range(9)),
)


def silent_conversation(seed, frames=80, space=PLAIN):
    """In a space that is not built in, without sound, seats or anybody known to speak."""
    a, b = (Motion(values, 30.0, space) for values in toy_pair(seed, frames, space))
    return Conversation(f"silent-{seed}", (Participant("A", motion=a), Participant("B", motion=b)), frames / 30.0)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write(tmp_path_factory, [toy_conversation(seed, 3.0) for seed in range(3)])


@pytest.fixture(scope="module")
def silent_corpus(tmp_path_factory):
    return write(tmp_path_factory, [silent_conversation(seed) for seed in range(3)])


def write(factory, conversations):
    folder = factory.mktemp("toys") / "corpus"
    write_corpus(conversations, folder)
    return folder


@pytest.fixture(scope="module")
def run(corpus, tmp_path_factory):
    """A run through all stages: its folder."""
    out = tmp_path_factory.mktemp("runs") / "run"
    train("dim", corpus, out, max_steps=4, **QUICK)
    train("dim", corpus, out, stage="speaker", max_steps=4, **QUICK)
    return out


def test_all_stages_lead_to_a_listener_and_a_speaker(run):
    stages = {stage: from_pretrained(run / stage / "model") for stage in ("tokenizers", "pretrain", "listener")}
    assert {name: model.stage for name, model in stages.items()} == {name: name for name in stages}
    listener = stages["listener"]
    assert listener.provenance["trained"]["steps"] == 4
    assert listener.space == ARKIT
    conversation = toy_conversation(9, 3.0)
    (made,) = apply(conversation, listener, [1], seed=1)
    assert made.a.motion == conversation.a.motion
    assert len(made.b.motion) == 75
    assert made.b.motion["translation"] == pytest.approx(np.tile(conversation.b.seat.position, (75, 1)), abs=0.5)
    speaker = from_pretrained(run / "speaker" / "model")
    assert len(apply(conversation, speaker, [0])[0].a.motion) == 75


@pytest.mark.parametrize("space", [PLAIN, NINE])
def test_another_space_without_sound(space, tmp_path):
    folder = tmp_path / "corpus"
    write_corpus([silent_conversation(seed, space=space) for seed in range(3)], folder)
    options = {**QUICK, "overrides": (*STEADY, "encoder=null"), "max_steps": 3}
    model = from_pretrained(train("dim", folder, tmp_path / "run", **options))
    assert (model.space.columns, model.fps, model.audio_dim) == (space.columns, 30.0, 0)
    (made,) = apply(silent_conversation(7, space=space), model, [0], seed=3)
    assert made.a.motion.values.shape == (80, space.dim)
    assert np.isfinite(made.a.motion.values).all()
    with pytest.raises(InputError, match="no audio"):
        train("dim", folder, tmp_path / "run", stage="speaker", **options)


def test_checkpoints_of_other_spaces_and_settings_are_refused(corpus, silent_corpus, run, tmp_path):
    options = {**QUICK, "stage": "listener", "init": run / "pretrain" / "model", "max_steps": 1}
    with pytest.raises(InputError, match="toy-signals"):
        train("dim", silent_corpus, tmp_path / "a", **options)
    with pytest.raises(InputError, match="a different 'network'"):
        train("dim", corpus, tmp_path / "b", **{**options, "overrides": ("network.layers=2",)})
    with pytest.raises(InputError, match="tokenizers were trained with different settings"):
        train("dim", corpus, tmp_path / "c", **{**options, "overrides": ("tokenizer.downsample_factor=2",)})
    with pytest.raises(InputError, match="needs stage 'pretrain'"):
        train("dim", corpus, tmp_path / "d", **{**options, "init": None})
    with pytest.raises(InputError, match="no stage named"):
        train("dim", corpus, tmp_path / "e", **{**options, "stage": "listening"})
    assert not any((tmp_path / name).exists() for name in "abcde")


def test_a_corpus_without_motion_is_named(tmp_path):
    toy = toy_conversation(0, 3.0)
    bare = toy.with_participants(*(dataclasses.replace(p, motion=None) for p in toy))
    for name, content, message in (
        ("empty", [], "the corpus contains no conv"),
        ("bare", [bare], "the corpus contains no motion"),
    ):
        write_corpus(content, tmp_path / name)
        with pytest.raises(InputError, match=message):
            train("dim", tmp_path / name, tmp_path / "run", max_steps=1, **QUICK)
    assert not (tmp_path / "run").exists()


def test_ablations_share_tokenizers(corpus, run, tmp_path):
    init = run / "tokenizers" / "model"
    changed = (*STEADY, "network.branches=1", "network.width=8", "network.heads=1")
    options = {**QUICK, "stage": "pretrain", "init": init, "max_steps": 1, "overrides": changed}
    model = from_pretrained(train("dim", corpus, tmp_path / "run", **options))
    for name, tensor in from_pretrained(init).tokenizers.state_dict().items():
        if ".encoder." in f".{name}" or "codebook" in name:
            assert torch.equal(tensor, model.tokenizers.state_dict()[name])


def test_without_pretraining_listeners_follow_the_tokenizers(corpus, tmp_path):
    options = {**QUICK, "overrides": (*STEADY, "pretraining=false"), "max_steps": 1}
    assert train("dim", corpus, tmp_path / "run", **options) == tmp_path / "run" / "listener" / "model"
    assert not (tmp_path / "run" / "pretrain").exists()


def pairs_of(conversation, folder, sound=None):
    data = open_store(Corpora.listed([conversation]), DataNeeds(sound=sound), folder, Recorded())
    return PairSampler(data, 16, 24)


def test_the_speaker_of_a_window_is_who_speaks_more(tmp_path):
    sampler = pairs_of(toy_conversation(0, 6.0), tmp_path, Sound("log-mel"))
    batch = sampler.batch(0)
    jaw = batch.motion[..., ARKIT.index("jawOpen")]  # in the toys it moves only while its owner speaks
    assert (jaw[:, 0].sum(-1) >= jaw[:, 1].sum(-1) - 0.5).float().mean() > 0.9
    assert torch.equal(batch.motion, sampler.batch(0).motion)
    assert not torch.equal(batch.motion, sampler.batch(1).motion)
    assert batch.heard.all()


def test_one_persons_motion_is_enough(tmp_path):
    conversation = toy_conversation(1, 4.0)
    alone = conversation.with_participants(conversation.a, dataclasses.replace(conversation.b, motion=None))
    batch = pairs_of(alone, tmp_path).batch(0)
    assert batch.frames[:, 0].all()
    assert not batch.frames[:, 1].any()
    assert batch.audio.shape[-1] == 0
    assert not batch.heard.any()


def test_frames_that_mean_nothing_are_zero_whatever_is_there(tmp_path):
    conversation = toy_conversation(1, 4.0)
    sampler = pairs_of(conversation, tmp_path)
    data = sampler.data
    motion, valid = np.array(data.motion), np.array(data.valid)
    motion[20:60], valid[20:60] = np.nan, False
    batch = dataclasses.replace(sampler, data=dataclasses.replace(data, motion=motion, valid=valid)).batch(0)
    assert not batch.frames.all()
    assert torch.isfinite(batch.motion).all()

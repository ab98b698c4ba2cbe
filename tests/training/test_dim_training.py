"""Training DIM: from a corpus through all stages to checkpoints, resumption, and corpora that lack things."""

import dataclasses

import numpy as np
import pytest
import torch
from visavis.generation.listen import listen, speak

from dim_toys import PLAIN, toy_pair
from duet_toys import toy_conversation
from visavis.conversation import Conversation, Participant
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models.dim import from_pretrained, save_pretrained
from visavis.motion import ARKIT, Motion
from visavis.training.pairs import PairSampler, build_pairs
from visavis.training.run import Corpora
from visavis.training.stored import contents
from visavis.training.train_dim import train_dim

STEADY = tuple(f"training.{stage}.decay=constant" for stage in ("tokenizers", "pretrain", "listener", "speaker"))
QUICK = {"preset": "debug", "quiet": True, "overrides": STEADY}


def silent_conversation(seed, frames=80):
    """In a space that is not built in, without sound, seats or anybody known to speak."""
    a, b = (Motion(values, 30.0, PLAIN) for values in toy_pair(seed, frames))
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
    train_dim(corpus, out, max_steps=4, **QUICK)
    train_dim(corpus, out, stage="speaker", max_steps=4, **QUICK)
    return out


def test_all_stages_lead_to_a_listener_and_a_speaker(run):
    stages = {stage: from_pretrained(run / stage / "model") for stage in ("tokenizers", "pretrain", "listener")}
    assert {name: model.stage for name, model in stages.items()} == {name: name for name in stages}
    assert stages["listener"].provenance["trained"]["steps"] == 4
    assert stages["listener"].space == ARKIT
    conversation = toy_conversation(9, 3.0)
    made = listen(conversation, stages["listener"], seed=1)
    assert made.a.motion == conversation.a.motion
    assert len(made.b.motion) == 75
    assert made.b.motion["expression"].min() >= 0
    assert made.b.motion["translation"] == pytest.approx(np.tile(conversation.b.seat.position, (75, 1)), abs=0.5)
    assert made.provenance["motion_b"]["weights"] == stages["listener"].provenance["weights"]
    unseen = conversation.with_participants(conversation.a, dataclasses.replace(conversation.b, motion=None))
    assert listen(unseen, stages["listener"], seed=1).b.motion == made.b.motion
    assert listen(conversation, stages["listener"], seed=2).b.motion != made.b.motion
    spoken = speak(unseen, from_pretrained(run / "speaker" / "model"), seed=0)
    assert len(spoken.a.motion) == 75


def test_a_listener_moves_less_when_told_to(run):
    model, conversation = from_pretrained(run / "listener" / "model"), toy_conversation(9, 3.0)

    def moving(**options):
        return np.abs(np.diff(listen(conversation, model, **options).b.motion["head"], axis=0)).mean()

    plain = moving()
    assert moving(stillness=1.0) < 0.3 * plain
    assert moving(stillness=0.5) == pytest.approx(0.5 * plain, rel=0.25)
    assert moving(intensity=0.5) == pytest.approx(0.5 * plain, rel=0.01)
    for wrong in ({"stillness": 1.5}, {"intensity": -1.0}, {"temperature": -0.1}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            listen(conversation, model, **wrong)


def test_what_a_listener_needs_is_said_in_one_line(run):
    model, conversation = from_pretrained(run / "listener" / "model"), toy_conversation(9, 3.0)
    bare = dataclasses.replace(
        conversation.with_participants(*(dataclasses.replace(p, audio=None, motion=None) for p in conversation)),
        mixed=None,
    )
    with pytest.raises(InputError, match="neither motion nor voice"):
        listen(bare, model)
    other = dataclasses.replace(conversation.a, motion=Motion(np.zeros((90, 5), np.float32), 30.0, PLAIN))
    with pytest.raises(InputError, match="toy-signals"):
        listen(conversation.with_participants(other, conversation.b), model)
    with pytest.raises(InputError, match="--stage speaker"):
        speak(conversation, model)


@pytest.mark.parametrize("stage", ["tokenizers", "listener"])
def test_a_training_that_was_stopped_goes_on_as_if_nothing_had_happened(corpus, run, tmp_path, stage):
    init = None if stage == "tokenizers" else run / "pretrain" / "model"
    options = {**QUICK, "stage": stage, "init": init, "overrides": (*STEADY, f"training.{stage}.save_every=3")}
    train_dim(corpus, tmp_path / "stopped", max_steps=3, **options)
    resumed = from_pretrained(train_dim(corpus, tmp_path / "stopped", max_steps=6, **options))
    whole = from_pretrained(train_dim(corpus, tmp_path / "whole", max_steps=6, **options))
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_another_space_without_sound(silent_corpus, tmp_path):
    options = {**QUICK, "overrides": (*STEADY, "encoder=null"), "max_steps": 3}
    model = from_pretrained(train_dim(silent_corpus, tmp_path / "run", **options))
    assert (model.space.columns, model.fps, model.audio_dim) == (PLAIN.columns, 30.0, 0)
    made = listen(silent_conversation(7), model, listener=0, seed=3)
    assert made.a.motion.values.shape == (80, 5)
    assert np.isfinite(made.a.motion.values).all()
    with pytest.raises(InputError, match="no sound"):
        train_dim(silent_corpus, tmp_path / "run", stage="speaker", **options)


def test_checkpoints_of_other_spaces_and_settings_are_refused(corpus, silent_corpus, run, tmp_path):
    options = {**QUICK, "stage": "listener", "init": run / "pretrain" / "model", "max_steps": 1}
    with pytest.raises(InputError, match="toy-signals"):
        train_dim(silent_corpus, tmp_path / "a", **options)
    with pytest.raises(InputError, match="another 'network'"):
        train_dim(corpus, tmp_path / "b", **{**options, "overrides": ("network.layers=2",)})
    with pytest.raises(InputError, match="tokenizers have other settings"):
        train_dim(corpus, tmp_path / "c", **{**options, "overrides": ("tokenizer.downsample_factor=2",)})
    with pytest.raises(InputError, match="follows 'pretrain'"):
        train_dim(corpus, tmp_path / "d", **{**options, "init": None})
    with pytest.raises(InputError, match="no stage is called"):
        train_dim(corpus, tmp_path / "e", **{**options, "stage": "listening"})
    assert not any((tmp_path / name).exists() for name in "abcde")


def test_a_corpus_without_motion_is_named(corpus, tmp_path):
    toy = toy_conversation(0, 3.0)
    frozen = Motion(np.repeat(toy.a.motion.values[:1], 75, 0), 25.0, ARKIT)
    still = toy.with_participants(*(dataclasses.replace(p, motion=frozen) for p in toy))
    bare = toy.with_participants(*(dataclasses.replace(p, motion=None) for p in toy))
    for name, content, message in (
        ("empty", [], "empty: holds no motion"), ("bare", [bare], "bare: holds no motion"),
        ("single", [toy.window(0, 0.04)], "single: nobody moves"), ("still", [still], "still: nobody moves"),
    ):  # fmt: skip
        write_corpus(content, tmp_path / name)
        with pytest.raises(InputError, match=message):
            train_dim(tmp_path / name, tmp_path / "run", max_steps=1, **QUICK)
    assert not (tmp_path / "run").exists()


def test_ablations_share_tokenizers(corpus, run, tmp_path):
    init = run / "tokenizers" / "model"
    changed = (*STEADY, "network.branches=1", "network.width=8", "network.heads=1")
    options = {**QUICK, "stage": "pretrain", "init": init, "max_steps": 1, "overrides": changed}
    model = from_pretrained(train_dim(corpus, tmp_path / "run", **options))
    for name, tensor in from_pretrained(init).tokenizers.state_dict().items():
        if ".encoder." in f".{name}" or "codebook" in name:
            assert torch.equal(tensor, model.tokenizers.state_dict()[name])


def test_broken_checkpoints_are_refused(run, tmp_path):
    import yaml

    model = from_pretrained(run / "listener" / "model")
    folder = save_pretrained(model, tmp_path / "dim", half=True)
    assert from_pretrained(folder).parameter_count == model.parameter_count
    good = yaml.safe_load((folder / "config.yaml").read_text())
    for change, complaint in (
        ({"model": "duet"}, "no checkpoint of DIM"), ({"stage": "dance"}, "stage"), ({"fps": "fast"}, "fps"),
        ({"space": {"name": "x"}}, "space"), ({"window": 3}, "window"),
        ({"network": {**good["network"], "width": 32}}, "is needed"),
        ({"space": {**good["space"], "columns": good["space"]["columns"][:-1]}}, "shape"),
    ):  # fmt: skip
        (folder / "config.yaml").write_text(yaml.safe_dump({**good, **change}))
        with pytest.raises(InputError, match=complaint):
            from_pretrained(folder)


def test_the_speaker_of_a_window_is_who_speaks_more(tmp_path):
    pairs = build_pairs([toy_conversation(0, 6.0)], ARKIT, 25.0, "log-mel", tmp_path)
    batch = PairSampler(pairs, 16, 24).batch(0)
    jaw = batch.motion[..., ARKIT.index("jawOpen")]  # in the toys it moves only while its owner speaks
    assert (jaw[:, 0].sum(-1) >= jaw[:, 1].sum(-1) - 0.5).float().mean() > 0.9
    assert torch.equal(batch.motion, PairSampler(pairs, 16, 24).batch(0).motion)
    assert not torch.equal(batch.motion, PairSampler(pairs, 16, 24).batch(1).motion)


def test_one_persons_motion_is_enough(tmp_path):
    conversation = toy_conversation(1, 4.0)
    alone = conversation.with_participants(conversation.a, dataclasses.replace(conversation.b, motion=None))
    pairs = build_pairs([alone], ARKIT, 25.0, None, tmp_path / "one")
    batch = PairSampler(pairs, 16, 8).batch(0)
    assert batch.frames[:, 0].all()
    assert not batch.frames[:, 1].any()
    assert batch.audio.shape[-1] == 0
    nobody = alone.with_participants(alone.b, alone.b)
    with pytest.raises(InputError, match="'toy-1' has no motion"):
        build_pairs([nobody], ARKIT, 25.0, None, tmp_path / "none")
    assert not list((tmp_path / "none").glob("*"))


def test_a_corpus_that_was_made_anew_in_its_place_is_read_anew(tmp_path):
    folder = tmp_path / "corpus"
    people = [toy_conversation(seed, 3.0) for seed in range(2)]
    write_corpus(people, folder)
    before, again = contents(Corpora(folder)), contents(Corpora(folder))
    write_corpus(people, folder, replace=True)
    after = contents(Corpora(folder))
    assert before == again
    assert before[:2] == after[:2]
    assert before != after

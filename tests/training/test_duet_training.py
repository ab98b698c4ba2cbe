"""Training: batches, resumption, settings."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from duet_toys import toy_conversation
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models.duet import from_pretrained, load_preset
from visavis.models.preprocessing import to_world_frame
from visavis.motion import ARKIT
from visavis.training.config import TrainingConfig
from visavis.training.disturb import corrupt_speaker_activity
from visavis.training.schedule import rate_factor
from visavis.training.shards import build_shards
from visavis.training.train_duet import train_duet
from visavis.training.windows import WindowSampler, head_variance, measure

CONFIG = load_preset("debug")
PLAIN = TrainingConfig(batch=6, degraded=0.0, separate=1.0, mask_noise=False)
MIXED = PLAIN.model_copy(update={"separate": 0.0})


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toys") / "corpus"
    write_corpus([toy_conversation(seed, 6.0) for seed in range(5)], folder)
    return folder


@pytest.fixture(scope="module")
def conversations():
    return [toy_conversation(seed, 6.0) for seed in range(5)]


@pytest.fixture(scope="module")
def shards(conversations, tmp_path_factory):
    return build_shards(conversations, CONFIG, tmp_path_factory.mktemp("features"), training=PLAIN)


def test_shards_hold_the_conversations(shards, conversations):
    assert [entry.id for entry in shards.entries] == [c.id for c in conversations]
    entry, conversation = shards.entries[3], conversations[3]
    rows = slice(entry.start, entry.start + entry.frames)
    for i, person in enumerate(conversation.participants):
        values = to_world_frame(shards.motion[rows, i], np.array(entry.seats[i], np.float32), ARKIT)
        assert values[:, ARKIT.indices("lips")] == pytest.approx(person.motion["lips"], abs=1e-6)
        assert values[:, ARKIT.indices("translation")] == pytest.approx(person.motion["translation"], abs=1e-5)
        assert shards.speaking[rows, i] == pytest.approx(person.speaking.values[:, 0])
    # Who speaks is louder in the own voice's features than who listens.
    loud = shards.audio[rows, 0].astype(np.float32).mean(-1)
    a = conversation.a.speaking.values[:, 0] > 0.5
    assert loud[a, 0].mean() > loud[~a, 0].mean() + 1
    assert loud[a, 0].mean() > loud[a, 1].mean() + 1


def test_shards_are_made_once(conversations, tmp_path):
    build_shards(conversations[:1], CONFIG, tmp_path, training=PLAIN)
    (made,) = tmp_path.iterdir()
    stamp = (made / "motion.bin").stat().st_mtime_ns
    build_shards(conversations[:1], CONFIG, tmp_path, training=PLAIN)
    assert (made / "motion.bin").stat().st_mtime_ns == stamp
    build_shards(conversations[:2], CONFIG, tmp_path, training=PLAIN)
    assert len(list(tmp_path.iterdir())) == 2


def test_shards_name_what_is_missing(conversations, tmp_path):
    import dataclasses

    still = conversations[0].with_participants(*(dataclasses.replace(p, motion=None) for p in conversations[0]))
    with pytest.raises(InputError, match="'toy-0', participant A has no motion"):
        build_shards([still], CONFIG, tmp_path, training=PLAIN)
    with pytest.raises(InputError, match="audio_dim=160"):
        build_shards(conversations, load_preset("debug", ("audio_dim=100",)), tmp_path, training=PLAIN)
    assert not list(tmp_path.glob("*/index.json"))


def test_a_batch_depends_on_seed_and_step_alone(shards):
    sampler = WindowSampler(shards, CONFIG, TrainingConfig(batch=4), 0.0, seed=5)
    first, again, other = sampler.batch(7), sampler.batch(7), sampler.batch(8)
    assert torch.equal(first.motion, again.motion)
    assert torch.equal(first.condition.speaking, again.condition.speaking)
    assert not torch.equal(first.motion, other.motion)


def test_people_change_places_with_everything_that_is_theirs(shards):
    sampler = WindowSampler(shards, CONFIG, PLAIN, 0.0)
    sides = set()
    for step in range(6):
        batch = sampler.batch(step)
        sides.update((batch.condition.seats[:, 0, 0] < 0).tolist())
        # In the toys the jaw moves only while its owner speaks, wherever the owner has been put.
        jaw = batch.motion[..., ARKIT.index("jawOpen")]
        assert float(jaw[batch.condition.speaking < 0.5].abs().max()) == 0
        assert float(jaw[batch.condition.speaking > 0.5].max()) > 0.02
    assert sides == {True, False}


def test_streams_hear_the_own_voice_or_both_the_mix(shards, conversations, tmp_path):
    def loudness(data):
        audio = WindowSampler(data, CONFIG, PLAIN, 0.0).batch(0).condition.audio
        return audio.float().mean(-1)

    own, mixed = loudness(shards), loudness(build_shards(conversations, CONFIG, tmp_path, training=MIXED))
    assert torch.equal(mixed[:, 0], mixed[:, 1])
    assert not torch.equal(own[:, 0], own[:, 1])
    # The mix follows whoever is louder.
    assert np.corrcoef(mixed[:, 0].ravel(), own.max(1).values.ravel())[0, 1] > 0.9


def test_the_fifth_with_most_head_rotation_is_chosen(shards):
    statistics = measure(shards, CONFIG)
    sampler = WindowSampler(shards, CONFIG, PLAIN, float(statistics.gaze_threshold))
    chosen, variances = [], []
    for step in range(20):
        batch = sampler.batch(step)
        chosen += batch.gaze.tolist()
        variances += [
            head_variance(m.numpy(), f.numpy(), ARKIT) for m, f in zip(batch.motion, batch.frames, strict=True)
        ]
    chosen, variances = np.array(chosen), np.array(variances)
    assert 0.02 < chosen.mean() < 0.45
    assert variances[chosen].min() > variances[~chosen].max() - 1e-9


def test_single_person_and_stage_2_switches(shards):
    alone = WindowSampler(shards, CONFIG, PLAIN.model_copy(update={"single_person": True}), 0.0).batch(0)
    assert alone.frames[:, 0].any()
    assert not alone.frames[:, 1].any()
    lips = PLAIN.model_copy(update={"lips_only": 1.0})
    assert WindowSampler(shards, CONFIG, lips, 0.0, stage=2).batch(0).lips_only.all()
    assert not WindowSampler(shards, CONFIG, lips, 0.0, stage=1).batch(0).lips_only.any()


def test_short_conversations_are_padded(tmp_path):
    shards = build_shards([toy_conversation(0, 1.0)], CONFIG, tmp_path, training=PLAIN)
    batch = WindowSampler(shards, CONFIG, PLAIN, 0.0).batch(0)
    assert batch.motion.shape[2] == CONFIG.window
    assert batch.frames.sum(-1).unique().tolist() == [25]


def test_disturbed_masks_stay_probabilities_and_mostly_right():
    rng = np.random.default_rng(0)
    truth = np.zeros((2, 250), np.float32)
    truth[0, :120], truth[1, 130:] = 1, 1
    right = []
    for _ in range(200):
        noisy = corrupt_speaker_activity(truth, 25.0, rng)
        assert noisy.shape == truth.shape
        assert noisy.min() >= 0
        assert noisy.max() <= 1
        right.append(((noisy > 0.5) == (truth > 0.5)).mean())
    assert np.mean(right) > 0.9
    assert np.min(right) < 0.99


def test_rate_warms_up_and_falls():
    config = TrainingConfig(steps=1000, warm_up=100)
    rates = [rate_factor(step, 0.0, config) for step in range(1000)]
    assert rates[0] < 0.02
    assert max(rates) == pytest.approx(1, abs=0.03)
    assert rates[-1] < 0.02
    assert rate_factor(200, 1.0, config) < 0.02
    assert rate_factor(999, 0.5, config.model_copy(update={"decay": "constant"})) == 1


def test_training_writes_a_checkpoint_that_loads(corpus, tmp_path):
    folder = train_duet(corpus, tmp_path / "run", preset="debug", max_steps=6, quiet=True)
    model = from_pretrained(folder)
    assert model.provenance["trained"]["steps"] == 6
    assert "expression" in (tmp_path / "run" / "log.csv").read_text()
    assert float(model.statistics.motion_std.min()) > 0
    train_duet(
        corpus, tmp_path / "two", preset="debug", stage=2, init=folder, max_steps=5, quiet=True,
        overrides=("training.lips_only=1.0",),
    )  # fmt: skip
    rows = [line.split(",") for line in (tmp_path / "two" / "log.csv").read_text().split()[1:]]
    losses = {name: float(value) for _, name, value in rows if name not in ("minutes", "rate", "loss")}
    assert losses.pop("speaker_lips") > 0
    assert set(losses.values()) == {0.0}
    with pytest.raises(InputError, match="seed"):
        train_duet(corpus, tmp_path / "run", preset="debug", max_steps=6, quiet=True, seed=1)
    with pytest.raises(InputError, match="--init"):
        train_duet(corpus, tmp_path / "three", preset="debug", stage=2, quiet=True)


def kill_training(corpus: Path, out: Path, steps: int, at: int) -> None:
    """Trains in a process of its own and kills it once its log has reached step `at`."""
    command = [sys.executable, "-m", "visavis.training.train_duet", "--preset", "debug", "--quiet",
               "--set", "training.decay=constant",
               "--corpus", str(corpus), "--out", str(out), "--max-steps", str(steps)]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        log, deadline = out / "log.csv", time.monotonic() + 120
        while not (log.exists() and f"\n{at}," in log.read_text()):
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.kill()


def test_a_killed_training_goes_on_as_if_nothing_had_happened(corpus, tmp_path):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        kill_training(corpus, tmp_path / "killed", 300, at=10)
        saved = torch.load(tmp_path / "killed" / "last.ckpt", weights_only=True)["global_step"]
        steps = saved + 7
        assert 5 <= saved < 300 - 7
        options = {"preset": "debug", "max_steps": steps, "quiet": True, "overrides": ("training.decay=constant",)}
        resumed = from_pretrained(train_duet(corpus, tmp_path / "killed", **options))
        whole = from_pretrained(train_duet(corpus, tmp_path / "whole", **options))
    finally:
        torch.set_num_threads(threads)
    assert resumed.provenance["trained"]["steps"] == whole.provenance["trained"]["steps"] == steps
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_a_hostile_training_state_is_not_opened(corpus, tmp_path):
    import pickle

    train_duet(corpus, tmp_path / "run", preset="debug", max_steps=5, quiet=True)

    class Evil:
        def __reduce__(self):
            return exec, ("import builtins; builtins.visavis_trained_evil = True",)

    (tmp_path / "run" / "last.ckpt").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(InputError, match="cannot be resumed"):
        train_duet(corpus, tmp_path / "run", preset="debug", max_steps=9, quiet=True)
    import builtins

    assert not hasattr(builtins, "visavis_trained_evil")

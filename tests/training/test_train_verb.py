"""``visavis train``: what it lists and refuses, what a run's folder holds, and a stranger's model without a learner."""

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch

from duet_toys import toy_conversation
from reporters import Recorded
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models import from_pretrained, registry
from visavis.models.base import BehaviorModel, Capabilities, Losses
from visavis.models.preprocessing import frame_count, placed_motion, seats_of
from visavis.models.registry import Entry
from visavis.models.samples import with_motion
from visavis.settings import Section
from visavis.training.built_in import train_built_in
from visavis.training.config import LoopConfig
from visavis.training.train import TrainRequest, learner_of, train


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toys") / "corpus"
    write_corpus([toy_conversation(seed, 3.0) for seed in range(4)], folder)
    return folder


TRAINED = [
    (name, preset)
    for name in registry.names(trained=True)
    for preset in registry.get_entry(name).presets or (None,)
]  # fmt: skip


@pytest.mark.parametrize(("name", "preset"), TRAINED)
def test_every_preset_holds_settings_that_exist(name, preset):
    entry = registry.get_entry(name)
    values = {} if preset is None else entry.read_preset(preset)
    learner = entry.load_learner()(entry, values, "preset")
    stages = learner.default_stages()
    assert all(learner.loop(stage).max_steps >= 1 for stage in stages)
    assert learner.follows(stages[0]) is None


OTHER_LOOP = {
    "batch_size": 7, "accumulate_grad_batches": 3, "max_steps": 77, "learning_rate": 0.00025, "warmup_steps": 9,
    "lr_schedule": "steps", "weight_decay": 0.125, "max_grad_norm": 0.5, "ema_decay": 0.75, "precision": "bf16",
    "save_every": 11,
}  # fmt: skip


@pytest.mark.parametrize(("name", "preset"), TRAINED)
def test_a_changed_setting_of_the_training_reaches_every_stage(name, preset):
    assert set(OTHER_LOOP) == set(LoopConfig.model_fields)
    changes = tuple(f"training.{key}={value}" for key, value in OTHER_LOOP.items())
    loops = learner_of(TrainRequest(name, (), Path("run"), preset, overrides=changes)).loops
    assert all(loop.model_dump() == OTHER_LOOP for loop in loops.values())


@pytest.mark.parametrize(
    ("name", "preset", "stage", "other"),
    [("dim", "debug", "listener", "pretrain"), ("dim", "paper", "speaker", "tokenizers"),
     ("duet", "small", "lips", "conversations")],
)  # fmt: skip
def test_a_change_of_one_stage_holds_beside_one_of_all_in_any_order(name, preset, stage, other):
    changes = ("training.learning_rate=0.5", f"training.{stage}.learning_rate=0.25")
    for overrides in (changes, changes[::-1]):
        loops = learner_of(TrainRequest(name, (), Path("run"), preset, overrides=overrides)).loops
        assert (loops[stage].learning_rate, loops[other].learning_rate) == (0.25, 0.5)
    alone = learner_of(TrainRequest(name, (), Path("run"), preset, overrides=changes[1:])).loops
    assert alone[other] == learner_of(TrainRequest(name, (), Path("run"), preset)).loops[other]


def test_help_lists_names_stages_and_presets(visavis):
    code, told, _ = visavis("train", "--help")
    assert code == 0
    words = " ".join(told.split())
    for expected in ("duet:", "stages: conversations, lips", "motion-text:", "conv-debug", "--corpus", "--built-in"):
        assert expected in words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["nobody", "--corpus", "C"], "there is no model named 'nobody'; there are: duet, dim"),
        (["duet"], "duet is trained on conversations; pass --corpus FOLDER"),
        (["duet", "--corpus", "C", "--preset", "huge"], "no duet preset is named 'huge'; there are: debug, small"),
        (["duet", "--corpus", "C", "--stage", "3"], "there is no stage named '3'; there are: conversations, lips"),
        (["tokenizer", "--corpus", "C", "--stage", "3"], "tokenizer is trained in a single stage; omit --stage"),
        (["duet", "--corpus", "C", "--set", "training.rate=1"], "preset small: training.rate"),
        (["duet", "--corpus", "C", "--set", "data.rate=1"], "preset small: data.rate"),
        (["duet", "--corpus", "C", "--set", "nothing"], "'nothing': expected SECTION.SETTING=VALUE"),
        (["duet", "--corpus", "nowhere"], "nowhere"),
        (["visual-prompt", "--set", "data.clip=nowhere/clip", "--corpus", "C", "--set", "data.pairs=p"], "pass either"),
        (["duet", "--built-in", "--stage", "lips"], "omit --stage"),
        (["tokenizer", "--built-in"], "has no built-in weights; these have: duet, dim, motion-text"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(visavis, corpus, tmp_path, given, words):
    code, _, told = visavis("train", *(corpus if word == "C" else word for word in given), "-o", tmp_path / "run")
    assert code == 2
    assert words in told
    assert len(told.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_the_verb_trains_and_prints_the_checkpoint(visavis, corpus, tmp_path):
    out = tmp_path / "run"
    command = ("train", "tokenizer", "--corpus", corpus, "-o", out, "--preset", "conv-debug", "--max-steps", 3,
               "--set", "training.batch_size=2", "--device", "cpu")  # fmt: skip
    code, told, _ = visavis(*command)
    assert code == 0
    assert told.strip() == str(out / "model")
    assert {path.name for path in out.iterdir()} == {"run.json", "log.csv", "last.ckpt", "model"}
    code, told, _ = visavis("info", out / "model")
    assert code == 0
    for expected in ("tokenizer: motion tokenizers", "arkit, 67 columns at 25", "trained steps"):
        assert expected in told
    assert visavis(*command)[0] == 0  # which is finished, and stays so


def test_runs_of_earlier_versions_are_refused_in_one_line(corpus, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    (out / "run.json").write_text(json.dumps({"preset": "conv-debug", "training": {"rate": 1}}))
    (out / "last.ckpt").write_bytes(b"old")
    with pytest.raises(InputError, match="another version of visavis, which cannot be resumed; start a new one"):
        train("tokenizer", corpus, out, preset="conv-debug", max_steps=1)


def test_a_run_goes_on_with_its_own_conversations_only(corpus, tmp_path):
    other = tmp_path / "other"
    write_corpus([toy_conversation(seed, 3.0) for seed in range(4, 7)], other)
    train("tokenizer", corpus, tmp_path / "run", preset="conv-debug", max_steps=1)
    with pytest.raises(InputError, match="a different 'conversations'"):
        train("tokenizer", other, tmp_path / "run", preset="conv-debug", max_steps=2)
    both = train("tokenizer", [corpus, other], tmp_path / "both", preset="conv-debug", max_steps=1)
    assert json.loads((tmp_path / "both" / "run.json").read_text())["name"] == "tokenizer"
    assert "- conversations: 7" in (both / "README.md").read_text()


def test_built_in_weights_are_made_from_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("visavis.training.built_in.BANK_MINUTES", {"builtin": 0.05})
    monkeypatch.setattr("visavis.training.built_in.SECONDS", 10.0)
    reporter = Recorded()
    quick = {"hours": 20 / 3600, "max_steps": 1, "install": False, "reporter": reporter}
    small = ("encoder=log-mel", "audio_dim=160", "network.width=16", "network.heads=2", "losses.velocity_of=columns")
    duet = train_built_in("duet", tmp_path / "duet", overrides=(*small, "training.batch_size=2"), **quick)
    assert duet == tmp_path / "duet" / "lips" / "model"
    made = (tmp_path / "corpus" / "corpus.json").stat().st_mtime_ns
    again = train_built_in("duet", tmp_path / "duet", overrides=(*small, "training.batch_size=2"), **quick)
    assert again == duet
    assert (tmp_path / "corpus" / "corpus.json").stat().st_mtime_ns == made
    assert "sound" in reporter.titles


class NodConfig(Section):
    """Settings of a stranger's model."""

    window: int = 16
    encoder: str | None = "log-mel"
    width: int = 4


class Nod(BehaviorModel):
    """A linear layer from what is heard to how people move."""

    name = "nod"
    statistics_names = ("motion_mean", "motion_std", "audio_mean", "audio_std")

    def __init__(self, config, space, fps, statistics):
        super().__init__()
        self.config, self.space, self.fps, self.provenance = config, space, fps, {}
        for name, value in statistics.items():
            self.register_buffer(name, value, persistent=False)
        self.layer = torch.nn.Linear(len(self.audio_mean), space.dim)

    @property
    def capabilities(self):
        return Capabilities(frozenset({"speaker", "listener"}), frozenset({"audio"}), self.space)

    @classmethod
    def build(cls, config, space, fps, statistics, state):
        return cls(config, space, fps, statistics)

    def loss(self, batch, generator=None):
        heard = (batch.condition.audio.float() - self.audio_mean) / self.audio_std
        target = (batch.motion - self.motion_mean) / self.motion_std
        error = (self.layer(heard) - target).square().mean(-1)[batch.frames].mean()
        return Losses(error, {"error": error.detach()})

    def generate(self, conversation, people=(0, 1), *, samples=1, seed=0, options=None, update=None):
        values = np.tile(self.motion_mean.numpy(), (frame_count(conversation, self.fps), 1))
        seats = seats_of(conversation)
        moved = {p: placed_motion(values, seats[p], self.space, self.fps) for p in people}
        return [with_motion(conversation, moved, {"model": "nod"})] * samples


@pytest.fixture
def nod(monkeypatch):
    """The stranger's family, as if its package were installed."""
    module = types.ModuleType("stranger")
    module.NodConfig, module.Nod = NodConfig, Nod
    monkeypatch.setitem(sys.modules, "stranger", module)
    entry = Entry("nod", "nods", "stranger:NodConfig", "stranger:Nod", "visavis.training.dyad:DyadLearner")
    known = {**registry.entries(), "nod": entry}
    monkeypatch.setattr(registry, "entries", lambda: known)
    monkeypatch.setattr("visavis.models.checkpoint.entries", lambda: known)
    return entry


def test_a_stranger_s_model_needs_no_learner_of_its_own(nod, corpus, tmp_path):
    overrides = ("training.batch_size=2", "training.save_every=2", "training.warmup_steps=0")
    options = {"overrides": overrides, "device": "cpu"}
    folder = train("nod", corpus, tmp_path / "run", max_steps=4, **options)
    model = from_pretrained(folder)
    assert float(model.motion_std.min()) > 0
    assert model.audio_mean.shape == (160,)
    measured = model.motion_mean[model.space.indices("lips")].numpy()
    moved = model.generate(toy_conversation(9, 2.0, motion=False))[0]
    for person in moved:  # it generates the mean pose that the learner measured
        assert person.motion["lips"] == pytest.approx(np.tile(measured, (50, 1)), abs=1e-6)
    more = train("nod", corpus, tmp_path / "more", init=folder, max_steps=2, **options)
    assert from_pretrained(more).provenance["trained"]["init"] == str(folder)


def test_statistics_that_nobody_measures_are_named(nod, corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(Nod, "statistics_names", ("motion_mean", "mood"))
    with pytest.raises(InputError, match="has statistics mood, which its learner does not compute"):
        train("nod", corpus, tmp_path / "run", max_steps=1)

"""A refused training leaves nothing behind, so that the corrected command works in the same folder."""

import json
import os

import pytest
import torch
from safetensors.torch import load_file

from duet_toys import toy_conversation
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models.base import Losses
from visavis.training.config import LoopConfig
from visavis.training.corpora import Corpora
from visavis.training.memory import HEIGHT, need_memory
from visavis.training.needs import DataNeeds
from visavis.training.recipes.tokenizer import MotionSampler
from visavis.training.run import run_dir
from visavis.training.store import open_store
from visavis.training.train import train

RIGHT = ("--preset", "conv-debug", "--max-steps", "2", "--device", "cpu")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus([toy_conversation(seed, 3.0) for seed in range(4)], tmp_path_factory.mktemp("toys") / "corpus")


def everything_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


WRONG = [
    (("--set", "fps=50"), "fps"),
    (("--set", "data.fps=50"), "motion is at 25 frames/s, not at 50"),
    (("--set", "data.space=flame"), "space"),
    (("--set", "training.rate=1"), "training.rate"),
    (("--set", "training.learning_rate=1e12"), "the loss is nan after step 1"),
    (("--set", "training.learning_rate=.inf"), "training.learning_rate: Input should be a finite number"),
    (("--set", "training.learning_rate=.nan"), "training.learning_rate"),
    (("--set", "training.weight_decay=1e30"), "training.weight_decay (1e+30)"),
    (("--set", "training.weight_decay=.inf"), "training.weight_decay: Input should be a finite number"),
    (("--device", "abacus"), "unknown device 'abacus'"),
    (("--device", "cuda"), "no CUDA device was found"),
    (("--stage", "lips"), "omit --stage"),
    (("--init", "nowhere"), "nowhere"),
    (("--preset", "huge"), "no tokenizer preset is named 'huge'"),
    (("--set", "window=1000000000"), "window: Input should be less than or equal to"),
    (("--set", "training.batch_size=1000000000"), "training.batch_size: Input should be less than or equal to"),
    (("--set", "training.max_steps=1000000000000"), "training.max_steps: Input should be less than or equal to"),
    (("--max-steps", "1000000000000"), "--max-steps"),
    (("--set", "training.accumulate_grad_batches=1000000000"), "training.accumulate_grad_batches: Input should be"),
    (("--set", "training.save_every=1000000000000"), "training.save_every: Input should be less than or equal to"),
    (("--set", "training.warmup_steps=1000000000000"), "training.warmup_steps: Input should be less than or equal to"),
    (("--set", "network.width=1000000000"), "network.width: Input should be less than or equal to"),
    (("--set", "codebook.size=1000000000"), "codebook.size: Input should be less than or equal to"),
    (("--set", "network.width=65536", "--set", "network.depth=24"), "cannot be trained here: one of more than"),
    (("--set", "window=100000", "--set", "training.batch_size=65536"), "for a batch of 65,536 windows"),
    (("--set", "window=2048", "--set", "training.batch_size=65536"), "for a batch of 65,536 windows"),
    (("--set", "window=65536", "--set", "training.batch_size=512"), "for a batch of 512 windows"),
]


@pytest.mark.skipif(torch.cuda.is_available(), reason="one of the cases needs that there is no CUDA device")
@pytest.mark.parametrize(("wrong", "words"), WRONG, ids=[" ".join(wrong) for wrong, _ in WRONG])
def test_nothing_is_left_and_the_corrected_command_works(visavis, corpus, tmp_path, monkeypatch, wrong, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("visavis.training.memory.machine_memory", lambda: 8 * 2**30)
    command = ("train", "tokenizer", "--corpus", corpus, "-o", tmp_path / "deep" / "run")
    given = [option for option in RIGHT if not set(wrong) & {"--preset", "--max-steps", "--device"} or option]
    code, told, said = visavis(*command, *given, *wrong)
    assert (code, told) == (2, ""), said
    errors = [line for line in said.splitlines() if line.startswith("visavis: error:")]
    assert len(errors) == 1
    assert words in errors[0]
    # arrays made of the corpus are whole and of use to the corrected command; nothing else is there
    left = [path for path in everything_in(tmp_path) if not path.startswith("deep/features/")]
    assert left in ([], ["deep", "deep/features"])
    code, told, said = visavis(*command, *RIGHT)
    assert code == 0, said
    assert told.strip() == str(tmp_path / "deep" / "run" / "model")


def test_features_that_do_not_come_about_leave_no_folder(corpus, tmp_path):
    with pytest.raises(InputError, match="not at 50"):
        train("tokenizer", corpus, tmp_path / "run", preset="conv-debug", overrides=("data.fps=50",))
    assert everything_in(tmp_path) == []


def test_features_of_another_encoder_are_found_out_about_before_they_are_made(corpus, tmp_path):
    with pytest.raises(InputError, match="--set audio_dim=160"):
        train("duet", corpus, tmp_path / "run", preset="debug", overrides=("audio_dim=100",))
    assert everything_in(tmp_path) == []


def test_a_later_stage_that_is_refused_keeps_those_before_it(corpus, tmp_path):
    options = {"preset": "debug", "max_steps": 1, "device": "cpu"}
    with pytest.raises(InputError, match="pretrain: the loss is nan"):
        train("dim", corpus, tmp_path / "run", overrides=("training.pretrain.learning_rate=1e30",),
              **{**options, "max_steps": 3})  # fmt: skip
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"tokenizers"}
    train("dim", corpus, tmp_path / "run", **{**options, "max_steps": 3})
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"tokenizers", "pretrain", "listener"}


def test_a_run_that_was_killed_before_its_first_save_gives_its_folder_away(corpus, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    (out / "run.json").write_text(json.dumps({"format": 3, "name": "tokenizer", "seed": 99}))
    (out / "log.csv").write_text("step,name,value\n3,loss,0.5\n")
    train("tokenizer", corpus, out, preset="conv-debug", max_steps=2, device="cpu")
    assert json.loads((out / "run.json").read_text())["seed"] == 0
    assert "3,loss" not in (out / "log.csv").read_text()


def test_a_run_with_results_keeps_its_folder(corpus, tmp_path):
    options = {"preset": "conv-debug", "max_steps": 1, "device": "cpu"}
    train("tokenizer", corpus, tmp_path / "run", **options)
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    with pytest.raises(InputError, match="a different 'training'"):
        train("tokenizer", corpus, tmp_path / "run", overrides=("training.batch_size=2",), **options)
    with pytest.raises(InputError, match="a different 'seed'"):
        train("tokenizer", corpus, tmp_path / "run", seed=1, **options)
    assert {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()} == before


def test_a_folder_of_somebody_else_s_is_not_touched(corpus, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.txt").write_text("years of work")
    for name in ("tokenizer", "mean-pose"):
        with pytest.raises(InputError, match="is not empty and contains no training run"):
            train(name, corpus, tmp_path / "thesis", max_steps=1)
    assert everything_in(tmp_path / "thesis") == ["thesis.txt"]


def test_what_others_put_beside_a_run_that_came_to_nothing_stays(tmp_path):
    def fail():
        with run_dir(tmp_path / "run", {"name": "x"}):
            (tmp_path / "run" / "notes.txt").write_text("mine")
            raise InputError("came to nothing")

    with pytest.raises(InputError, match="came to nothing"):
        fail()
    assert (tmp_path / "run" / "notes.txt").read_text() == "mine"


def test_a_model_that_would_not_be_finite_is_not_written(corpus, tmp_path, monkeypatch):
    """Of a family without gradients, whose numbers nobody looks at on the way."""
    from visavis.models.baselines.mean_pose import MeanPose

    fit = MeanPose.fit

    def spoilt(self, dyads):
        fit(self, dyads)
        next(iter(self.buffers())).fill_(float("nan"))

    monkeypatch.setattr(MeanPose, "fit", spoilt)
    with pytest.raises(InputError, match=r"model: nothing was written, as '.*' is not finite"):
        train("mean-pose", corpus, tmp_path / "run")
    assert not (tmp_path / "run").exists()


class Wide(torch.nn.Module):
    """A layer whose input and output are kept for the gradient."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1000, 1000, bias=False)  # 4 MB, five times
        self.calls = 0

    def loss(self, batch, generator=None):
        self.calls += 1
        return Losses(torch.tanh(self.layer(batch.values[..., :1].expand(-1, -1, 1000).contiguous())).sum(), {})


def test_memory_is_of_weights_of_a_batch_and_of_what_is_kept_of_it(corpus, tmp_path, monkeypatch):
    data = open_store(Corpora.open(corpus), DataNeeds(), tmp_path)
    sampler, model = MotionSampler(data, 1000, 100), Wide()
    kept = 2 * 1000 * 1000 * 4
    window = 1000 * (4 * data.space.dim + 1) + int(HEIGHT * kept)
    exact, random = 20_000_000 + 100 * window, torch.get_rng_state()
    for memory, fits in ((exact, True), (exact - 1, False), (21_000_000, False), (1_000_000, False)):
        monkeypatch.setattr("visavis.training.memory.machine_memory", lambda memory=memory: memory)
        if fits:
            need_memory(model, sampler, LoopConfig(batch_size=100), torch.device("cpu"))
            continue
        with pytest.raises(InputError, match=r"at least .* for a batch of 100 windows, of .* here; lower"):
            need_memory(model, sampler, LoopConfig(batch_size=100), torch.device("cpu"))
    half = LoopConfig(batch_size=100, precision="bf16")
    monkeypatch.setattr("visavis.training.memory.machine_memory", lambda: exact - 300_000_000)
    need_memory(model, sampler, half, torch.device("cpu"))
    assert model.calls == 0  # what is measured on learns nothing
    assert torch.equal(torch.get_rng_state(), random)


def test_a_loss_that_cannot_do_with_one_window_is_measured_by_its_batch(corpus, tmp_path, monkeypatch):
    class Picky(Wide):
        def loss(self, batch, generator=None):
            raise ValueError("one is too few")

    data = open_store(Corpora.open(corpus), DataNeeds(), tmp_path)
    window = 1000 * (4 * data.space.dim + 1)
    monkeypatch.setattr("visavis.training.memory.machine_memory", lambda: 20_000_000 + 100 * window)
    need_memory(Picky(), MotionSampler(data, 1000, 100), LoopConfig(batch_size=100), torch.device("cpu"))


def test_a_disk_that_fills_up_while_training_keeps_a_whole_state(corpus, tmp_path, small_disk):
    out = small_disk(kib=1500).folder
    options = {"preset": "conv-debug", "overrides": ("training.save_every=2",), "device": "cpu"}
    whole = train("tokenizer", corpus, tmp_path / "whole", max_steps=2, **options)
    train("tokenizer", corpus, tmp_path / "whole", max_steps=6, **options)
    train("tokenizer", corpus, out, max_steps=2, **options)
    states = (out / "last.ckpt").stat().st_size
    free = os.statvfs(out).f_bavail * os.statvfs(out).f_frsize
    filler = out / "filler"
    filler.write_bytes(b"x" * (free - states // 2))
    with pytest.raises(InputError, match="the disk is full"):
        train("tokenizer", corpus, out, max_steps=6, **options)
    assert not list(out.rglob(".*"))
    assert torch.load(out / "last.ckpt", weights_only=True)["step"] == 2
    filler.unlink()
    resumed = train("tokenizer", corpus, out, max_steps=6, **options)
    one, two = (load_file(folder / "model.safetensors") for folder in (whole, resumed))
    assert all(torch.equal(one[name], two[name]) for name in one)

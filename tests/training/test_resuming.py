"""Trainings that are cut, killed or stopped end in what they would have been, bit by bit; so does their log."""

import csv
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

from clip_toys import tiny_clip
from duet_toys import toy_conversation
from reporters import Recorded
from visavis.conversation.corpus_write import write_corpus
from visavis.corpora.dubbing_corpus import dub_corpus
from visavis.training.train import train
from visavis.training.trained import Trained

QUICK = ("training.save_every=2", "training.warmup_steps=1")
STEPS = 6


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a corpus, its dubbing, pictures with words and a tiny CLIP; features of all runs lie there, too."""
    folder = tmp_path_factory.mktemp("place")
    write_corpus([toy_conversation(seed, 4.0) for seed in range(5)], folder / "corpus")
    dub_corpus(folder / "corpus", folder / "dubbed", conversations=2, seconds=4.0)
    return folder


class CutError(Exception):
    """The power is cut."""


@pytest.fixture
def cut(monkeypatch):
    """Runs a training that is cut before each of some steps in turn, and then goes on to its end."""

    def run(steps, *arguments, **options):
        left, step_of = list(steps), Trained.training_step

        def step(self, *given):
            if left and self.step >= left[0] and not self.pending:
                left.pop(0)
                raise CutError
            return step_of(self, *given)

        monkeypatch.setattr(Trained, "training_step", step)
        for _ in steps:
            with pytest.raises(CutError):
                train(*arguments, **options)
        done = train(*arguments, **options)
        monkeypatch.undo()
        return done

    return run


def tensors(values, name=""):
    if isinstance(values, torch.Tensor):
        yield name, values
    elif isinstance(values, dict | list):
        for key, value in values.items() if isinstance(values, dict) else enumerate(values):
            yield from tensors(value, f"{name}.{key}")


def same(one, other):
    """Whether two run folders hold the same, but for the time that it took."""
    for left in sorted(path for path in one.rglob("*") if path.suffix in (".ckpt", ".safetensors", ".csv")):
        right = other / left.relative_to(one)
        if left.suffix == ".csv":
            rows = [
                [row for row in csv.reader(path.open()) if row[1] not in ("minutes", "name")] for path in (left, right)
            ]
            assert rows[0] == rows[1], left
            continue
        read = load_file if left.suffix == ".safetensors" else lambda path: torch.load(path, weights_only=True)
        first, second = (dict(tensors(dict(read(path)))) for path in (left, right))
        assert set(first) == set(second)
        assert [name for name in first if not torch.equal(first[name], second[name])] == [], left
        if left.suffix == ".ckpt":
            states = [torch.load(path, weights_only=True) for path in (left, right)]
            assert len({(s["step"], s["best"], s["measured_at"], str(s["log"])) for s in states}) == 1
    return True


RECIPES = [
    ("duet", "debug", ("corpus", "dubbed"), "lips", ()),
    ("dim", "debug", ("corpus",), "listener", ("training.listener.save_every=2", "network.dropout=0.2")),
    ("tokenizer", "conv-debug", ("corpus",), None, ()),  # of two batches a step
    ("l2l", "debug", ("corpus",), "network", ()),
    ("elp", "debug", ("corpus",), None, ("training.ema_decay=0.9",)),
    ("motion-text", "debug", (), None, ("data.workers=1", "data.clips=16")),
]
BEFORE = {"lips": "conversations", "pretrain": "tokenizers", "listener": "pretrain", "network": "codes"}


@pytest.mark.parametrize(("name", "preset", "corpora", "stage", "settings"), RECIPES)
def test_a_training_that_is_cut_again_and_again_ends_as_if_it_had_not_been(
    place, tmp_path, cut, name, preset, corpora, stage, settings
):
    options = {
        "preset": preset, "stage": stage, "overrides": (*QUICK, *settings), "max_steps": STEPS, "device": "cpu",
    }  # fmt: skip
    data = [place / each for each in corpora] or None
    if stage in BEFORE:
        options["init"] = earlier(place, name, preset, data, BEFORE[stage], settings)
    whole, pieces = (place / f"{tmp_path.name}-{which}" for which in ("whole", "cut"))
    train(name, data, whole, **options)
    cut([1, 3], name, data, pieces, **options)
    assert same(whole, pieces)


def earlier(place, name, preset, data, stage, settings):
    """A checkpoint of an earlier stage, made once."""
    out = place / f"before-{name}"
    if not (out / stage / "model").is_dir():
        init = earlier(place, name, preset, data, BEFORE[stage], settings) if stage in BEFORE else None
        train(name, data, out, preset=preset, stage=stage, init=init, max_steps=1, overrides=settings, device="cpu")
    return out / stage / "model"


def test_pictures_and_words(place, tmp_path, cut):
    import json

    from PIL import Image

    clip = tiny_clip(tmp_path / "tiny")
    lines = []
    for number in range(12):
        Image.new("RGB", (40, 40), (20 * number, 90, 60)).save(tmp_path / f"{number}.png")
        lines.append({"pictures": [f"{number}.png"], "fitting": "happy", "contrary": ["sad"]})
    (tmp_path / "pairs.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    settings = (*QUICK, "training.batch_size=2", "border=4", "tokens=3", f"data.clip={clip}")
    options = {"overrides": (*settings, f"data.pairs={tmp_path / 'pairs.jsonl'}"), "device": "cpu"}
    train("visual-prompt", None, tmp_path / "whole", **options)
    cut([1, 3], "visual-prompt", None, tmp_path / "cut", **options)
    assert same(tmp_path / "whole", tmp_path / "cut")


def test_ctrl_c_ends_after_the_step_and_saves_it(place, tmp_path, monkeypatch):
    """Also where the step is none at which it would save."""
    options = {"preset": "conv-debug", "max_steps": STEPS, "device": "cpu", "overrides": QUICK}
    train("tokenizer", place / "corpus", tmp_path / "whole", **options)
    step_of = Trained.training_step

    def step(self, *given):
        if self.step == 3 and not self.pending:
            os.kill(os.getpid(), signal.SIGINT)
        return step_of(self, *given)

    monkeypatch.setattr(Trained, "training_step", step)
    with pytest.raises(KeyboardInterrupt):
        train("tokenizer", place / "corpus", tmp_path / "stopped", **options)
    assert torch.load(tmp_path / "stopped" / "last.ckpt", weights_only=True)["step"] == 4
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    monkeypatch.undo()
    train("tokenizer", place / "corpus", tmp_path / "stopped", **options)
    assert same(tmp_path / "whole", tmp_path / "stopped")


def test_a_second_ctrl_c_ends_it_at_once(place, tmp_path, monkeypatch):
    def step(self, *_):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("went on")

    monkeypatch.setattr(Trained, "training_step", step)
    with pytest.raises(KeyboardInterrupt):
        train("tokenizer", place / "corpus", tmp_path / "run", preset="conv-debug", max_steps=3, device="cpu")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert not (tmp_path / "run").exists()  # nothing to go on from


def test_a_training_of_another_length_goes_on_and_says_that_it_is_no_longer_the_same(place, tmp_path):
    for schedule, told in (("cosine", True), ("constant", False)):
        reporter, out = Recorded(), tmp_path / schedule
        options = {"preset": "conv-debug", "device": "cpu", "overrides": (*QUICK, f"training.lr_schedule={schedule}")}
        train("tokenizer", place / "corpus", out, max_steps=2, **options)
        train("tokenizer", place / "corpus", out, max_steps=4, reporter=reporter, **options)
        assert any("was lowered for 2 steps" in note for note in reporter.notes) is told


COMMAND = [sys.executable, "-m", "visavis.cli.main", "train", "tokenizer", "--preset", "conv-debug", "--device", "cpu",
           "--set", "training.lr_schedule=constant", "--set", "training.save_every=20"]  # fmt: skip


def started(place, out, steps=100_000):
    command = [*COMMAND, "--corpus", place / "corpus", "-o", out, "--max-steps", str(steps)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_save(out, process, after=0):
    """Until the process has saved a state."""
    path, deadline = out / "last.ckpt", time.monotonic() + 120
    while not (path.is_file() and path.stat().st_mtime_ns > after):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return path.stat().st_mtime_ns


def test_processes_that_are_killed_or_stopped_lose_nothing(place, tmp_path, monkeypatch):
    """For real: SIGKILL while a second process is refused the folder, then Ctrl-C, then to the end."""
    monkeypatch.setattr("visavis.training.trained.HELD_OUT_BATCHES", 8)  # as in the processes
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    out = tmp_path / "run"
    with started(place, out) as process:
        saved = wait_for_save(out, process)
        process.send_signal(signal.SIGSTOP)
        second = started(place, out)
        said = second.communicate(timeout=120)
        assert (second.returncode, said[0]) == (2, "")
        assert said[1].count("\n") == 1
        assert "run: another run of visavis is writing to it" in said[1]
        process.kill()
    with started(place, out) as process:
        wait_for_save(out, process, saved)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=120)
    assert (process.returncode, told[0]) == (130, "")
    assert told[1].strip().endswith("visavis: note: interrupted; run the same command to resume")
    assert "Epoch" not in told[1]
    assert "training: done" not in told[1]
    stopped = torch.load(out / "last.ckpt", weights_only=True)["step"]
    try:
        options = {
            "preset": "conv-debug", "device": "cpu", "max_steps": stopped + 3,
            "overrides": ("training.lr_schedule=constant", "training.save_every=20"),
        }  # fmt: skip
        train("tokenizer", place / "corpus", out, **options)
        train("tokenizer", place / "corpus", tmp_path / "whole", **options)
    finally:
        torch.set_num_threads(threads)
    assert same(tmp_path / "whole" / "model", out / "model")
    assert {path.name for path in out.iterdir()} == {"run.json", "log.csv", "last.ckpt", "before.ckpt", "model"}


def test_a_damaged_state_falls_back_on_the_one_before_and_ends_alike(place, tmp_path):
    options = {"preset": "conv-debug", "device": "cpu", "overrides": (*QUICK, "training.lr_schedule=constant")}
    train("tokenizer", place / "corpus", tmp_path / "whole", max_steps=6, **options)
    train("tokenizer", place / "corpus", tmp_path / "run", max_steps=4, **options)
    last, reporter = tmp_path / "run" / "last.ckpt", Recorded()
    last.write_bytes(last.read_bytes()[:-1000])
    train("tokenizer", place / "corpus", tmp_path / "run", max_steps=6, reporter=reporter, **options)
    assert [note for note in reporter.notes if "is damaged; resuming from the state before it, after step 2" in note]
    assert same(tmp_path / "whole", tmp_path / "run")

"""The loop: it resumes as if nothing had happened, keeps the best, and logs what it does."""

import csv
import math
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from reporters import Recorded
from visavis.errors import InputError
from visavis.models.base import Losses
from visavis.training.config import LoopConfig, parse_loops
from visavis.training.loop import in_half, train_module
from visavis.training.schedule import rate_factor
from visavis.training.train_log import TrainLog
from visavis.training.trained import Trained


@dataclass
class Numbers:
    """A batch."""

    values: torch.Tensor

    def to(self, device):
        return Numbers(self.values.to(device))


class Line(nn.Module):
    """One number that is to be what the batches are about; dropout makes it noisy."""

    def __init__(self):
        super().__init__()
        self.number = nn.Parameter(torch.zeros(8))
        self.dropout = nn.Dropout(0.2)

    def loss(self, batch, generator=None):
        noise = torch.randn(8, generator=generator) * 0.1
        total = (self.dropout(self.number + noise) - batch.values).square().mean()
        return Losses(total, {"error": total.detach()})


class About:
    """Batches about a number; a training that asks for a batch it must not see ends."""

    def __init__(self, number, stop=None):
        self.number, self.stop = number, stop

    def batch(self, step):
        if step == self.stop:
            raise RuntimeError("the power is cut")
        return Numbers(torch.full((8,), self.number) + 0.01 * step)


def loop(**changes):
    settings = {"max_steps": 12, "learning_rate": 0.1, "warmup_steps": 0, "lr_schedule": "constant", "save_every": 3,
                "ema_decay": 0.5, "weight_decay": 0.0}  # fmt: skip
    return LoopConfig(**{**settings, **changes})


def run(out, *, stop=None, held_out=None, config=None, **options):
    torch.manual_seed(0)
    model, kept = Line(), []
    trained = Trained(model, config or loop(), About(1.0, stop), 0, held_out=held_out)
    out.mkdir(exist_ok=True)
    train_module(
        trained, out, lambda model, facts: kept.append((model.number.clone(), facts)), device="cpu",
        **options,
    )  # fmt: skip
    return kept


def logged(out):
    with (out / "log.csv").open() as file:
        return [(int(row["step"]), row["name"], row["value"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_training_that_was_cut_goes_on_as_if_nothing_had_happened(tmp_path, accumulate):
    config = loop(accumulate_grad_batches=accumulate)
    whole = run(tmp_path / "whole", config=config)
    with pytest.raises(RuntimeError, match="power"):
        run(tmp_path / "cut", stop=8 * accumulate, config=config)
    again = run(tmp_path / "cut", config=config)
    assert torch.equal(again[-1][0], whole[-1][0])
    assert again[-1][1]["steps"] == whole[-1][1]["steps"] == 12
    plain = [[row for row in logged(tmp_path / name) if row[1] != "minutes"] for name in ("whole", "cut")]
    assert plain[0] == plain[1]  # what was logged after the last save is not there twice


def test_without_a_part_held_out_the_last_weights_are_kept(tmp_path):
    kept = run(tmp_path / "run")
    assert [facts["steps"] for _, facts in kept] == [3, 6, 9, 12]
    assert "held_out_loss" not in kept[-1][1]


def test_the_best_weights_by_held_out_loss_are_kept(tmp_path):
    kept = run(tmp_path / "run", held_out=About(0.35))  # which is passed on the way to 1
    losses = {step: float(value) for step, name, value in logged(tmp_path / "run") if name == "held_out_loss"}
    assert set(losses) == {3, 6, 9, 12}
    best = min(losses, key=losses.get)
    assert best < 12
    assert kept[-1][1]["steps"] == best
    assert kept[-1][1]["held_out_loss"] == losses[best]


def test_a_resumed_training_remembers_which_was_best(tmp_path):
    first = run(tmp_path / "run", held_out=About(0.35), config=loop(max_steps=9))
    more = run(tmp_path / "run", held_out=About(0.35), config=loop(max_steps=15))
    assert first
    assert not more
    assert logged(tmp_path / "run")[-1][0] == 15


def test_a_training_that_is_finished_does_nothing(tmp_path):
    run(tmp_path / "run")
    before = (tmp_path / "run" / "log.csv").read_text()
    assert not run(tmp_path / "run")
    assert (tmp_path / "run" / "log.csv").read_text() == before


def test_averages_follow_the_weights(tmp_path):
    exact = run(tmp_path / "exact", config=loop(ema_decay=0.0))[-1][0]
    slow = run(tmp_path / "slow", config=loop(ema_decay=0.99))[-1][0]
    assert 0 < slow.mean() < exact.mean()


class Bad(Line):
    """A line whose loss, weights or held-out loss come to nothing at some step."""

    def __init__(self, what, at):
        super().__init__()
        self.what, self.at, self.seen = what, at, 0

    def loss(self, batch, generator=None):
        losses = super().loss(batch, generator)
        if not self.training:  # on what is held out
            return Losses(losses.total * (math.nan if self.what == "held out" else 1), losses.parts)
        self.seen += 1
        if self.seen <= self.at:
            return losses
        if self.what == "fails":
            with torch.no_grad():
                self.number.fill_(math.nan)
            torch.multinomial(self.number.abs(), 1)
        factor = {"nan": math.nan, "inf": math.inf, "weights": 1.0, "held out": 1.0}[self.what]
        if self.what == "weights":  # the loss is finite, its gradient is not
            factor = 1.0 + 0.0 * torch.sqrt((self.number[0] - self.number[0].detach()).abs())
        return Losses(losses.total * factor, losses.parts)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("nan", "the loss is nan after step 7"),
        ("inf", "the loss is inf after step 7"),
        ("weights", "the weights are not finite after step 9"),
        ("fails", "the weights are not finite after step 7"),
        ("held out", "the loss on what is held out is nan after step 3"),
    ],
)
def test_a_training_that_comes_to_nothing_ends_in_one_line_and_keeps_what_was_finite(tmp_path, what, words):
    def attempt(folder, at, **options):
        torch.manual_seed(0)
        trained = Trained(Bad(what, at), loop(max_grad_norm=0.0), About(1.0), 0, **options)
        folder.mkdir(exist_ok=True)
        train_module(trained, folder, lambda model, facts: kept.append((model.number.clone(), facts)), device="cpu")

    kept, out = [], tmp_path / "run"
    with pytest.raises(InputError) as refused:
        attempt(out, 8 if what == "weights" else 7, held_out=About(1.0) if what == "held out" else None)
    assert words in str(refused.value)
    assert "lower training.learning_rate (0.1)" in str(refused.value)
    if what == "held out":
        assert not kept
        assert {path.name for path in out.iterdir()} == {"log.csv"}
        return
    assert [facts["steps"] for _, facts in kept] == [3, 6]
    assert f"the last finite state stays in {out}" in str(refused.value)
    state = torch.load(out / "last.ckpt", weights_only=True)
    assert state["step"] == 6
    assert torch.isfinite(state["model"]["number"]).all()
    assert torch.equal(state["average"]["module.number"], kept[-1][0])
    with pytest.raises(InputError, match="nothing was stored"):
        attempt(tmp_path / "at once", 0)


def test_an_error_of_another_kind_stays_what_it_is(tmp_path):
    class Broken(Line):
        def loss(self, batch, generator=None):
            raise ZeroDivisionError("a bug")

    trained = Trained(Broken(), loop(), About(1.0), 0)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        train_module(trained, tmp_path, lambda model, facts: None, device="cpu")


def test_progress_tells_steps_and_loss(tmp_path):
    reporter = Recorded()
    run(tmp_path / "run", reporter=reporter)
    assert reporter.titles == ["training"]
    assert reporter.shares == pytest.approx([step / 12 for step in range(1, 13)])
    assert reporter.details[0].startswith("step 1 of 12, loss 1.")
    assert len(reporter.details) == 12


def test_a_device_that_is_not_there_is_refused(tmp_path):
    (tmp_path / "run").mkdir()
    trained = Trained(Line(), loop(), About(1.0), 0)
    with pytest.raises(InputError, match="unknown device 'abacus'"):
        train_module(trained, tmp_path / "run", lambda model, facts: None, device="abacus")


def test_rate_warms_up_and_falls():
    config = LoopConfig(max_steps=1000, warmup_steps=100)
    rates = [rate_factor(step, 0.0, config) for step in range(1000)]
    assert rates[0] < 0.02
    assert max(rates) == pytest.approx(1, abs=0.03)
    assert rates[-1] < 0.02
    assert rate_factor(200, 1.0, config) < 0.02
    assert rate_factor(999, 0.5, config.model_copy(update={"lr_schedule": "constant"})) == 1


def test_stages_differ_from_what_they_have_in_common():
    loops = parse_loops({"batch_size": 3, "b": {"max_steps": 7}}, ("a", "b"), "here")
    assert (loops["a"].batch_size, loops["b"].batch_size) == (3, 3)
    assert (loops["a"].max_steps, loops["b"].max_steps) == (6000, 7)
    for values, message in (
        ({"b": {"rate": 1}}, "here: training.b.rate"), ({"rate": 1}, "here: training.rate"),
        ({"b": 3}, "here: training.b: expected a mapping"), ([1], "here: training: expected a mapping"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message):
            parse_loops(values, ("a", "b"), "here")


def test_torn_rows_are_taken_back(tmp_path):
    log = TrainLog(tmp_path / "log.csv")
    for step in (1, 2, 3):
        log.write(step, {"loss": step / 2})
    with log.path.open("a") as file:
        file.write("2")
    log.cut(2)
    assert log.path.read_text().split() == ["step,name,value", "1,loss,0.5", "2,loss,1.0"]


HOSTILE = [
    {"step": -1}, {"step": None}, {"step": 10**30}, {"minutes": math.nan}, {"minutes": math.inf}, {"minutes": "long"},
    {"best": math.nan}, {"best": "good"}, {"measured_at": None}, {"model": {}}, {"model": None}, {"average": []},
    {"model": {"number": torch.zeros(3)}}, {"model": {"number": torch.full((8,), math.nan)}}, {"optimizer": None},
    {"optimizer": {}}, {"optimizer": {"state": {0: {}}, "param_groups": []}}, {"log": None}, {"max_steps": None},
]  # fmt: skip


@pytest.mark.parametrize("change", HOSTILE, ids=str)
def test_states_that_others_wrote_are_refused_in_one_line(tmp_path, change):
    run(tmp_path, config=loop(max_steps=3))
    path = tmp_path / "last.ckpt"
    torch.save({**torch.load(path, weights_only=True), **change}, path)
    with pytest.raises(InputError, match=r"last\.ckpt: (cannot be resumed from|is damaged)"):
        run(tmp_path, config=loop(max_steps=6))


def test_moments_of_another_network_are_refused(tmp_path):
    run(tmp_path, config=loop(max_steps=3))
    state = torch.load(tmp_path / "last.ckpt", weights_only=True)
    state["optimizer"]["state"][0]["exp_avg"] = torch.zeros(3)
    torch.save(state, tmp_path / "last.ckpt")
    with pytest.raises(InputError, match="cannot be resumed from"):
        run(tmp_path, config=loop(max_steps=6))


@pytest.mark.parametrize("fast", [True, False])
def test_arithmetic_is_what_the_processor_is_fast_at(fast, monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: fast)
    here = torch.device("cpu")
    assert in_half("auto", here) == fast
    assert in_half("bf16", here)
    assert not in_half("32", here)
    assert not in_half("auto", torch.device("mps"))


@pytest.mark.parametrize("precision", ["32", "bf16", "auto"])
def test_it_learns_in_any_arithmetic(precision, tmp_path):
    kept = run(tmp_path / "run", config=loop(precision=precision))
    assert kept[-1][0].mean() > 0.2

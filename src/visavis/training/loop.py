"""The training loop: any module, any batches, one command on two cores and on a GPU."""

from __future__ import annotations

import logging
import signal
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

import lightning as pl
import torch
from lightning.pytorch.callbacks import Callback
from torch import nn

from visavis.errors import InputError, plainly
from visavis.reporter import SILENT, Reporter, Update
from visavis.training.run import BEFORE, LAST, LOG
from visavis.training.state import read_state, write_state
from visavis.training.train_log import TrainLog
from visavis.training.trained import Diverged, Trained


class Write(Protocol):
    """Stores weights, with what is known of them: ``steps``, ``minutes`` and, if there is one, ``held_out_loss``."""

    def __call__(self, model: nn.Module, facts: Mapping[str, Any]) -> object:
        """Called with the averaged model."""


class Logging(Callback):
    """One entry in the log per so many steps: every part of the loss, averaged since the entry before."""

    def __init__(self, log: TrainLog, every: int, update: Update, reporter: Reporter) -> None:
        self.rows, self.every, self.update, self.reporter = log, every, update, reporter
        self.sums: dict[str, float] = {}
        self.count = 0

    def on_train_start(self, trainer: Any, module: Any) -> None:
        """Takes back what was logged after the state that is gone on from."""
        self.rows.cut(module.step)

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Adds up, and writes when it is time."""
        for name, value in module.parts.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value)
        self.count += 1
        if module.pending:
            return
        loss = float(module.parts["loss"])
        self.reporter.detail(f"step {module.step:,} of {module.config.max_steps:,}, loss {loss:.4g}")
        self.update(module.share)
        if module.step % self.every:
            return
        means = {name: round(total / self.count, 6) for name, total in self.sums.items()}
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        self.rows.write(module.step, {"minutes": round(module.minutes, 3), "learning_rate": rate, **means})
        self.sums, self.count = {}, 0


class Saving(Callback):
    """Stores, every so many steps, the averaged model where it is the best so far, then the state to go on from.

    In this order: whoever is killed in between does the steps since the last state again, and stores the same.
    """

    def __init__(self, out: Path, logged: Logging, write: Write, every: int) -> None:
        self.out, self.logged, self.write, self.every = out, logged, write, every

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Saves when it is time, at the end, and where the user stops it; what is not finite is not saved."""
        if module.pending:
            return
        due, trainer.should_stop = module.step % self.every == 0, module.stops or module.share >= 1
        if due or trainer.should_stop:
            module.need_finite()
        if due or module.share >= 1:
            self.keep(module)
        elif module.stops:
            self.save(module)

    def keep(self, trained: Trained) -> None:
        """Measures, stores what is better, and saves."""
        step, loss = trained.step, trained.held_out_loss()
        trained.measured_at = step
        facts: dict[str, Any] = {"steps": step, "minutes": round(trained.minutes, 2)}
        if loss is not None:
            self.logged.rows.write(step, {"held_out_loss": round(loss, 6)})
        if loss is None or trained.best is None or loss < trained.best:
            if loss is not None:
                trained.best, facts["held_out_loss"] = loss, round(loss, 6)
            self.write(trained.averaged, facts)
        self.save(trained)

    def save(self, trained: Trained) -> None:
        """Stores the state, with the sums of the log's next entry."""
        write_state(self.out, {**trained.state(), "log": {"sums": self.logged.sums, "count": self.logged.count}})


def train_module(
    trained: Trained, out: Path, write: Write, *, device: str = "auto", title: str = "training",
    reporter: Reporter = SILENT,
) -> None:  # fmt: skip
    """Trains until `LoopConfig.max_steps`, saving on the way; goes on from the last save where there is one.

    Args:
        trained: What to train.
        out: Folder of the run.
        write: Stores the model that gets used, whenever there is a better one.
        device: ``auto``, ``cpu`` or ``cuda``.
        title: Of the progress.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: There is no such device, the saved state cannot be used, or the training came to nothing.
        KeyboardInterrupt: The user stopped it; it can go on from where it was.
    """
    from visavis.settings import resolve_device

    where, config = resolve_device(device), trained.config
    for name in ("lightning.pytorch.utilities.rank_zero", "lightning.pytorch.accelerators.cuda", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    with reporter.progress(title) as update:
        log = Logging(TrainLog(out / LOG), min(20, config.save_every), update, reporter)
        if any((out / name).is_file() for name in (LAST, BEFORE)):
            _resume(trained, log, out, reporter)
        saving = Saving(out, log, write, config.save_every)
        if trained.share >= 1:
            if trained.measured_at != trained.step:  # it was stopped when it was meant to be longer
                saving.keep(trained)
            return
        trainer = pl.Trainer(
            max_steps=config.max_steps - trained.step, max_epochs=-1, logger=False, enable_checkpointing=False,
            accelerator="gpu" if where.type == "cuda" else "cpu", devices=1 if where.index is None else [where.index],
            callbacks=[log, saving],
            precision="bf16-mixed" if in_half(config.precision, where) else "32-true",
            gradient_clip_val=config.max_grad_norm, accumulate_grad_batches=config.accumulate_grad_batches,
            enable_progress_bar=False, enable_model_summary=False,
            use_distributed_sampler=False, num_sanity_val_steps=0, default_root_dir=out,
        )  # fmt: skip
        trained.precision = trainer.precision_plugin.forward_context
        try:
            with _ends_after_a_step(trained):
                trainer.fit(trained)
        except Diverged as error:
            raise InputError(f"{title}: {error}, so the training was stopped; {_advice(trained, out)}") from error
        except SystemExit:  # Lightning's answer to Ctrl-C
            raise KeyboardInterrupt from None
        if trained.stops:
            raise KeyboardInterrupt


def _resume(trained: Trained, log: Logging, out: Path, reporter: Reporter) -> None:
    """Goes on from the saved state.

    Raises:
        InputError: It cannot be used.
    """
    state = read_state(out, reporter)
    try:
        trained.restore(state)
        log.sums, log.count = dict(state["log"]["sums"]), int(state["log"]["count"])
        planned = int(state["max_steps"])
    except Exception as error:  # the file may hold anything, and PyTorch refuses it in many ways
        raise InputError(f"{out / LAST}: cannot be resumed from ({plainly(error)[:120]})") from None
    config = trained.config
    if planned != config.max_steps and config.lr_schedule != "constant":
        reporter.note(
            f"the learning rate was lowered for {planned:,} steps until now, and is for {config.max_steps:,} from here "
            "on; a training of that length from the start gives other weights"
        )


def _advice(trained: Trained, out: Path) -> str:
    """What to do about a training that came to nothing."""
    config = trained.config
    lower = f"lower training.learning_rate ({config.learning_rate:g})"
    if config.weight_decay > 1:
        lower += f" or training.weight_decay ({config.weight_decay:g})"
    if not (out / LAST).is_file():
        return f"{lower}; nothing was stored"
    return f"{lower}; the last finite state stays in {out}, and --init {out / 'model'} starts from it in another folder"


def in_half(precision: Literal["32", "bf16", "auto"], device: torch.device) -> bool:
    """Whether networks compute in bfloat16 there: where it is asked for, or is what the machine is fast at."""
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_amx_tile_supported())


@contextmanager
def _ends_after_a_step(trained: Trained) -> Iterator[None]:
    """Ctrl-C lets the step that is going on end, and the state be saved; a second one ends it at once."""
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or usual is not signal.default_int_handler:
        yield
        return

    def stop(*_: Any) -> None:
        trained.stops = True
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)  # Lightning leaves it ignored

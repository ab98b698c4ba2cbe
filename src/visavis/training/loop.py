"""The training loop: any module, any batches, one command on two cores and on a GPU."""

from __future__ import annotations

import logging
import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Protocol, cast

import lightning as pl
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, IterableDataset

from visavis.errors import InputError
from visavis.models.base import Losses
from visavis.reporter import SILENT, Reporter, Update
from visavis.training.config import LoopConfig
from visavis.training.learner import Sampler
from visavis.training.schedule import rate_factor
from visavis.training.train_log import TrainLog

LAST = "last.ckpt"
"""The state to go on from, in the run's folder."""
LOG = "log.csv"
HELD_OUT_BATCHES = 8
"""Batches of the part held out that every measurement of its loss takes, always the same."""


class Write(Protocol):
    """Stores weights, with what is known of them: ``steps``, ``minutes`` and, if there is one, ``held_out_loss``."""

    def __call__(self, model: nn.Module, facts: Mapping[str, Any]) -> object:
        """Called with the averaged model."""


class Trainable(Protocol):
    """What a module has to offer to be trained."""

    def loss(self, batch: Any, generator: torch.Generator | None = None) -> Losses:
        """The training loss; all randomness comes from `generator`."""
        ...


class Batches(IterableDataset[Any]):
    """The endless sequence of batches from the step that `start` gives at the time of asking."""

    def __init__(self, sampler: Sampler, start: Callable[[], int]) -> None:
        self.sampler, self.start = sampler, start

    def __iter__(self) -> Iterator[Any]:
        step = self.start()
        while True:
            yield self.sampler.batch(step)
            step += 1


class Trained(pl.LightningModule):
    """A model, its running average and its optimiser.

    All randomness of a step comes from the seed and the step's number, so nothing but weights, optimiser and step
    need be stored to go on as if nothing had happened.
    """

    def __init__(
        self, model: nn.Module, config: LoopConfig, sampler: Sampler, seed: int, *, held_out: Sampler | None = None,
        max_minutes: float | None = None,
    ) -> None:  # fmt: skip
        """Prepares a training.

        Args:
            model: Its ``loss(batch, generator)`` gives a `Losses`.
            config: Settings of the loop.
            sampler: Draws what is trained on.
            seed: Decides the noise.
            held_out: Draws what the best checkpoint is chosen by; without, the last one is taken.
            max_minutes: Minutes of training in all; the learning rate is annealed to end there.
        """
        super().__init__()
        self.model, self.config, self.seed, self.max_minutes = model.train(), config, seed, max_minutes
        self.average = AveragedModel(model, multi_avg_fn=moving_average(config.ema_decay)).requires_grad_(False)
        self.samplers = (sampler, held_out)
        self.minutes = 0.0
        self.best: float | None = None
        self.measured_at = -1
        self.parts: dict[str, Tensor] = {}
        self.pending = 0
        self._clock = time.monotonic()

    # What Lightning asks for

    def train_dataloader(self) -> DataLoader[Any]:
        """Batches from the present step on."""
        start = lambda: self.global_step * self.config.accumulate_grad_batches  # noqa: E731
        return DataLoader(Batches(self.samplers[0], start), batch_size=None)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """To where the model is."""
        return batch.to(device)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW; the learning rate is set step by step."""
        config = self.config
        return torch.optim.AdamW(self.model.parameters(), config.learning_rate, weight_decay=config.weight_decay)

    def on_train_start(self) -> None:
        """Starts the clock."""
        self._clock = time.monotonic()

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Sets the learning rate by how much of the steps, or of the time, is used up."""
        now = time.monotonic()
        self.minutes += (now - self._clock) / 60
        self._clock = now
        used = self.minutes / self.max_minutes if self.max_minutes else 0.0
        factor = rate_factor(self.global_step, used, self.config)
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = self.config.learning_rate * factor

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """The model's loss."""
        number = self.global_step * self.config.accumulate_grad_batches + self.pending
        self.pending += 1  # back to 0 at the step
        losses = self._losses(self.model, batch, (self.seed << 32) + number)
        self.parts = {"loss": losses.total.detach(), **losses.parts}
        return losses.total

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Steps, then updates the running average.

        Here and not at the batch's end, because the state is saved before that hook of the module is called.
        """
        super().optimizer_step(*args, **kwargs)
        self.pending = 0
        self.average.update_parameters(self.model)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Stops when the time is up."""
        if self.max_minutes and self.minutes >= self.max_minutes:
            self.trainer.should_stop = True

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Remembers the time used and the best loss."""
        checkpoint.update(minutes=self.minutes, best=self.best, measured_at=self.measured_at)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Recalls them."""
        self.minutes, self.best = float(checkpoint["minutes"]), checkpoint["best"]
        self.measured_at = int(checkpoint["measured_at"])

    # What is made of it

    @property
    def averaged(self) -> nn.Module:
        """The model that gets used."""
        return self.average.module.eval()

    @torch.no_grad()
    def held_out_loss(self) -> float | None:
        """The averaged model's loss on the part held out, always with the same noise; infinite where it is NaN."""
        sampler = self.samplers[1]
        if sampler is None:
            return None
        total = 0.0
        with self.trainer.precision_plugin.forward_context():
            for number in range(HELD_OUT_BATCHES):
                batch = sampler.batch(number).to(self.device)
                total += float(self._losses(self.averaged, batch, number).total) / HELD_OUT_BATCHES
        return total if math.isfinite(total) else math.inf

    def _losses(self, model: nn.Module, batch: Any, seed: int) -> Losses:
        """PyTorch's own generator is seeded, too: dropout and codebooks draw from it."""
        torch.manual_seed(seed)
        generator = torch.Generator(self.device).manual_seed(seed)
        return cast("Trainable", model).loss(batch, generator)  # PyTorch types attributes of modules as tensors


def moving_average(decay: float) -> Callable[[Any, Any, Any], None]:
    """The exponential moving average of weights, whose window grows with the steps at the beginning."""

    @torch.no_grad()
    def update(averages: Any, weights: Any, updates: Any) -> None:
        count = int(updates)
        torch._foreach_lerp_(averages, weights, 1 - min(decay, (count + 1) / (count + 11)))

    return update


class KeepBest(Callback):
    """Stores the averaged model at every save: if something is held out, only where its loss is the least so far."""

    def __init__(self, every: int, log: TrainLog, write: Write) -> None:
        self.every, self.rows, self.write = every, log, write

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Before `ModelCheckpoint` saves the state: whoever is killed in between does this step again."""
        if not module.pending and trainer.global_step % self.every == 0:
            self.keep(module)

    def keep(self, trained: Trained) -> None:
        """Measures, and stores what is better."""
        step, loss = trained.global_step, trained.held_out_loss()
        trained.measured_at = step
        facts: dict[str, Any] = {"steps": step, "minutes": round(trained.minutes, 2)}
        if loss is not None:
            self.rows.write(step, {"held_out_loss": round(loss, 6)})
            if trained.best is not None and loss >= trained.best:
                return
            trained.best, facts["held_out_loss"] = loss, round(loss, 6)
        self.write(trained.averaged, facts)


class Logging(Callback):
    """One entry in the log per so many steps: every part of the loss, averaged since the entry before."""

    def __init__(self, log: TrainLog, every: int, update: Update, max_steps: int) -> None:
        self.rows, self.every, self.update, self.max_steps = log, every, update, max_steps
        self._sums: dict[str, float] = {}
        self._count = 0

    def on_train_start(self, trainer: Any, module: Any) -> None:
        """Takes back what was logged after the state that is gone on from."""
        self.rows.cut(trainer.global_step)

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Adds up, and writes when it is time."""
        for name, value in module.parts.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value)
        self._count += 1
        if module.pending:
            return
        used = module.minutes / module.max_minutes if module.max_minutes else 0.0
        self.update(min(1.0, max(trainer.global_step / self.max_steps, used)))
        if trainer.global_step % self.every:
            return
        means = {name: round(total / self._count, 6) for name, total in self._sums.items()}
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        self.rows.write(trainer.global_step, {"minutes": round(module.minutes, 3), "learning_rate": rate, **means})
        self._sums, self._count = {}, 0


def train_module(
    trained: Trained, out: Path, write: Write, *, resume: bool, device: str = "auto", title: str = "training",
    reporter: Reporter = SILENT,
) -> None:  # fmt: skip
    """Trains until `LoopConfig.max_steps`, saving on the way; goes on from the last save where there is one.

    Args:
        trained: What to train.
        out: Folder of the run.
        write: Stores the model that gets used, whenever there is a better one.
        resume: Whether a saved state in `out` is to be loaded.
        device: ``auto``, ``cpu`` or ``cuda``.
        title: Of the progress.
        reporter: Shows progress.

    Raises:
        InputError: There is no such device, or the saved state cannot be used.
        KeyboardInterrupt: The user stopped it; it can go on from the last save.
    """
    from visavis.settings import resolve_device

    for name in ("lightning.pytorch.utilities.rank_zero", "lightning.pytorch.accelerators.cuda", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    config, where = trained.config, resolve_device(device)
    log, state = TrainLog(out / LOG), out / LAST
    keeping = KeepBest(config.save_every, log, write)
    saving = ModelCheckpoint(
        out, "state", save_top_k=0, save_last=True, every_n_train_steps=config.save_every, enable_version_counter=False
    )
    with reporter.progress(title) as update:
        trainer = pl.Trainer(
            max_steps=config.max_steps, max_epochs=-1, logger=False,
            accelerator="gpu" if where.type == "cuda" else "cpu", devices=1 if where.index is None else [where.index],
            callbacks=[Logging(log, min(20, config.save_every), update, config.max_steps), keeping, saving],
            precision="bf16-mixed" if config.precision == "bf16" else "32-true",
            gradient_clip_val=config.max_grad_norm, accumulate_grad_batches=config.accumulate_grad_batches,
            enable_progress_bar=False, enable_model_summary=False,
            use_distributed_sampler=False, num_sanity_val_steps=0, default_root_dir=out,
        )  # fmt: skip
        try:
            trainer.fit(trained, ckpt_path=state if resume else None, weights_only=True)
        except (KeyError, RuntimeError, EOFError, UnpicklingError) as error:
            if trainer.global_step == 0 and resume:
                raise InputError(f"{state}: cannot be resumed from ({str(error).splitlines()[0][:120]})") from None
            raise
    if trainer.interrupted:
        raise KeyboardInterrupt
    if trained.measured_at != trainer.global_step:
        keeping.keep(trained)
        trainer.save_checkpoint(state, weights_only=False)

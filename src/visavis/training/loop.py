"""The training loop: any model, any batches, one command on two cores and on a GPU."""

from __future__ import annotations

import copy
import csv
import logging
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import lightning as pl
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint, RichProgressBar
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from visavis.errors import InputError
from visavis.training.config import LoopConfig
from visavis.training.schedule import rate_factor

LAST = "last.ckpt"
LOG = "log.csv"


class Trained(pl.LightningModule):
    """A model, its running average and its optimiser.

    All randomness of a step comes from the seed and the step's number, so nothing but weights, optimiser and step
    need be stored to go on as if nothing had happened.
    """

    def __init__(
        self, model: nn.Module, config: LoopConfig, batches: Callable[[Callable[[], int]], IterableDataset],
        seed: int, max_minutes: float | None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.model, self.config, self.seed, self.max_minutes = model, config, seed, max_minutes
        self.average = copy.deepcopy(model).requires_grad_(False).eval()
        self._batches = batches
        self.minutes = 0.0
        self._clock = time.monotonic()
        self.parts: dict[str, Tensor] = {}
        self.pending = 0

    def train_dataloader(self) -> DataLoader:
        """Batches from the present step on."""
        return DataLoader(self._batches(lambda: self.global_step * self.config.accumulate), batch_size=None)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """To where the model is."""
        return batch.to(device)

    def configure_optimizers(self) -> Any:
        """AdamW; the learning rate is set step by step."""
        return torch.optim.AdamW(self.model.parameters(), self.config.rate, weight_decay=self.config.weight_decay)

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
            group["lr"] = self.config.rate * factor

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """The model's loss."""
        number = self.global_step * self.config.accumulate + self.pending
        self.pending += 1  # back to 0 at the step
        generator = torch.Generator(self.device).manual_seed((self.seed << 32) + number)
        total, parts = self.losses(batch, generator)
        self.parts = {"loss": total.detach(), **parts}
        return total

    def losses(self, batch: Any, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """What to minimise, and what the log shows beside it."""
        losses = self.model.loss(batch, generator)  # type: ignore[operator]
        return losses.total, losses.parts

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Steps, then updates the running average, whose window grows with the steps at the beginning.

        Here and not at the batch's end, because the state is saved before that hook of the module is called.
        """
        super().optimizer_step(*args, **kwargs)
        self.pending = 0
        decay = min(self.config.average, (self.global_step + 1) / (self.global_step + 11))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - decay)
            for mine, theirs in zip(self.average.buffers(), self.model.buffers(), strict=True):
                mine.copy_(theirs)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Stops when the time is up."""
        if self.max_minutes and self.minutes >= self.max_minutes:
            self.trainer.should_stop = True

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Remembers the time used."""
        checkpoint["minutes"] = self.minutes

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Recalls it."""
        self.minutes = float(checkpoint.get("minutes", 0.0))


class CsvLog(Callback):
    """One row per so many steps: step, minutes, rate and every part of the loss, averaged since the last row."""

    def __init__(self, path: Path, every: int) -> None:
        self.path, self.every = path, every
        self._sums: dict[str, float] = {}
        self._count = 0

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Adds up, and writes when it is time."""
        for name, value in module.parts.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value)
        self._count += 1
        if module.pending or trainer.global_step % self.every:
            return
        row = {
            "step": trainer.global_step, "minutes": round(module.minutes, 3),
            "rate": trainer.optimizers[0].param_groups[0]["lr"],
            **{name: round(total / self._count, 6) for name, total in self._sums.items()},
        }  # fmt: skip
        module.log("loss", row["loss"], prog_bar=True, batch_size=1)
        self._sums, self._count = {}, 0
        new = not self.path.exists()
        with self.path.open("a", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(["step", "name", "value"])
            writer.writerows([row["step"], name, value] for name, value in row.items() if name != "step")


class Export(Callback):
    """Writes the averaged model as a checkpoint folder whenever the training state is saved."""

    def __init__(self, every: int, write: Callable[[Trained], Any]) -> None:
        self.every, self.write = every, write

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Writes at the same steps as `ModelCheckpoint`."""
        if not module.pending and trainer.global_step % self.every == 0:
            self.write(module)


def train(
    module: Trained, out: Path, *, max_steps: int, write: Callable[[Trained], Any], resume: bool, quiet: bool = False
) -> None:
    """Trains until `max_steps`, saving on the way; goes on from the last save where there is one.

    Args:
        module: What to train.
        out: Folder of the run.
        max_steps: Steps in all, those before a resumption included.
        write: Stores the averaged model.
        resume: Whether a saved state in `out` is to be loaded.
        quiet: No progress bar.

    Raises:
        InputError: The saved state cannot be used.
    """
    for name in ("lightning.pytorch.utilities.rank_zero", "lightning.pytorch.accelerators.cuda", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    every = module.config.save_every
    saver = ModelCheckpoint(
        out, "state", save_top_k=0, save_last=True, every_n_train_steps=every, enable_version_counter=False
    )
    bar: list[Callback] = [] if quiet else [RichProgressBar(refresh_rate=5)]
    trainer = pl.Trainer(
        max_steps=max_steps, max_epochs=-1, accelerator="auto", devices="auto", logger=False,
        callbacks=[saver, CsvLog(out / LOG, min(20, every)), Export(every, write), *bar],
        precision="bf16-mixed" if module.config.precision == "bf16" else "32-true",
        gradient_clip_val=module.config.clip, accumulate_grad_batches=module.config.accumulate,
        enable_progress_bar=not quiet, enable_model_summary=False,
        use_distributed_sampler=False, num_sanity_val_steps=0, default_root_dir=out,
    )  # fmt: skip
    state = out / LAST
    try:
        trainer.fit(module, ckpt_path=state if resume else None, weights_only=True)
    except (KeyError, RuntimeError, EOFError, UnpicklingError) as error:
        if trainer.global_step == 0 and resume:
            raise InputError(f"{state}: cannot be resumed from ({str(error).splitlines()[0][:120]})") from None
        raise
    if trainer.interrupted:
        raise KeyboardInterrupt
    trainer.save_checkpoint(state, weights_only=False)
    write(module)

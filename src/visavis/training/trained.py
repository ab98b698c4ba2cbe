"""A model in training: what one step is, what is stored of it, and when it has come to nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, cast

import lightning as pl
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, IterableDataset

from visavis.errors import InputError
from visavis.models.base import Losses
from visavis.settings import seed_generators
from visavis.training.config import MOST_STEPS, LoopConfig
from visavis.training.learner import Sampler
from visavis.training.schedule import rate_factor

HELD_OUT_BATCHES = 8
"""Batches of the part held out that every measurement of its loss takes, always the same."""


class Trainable(Protocol):
    """What a module has to offer to be trained."""

    def loss(self, batch: Any, generator: torch.Generator | None = None) -> Losses:
        """The training loss; all randomness comes from `generator`."""
        ...


class Diverged(InputError):
    """The loss or the weights are no numbers any more."""


class Batches(IterableDataset[Any]):
    """The endless sequence of batches from the one that `start` gives at the time of asking."""

    def __init__(self, sampler: Sampler, start: Callable[[], int]) -> None:
        self.sampler, self.start = sampler, start

    def __iter__(self) -> Iterator[Any]:
        number = self.start()
        while True:
            yield self.sampler.batch(number)
            number += 1


class Trained(pl.LightningModule):
    """A model, its running average and its optimiser.

    All randomness of a step comes from the seed and the step's number, so nothing but weights, optimiser and step
    need be stored to go on as if nothing had happened. The count of steps is kept here: Lightning is asked for those
    that are left, and nothing of its own state is stored.

    Attributes:
        step: Steps done in all.
        minutes: Minutes of training in all.
        best: The least loss on the part held out so far.
        measured_at: The step at which it was last measured.
        parts: Of the loss of the last batch.
        pending: Batches since the last step.
        stops: Whether the user has asked for an end.
        precision: In which the loss on the part held out is computed.
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
        self.step, self.minutes = 0, 0.0
        self.best: float | None = None
        self.measured_at = -1
        self.parts: dict[str, Tensor] = {}
        self.pending = 0
        self.stops = False
        self.precision: Callable[[], AbstractContextManager[Any]] = nullcontext
        self._optimizer: torch.optim.Optimizer | None = None
        self._stored: dict[str, Any] | None = None
        self._clock = time.monotonic()

    # What Lightning asks for

    def train_dataloader(self) -> DataLoader[Any]:
        """Batches from the present step on."""
        start = lambda: self.step * self.config.accumulate_grad_batches  # noqa: E731
        return DataLoader(Batches(self.samplers[0], start), batch_size=None)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """To where the model is."""
        return batch.to(device)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW, as it was stored; the learning rate is set step by step."""
        config = self.config
        optimizer = torch.optim.AdamW(self.model.parameters(), config.learning_rate, weight_decay=config.weight_decay)
        if self._stored is not None:
            optimizer.load_state_dict(self._stored)
        self._optimizer = optimizer
        return optimizer

    def on_train_start(self) -> None:
        """Starts the clock."""
        self._clock = time.monotonic()

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Sets the learning rate by how much of the steps, or of the time, is used up."""
        now = time.monotonic()
        self.minutes += (now - self._clock) / 60
        self._clock = now
        used = self.minutes / self.max_minutes if self.max_minutes else 0.0
        factor = rate_factor(self.step, used, self.config)
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = self.config.learning_rate * factor

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """The model's loss.

        Raises:
            Diverged: It is no number.
        """
        number = self.step * self.config.accumulate_grad_batches + self.pending
        self.pending += 1  # back to 0 at the step
        try:
            losses = self._losses(self.model, batch, (self.seed << 32) + number)
        except Exception:
            self.need_finite()  # what fails with weights that are no numbers fails for that reason
            raise
        if not torch.isfinite(losses.total):
            raise Diverged(f"the loss is {losses.total.item():g} after step {self.step:,}")
        self.parts = {"loss": losses.total.detach(), **losses.parts}
        return losses.total

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Steps, then updates the running average.

        Here and not at the batch's end, because the state is saved before that hook of the module is called.
        """
        super().optimizer_step(*args, **kwargs)
        self.pending = 0
        self.step += 1
        self.average.update_parameters(self.model)

    # What is stored of it

    def state(self) -> dict[str, Any]:
        """Everything that is needed to go on as if nothing had happened."""
        optimizer = self._stored if self._optimizer is None else self._optimizer.state_dict()
        return {
            "step": self.step, "minutes": self.minutes, "best": self.best, "measured_at": self.measured_at,
            "max_steps": self.config.max_steps, "model": self.model.state_dict(),
            "average": self.average.state_dict(), "optimizer": optimizer,
        }  # fmt: skip

    def need_finite(self) -> None:
        """Raises `Diverged` where nobody could go on from the present state."""
        if not all(torch.isfinite(tensor).all() for tensor in _floats(self.state())):
            raise Diverged(f"the weights are not finite after step {self.step:,}")

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes back to a state.

        Raises:
            Exception: It is not one that `state` gave, of this network.
        """
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self._stored = dict(state["optimizer"])
        for weight, moments in self.configure_optimizers().state.items():
            if any(moments[name].shape != weight.shape for name in ("exp_avg", "exp_avg_sq")):
                raise ValueError("moments of AdamW have other shapes than weights")
        self.step, self.minutes = int(state["step"]), float(state["minutes"])
        self.best = None if state["best"] is None else float(state["best"])
        self.measured_at = int(state["measured_at"])
        if not (0 <= self.step <= MOST_STEPS and 0 <= self.minutes < math.inf and math.isfinite(self.best or 0.0)):
            raise ValueError(f"step {self.step}, {self.minutes} minutes, best loss {self.best}")
        self.need_finite()

    # What is made of it

    @property
    def share(self) -> float:
        """The share of the training that is done, by steps or by the clock."""
        used = self.minutes / self.max_minutes if self.max_minutes else 0.0
        return min(1.0, max(self.step / self.config.max_steps, used))

    @property
    def averaged(self) -> nn.Module:
        """The model that gets used."""
        return self.average.module.eval()

    @torch.no_grad()
    def held_out_loss(self) -> float | None:
        """The averaged model's loss on the part held out, always with the same noise.

        Raises:
            Diverged: It is no number.
        """
        sampler = self.samplers[1]
        if sampler is None:
            return None
        total = 0.0
        with self.precision():
            for number in range(HELD_OUT_BATCHES):
                batch = sampler.batch(number).to(self.device)
                total += float(self._losses(self.averaged, batch, number).total) / HELD_OUT_BATCHES
        if not math.isfinite(total):
            raise Diverged(f"the loss on what is held out is {total:g} after step {self.step:,}")
        return total

    def _losses(self, model: nn.Module, batch: Any, seed: int) -> Losses:
        """PyTorch's own generator is seeded, too: dropout and codebooks draw from it."""
        seed_generators(seed, self.device)
        generator = torch.Generator(self.device).manual_seed(seed)
        return cast("Trainable", model).loss(batch, generator)  # PyTorch types attributes of modules as tensors


def moving_average(decay: float) -> Callable[[Any, Any, Any], None]:
    """The exponential moving average of weights, whose window grows with the steps at the beginning."""

    @torch.no_grad()
    def update(averages: Any, weights: Any, updates: Any) -> None:
        count = int(updates)
        torch._foreach_lerp_(averages, weights, 1 - min(decay, (count + 1) / (count + 11)))

    return update


def _floats(values: Any) -> Iterator[Tensor]:
    """All tensors of numbers with a point in nested mappings and lists."""
    if isinstance(values, Tensor):
        if values.is_floating_point():
            yield values
    elif isinstance(values, Mapping | list | tuple):
        for value in values.values() if isinstance(values, Mapping) else values:
            yield from _floats(value)

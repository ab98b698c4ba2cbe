"""What a training takes in memory at the least, found out before any of it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from visavis.allocation import at_most, machine_memory
from visavis.errors import InputError
from visavis.training.learner import Sampler

COPIES = 5
"""Of every weight: itself, its gradient, AdamW's two moments and the running average."""


def need_memory(model: nn.Module, sampler: Sampler, batch_size: int, device: torch.device) -> None:
    """Refuses what cannot fit, whatever else it takes.

    Args:
        model: What is trained.
        sampler: Draws its batches; how large they are is told from a batch of one.
        batch_size: Windows of a batch.
        device: Where it is trained.

    Raises:
        InputError: Weights and a batch take more than there is.
    """
    weights = COPIES * sum(weight.numel() * weight.element_size() for weight in model.parameters())
    batch = batch_size * _bytes_of_one(sampler)
    there = memory_of(device)
    if weights + batch > there:
        raise InputError(
            f"training takes at least {_gib(weights + batch)}, {_gib(weights)} for the weights and what AdamW keeps of "
            f"them and {_gib(batch)} for a batch of {batch_size:,} windows, of {_gib(there)} that are here; lower "
            "training.batch_size, window or the sizes of the network"
        )


@contextmanager
def network_fits(device: torch.device) -> Iterator[None]:
    """A network that is made within is refused, before it is, if training could not hold it `COPIES` times."""
    with at_most(memory_of(device) / COPIES, "the settings describe a network that cannot be trained here: one"):
        yield


def memory_of(device: torch.device) -> int:
    """Bytes of memory that a training on a device may use."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return machine_memory()


def _bytes_of_one(sampler: Sampler) -> int:
    """Bytes of one window; 0 where a sampler has no batch size to change, as its batches are as large as its data."""
    if not is_dataclass(sampler) or "batch_size" not in {field.name for field in fields(sampler)}:
        return 0
    one: Any = replace(sampler, batch_size=1)
    return sum(tensor.numel() * tensor.element_size() for tensor in _tensors(one.batch(0)))


def _tensors(batch: Any) -> Iterator[Tensor]:
    if isinstance(batch, Tensor):
        yield batch
    elif is_dataclass(batch):
        for field in fields(batch):
            yield from _tensors(getattr(batch, field.name))


def _gib(count: float) -> str:
    return f"{count / 2**30:,.1f} GiB"

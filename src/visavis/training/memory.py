"""What a training takes in memory at the least, found out before any of it is taken."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from visavis.allocation import at_most, machine_memory
from visavis.errors import InputError
from visavis.training.config import LoopConfig
from visavis.training.learner import Sampler

COPIES = 5
"""Of every weight: itself, its gradient, AdamW's two moments and the running average."""
HEIGHT = 1.25
"""What a step takes at its height, in parts of what is kept for the gradient: the gradients of activations come on top.

Measured on all families, on batches of 64 to 256 windows: 1.28 (duet, faceformer, rlhg) to 2.2 (tokenizer).
"""


def need_memory(model: nn.Module, sampler: Sampler, loop: LoopConfig, device: torch.device) -> None:
    """Refuses what cannot fit, whatever else it takes.

    Args:
        model: What is trained.
        sampler: Draws its batches.
        loop: Says how large they are; what a window takes is measured on a batch of one.
        device: Where it is trained.

    Raises:
        InputError: Weights, a batch and what is kept of it for the gradient take more than there is.
    """
    there = memory_of(device)
    weights = COPIES * sum(weight.numel() * weight.element_size() for weight in model.parameters())
    windows = loop.batch_size * _bytes_of_one(model, sampler, loop, (there - weights) / loop.batch_size)
    if weights + windows > there:
        raise InputError(
            f"training takes at least {_gib(weights + windows)}, {_gib(weights)} for the weights and what AdamW keeps "
            f"of them and {_gib(windows)} for a batch of {loop.batch_size:,} windows, of {_gib(there)} that are here; "
            "lower training.batch_size, window or the sizes of the network"
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


def _bytes_of_one(model: Any, sampler: Any, loop: LoopConfig, enough: float) -> float:
    """Bytes of one window and of what a step makes of it; counting ends where that is `enough`.

    0 for samplers without a batch size to change: their batches are as large as their data at most.
    """
    if "batch_size" not in getattr(sampler, "__dataclass_fields__", {}):
        return 0
    one = replace(sampler, batch_size=1).batch(0)
    window = sum(tensor.numel() * tensor.element_size() for tensor in _tensors(one))
    if window > enough:
        return window
    trial = copy.deepcopy(model)  # codebooks learn as they look
    half = 1.0 if loop.precision == "32" else 0.5
    kept = _Kept(
        {weight.untyped_storage().data_ptr() for weight in trial.parameters()}, (enough - window) / half / HEIGHT
    )
    with torch.random.fork_rng(devices=[]), torch.autograd.graph.saved_tensors_hooks(kept.count, lambda same: same):
        try:
            trial.loss(one, torch.Generator().manual_seed(0))
        except _EnoughError:
            pass
        except Exception:  # not every loss can do with one window; what else is wrong the training itself will say
            return window
    return window + half * HEIGHT * kept.bytes


class _EnoughError(Exception):
    """There is no need to count on."""


class _Kept:
    """Counts what PyTorch keeps for the gradient, each piece of memory once, and weights not at all."""

    def __init__(self, seen: set[int], enough: float) -> None:
        self.seen, self.enough, self.bytes = seen, enough, 0

    def count(self, tensor: Tensor) -> Tensor:
        memory = tensor.untyped_storage()
        if memory.data_ptr() not in self.seen:
            self.seen.add(memory.data_ptr())
            self.bytes += memory.nbytes()
            if self.bytes > self.enough:
                raise _EnoughError
        return tensor


def _tensors(batch: Any) -> Iterator[Tensor]:
    if isinstance(batch, Tensor):
        yield batch
    elif is_dataclass(batch):
        for field in fields(batch):
            yield from _tensors(getattr(batch, field.name))


def _gib(count: float) -> str:
    return f"{count / 2**30:,.1f} GiB"

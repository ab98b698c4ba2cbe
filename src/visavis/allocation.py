"""Networks are refused by arithmetic: what their tensors will take is added up before each is allocated."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from visavis.errors import InputError

_FROM_SIZE: frozenset[Callable[..., Any]] = frozenset(
    {torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn, torch.full}
)
"""What makes a tensor whose size is the first argument, or all of them."""
_FROM_COUNT: frozenset[Callable[..., Any]] = frozenset({torch.eye, torch.randperm})
"""What makes one of so many rows."""
_FROM_ENDS: frozenset[Callable[..., Any]] = frozenset({torch.arange})
_FROM_STEPS: frozenset[Callable[..., Any]] = frozenset({torch.linspace, torch.logspace})
_BYTES = 4
"""Of a number: networks are made in float32."""


@contextmanager
def at_most(limit: float, what: str) -> Iterator[None]:
    """Tensors that are made within may take so many bytes together.

    Args:
        limit: Bytes.
        what: Who asks for them and what there is, for the message: ``X describes a network of more than ...``.

    Raises:
        InputError: They would take more; the one that would is not made.
    """
    with _Counting(limit, what):
        yield


def machine_memory() -> int:
    """Bytes of memory that this process may use: the machine's, or fewer where a limit is set."""
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    with suppress(OSError, ValueError):  # of a container; "max" where it has none
        found.append(int(Path("/sys/fs/cgroup/memory.max").read_text("ascii")))
    with suppress(ImportError, OSError, ValueError):
        import resource

        found += [limit for limit in resource.getrlimit(resource.RLIMIT_AS)[:1] if limit > 0]
    return min(found)


class _Counting(TorchFunctionMode):
    """Adds up what the functions that allocate are asked for."""

    def __init__(self, limit: float, what: str) -> None:
        super().__init__()
        self.left, self.limit, self.what = limit, limit, what

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.left -= _numbers(func, args, kwargs or {}) * _BYTES
        if self.left < 0:
            raise InputError(f"{self.what} of more than {self.limit / 2**30:,.2f} GiB")
        return func(*args, **(kwargs or {}))


def _numbers(func: Any, args: Any, kwargs: Any) -> float:
    """How many numbers the tensor has that a function is asked for; 0 for functions that take tensors."""
    if func in _FROM_SIZE:
        size = kwargs.get("size", args)
        sizes = size[0] if size and not isinstance(size[0], int) else size
        return math.prod(int(n) for n in sizes)
    if func in _FROM_COUNT and args:
        return float(args[0]) ** (2 if func is torch.eye and len(args) == 1 else 1)
    if func in _FROM_ENDS and args:
        start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
        return abs((float(stop) - float(start)) / float(step or 1))
    if func in _FROM_STEPS:
        return float(kwargs.get("steps", args[2] if len(args) > 2 else 0))
    return 0

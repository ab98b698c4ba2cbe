"""What a language model has read: tokens with their keys and values, so that nothing is read twice."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from visavis.models.mars.adapted import AdaptedModel
from visavis.models.mars.quick import QuickReader, reads


class Line:
    """One conversation as a language model sees it."""

    def __init__(self, model: AdaptedModel, *, exactly: bool = False) -> None:
        """Has read nothing yet.

        Args:
            model: Which model.
            exactly: Whether weights are never rounded to be read faster, as they are on processors.
        """
        self._model, self._exactly = model, exactly
        self._ids: list[int] = []
        self._reader: QuickReader | _Reader | None = None

    def read(self, ids: Sequence[int]) -> Tensor:
        """Logits (V,) of what follows these tokens; of those that begin as the last ones did only the rest is read.

        Args:
            ids: From the first on, one at least.
        """
        ids = list(map(int, ids))
        same = _shared(self._ids, ids[:-1])
        kind = QuickReader if reads(self._model) else _Reader
        if not same or not isinstance(self._reader, kind):
            self._reader, same = kind(self._model, exactly=self._exactly), 0
        elif same < len(self._ids):
            self._reader.crop(same)
        self._ids = ids
        return self._look(ids[same:])

    def push(self, token: int, *, codes: bool = False) -> Tensor:
        """Logits (V,) of what follows one more token.

        Args:
            token: It.
            codes: Whether only codes may follow it; the logits of all else may then be minus infinity.
        """
        self._ids.append(token)
        return self._look([token], codes)

    @torch.inference_mode()
    def _look(self, ids: list[int], codes: bool = False) -> Tensor:
        assert self._reader is not None
        device = next(iter(self._model.learnt.values())).device
        return self._reader.look(torch.tensor(ids, dtype=torch.int64, device=device), codes=codes).float()


class _Reader:
    """Reads tokens with any model, as transformers does."""

    def __init__(self, model: AdaptedModel, *, exactly: bool = True) -> None:
        from transformers import DynamicCache

        self._model, self._cache, self._length = model, DynamicCache(), 0

    def crop(self, length: int) -> None:
        """Forgets what was read after the first `length` tokens."""
        self._cache.crop(length - self._length)
        self._length = length

    def look(self, ids: Tensor, *, codes: bool = False) -> Tensor:
        """Logits (V,) of what follows further tokens (N,)."""
        self._length += len(ids)
        logits: Tensor = self._model(ids[None], cache=self._cache, keep=1)
        return logits[0, -1]


def _shared(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens at the beginning are the same."""
    most = min(len(a), len(b))
    if a[:most] == b[:most]:
        return most
    return next(i for i in range(most) if a[i] != b[i])

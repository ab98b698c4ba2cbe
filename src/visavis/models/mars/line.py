"""What a language model has read: tokens with their keys and values, so that nothing is read twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from visavis.models.mars.adapted import AdaptedModel


class Line:
    """One conversation as a language model sees it."""

    def __init__(self, model: AdaptedModel) -> None:
        """Has read nothing yet."""
        self._model = model
        self._ids: list[int] = []
        self._cache: Any = None

    def read(self, ids: Sequence[int]) -> Tensor:
        """Logits (V,) of what follows these tokens; of those that begin as the last ones did only the rest is read.

        Args:
            ids: From the first on, one at least.
        """
        from transformers import DynamicCache

        ids = list(map(int, ids))
        same = _shared(self._ids, ids[:-1])
        if self._cache is None or not same:
            self._cache, same = DynamicCache(), 0
        elif same < len(self._ids):
            self._cache.crop(same - len(self._ids))
        self._ids = ids
        return self._look(ids[same:])

    def push(self, token: int) -> Tensor:
        """Logits (V,) of what follows one more token."""
        self._ids.append(token)
        return self._look([token])

    @torch.inference_mode()
    def _look(self, ids: list[int]) -> Tensor:
        device = next(iter(self._model.learnt.values())).device
        given = torch.tensor([ids], dtype=torch.int64, device=device)
        logits: Tensor = self._model(given, cache=self._cache, keep=1)[0, -1].float()
        return logits


def _shared(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens at the beginning are the same."""
    most = min(len(a), len(b))
    if a[:most] == b[:most]:
        return most
    return next(i for i in range(most) if a[i] != b[i])

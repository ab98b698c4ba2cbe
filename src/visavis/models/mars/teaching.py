"""What a model expects that reads words alone, for one that has to find the words among codes.

Between two words there are as many codes as time steps, and a language model that has never seen any loses the thread:
the next word is told by a code, not by the word before it. What it would have expected without them says more than the
word that came (distillation: Hinton et al. 2015), so that it learns to look past the codes in a tenth of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from visavis.models.mars.packing import Packed
from visavis.models.mars.vocabulary import Kind

if TYPE_CHECKING:
    from visavis.models.mars.core import MarsCore


@dataclass(frozen=True, eq=False)
class Taught:
    """What is expected at the words of some rows.

    Attributes:
        rows: (R,) int64 numbers of rows.
        places: (R,) int64 of words in their rows.
        among: (W,) int64 ids of all tokens that are no codes and no marks.
        chances: (R, W) their log-probabilities.
    """

    rows: Tensor
    places: Tensor
    among: Tensor
    chances: Tensor

    def to(self, device: torch.device | str) -> Taught:
        """On another device."""
        return Taught(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})


class Teacher:
    """Says what it expects of the words in rows whose codes it does not read."""

    def __init__(self, model: MarsCore) -> None:
        """Takes a model, which does not learn any more."""
        self._language = model.eval().requires_grad_(False).language
        self._language.merge()
        self._kinds = model.vocabulary.kinds(self._language.size)
        self._among = torch.from_numpy(np.flatnonzero(self._kinds == Kind.TEXT))

    @torch.no_grad()
    def taught(self, rows: Sequence[Packed]) -> Taught | None:
        """What it expects where words are to be learnt; None where there are none."""
        found: list[tuple[int, np.ndarray, Tensor]] = []
        device = next(iter(self._language.learnt.values())).device
        for number, row in enumerate(rows):
            for document in range(int(row.documents[-1]) + 1):
                read = np.flatnonzero((row.documents == document) & (self._kinds[row.ids] == Kind.TEXT))
                asked = 1 + np.flatnonzero(row.kinds[read[1:]] == Kind.TEXT)
                if not len(asked):
                    continue
                ids = torch.from_numpy(row.ids[read])[None].to(device)
                logits = self._language(ids, keep=torch.from_numpy(asked - 1).to(device))[0]
                chances = logits[:, self._among.to(device)].float().log_softmax(-1)
                found.append((number, read[asked], chances))
        if not found:
            return None
        return Taught(
            torch.cat([torch.full((len(places),), number) for number, places, _ in found]),
            torch.from_numpy(np.concatenate([places for _, places, _ in found])), self._among,
            torch.cat([chances for _, _, chances in found]),
        )  # fmt: skip

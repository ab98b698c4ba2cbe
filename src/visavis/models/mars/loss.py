"""What MARS learns: the next token, of words, of the face and of the body (equation 11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from visavis.models.base import Losses
from visavis.models.mars.adapted import AdaptedModel
from visavis.models.mars.packing import Packed
from visavis.models.mars.vocabulary import Kind

PARTS = {"text": (Kind.TEXT, Kind.MARK), "face": (Kind.FACE,), "body": (Kind.BODY,)}
"""Losses that are told apart; marks of silence are text, as with temperatures."""


@dataclass(frozen=True)
class RowBatch:
    """Rows of several conversations, see `Packed`; shorter ones are filled up with what nobody learns or sees.

    Attributes:
        ids: (B, N) int64.
        kinds: (B, N) uint8 of `Kind`.
        positions: (B, N) int64.
        documents: (B, N) int64; -1 where a row is over.
    """

    ids: Tensor
    kinds: Tensor
    positions: Tensor
    documents: Tensor

    @classmethod
    def of(cls, rows: Sequence[Packed]) -> RowBatch:
        """Rows side by side."""
        longest = max(map(len, rows))
        filling = {"ids": 0, "kinds": int(Kind.CONTEXT), "positions": 0, "documents": -1}
        return cls(**{
            name: torch.from_numpy(
                np.stack([np.pad(getattr(row, name), (0, longest - len(row)), constant_values=fill) for row in rows])
            )
            for name, fill in filling.items()
        })  # fmt: skip

    def __len__(self) -> int:
        return len(self.ids)

    def to(self, device: torch.device | str, *args: object, **kwargs: object) -> RowBatch:
        """On another device (Lightning calls this)."""
        return RowBatch(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})


def losses_of(model: AdaptedModel, batch: RowBatch) -> Losses:
    """The mean cross-entropy of all tokens that are to be learnt, and of each modality by itself.

    Rows are read one by one, each to its own end, and logits are computed only where something is to be learnt: with
    50,000 words they take more memory than everything else.
    """
    wrong, kinds = zip(*(_row(model, batch, number) for number in range(len(batch))), strict=True)
    each, kind = torch.cat(wrong), torch.cat(kinds)
    parts = {name: torch.isin(kind, torch.tensor(own, device=kind.device)) for name, own in PARTS.items()}
    shown = {name: each.detach()[where].mean() for name, where in parts.items() if where.any()}
    return Losses(each.sum() / max(1, len(each)), shown)


def _row(model: AdaptedModel, batch: RowBatch, number: int) -> tuple[Tensor, Tensor]:
    """Cross-entropies (K,) and kinds (K,) of a row's tokens that are to be learnt."""
    length = int((batch.documents[number] >= 0).sum())
    ids, kinds = batch.ids[number, :length], batch.kinds[number, :length]
    positions, documents = batch.positions[number, :length], batch.documents[number, :length]
    learnt = (kinds != Kind.CONTEXT) & (positions > 0)
    targets = learnt.nonzero()[:, 0]
    mask = None
    if int(documents[-1]) > 0:
        mask = (documents[:, None] == documents[None]).tril()[None, None]
    logits = model(ids[None], mask=mask, positions=positions[None], keep=targets - 1)[0]
    return functional.cross_entropy(logits.float(), ids[targets], reduction="none"), kinds[targets]

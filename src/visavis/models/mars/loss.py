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
from visavis.models.mars.teaching import Taught
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
        taught: What a model of words alone expects of them, if it is asked.
        weight: How much that counts, beside what was said.
    """

    ids: Tensor
    kinds: Tensor
    positions: Tensor
    documents: Tensor
    taught: Taught | None = None
    weight: float = 0.0

    @classmethod
    def of(cls, rows: Sequence[Packed], taught: Taught | None = None, weight: float = 0.0) -> RowBatch:
        """Rows side by side."""
        longest = max(map(len, rows))
        filling = {"ids": 0, "kinds": int(Kind.CONTEXT), "positions": 0, "documents": -1}
        return cls(taught=taught, weight=weight, **{
            name: torch.from_numpy(
                np.stack([np.pad(getattr(row, name), (0, longest - len(row)), constant_values=fill) for row in rows])
            )
            for name, fill in filling.items()
        })  # fmt: skip

    def __len__(self) -> int:
        return len(self.ids)

    def to(self, device: torch.device | str, *args: object, **kwargs: object) -> RowBatch:
        """On another device (Lightning calls this)."""
        taught = None if self.taught is None else self.taught.to(device)
        own = [field.name for field in fields(self) if field.name not in ("taught", "weight")]
        return RowBatch(**{name: getattr(self, name).to(device) for name in own}, taught=taught, weight=self.weight)


def losses_of(model: AdaptedModel, batch: RowBatch) -> Losses:
    """The mean cross-entropy of all tokens that are to be learnt, and of each modality by itself.

    Where words are taught (`RowBatch.taught`), the mean divergence from what the teacher expects of them among words
    is added, times its weight.

    Rows are read one by one, each to its own end, and logits are computed only where something is to be learnt: with
    50,000 words they take more memory than everything else.
    """
    wrong, kinds, apart = zip(*(_row(model, batch, number) for number in range(len(batch))), strict=True)
    each, kind = torch.cat(wrong), torch.cat(kinds)
    parts = {name: torch.isin(kind, torch.tensor(own, device=kind.device)) for name, own in PARTS.items()}
    shown = {name: each.detach()[where].mean() for name, where in parts.items() if where.any()}
    total = each.sum() / max(1, len(each))
    if batch.taught is not None:
        divergence = torch.cat(apart).mean()
        total, shown["divergence"] = total + batch.weight * divergence, divergence.detach()
    return Losses(total, shown)


def _row(model: AdaptedModel, batch: RowBatch, number: int) -> tuple[Tensor, Tensor, Tensor]:
    """Cross-entropies (K,) and kinds (K,) of a row's tokens that are to be learnt, divergences (R,) of those taught."""
    length = int((batch.documents[number] >= 0).sum())
    ids, kinds = batch.ids[number, :length], batch.kinds[number, :length]
    positions, documents = batch.positions[number, :length], batch.documents[number, :length]
    learnt = (kinds != Kind.CONTEXT) & (positions > 0)
    targets = learnt.nonzero()[:, 0]
    mask = None
    if int(documents[-1]) > 0:
        mask = (documents[:, None] == documents[None]).tril()[None, None]
    logits = model(ids[None], mask=mask, positions=positions[None], keep=targets - 1)[0].float()
    wrong = functional.cross_entropy(logits, ids[targets], reduction="none")
    return wrong, kinds[targets], _divergence(logits, targets, batch.taught, number)


def _divergence(logits: Tensor, targets: Tensor, taught: Taught | None, number: int) -> Tensor:
    """Kullback-Leibler divergence (R,) of what is expected among words at a row's places from what is taught."""
    if taught is None:
        return logits.new_zeros(0)
    here = taught.rows == number
    expected = taught.chances[here]
    own = logits[torch.searchsorted(targets, taught.places[here])][:, taught.among].log_softmax(-1)
    return functional.kl_div(own, expected, reduction="none", log_target=True).sum(-1)

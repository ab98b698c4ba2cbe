"""A base model with rows for new tokens and, beside its own weights, what is learnt.

The base model's weights are not touched, not stored, and shared by all copies of it: a running average of the weights
costs no second language model. Rows of new tokens stand in matrices of their own, so that embeddings need no resizing
and nothing but them gets gradients.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from visavis.models.mars.base_model import BaseModel
from visavis.models.mars.config import LoraConfig

NOISE, APART = 0.1, 0.5
"""Of new rows about the mean of the old ones, in parts of the old ones' spread: chance, and where their codes are."""


class Embeddings(nn.Module):
    """The base model's embeddings, with further rows."""

    def __init__(self, inner: nn.Module, rows: nn.Parameter, first: int) -> None:
        super().__init__()
        self.inner, self.rows, self.first = inner, rows, first

    def forward(self, ids: Tensor) -> Tensor:
        """(..., C) of ids (...)."""
        own = ids - self.first
        ours = (own >= 0) & (own < len(self.rows))
        theirs: Tensor = self.inner(ids.masked_fill(ours, 0))
        rows = functional.embedding(own.clamp(0, len(self.rows) - 1), self.rows)
        return torch.where(ours[..., None], rows.to(theirs.dtype), theirs)


class Head(nn.Module):
    """The base model's last layer, with further rows."""

    def __init__(self, inner: nn.Module, rows: nn.Parameter, first: int) -> None:
        super().__init__()
        self.inner: Any = inner
        self.rows, self.first = rows, first

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits (..., V) of hidden (..., C)."""
        return self.joined(self.inner(hidden), hidden)

    def joined(self, theirs: Tensor, hidden: Tensor) -> Tensor:
        """Logits (..., V) where those of the base model are known."""
        ours = functional.linear(hidden, self.rows)
        after = self.first + len(self.rows)
        return torch.cat([theirs[..., : self.first], ours, theirs[..., after:]], dim=-1)

    def of_new_rows(self, hidden: Tensor) -> Tensor:
        """The same where nothing but the further rows counts: all others are minus infinity, and are not computed."""
        size = max(len(self.inner.weight), self.first + len(self.rows))
        logits = hidden.new_full((*hidden.shape[:-1], size), -torch.inf)
        logits[..., self.first : self.first + len(self.rows)] = functional.linear(hidden, self.rows)
        return logits


class AdaptedModel(nn.Module):
    """What is learnt of a language model; its parameters and its state are that and nothing else.

    Attributes:
        size: V, logits.
        learnt: By name, ``/`` for ``.``: adapters, or all weights, and the rows of new tokens.
        changes: How often weights may have changed.
    """

    def __init__(
        self, base: BaseModel, first: int, count: int, lora: LoraConfig | None, places: Tensor | None = None
    ) -> None:
        """Prepares a base model, which is this one's from now on.

        New rows are the mean of the old ones (Hewitt 2021) and a little noise, from PyTorch's own generator. Where it
        is known which codes are alike, their rows are alike from the beginning.

        Args:
            base: The language model.
            first: Id of the first new token.
            count: How many there are, one after the other.
            lora: Of the adapters; None for all weights.
            places: (count, P) where new tokens are to each other, about 1 from the origin; unknown unless given.
        """
        super().__init__()
        net = base.model.requires_grad_(lora is None)
        if lora is not None:
            from peft import LoraConfig as PeftConfig
            from peft import inject_adapter_in_model

            settings = PeftConfig(
                r=lora.rank, lora_alpha=cast("Any", lora.alpha), lora_dropout=lora.dropout, target_modules="all-linear"
            )
            inject_adapter_in_model(settings, net)
        inner, head = net.get_input_embeddings(), net.get_output_embeddings()
        rows = _new_rows(inner.weight, count, places)
        tied = inner.weight is head.weight
        net.set_input_embeddings(Embeddings(inner, rows, first))
        net.set_output_embeddings(Head(head, rows if tied else _new_rows(head.weight, count, places), first))
        self.size = max(len(inner.weight), first + count)
        self._merged = False
        self.changes = 0
        self._hidden: list[Any] = [net]  # in no list of modules
        learnt = {name.replace(".", "/"): p for name, p in net.named_parameters() if p.requires_grad}
        self.learnt = nn.ParameterDict(learnt)

    @property
    def net(self) -> Any:
        """The whole network."""
        return self._hidden[0]

    @property
    def whole(self) -> bool:
        """Whether the base model's weights are all there is: adapters, if there are any, were added to them."""
        return self._merged or not self._adapters()

    @property
    def count(self) -> int:
        """Numbers of the whole network."""
        return sum(weight.numel() for weight in self.net.parameters())

    def forward(
        self, ids: Tensor, *, mask: Tensor | None = None, positions: Tensor | None = None, cache: Any = None,
        keep: int | Tensor = 0,
    ) -> Tensor:  # fmt: skip
        """Logits (B, K, V) of ids (B, N).

        Args:
            ids: (B, N) int64.
            mask: (B, 1, N, N) bool, who sees whom; all that is before unless given.
            positions: (B, N); counted on unless given.
            cache: Keys and values of what was before; they are added to.
            keep: How many at the end, or which (K,); 0 for all.
        """
        found = self.net(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache,
            use_cache=cache is not None, logits_to_keep=keep,
        )  # fmt: skip
        logits: Tensor = found.logits
        return logits

    def merge(self, merged: bool = True) -> None:
        """Adds adapters to the base model's weights, which makes reading faster, or takes them out again.

        Copies share these weights: while one is merged, no other may be used.
        """
        if merged == self._merged:
            return
        for layer in self._adapters():
            if merged:
                layer.merge()
            else:
                layer.unmerge()
        self._merged = merged
        self.changes += 1

    def _adapters(self) -> list[Any]:
        from peft.tuners.tuners_utils import BaseTunerLayer

        return [module for module in self.net.modules() if isinstance(module, BaseTunerLayer)]

    def plain(self) -> Any:
        """The base model with everything that was learnt in its weights; this one cannot be used any more."""
        self.merge()
        net = self.net
        embeddings, head = net.get_input_embeddings(), net.get_output_embeddings()
        adapters = set(self._adapters())
        for module in list(net.modules()):
            for name, layer in list(module.named_children()):
                if layer in adapters:
                    setattr(module, name, layer.get_base_layer())
        net.set_input_embeddings(embeddings.inner)
        net.set_output_embeddings(head.inner)
        net.resize_token_embeddings(self.size, mean_resizing=False)
        for old, new in ((embeddings, net.get_input_embeddings()), (head, net.get_output_embeddings())):
            new.weight.data[old.first : old.first + len(old.rows)] = old.rows.data.to(new.weight.dtype)
        return net

    # What PyTorch does with modules, done to the hidden one, too

    def train(self, mode: bool = True) -> AdaptedModel:
        """Adapters are learnt beside the weights, not in them."""
        if mode:
            self.merge(False)
        self.changes += 1
        self.net.train(mode)
        return super().train(mode)

    def _apply(self, fn: Any, recurse: bool = True) -> AdaptedModel:
        self.changes += 1
        self.net._apply(fn)
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> AdaptedModel:
        from copy import deepcopy

        self.merge(False)
        ours = {id(p) for p in self.learnt.values()}
        memo.update({id(p): p for p in self.net.parameters() if id(p) not in ours})
        copy = self.__class__.__new__(self.__class__)
        memo[id(self)] = copy
        copy.__dict__ = deepcopy(self.__dict__, memo)
        return copy


def _new_rows(old: Tensor, count: int, places: Tensor | None) -> nn.Parameter:
    """(count, C) about the mean of the old rows."""
    spread = old.detach().float()
    apart = NOISE * torch.randn(count, old.shape[1])
    if places is not None and places.any():
        apart += APART * places @ torch.randn(places.shape[1], old.shape[1])
    return nn.Parameter(spread.mean(0) + apart * spread.std(0))

"""Language models of the Llama kind, read one token after the other with as few operations as that takes.

Transformers' own modules spend more time between a small model's operations than in them. Weights are used where they
are, so that this is always the same model: Llama (1, 2, 3) and Qwen 2 and 2.5. All others are read by transformers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.nn import functional

from visavis.models.mars.adapted import AdaptedModel, Head
from visavis.models.mars.light import Apply, Linear, exact, light, possible

KINDS = ("LlamaForCausalLM", "Qwen2ForCausalLM")
ROTATED = ("default", "linear", "llama3")
"""Kinds of rotary positions whose angles do not change with the length of what is read."""
ROOM = 256
"""Tokens for which keys and values get room at a time."""

FEW = 8
"""Tokens at once up to which weights are read as bytes; with more, multiplying takes longer than reading."""


@dataclass(frozen=True, eq=False)
class _Linears:
    """The matrices of one layer."""

    attended: Apply  # queries, keys and values
    out: Apply
    wide: Apply  # gates, and what they let through
    down: Apply

    @classmethod
    def of(cls, layer: Any, make: Callable[[Sequence[Linear]], Apply]) -> _Linears:
        """Of a layer whose adapters are merged."""

        def made(*modules: Any) -> Apply:
            plain = [getattr(module, "base_layer", module) for module in modules]
            return make([(module.weight, module.bias) for module in plain])

        own, mlp = layer.self_attn, layer.mlp
        return cls(
            made(own.q_proj, own.k_proj, own.v_proj), made(own.o_proj), made(mlp.gate_proj, mlp.up_proj),
            made(mlp.down_proj),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Weights:
    """A model's matrices, exact ones and copies as bytes where there are some.

    Attributes:
        exact: By layer.
        light: By layer.
        words: The head's, of old tokens.
        of: Tells whether the model still has the same weights.
    """

    exact: Sequence[_Linears]
    light: Sequence[_Linears]
    words: Apply
    of: tuple[int, int]


_KEPT: WeakKeyDictionary[AdaptedModel, _Weights] = WeakKeyDictionary()


def _weights(model: AdaptedModel) -> _Weights:
    """Made once, and again when the model has learnt something or was moved."""
    layers = model.net.model.layers
    first = getattr(layers[0].self_attn.q_proj, "base_layer", layers[0].self_attn.q_proj).weight
    state = model.changes, first._version
    kept = _KEPT.get(model)
    if kept is None or kept.of != state:
        head: Linear = (model.net.get_output_embeddings().inner.weight, None)
        small = possible(first)
        kept = _Weights(
            [_Linears.of(layer, exact) for layer in layers],
            [_Linears.of(layer, light) for layer in layers] if small else [],
            (light if small else exact)([head]), state,
        )  # fmt: skip
        _KEPT[model] = kept
    return kept


class QuickReader:
    """Reads tokens with a model whose adapters are merged.

    Attributes:
        length: How many were read.
    """

    def __init__(self, model: AdaptedModel, *, exactly: bool = False) -> None:
        """Has read nothing; see `reads` for which models.

        Args:
            model: The model.
            exactly: Whether weights are never read as bytes.
        """
        self._net, self._weights = model.net, _weights(model)
        self._light = bool(self._weights.light) and not exactly
        config = self._net.config
        self.length = 0
        self._norms = [(x.input_layernorm.weight, x.post_attention_layernorm.weight) for x in self._net.model.layers]
        self._width = int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
        self._groups = int(config.num_key_value_heads)
        self._smallest = float(config.rms_norm_eps)
        weight = self._norms[0][0]
        self._stored = weight.new_zeros(2, len(self._norms), self._groups, 0, self._width)
        self._angles = weight.new_zeros(2, 0, self._width)

    def crop(self, length: int) -> None:
        """Forgets what was read after the first `length` tokens."""
        self.length = length

    def look(self, ids: Tensor, *, codes: bool = False) -> Tensor:
        """Logits (V,) of what follows further tokens.

        Args:
            ids: (N,) int64.
            codes: Whether only new tokens may follow; the logits of all others are then minus infinity.
        """
        start, count = self.length, len(ids)
        self._make_room(start + count)
        net = self._net
        hidden: Tensor = net.get_input_embeddings()(ids[None])[0]
        turn = self._angles[:, start : start + count, None]
        later = None
        if count > 1:
            later = torch.ones(count, start + count, dtype=torch.bool, device=ids.device).tril(start).logical_not()
        small = self._light and count <= FEW
        layers = self._weights.light if small else self._weights.exact
        for number, (layer, (before, between)) in enumerate(zip(layers, self._norms, strict=True)):
            hidden = hidden + self._attended(layer, number, self._even(hidden, before), turn, later)
            gate, up = layer.wide(self._even(hidden, between)).chunk(2, dim=-1)
            hidden = hidden + layer.down(functional.silu(gate).mul_(up))
        self.length = start + count
        head: Head = net.get_output_embeddings()
        last: Tensor = net.model.norm(hidden[-1:])
        if codes:
            return head.of_new_rows(last)[0]
        return head.joined(self._weights.words(last) if self._light else head.inner(last), last)[0]

    def _even(self, hidden: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(hidden, weight.shape, weight, self._smallest)

    def _attended(self, layer: _Linears, number: int, hidden: Tensor, turn: Tensor, later: Tensor | None) -> Tensor:
        """(N, C) of hidden (N, C): grouped attention to everything up to each token."""
        count, groups, width, end = len(hidden), self._groups, self._width, self.length + len(hidden)
        found = layer.attended(hidden).view(count, -1, width)
        both, value = found[:, :-groups], found[:, -groups:]
        both = torch.addcmul(both * turn[0], both.roll(width // 2, -1), turn[1])
        keys, values = self._stored[0, number], self._stored[1, number]
        keys[:, self.length : end] = both[:, -groups:].transpose(0, 1)
        values[:, self.length : end] = value.transpose(0, 1)
        query = both[:, :-groups].view(count, groups, -1, width).permute(1, 2, 0, 3)  # (groups, heads of each, N, D)
        heads = query.shape[1]
        rows = query.reshape(groups, heads * count, width)
        scores = torch.baddbmm(rows.new_empty(()), rows, keys[:, :end].transpose(1, 2), beta=0, alpha=width**-0.5)
        if later is not None:
            scores.view(groups, heads, count, end).masked_fill_(later, -torch.inf)
        found = torch.bmm(scores.softmax(-1), values[:, :end])
        found = found.view(groups, heads, count, width).permute(2, 0, 1, 3).reshape(count, -1)
        return layer.out(found)

    def _make_room(self, length: int) -> None:
        """For keys, values and angles of so many tokens."""
        have = self._stored.shape[3]
        if length <= have:
            return
        more = -(-(length - have) // ROOM) * ROOM
        self._stored = functional.pad(self._stored, (0, 0, 0, more))
        positions = torch.arange(have + more, device=self._stored.device)[None]
        cosine, sine = (each[0] for each in self._net.model.rotary_emb(self._stored, positions))
        sign = torch.ones_like(sine)
        sign[:, : self._width // 2] = -1  # halves change places, and what was the second one changes its sign
        self._angles = torch.stack([cosine, sine * sign])


def reads(model: AdaptedModel) -> bool:
    """Whether a model is of the kind that `QuickReader` reads."""
    net = model.net
    if type(net).__name__ not in KINDS or not model.whole:
        return False
    config = net.config
    rotated = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    return (
        rotated.get("rope_type", "default") in ROTATED
        and config.hidden_act == "silu"
        and not getattr(config, "use_sliding_window", False)
        and not getattr(config, "quantization_config", None)
    )

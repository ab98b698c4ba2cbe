"""Two towers, one space: clips of motion on one side, sentence embeddings of clauses on the other."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from visavis.models.blocks.temporal import DilatedBlock, TemporalConv
from visavis.models.retrieval.config import MotionTextConfig


class MotionTower(nn.Module):
    """Features (N, T, F) of clips to vectors (N, 1 + P, D): of the whole, then of its parts in order.

    Two strided convolutions, residual dilated blocks, then attention over time in which a part attends to its own
    frames only, so that a short laugh is not lost in the mean of a long clip. Beside it goes what the features are
    over the part on average and at most, which says most of what a face holds.
    """

    def __init__(self, inputs: int, config: MotionTextConfig) -> None:
        super().__init__()
        width = config.width
        self.portions, self.heads = config.portions, config.heads
        self.stem = TemporalConv(inputs, width // 2, 5, stride=2)
        self.stem_out = TemporalConv(width // 2, width, 5, stride=2)
        self.blocks = nn.ModuleList(DilatedBlock(width, dilation) for dilation in config.dilations)
        self.norm = nn.LayerNorm(width)
        self.scores = nn.Linear(width, config.heads)
        self.values = nn.Linear(width, width)
        self.held = nn.Linear(4 * inputs, width)
        self.out = nn.Sequential(
            nn.LayerNorm(3 * width), nn.Dropout(config.dropout), nn.Linear(3 * width, 2 * width), nn.GELU(),
            nn.Linear(2 * width, config.dim),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Embeds."""
        held = self.held(self._summary(x))
        x = self.stem_out(functional.gelu(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        inside = self.parts(x.shape[1], x.device)
        hidden = torch.where(inside, 0.0, -1e9).to(x.dtype)[None, :, :, None]
        weights = (self.scores(x)[:, None] + hidden).softmax(dim=2)
        values = self.values(x).unflatten(-1, (self.heads, -1))
        found = torch.einsum("npth,nthc->nphc", weights, values).flatten(2)
        strongest = (x[:, None] + hidden).amax(dim=2)
        return functional.normalize(self.out(torch.cat([found, strongest, held], dim=-1)), dim=-1)

    def _summary(self, x: Tensor) -> Tensor:
        """Mean, largest, smallest and mean change of features (N, T, F) over whole and parts, (N, 1 + P, 4F)."""
        count = x.shape[1]
        edges = [round(part * count / self.portions) for part in range(self.portions + 1)] if self.portions else []
        spans = [(0, count), *pairwise(edges)]
        change = functional.pad((x[:, 1:] - x[:, :-1]).abs(), (0, 0, 0, 1))
        found = []
        for start, stop in spans:
            piece = x[:, start : max(stop, start + 1)]
            moved = change[:, start : max(stop, start + 1)].mean(1)
            found.append(torch.cat([piece.mean(1), piece.amax(1), piece.amin(1), 4 * moved], dim=-1))
        return torch.stack(found, dim=1)

    def parts(self, frames: int, device: torch.device) -> Tensor:
        """Which of the tower's frames belong to the whole and to each part, bool (1 + P, frames)."""
        inside = torch.ones(1 + self.portions, frames, dtype=torch.bool, device=device)
        middle = (torch.arange(frames, device=device) + 0.5) / frames
        for part in range(self.portions):
            low, high = part / self.portions, (part + 1) / self.portions
            inside[1 + part] = (middle >= low) & (middle < high)
            if not inside[1 + part].any():  # a clip of fewer frames than parts
                inside[1 + part, min(frames - 1, int(low * frames))] = True
        return inside


class TextTower(nn.Module):
    """Clauses of texts as sentence embeddings, and whether they deny, (N, C, S + 1) to vectors (N, D).

    Each clause is embedded by itself and says how much it matters; so a long description is as clear as a short one,
    and what is said of the speaker counts for little.
    """

    def __init__(self, config: MotionTextConfig) -> None:
        super().__init__()
        self.dropout = nn.Dropout(config.dropout)
        self.direct = nn.Linear(config.sentence + 1, config.dim)
        self.hidden = nn.Linear(config.sentence + 1, config.hidden)
        self.out = nn.Linear(config.hidden, config.dim + 1)

    def forward(self, clauses: Tensor, known: Tensor) -> Tensor:
        """Embeds.

        Args:
            clauses: Unit vectors of what clauses say and 1 where they deny it, else 0 (N, C, S + 1).
            known: bool (N, C), False for padding.
        """
        x = self.dropout(clauses)
        out = self.out(functional.gelu(self.hidden(x)))
        weights = torch.sigmoid(out[..., -1:] + 2.0) * known[..., None]
        return functional.normalize(((self.direct(x) + out[..., :-1]) * weights).sum(dim=1) + 1e-8, dim=-1)


class MotionTextNetwork(nn.Module):
    """Both towers and the scale of what goes into the motion tower.

    Attributes:
        feature_mean: Of the features (F,).
        feature_std: Of the features (F,).
    """

    feature_mean: Tensor
    feature_std: Tensor

    def __init__(self, inputs: int, config: MotionTextConfig) -> None:
        super().__init__()
        self.config = config
        self.motion = MotionTower(inputs, config)
        self.text = TextTower(config)
        self.register_buffer("feature_mean", torch.zeros(inputs), persistent=False)
        self.register_buffer("feature_std", torch.ones(inputs), persistent=False)

    def embed_motion(self, features: Tensor) -> Tensor:
        """Unit vectors (N, 1 + P, D) of features (N, T, F)."""
        scaled = (features - self.feature_mean) / self.feature_std
        vectors: Tensor = self.motion(scaled.clamp(-10, 10))
        return vectors

    def embed_text(self, clauses: Tensor, known: Tensor) -> Tensor:
        """Unit vectors (N, D) of clauses (N, C, S + 1), as `TextTower` takes them."""
        vectors: Tensor = self.text(clauses, known)
        return vectors

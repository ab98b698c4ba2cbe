"""Training of the motion-text encoder: a contrastive loss on what captions claim and motions show."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from visavis.models.base import Losses
from visavis.models.retrieval.facts import FACTS
from visavis.models.retrieval.features import MIRRORED
from visavis.models.retrieval.motion_text_network import MotionTextNetwork
from visavis.training.retrieval_captions import CaptionSet
from visavis.training.retrieval_clips import ClipSet

SOFTNESS = 0.05
"""Temperature of the targets, in units of fit."""
HIGHEST_SCALE = math.log(100.0)
SEEN_WEIGHT, HEARD_WEIGHT = 2.0, 2.0


@dataclass
class MotionTextBatch:
    """Clips with words.

    Attributes:
        features: (B, T, F).
        part: Which part of each clip has words of its own (B,).
        shown: Facts of the wholes, then of these parts (2B, facts).
        clauses: Sentence embeddings and denials (N, C, S + 1).
        known: bool (N, C).
        claimed: Facts claimed by each text (N, facts).
        weight: 1 where a text claims something (N, facts).
    """

    features: Tensor
    part: Tensor
    shown: Tensor
    clauses: Tensor
    known: Tensor
    claimed: Tensor
    weight: Tensor

    def to(self, device: torch.device) -> MotionTextBatch:
        """To a device."""
        return MotionTextBatch(*(getattr(self, field.name).to(device) for field in fields(self)))


class MotionTextSampler:
    """Draws batches of clips of one length: a function of the seed and the step's number."""

    def __init__(
        self, clips: ClipSet, captions: CaptionSet, batch_size: int, seed: int, *, among: NDArray[np.intp] | None = None
    ) -> None:
        """Takes the clips with the numbers `among`, all unless given."""
        self.captions, self.size, self.seed = captions, batch_size, seed
        lengths = np.array([len(rows) for rows in clips.rows])
        among = np.arange(len(lengths)) if among is None else among
        self._groups = {int(n): among[lengths[among] == n] for n in np.unique(lengths[among])}
        self._rows = clips.rows
        self._shown = np.array([[facts.vector for facts in each] for each in clips.facts], np.float32)

    def batch(self, step: int) -> MotionTextBatch:
        """The batch of step `step`."""
        rng = np.random.default_rng([self.seed, step])
        lengths = list(self._groups)
        sizes = np.array([len(self._groups[n]) for n in lengths], float)
        group = self._groups[lengths[int(rng.choice(len(lengths), p=sizes / sizes.sum()))]]
        chosen = rng.choice(group, min(self.size, len(group)), replace=False)
        rows = np.stack([self._rows[i] for i in chosen]).astype(np.float32)
        mirrored = rng.random(len(chosen)) < 0.5
        rows[mirrored] *= MIRRORED.astype(np.float32)
        parts = rng.integers(0, self.captions.parts.shape[1], len(chosen))
        which = rng.integers(0, self.captions.whole.shape[1], (2, len(chosen)))
        texts = np.concatenate([
            self.captions.whole[chosen, which[0]], self.captions.parts[chosen, parts],
            self.captions.contrary[chosen, which[1]], self.captions.whole[chosen, which[1]],
        ])  # fmt: skip
        clauses = self.captions.clauses[texts]
        clauses = clauses[:, : max(1, int((clauses >= 0).sum(1).max()))]
        shown = np.concatenate([self._shown[chosen, 0], self._shown[chosen, 1 + parts]])
        arrays = (
            rows, parts, shown, self.captions.vectors[np.maximum(clauses, 0)].astype(np.float32), clauses >= 0,
            self.captions.claimed[texts], self.captions.weight[texts],
        )  # fmt: skip
        return MotionTextBatch(*(torch.from_numpy(np.ascontiguousarray(array)) for array in arrays))


class MotionTextTraining(nn.Module):
    """A network with what only training needs: the temperature, and heads that read facts off the vectors."""

    def __init__(self, network: MotionTextNetwork) -> None:
        super().__init__()
        self.network = network
        self.scale = nn.Parameter(torch.tensor(math.log(14.0)))
        self.shown = nn.Linear(network.config.dim, len(FACTS))
        self.claimed = nn.Linear(network.config.dim, len(FACTS))

    def loss(self, batch: MotionTextBatch, generator: torch.Generator | None = None) -> Losses:
        """InfoNCE in both directions (van den Oord et al. 2018; temperature learnt as in CLIP), with soft targets.

        A clip is no negative for a caption because the caption was made of another clip, but because it does not
        show what the caption claims; contrary captions are negatives that nobody in the batch may fit. Dropout draws
        from PyTorch's own generator.
        """
        embedded = self.network.embed_motion(batch.features)
        rows = torch.arange(len(batch.part), device=embedded.device)
        motion = torch.cat([embedded[:, 0], embedded[rows, 1 + batch.part]])
        text = self.network.embed_text(batch.clauses, batch.known)
        logits = self.scale.clamp(max=HIGHEST_SCALE).exp() * text @ motion.T
        true = fit(batch.claimed, batch.weight, batch.shown)
        fitted = ((true.amax(1) - 0.4) / 0.4).clamp(0, 1)  # texts that nothing here fits say nothing of what is near
        to_motion = (_soft(logits, true) * fitted).sum() / fitted.sum().clamp(min=1)
        to_text = _soft(logits.T, true.T).mean()
        seen = functional.binary_cross_entropy_with_logits(self.shown(motion * 8), batch.shown)
        heard = functional.binary_cross_entropy_with_logits(self.claimed(text * 8), batch.claimed, batch.weight)
        total = (to_motion + to_text) / 2 + SEEN_WEIGHT * seen + HEARD_WEIGHT * heard
        with torch.no_grad():
            best = true.gather(1, logits.argmax(1, keepdim=True))[:, 0]
            share = ((best > 0.9 * true.amax(1)) * fitted).sum() / fitted.sum().clamp(min=1)
        parts = {
            "to_motion": to_motion, "to_text": to_text, "seen": seen, "heard": heard, "fitting_first": share,
            "scale": self.scale.exp(),
        }  # fmt: skip
        return Losses(total, {name: part.detach() for name, part in parts.items()})


def fit(claimed: Tensor, weight: Tensor, shown: Tensor) -> Tensor:
    """`visavis.models.retrieval.captions.fit` of tensors: (N, F), (N, F) and (M, F) to (N, M)."""
    weight = weight / weight.sum(1, keepdim=True).clamp(min=1e-9)
    out = torch.zeros(len(claimed), len(shown), device=claimed.device)
    for row, (says, counts) in enumerate(zip(claimed, weight, strict=True)):
        used = counts.nonzero()[:, 0]
        off = (says[used, None] - shown[:, used].T).abs()
        out[row] = counts[used] @ (1 - (1.4 * off).clamp(0, 1))
    return out


def _soft(logits: Tensor, true: Tensor) -> Tensor:
    """Divergence of what is predicted from the targets, by row; 0 at best."""
    target = (true / SOFTNESS).softmax(dim=1)
    return functional.kl_div(logits.log_softmax(dim=1), target, reduction="none").sum(dim=1)

"""DIM's losses: contrastive, and reconstruction of masked units and motion (section 3.3)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def contrastive_loss(speakers: Tensor, listeners: Tensor, temperature: float, usable: Tensor) -> Tensor:
    """InfoNCE: every speaker is to find the own listener among those of the batch (equation 5).

    Args:
        speakers: (B, C) pooled features; their directions count, not their lengths.
        listeners: (B, C), row i belonging to row i of `speakers`.
        temperature: tau.
        usable: (B,) bool; rows without motion of both neither ask nor answer.

    Returns:
        Mean over the rows that count; 0 where fewer than two do.
    """
    speakers, listeners = speakers[usable], listeners[usable]
    if len(speakers) < 2:
        return speakers.sum() * 0.0
    return functional.cross_entropy(
        similarity(speakers, listeners) / temperature, torch.arange(len(speakers), device=speakers.device)
    )


def similarity(speakers: Tensor, listeners: Tensor) -> Tensor:
    """Cosine of every speaker's features (S, C) with every listener's (L, C), (S, L)."""
    return functional.normalize(speakers.float(), dim=-1) @ functional.normalize(listeners.float(), dim=-1).T


def unit_loss(logits: Tensor, ids: Tensor, where: Tensor) -> Tensor:
    """Cross-entropy of the hidden units (equation 9, first term).

    Args:
        logits: (B, N, Q, K).
        ids: (B, N, Q) what they are.
        where: (B, N) bool, the units that count.
    """
    if not where.any():
        return logits.sum() * 0.0
    return functional.cross_entropy(logits[where].flatten(0, 1).float(), ids[where].flatten())


def motion_loss(predicted: Tensor, target: Tensor, where: Tensor, velocity: float = 0.0) -> Tensor:
    """Squared error per column on the hidden frames (equation 9, second term).

    Args:
        predicted: (B, T, D) normalised.
        target: What it should be.
        where: (B, T) bool, the frames that count.
        velocity: Weight of the same of changes from frame to frame, where both frames count.
    """
    difference = predicted - target
    found = _mean_square(difference, where)
    if velocity:
        found = found + velocity * _mean_square(difference.diff(dim=1), where[:, 1:] & where[:, :-1])
    return found


def _mean_square(difference: Tensor, where: Tensor) -> Tensor:
    weight = where.to(difference.dtype)
    return (difference.square().mean(-1) * weight).sum() / weight.sum().clamp_min(1.0)


def straight_through(logits: Tensor, codebook: Tensor, vectors: Tensor, where: Tensor) -> Tensor:
    """Vectors of chosen codes that pass gradients on to the logits (Bengio et al. 2013).

    Args:
        logits: (B, N, Q, K).
        codebook: (Q, K, C), what each quantizer's codes add to a vector.
        vectors: (B, N, C) of the codes that were chosen.
        where: (B, N) bool, units whose choice was the logits'.
    """
    expected = expected_vectors(logits, codebook)
    return vectors + (expected - expected.detach()) * where[..., None]


def expected_vectors(logits: Tensor, codebook: Tensor) -> Tensor:
    """Means of the vectors that codes stand for, by the codes' probabilities.

    Args:
        logits: (B, N, Q, K).
        codebook: (Q, K, C), what each quantizer's codes add to the vector of which all codes are the first.

    Returns:
        (B, N, C).
    """
    first = codebook[0, 0]
    added = torch.einsum("bnqk,qkc->bnc", logits.softmax(-1).to(codebook.dtype), codebook - first)
    return first + added

"""Partner ranking: the contrastive encoders asked to find the true partner among others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.models.dim.losses import similarity
from visavis.models.dim.masking import LISTENER, SPEAKER
from visavis.models.dim.model import Dim
from visavis.motion import Motion


@torch.inference_mode()
def pair_similarity(model: Dim, speakers: Sequence[Motion], listeners: Sequence[Motion]) -> NDArray[np.float32]:
    """How well each listener fits each speaker, (S, L), from -1 to 1.

    Clips longer than the model's window are compared window by window, the windows of one time with each other, and
    the cosines averaged; a pair is compared over the time that both have.

    Args:
        model: Pre-trained with the contrastive loss.
        speakers: In the model's space and frame rate; translation columns, where there are any, as offsets from the
            seat (`visavis.models.preprocessing.to_seat_frame`).
        listeners: Of the same kind.

    Raises:
        InputError: A motion is of another space or rate, or has no frames.
    """
    model.eval()
    seen = [
        _window_features(model, motions, person) for person, motions in ((SPEAKER, speakers), (LISTENER, listeners))
    ]
    longest = max(len(features) for side in seen for features in side)
    total = np.zeros((len(speakers), len(listeners)))
    count = np.zeros_like(total)
    for window in range(longest):
        rows = [i for i, features in enumerate(seen[SPEAKER]) if len(features) > window]
        columns = [i for i, features in enumerate(seen[LISTENER]) if len(features) > window]
        if rows and columns:
            stacked = [
                torch.stack([side[i][window] for i in chosen])
                for side, chosen in zip(seen, (rows, columns), strict=True)
            ]
            total[np.ix_(rows, columns)] += similarity(stacked[SPEAKER], stacked[LISTENER]).cpu().numpy()
            count[np.ix_(rows, columns)] += 1
    return (total / count).astype(np.float32)


def partner_ranks(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """The true partner's rank among all, (S,): 1 is best; ties take the middle of the ranks they share.

    Args:
        scores: (S, S) from `pair_similarity`, the true pairs on the diagonal.
    """
    true = np.diagonal(scores)[:, None]
    ranks: NDArray[np.float64] = 1.0 + (scores > true).sum(1) + ((scores == true).sum(1) - 1) / 2
    return ranks


def _window_features(model: Dim, motions: Sequence[Motion], person: int) -> list[torch.Tensor]:
    """Per motion what is contrasted of its windows (W, C); a last piece under half a window is left out."""
    found = []
    window = model.config.window
    for i, motion in enumerate(motions):
        model.check(motion, f"{('speaker', 'listener')[person]} {i}")
        if not len(motion):
            raise InputError(f"{('speaker', 'listener')[person]} {i} has no frames")
        starts = [s for s in range(0, len(motion), window) if s == 0 or len(motion) - s >= window // 2]
        values = np.zeros((len(starts), window, model.space.dim), np.float32)
        frames = np.zeros((len(starts), window), bool)
        for row, start in enumerate(starts):
            piece = motion.values[start : start + window]
            values[row, : len(piece)], frames[row, : len(piece)] = piece, True
        there = torch.from_numpy(frames).to(model.device)
        normal = model.normalise(torch.from_numpy(values).to(model.device), there)
        visible = model.real_units(there)
        found.append(model.contrastive_features(model.network.encoders[person](normal, visible), visible))
    return found

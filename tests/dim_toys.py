"""Pairs simple enough to learn in seconds: the listener answers the speaker's head with a delayed nod of its own."""

import numpy as np
import torch

from visavis.models.dim.batch import PairBatch
from visavis.models.dim.model import build_dim
from visavis.models.dim.statistics import Statistics
from visavis.models.registry import get_entry
from visavis.motion import ARKIT, Column, Motion, MotionSpace

PLAIN = MotionSpace("toy-signals", tuple(Column(f"s{i}", "coefficient", "expression") for i in range(5)))
"""A space that is not built in and knows no head, no lips and no place."""


def toy_pair(seed, frames, space=PLAIN):
    """Speaker and listener, (2, T, D): the listener follows the speaker's wave after eight frames."""
    rng = np.random.default_rng(seed)
    time, pace, phase = np.arange(frames), rng.uniform(0.15, 0.5), rng.uniform(0, 6)
    columns = np.linspace(0.3, 1.0, space.dim)
    speaker = np.sin(time * pace + phase)[:, None] * columns
    listener = np.sin((time - 8) * pace + phase)[:, None] * columns[::-1]
    return np.stack([speaker, listener]).astype(np.float32)


def toy_motions(count, frames=64, space=PLAIN, fps=25.0):
    pairs = [toy_pair(seed, frames, space) for seed in range(count)]
    return tuple([Motion(pair[i], fps, space) for pair in pairs] for i in range(2))


def toy_batch(count=8, *, window=32, space=PLAIN, audio_dim=0, seed=0):
    motion = torch.from_numpy(np.stack([toy_pair(seed * 1000 + i, window, space) for i in range(count)]))
    # What is heard is the speaker's wave, in as many copies as there are features.
    audio = motion[:, 0, :, :1].expand(-1, -1, audio_dim).contiguous()
    frames = torch.ones(count, 2, window, dtype=torch.bool)
    return PairBatch(motion, frames, audio, torch.full((count,), audio_dim > 0))


def toy_model(*changes, stage="pretrain", space=PLAIN, audio_dim=0, fps=25.0):
    torch.manual_seed(0)
    config = get_entry("dim").load_preset("debug", (*changes, *(() if audio_dim else ("encoder=null",))))
    model = build_dim(config, space, fps, Statistics.neutral(space.dim, audio_dim))
    model.begin(stage)
    return model


def fit(model, steps, batch, rate=3e-3):
    """Trains on one batch; losses per step."""
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], rate)
    model.train()
    generator, losses = torch.Generator().manual_seed(0), []
    for _ in range(steps):
        optimizer.zero_grad()
        total = model.loss(batch, generator).total
        total.backward()
        optimizer.step()
        losses.append(total.item())
    return losses


__all__ = ["ARKIT", "PLAIN", "fit", "toy_batch", "toy_model", "toy_motions", "toy_pair"]

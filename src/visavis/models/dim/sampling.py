"""Sampling motion from DIM: units round by round, windows one after the other.

The paper draws all units of a clip at once. Units drawn apart from each other need not fit together, so here a window
may be filled in over several rounds, the surest units first, the others then seeing them (Chang et al. 2022, MaskGIT);
and a window sees the end of the one before it, so that recordings of any length have no seams. One round and a clip
of one window is the paper's way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis.models.dim.core import DimCore
from visavis.models.dim.masking import LISTENER, SPEAKER
from visavis.models.windowing import Window, generate_windows, windows
from visavis.reporter import Update

Array = NDArray[np.float32]
Hearing = Callable[[int, int], Array]
"""Audio features (stop - start, F) of frames start to stop."""


@dataclass(frozen=True)
class Seen:
    """What is known in a window of T frames, a batch of one.

    Attributes:
        motion: (1, 2, T, D) normalised motion of both people, zero where unknown.
        visible: (1, 2, N) bool, units known.
        ids: (1, N, Q) the known units of the person to move.
        real: (1, N) bool, units within the recording.
        audio: (1, T, F) normalised.
        heard: (1,) bool.
    """

    motion: Tensor
    visible: Tensor
    ids: Tensor
    real: Tensor
    audio: Tensor
    heard: Tensor


@dataclass(frozen=True)
class _Decided:
    """What a window leaves for the next: the last units (N, Q) and the last normalised motion (T, D)."""

    ids: Tensor
    values: Tensor


@torch.inference_mode()
def sample(
    model: DimCore, person: int, frames: int, *, partner: Array | None, hearing: Hearing | None, seed: int,
    temperature: float | None = None, rounds: int | None = None, update: Update = lambda _share: None,
) -> Iterator[Array]:  # fmt: skip
    """Generates one person's motion.

    Args:
        model: Fine-tuned for that person.
        person: `SPEAKER` or `LISTENER`.
        frames: How many.
        partner: (frames, D) motion of the other one in the model's space, or None where it is not known.
        hearing: Gives the speaker's audio features; None where there is no sound.
        seed: Decides the draws.
        temperature: Of the draws, instead of the configured one; 0 takes the likeliest units, or with
            `sampling.expected` the mean of all.
        rounds: Instead of the configured number.
        update: Takes the share done.

    Yields:
        (T, D) consecutive pieces in physical units, `frames` frames in all.
    """
    model.eval()
    sampling, unit = model.config.sampling, model.downsample_factor
    warmth = sampling.temperature if temperature is None else temperature
    overlap = sampling.overlap // unit * unit
    generator = torch.Generator().manual_seed(seed)

    def decide(window: Window, before: _Decided | None) -> tuple[Tensor, _Decided | None]:
        seen = known_so_far(model, person, window, partner, hearing, before)
        ids, values = fill(model, person, seen, generator, warmth, sampling.rounds if rounds is None else rounds)
        new = values[0, : len(window)].clone()
        if before is not None:
            weight = _linear_fade(overlap).to(new.device)
            new[:overlap] = before.values + weight * (new[:overlap] - before.values)
        left = _Decided(ids[0, -overlap // unit :], new[-overlap:]) if overlap and window.stop < frames else None
        return new, left

    for piece in generate_windows(windows(frames, model.config.window, overlap, last="short"), decide, update):
        yield model.denormalise(piece).cpu().numpy()


def fill(
    model: DimCore, person: int, seen: Seen, generator: torch.Generator, temperature: float, rounds: int
) -> tuple[Tensor, Tensor]:
    """Decides all unknown units of a window.

    Returns:
        Units (1, N, Q) and normalised motion (1, T, D).
    """
    motion, visible, ids = seen.motion.clone(), seen.visible.clone(), seen.ids
    unknown = seen.real & ~visible[:, person]
    if not model.config.vq:
        out = _predict(model, person, motion, visible, seen)
        known = visible[:, person].repeat_interleave(model.downsample_factor, -1)[..., None]
        return ids, motion[:, person].where(known, model.frames(out, person))
    total = int(unknown.sum())
    for number in range(rounds):
        out = _predict(model, person, motion, visible, seen)
        drawn, logits = model.network.heads[person].draw(out, partial(_draw, temperature, generator))  # type: ignore[operator]
        sureness = logits.log_softmax(-1).gather(-1, drawn[..., None])[..., 0].mean(-1)  # of each unit
        ids = drawn.where(unknown[..., None], ids)
        if temperature == 0 and model.config.sampling.expected:
            values = model.expected_values(logits, ids, unknown, person)
        else:
            values = model.values(ids, person)
        left = math.floor(total * math.cos(math.pi / 2 * (number + 1) / rounds))
        if not left:
            break
        # The draw of what to keep is noisy at first, so that the sure and dull does not always come first.
        noise = _gumbel(sureness.shape, generator).to(sureness.device) * temperature * left / total
        worth = sureness + noise if model.config.sampling.order == "surest" else noise
        order = worth.masked_fill(~unknown, math.inf).argsort(-1)
        unknown = torch.zeros_like(unknown).scatter(1, order[:, :left], True)
        shown = seen.real & ~unknown
        fresh = (shown & ~seen.visible[:, person]).repeat_interleave(model.downsample_factor, -1)[..., None]
        motion[:, person] = values.where(fresh, seen.motion[:, person])
        visible[:, person] = shown
    return ids, values


def _predict(model: DimCore, person: int, motion: Tensor, visible: Tensor, seen: Seen) -> Tensor:
    network = model.network
    joint = network.joint_features(motion, visible)
    return network.decode(joint, visible, seen.audio, seen.heard, person, seen.real)


def _draw(temperature: float, generator: torch.Generator, logits: Tensor) -> Tensor:
    """Codes (...) drawn from logits (..., K)."""
    return (logits + _gumbel(logits.shape, generator).to(logits.device) * temperature).argmax(-1)


def _gumbel(shape: torch.Size, generator: torch.Generator) -> Tensor:
    """Noise whose addition to logits makes the maximum a draw; drawn on the processor, for the same on all devices."""
    uniform = torch.rand(shape, generator=generator).clamp(1e-9, 1 - 1e-7)
    return -(-uniform.log()).log()


def _linear_fade(count: int) -> Tensor:
    """Weights (count, 1) of the later window, 0 to 1."""
    return ((torch.arange(count, dtype=torch.float32) + 0.5) / count)[:, None]


def known_so_far(
    model: DimCore, person: int, window: Window, partner: Array | None, hearing: Hearing | None, before: _Decided | None
) -> Seen:
    """What is known in a window, padded to whole units."""
    start, stop = window.start, window.stop
    length, unit, device = len(window), model.downsample_factor, model.device
    units = -(-length // unit)
    frames = torch.zeros(1, 2, units * unit, dtype=torch.bool, device=device)
    raw = torch.zeros(1, 2, units * unit, model.space.dim, device=device)
    if partner is not None:
        raw[0, 1 - person, :length] = torch.from_numpy(np.ascontiguousarray(partner[start:stop])).to(device)
        frames[0, 1 - person, :length] = True
    motion = model.normalise(raw, frames)
    visible = model.real_units(frames)
    if model.config.network.branches == 1:
        visible[:, LISTENER] = False
    ids = torch.zeros(1, units, model.num_codebooks, dtype=torch.long, device=device)
    if before is not None:
        ids[0, : len(before.ids)] = before.ids
        motion[0, person, : len(before.values)] = before.values
        visible[0, person, : len(before.ids)] = person == SPEAKER or model.config.network.branches == 2
    audio = torch.zeros(1, units * unit, model.audio_dim, device=device)
    heard = torch.tensor([hearing is not None and model.audio_dim > 0], device=device)
    if heard:
        assert hearing is not None
        audio[0, :length] = model.normalize_audio(torch.from_numpy(hearing(start, stop)).to(device))
    real = torch.ones(1, units, dtype=torch.bool, device=device)
    return Seen(motion, visible, ids, real, audio, heard)

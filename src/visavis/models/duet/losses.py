"""Duet's losses (Talking Together, 3.4, 3.5 and 4.1)."""

from __future__ import annotations

import roma
import torch
from torch import Tensor

from visavis.models.batch import DyadBatch
from visavis.models.duet.config import LossConfig
from visavis.motion import MotionSpace

EYES = ("leftEye", "rightEye")


def turn_forward(rotation: Tensor, vector: Tensor) -> Tensor:
    """Rotates vectors (..., 3) by rotation vectors (..., 3)."""
    turned: Tensor = (roma.rotvec_to_rotmat(rotation) @ vector[..., None])[..., 0]
    return turned


def gaze_vectors(motion: Tensor, space: MotionSpace, *, through_head: bool) -> Tensor:
    """Unit gaze directions (..., 3), mean over both eyes.

    Args:
        motion: (..., D) in physical units.
        space: Must have eyes.
        through_head: Whether they are in the frame of the torso, turned by spine, neck and head where the space has
            them, or in that of the head.
    """
    forward = torch.zeros(3, device=motion.device, dtype=motion.dtype)
    forward[2] = 1.0

    def rotation(joint: str) -> Tensor:
        return motion[..., torch.as_tensor(space.indices([f"{joint}.{axis}" for axis in "xyz"]))]

    eyes = sum(turn_forward(rotation(eye), forward.expand_as(rotation(eye))) for eye in EYES)
    for joint in ("head", "neck", "spine") if through_head else ():
        if f"{joint}.x" in space.names:
            eyes = turn_forward(rotation(joint), eyes)  # type: ignore[arg-type]
    return torch.nn.functional.normalize(eyes, dim=-1)  # type: ignore[arg-type]


def column_weights(config: LossConfig, space: MotionSpace) -> dict[str, Tensor]:
    """Per part of the loss, (D,) weights that make it a weighted mean over that part's columns."""
    units = [column.unit for column in space.columns]
    parts = {
        "expression": (config.expression, [unit == "coefficient" for unit in units]),
        "rotation": (config.rotation, [unit == "rad" for unit in units]),
        "translation": (config.translation, [unit == "m" for unit in units]),
    }
    if config.lips and space.has("lips"):
        lips = set(space.indices("lips").tolist())
        parts["lips"] = (config.lips, [i in lips for i in range(space.dim)])
    return {
        name: torch.tensor(chosen, dtype=torch.float32) * (weight / sum(chosen))
        for name, (weight, chosen) in parts.items()
        if weight and any(chosen)
    }


def motion_losses(
    predicted: Tensor, target: Tensor, batch: DyadBatch, config: LossConfig, space: MotionSpace,
    scale: Tensor, mean: Tensor, velocity_basis: Tensor,
) -> dict[str, Tensor]:  # fmt: skip
    """All parts of the loss, weighted.

    Args:
        predicted: (B, 2, T, D) normalised clean motion.
        target: What it should be.
        batch: Says where it counts.
        config: Weights.
        space: Names the columns.
        scale: (D,) standard deviations, to return to physical units.
        mean: (D,).
        velocity_basis: See `Statistics`.
    """
    whole = (~batch.lips_only).to(predicted.dtype)[:, None, None]  # (B, 1, 1)
    frames = batch.frames.to(predicted.dtype)
    columns = batch.columns.to(predicted.dtype)
    full = frames * whole  # (B, 2, T): frames on which everything counts
    error = predicted - target
    observed = error.square() * columns[:, :, None]
    parts = {}
    for name, weights in column_weights(config, space).items():
        per_frame = observed @ weights.to(observed)
        parts[name] = _mean(per_frame, full)
    if batch.lips_only.any() and space.has("lips"):
        lips = torch.as_tensor(space.indices("lips"))
        speaks = (batch.condition.speaking > 0.5).to(predicted.dtype)
        counts = frames * speaks * (1 - whole)
        parts["speaker_lips"] = _mean(observed[..., lips].mean(-1), counts) * (config.expression + config.lips)
    if config.velocity:
        change = (error * columns[:, :, None] * scale).diff(dim=2) @ velocity_basis.T
        parts["velocity"] = _mean(change.square().mean(-1), full[..., 1:] * full[..., :-1]) * config.velocity
    if config.gaze and all(f"{eye}.x" in space.names for eye in EYES):
        chosen = full * batch.gaze.to(full.dtype)[:, None, None]
        if chosen.any():
            here, there = (
                gaze_vectors(motion * scale + mean, space, through_head=config.gaze_through_head)
                for motion in (predicted, target)
            )
            parts["gaze"] = _mean(1 - (here * there).sum(-1), chosen) * config.gaze
    return parts


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    """Mean of `values` over where `weights` count; 0 where nothing does."""
    return (values * weights).sum() / weights.sum().clamp_min(1.0)

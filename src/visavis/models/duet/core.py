"""Duet's training: a denoiser of both people's motion."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor

from visavis.models.base import BehaviorModel, Losses
from visavis.models.batch import Condition, DyadBatch
from visavis.models.duet.config import DuetConfig
from visavis.models.duet.losses import motion_losses
from visavis.models.duet.network import DualStreamUNet, Prepared
from visavis.models.duet.schedule import cosine_alphas
from visavis.models.duet.statistics import Statistics
from visavis.motion import ARKIT, MotionSpace


class DuetCore(BehaviorModel):
    """Everything of Duet that is learnt; `Duet` moves people with it.

    Attributes:
        network: The denoiser.
    """

    name = "duet"
    statistics_names = tuple(field.name for field in fields(Statistics))
    config: DuetConfig

    motion_mean: Tensor
    motion_std: Tensor
    audio_mean: Tensor
    audio_std: Tensor
    velocity_basis: Tensor
    gaze_threshold: Tensor
    alphas: Tensor

    def __init__(
        self, config: DuetConfig, space: MotionSpace = ARKIT, fps: float = 25.0, statistics: Statistics | None = None
    ) -> None:
        super().__init__()
        self.config, self.space, self.fps = config, space, fps
        self.provenance: dict[str, Any] = {"model": "duet", "weights": "untrained"}
        self.network = DualStreamUNet(self.space.dim, config.audio_dim, config.network)
        statistics = statistics or Statistics.neutral(self.space, config.audio_dim)
        statistics.check(self.space, config.audio_dim, "statistics")
        for field in fields(Statistics):
            self.register_buffer(field.name, getattr(statistics, field.name).float(), persistent=False)
        self.register_buffer("alphas", cosine_alphas(config.diffusion.train_steps), persistent=False)

    @property
    def statistics(self) -> Statistics:
        """The corpus's statistics, as they travel with the weights."""
        return Statistics(**{field.name: getattr(self, field.name) for field in fields(Statistics)})

    # Training

    def loss(self, batch: DyadBatch, generator: torch.Generator | None = None) -> Losses:
        """One denoising task per sample: L2 to the clean motion, and the auxiliary losses."""
        count = len(batch)
        rest: dict[str, Any] = {"generator": generator, "device": batch.motion.device}
        target = torch.nan_to_num(self.normalise(batch.motion)) * batch.frames[..., None]
        level = torch.rand(count, **rest) ** (1 / (1 + self.config.diffusion.noise_emphasis))
        step = (level * self.config.diffusion.train_steps).long().clamp_max(self.config.diffusion.train_steps - 1)
        noise = torch.randn(target.shape, **rest)
        keep = torch.rand(count, **rest) >= self.config.diffusion.condition_dropout
        alpha = self.alphas[step][:, None, None, None]
        noisy = alpha.sqrt() * target + (1 - alpha).sqrt() * noise
        predicted = self.network(noisy, step, self.prepare(batch.condition, keep))
        parts = motion_losses(
            predicted.float(), target, batch, self.config.losses, self.space,
            self.motion_std, self.motion_mean, self.velocity_basis,
        )  # fmt: skip
        total = sum(parts.values(), torch.zeros((), device=target.device))
        return Losses(total, {name: part.detach() for name, part in parts.items()})

    def prepare(self, condition: Condition, keep: Tensor | None = None) -> Prepared:
        """Everything the denoiser needs of a condition with a batch axis (audio not yet normalised)."""
        audio = (condition.audio.float() - self.audio_mean) / self.audio_std
        return self.network.prepare(replace(condition, audio=audio), keep)

    def normalise(self, motion: Tensor) -> Tensor:
        """Physical units -> zero mean, unit scale."""
        return (motion - self.motion_mean) / self.motion_std

    def denormalise(self, motion: Tensor) -> Tensor:
        """Zero mean, unit scale -> physical units."""
        return motion * self.motion_std + self.motion_mean

    # Generation

    def denoiser(self, condition: Condition, guidance: float) -> Any:
        """A function (x_t (S, 2, T, D), step) -> predicted x0, guided.

        The condition (no batch axis) is encoded once, with and without audio, for all steps.
        """
        audible = torch.tensor([True] if guidance == 1 else [True, False], device=self.device)
        prepared = self.prepare(condition.to(self.device).batched(len(audible)), audible)

        def denoise(noisy: Tensor, step: int) -> Tensor:
            guided = []
            for sample in noisy:
                both = sample.expand(len(audible), *sample.shape)
                when = torch.full((len(audible),), step, device=self.device)
                found = self.network(both, when, prepared)
                guided.append(found[0] if guidance == 1 else found[1] + guidance * (found[0] - found[1]))
            return torch.stack(guided)

        return denoise

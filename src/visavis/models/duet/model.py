"""Duet: both people's motion from what is heard, as one diffusion model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.models.base import BehaviorModel, Capabilities, Losses, SamplingOption, chosen_options
from visavis.models.batch import Condition, DyadBatch
from visavis.models.cues import check_cues
from visavis.models.duet.config import DuetConfig
from visavis.models.duet.losses import motion_losses
from visavis.models.duet.network import DualStreamUNet, Prepared
from visavis.models.duet.statistics import Statistics
from visavis.models.preprocessing import placed_motion
from visavis.models.samples import sample_seed, with_motion
from visavis.motion import ARKIT, MotionSpace
from visavis.reporter import Update, portion

MAX_GUIDANCE = 20.0


class Duet(BehaviorModel):
    """The dual-stream diffusion model of Talking Together, in any motion space.

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
        self.register_buffer("alphas", self.schedule.alphas_cumprod.float(), persistent=False)

    @property
    def statistics(self) -> Statistics:
        """The corpus's statistics, as they travel with the weights."""
        return Statistics(**{field.name: getattr(self, field.name) for field in fields(Statistics)})

    @property
    def capabilities(self) -> Capabilities:
        """Speakers and listeners from the sound and who speaks when."""
        diffusion = self.config.diffusion
        options = {
            "guidance_scale": SamplingOption(
                diffusion.guidance_scale, 0.0, MAX_GUIDANCE, "classifier-free guidance weight; 1 is none"
            ),
            "steps": SamplingOption(diffusion.sample_steps, 1, diffusion.train_steps, "DDIM steps"),
        }
        return Capabilities(
            roles=frozenset({"speaker", "listener"}), needs=frozenset({"audio", "speaking"}), writes=self.space,
            options=options,
        )  # fmt: skip

    @classmethod
    def build(
        cls, config: DuetConfig, space: MotionSpace, fps: float, statistics: Mapping[str, Tensor],
        state: Mapping[str, Any],
    ) -> Duet:  # fmt: skip
        """An untrained Duet; see `BehaviorModel.build`."""
        return cls(config, space, fps, Statistics(**statistics))

    def card(self) -> list[str]:
        """What it does and where its limits are."""
        diffusion = self.config.diffusion
        return [
            "Moves two people who talk with each other - faces, heads, eyes and places in the room - from the sound of "
            "their conversation: a dual-stream diffusion model after *Talking Together* (Shan et al.).", "",
            f"- Windows of {self.config.window} frames; audio features `{self.config.encoder}`; width "
            f"{self.config.network.width}; {diffusion.sample_steps} DDIM steps, guidance "
            f"{diffusion.guidance_scale:g}.", "",
            "It learns from what its corpus shows: behaviour that a simulated corpus only imitates (gaze, nods, "
            "smiles) is an imitation here too. It does not understand words. It should not be used to make real people "
            "appear to do what they did not do.",
        ]  # fmt: skip

    @cached_property
    def schedule(self) -> Any:
        """A fresh DDIM scheduler: cosine schedule, predicts the clean sample, ends in pure noise."""
        return self.scheduler()

    def scheduler(self, steps: int | None = None) -> Any:
        """A DDIM scheduler set to `steps` steps (its own state, so that several can run side by side)."""
        from diffusers.schedulers.scheduling_ddim import DDIMScheduler

        scheduler = DDIMScheduler(
            num_train_timesteps=self.config.diffusion.train_steps,
            beta_schedule="squaredcos_cap_v2",
            prediction_type="sample",
            clip_sample=False,
            set_alpha_to_one=True,
            timestep_spacing="trailing",
        )
        if steps is not None:
            if not 1 <= steps <= self.config.diffusion.train_steps:
                raise InputError(f"{steps} sampling steps; 1 to {self.config.diffusion.train_steps} are possible")
            scheduler.set_timesteps(steps)
        return scheduler

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
        return self.network.prepare(self.network.encode(replace(condition, audio=audio), keep))

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

    def generate(
        self, conversation: Conversation, people: Sequence[int] = (0, 1), *, samples: int = 1, seed: int = 0,
        options: Mapping[str, float] = MappingProxyType({}), update: Update = lambda _share: None,
    ) -> list[Conversation]:  # fmt: skip
        """Moves people from the sound: each by the own voice where both are known apart, else by the mixed track.

        Both people are always generated together; whoever is not in `people` keeps the motion that is there.
        """
        from visavis.models.duet.sampling import ConversationCondition, sample

        check_cues(conversation, people, self.capabilities, self.name)
        chosen = chosen_options(self.capabilities, options, self.name)
        condition = ConversationCondition(conversation, self)
        found = []
        for number in range(samples):
            pieces = sample(
                self, condition, seed=condition.noise_seed(sample_seed(seed, number)),
                guidance=chosen["guidance_scale"], steps=int(chosen["steps"]),
                update=portion(update, number / samples, 1 / samples),
            )  # fmt: skip
            values = np.concatenate(list(pieces), axis=1)
            moved = {p: placed_motion(values[p], condition.seats[p], self.space, self.fps) for p in people}
            found.append(
                with_motion(conversation, moved, {**self.provenance, "seed": seed, "sample": number, **chosen})
            )
        return found

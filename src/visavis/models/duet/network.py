"""The dual-stream denoiser: one U-Net over time, used for both people, who attend to each other.

Talking Together, sections 3.3 and suppl. 2.1. The paper leaves open how identity and the audio front end are built;
ours are a linear layer and dilated convolutions. Positions enter as what each person sees: where the other is in the
frame of one's own torso, so that turning or moving the whole room changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from visavis.behavior.performing.performer import COLUMNS
from visavis.models.batch import Condition
from visavis.models.blocks.attention import TimeAttention
from visavis.models.blocks.embedding import StepEmbedding
from visavis.models.blocks.film import FilmBlock
from visavis.models.blocks.temporal import DilatedBlock, TemporalConv
from visavis.models.duet.config import NetworkConfig

DILATIONS = (1, 2, 4)
LAYOUT = 10
"""Columns of `layout_features`."""


def layout_features(seats: Tensor) -> Tensor:
    """What each of two people sees of where the other is, from (..., 2, 4) positions and yaws, (..., 2, LAYOUT).

    The other's place in one's torso frame (metres and as a direction), distance, the other's torso yaw relative to
    one's own, and both heights.
    """
    position, yaw = seats[..., :3], seats[..., 3]
    away = position.flip(-2) - position
    cos, sin = yaw.cos(), yaw.sin()
    left = cos * away[..., 0] - sin * away[..., 2]
    front = sin * away[..., 0] + cos * away[..., 2]
    up = away[..., 1]
    distance = torch.stack([left, up, front], -1).norm(dim=-1).clamp_min(1e-6)
    turn = yaw.flip(-1) - yaw
    height = position[..., 1]
    columns = [left, up, front, left / distance, up / distance, front / distance, distance.log()]
    return torch.stack([*columns, turn.cos(), turn.sin(), height - 1.4], -1)


@dataclass(frozen=True)
class Prepared:
    """What of a condition is the same at every denoising step.

    Attributes:
        entry: The input's share.
        modulations: Each block's FiLM share.
        direct: The plan's share of the output (B, 2, T, D), where there is a plan.
    """

    entry: Tensor
    modulations: tuple[Tensor, ...]
    direct: Tensor | None = None


class SubBlock(nn.Module):
    """A FiLM block, then attention within the stream and to the other stream, where the block has them."""

    def __init__(self, inputs: int, config: NetworkConfig, *, attend: bool, cross: bool) -> None:
        super().__init__()
        self.film = FilmBlock(inputs, config.width, config.condition, config.width)
        self.attend = TimeAttention(config.width, config.heads) if attend else None
        self.cross = TimeAttention(config.width, config.heads) if cross else None

    def forward(self, x: Tensor, modulation: Tensor, step: Tensor) -> Tensor:
        """Transforms x (2B, T, inputs), rows A and B in turn, to (2B, T, width)."""
        x = self.film(x, modulation, step)
        if self.attend is not None:
            x = self.attend(x)
        if self.cross is not None:
            frames, width = x.shape[1:]
            partner = x.view(-1, 2, frames, width).flip(1).reshape(x.shape)
            x = self.cross(x, partner)
        return x


class DualStreamUNet(nn.Module):
    """Predicts the clean motion of both people from noisy motion, the step and the condition.

    Args:
        dim: Columns of the motion.
        audio_dim: Audio features per frame.
        config: Sizes and switches.
    """

    def __init__(self, dim: int, audio_dim: int, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        width, roles = config.width, config.role
        self.audio_in = nn.Linear(audio_dim, width)
        blocks = (DilatedBlock(width, DILATIONS[i % len(DILATIONS)]) for i in range(config.audio_blocks))
        self.audio_blocks = nn.Sequential(*blocks, nn.LayerNorm(width))
        self.no_audio = nn.Parameter(torch.zeros(width))
        self.roles = nn.Parameter(torch.randn(2, roles)) if roles else None  # e_speak, e_listen
        planned = len(COLUMNS) if config.plan else 0
        known = width + (2 * roles + 2 if roles else 0) + LAYOUT + config.identity + 2 * planned
        self.condition = nn.Sequential(
            nn.Linear(known, config.condition), nn.SiLU(), nn.Linear(config.condition, config.condition), nn.SiLU()
        )
        self.step = StepEmbedding(width)
        self.motion_in = TemporalConv(dim, width)
        self.condition_in = nn.Linear(config.condition, width, bias=False)
        every = config.cross_attention == "all"
        strided = config.cross_attention != "none"

        def block(first: int, *, attend: bool, cross: bool) -> nn.ModuleList:
            return nn.ModuleList(SubBlock(inputs, config, attend=attend, cross=cross) for inputs in (first, width))

        self.encoder = block(width, attend=False, cross=False)
        self.down = TemporalConv(width, width, stride=2)
        self.encoder_strided = block(width, attend=True, cross=False)
        self.decoder_strided = block(2 * width, attend=True, cross=strided)
        self.up = TemporalConv(width, width)
        self.decoder = block(2 * width, attend=False, cross=every)
        self.out_norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, dim)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        self.planned = nn.Linear(planned, dim, bias=False) if planned else None
        if self.planned is not None:
            nn.init.zeros_(self.planned.weight)

    def encode(self, condition: Condition, keep: Tensor | None = None) -> Tensor:
        """The conditioning vector c(k) of every frame (before eq. FiLM), (B, 2, T, C).

        Args:
            condition: With a batch axis; audio already normalised.
            keep: (B,) bool, False where the audio is withheld; all True unless given.
        """
        batch, _, frames, features = condition.audio.shape
        audio = self.audio_blocks(self.audio_in(condition.audio.reshape(-1, frames, features)))
        audio = audio.view(batch, 2, frames, -1)
        if keep is not None:
            audio = torch.where(keep[:, None, None, None], audio, self.no_audio.to(audio.dtype))
        known = [audio]
        if self.roles is not None:
            mask = condition.speaking[..., None].to(audio.dtype)
            role = mask * self.roles[0] + (1 - mask) * self.roles[1]  # eq. 5
            known += [role, role.flip(1), mask, mask.flip(1)]
        if self.planned is not None:
            known += [condition.performed, condition.performed.flip(1)]
        still = [layout_features(condition.seats), condition.identity[..., : self.config.identity]]
        known += [x[:, :, None].expand(-1, -1, frames, -1).to(audio.dtype) for x in still]
        encoded: Tensor = self.condition(torch.cat(known, dim=-1))
        return encoded

    def prepare(self, condition: Condition, keep: Tensor | None = None) -> Prepared:
        """Everything that depends on the condition alone; see `encode`."""
        encoded = self.encode(condition, keep)
        full = encoded.flatten(0, 1)
        half = full[:, ::2]
        fine, coarse = (self.encoder, self.decoder), (self.encoder_strided, self.decoder_strided)
        order = [(fine[0], full), (coarse[0], half), (coarse[1], half), (fine[1], full)]
        shares = tuple(sub.film.modulation(c) for subs, c in order for sub in subs)  # type: ignore[union-attr,operator]
        direct = None if self.planned is None else self.planned(condition.performed)
        return Prepared(self.condition_in(full), shares, direct)

    def forward(self, noisy: Tensor, step: Tensor, prepared: Prepared) -> Tensor:
        """Denoises (eq. 2).

        Args:
            noisy: (B, 2, T, D) normalised motion at diffusion step `step`.
            step: (B,) diffusion steps.
            prepared: From `prepare`.

        Returns:
            (B, 2, T, D) the predicted clean motion.
        """
        batch, _, frames, dim = noisy.shape
        embedded = self.step(step).repeat_interleave(2, dim=0)
        shares = iter(prepared.modulations)

        def run(subs: nn.ModuleList, x: Tensor) -> Tensor:
            for sub in subs:
                x = sub(x, next(shares), embedded)
            return x

        entry = self.motion_in(noisy.reshape(2 * batch, frames, dim)) + prepared.entry
        fine = run(self.encoder, entry)
        low = self.down(fine)
        coarse = run(self.encoder_strided, low)
        coarse = run(self.decoder_strided, torch.cat([coarse, low], dim=-1))
        raised = self.up(coarse.repeat_interleave(2, dim=1)[:, :frames])
        fine = run(self.decoder, torch.cat([raised, fine], dim=-1))
        motion: Tensor = self.out(self.out_norm(fine)).view(batch, 2, frames, dim)
        return motion if prepared.direct is None else motion + prepared.direct

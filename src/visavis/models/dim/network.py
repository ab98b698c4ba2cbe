"""The network of Dyadic Interaction Modeling: two role-specific encoders, a joint encoder, a joint decoder.

Time runs in units of `factor` frames. What is hidden is neither embedded nor attended to, which is the same as
dropping it from the sequence, at fixed shapes. Equation numbers are those of the paper (Tran et al., section 3.3).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from visavis.models.blocks.embedding import sinusoid
from visavis.models.blocks.temporal import DilatedBlock
from visavis.models.dim.config import NetworkConfig
from visavis.models.dim.heads import AutoregressiveHead, IndependentHead
from visavis.models.dim.masking import LISTENER, SPEAKER


def patches(x: Tensor, factor: int) -> Tensor:
    """(B, T, C) frames side by side in units, (B, T / factor, factor * C)."""
    count, frames, width = x.shape
    return x.reshape(count, frames // factor, factor * width)


def positions(count: int, width: int, device: torch.device) -> Tensor:
    """(N, width) sinusoidal positional embeddings."""
    return sinusoid(torch.arange(count, device=device), width)


def transformer(width: int, layers: int, config: NetworkConfig) -> nn.TransformerEncoder:
    """Layers of self-attention that take (B, N, width)."""
    layer = nn.TransformerEncoderLayer(
        width, config.heads, config.feed_forward, config.dropout, "gelu", batch_first=True, norm_first=True
    )
    return nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)


class RoleEncoder(nn.Module):
    """One person's visible motion, encoded for that person's role: Enc^(s) or Enc^(l), equation 4 and after.

    A token that stands for the role is always visible, so that there is something to attend to when all is hidden.
    """

    def __init__(self, dim: int, factor: int, config: NetworkConfig) -> None:
        super().__init__()
        self.downsample_factor = factor
        self.embed = nn.Linear(factor * dim, config.width)
        self.role = nn.Parameter(torch.randn(config.width) * 0.02)
        self.token = nn.Parameter(torch.randn(config.width) * 0.02)
        self.layers = transformer(config.width, config.layers, config)

    def forward(self, motion: Tensor, visible: Tensor) -> Tensor:
        """Encodes.

        Args:
            motion: (B, T, D) normalised.
            visible: (B, N) bool.

        Returns:
            (B, 1 + N, width): the role's token, then the units, zero where they are hidden.
        """
        x = patches(motion, self.downsample_factor).where(visible[..., None], 0.0)
        x = self.embed(x) + self.role + positions(x.shape[1], self.role.shape[0], x.device)
        x = torch.cat([self.token.expand(len(x), 1, -1), x], 1)
        kept = with_token(visible)
        encoded: Tensor = self.layers(x, src_key_padding_mask=~kept).where(kept[..., None], 0.0)
        return encoded


def with_token(visible: Tensor) -> Tensor:
    """(B, N) to (B, 1 + N): the role's token is always seen."""
    return nn.functional.pad(visible, (1, 0), value=True)


def pooled(encoded: Tensor, visible: Tensor) -> Tensor:
    """Mean over the visible units, (B, width): x_i of equation 5. The token alone where there are none."""
    weight = with_token(visible).to(encoded.dtype)
    weight[:, 0] = (~visible.any(1)).to(encoded.dtype)
    return (encoded * weight[..., None]).sum(1) / weight.sum(1, keepdim=True)


def centered_features(encoded: Tensor, visible: Tensor) -> Tensor:
    """Features of the visible units about their mean over time, side by side, (B, N * width); zero where hidden.

    The cosine of two people's is a correlation over time, to which only what happens at one time adds up: what
    distinguishes people, and not moments, cancels.
    """
    units, weight = encoded[:, 1:], visible[..., None].to(encoded.dtype)
    mean = (units * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True).clamp_min(1.0)
    return ((units - mean) * weight).flatten(1)


class AudioTower(nn.Module):
    """Audio features (B, T, F) for the decoder, (B, N, width); the same learnt vector where nothing is heard."""

    def __init__(self, audio_dim: int, factor: int, config: NetworkConfig) -> None:
        super().__init__()
        self.downsample_factor = factor
        self.silence = nn.Parameter(torch.randn(config.audio) * 0.02)
        if audio_dim:
            self.withhold = nn.Dropout(config.audio_dropout)
            self.embed = nn.Linear(audio_dim, config.audio)
            dilations = [2 ** (i % 3) for i in range(config.audio_blocks)]
            self.blocks = nn.Sequential(*(DilatedBlock(config.audio, dilation) for dilation in dilations))
            self.merge = nn.Linear(factor * config.audio, config.audio)

    def forward(self, audio: Tensor, heard: Tensor) -> Tensor:
        """Embeds normalised features where `heard` (B,) says that there is sound."""
        units = audio.shape[1] // self.downsample_factor
        nothing = self.silence.expand(len(heard), units, -1)
        if not audio.shape[-1]:
            return nothing
        x = self.blocks(self.embed(self.withhold(audio.where(heard[:, None, None], 0.0))))
        embedded: Tensor = self.merge(patches(x, self.downsample_factor)).where(heard[:, None, None], nothing)
        return embedded


class JointDecoder(nn.Module):
    """Padded features of both people and the speaker's sound to features of what one person does (equation 7)."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.width
        self.decodes_from = config.decodes_from
        self.roles = nn.Parameter(torch.randn(2, width) * 0.02)
        self.mask_tokens = nn.Parameter(torch.randn(2, width) * 0.02)
        self.merge = nn.Linear(2 * width + config.audio, width)
        self.layers = transformer(width, config.layers, config)

    def forward(
        self, joint: tuple[Tensor, Tensor], visible: Tensor, audio: Tensor, person: int, real: Tensor
    ) -> Tensor:
        """Decodes.

        Args:
            joint: j^(s) and j^(l), (B, N, width) each.
            visible: (B, 2, N) bool, where they mean something; mask tokens go elsewhere.
            audio: (B, N, audio).
            person: Whose units are wanted.
            real: (B, N) bool, units that exist.

        Returns:
            (B, N, width).
        """
        padded = [
            joint[p].where(visible[:, p, :, None], self.mask_tokens[p]) + self.roles[p] for p in (SPEAKER, LISTENER)
        ]
        own, other = padded[person], padded[1 - person]
        if self.decodes_from == "partner":
            own = self.roles[person].expand_as(other)
        where = positions(own.shape[1], own.shape[2], own.device)
        x = self.merge(torch.cat([own, other, audio], -1)) + where
        some = real.any(1, keepdim=True)
        features: Tensor = self.layers(x, src_key_padding_mask=~(real | ~some))
        return features


class DyadNetwork(nn.Module):
    """Everything between motion and predicted units.

    Args:
        dim: D, columns of the motion.
        audio_dim: F, features per frame; 0 where the model hears nothing.
        factor: Frames per unit.
        codes: Codes per unit and how many there are to choose from; None where motion is predicted without units.
        config: Sizes and switches.
    """

    def __init__(
        self, dim: int, audio_dim: int, factor: int, codes: tuple[int, int] | None, config: NetworkConfig
    ) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(RoleEncoder(dim, factor, config) for _ in range(2))
        self.joint = transformer(config.width, config.layers, config)
        self.audio = AudioTower(audio_dim, factor, config)
        self.decoder = JointDecoder(config)
        self.heads = nn.ModuleList(_head(factor * dim, codes, config) for _ in range(2))

    def encode(self, motion: Tensor, visible: Tensor) -> list[Tensor]:
        """Role-specific features of both people.

        Args:
            motion: (B, 2, T, D) normalised.
            visible: (B, 2, N) bool.

        Returns:
            x^(s) and x^(l), (B, 1 + N, width) each.
        """
        return [encoder(motion[:, p], visible[:, p]) for p, encoder in enumerate(self.encoders)]

    def fuse(self, encoded: list[Tensor], visible: Tensor) -> tuple[Tensor, Tensor]:
        """Joint features j^(s) and j^(l) (equation 6), (B, N, width) each, zero where hidden."""
        kept = torch.cat([with_token(visible[:, p]) for p in (SPEAKER, LISTENER)], 1)
        fused = self.joint(torch.cat(encoded, 1), src_key_padding_mask=~kept)
        speaker, listener = fused.chunk(2, 1)
        return speaker[:, 1:], listener[:, 1:]

    def joint_features(self, motion: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
        """Both steps; neither where nothing is visible, as to DIM-Speaker: mask tokens then replace everything."""
        if visible.any():
            return self.fuse(self.encode(motion, visible), visible)
        nothing = motion.new_zeros(*visible[:, 0].shape, self.decoder.roles.shape[-1])
        return nothing, nothing

    def decode(
        self, joint: tuple[Tensor, Tensor], visible: Tensor, audio: Tensor, heard: Tensor, person: int, real: Tensor
    ) -> Tensor:
        """Features (B, N, width) of what `person` does; see `JointDecoder` for the arguments, audio being (B, T, F)."""
        features: Tensor = self.decoder(joint, visible, self.audio(audio, heard), person, real)
        return features


def _head(outputs: int, codes: tuple[int, int] | None, config: NetworkConfig) -> nn.Module:
    if codes is None:
        return nn.Linear(config.width, outputs)
    kind = AutoregressiveHead if config.autoregressive and codes[0] > 1 else IndependentHead
    return kind(config.width, *codes)

"""FaceFormer-like: speech to motion, autoregressive over frames.

After Y. Fan et al., "FaceFormer: Speech-Driven 3D Facial Animation with Transformers", CVPR 2022. `biased` has the
decoder. The speech encoder is whatever `visavis.features` offers, not tuned along, with a few convolutions on top.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from visavis.models.baselines.biased import BiasedDecoder, Past
from visavis.models.baselines.config import FaceFormerConfig
from visavis.models.baselines.seen import Seen
from visavis.models.baselines.trained import Batch, Trained, masked_mse, velocity_mse
from visavis.models.blocks.temporal import DilatedBlock


class SpeechEncoder(nn.Module):
    """Audio features of both halves of each motion frame, (B, T, F), to vectors (B, T, 2, C) that know their sound."""

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.enter = nn.Linear(features // 2 + 2, width)
        self.blocks = nn.Sequential(*(DilatedBlock(width, d) for d in (1, 2, 4)), nn.LayerNorm(width))

    def forward(self, seen: Seen) -> Tensor:
        """Encodes; who speaks, if known, is put beside the sound."""
        assert seen.sound is not None
        batch, frames, features = seen.sound.shape
        halves = seen.sound.reshape(batch, 2 * frames, features // 2)
        roles = seen.sound.new_zeros(batch, frames, 2) if seen.roles is None else seen.roles
        x = self.enter(torch.cat([halves, roles.repeat_interleave(2, 1)], -1))
        encoded: Tensor = self.blocks(x).view(batch, frames, 2, -1)
        return encoded


class SpeechToMotion(nn.Module):
    """Predicts each frame from the sound at that moment and from the frames it predicted before."""

    def __init__(self, features: int, config: FaceFormerConfig, outputs: int) -> None:
        super().__init__()
        self.listen = SpeechEncoder(features, config.width)
        self.enter = nn.Linear(outputs, config.width)
        self.decoder = BiasedDecoder(config.width, config.heads, config.layers, config.period, config.window)
        self.out = nn.Linear(config.width, outputs)
        nn.init.zeros_(self.out.weight)  # begins at the mean pose
        nn.init.zeros_(self.out.bias)

    def forward(self, sound: Tensor, before: Tensor) -> Tensor:
        """All frames at once, from encoded sound and the frame before each, (B, T, M)."""
        motion: Tensor = self.out(self.decoder(self.enter(before), sound))
        return motion

    def speak(self, sound: Tensor) -> Tensor:
        """(B, T, M) frame by frame, from encoded sound (B, T, 2, C)."""
        frame = sound.new_zeros(len(sound), 1, self.out.out_features)
        past: Past = []
        frames = []
        for i in range(sound.shape[1]):
            hidden, past = self.decoder.step(self.enter(frame), sound[:, i : i + 1], i, past)
            frame = self.out(hidden)
            frames.append(frame)
        return torch.cat(frames, 1)


class FaceFormer(Trained):
    """Regression with memory: one answer for one sound."""

    name = "faceformer"
    roles = frozenset({"speaker"})
    voice = "own"
    does = "Animates a speaker from the own voice, frame by frame, after FaceFormer (Fan et al. 2022)."
    config: FaceFormerConfig

    def make_networks(self) -> None:
        """Encoder and decoder."""
        self.network = SpeechToMotion(self.sizes.sound, self.config, self.columns)

    def losses(self, batch: Batch, generator: torch.Generator | None) -> dict[str, Tensor]:
        """Squared errors of columns and changes, first without any past and then on what that predicted.

        The second pass is what the original does frame by frame: the past is the network's own.
        """
        heard = self.network.listen(batch.seen)
        before = torch.zeros_like(batch.target)
        parts: dict[str, Tensor] = {}
        for name in ("", "_again"):
            predicted = self.network(heard, before)
            parts[f"error{name}"] = masked_mse(predicted, batch.target, batch.frames)
            parts[f"velocity{name}"] = self.config.velocity * velocity_mse(predicted, batch.target, batch.frames)
            before = torch.cat([torch.zeros_like(predicted[:, :1]), predicted[:, :-1].detach()], 1)
        return parts

    def respond(self, seen: Seen, frames: int, generator: torch.Generator) -> Tensor:
        """The same for every seed."""
        return self.network.speak(self.network.listen(seen))

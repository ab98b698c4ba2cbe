"""FaceFormer-like: speech to motion, one frame after the other.

After Y. Fan et al., "FaceFormer: Speech-Driven 3D Facial Animation with Transformers", CVPR 2022. `biased` has the
decoder. The speech encoder is whatever `visavis.features` offers, not tuned along, with a few convolutions on top.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from visavis.models.baselines.biased import BiasedDecoder, Past
from visavis.models.baselines.trained import (
    WINDOW,
    Seen,
    Trained,
    draw,
    masked_mse,
    optimise,
    velocity_mse,
)
from visavis.models.blocks.temporal import DilatedBlock

WIDTH, HEADS, LAYERS = 64, 4, 1
PERIOD = 25
"""Frames: 1 s at 25 frames per second."""
VELOCITY = 1.0
"""Weight of the error of the changes."""


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
        roles = torch.zeros(batch, frames, 2) if seen.roles is None else seen.roles
        x = self.enter(torch.cat([halves, roles.repeat_interleave(2, 1)], -1))
        return self.blocks(x).view(batch, frames, 2, -1)


class SpeechToMotion(nn.Module):
    """Predicts each frame from the sound at that moment and from the frames it predicted before."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.listen = SpeechEncoder(features, WIDTH)
        self.enter = nn.Linear(outputs, WIDTH)
        self.decoder = BiasedDecoder(WIDTH, HEADS, LAYERS, PERIOD, WINDOW)
        self.out = nn.Linear(WIDTH, outputs)
        nn.init.zeros_(self.out.weight)  # begins at the mean pose
        nn.init.zeros_(self.out.bias)

    def forward(self, sound: Tensor, before: Tensor) -> Tensor:
        """All frames at once, from encoded sound and the frame before each, (B, T, M)."""
        return self.out(self.decoder(self.enter(before), sound))

    def speak(self, sound: Tensor) -> Tensor:
        """(B, T, M) frame by frame, from encoded sound (B, T, 2, C)."""
        frame = torch.zeros(len(sound), 1, self.out.out_features)
        past: Past = []
        frames = []
        for i in range(sound.shape[1]):
            hidden, past = self.decoder.step(self.enter(frame), sound[:, i : i + 1], i, past)
            frame = self.out(hidden)
            frames.append(frame)
        return torch.cat(frames, 1)


class FaceFormer(Trained):
    """Regression with memory: one answer for one sound."""

    name: ClassVar[str] = "FaceFormer-like"
    looks: ClassVar[bool] = False
    voice: ClassVar[Literal["partner", "own"]] = "own"
    usual_steps: ClassVar[int] = 2000

    def train(self, clips: list[tuple[Tensor, Seen]], steps: int, rng: np.random.Generator) -> None:
        """Squared errors of columns and changes, first without any past and then on what that predicted.

        The second pass is what the original does frame by frame: the past is the network's own.
        """
        sound = clips[0][1].sound
        assert sound is not None
        self.network = SpeechToMotion(sound.shape[-1], self.columns)

        def loss() -> Tensor:
            batch = draw(clips, rng)
            heard = self.network.listen(batch.seen)
            before, total = torch.zeros_like(batch.target), torch.zeros(())
            for _ in range(2):
                predicted = self.network(heard, before)
                total = total + masked_mse(predicted, batch.target, batch.frames)
                total = total + VELOCITY * velocity_mse(predicted, batch.target, batch.frames)
                before = torch.cat([torch.zeros_like(predicted[:, :1]), predicted[:, :-1].detach()], 1)
            return total

        optimise(self.network, loss, steps)

    def respond(self, seen: Seen, frames: int) -> Tensor:
        """The same for every seed."""
        return self.network.speak(self.network.listen(seen))

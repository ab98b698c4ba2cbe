"""L2L-like: the listener as codes, each predicted from the speaker and the codes before it.

After E. Ng et al., "Learning to Listen: Modeling Non-Deterministic Dyadic Facial Motion", CVPR 2022: a VQ-VAE turns
listeners' motion into codes; the speaker's motion attends to the speaker's sound; a causal transformer gives the
probabilities of the next code, trained by cross-entropy with the true codes before it, and is sampled.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from visavis.models.baselines.biased import BiasedDecoder, Past
from visavis.models.baselines.codes import learn_codes
from visavis.models.baselines.trained import WINDOW, Fuse, Seen, Trained, draw, optimise
from visavis.models.blocks.attention import TimeAttention
from visavis.models.blocks.temporal import DilatedBlock
from visavis.tokenizers import Codes

WIDTH, HEADS, LAYERS = 64, 4, 2
STEP = 8
"""Frames per code, as in the original."""
CODEBOOK = 200
"""Codes, as in the original."""
WINDOWS = 32
"""Per optimizer step: a window has few codes."""


class SpeakerEncoder(nn.Module):
    """What the speaker does and says, (B, T, WIDTH), T a multiple of `WINDOW`: motion attends to sound."""

    def __init__(self, like: Seen) -> None:
        super().__init__()

        def around() -> nn.Sequential:
            return nn.Sequential(*(DilatedBlock(WIDTH, d) for d in (1, 2, 4)))

        self.look = nn.Sequential(Fuse(Seen(like.partner, None, like.roles), WIDTH), around())
        self.hear = None
        if like.sound is not None:
            self.hear = nn.Sequential(nn.Linear(like.sound.shape[-1], WIDTH), around())
            self.attend = TimeAttention(WIDTH, HEADS)
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, seen: Seen) -> Tensor:
        """Encodes; attention stays within windows, so that an hour costs sixty times a minute."""
        x = self.look(Seen(seen.partner, None, seen.roles))
        if self.hear is not None:
            look, hear = (t.unflatten(1, (-1, WINDOW)).flatten(0, 1) for t in (x, self.hear(seen.sound)))
            x = self.attend(look, hear).reshape(x.shape)
        return self.norm(x)


class NextCode(nn.Module):
    """Logits of each code from the speaker at that moment and the codes before it."""

    def __init__(self, like: Seen) -> None:
        super().__init__()
        self.speaker = SpeakerEncoder(like)
        self.join = nn.Linear(STEP * WIDTH, WIDTH)
        self.codes = nn.Embedding(CODEBOOK + 1, WIDTH)  # the last stands for the beginning
        self.decoder = BiasedDecoder(WIDTH, HEADS, LAYERS, WINDOW // STEP, WINDOW // STEP)
        self.out = nn.Linear(WIDTH, CODEBOOK)

    def moments(self, seen: Seen) -> Tensor:
        """(B, N, 1, WIDTH): the speaker's frames during each code, put side by side and joined."""
        return self.join(self.speaker(seen).unflatten(1, (-1, STEP)).flatten(2))[:, :, None]

    def forward(self, moments: Tensor, ids: Tensor) -> Tensor:
        """(B, N, CODEBOOK) with the true codes (B, N) before each."""
        begin = torch.full_like(ids[:, :1], CODEBOOK)
        return self.out(self.decoder(self.codes(torch.cat([begin, ids[:, :-1]], 1)), moments))

    def sample(self, moments: Tensor) -> Tensor:
        """Codes (B, N) drawn one after the other."""
        last = torch.full((len(moments), 1), CODEBOOK)
        past: Past = []
        drawn = []
        for i in range(moments.shape[1]):
            hidden, past = self.decoder.step(self.codes(last), moments[:, i : i + 1], i, past)
            last = torch.multinomial(self.out(hidden)[:, 0].softmax(-1), 1)
            drawn.append(last)
        return torch.cat(drawn, 1)


class L2L(Trained):
    """Sampled: many answers for one speaker, each made of motion that listeners have shown."""

    name: ClassVar[str] = "L2L-like"
    looks: ClassVar[bool] = True
    voice: ClassVar[Literal["partner", "own"]] = "partner"
    usual_steps: ClassVar[int] = 2000

    def train(self, clips: list[tuple[Tensor, Seen]], steps: int, rng: np.random.Generator) -> None:
        """First the codes of motion, then what comes next."""
        self.tokenizer = learn_codes(clips, self.moving_space, self.fps, "transformer", STEP, CODEBOOK, steps, rng)
        self.network = NextCode(clips[0][1])

        def loss() -> Tensor:
            batch = draw(clips, rng, WINDOWS)
            with torch.no_grad():
                codes = self.tokenizer.encode(batch.target, batch.frames)
            logits = self.network(self.network.moments(batch.seen), codes.ids[..., 0])
            return functional.cross_entropy(logits[codes.valid], codes.ids[..., 0][codes.valid])

        optimise(self.network, loss, steps)

    def respond(self, seen: Seen, frames: int) -> Tensor:
        """Codes are drawn from the beginning to the end."""
        padded = seen.map(lambda x: functional.pad(x, (0, 0, 0, -frames % WINDOW)))
        ids = self.network.sample(self.network.moments(padded))
        valid = torch.ones_like(ids, dtype=torch.bool)
        return self.tokenizer.decode(Codes(ids[..., None], valid))[:, :frames]

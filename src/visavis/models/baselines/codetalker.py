"""CodeTalker-like: speech queries a codebook of motion.

After J. Xing et al., "CodeTalker: Speech-Driven 3D Facial Animation with Discrete Motion Prior", CVPR 2023: a VQ-VAE
learns a codebook of motion; then a causal decoder with FaceFormer's biases predicts, from speech and what it predicted
before, vectors that are replaced by the nearest codeword and decoded by the frozen decoder. It is trained for the
distance to the true codewords and for the motion, whose gradient passes straight through the replacement.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from visavis.models.baselines.biased import BiasedDecoder, Past
from visavis.models.baselines.codes import learn_codes
from visavis.models.baselines.faceformer import PERIOD, SpeechEncoder
from visavis.models.baselines.trained import WINDOW, Seen, Trained, draw, masked_mse, optimise
from visavis.tokenizers import Tokenizer

WIDTH, HEADS, LAYERS = 64, 4, 1
STEP = 4
"""Frames per code; the original codes every frame, with several codes for each."""
CODEBOOK = 256
"""Codes, as in the original."""


class CodeQuery(nn.Module):
    """Predicts each code's vector from the sound during it and from the codewords before it."""

    def __init__(self, features: int, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.listen = SpeechEncoder(features, WIDTH)
        self.enter = nn.Linear(tokenizer.dim, WIDTH)
        self.decoder = BiasedDecoder(WIDTH, HEADS, LAYERS, max(1, PERIOD // STEP), WINDOW // STEP)
        self.out = nn.Linear(WIDTH, tokenizer.dim)
        with torch.no_grad():
            codewords = tokenizer.codewords(torch.arange(CODEBOOK)[None, :, None])[0]
        self.codewords: Tensor
        self.register_buffer("codewords", codewords)

    def moments(self, seen: Seen) -> Tensor:
        """(B, N, 2 STEP, WIDTH): the sound during each code."""
        return self.listen(seen).unflatten(1, (-1, STEP)).flatten(2, 3)

    def forward(self, moments: Tensor, before: Tensor) -> Tensor:
        """All vectors (B, N, C) at once, from the codeword before each."""
        return self.out(self.decoder(self.enter(before), moments))

    def nearest(self, vectors: Tensor) -> Tensor:
        """The codewords nearest to vectors (B, N, C)."""
        return self.codewords[torch.cdist(vectors, self.codewords[None]).argmin(-1)]

    def speak(self, moments: Tensor) -> Tensor:
        """Codewords (B, N, C), one after the other."""
        word = torch.zeros(len(moments), 1, self.codewords.shape[-1])
        past: Past = []
        words = []
        for i in range(moments.shape[1]):
            hidden, past = self.decoder.step(self.enter(word), moments[:, i : i + 1], i, past)
            word = self.nearest(self.out(hidden))
            words.append(word)
        return torch.cat(words, 1)


class CodeTalker(Trained):
    """One answer for one sound, made of motion that speakers have shown."""

    name: ClassVar[str] = "CodeTalker-like"
    looks: ClassVar[bool] = False
    voice: ClassVar[Literal["partner", "own"]] = "own"
    usual_steps: ClassVar[int] = 2000

    def train(self, clips: list[tuple[Tensor, Seen]], steps: int, rng: np.random.Generator) -> None:
        """First the codes of motion, then the query, without any past and then on what that gave."""
        self.tokenizer = learn_codes(clips, self.moving_space, self.fps, "conv", STEP, CODEBOOK, steps, rng)
        sound = clips[0][1].sound
        assert sound is not None
        self.network = CodeQuery(sound.shape[-1], self.tokenizer)

        def loss() -> Tensor:
            batch = draw(clips, rng)
            with torch.no_grad():
                codes = self.tokenizer.encode(batch.target, batch.frames)
                words = self.tokenizer.codewords(codes.ids)
            moments = self.network.moments(batch.seen)
            before, total = torch.zeros_like(words), torch.zeros(())
            for _ in range(2):
                vectors = self.network(moments, before)
                near = self.network.nearest(vectors)
                through = vectors + (near - vectors).detach()
                motion = self.tokenizer.decode_embedding(through, codes.valid)[:, :WINDOW]
                total = total + (vectors - words)[codes.valid].square().mean()
                total = total + masked_mse(motion, batch.target, batch.frames)
                before = torch.cat([torch.zeros_like(near[:, :1]), near[:, :-1].detach()], 1)
            return total

        optimise(self.network, loss, steps)

    def respond(self, seen: Seen, frames: int) -> Tensor:
        """The same for every seed."""
        padded = seen.map(lambda x: functional.pad(x, (0, 0, 0, -frames % STEP)))
        words = self.network.speak(self.network.moments(padded))
        return self.tokenizer.decode_embedding(words, torch.ones(words.shape[:2], dtype=torch.bool))[:, :frames]

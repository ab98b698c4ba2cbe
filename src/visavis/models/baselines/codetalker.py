"""CodeTalker-like: speech queries a codebook of motion.

After J. Xing et al., "CodeTalker: Speech-Driven 3D Facial Animation with Discrete Motion Prior", CVPR 2023: a VQ-VAE
learns a codebook of motion; then a causal decoder with FaceFormer's biases predicts, from speech and what it predicted
before, vectors that are replaced by the nearest codeword and decoded by the frozen decoder. It is trained for the
distance to the true codewords and for the motion, whose gradient passes straight through the replacement.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from visavis.models.baselines.biased import BiasedDecoder, Past
from visavis.models.baselines.codes import Coded
from visavis.models.baselines.config import CodeTalkerConfig
from visavis.models.baselines.faceformer import SpeechEncoder
from visavis.models.baselines.seen import Seen
from visavis.models.baselines.trained import Batch, masked_mse


class CodeQuery(nn.Module):
    """Predicts each code's vector (C) from the sound during it and from the codewords before it."""

    def __init__(self, features: int, config: CodeTalkerConfig, dim: int) -> None:
        super().__init__()
        self.step = config.step
        self.listen = SpeechEncoder(features, config.width)
        self.enter = nn.Linear(dim, config.width)
        period, context = max(1, config.period // config.step), config.window // config.step
        self.decoder = BiasedDecoder(config.width, config.heads, config.layers, period, context)
        self.out = nn.Linear(config.width, dim)

    def moments(self, seen: Seen) -> Tensor:
        """(B, N, 2 step, width): the sound during each code."""
        moments: Tensor = self.listen(seen).unflatten(1, (-1, self.step)).flatten(2, 3)
        return moments

    def forward(self, moments: Tensor, before: Tensor) -> Tensor:
        """All vectors (B, N, C) at once, from the codeword before each."""
        vectors: Tensor = self.out(self.decoder(self.enter(before), moments))
        return vectors

    def speak(self, moments: Tensor, codewords: Tensor) -> Tensor:
        """Codewords (B, N, C), one after the other, of all there are (K, C)."""
        word = moments.new_zeros(len(moments), 1, codewords.shape[-1])
        past: Past = []
        words = []
        for i in range(moments.shape[1]):
            hidden, past = self.decoder.step(self.enter(word), moments[:, i : i + 1], i, past)
            word = nearest(self.out(hidden), codewords)
            words.append(word)
        return torch.cat(words, 1)


def nearest(vectors: Tensor, codewords: Tensor) -> Tensor:
    """The codewords (K, C) nearest to vectors (B, N, C)."""
    return codewords[torch.cdist(vectors, codewords[None]).argmin(-1)]


class CodeTalker(Coded):
    """One answer for one sound, made of motion that speakers have shown."""

    name = "codetalker"
    roles = frozenset({"speaker"})
    voice = "own"
    does = "Animates a speaker from the own voice with a motion codebook, after CodeTalker (Xing et al. 2023)."
    config: CodeTalkerConfig

    def make_networks(self) -> None:
        """Tokenizer and query."""
        self.make_tokenizer("conv")
        self.network = CodeQuery(self.sizes.sound, self.config, self.tokenizer.dim)

    @property
    def codewords(self) -> Tensor:
        """(K, C) all there are."""
        ids = torch.arange(self.config.codes, device=self.device)
        return self.tokenizer.codewords(ids[None, :, None])[0]

    def network_losses(self, batch: Batch) -> dict[str, Tensor]:
        """Distances of vectors and of motion, without any past and then on what that gave."""
        codes, codewords = self.tokenizer.encode(batch.target, batch.frames), self.codewords
        words = self.tokenizer.codewords(codes.ids)
        moments = self.network.moments(batch.seen)
        before = torch.zeros_like(words)
        parts: dict[str, Tensor] = {}
        for name in ("", "_again"):
            vectors = self.network(moments, before)
            near = nearest(vectors, codewords)
            through = vectors + (near - vectors).detach()
            motion = self.tokenizer.decode_embedding(through, codes.valid)[:, : self.config.window]
            parts[f"words{name}"] = (vectors - words)[codes.valid].square().mean()
            parts[f"error{name}"] = masked_mse(motion, batch.target, batch.frames)
            before = torch.cat([torch.zeros_like(near[:, :1]), near[:, :-1].detach()], 1)
        return parts

    def respond(self, seen: Seen, frames: int, generator: torch.Generator) -> Tensor:
        """The same for every seed."""
        padded = seen.map(lambda x: functional.pad(x, (0, 0, 0, -frames % self.config.step)))
        words = self.network.speak(self.network.moments(padded), self.codewords)
        valid = torch.ones(words.shape[:2], dtype=torch.bool, device=words.device)
        return self.tokenizer.decode_embedding(words, valid)[:, :frames]

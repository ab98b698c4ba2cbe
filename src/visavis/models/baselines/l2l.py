"""L2L-like: the listener as codes, each predicted from the speaker and the codes before it.

After E. Ng et al., "Learning to Listen: Modeling Non-Deterministic Dyadic Facial Motion", CVPR 2022: a VQ-VAE turns
listeners' motion into codes; the speaker's motion attends to the speaker's sound; a causal transformer gives the
probabilities of the next code, trained by cross-entropy with the true codes before it, and is sampled.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from visavis.models.baselines.biased import BiasedDecoder, Past
from visavis.models.baselines.codes import Coded
from visavis.models.baselines.config import L2LConfig
from visavis.models.baselines.seen import Seen
from visavis.models.baselines.trained import Batch, Fuse, Sizes, drawn
from visavis.models.blocks.attention import TimeAttention
from visavis.models.blocks.temporal import DilatedBlock
from visavis.tokenizers import Codes


class SpeakerEncoder(nn.Module):
    """What the speaker does and says, (B, T, C), T a multiple of the window: motion attends to sound."""

    def __init__(self, sizes: Sizes, config: L2LConfig) -> None:
        super().__init__()
        width = config.width
        self.window = config.window

        def around() -> nn.Sequential:
            return nn.Sequential(*(DilatedBlock(width, d) for d in (1, 2, 4)))

        self.look = nn.Sequential(Fuse(Sizes(sizes.partner, 0, sizes.roles), width), around())
        self.hear = None
        if sizes.sound:
            self.hear = nn.Sequential(nn.Linear(sizes.sound, width), around())
            self.attend = TimeAttention(width, config.heads)
        self.norm = nn.LayerNorm(width)

    def forward(self, seen: Seen) -> Tensor:
        """Encodes; attention stays within windows, so that an hour costs sixty times a minute."""
        x = self.look(seen)
        if self.hear is not None:
            look, hear = (t.unflatten(1, (-1, self.window)).flatten(0, 1) for t in (x, self.hear(seen.sound)))
            x = self.attend(look, hear).reshape(x.shape)
        encoded: Tensor = self.norm(x)
        return encoded


class NextCode(nn.Module):
    """Logits of each code from the speaker at that moment and the codes before it."""

    def __init__(self, sizes: Sizes, config: L2LConfig) -> None:
        super().__init__()
        self.step, self.begin = config.step, config.codes
        width, steps = config.width, config.window // config.step
        self.speaker = SpeakerEncoder(sizes, config)
        self.join = nn.Linear(config.step * width, width)
        self.codes = nn.Embedding(config.codes + 1, width)  # the last stands for the beginning
        self.decoder = BiasedDecoder(width, config.heads, config.layers, steps, steps)
        self.out = nn.Linear(width, config.codes)

    def moments(self, seen: Seen) -> Tensor:
        """(B, N, 1, C): the speaker's frames during each code, put side by side and joined."""
        moments: Tensor = self.join(self.speaker(seen).unflatten(1, (-1, self.step)).flatten(2))[:, :, None]
        return moments

    def forward(self, moments: Tensor, ids: Tensor) -> Tensor:
        """(B, N, codes) with the true codes (B, N) before each."""
        begin = torch.full_like(ids[:, :1], self.begin)
        logits: Tensor = self.out(self.decoder(self.codes(torch.cat([begin, ids[:, :-1]], 1)), moments))
        return logits

    def sample(self, moments: Tensor, generator: torch.Generator) -> Tensor:
        """Codes (B, N) drawn one after the other."""
        last = torch.full((len(moments), 1), self.begin, device=moments.device)
        past: Past = []
        chosen = []
        for i in range(moments.shape[1]):
            hidden, past = self.decoder.step(self.codes(last), moments[:, i : i + 1], i, past)
            last = drawn(self.out(hidden)[:, 0].softmax(-1), generator)
            chosen.append(last)
        return torch.cat(chosen, 1)


class L2L(Coded):
    """Sampled: many answers for one speaker, each made of motion that listeners have shown."""

    name = "l2l"
    looks = True
    does = "Predicts a listener code by code from the speaker's behaviour, after Learning to Listen (Ng et al. 2022)."
    config: L2LConfig

    def make_networks(self) -> None:
        """Tokenizer and predictor."""
        self.make_tokenizer("transformer")
        self.network = NextCode(self.sizes, self.config)

    def network_losses(self, batch: Batch) -> dict[str, Tensor]:
        """Cross-entropy of the true codes."""
        codes = self.tokenizer.encode(batch.target, batch.frames)
        logits = self.network(self.network.moments(batch.seen), codes.ids[..., 0])
        return {"codes": functional.cross_entropy(logits[codes.valid], codes.ids[..., 0][codes.valid])}

    def respond(self, seen: Seen, frames: int, generator: torch.Generator) -> Tensor:
        """Codes are drawn from the beginning to the end."""
        padded = seen.map(lambda x: functional.pad(x, (0, 0, 0, -frames % self.config.window)))
        ids = self.network.sample(self.network.moments(padded), generator)
        return self.tokenizer.decode(Codes(ids[..., None], torch.ones_like(ids, dtype=torch.bool)))[:, :frames]

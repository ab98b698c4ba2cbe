"""The codebook: nearest codes, how they are learnt, and how many of them are used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from visavis.tokenizers.config import CodebookConfig
from visavis.tokenizers.protocol import Codes


@dataclass(frozen=True)
class Health:
    """How a codebook is used.

    Attributes:
        usage: Share of the codes that are chosen at all.
        perplexity: How many codes, chosen equally often, would be as unpredictable: exp of the entropy.
        steps: How many choices this was counted over.
    """

    usage: float
    perplexity: float
    steps: int


def codebook_health(codes: Iterable[Codes], size: int) -> list[Health]:
    """How each quantizer's codes are used, over all valid steps.

    Args:
        codes: Of any number of clips.
        size: Codes of each quantizer.
    """
    counts: Tensor | None = None
    for part in codes:
        ids = part.ids[part.valid].cpu()  # (M, Q)
        found = torch.stack([torch.bincount(column, minlength=size) for column in ids.T])
        counts = found if counts is None else counts + found
    return [] if counts is None else [_health(row.double()) for row in counts]


def _health(counts: Tensor) -> Health:
    share = counts / counts.sum().clamp_min(1e-12)
    entropy = -(share * share.clamp_min(1e-12).log()).sum()
    return Health(float((counts > 0).double().mean()), float(entropy.exp()), int(counts.sum()))


class Codebook(nn.Module):
    """Vector quantization with one codebook (van den Oord et al. 2017), by vector-quantize-pytorch.

    A new codebook is all dead: the first batches bring it to life with what the encoder puts out, as later ones do
    with codes that are no longer chosen.
    """

    def __init__(self, config: CodebookConfig) -> None:
        from vector_quantize_pytorch.vector_quantize_pytorch import VectorQuantize

        super().__init__()
        self.config = config
        learns = config.update == "gradient"
        self.quantizer = VectorQuantize(
            config.dim, config.size, decay=config.ema_decay, use_cosine_sim=config.unit, rotation_trick=False,
            learnable_codebook=learns, ema_update=not learns, threshold_ema_dead_code=1, commitment_weight=0.0,
        )  # fmt: skip
        if config.revive:
            self.quantizer._codebook.cluster_size.zero_()
            self.quantizer._codebook.embed_avg.zero_()

    def forward(self, vectors: Tensor, valid: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Quantizes.

        Args:
            vectors: (B, N, C) encoder output.
            valid: (B, N) bool; only these choose codes, and only these teach them.

        Returns:
            Codewords (B, N, C) through which the gradient passes to `vectors` unchanged, ids (B, N), and the
            weighted losses. Both are 0 where `valid` is False.
        """
        chosen = vectors[valid][None].float()  # (1, M, C)
        ids = torch.zeros(valid.shape, dtype=torch.long, device=valid.device)
        out = torch.zeros_like(vectors)
        if not chosen.shape[1]:
            return out, ids, {"commitment": vectors.sum() * 0}
        self._set_threshold(chosen.shape[1])
        words, found, _ = self.quantizer(chosen)
        ids[valid] = found[0]
        out[valid] = words[0].to(out.dtype)
        target = functional.normalize(chosen, dim=-1) if self.config.unit else chosen
        beta, gamma = self.config.commitment, self.config.weight
        losses = {"commitment": gamma * beta * functional.mse_loss(target, words.detach())}
        if self.config.update == "gradient":
            codes = self.quantizer.codebook[found]
            losses["codebook"] = gamma * functional.mse_loss(codes, target.detach())
        return out, ids, losses

    def nearest(self, vectors: Tensor, valid: Tensor) -> Tensor:
        """The ids (B, N) of the codes nearest to vectors (B, N, C); nothing is learnt."""
        codes = self.quantizer.codebook
        points = functional.normalize(vectors.float(), dim=-1) if self.config.unit else vectors.float()
        distances = codes.square().sum(-1) - 2 * points @ codes.T
        ids: Tensor = distances.argmin(-1).masked_fill(~valid, 0)
        return ids

    def lookup(self, ids: Tensor) -> Tensor:
        """The codewords (..., C) of ids (...)."""
        codewords: Tensor = self.quantizer.codebook[ids]
        return codewords

    @property
    def recent(self) -> Health:
        """How the codes were used lately in training, by moving averages; a dead code counts as unused."""
        sizes = self.quantizer._codebook.cluster_size[0].double()
        alive = sizes >= (self.config.revive or 0.1) * sizes.mean().clamp_min(1e-12)
        return _health(sizes * alive)

    def _set_threshold(self, steps: int) -> None:
        """The library's threshold is a number of choices per batch; ours is a share of the even one.

        A new code gets twice the threshold: where it is not chosen, it is dead again after 70 steps (ema_decay 0.99),
        soon enough to follow an encoder that has only begun to learn.
        """
        even = steps / self.config.size
        codes = self.quantizer._codebook
        codes.has_dead_code_replacement = self.config.revive > 0
        codes.threshold_ema_dead_code = self.config.revive * even
        codes.reset_cluster_size = 2 * self.config.revive * even


class Codebooks(nn.Module):
    """Several codebooks: one for each of Q slices of a vector, or each for what the ones before left over.

    A face does several things at once that have little to do with each other: it blinks while it smiles while the head
    turns. One codebook needs a code for every combination, several need one for each. Slices are product quantization
    (Jégou et al. 2011), leftovers residual quantization (Juang & Gray 1982, Zeghidour et al. 2021).

    Attributes:
        parts: The codebooks, in the order of the slices or of the leftovers.
    """

    def __init__(self, config: CodebookConfig) -> None:
        super().__init__()
        self.residual = config.residual
        own = config if config.residual else config.model_copy(update={"dim": config.dim // config.num_codebooks})
        self.parts = nn.ModuleList(Codebook(own) for _ in range(config.num_codebooks))

    def forward(self, vectors: Tensor, valid: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Quantizes; see `Codebook.forward`, but that ids are (B, N, Q), and the losses those of all parts."""
        found, left = [], vectors
        for part, piece in zip(self.parts, self._slices(vectors), strict=True):
            found.append(part(left if self.residual else piece, valid))
            if self.residual:
                left = left - found[-1][0].detach()
        words, ids, losses = zip(*found, strict=True)
        total = {name: torch.stack([part[name] for part in losses]).sum() for name in losses[0]}
        if not self.residual:
            return torch.cat(words, -1), torch.stack(ids, -1), total
        whole = vectors * valid[..., None].to(vectors.dtype)
        return whole + (torch.stack(words).sum(0) - whole).detach(), torch.stack(ids, -1), total

    def nearest(self, vectors: Tensor, valid: Tensor) -> Tensor:
        """The ids (B, N, Q) of the codes nearest to vectors (B, N, C), one after the other; nothing is learnt."""
        found, left = [], vectors
        for part, piece in zip(self.parts, self._slices(vectors), strict=True):
            found.append(part.nearest(left if self.residual else piece, valid))  # type: ignore[operator]
            if self.residual:
                left = left - part.lookup(found[-1])  # type: ignore[operator]
        return torch.stack(found, -1)

    def lookup(self, ids: Tensor) -> Tensor:
        """The vectors (..., C) of ids (..., Q)."""
        words = [part.lookup(own) for part, own in zip(self.parts, ids.unbind(-1), strict=True)]  # type: ignore[operator]
        return torch.stack(words).sum(0) if self.residual else torch.cat(words, -1)

    def on_sphere(self, vectors: Tensor) -> Tensor:
        """Every slice of (..., C) at length 1."""
        return torch.cat([functional.normalize(piece, dim=-1) for piece in self._slices(vectors)], -1)

    @property
    def recent(self) -> Health:
        """The parts' health in the mean; see `Codebook.recent`."""
        found: list[Health] = [part.recent for part in self.parts]  # type: ignore[misc]
        usage, perplexity = (sum(getattr(h, name) for h in found) / len(found) for name in ("usage", "perplexity"))
        return Health(usage, perplexity, found[0].steps)

    def _slices(self, vectors: Tensor) -> tuple[Tensor, ...]:
        count = len(self.parts)
        return (vectors,) * count if self.residual else vectors.chunk(count, -1)

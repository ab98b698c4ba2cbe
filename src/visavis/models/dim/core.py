"""DIM's training: two tokenizers and the network that predicts their units, in stages (section 3)."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Self

import torch
from torch import Tensor, nn

from visavis.behavior.performing.performer import COLUMNS
from visavis.errors import InputError
from visavis.models.base import BehaviorModel, Losses
from visavis.models.dim.batch import PairBatch
from visavis.models.dim.config import DimConfig, Stage
from visavis.models.dim.losses import contrastive_loss, expected_vectors, motion_loss, straight_through, unit_loss
from visavis.models.dim.masking import LISTENER, SPEAKER, hide_share, hide_tail
from visavis.models.dim.network import DyadNetwork, centered_features, pooled
from visavis.models.dim.statistics import Statistics
from visavis.motion import Motion, MotionSpace
from visavis.settings import seed_generators
from visavis.tokenizers.protocol import Codes, Tokenizer

ROLES = ("speaker", "listener")


class DimCore(BehaviorModel):
    """Everything of DIM that is learnt; `Dim` moves people with it.

    Attributes:
        stage: What `loss` trains; of a finished checkpoint, what was trained last.
        tokenizers: The speaker's and the listener's.
        network: Everything between motion and units.
    """

    name = "dim"
    statistics_names = tuple(field.name for field in fields(Statistics))
    config: DimConfig

    motion_mean: Tensor
    motion_std: Tensor
    audio_mean: Tensor
    audio_std: Tensor
    planned: Tensor

    def __init__(
        self, config: DimConfig, space: MotionSpace, fps: float, statistics: Statistics,
        tokenizers: tuple[Tokenizer, Tokenizer],
    ) -> None:  # fmt: skip
        """See `visavis.models.dim.model.build_dim`, which makes the tokenizers, too."""
        super().__init__()
        self.config, self.space, self.fps = config, space, fps
        self.stage: Stage = "tokenizers"
        self.provenance: dict[str, Any] = {"model": "dim", "weights": "untrained"}
        self.tokenizers = nn.ModuleList(tokenizers)
        first = tokenizers[0]
        self.downsample_factor, self.num_codebooks, self.codebook_size = (
            first.downsample_factor,
            first.num_codebooks,
            first.codebook_size,
        )
        statistics.check(space.dim, "statistics")
        for field in fields(Statistics):
            self.register_buffer(field.name, getattr(statistics, field.name).float(), persistent=False)
        # What the plan's curves explain of a listener's motion, columns by curves; learnt once, stored with weights.
        curves = len(COLUMNS) if config.plan else 0
        self.register_buffer("planned", torch.zeros(curves, space.dim), persistent=config.plan)
        codes = (self.num_codebooks, self.codebook_size) if config.vq else None
        self.network = DyadNetwork(space.dim, self.audio_dim, self.downsample_factor, codes, config.network)

    @property
    def statistics(self) -> Statistics:
        """The corpus's statistics, as they travel with the weights."""
        return Statistics(**{field.name: getattr(self, field.name) for field in fields(Statistics)})

    @property
    def audio_dim(self) -> int:
        """F, features per motion frame; 0 for a model that hears nothing."""
        return len(self.audio_mean)

    def tokenizer(self, person: int) -> Tokenizer:
        """The speaker's (0) or the listener's (1)."""
        return self.tokenizers[person]  # type: ignore[return-value]

    def check(self, motion: Motion, what: str) -> None:
        """Raises `InputError` unless the motion is in this model's space and at its frame rate."""
        if motion.space.columns != self.space.columns:
            raise InputError(f"{what} is in space {motion.space.name!r}; this model uses {self.space.name!r}")
        if motion.fps != self.fps:
            raise InputError(f"{what} is at {motion.fps:g} fps; this model needs {self.fps:g}: resample it first")

    def beyond_plan(self, batch: PairBatch) -> PairBatch:
        """The batch with what listeners do beyond their plan instead of all they do."""
        if not self.config.plan:
            return batch
        rest = batch.motion[:, LISTENER] - batch.performed @ self.planned
        rest = rest.where(batch.frames[:, LISTENER, :, None], 0.0)
        return replace(batch, motion=torch.stack([batch.motion[:, SPEAKER], rest], 1))

    def normalise(self, motion: Tensor, frames: Tensor) -> Tensor:
        """Physical units (..., T, D) to zero mean and unit scale, zero where `frames` (..., T) is False."""
        return ((motion - self.motion_mean) / self.motion_std).where(frames[..., None], 0.0)

    def denormalise(self, motion: Tensor) -> Tensor:
        """Zero mean and unit scale to physical units."""
        return motion * self.motion_std + self.motion_mean

    def normalize_audio(self, audio: Tensor) -> Tensor:
        """Audio features (B, T, F) at zero mean and unit scale."""
        return (audio.float() - self.audio_mean) / self.audio_std

    def real_units(self, frames: Tensor) -> Tensor:
        """(..., T) frames to (..., T / downsample_factor) units that cover at least one that means something."""
        units: Tensor = frames.unflatten(-1, (-1, self.downsample_factor)).any(-1)
        return units

    # Training

    def begin(self, stage: Stage) -> None:
        """Chooses what `loss` trains, and freezes everything else.

        The VQ encoders and codebooks are frozen in all stages but the first because nothing is ever passed back
        through them; the rest is frozen by its parameters asking for no gradient.
        """
        self.stage = stage
        self.requires_grad_(stage not in ("tokenizers", "speaker"))
        if stage == "tokenizers":
            self.tokenizers.requires_grad_(True)
        elif stage == "speaker":  # section 4.4: the joint decoder and the speaker's VQ decoder
            for part in (self.network.audio, self.network.decoder, self.network.heads[SPEAKER]):
                part.requires_grad_(True)
            self.tokenizer(SPEAKER).requires_grad_(True)
        if stage != "tokenizers" and (self.config.vq_decoder == "frozen" or not self.config.vq):
            self.tokenizers.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Tokenizers are in training mode in their own stage only, so that codebooks do not move."""
        super().train(mode)
        self.tokenizers.train(mode and self.stage == "tokenizers")
        return self

    def loss(self, batch: PairBatch, generator: torch.Generator | None = None) -> Losses:
        """The loss of the present stage; all randomness comes from `generator`."""
        batch = self.beyond_plan(batch)
        with _seeded(generator, batch.motion.device):
            if self.stage == "tokenizers":
                parts = self._tokenizer_losses(batch)
            else:
                parts = self._masked_losses(batch, generator)
        total = sum(parts.values(), torch.zeros((), device=batch.motion.device))
        return Losses(total, {name: part.detach() for name, part in parts.items()})

    def _tokenizer_losses(self, batch: PairBatch) -> dict[str, Tensor]:
        parts = {}
        for person, role in enumerate(ROLES):
            known = batch.frames[:, person].any(1)
            if known.any():
                found = self.tokenizer(person).loss(batch.motion[known, person], batch.frames[known, person])
                parts[role] = found.total
        return parts

    def _masked_losses(self, batch: PairBatch, generator: torch.Generator | None) -> dict[str, Tensor]:
        """Equations 4 to 10; what is hidden, and whose motion is wanted, depends on the stage."""
        config, losses = self.config, self.config.losses
        real = self.real_units(batch.frames)
        visible = real & ~self.mask(real, generator)
        unheard = torch.rand(len(batch), generator=generator, device=real.device) < config.masking.unheard
        motion, audio = self.normalise(batch.motion, batch.frames), self.normalize_audio(batch.audio)
        parts: dict[str, Tensor] = {}
        if self.stage == "pretrain" and losses.contrastive and config.network.branches == 2:
            encoded = self.network.encode(motion, visible)
            joint = self.network.fuse(encoded, visible)
            speakers, listeners = (self.contrastive_features(x, visible[:, p]) for p, x in enumerate(encoded))
            found = contrastive_loss(speakers, listeners, losses.temperature, visible.any(-1).all(-1))
            parts["contrastive"] = losses.contrastive * found
        else:
            joint = self.network.joint_features(motion, visible)
        everyone = real.any(1)
        for person in self.target_roles():
            out = self.network.decode(joint, visible, audio, batch.heard & ~unheard, person, everyone)
            where = real[:, person] & ~visible[:, person]
            for name, part in self._reconstruction(batch, motion, out, person, where).items():
                parts[f"{ROLES[person]}_{name}"] = losses.reconstruction * part
        return parts

    def contrastive_features(self, encoded: Tensor, visible: Tensor) -> Tensor:
        """What the contrastive loss compares of one person, (B, C), from features (B, 1 + N, width)."""
        return (pooled if self.config.losses.compared == "means" else centered_features)(encoded, visible)

    def target_roles(self) -> tuple[int, ...]:
        """Whose units the present stage predicts."""
        if self.stage == "pretrain":
            return (SPEAKER, LISTENER) if self.config.network.branches == 2 else (LISTENER,)
        return (SPEAKER,) if self.stage == "speaker" else (LISTENER,)

    def mask(self, real: Tensor, generator: torch.Generator | None) -> Tensor:
        """What is hidden from the network in the present stage, (B, 2, N) bool.

        Pre-training hides a share of both people's units. DIM-Listener sees all of the speaker and nothing of the
        listener (section 3.3), DIM-Speaker nothing of either (section 4.4), unless `masking.seen` lets some samples
        see the beginning and some later units of what is to be generated, as sampling does.
        """
        masking, (count, _, units) = self.config.masking, real.shape
        rest: dict[str, Any] = {"generator": generator, "device": real.device}
        low, high = masking.mask_ratio
        if self.stage == "pretrain":
            hidden = hide_share(low + (high - low) * torch.rand(count, 2, **rest), units, masking.mask_span, generator)
        else:
            hidden = torch.ones_like(real)
            person = self.target_roles()[0]
            some = torch.rand(count, **rest) < masking.seen
            begin = (torch.rand(count, **rest) * units / 2).long() * (torch.rand(count, **rest) < 0.7)
            share = torch.cos(torch.rand(count, **rest) * torch.pi / 2)  # MaskGIT's: mostly hidden, seldom little
            later = hide_share(share, units, masking.mask_span, generator)
            hidden[:, person] = torch.where(some[:, None], hide_tail(begin, units) & later, True)
            if self.stage == "listener":
                hidden[:, SPEAKER] = (torch.rand(count, **rest) < masking.absent)[:, None]
        if self.config.network.branches == 1:
            hidden[:, LISTENER] = True
        return hidden

    def _reconstruction(
        self, batch: PairBatch, motion: Tensor, out: Tensor, person: int, where: Tensor
    ) -> dict[str, Tensor]:
        """Equation 9 for one person.

        Args:
            batch: What is known.
            motion: (B, 2, T, D) the same, normalised.
            out: (B, N, width) of the network.
            person: Whose.
            where: (B, N) bool, hidden units.
        """
        weight = self.config.losses.motion
        frames = where.repeat_interleave(self.downsample_factor, -1) & batch.frames[:, person]
        if not self.config.vq:
            predicted = self.frames(out, person)
            return {"motion": motion_loss(predicted, motion[:, person], frames, self.config.losses.velocity)}
        tokenizer = self.tokenizer(person)
        with torch.no_grad():
            codes = tokenizer.encode(batch.motion[:, person], batch.frames[:, person])
        logits = self.network.heads[person](out, codes.ids)
        parts = {"units": unit_loss(logits, codes.ids, where)}
        if weight:
            with torch.no_grad():
                ids = logits.argmax(-1).where(where[..., None], codes.ids)
                vectors, codebook = tokenizer.codewords(ids), codebook_of(tokenizer)
            if self.config.losses.expected:
                passed = expected_vectors(logits, codebook).where(where[..., None], vectors)
            else:
                passed = straight_through(logits, codebook, vectors, where)
            decoded = tokenizer.decode_embedding(passed, codes.valid)[:, : motion.shape[2]]
            predicted = (decoded - self.motion_mean) / self.motion_std
            parts["motion"] = weight * motion_loss(predicted, motion[:, person], frames, self.config.losses.velocity)
        return parts

    def frames(self, out: Tensor, person: int) -> Tensor:
        """Without units: normalised motion (B, N * downsample_factor, D) from the network's features (B, N, width)."""
        patches: Tensor = self.network.heads[person](out).unflatten(-1, (self.downsample_factor, -1)).flatten(1, 2)
        return patches

    def values(self, ids: Tensor, person: int) -> Tensor:
        """Normalised motion (B, N * downsample_factor, D) of units (B, N, Q)."""
        codes = Codes(ids, torch.ones(ids.shape[:2], dtype=torch.bool, device=ids.device))
        return (self.tokenizer(person).decode(codes) - self.motion_mean) / self.motion_std

    def expected_values(self, logits: Tensor, ids: Tensor, unknown: Tensor, person: int) -> Tensor:
        """Normalised motion (B, T, D) of expected codewords where `unknown` (B, N), of units elsewhere."""
        tokenizer = self.tokenizer(person)
        expected = expected_vectors(logits, codebook_of(tokenizer))
        vectors = expected.where(unknown[..., None], tokenizer.codewords(ids))
        return (tokenizer.decode_embedding(vectors, torch.ones_like(unknown)) - self.motion_mean) / self.motion_std


def codebook_of(tokenizer: Tokenizer) -> Tensor:
    """(Q, K, C): the vectors of which one quantizer's code is k and the others' are the first."""
    num_codebooks, size = tokenizer.num_codebooks, tokenizer.codebook_size
    device = next(tokenizer.buffers()).device
    ids = torch.zeros(num_codebooks, size, num_codebooks, dtype=torch.long, device=device)
    for q in range(num_codebooks):
        ids[q, :, q] = torch.arange(size, device=device)
    return tokenizer.codewords(ids)


class _seeded:
    """Torch's own generators (dropout, codebooks' revival) start from `generator` and are put back afterwards."""

    def __init__(self, generator: torch.Generator | None, device: torch.device) -> None:
        self.generator, self.device = generator, device
        self.fork = torch.random.fork_rng([device] if device.type == "cuda" else [])

    def __enter__(self) -> None:
        self.fork.__enter__()
        if self.generator is not None:
            where = self.generator.device
            seed_generators(int(torch.randint(2**62, (1,), generator=self.generator, device=where)), self.device)

    def __exit__(self, *error: Any) -> None:
        self.fork.__exit__(*error)

"""What the trained baselines share: statistics, normalisation, training windows, stages."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from visavis.checkpoint import need_shape
from visavis.errors import InputError
from visavis.models.base import Capabilities, Losses
from visavis.models.baselines.base import Baseline, Dyad, need_dyads, spread
from visavis.models.baselines.config import TrainedConfig
from visavis.models.baselines.seen import Example, Seen
from visavis.motion import MotionSpace
from visavis.settings import seed_generators


@dataclass(frozen=True)
class Sizes:
    """Channels of each part of `Seen`, 0 for what is not seen."""

    partner: int
    sound: int
    roles: int


class Fuse(nn.Module):
    """All that is seen, (B, T, width): a linear layer for each kind, so that many audio features drown nothing."""

    def __init__(self, sizes: Sizes, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({name: nn.Linear(size, width) for name, size in vars(sizes).items() if size})

    def forward(self, seen: Seen) -> Tensor:
        """Sums."""
        return torch.stack([layer(getattr(seen, name)) for name, layer in self.layers.items()]).sum(0)


@dataclass(frozen=True)
class Batch:
    """Training windows, in the space's units.

    Attributes:
        target: (B, W, D) how the persons move.
        seen: What that is to be generated from.
        frames: (B, W) bool, False where the motion means nothing.
    """

    target: Tensor
    seen: Seen
    frames: Tensor

    def __len__(self) -> int:
        return len(self.target)

    def to(self, device: torch.device | str, *args: Any, **kwargs: Any) -> Batch:
        """On another device (Lightning calls this)."""
        return Batch(self.target.to(device), self.seen.map(lambda part: part.to(device)), self.frames.to(device))


class Trained(Baseline):
    """A baseline that learns by gradient descent, on one person's motion given what is known of both.

    Columns that do not move in the corpus are not learnt but held at their mean. When people speak is used if the
    whole corpus says so; sound is used if there is an encoder.

    Attributes:
        stages: What is trained one after the other; the last is what moves people.
        stage: What `loss` trains; of a finished checkpoint, what was trained last.
        motion_mean: (D,).
        motion_std: (D,), 1 where a column does not move.
        moving: (D,) bool.
        sound_mean: (F,), F is 0 for those that do not hear.
        sound_std: (F,).
    """

    stages: ClassVar[tuple[str, ...]] = ("network",)
    statistics_names: ClassVar[tuple[str, ...]] = ("motion_mean", "motion_std", "moving", "sound_mean", "sound_std")
    config: TrainedConfig
    motion_mean: Tensor
    motion_std: Tensor
    moving: Tensor
    sound_mean: Tensor
    sound_std: Tensor

    def __init__(self, config: TrainedConfig, space: MotionSpace, fps: float) -> None:
        super().__init__(config, space, fps)
        self.stage = self.stages[0]
        self.roles_known = False

    @property
    def hears_roles(self) -> bool:
        """Whether the whole corpus told who speaks."""
        return self.roles_known

    @property
    def capabilities(self) -> Capabilities:
        """Nobody is moved before the last stage."""
        found = super().capabilities
        ready = self.stage == self.stages[-1]
        return Capabilities(found.roles if ready else frozenset(), found.needs, found.writes, reads=found.reads)

    def rest_pose(self) -> NDArray[np.float32]:
        """The mean pose of the training corpus."""
        return self.motion_mean.cpu().numpy()

    def state(self) -> dict[str, Any]:
        """The stage trained last, and whether it counts who speaks."""
        return {"stage": self.stage, "roles": self.roles_known}

    def allocate(self, state: Mapping[str, Any]) -> None:
        """The networks."""
        self.roles_known = bool(state["roles"])
        self.make_networks()
        self.begin(state["stage"])

    def check_fitted(self) -> None:
        """See `Baseline.check_fitted`."""
        if self.stage != self.stages[-1]:
            raise InputError(
                f"{self.name} was last trained in stage {self.stage!r} and cannot generate motion yet; continue its "
                "training"
            )

    def check_loaded(self) -> None:
        """Scales of motion and sound, and which columns move."""
        sounds = len(self.sound_mean) if self.sound_mean.ndim else 0
        for name in Trained.statistics_names:
            need_shape(getattr(self, name), (sounds if name.startswith("sound") else self.space.dim,), name)
        if self.moving.dtype != torch.bool:
            raise InputError(f"moving has type {self.moving.dtype}; bool is needed")

    # Before training

    def measure(self, dyads: list[Dyad]) -> None:
        """Measures a corpus and makes the networks, untrained; whether roles are known has been said before.

        Raises:
            InputError: It is empty, or nothing in it moves or sounds.
        """
        examples = [example for dyad in need_dyads(dyads, self.name) for example in dyad]
        motion = spread(torch.cat([example.motion for example in examples]), f"{self.name}: the motion")
        sounds = [example.seen.sound for example in examples if example.seen.sound is not None]
        empty = torch.zeros(0)
        sound = spread(torch.cat(sounds), f"{self.name}: the sound") if sounds else (empty, empty, empty)
        for name, tensor in zip(Trained.statistics_names, (*motion, *sound[:2]), strict=True):
            self.register_buffer(name, tensor, persistent=False)
        self.prepare(examples)
        self.make_networks()
        self.begin(self.stages[0])

    def prepare(self, examples: list[Example]) -> None:
        """Measures what only one baseline needs."""

    @abstractmethod
    def make_networks(self) -> None:
        """Builds the networks, untrained; statistics are known."""

    def begin(self, stage: str) -> None:
        """Chooses what `loss` trains.

        Raises:
            ValueError: There is no such stage.
        """
        if stage not in self.stages:
            raise ValueError(stage)
        self.stage = stage

    # Sizes and scales

    @property
    def columns(self) -> int:
        """M, how many columns move."""
        return int(self.moving.sum())

    @property
    def sizes(self) -> Sizes:
        """Of what is seen."""
        return Sizes(self.columns if self.looks else 0, len(self.sound_mean), 2 if self.roles_known else 0)

    def normalise(self, motion: Tensor) -> Tensor:
        """Motion (..., D) to the columns that move, (..., M), at zero mean and unit scale."""
        return ((motion - self.motion_mean) / self.motion_std)[..., self.moving]

    def denormalise(self, moving: Tensor) -> Tensor:
        """The inverse; columns that do not move are at their mean."""
        scaled = moving.new_zeros((*moving.shape[:-1], len(self.motion_mean)))
        scaled[..., self.moving] = moving
        return scaled * self.motion_std + self.motion_mean

    def normalised(self, seen: Seen) -> Seen:
        """All that is seen on one scale."""
        if seen.sound is not None and seen.sound.shape[-1] != len(self.sound_mean):
            raise InputError(
                f"{self.name}: {self.senses.encoder!r} gives {seen.sound.shape[-1]} features per frame; the weights "
                f"take {len(self.sound_mean)}"
            )
        return Seen(
            None if seen.partner is None else self.normalise(seen.partner),
            None if seen.sound is None else (seen.sound - self.sound_mean) / self.sound_std,
            seen.roles if self.roles_known else None,
        )

    # Training and generation

    def loss(self, batch: Batch, generator: torch.Generator | None = None) -> Losses:
        """The loss of the present stage."""
        target = self.normalise(batch.target) * batch.frames[..., None]
        with seeded(generator, target.device):
            parts = self.losses(Batch(target, self.normalised(batch.seen), batch.frames), generator)
        total = torch.stack(list(parts.values())).sum()
        return Losses(total, {name: part.detach() for name, part in parts.items()})

    @abstractmethod
    def losses(self, batch: Batch, generator: torch.Generator | None) -> dict[str, Tensor]:
        """Weighted losses of the present stage on a normalised batch."""

    def move(self, seen: Seen, frames: int, person: int, seed: int) -> Tensor:
        """See `respond`; each person's draws are their own."""
        generator = torch.Generator().manual_seed(2 * seed + person)
        known = self.normalised(seen).map(lambda part: part[None])
        return self.denormalise(self.respond(known, frames, generator)[0])

    @abstractmethod
    def respond(self, seen: Seen, frames: int, generator: torch.Generator) -> Tensor:
        """Normalised motion (1, T, M); `generator`, on the CPU, decides what is drawn."""


@contextmanager
def seeded(generator: torch.Generator | None, device: torch.device) -> Iterator[None]:
    """Torch's own generators (codebooks' revival) start from `generator` and are afterwards as if nothing was drawn."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        if generator is not None:
            seed = torch.randint(2**62, (1,), generator=generator, device=generator.device)
            seed_generators(int(seed), device)
        yield


def drawn(probabilities: Tensor, generator: torch.Generator) -> Tensor:
    """One choice (N, 1) for each row of probabilities (N, K), by a generator that is on the CPU.

    Raises:
        InputError: They are no probabilities, since weights are unusable.
    """
    if not torch.isfinite(probabilities).all():
        raise InputError("the weights give numbers that are not finite; train the model again")
    return torch.multinomial(probabilities.float().cpu(), 1, generator=generator).to(probabilities.device)


def masked_mse(predicted: Tensor, target: Tensor, frames: Tensor) -> Tensor:
    """Mean squared error of (B, W, M) over the frames (B, W) that mean something; zero if none does."""
    return (predicted - target)[frames].square().sum() / (frames.sum() * target.shape[-1]).clamp_min(1)


def velocity_mse(predicted: Tensor, target: Tensor, frames: Tensor) -> Tensor:
    """Mean squared error of the changes from frame to frame; zero if no two frames mean something."""
    both = frames[:, 1:] & frames[:, :-1]
    difference = (predicted - target).diff(dim=1)
    return difference[both].square().sum() / (both.sum() * target.shape[-1]).clamp_min(1)

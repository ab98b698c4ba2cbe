"""What the trained baselines share: what they see of each person, on one scale, and how they are optimised."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from visavis.errors import InputError
from visavis.models.baselines.base import Array, Baseline, Dyad, spread
from visavis.motion import MotionSpace

WINDOW = 64
"""Frames of a training window."""
BATCH = 8
"""Windows per optimizer step."""
RATE = 1e-3
"""Highest learning rate; it rises over the first twentieth of the steps and then falls to zero along a cosine."""


@dataclass(frozen=True)
class Seen:
    """What a baseline sees of one person, or of a batch of them with a leading axis.

    Attributes:
        partner: (T, M) the partner's columns that move, normalised; None for those that do not look at the partner.
        sound: (T, F) normalised audio features of the voice that counts, or None.
        roles: (T, 2) probabilities that the person and that the partner speaks, or None.
    """

    partner: Tensor | None
    sound: Tensor | None
    roles: Tensor | None

    def map(self, function: Callable[[Tensor], Tensor]) -> Seen:
        """The function applied to all there is."""
        parts = (self.partner, self.sound, self.roles)
        return Seen(*(None if x is None else function(x) for x in parts))


class Fuse(nn.Module):
    """All that is seen, (B, T, width): a linear layer for each kind, so that many audio features drown nothing."""

    def __init__(self, like: Seen, width: int) -> None:
        super().__init__()
        parts = {name: getattr(like, name) for name in ("partner", "sound", "roles")}
        self.layers = nn.ModuleDict({n: nn.Linear(x.shape[-1], width) for n, x in parts.items() if x is not None})

    def forward(self, seen: Seen) -> Tensor:
        """Sums."""
        return torch.stack([layer(getattr(seen, name)) for name, layer in self.layers.items()]).sum(0)


@dataclass(frozen=True)
class Batch:
    """Training windows.

    Attributes:
        target: (B, W, M) the persons' own columns that move, normalised.
        seen: What they are to be generated from.
        frames: (B, W) bool, False where a clip is shorter than the window.
    """

    target: Tensor
    seen: Seen
    frames: Tensor


@dataclass
class Trained(Baseline):
    """A baseline that learns by gradient descent, on one person's motion given what is known of both.

    Columns that do not move in the corpus are not learnt but held at their mean. When people speak is used if the
    whole corpus says so; sound is used if there is an encoder.
    """

    looks: ClassVar[bool]
    """Whether the partner's motion is seen."""
    voice: ClassVar[Literal["partner", "own"]]
    """Whose voice is heard, where both are apart."""
    usual_steps: ClassVar[int]
    """Optimizer steps unless `fit` is told otherwise."""

    def learn(self, dyads: Iterator[Dyad], steps: int | None, seed: int) -> None:
        """Gathers clips, normalises them, builds the networks and trains them."""
        if self.voice == "own" and self.encoder is None:
            raise InputError(f"{self.name} makes motion from sound: give it an audio encoder")
        if steps is not None and steps < 1:
            raise InputError(f"{self.name}: {steps} training steps; at least 1 is needed")
        targets: list[Array] = []
        seen: list[tuple[Array | None, Array | None, Array | None]] = []
        for dyad in dyads:
            for i in dyad.targets():
                targets.append(dyad.motion(i))
                seen.append(self._raw(dyad, i, None))
        self.mean, self.std, self.moving = spread(np.concatenate(targets), f"{self.name}: the motion")
        self.roles_known = all(roles is not None for _, _, roles in seen)
        if self.encoder is not None:
            sounds = np.concatenate([sound for _, sound, _ in seen if sound is not None])
            self.sound_mean, self.sound_std, _ = spread(sounds, f"{self.name}: the sound")
        clips = [(self._motion(t), self._seen(*s)) for t, s in zip(targets, seen, strict=True)]
        with seeded(seed):
            self.train(clips, steps or self.usual_steps, np.random.default_rng(seed))

    def move(self, dyad: Dyad, person: int, seed: int) -> Array:
        """See `respond`."""
        seen = self._seen(*self._raw(dyad, person, self.roles_known)).map(lambda x: x[None])
        with torch.inference_mode(), seeded(2 * seed + person):
            moving = self.respond(seen, dyad.frames)[0].numpy()
        values = np.tile(self.mean, (dyad.frames, 1))
        values[:, self.moving] += moving * self.std[self.moving]
        return values

    @abstractmethod
    def train(self, clips: list[tuple[Tensor, Seen]], steps: int, rng: np.random.Generator) -> None:
        """Builds and trains on (T, M) normalised motions with what is seen meanwhile."""

    @abstractmethod
    def respond(self, seen: Seen, frames: int) -> Tensor:
        """Normalised motion (1, T, M); torch's generator has been seeded."""

    @property
    def columns(self) -> int:
        """M, how many columns move."""
        return int(self.moving.sum())

    @property
    def moving_space(self) -> MotionSpace:
        """Those columns."""
        columns = tuple(c for c, moves in zip(self.space.columns, self.moving, strict=True) if moves)
        return MotionSpace(f"{self.space.name}-moving", columns)

    def _raw(self, dyad: Dyad, person: int, roles: bool | None) -> tuple[Array | None, Array | None, Array | None]:
        """Partner's motion, sound, and roles; `roles` says whether these are wanted, None: where they are known."""
        known = all(p.speaking is not None for p in dyad.conversation.participants) if roles is None else roles
        voice = person if self.voice == "own" else 1 - person
        return (
            dyad.motion(1 - person) if self.looks else None,
            dyad.sound(voice) if self.encoder is not None else None,
            dyad.speaking(dyad.frames)[[person, 1 - person]].T if known else None,
        )

    def _motion(self, values: Array) -> Tensor:
        return torch.from_numpy(((values - self.mean) / self.std)[:, self.moving])

    def _seen(self, partner: Array | None, sound: Array | None, roles: Array | None) -> Seen:
        return Seen(
            None if partner is None else self._motion(partner),
            None if sound is None else torch.from_numpy((sound - self.sound_mean) / self.sound_std),
            torch.from_numpy(np.ascontiguousarray(roles)) if roles is not None and self.roles_known else None,
        )


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's generator starts at `seed` and is afterwards as if nothing had been drawn."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def draw(clips: list[tuple[Tensor, Seen]], rng: np.random.Generator, count: int = BATCH) -> Batch:
    """Windows from anywhere in the corpus, longer clips more often; what is missing is zero."""
    lengths = np.array([len(target) for target, _ in clips])
    chosen = rng.choice(len(clips), count, p=lengths / lengths.sum())
    starts = [int(rng.integers(max(1, lengths[i] - WINDOW + 1))) for i in chosen]

    def cut(tensors: list[Tensor]) -> Tensor:
        out = torch.zeros(count, WINDOW, tensors[0].shape[-1])
        for row, tensor, start in zip(out, tensors, starts, strict=True):
            piece = tensor[start : start + WINDOW]
            row[: len(piece)] = piece
        return out

    def cut_seen(name: Literal["partner", "sound", "roles"]) -> Tensor | None:
        parts = [getattr(clips[i][1], name) for i in chosen]
        return None if parts[0] is None else cut(parts)

    frames = torch.arange(WINDOW) < torch.from_numpy(lengths[chosen])[:, None]
    return Batch(
        cut([clips[i][0] for i in chosen]), Seen(cut_seen("partner"), cut_seen("sound"), cut_seen("roles")), frames
    )


def optimise(module: nn.Module, loss: Callable[[], Tensor], steps: int) -> None:
    """AdamW on the parameters that ask for gradients; `loss` draws its own batch."""
    parameters = [p for p in module.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, RATE)
    rise = max(1, steps // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda i: min((i + 1) / rise, 0.5 * (1 + np.cos(np.pi * i / steps)))
    )
    module.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss().backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
    module.eval()


def masked_mse(predicted: Tensor, wanted: Tensor, frames: Tensor) -> Tensor:
    """Mean squared error of (B, W, M) over the frames (B, W) that mean something."""
    return (predicted - wanted)[frames].square().mean()


def velocity_mse(predicted: Tensor, wanted: Tensor, frames: Tensor) -> Tensor:
    """Mean squared error of the changes from frame to frame; zero if no two frames mean something."""
    both = frames[:, 1:] & frames[:, :-1]
    difference = (predicted - wanted).diff(dim=1)
    return difference[both].square().sum() / (both.sum() * wanted.shape[-1]).clamp_min(1)

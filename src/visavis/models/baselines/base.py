"""What all baselines share: they train on a corpus, and move people one at a time.

Of the person to be moved a baseline may know when they speak and, if it is a speaker's baseline, what their voice
sounds like, but never how they really move. What it may know of the other person is everything.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.models.base import BehaviorModel, Capabilities, Cue, Role, chosen_options
from visavis.models.baselines.seen import Example, Seen, Senses, Voice
from visavis.models.cues import check_cues, seat_of
from visavis.models.preprocessing import frame_count, placed_motion
from visavis.models.samples import sample_seed, with_motion
from visavis.motion import Motion, MotionSpace
from visavis.motion.stats import STILL
from visavis.reporter import Update
from visavis.settings import Section

Dyad = Sequence[Example]
"""The one or two people of a conversation whose motion is to be learnt, A first."""


class Baseline(BehaviorModel):
    """What all baselines do.

    Attributes:
        roles: Whom it moves.
        looks: Whether it sees the partner's motion.
        voice: Whose voice it hears, if it hears.
        does: One line for the model card.
    """

    roles: ClassVar[frozenset[Role]] = frozenset({"listener"})
    looks: ClassVar[bool] = False
    voice: ClassVar[Voice] = "partner"
    does: ClassVar[str]

    def __init__(self, config: Section, space: MotionSpace, fps: float) -> None:
        super().__init__()
        self.config, self.space, self.fps = config, space, fps
        self.provenance: dict[str, Any] = {"model": self.name, "weights": "untrained"}

    @property
    def hears_roles(self) -> bool:
        """Whether it counts who speaks."""
        return False

    @property
    def senses(self) -> Senses:
        """What it looks at and listens to."""
        return Senses(self.looks, self.voice, getattr(self.config, "encoder", None), self.hears_roles)

    @property
    def capabilities(self) -> Capabilities:
        """As its senses need; a baseline does without nothing that it was fitted with."""
        senses = self.senses
        wanted: dict[Cue, bool] = {
            "partner_motion": senses.looks, "audio": senses.encoder is not None, "speaking": senses.roles,
        }  # fmt: skip
        return Capabilities(
            self.roles, frozenset(cue for cue, needed in wanted.items() if needed), self.space,
            reads=self.space if senses.looks else None,
        )  # fmt: skip

    @classmethod
    def build(
        cls, config: Any, space: MotionSpace, fps: float, statistics: Mapping[str, Tensor], state: Mapping[str, Any]
    ) -> Self:
        """One of the sizes that `state` tells, to be filled from a checkpoint."""
        model = cls(config, space, fps)
        for name, tensor in statistics.items():
            model.register_buffer(name, tensor, persistent=False)
        try:
            model.allocate(state)
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, RuntimeError):
            raise InputError(f"state: the sizes of a fitted {cls.name!r} are missing or wrong") from None
        return model

    def allocate(self, state: Mapping[str, Any]) -> None:
        """Makes the parameters and buffers that a checkpoint fills, of the sizes that `state` gave."""

    def card(self) -> list[str]:
        """What it does."""
        return [f"{self.does} A baseline for comparison; it reproduces what its corpus shows."]

    def generate(
        self, conversation: Conversation, people: Sequence[int] = (0, 1), *, samples: int = 1, seed: int = 0,
        options: Mapping[str, float] = MappingProxyType({}), update: Update = lambda _share: None,
    ) -> list[Conversation]:  # fmt: skip
        """Moves people, each by what is truly known of the other."""
        check_cues(conversation, people, self.capabilities, self.name)
        chosen_options(self.capabilities, options, self.name)
        self.check_fitted()
        frames = frame_count(conversation, self.fps)
        found = []
        seen = {person: self._see(conversation, person) for person in people}
        for number in range(samples):
            moved = {}
            for person in people:
                with torch.inference_mode():
                    values = self.move(seen[person], frames, person, sample_seed(seed, number))
                moved[person] = self._placed(values, conversation, person)
            found.append(with_motion(conversation, moved, {**self.provenance, "seed": seed, "sample": number}))
            update((number + 1) / samples)
        return found

    def _see(self, conversation: Conversation, person: int) -> Seen:
        return self.senses.see(conversation, person, self.space, self.fps).map(lambda part: part.to(self.device))

    def _placed(self, values: Tensor, conversation: Conversation, person: int) -> Motion:
        seat = seat_of(conversation, person, self.space)
        return placed_motion(values.float().cpu().numpy(), seat, self.space, self.fps)

    def check_fitted(self) -> None:
        """Raises `InputError` unless it has learnt something."""

    @abstractmethod
    def move(self, seen: Seen, frames: int, person: int, seed: int) -> Tensor:
        """(frames, D) motion of a person (0 for A, 1 for B), in the frame of the seat."""


class Fitted(Baseline):
    """A baseline that remembers or averages the corpus, without gradients."""

    _fitted = False

    @abstractmethod
    def fit(self, dyads: Iterable[Dyad]) -> None:
        """Learns from a corpus, read once.

        Raises:
            InputError: It is empty, too short, or nothing in it moves.
        """

    def allocate(self, state: Mapping[str, Any]) -> None:
        """See `Baseline.allocate`."""
        self._fitted = True

    def check_fitted(self) -> None:
        """See `Baseline.check_fitted`."""
        if not self._fitted:
            raise InputError(f"{self.name}: train it on a corpus first")


def spread(values: Tensor, what: str) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and standard deviation (1 where a column does not change) of columns, and which of them change.

    Args:
        values: (N, D), all frames.
        what: Whose columns they are, for the message.

    Raises:
        InputError: None does.
    """
    mean, std = values.double().mean(0), values.double().std(0, correction=0)
    changes = std >= STILL
    if not changes.any():
        raise InputError(f"{what} is constant throughout the corpus; there is nothing to learn from it")
    return mean.float(), std.where(changes, 1.0).float(), changes


def need_dyads(dyads: Iterable[Dyad], name: str) -> list[Dyad]:
    """All of a corpus.

    Raises:
        InputError: There is nobody to learn from.
    """
    found = [dyad for dyad in dyads if dyad]
    if not found:
        raise InputError(f"{name}: the corpus has no conversations to learn from")
    return found

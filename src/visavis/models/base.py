"""The contract of every model of behaviour: a Conversation in, the same Conversation with people moving out.

Duet, DIM, the baselines, retrieved listeners and a stranger's model are all `BehaviorModel`s; whoever applies one
(`animate`, `listen`, `benchmark`) asks its `Capabilities` and knows nothing else of it.
"""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from visavis.checkpoint import (
    STATISTICS,
    Header,
    load_weights,
    model_card,
    no_larger_than_stored,
    push,
    read_tensors,
    weights_hash,
    write_checkpoint,
)
from visavis.conversation import Conversation
from visavis.errors import InputError, about
from visavis.models import preprocessing
from visavis.motion import MotionSpace, Seat
from visavis.reporter import Update
from visavis.settings import Section

if TYPE_CHECKING:
    from visavis.models.stream import Stream

Role = Literal["speaker", "listener"]
Cue = Literal["audio", "speaking", "words", "partner_motion", "partner_video", "goal", "state", "plan"]
"""What a model may read of a conversation, besides where people are."""


@dataclass(frozen=True)
class SamplingOption:
    """A number that decides how a model samples and can be chosen when it is applied.

    Attributes:
        default: The model's own.
        low: Least value.
        high: Greatest value.
        help: One line.
    """

    default: float
    low: float
    high: float
    help: str


@dataclass(frozen=True)
class Capabilities:
    """What a model can do, and what it has to be given.

    Attributes:
        roles: Whom it can move: somebody who speaks, given the own voice; somebody who listens, given the other.
        needs: Cues without which it cannot generate.
        uses: Cues that it also reads where they are there.
        writes: Motion space of what it generates.
        reads: Motion space of the partner's motion; None where it does not look at the partner.
        lookahead: Seconds after a frame's end that it waits for when it streams; None for whole recordings only.
        options: By name, what can be chosen when sampling.
        pauses: Whether people are still between the things that it shows, and may be moved by another model there.
    """

    roles: frozenset[Role]
    needs: frozenset[Cue]
    writes: MotionSpace
    uses: frozenset[Cue] = frozenset()
    reads: MotionSpace | None = None
    lookahead: float | None = None
    options: Mapping[str, SamplingOption] = field(default_factory=lambda: MappingProxyType({}))
    pauses: bool = False

    @property
    def cues(self) -> frozenset[Cue]:
        """All that it reads."""
        return self.needs | self.uses


@dataclass(frozen=True)
class Losses:
    """The number to minimise and what it is made of (already weighted, detached)."""

    total: Tensor
    parts: dict[str, Tensor]


class BehaviorModel(nn.Module, ABC):
    """Configuration, weights, statistics, motion space and preprocessing, travelling together.

    Attributes:
        name: In the registry and in checkpoints.
        statistics_names: Buffers that are measured on the training corpus instead of learnt; they are stored in
            stats.safetensors and registered with ``persistent=False``.
        config: The settings.
        space: Motion space of what it generates.
        fps: Frames per second of the same.
        provenance: Where the weights come from, for what is generated with them.
    """

    name: ClassVar[str]
    statistics_names: ClassVar[tuple[str, ...]] = ()
    config: Section
    space: MotionSpace
    fps: float
    provenance: dict[str, Any]

    # What it does

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What it can do, and what it has to be given."""

    @abstractmethod
    def generate(
        self, conversation: Conversation, people: Sequence[int] = (0, 1), *, samples: int = 1, seed: int = 0,
        options: Mapping[str, float] = MappingProxyType({}), update: Update = lambda _share: None,
    ) -> list[Conversation]:  # fmt: skip
        """Moves people; how they really move is never looked at.

        Args:
            conversation: Of any length from one frame, with the cues that `capabilities` name and seats where the
                space has places. `visavis.generation.apply` sees to what is missing.
            people: Who is moved, 0 for A and 1 for B.
            samples: How many possible motions.
            seed: The same seed and conversation give the same motions on the same machine.
            options: Instead of the defaults of `Capabilities.options`.
            update: Takes the share done.

        Returns:
            `samples` copies of the conversation with the people's motion replaced and its making recorded under
            ``provenance["motion"]`` (or ``"motion_a"``, ``"motion_b"`` for one person).

        Raises:
            InputError: A cue is missing or in another space, or an option is out of range.
        """

    def open_stream(
        self, people: Sequence[int] = (0, 1), *, seed: int = 0, seats: tuple[Seat | None, Seat | None] = (None, None)
    ) -> AbstractContextManager[Stream]:
        """Frame-by-frame generation, where `Capabilities.lookahead` is a number.

        Args:
            people: Who is moved, 0 for A and 1 for B.
            seed: As in `generate`.
            seats: Of A and B, needed where the space has places.

        Raises:
            InputError: The model sees whole recordings only, or a seat that it needs is missing.
        """
        raise InputError(f"model {self.name!r} needs whole recordings; it cannot stream frame by frame")

    def rest_pose(self) -> NDArray[np.float32] | None:
        """(D,) the pose about which people move, in the frame of the seat; None where the model knows of none."""
        return None

    def loss(self, batch: Any, generator: torch.Generator | None = None) -> Losses:
        """The training loss of those models that are trained by gradients; all randomness comes from `generator`."""
        raise NotImplementedError(f"{type(self).__name__} is not trained by gradient descent")

    # Where it is

    @property
    def device(self) -> torch.device:
        """Where weights and statistics are."""
        for tensor in (*self.parameters(), *self.buffers()):
            return tensor.device
        return torch.device("cpu")

    @property
    def parameter_count(self) -> int:
        """Number of parameters, frozen ones included."""
        return sum(p.numel() for p in self.parameters())

    # How it is stored

    @classmethod
    @abstractmethod
    def build(
        cls, config: Any, space: MotionSpace, fps: float, statistics: Mapping[str, Tensor], state: Mapping[str, Any]
    ) -> Self:
        """An untrained model whose weights a checkpoint then fills.

        Args:
            config: Valid settings of this family.
            space: Motion space.
            fps: Frames per second.
            statistics: What `statistics_names` name.
            state: What `state` gave.

        Raises:
            InputError: They do not fit together.
        """

    def check_loaded(self) -> None:
        """Raises `InputError` unless what a checkpoint brought fits together; `load` has seen to names and weights."""

    def state(self) -> dict[str, Any]:
        """Further plain values that `build` needs, such as the stage of a training in stages."""
        return {}

    def card(self) -> list[str]:
        """Lines for the model card: what the model does, its sizes, its limits (Markdown)."""
        return [f"A model `{self.name}`."]

    def save(self, folder: str | Path, *, training: Mapping[str, Any] | None = None, half: bool = False) -> Path:
        """Writes a checkpoint folder.

        Args:
            folder: Where; an earlier checkpoint there is replaced.
            training: How it was trained, for config.yaml and the model card (plain values).
            half: Whether to store weights as float16.
        """
        training = dict(training or {})
        header = Header(
            self.name, self.config.model_dump(mode="json"), self.space, self.fps, preprocessing.constants(),
            self.state(), training,
        )  # fmt: skip
        statistics = {name: getattr(self, name) for name in self.statistics_names}
        about = [
            *self.card(), "",
            f"- Motion space `{self.space.name}`, {self.fps:g} frames/s; {self.parameter_count:,} parameters.",
        ]  # fmt: skip
        usage = ("from visavis.models import from_pretrained", "model = from_pretrained('this-folder')")
        card = model_card(self.name, ("facial-animation", "conversation"), about, training, usage)
        return write_checkpoint(Path(folder), header, self.state_dict(), statistics, card, half=half)

    @classmethod
    def load(cls, folder: Path, header: Header, config: Any) -> Self:
        """The model of a checkpoint; `visavis.models.checkpoint.from_pretrained` finds and checks the rest.

        Raises:
            InputError: Weights or statistics are missing, broken or of another model.
        """
        space, fps = header.need_space(str(folder))
        statistics = read_tensors(folder / STATISTICS)
        if set(statistics) != set(cls.statistics_names):
            raise InputError(
                f"{folder / STATISTICS}: contains {sorted(statistics)[:8]}; {sorted(cls.statistics_names)} are needed"
            )
        with about(folder), no_larger_than_stored(folder):
            model = cls.build(config, space, fps, statistics, header.state)
        load_weights(model, folder)
        with about(folder):
            model.check_loaded()
        model.provenance = {
            "model": cls.name,
            "weights": weights_hash(folder),
            "trained": header.training,
            **header.state,
        }
        return model.eval()

    def push_to_hub(self, repository: str, *, training: Mapping[str, Any] | None = None) -> str:
        """Uploads a checkpoint to the Hugging Face Hub under ``owner/name``; returns its address."""
        with tempfile.TemporaryDirectory() as folder:
            return push(self.save(Path(folder) / self.name, training=training), repository)


def chosen_options(capabilities: Capabilities, options: Mapping[str, float], model: str) -> dict[str, float]:
    """All sampling options, those given and the defaults of the others.

    Raises:
        InputError: The model has no such option, or it is out of range.
    """
    for name, value in options.items():
        option = capabilities.options.get(name)
        if option is None:
            known = ", ".join(capabilities.options) or "none"
            raise InputError(f"model {model!r} has no option {name!r}; it has: {known}")
        if not option.low <= value <= option.high:  # refuses NaN, too
            raise InputError(f"a {name} of {value:g}; {option.low:g} to {option.high:g} is possible")
    return {**{name: option.default for name, option in capabilities.options.items()}, **options}

"""The learner of a family of models, named by ``learner`` in the registry.

`visavis.training.train` asks a `Learner` for everything that differs from family to family: what is read of a corpus,
what model to start with, and which batches it sees. A model whose loss takes `visavis.models.batch.DyadBatch` needs no
learner of its own: its entry names `visavis.training.dyad:DyadLearner`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from visavis.errors import InputError
from visavis.models.registry import Entry
from visavis.reporter import Reporter, Update
from visavis.settings import Section, validate
from visavis.training.config import DataConfig, LoopConfig, parse_loops
from visavis.training.needs import DataNeeds

if TYPE_CHECKING:
    from torch import nn

    from visavis.training.corpora import Corpora


class Sampler(Protocol):
    """Draws batches: what a step gets is a function of the seed and the step's number alone."""

    def batch(self, step: int) -> Any:
        """The batch of a step; it has a method ``to(device)``."""
        ...


class Learner:
    """Trains one family.

    A subclass either implements `start` and `sampler`, and is trained by gradients, or `fit`.

    Attributes:
        entry: The family in the registry; its `Entry.stages` are the stages of the training.
        config: The model's settings, an `Entry.config`.
        data: The section ``data`` of the preset.
        loops: The section ``training``, by stage.
    """

    data_config: ClassVar[type[Section]] = DataConfig
    """What the section ``data`` may hold."""

    def __init__(self, entry: Entry, values: Mapping[str, Any], where: str) -> None:
        """Takes a preset's plain values.

        Args:
            entry: The family.
            values: Its settings, with the sections ``data`` and ``training``.
            where: Preset or file, for messages.

        Raises:
            InputError: One line that names `where`, the field and what is wrong with it.
        """
        rest = dict(values)
        self.entry = entry
        self.loops: dict[str, LoopConfig] = parse_loops(rest.pop("training", None), entry.stages, where)
        self.data: Any = validate(self.data_config, rest.pop("data", None) or {}, where, "data")
        self.config: Any = validate(entry.load_config(), rest, where)

    # Stages

    def default_stages(self) -> tuple[str, ...]:
        """What is trained, in order, unless a stage is asked for: the first stage."""
        return self.entry.stages[:1] or ("",)

    def follows(self, stage: str) -> str | None:
        """The stage whose checkpoint a stage starts from: the one before it; None for the first."""
        number = self.entry.stages.index(stage) if stage else 0
        return self.entry.stages[number - 1] if number else None

    # Data

    def needs(self) -> DataNeeds | None:
        """What is read of a corpus; None where the learner makes its own data in `prepare`."""
        return DataNeeds(self.data.space, self.data.fps)

    def prepare(self, corpora: Corpora | None, folder: Path, seed: int, reporter: Reporter) -> Any:
        """The data, for `start`, `sampler`, `facts` and `fit`: a `visavis.training.store.Store` unless overridden.

        Args:
            corpora: What the user gave, if anything.
            folder: For what takes long to make and later runs use again; it lies beside the run's folder.
            seed: Of the run.
            reporter: For notes and progress.

        Raises:
            InputError: No corpus was given where one is needed, or it cannot be used.
        """
        from visavis.training.store import open_store

        needs = self.needs()
        if corpora is None or needs is None:
            raise InputError(f"{self.entry.name} is trained on conversations; pass --corpus FOLDER")
        return open_store(corpora, needs, folder / "features", reporter)

    def facts(self, data: Any) -> dict[str, Any]:
        """What the record of a training says of its data (plain values)."""
        facts: dict[str, Any] = data.facts()
        return facts

    # Training by gradients

    def start(self, data: Any, stage: str, before: Path | None) -> nn.Module:
        """The module to train: its ``loss(batch, generator)`` gives a `visavis.models.base.Losses`.

        PyTorch's own generator has been seeded.

        Args:
            data: From `prepare`.
            stage: One of `Entry.stages`, or empty.
            before: Checkpoint folder to start from; None for a fresh model with the statistics of `data`.

        Raises:
            InputError: The checkpoint does not fit, or the data are not enough.
        """
        raise NotImplementedError(f"{type(self).__name__} does not train by gradient descent")

    def sampler(self, data: Any, module: nn.Module, stage: str, seed: int, *, held_out: bool = False) -> Sampler | None:
        """Draws batches of the part that is trained on, or of the part held out; None where nothing is held out."""
        raise NotImplementedError(f"{type(self).__name__} does not train by gradient descent")

    def loop(self, stage: str) -> LoopConfig:
        """Settings of a stage's loop."""
        return self.loops[stage]

    # Training without gradients

    def fit(self, data: Any, *, seed: int, update: Update) -> nn.Module | None:
        """The finished model of a family that is not trained by gradients; None for those that are.

        Args:
            data: From `prepare`.
            seed: Decides everything.
            update: Takes the share done.
        """
        return None

    # What comes out

    def save(self, module: Any, folder: Path, record: Mapping[str, Any]) -> Path:
        """Writes the checkpoint of what `start` or `fit` gave, with how it was trained."""
        checkpoint: Path = module.save(folder, training=record)
        return checkpoint

"""Every model by name: the one place where verbs look for models.

A family is one `Entry` in its package's ``__init__.py``; ours are listed in `BUILT_IN`, others register the same object
under the entry point group ``visavis.models``. An entry names classes instead of importing them, so that listing what
there is costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from visavis import plugins
from visavis.errors import InputError

if TYPE_CHECKING:
    from visavis.models.base import BehaviorModel

Kind = Literal["behavior", "tokenizer", "encoder"]
GROUP = "visavis.models"


@dataclass(frozen=True)
class Entry:
    """A family of models.

    Attributes:
        name: As in ``model:`` of a checkpoint and in ``visavis train NAME``.
        summary: One line for help texts.
        config: ``module:Class`` of the settings, a `visavis.settings.Section`.
        model: ``module:Class`` of the `BehaviorModel` (or of the tokenizer or encoder).
        learner: ``module:Class`` of the `visavis.training.learner.Learner`; None for what is not trained.
        stages: Names of the stages that the training has, in order; none where it is one.
        presets: Names of the presets, YAML files in the folder ``presets`` of `package`.
        package: The package they lie in; that of `config` unless given.
        kind: Whether it moves people, turns motion into codes, or finds clips.
        weights: Name of the built-in weights; None where there are none.
    """

    name: str
    summary: str
    config: str
    model: str
    learner: str | None = None
    stages: tuple[str, ...] = ()
    presets: tuple[str, ...] = ()
    package: str = ""
    kind: Kind = "behavior"
    weights: str | None = None

    @property
    def default_preset(self) -> str | None:
        """The first of the presets called small, or the first one; None where there are none."""
        small = [name for name in self.presets if name.endswith("small")]
        return next(iter((*small, *self.presets)), None)

    def load_config(self) -> Any:
        """The class of the settings."""
        return resolve(self.config)

    def load_model(self) -> type[BehaviorModel]:
        """The class of the model."""
        model: type[BehaviorModel] = resolve(self.model)
        return model

    def load_learner(self) -> Any:
        """The class of what trains it.

        Raises:
            InputError: It is not trained.
        """
        if self.learner is None:
            raise InputError(f"model {self.name!r} is not trained")
        return resolve(self.learner)

    def read_preset(self, preset: str, overrides: tuple[str, ...] = ()) -> dict[str, Any]:
        """The plain values of a preset or YAML file, with ``a.b=value`` changes.

        Besides the settings of the model there may be sections ``data`` and ``training``, which the learner validates.
        A change of ``training.KEY`` holds for every stage, also where the preset has a value of a stage's own, except
        for stages that another change names (``training.STAGE.KEY``).

        Raises:
            InputError: There is no such preset, or it is not valid YAML.
        """
        from visavis import settings

        package = self.package or self.config.partition(":")[0].rpartition(".")[0]
        values = settings.read_preset(self.name, package, self.presets, preset)
        training = values.get("training")
        training = training if isinstance(training, dict) else {}
        for stage in self.stages:
            own = training.get(stage)
            if isinstance(own, dict):
                training[stage] = {key: value for key, value in own.items() if not _changed(key, overrides)}
        for override in overrides:
            settings.apply_override(values, override)
        return values

    def load_preset(self, preset: str, overrides: tuple[str, ...] = ()) -> Any:
        """A preset's settings of the model, without those of the training.

        Raises:
            InputError: No such preset, or a setting that does not exist or does not fit.
        """
        from visavis import settings

        values = self.read_preset(preset, overrides)
        for section in ("data", "training"):
            values.pop(section, None)
        return settings.validate(self.load_config(), values, f"preset {preset}")


def _changed(key: str, overrides: tuple[str, ...]) -> bool:
    """Whether a change is one of a key of the training in all stages."""
    return any(override.partition("=")[0] == f"training.{key}" for override in overrides)


BUILT_IN: tuple[str | Entry, ...] = (
    "visavis.models.duet:ENTRY",
    "visavis.models.dim:ENTRY",
    "visavis.models.retrieval:ENTRIES",
    "visavis.models.mars:ENTRY",
    "visavis.models.baselines:ENTRIES",
    Entry(
        name="tokenizer",
        summary="motion tokenizers",
        config="visavis.tokenizers.config:TokenizerConfig",
        model="visavis.tokenizers.vq:VQTokenizer",
        learner="visavis.training.recipes.tokenizer:TokenizerLearner",
        presets=(
            "conv-debug", "conv-small", "conv-paper-face", "conv-paper-body", "transformer-debug", "transformer-small",
            "transformer-paper", "lapped-debug", "mars-face-small", "mars-body-small", "actions-debug",
            "actions-small", "actions-paper",
        ),
        kind="tokenizer",
    ),
)  # fmt: skip
"""Ours: where a family's entry, or its entries, are."""


def resolve(reference: str) -> Any:
    """What ``module:name`` names."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


@cache
def entries() -> Mapping[str, Entry]:
    """All families by name, ours first; a stranger's cannot take the name of one of ours.

    Raises:
        InputError: An entry point does not name an entry, or uses a name that is already taken.
    """
    found: dict[str, Entry] = {}
    for reference in BUILT_IN:
        for entry in _entries(resolve(reference) if isinstance(reference, str) else reference):
            found[entry.name] = entry
    for point in plugins.installed(GROUP).values():
        for entry in _entries(plugins.load(point, f"the model {point.name!r}")):
            if not isinstance(entry, Entry):
                raise InputError(
                    f"the entry point {point.name!r} ({point.value}) is not a visavis.models.registry.Entry"
                )
            if entry.name in found:
                raise InputError(
                    f"the installed model {entry.name!r} ({point.value}) uses a name that is already taken"
                )
            found[entry.name] = entry
    return found


def names(kind: Kind | None = None, *, trained: bool = False) -> list[str]:
    """Names of all families, of those of a kind, or of those that can be trained."""
    return [
        name for name, entry in entries().items()
        if kind in (None, entry.kind) and (not trained or entry.learner is not None)
    ]  # fmt: skip


def get_entry(name: str) -> Entry:
    """The family called `name`.

    Raises:
        InputError: There is none; the message lists those there are.
    """
    try:
        return entries()[name]
    except KeyError:
        raise InputError(f"there is no model named {name!r}; there are: {', '.join(entries())}") from None


def _entries(loaded: Any) -> tuple[Any, ...]:
    return tuple(loaded) if isinstance(loaded, (tuple, list)) else (loaded,)

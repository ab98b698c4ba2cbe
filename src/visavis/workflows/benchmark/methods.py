"""The rows of a benchmark: given models, and models trained for it on what is not held out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.generation.apply import apply
from visavis.models.base import BehaviorModel, Role
from visavis.models.checkpoint import from_pretrained
from visavis.models.registry import get_entry, names
from visavis.training.train import train
from visavis.workflows.benchmark.cases import SAMPLES, Bench, Case, Method, Move, Moved
from visavis.workflows.benchmark.report import NOT_MEASURED, short_names

View = Callable[[Conversation], Conversation]
"""What a method gets to see of a conversation."""
KEPT = "kept"
"""Folder, inside that of the report, of what need not be made again."""


def given_models(which: Sequence[str], roles: frozenset[Role], verb: str, device: str) -> dict[str, BehaviorModel]:
    """Models by what tables call them.

    Args:
        which: Names of built-in weights, checkpoint folders, Hub ids.
        roles: What each has to play.
        verb: Of the benchmark, for messages.
        device: ``cpu``, ``cuda`` or ``auto``.

    Raises:
        InputError: One cannot be used, or plays other roles.
    """
    found = {}
    for called, name in short_names(list(dict.fromkeys(which))).items():
        model = from_pretrained(name, device=device)
        found[called if called == model.name else f"{called} ({model.name})"] = model
        missing = roles - model.capabilities.roles
        if missing:
            plays = " and ".join(f"{role}s" for role in sorted(model.capabilities.roles)) or "nobody"
            wanted = " and ".join(f"{role}s" for role in sorted(missing))
            raise InputError(f"{name}: model {model.name!r} moves {plays}; visavis benchmark {verb} asks for {wanted}")
    return found


def check_trainable(which: Sequence[str]) -> None:
    """Raises `InputError` unless all are names of families that can be trained and move people."""
    trainable = names("behavior", trained=True)
    for name in which:
        if name not in trainable:
            raise InputError(f"no model that can be trained is called {name!r}; there are: {', '.join(trainable)}")


def moving(
    model: BehaviorModel, view: View = lambda conversation: conversation, *,
    options: Mapping[str, float] = MappingProxyType({}),
) -> Move:  # fmt: skip
    """How a model moves a case's people; whoever answers the partner's true motion moves one of them at a time."""

    def move(case: Case, samples: int) -> Sequence[Conversation]:
        if len(case.people) == 2 and "partner_motion" in model.capabilities.needs:
            alone = [move(replace(case, people=(person,)), samples) for person in case.people]
            return [a.with_participants(a.a, b.b) for a, b in zip(*alone, strict=True)]
        return apply(view(case.hidden), model, case.people, samples=samples, options=options)

    return move


def given_method(
    name: str, model: BehaviorModel, view: View = lambda conversation: conversation, *, samples: int = SAMPLES,
    options: Mapping[str, float] = MappingProxyType({}),
) -> Method:  # fmt: skip
    """A row of a model at hand."""
    key = (model.provenance["weights"], model.config.model_dump(mode="json"), dict(options))
    return Method(name, key, lambda: moving(model, view, options=options), samples)


@dataclass(frozen=True)
class Training:
    """How the rows of a benchmark are trained.

    Attributes:
        corpus: On what of it is not held out.
        bench: Where runs are kept.
        seed: Of all trainings.
        device: ``cpu``, ``cuda`` or ``auto``.
        silent: Whether the corpus has no sound, so that models do without.
        utterances: The same as a corpus of utterances, for families that learn from A or B alone.
        people: Whom these learn from: ``A``, ``B`` or ``both``.
    """

    corpus: Path
    bench: Bench
    seed: int = 0
    device: str = "cpu"
    silent: bool = False
    utterances: Path | None = None
    people: str = "both"

    def run(
        self, family: str, label: str, *, preset: str = "small", overrides: tuple[str, ...] = (),
        steps: int | None = None, stage: str | None = None, init: Path | None = None, beside: tuple[Path, ...] = (),
    ) -> Path:  # fmt: skip
        """The checkpoint of a training, which goes on where it was stopped and is not done twice.

        Args:
            family: In the registry.
            label: Of its folder.
            preset: Settings.
            overrides: Changes of settings.
            steps: Instead of the preset's.
            stage: Only this one.
            init: Checkpoint to start from.
            beside: Corpora to learn from, too.

        Raises:
            InputError: The corpus is not fit for it.
        """
        if self.silent and _may_be_deaf(family):
            overrides = (*overrides, "encoder=null")
        keys = [self.bench.state, family, preset, overrides, steps, stage, self.seed, init and init.parent.name]
        keys += [folder.name for folder in beside]
        folder = self.bench.kept.place(f"trained/{label}", keys)
        return train(
            family, [self.corpus, *beside], folder, preset=preset, overrides=overrides, max_steps=steps,
            stage=stage, init=init, seed=self.seed, device=self.device, reporter=self.bench.reporter,
        )  # fmt: skip

    def method(
        self, family: str, steps: int | None = None, *, view: View = lambda c: c, samples: int = SAMPLES
    ) -> Method:
        """A row of a family trained by its `small` preset."""

        def make() -> Move:
            return moving(from_pretrained(self.fitted(family, steps), device=self.device), view)

        return Method(family, ("trained", steps, self.seed, self.silent, self.people), make, samples)

    def fitted(self, family: str, steps: int | None) -> Path:
        """The checkpoint of a family, which hears, and learns from the people of utterances if it can be told whom."""
        hears = ("encoder=log-mel",) if deaf_by_default(family) else ()
        if self.utterances is not None and "people" in get_entry(family).load_learner().data_config.model_fields:
            apart = replace(self, corpus=self.utterances)
            return apart.run(family, family, overrides=(*hears, f"data.people={self.people}"), steps=steps)
        return self.run(family, family, overrides=hears, steps=steps)


def _may_be_deaf(family: str) -> bool:
    """Whether a family's settings say by ``encoder: null`` that nothing is heard."""
    field = get_entry(family).load_config().model_fields.get("encoder")
    return field is not None and type(None) in get_args(field.annotation)


def deaf_by_default(family: str) -> bool:
    """Whether a family hears only if it is given an encoder, as all methods that are compared should be."""
    return _may_be_deaf(family) and get_entry(family).load_config().model_fields["encoder"].default is None


def measure_all(
    bench: Bench, methods: Sequence[Method], measure: Callable[[Iterator[Moved]], Any]
) -> dict[str, Any]:  # fmt: skip
    """By method what `measure` makes of its motion, or why it was not measured.

    Args:
        bench: What they share.
        methods: In order.
        measure: Takes what a method generated, case by case.
    """
    rows: dict[str, Any] = {}
    for method in methods:
        try:
            rows[method.name] = measure(bench.moved(method))
        except InputError as error:
            rows[method.name] = f"{NOT_MEASURED}{error}"
            bench.reporter.note(f"{method.name} {rows[method.name]}")
    return rows

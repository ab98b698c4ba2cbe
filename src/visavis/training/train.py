"""``visavis train NAME``: any family, from conversations to a checkpoint."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from visavis.command import recorded
from visavis.errors import InputError, MissingExtraError
from visavis.files import results_folder
from visavis.models.registry import Entry, get_entry, names
from visavis.reporter import SILENT, Reporter, Update
from visavis.settings import LARGEST_SEED, validate
from visavis.training.config import LoopConfig
from visavis.training.corpora import Corpora
from visavis.training.learner import Learner
from visavis.training.run import MODEL, run_dir


@dataclass(frozen=True)
class TrainRequest:
    """What is asked for.

    Attributes:
        name: Of the family, as the registry has it.
        corpora: Folders of corpora.
        out: Folder of the run.
        preset: Name or YAML file; the family's default unless given.
        stage: One of the family's stages; those that it needs by default unless given.
        init: Checkpoint folder to start from, instead of the stage before in `out`.
        overrides: ``a.b=value`` changes of settings.
        max_steps: Steps of each stage in all, instead of the preset's.
        max_minutes: Minutes of each stage in all; the learning rate is annealed to end there.
        seed: Decides weights, batches and noise.
    """

    name: str
    corpora: tuple[Path, ...]
    out: Path
    preset: str | None = None
    stage: str | None = None
    init: Path | None = None
    overrides: tuple[str, ...] = ()
    max_steps: int | None = None
    max_minutes: float | None = None
    seed: int = 0

    @property
    def command(self) -> str:
        """The command that does the same."""
        words = ["visavis", "train", self.name, *(w for c in self.corpora for w in ("--corpus", str(recorded(c))))]
        words += ["-o", str(recorded(self.out))]
        for option in ("preset", "stage", "init", "max_steps", "max_minutes"):
            if getattr(self, option) is not None:
                words += [f"--{option.replace('_', '-')}", str(recorded(getattr(self, option)))]
        words += [w for change in self.overrides for w in ("--set", change)]
        return shlex.join([*words, "--seed", str(self.seed)])


def train(
    name: str, corpora: Path | Sequence[Path] | Corpora | None, out: Path, *, preset: str | None = None,
    stage: str | None = None, init: Path | None = None, overrides: Sequence[str] = (), max_steps: int | None = None,
    max_minutes: float | None = None, seed: int = 0, device: str = "auto", reporter: Reporter = SILENT,
) -> Path:  # fmt: skip
    """Trains a model, or goes on with the training that `out` holds.

    A run's folder holds settings (run.json), log.csv, last.ckpt (to go on from) and model/, the checkpoint; where a
    family is trained in stages, each stage has such a folder inside it. Arrays made of the corpus lie beside the run's
    folder, for other runs to use.

    Args:
        name: Of the family, as the registry has it.
        corpora: Folder of a corpus with motion, several, or None for families that make their own data.
        out: Folder of the run.
        preset: Name or YAML file; the family's default unless given.
        stage: One of the family's stages; those that it needs by default unless given.
        init: Checkpoint folder to start from, instead of the stage before in `out`.
        overrides: ``a.b=value`` changes of settings.
        max_steps: Steps of each stage in all, instead of the preset's.
        max_minutes: Minutes of each stage in all; the learning rate is annealed to end there.
        seed: Decides weights, batches and noise.
        device: ``auto``, ``cpu`` or ``cuda``.
        reporter: For notes and progress.

    Returns:
        The checkpoint folder of the last stage trained.

    Raises:
        InputError: Settings, corpus, device or folders cannot be used.
    """
    try:
        import lightning  # noqa: F401
    except ImportError:
        raise MissingExtraError("training", "train") from None
    from visavis.checkpoint import locate, read_header
    from visavis.settings import resolve_device

    opened = corpora if isinstance(corpora, Corpora) or corpora is None else Corpora.open(corpora)
    folders = () if opened is None else opened.folders
    request = TrainRequest(
        name, folders, out, preset, stage, init, tuple(overrides), max_steps, max_minutes, seed
    )  # fmt: skip
    learner = learner_of(request)
    stages = _stages(learner, stage)
    with results_folder(out):  # what can be found out before the work is, and another run in the folder first of all
        resolve_device(device)
        before = _before(learner, stages[0], out) if init is None else init
        if before is not None:
            read_header(locate(before))
        data = learner.prepare(opened, out.parent, seed, reporter)
        for number, each in enumerate(stages):
            if number:
                before = _before(learner, each, out)
            final = _train_stage(request, learner, data, opened, each, before, device, reporter)
    return final


def learner_of(request: TrainRequest) -> Learner:
    """What trains the family, with a preset's settings.

    Raises:
        InputError: There is no such family, preset or setting, or the family is not trained.
    """
    if request.name not in names():
        raise InputError(f"there is no model named {request.name!r}; there are: {', '.join(names(trained=True))}")
    entry = get_entry(request.name)
    preset = request.preset or entry.default_preset
    where = "settings" if preset is None else f"preset {preset}"
    learner: Learner = entry.load_learner()(entry, _values(entry, preset, request.overrides), where)
    if request.max_steps is not None:
        learner.loops = {stage: _lasting(loop, request.max_steps) for stage, loop in learner.loops.items()}
    if request.max_minutes is not None and not request.max_minutes > 0:
        raise InputError(f"--max-minutes {request.max_minutes:g}: must be above 0")
    if not 0 <= request.seed <= LARGEST_SEED:
        raise InputError(f"--seed {request.seed}: must be from 0 to {LARGEST_SEED}")
    return learner


def _lasting(loop: LoopConfig, steps: int) -> LoopConfig:
    """The same settings for so many steps, within the same bounds."""
    return validate(LoopConfig, {**loop.model_dump(), "max_steps": steps}, "--max-steps")


def _values(entry: Entry, preset: str | None, overrides: tuple[str, ...]) -> dict[str, Any]:
    from visavis.settings import apply_override

    if preset is not None:
        return entry.read_preset(preset, overrides)
    values: dict[str, Any] = {}
    for override in overrides:
        apply_override(values, override)
    return values


def _stages(learner: Learner, stage: str | None) -> tuple[str, ...]:
    """Those to train, in order."""
    if stage is None:
        return learner.default_stages()
    if stage not in learner.entry.stages:
        known = ", ".join(learner.entry.stages)
        there = f"there are: {known}" if known else f"{learner.entry.name} is trained in a single stage; omit --stage"
        raise InputError(f"there is no stage named {stage!r}; {there}")
    return (stage,)


def _before(learner: Learner, stage: str, out: Path) -> Path | None:
    """The checkpoint that a stage follows in the same run; None for the first stage.

    Raises:
        InputError: It is not there.
    """
    follows = learner.follows(stage)
    if follows is None:
        return None
    folder = out / follows / MODEL
    if not folder.is_dir():
        raise InputError(
            f"{out}: stage {stage!r} needs stage {follows!r}, which was not trained here; train it first (--stage "
            f"{follows}) or pass --init FOLDER"
        )
    return folder


def _train_stage(
    request: TrainRequest, learner: Learner, data: Any, corpora: Corpora | None, stage: str, before: Path | None,
    device: str, reporter: Reporter,
) -> Path:  # fmt: skip
    import torch

    from visavis.settings import resolve_device
    from visavis.training.loop import train_module
    from visavis.training.memory import need_memory, network_fits
    from visavis.training.trained import Trained

    loop, out = learner.loop(stage), request.out / stage if stage else request.out
    ids = [] if corpora is None else [source.id for source in corpora.sources]
    started = {
        "name": request.name, "preset": request.preset or learner.entry.default_preset, "stage": stage or None,
        "init": _name(before, request.out), "seed": request.seed,
        "settings": learner.config.model_dump(mode="json"), "data": learner.data.model_dump(mode="json"),
        "training": loop.model_dump(exclude={"max_steps"}),
        "conversations": hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16],
    }  # fmt: skip
    hidden = ("settings", "conversations")  # the checkpoint has the settings themselves
    record = {k: v for k, v in started.items() if k not in hidden} | learner.facts(data)

    def write(model: Any, facts: Mapping[str, Any]) -> None:
        learner.save(model, out / MODEL, {**record, **facts, "command": request.command})

    with _progress_if_used(reporter) as update:
        fitted = learner.fit(data, seed=request.seed, update=update)
    if fitted is not None:
        with run_dir(out, started):
            write(fitted, {})
        return out / MODEL
    torch.manual_seed(request.seed)
    there = resolve_device(device)
    with network_fits(there):
        model = learner.start(data, stage, before)
    sampler = learner.sampler(data, model, stage, request.seed)
    if sampler is None:
        raise InputError("all conversations are held out for validation, so there is nothing to train on")
    need_memory(model, sampler, loop, there)
    held_out = learner.sampler(data, model, stage, request.seed, held_out=True)
    trained = Trained(model, loop, sampler, request.seed, held_out=held_out, max_minutes=request.max_minutes)
    with run_dir(out, started):
        train_module(trained, out, write, device=device, title=stage or "training", reporter=reporter)
    return out / MODEL


def _name(before: Path | None, out: Path) -> str | None:
    """What a record calls the checkpoint that a stage starts from: within the run, the same from everywhere."""
    if before is None:
        return None
    return before.relative_to(out).as_posix() if before.is_relative_to(out) else str(before)


@contextmanager
def _progress_if_used(reporter: Reporter) -> Iterator[Update]:
    """What shows progress from the first time on that a share is given to it."""
    with ExitStack() as stack:
        opened: list[Update] = []

        def update(share: float) -> None:
            if not opened:
                opened.append(stack.enter_context(reporter.progress("training")))
            opened[0](share)

        yield update

"""Both people from the audio of their conversation (Talking Together, tables 2 and 3), on any corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.evaluation.intervals import Interval, mean_interval
from visavis.evaluation.motion_error import ROLES, MotionError
from visavis.evaluation.side_by_side import Figures, Rows
from visavis.evaluation.significance import FEWEST, LEVEL, sign_flips
from visavis.files import results_folder
from visavis.models.base import BehaviorModel
from visavis.models.checkpoint import from_pretrained
from visavis.models.preprocessing import mixed_track
from visavis.motion import MotionSpace
from visavis.reporter import SILENT, Reporter
from visavis.workflows.benchmark.cases import SAMPLES, Bench, Case, Method, Move, Moved
from visavis.workflows.benchmark.held_out import HeldOut
from visavis.workflows.benchmark.kept import Kept
from visavis.workflows.benchmark.methods import (
    KEPT,
    Training,
    check_trainable,
    given_method,
    given_models,
    measure_all,
    moving,
)
from visavis.workflows.benchmark.report import Report, Section, how_made

BASELINES = ("mean-pose", "random", "listen-r", "listen-a", "listen-m")
"""Trained on what is not held out unless others are named: those of Talking Together, and two simpler ones."""
ONCE = ("mean-pose", "listen-a", "listen-m")
"""Those that always answer the same."""
PRESET = "small"
"""Of the ablations."""
STAGE_2_SHARE = 0.25
DUBBED = 0.25
"""Dubbed dialogues for each conversation."""
ABLATION_SETTINGS = (
    "training.batch_size=6", "training.warmup_steps=50", "training.ema_decay=0.99", "window=125", "overlap=25",
)  # fmt: skip
"""Changes of the preset for short trainings."""
ABLATIONS: dict[str, tuple[str, ...]] = {
    "full": (),
    "single-person only": ("data.single_person=true", "network.cross_attention=none"),
    "no role embedding": ("network.role=0",),
    "no cross-attention": ("network.cross_attention=none",),
    "no gaze loss": ("losses.gaze=0",),
}
COLUMNS = {  # measure: (title, factor)
    "mse expression": ("expression MSE x 1000", 1e3),
    "mse lips": ("lips MSE x 1000", 1e3),
    "mse rotation": ("rotation MSE x 1000 (rad^2)", 1e3),
    "mse eyes": ("eyes MSE x 1000 (rad^2)", 1e3),
    "mse translation": ("translation MSE (cm^2)", 1e4),
    "gaze error": ("gaze error (degrees)", 1.0),
    "lip error": ("lip error x 100", 1e2),
    "articulation error": ("articulation error x 100", 1e2),
}
ABOUT = (
    "Both people are generated from the mixed track and who speaks when (`own voices`: from each person's voice "
    "apart); how they really move is hidden, but from models that answer the partner's motion (listen-m), which see "
    "the other person's. Errors of each conversation are means over samples; brackets hold 95% intervals over "
    "conversations. Squared errors prefer the mean of all motions that would fit, and the mean pose, to any "
    "lively one. The articulation error is the lip error of the columns that phones move, without the corners of the "
    "mouth, and of speakers alone. "
    f"Better or worse is what a paired test over conversations shows, with p < {LEVEL:g} for all of a list "
    f"together, which takes {FEWEST} conversations.",
)
Errors = dict[str, list[float]]
"""By ``measure/role`` one value per conversation."""


@dataclass(frozen=True)
class DuetRequest:
    """What is asked for.

    Attributes:
        corpus: Folder of a corpus in which both people's motion, and who speaks when, are known.
        models: Names of built-in weights, checkpoint folders, Hub ids.
        baselines: Families trained on what is not held out.
        baseline_steps: Of those that are trained by gradients; their presets' unless given.
        ablations: Steps of the first stage of each ablation of Duet; 0 leaves them out.
        samples: Per conversation, of models that draw.
        seed: Of the trainings.
        device: ``cpu``, ``cuda`` or ``auto``.
    """

    corpus: Path
    models: tuple[str, ...] = ("duet",)
    baselines: tuple[str, ...] = BASELINES
    baseline_steps: int | None = None
    ablations: int = 0
    samples: int = SAMPLES
    seed: int = 0
    device: str = "auto"


def run(request: DuetRequest, out: Path, *, further: Sequence[Method] = (), reporter: Reporter = SILENT) -> Report:
    """Measures everything and writes the report to a folder; a run that was stopped goes on.

    Args:
        request: What is asked for.
        out: Folder, made if missing.
        further: Rows after those of the models.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: The corpus, a model, a baseline's name or the folder cannot be used.
    """
    models = given_models(request.models, frozenset({"speaker", "listener"}), "duet", request.device)
    check_trainable(request.baselines)
    if not models and not request.baselines and not request.ablations:
        raise InputError("there is nothing to measure: name a model or a baseline, or train ablations")
    parts = HeldOut.of(request.corpus)
    space = space_of(models, parts)
    held = check_known(parts.testing(), request.corpus)
    with results_folder(out):
        bench = Bench(
            lambda: cases_of(parts.testing()), len(parts.test), space, Kept(out / KEPT), parts.state, reporter
        )
        methods: list[Method] = []
        for name, model in models.items():
            methods.append(given_method(name, model, as_mixed, samples=request.samples))
            if held.apart and "audio" in model.capabilities.cues:
                methods.append(given_method(f"{name}, own voices", model, as_voices, samples=request.samples))
        if not held.apart:
            reporter.note(f"{request.corpus}: not all voices are known apart; rows of own voices are left out")
        methods += further
        training = Training(request.corpus, bench, request.seed, request.device, held.silent)
        for name in request.baselines:
            samples = 1 if name in ONCE else request.samples
            methods.append(training.method(name, request.baseline_steps, view=as_mixed, samples=samples))
        sections = by_role(measure_all(bench, methods, lambda moved: errors_of(moved, space))) if methods else []
        if request.ablations:
            trained = [ablation(training, parts, name, request) for name in (*ABLATIONS, "no second stage")]
            sections.append(ablated(measure_all(bench, trained, lambda moved: errors_of(moved, space))))
        header = (*parts.header(), ("samples", f"{request.samples} of each conversation"), *how_made())
        report = Report("Both people from sound", header, ABOUT, tuple(sections))
        report.write(out)
    return report


# The corpus


@dataclass(frozen=True)
class Known:
    """What all conversations that are held out have.

    Attributes:
        apart: Both voices, apart.
        silent: No sound.
    """

    apart: bool
    silent: bool


def check_known(conversations: Iterator[Conversation], corpus: Path) -> Known:
    """What is known of all conversations.

    Raises:
        InputError: Somebody's motion, or who speaks when, is not known.
    """
    apart = silent = True
    for conversation in conversations:
        for letter, person in zip("AB", conversation, strict=True):
            where = f"{corpus}, conversation {conversation.id!r}, participant {letter}"
            if person.motion is None:
                raise InputError(f"{where}: has no motion to compare with; give a corpus in which both people move")
            if person.speaking is None:
                raise InputError(f"{where}: it is not known when this person speaks; extract with the step 'speaking'")
            apart = apart and person.audio is not None
            silent = silent and person.audio is None and conversation.mixed is None
    return Known(apart, silent)


def space_of(models: Mapping[str, BehaviorModel], parts: HeldOut) -> MotionSpace:
    """What all rows are measured in: what the first model writes, or else the corpus's motion space."""
    for model in models.values():
        return model.capabilities.writes
    return parts.motion()[0]


def cases_of(conversations: Iterable[Conversation]) -> Iterator[Case]:
    """Both people of each conversation."""
    return (Case(conversation, (0, 1), conversation.id) for conversation in conversations)


def as_mixed(conversation: Conversation) -> Conversation:
    """What a model gets to see: the mixed track and who speaks when, no voices apart."""
    people = (replace(person, audio=None) for person in conversation)
    silent = conversation.mixed is None and all(person.audio is None for person in conversation)
    mixed = None if silent else mixed_track(conversation)
    return replace(conversation.with_participants(*people), mixed=mixed)


def as_voices(conversation: Conversation) -> Conversation:
    """The same with each person's own voice."""
    return conversation


# Rows


def dubbed(training: Training, parts: HeldOut) -> Path:
    """Dialogues dubbed from what is not held out, a quarter as many, made once; the second stage learns from them."""
    from visavis.corpora.dubbing_corpus import dub_corpus

    lengths = [conversation.duration for conversation in parts.training()]
    return dub_corpus(
        training.corpus, training.bench.kept.place("dubbed", [parts.state, training.seed]), seed=training.seed,
        conversations=max(1, round(DUBBED * len(lengths))), seconds=float(np.mean(lengths)),
        reporter=training.bench.reporter,
    )  # fmt: skip


def ablation(training: Training, parts: HeldOut, name: str, request: DuetRequest) -> Method:
    """Duet without one of its parts, trained in both stages; ``no second stage`` is all of it after the first."""
    steps, whole = request.ablations, "full" if name == "no second stage" else name

    def make() -> Move:
        settings = (*ABLATIONS[whole], *ABLATION_SETTINGS)
        final = training.run(
            "duet", f"{whole} 1", preset=PRESET, overrides=settings, steps=steps, stage="conversations"
        )
        if name != "no second stage":
            final = training.run(
                "duet", f"{whole} 2", preset=PRESET, overrides=(*settings, "training.learning_rate=3e-4"), init=final,
                steps=max(1, round(STAGE_2_SHARE * steps)), stage="lips", beside=(dubbed(training, parts),),
            )  # fmt: skip
        return moving(from_pretrained(final, device=request.device), as_mixed)

    return Method(name, ("ablation", steps, request.seed), make, request.samples)


def errors_of(moved: Iterator[Moved], space: MotionSpace) -> Errors:
    """Errors per conversation, each the mean over samples."""
    per_sample: list[MotionError] = []
    for each in moved:
        samples = len(each.motions[0])
        per_sample = per_sample or [MotionError() for _ in range(samples)]
        truth = each.case.conversation
        true = (replace(p, motion=each.case.truth(i, space)) for i, p in enumerate(truth))
        truth = truth.with_participants(*true)
        for number, metric in enumerate(per_sample):
            people = (replace(p, motion=each.motions[i][number]) for i, p in enumerate(truth))
            metric.update(truth.with_participants(*people), truth)
    found = [{f"{m}/{role}": v for (m, role), v in metric.compute().items()} for metric in per_sample]
    return {key: np.mean([sample[key] for sample in found], axis=0).tolist() for key in found[0]}


# Writing it up


def rows_of(results: Mapping[str, Errors | str], role: str) -> Rows:
    """The measures of a role, in the tables' units."""
    rows: dict[str, Figures | str] = {}
    for name, found in results.items():
        if isinstance(found, str):
            rows[name] = found
            continue
        figures: dict[str, Interval] = {}
        for measure, (title, factor) in COLUMNS.items():
            if f"{measure}/{role}" in found:
                mean, low, high = mean_interval(found[f"{measure}/{role}"], least=0.0)
                figures[title] = factor * mean, factor * low, factor * high
        rows[name] = figures
    return rows


def by_role(results: Mapping[str, Errors | str]) -> list[Section]:
    """A table for each role; under the last one, what the first method is better and worse in."""
    titles = {"speaker": "Speaker", "listener": "Listener", "both": "Both roles"}
    sections = [Section(titles[role], rows_of(results, role)) for role in ROLES]
    return [*sections[:-1], replace(sections[-1], remarks=tuple(differences(results)))]


def ablated(results: Mapping[str, Errors | str]) -> Section:
    """The table of what was trained without a part."""
    about = ("Trained on what is not held out, far less than built-in weights: rows compare with each other alone.",)
    return Section("Ablations", rows_of(results, "both"), about, tuple(differences(results)))


def differences(results: Mapping[str, Errors | str], role: str = "both") -> list[str]:
    """What shows and what does not: by method, the paired differences to the first one, all tested together."""
    (reference, own), *others = results.items()
    if isinstance(own, str):
        return []
    gains = {
        (name, measure): np.array(found[key]) - np.array(own[key])
        for name, found in others if not isinstance(found, str)
        for measure in COLUMNS if (key := f"{measure}/{role}") in found and key in own
    }  # fmt: skip
    if not gains:
        return []
    tested = sign_flips(np.stack(list(gains.values()), 1))
    shown = dict(zip(gains, tested.together < LEVEL, strict=True))
    lines = []
    for name in dict.fromkeys(name for name, _ in gains):
        verdicts: dict[str, list[str]] = {"better in": [], "worse in": [], "no difference shown in": []}
        for measure, (title, _) in COLUMNS.items():
            if (name, measure) in gains:
                better = np.nansum(gains[name, measure]) > 0
                sure = "better in" if better else "worse in"
                verdicts[sure if shown[name, measure] else "no difference shown in"].append(_short(title))
        said = [f"{how} {', '.join(what)}" for how, what in verdicts.items() if what]
        lines.append(f"- {reference} against {name}: {'; '.join(said)}.")
    return lines


def _short(title: str) -> str:
    return title.split(" MSE")[0].split(" x ")[0].split(" (")[0]

"""Listeners from speakers, and speakers from their voice (Dyadic Interaction Modeling, tables 1, 3), on any corpus."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from visavis.checkpoint import read_header
from visavis.conversation import Conversation
from visavis.conversation.corpus_write import write_corpus
from visavis.corpora.utterance_pairs import utterance_pairs
from visavis.errors import InputError
from visavis.evaluation.profiles import Setting, get_profile
from visavis.evaluation.significance import FEWEST, LEVEL
from visavis.files import results_folder
from visavis.models.base import Role
from visavis.models.checkpoint import find, from_pretrained
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
from visavis.workflows.benchmark.metrics import Differences, Measured, compared, measured, rows_of, stars
from visavis.workflows.benchmark.report import Report, Section, how_made

LISTENERS = ("random", "mirror", "nearest-audio", "nearest-motion", "rlhg", "l2l", "elp", "mean-pose")
SPEAKERS = ("random", "nearest-own-audio", "faceformer", "codetalker", "mean-pose")
"""Trained on what is not held out unless others are named."""
ONCE = (
    "mirror",
    "nearest-audio",
    "nearest-motion",
    "nearest-own-audio",
    "rlhg",
    "faceformer",
    "codetalker",
    "mean-pose",
)
"""Those that always answer the same."""
WHO = {"speaker": 0, "listener": 1}
"""In utterances A speaks."""
SHORTEST = 1.5
"""Seconds of the utterances that are measured; shorter ones show little of the listener."""
PRESET = "small"
"""Of the variants."""
SETTINGS = ("encoder=log-mel", "vq_decoder=trained", "losses.motion=0.5", *(
    f"training.{stage}.batch_size=12" for stage in ("tokenizers", "pretrain", "listener", "speaker")
))  # fmt: skip
"""Changes of the preset: as in the paper, the VQ decoder learns on and the motion's error counts;
all hear what the baselines hear."""
SHARES = {"tokenizers": 1.5, "pretrain": 0.75}
"""Steps of the stages before the last one, of whose steps these are multiples."""
FULL = "DIM"


@dataclass(frozen=True)
class Variant:
    """DIM with something left out.

    Attributes:
        changes: Of the settings.
        steps: The last stage's, as a multiple.
    """

    changes: tuple[str, ...] = ()
    steps: float = 1.0

    @property
    def stages(self) -> tuple[str, ...]:
        """Between tokenizers and the last one."""
        return () if "pretraining=false" in self.changes else ("pretrain",)


VARIANTS = {
    FULL: Variant(),
    "no pre-training": Variant(("pretraining=false",)),
    "no pre-training, as many steps in all": Variant(("pretraining=false",), 1 + SHARES["pretrain"]),
    "no VQ": Variant(("vq=false",)),
    "frozen VQ decoder": Variant(("vq_decoder=frozen",)),
    "no contrastive loss": Variant(("losses.contrastive=0",)),
    "single branch": Variant(("network.branches=1",)),
    "units alone": Variant(("vq_decoder=frozen", "losses.motion=0")),
    "units alone, codes of a unit apart": Variant(
        ("vq_decoder=frozen", "losses.motion=0", "network.autoregressive=false")
    ),
}
"""Rows of table 3, and two of ours: units alone is what the `small` preset does."""
MEASURES = (("FD", "P-FD", "MSE"), ("SID", "Var", "rPCC"))
"""Columns of the two tables; the first are distances, of which less is better."""

ABOUT = (
    "FD, P-FD, MSE: lower is better; SID, Var: best at the truth's; rPCC: distance to the true correlation, lower is "
    "better. Coefficients for expression (exp), radians for pose. Means over samples; brackets hold 95% intervals over "
    "conversations. A star tells a row from the first one in a paired test over conversations: p < "
    f"{LEVEL:g} for all of the first two tables together, which takes {FEWEST} conversations. Baselines learn from the "
    "listeners (speakers) of utterances alone; DIM and its variants, where they were trained here, had one short "
    "training each.",
)
RELEASE = (
    "The same motion as the authors' release computes it: by clip the best sample by FD to the truth (an oracle), "
    "distances of each clip by itself. Good for setting beside the paper's tables, not for judging."
)


@dataclass(frozen=True)
class DimRequest:
    """What is asked for.

    Attributes:
        corpus: Folder of a corpus in which motion is known.
        role: Who is generated.
        models: Names of built-in weights, checkpoint folders, Hub ids; None for the built-in DIM, where listeners of
            its space are generated.
        baselines: Families trained on what is not held out; those of the role unless given.
        baseline_steps: Of those that are trained by gradients; their presets' unless given.
        variants: Steps of the last stage of DIM and each of its variants; 0 leaves them out.
        samples: Of everybody, by models that draw.
        seed: Of the trainings.
        device: ``cpu``, ``cuda`` or ``auto``.
    """

    corpus: Path
    role: Role = "listener"
    models: tuple[str, ...] | None = ()
    baselines: tuple[str, ...] | None = None
    baseline_steps: int | None = None
    variants: int = 0
    samples: int = SAMPLES
    seed: int = 0
    device: str = "auto"


def run(request: DimRequest, out: Path, *, further: Sequence[Method] = (), reporter: Reporter = SILENT) -> Report:
    """Measures everything and writes the report to a folder; a run that was stopped goes on.

    Args:
        request: What is asked for.
        out: Folder, made if missing.
        further: Rows after those of the models.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: The corpus, a model, a baseline's name or the folder cannot be used, or there is nothing to do.
    """
    baselines = request.baselines
    if baselines is None:
        baselines = LISTENERS if request.role == "listener" else SPEAKERS
    check_trainable(baselines)
    parts = HeldOut.of(request.corpus)
    which = _usual_models(parts, request.role) if request.models is None else request.models
    models = given_models(which, frozenset({request.role}), f"dim --role {request.role}", request.device)
    if not models and not baselines and not request.variants:
        raise InputError("there is nothing to measure: name a model or a baseline, or train variants")
    space = next((model.capabilities.writes for model in models.values()), parts.motion()[0])
    people = survey(parts, request.role)
    with results_folder(out):
        bench = Bench(
            lambda: cases_of(parts.testing(), request.role, people.utterances), people.cases, space, Kept(out / KEPT),
            f"{parts.state} {request.role}", reporter,
        )  # fmt: skip
        training = Training(request.corpus, bench, request.seed, request.device, people.silent)
        if people.utterances:
            utterances = utterance_corpus(parts, bench.kept, reporter)
            training = replace(training, utterances=utterances, people="AB"[WHO[request.role]])
        methods = [given_method(name, model, samples=request.samples) for name, model in models.items()]
        methods += further
        if request.variants:
            methods += [variant(training, name, request) for name in VARIANTS]
        for name in baselines:
            methods.append(
                training.method(name, request.baseline_steps, samples=1 if name in ONCE else request.samples)
            )
        found = measure_all(bench, methods, lambda moved: measured_by(moved, space, request.samples))
        header = (
            *parts.header(), ("generated", people.line(request.role)), ("samples", f"{request.samples} of each"),
            *how_made(),
        )  # fmt: skip
        report = Report(f"One person from the other: the {request.role}", header, ABOUT, tables(found))
        report.write(out)
    return report


# The corpus


@dataclass(frozen=True)
class Survey:
    """What is held out.

    Attributes:
        cases: How many people in all.
        seconds: For how long.
        utterances: Whether cases are utterances; otherwise, both people of whole conversations.
        silent: No sound.
    """

    cases: int
    seconds: float
    utterances: bool
    silent: bool

    def line(self, role: Role) -> str:
        """For the report."""
        what = f"utterances of at least {SHORTEST:g} s" if self.utterances else "people of whole conversations"
        seen = "the speaker's motion and voice" if role == "listener" else "the own voice"
        seen = seen if not self.silent else "the other's motion"
        return f"the {role} of {self.cases} {what} ({self.seconds:.0f} s), from {seen}"


def _usual_models(parts: HeldOut, role: Role) -> tuple[str, ...]:
    """The built-in DIM, which listens, where the corpus is in its space."""
    space, _ = parts.motion()
    own = read_header(find("dim")).space
    return ("dim",) if role == "listener" and own is not None and own.columns == space.columns else ()


def survey(parts: HeldOut, role: Role) -> Survey:
    """Counts what is held out.

    Raises:
        InputError: There is nobody to generate.
    """
    utterances = any(person.utterances for conversation in parts.testing() for person in conversation)
    count, seconds, silent = 0, 0.0, True
    for case in cases_of(parts.testing(), role, utterances):
        count, seconds = count + 1, seconds + case.conversation.duration
        silent = silent and case.conversation.mixed is None and all(p.audio is None for p in case.conversation)
    if not count:
        raise InputError(f"{parts.folder}: in what is held out nobody's motion is known while somebody speaks")
    return Survey(count, seconds, utterances, silent)


def cases_of(conversations: Iterable[Conversation], role: Role, utterances: bool) -> Iterator[Case]:
    """Speakers or listeners of utterances (A speaks), or else both people of each conversation."""
    for conversation in conversations:
        unit = str(conversation.provenance.get("session", conversation.id))
        pairs = utterance_pairs(conversation, shortest=SHORTEST) if utterances else [conversation]
        for pair in pairs:
            for person in (1 if role == "listener" else 0,) if utterances else (0, 1):
                motion = pair.participants[person].motion
                if motion is not None and len(motion) > 1:
                    yield Case(pair, (person,), unit)


def utterance_corpus(parts: HeldOut, kept: Kept, reporter: Reporter) -> Path:
    """The utterances of what is not held out as a corpus of its own, made once; baselines learn from it."""
    final = kept.place("utterances", [parts.state, SHORTEST])
    if not final.is_dir():
        working = final.with_name(f".{final.name}.tmp")
        shutil.rmtree(working, ignore_errors=True)
        with reporter.progress("utterances") as update:

            def pairs() -> Iterator[Conversation]:
                for number, conversation in enumerate(parts.training(), start=1):
                    yield from utterance_pairs(conversation, shortest=SHORTEST)
                    update(number / len(parts.train))

            write_corpus(pairs(), working)
        working.rename(final)
    return final


# Rows


def variant(training: Training, name: str, request: DimRequest) -> Method:
    """A variant of DIM, trained on top of tokenizers that all share."""
    chosen = VARIANTS[name]

    def make() -> Move:
        steps = request.variants
        settings = (*SETTINGS, *chosen.changes)
        final = training.run(
            "dim", "tokenizers", preset=PRESET, overrides=SETTINGS, steps=round(SHARES["tokenizers"] * steps),
            stage="tokenizers",
        )  # fmt: skip
        for stage in chosen.stages:
            final = training.run(
                "dim", f"{name} {stage}", preset=PRESET, overrides=settings, steps=round(SHARES[stage] * steps),
                stage=stage, init=final,
            )  # fmt: skip
        final = training.run(
            "dim", f"{name} {request.role}", preset=PRESET, overrides=settings, steps=round(chosen.steps * steps),
            stage=request.role, init=final,
        )  # fmt: skip
        return moving(from_pretrained(final, device=request.device))

    return Method(name, ("variant", request.variants, request.seed, training.silent), make, request.samples)


def columns(space: MotionSpace) -> Measured:
    """The columns of table 1, of expression and pose where the space tells them apart."""
    from visavis.evaluation.clusters import ShannonIndex
    from visavis.evaluation.coupling import ResidualCorrelation
    from visavis.evaluation.errors import MeanSquaredError
    from visavis.evaluation.frechet import FrechetDistance, PairedFrechetDistance
    from visavis.evaluation.parts import has_part
    from visavis.evaluation.spread import Variance

    kinds: dict[str, Any] = {
        "FD": FrechetDistance, "P-FD": PairedFrechetDistance, "MSE": MeanSquaredError, "SID": ShannonIndex,
        "Var": Variance, "rPCC": ResidualCorrelation,
    }  # fmt: skip
    parts = {"exp": "expression", "pose": "pose"}
    parts = {short: part for short, part in parts.items() if has_part(space, part)} or {"all": "all"}
    return {f"{name} {short}": kind(part) for name, kind in kinds.items() for short, part in parts.items()}


def measured_by(moved: Iterator[Moved], space: MotionSpace, samples: int) -> tuple[Measured, Measured]:
    """The plain measures of a method's motion, and the same as the authors' release computes them."""
    release = get_profile("dim-release")
    short = {"expression": "exp", "pose": "pose"}
    theirs = {
        f"{metric.name} {short.get(metric.part, metric.part)}": metric
        for metric in release.metrics(Setting(space, samples=samples, partner=True))
    }
    plain = columns(space)
    for each in moved:
        for clip in each.clips(space, samples):
            measured([clip], plain)
            measured([release.prepare(clip)], theirs)
    return plain, theirs


# Writing it up


def tables(found: Mapping[str, tuple[Measured, Measured] | str]) -> tuple[Section, ...]:
    """Distances, spread and coupling, and all of it as the release computes it."""
    plain, release = (
        {name: row if isinstance(row, str) else row[number] for name, row in found.items()} for number in (0, 1)
    )
    first = next(iter(found))
    differences = compared(plain, first)
    sections = []
    for title, wanted in zip(("Distances to the truth", "Spread and coupling"), MEASURES, strict=True):
        part = {
            name: row if isinstance(row, str) else {t: m for t, m in row.items() if t.split()[0] in wanted}
            for name, row in plain.items()
        }
        remarks = tuple(orderings(differences, first)) if wanted == MEASURES[0] else ()
        sections.append(Section(title, rows_of(part), remarks=remarks, marks=stars(differences)))
    return (*sections, Section("Under the `dim-release` profile", rows_of(release), (RELEASE,)))


def orderings(differences: Differences, first: str) -> list[str]:
    """One line per distance: what the first method is better and worse than."""
    lines = []
    for title in dict.fromkeys(title for _, title in differences if title.split()[0] in MEASURES[0]):
        verdicts: dict[str, list[str]] = {"better than": [], "worse than": [], "not told apart from": []}
        for (name, measure), found in differences.items():
            if measure == title:
                sure = "better than" if found.difference < 0 else "worse than"
                verdicts[sure if found.p_family < LEVEL else "not told apart from"].append(name)
        said = [f"{verdict} {', '.join(names)}" for verdict, names in verdicts.items() if names]
        lines.append(f"- {title}: {first} is {'; '.join(said)}.")
    return lines

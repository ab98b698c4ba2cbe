"""Measures any motion against the truth: match files, measure, compare, report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from visavis import __version__
from visavis.command import command_line, recorded
from visavis.errors import InputError
from visavis.evaluation.affect import affect_for
from visavis.evaluation.clip import Clip, check_kind, check_length, check_match
from visavis.evaluation.compare import Comparison, compare_all
from visavis.evaluation.metric import Metric
from visavis.evaluation.profiles import Build, Labels, Setting, get_profile
from visavis.evaluation.protocol import Evaluation, evaluate
from visavis.evaluation.report import as_csv, as_json, markdown, too_few_to_compare
from visavis.evaluation.surface import Surface
from visavis.formats.people import known_space, read_people
from visavis.formats.person import Person
from visavis.formats.registry import read_suffixes
from visavis.motion import Motion, MotionSpace
from visavis.motion.mapping import can_become, project_to_space
from visavis.reading import read_array
from visavis.reporter import SILENT, Reporter
from visavis.workflows.evaluate_files import find_files


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        predicted: One folder per sample; several are several samples of the same clips.
        truth: The folder of true motion.
        profile: Which measures.
        against: Another method's folder, to test the difference.
        space: Name of the motion space of .npy files.
        fps: Of .npy files, and of CSV tables in place of their timecodes.
        body: The user's FLAME or SMPL-X file.
        neighbours: An .npy matrix of 0 and 1: row i, column j is 1 where the truth of clip j is appropriate for clip
            i, clips in the order of their names; the diagonal says whether a clip's own truth is.
        rendered: Whether to draw frames, for FD and P-FD on pictures.
    """

    predicted: tuple[Path, ...]
    truth: Path
    profile: str = "plain"
    against: Path | None = None
    space: str | None = None
    fps: float | None = None
    body: Path | None = None
    neighbours: Path | None = None
    rendered: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came out.

    Attributes:
        evaluation: The results.
        comparisons: With the other method, if there was one.
        header: Lines about the run: name and value.
    """

    evaluation: Evaluation
    comparisons: tuple[Comparison, ...]
    header: tuple[tuple[str, str], ...]


def run(request: Request, *, reporter: Reporter = SILENT) -> Outcome:
    """Measures.

    Args:
        request: What to measure.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: A file cannot be used, or files do not fit together; the message names file, field and remedy.
    """
    profile = get_profile(request.profile)
    pairs = _Pairs(request, request.predicted)
    first = next(iter(pairs))
    setting = Setting(
        space=first.true.space,
        samples=len(request.predicted),
        partner=first.partner is not None,
        roles=bool(first.roles),
        neighbours=request.neighbours is not None,
        surface=_surface(first.true.space, request.body),
        estimator=affect_for(first.true.space),
    )
    if request.rendered:
        profile = replace(profile, build=_with_frames(profile.build))
    passes = 2 if request.against else 1
    comparisons: list[Comparison] = []
    with reporter.progress("measuring") as update:
        found = evaluate(pairs, profile, setting, counted=lambda n: update(n / pairs.count / passes))
        if request.against is not None:
            other = _Pairs(request, (request.against,))
            against = evaluate(
                other, profile, replace(setting, samples=1, notes=[]), intervals=False,
                counted=lambda n: update(0.5 + n / other.count / passes),
            )  # fmt: skip
            comparisons = _compared(found.metrics, against.metrics)
    few = too_few_to_compare(comparisons)
    found = replace(found, notes=(*pairs.notes, *found.notes, *([few] if few else [])))
    for note in found.notes:
        reporter.note(note)
    return Outcome(found, tuple(comparisons), _header(request, found))


def _with_frames(build: Build) -> Build:
    """The same measures, and those on drawn frames."""
    from visavis.evaluation.rendered import Inception, RenderedFrechetDistance, RenderedPairedFrechetDistance
    from visavis.workflows.evaluate_frames import HeadShots

    features = Inception()
    draw = HeadShots()

    def more(setting: Setting, labels: Labels) -> list[Metric]:
        kinds = (RenderedFrechetDistance, RenderedPairedFrechetDistance)
        return [*build(setting, labels), *(kind(draw, features, **labels) for kind in kinds if setting.can(kind))]

    return more


def _compared(ours: Sequence[Metric], theirs: Sequence[Metric]) -> list[Comparison]:
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a.clips and a.comparable]
    if any(a.drawn != b.drawn for a, b in pairs):
        raise InputError("--against compares methods with one sample per clip; pass --pred once")
    return compare_all(pairs)


def write_report(outcome: Outcome, folder: Path) -> list[Path]:
    """Writes report.md, report.csv, report.json, measures.png and conversations.png.

    Raises:
        InputError: The folder cannot be written to.
    """
    from visavis.evaluation.plots import draw_conversations, draw_measures
    from visavis.files import atomic_write, results_folder

    evaluation = outcome.evaluation
    texts = {
        "report.md": markdown(evaluation, "Evaluation", outcome.header, outcome.comparisons)
        + "\n![Measures](measures.png)\n\n![Conversations](conversations.png)\n",
        "report.csv": as_csv(evaluation),
        "report.json": as_json(evaluation, outcome.header, outcome.comparisons),
    }
    pictures = {"measures.png": draw_measures, "conversations.png": draw_conversations}
    with results_folder(folder):
        for name, text in texts.items():
            with atomic_write(folder / name) as temporary:
                temporary.write_text(text, encoding="utf-8")
        for name, draw in pictures.items():
            with atomic_write(folder / name) as temporary:
                draw(evaluation).savefig(temporary, format="png", dpi=110)
    return [folder / name for name in (*texts, *pictures)]


class _Pairs:
    """Reads clips one at a time, each time it is walked through."""

    def __init__(self, request: Request, predicted: Sequence[Path]) -> None:
        self.request = request
        self.space = known_space(request.space) if request.space else None
        self.truth = find_files(request.truth)
        self.samples = [find_files(folder) for folder in predicted]
        self.notes: list[str] = []
        common = set(self.truth).intersection(*self.samples)
        if not common:
            raise InputError(
                f"{predicted[0]} and {request.truth} have no file name in common; a prediction needs the name of its "
                f"ground truth, such as {next(iter(self.truth))!r}"
            )
        for folder, files in ((request.truth, self.truth), *zip(predicted, self.samples, strict=True)):
            alone = sorted(set(files) - common)
            if alone:
                shown = ", ".join(alone[:3]) + (" ..." if len(alone) > 3 else "")
                self.notes.append(f"{folder}: {len(alone)} file(s) without a counterpart on the other side: {shown}")
        self.names = sorted(common)
        self.count = len(self.names)
        self.neighbours = _neighbours(request.neighbours, self.count)

    def __iter__(self) -> Iterator[Clip]:
        for i, name in enumerate(self.names):
            true = self._read(self.truth[name])
            samples = [self._read(files[name]) for files in self.samples]
            for letter, person in true.items():
                if any(letter not in sample for sample in samples):
                    raise InputError(f"{self.samples[0][name]}: contains different people than {self.truth[name]}")
                yield self._clip(name, letter, person, [sample[letter] for sample in samples], i)

    def _clip(self, name: str, letter: str, true: Person, samples: Sequence[Person], at: int) -> Clip:
        person = f"{':' * bool(letter)}{letter}"
        label = f"{self.samples[0][name]}{person}"
        check_length(f"{self.truth[name]}{person}", true.motion)
        samples = [self._faced(sample, true.motion.space) for sample in samples]
        for files, sample in zip(self.samples, samples, strict=True):
            check_match(f"{files[name]}{person}: the prediction", sample.motion, true.motion)
        partners = [self._partner(p, files, name) for p, files in zip(samples, self.samples, strict=True)]
        generated = tuple(project_to_space(p, true.motion.space) for p in partners if p is not None)
        if len(true.motion) > 1 and not np.ptp(true.motion.values, axis=0).any():
            raise InputError(f"{self.truth[name]}: 'motion' is constant in every column; metrics are undefined")
        if not all(len(s.motion) < 2 or np.ptp(s.motion.values, axis=0).any() for s in samples):
            self._note(f"{label}: the prediction is constant; its correlations count as 0")
        return Clip(
            name=label,
            predicted=tuple(sample.motion for sample in samples),
            true=true.motion,
            partner=self._partner(true, self.truth, name),
            predicted_partners=generated if len(generated) == len(samples) else None,
            conversation=true.conversation or name,
            roles=true.roles or samples[0].roles,
            appropriate=self._appropriate(at, letter, true.motion),
        )

    def _appropriate(self, at: int, letter: str, true: Motion) -> tuple[Motion, ...]:
        """The true motions that would do for a person, of the same letter where files hold several people."""
        found = []
        for j in np.flatnonzero(self.neighbours[at]) if self.neighbours is not None else ():
            found.append(true if j == at else self._truth(int(j), letter))
            check_kind(f"{self.truth[self.names[j]]}: what would do for {self.names[at]!r}", found[-1], true)
        return tuple(found)

    def _faced(self, sample: Person, space: MotionSpace) -> Person:
        """A prediction as it can be compared: without its body where the truth has none, of which a note tells."""
        if not can_become(sample.motion.space, space):
            return sample
        motion = project_to_space(sample.motion, space)
        if motion.space.columns != sample.motion.space.columns:
            self._note(f"the truth has no bodies ({space.name!r}); those of the predictions are left out")
        return replace(sample, motion=motion)

    def _note(self, line: str) -> None:
        if line not in self.notes:
            self.notes.append(line)

    def _read(self, path: Path) -> dict[str, Person]:
        return read_people(path, self.space, self.request.fps)

    def _truth(self, at: int, letter: str) -> Motion:
        people = self._read(self.truth[self.names[at]])
        return people.get(letter, next(iter(people.values()))).motion

    def _partner(self, person: Person, files: dict[str, Path], name: str) -> Motion | None:
        if not isinstance(person.partner, str):
            return person.partner
        stem = Path(person.partner).stem if Path(person.partner).suffix in read_suffixes() else person.partner
        if stem not in files:
            raise InputError(
                f"{files[name]}: 'partner' names {person.partner[:60]!r}, which is not in that folder; add its file"
            )
        return next(iter(self._read(files[stem]).values())).motion


def _neighbours(path: Path | None, count: int) -> np.ndarray | None:
    if path is None:
        return None
    matrix = read_array(path)
    if matrix.shape != (count, count):
        raise InputError(f"{path}: has shape {np.shape(matrix)}; {count} clips need ({count}, {count})")
    if matrix.dtype.kind not in "biuf" or not np.isin(matrix, (0, 1)).all():
        raise InputError(f"{path}: holds other values than 0 and 1; put 1 where a clip's reaction would be appropriate")
    if (alone := np.flatnonzero(~matrix.any(1))).size:
        raise InputError(
            f"{path}: row {alone[0]} names no appropriate clip; put 1 on the diagonal where a clip's own truth is one"
        )
    return matrix.astype(bool)


def _surface(space: MotionSpace, model_file: Path | None) -> Surface | None:
    from visavis.bodies import body_for, shown_as
    from visavis.evaluation.surface import body_surface

    if model_file is None and shown_as(space) is None:
        return None
    return body_surface(body_for(space, model_file=model_file))


def _header(request: Request, evaluation: Evaluation) -> tuple[tuple[str, str], ...]:
    first = evaluation.results[0]
    return (
        ("prediction", ", ".join(map(str, recorded(request.predicted)))),
        ("truth", str(recorded(request.truth))),
        *((("against", str(recorded(request.against))),) if request.against else ()),
        ("profile", f"{request.profile} ({get_profile(request.profile).about})"),
        ("motion space", first.info.space),
        ("clips", str(max(r.clips for r in evaluation.results))),
        ("conversations", str(max(r.conversations for r in evaluation.results))),
        ("visavis", __version__),
        ("command", command_line()),
    )

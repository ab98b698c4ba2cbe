"""Extracted conversations against a reference: motion, who speaks, words, which face speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Participant
from visavis.conversation.corpus import Corpus
from visavis.conversation.observed import OBSERVED
from visavis.errors import InputError, MissingExtraError
from visavis.evaluation.coupling import column_correlations
from visavis.evaluation.diarization import diarization_errors
from visavis.evaluation.intervals import Interval, mean_interval, ratio_interval
from visavis.evaluation.lip_activity import activity_auc
from visavis.evaluation.side_by_side import Figures
from visavis.evaluation.word_errors import word_errors, word_time_errors
from visavis.files import results_folder
from visavis.models.retrieval.indexing import corpus_units, fingerprint
from visavis.motion.mapping import project_to_space
from visavis.motion.resampling import resample
from visavis.motion.stats import STILL
from visavis.reporter import SILENT, Reporter
from visavis.workflows.benchmark.kept import Kept
from visavis.workflows.benchmark.report import Report, Section, how_made

FPS = 100.0
"""Frames per second at which speech is compared."""
COLLAR = 0.25
SPOKEN = 0.5
"""The probability from which somebody counts as speaking."""
KEPT = "kept"
SECTIONS = {"motion": "Motion", "speaking": "Who speaks when", "words": "Words", "active": "Which face speaks"}
ABOUT = {
    "motion": "By group of columns, over frames in which both know the motion: the mean absolute error, the same over "
    "the spread of the true motion within its conversation (the mean absolute deviation; 1 is what a person at rest "
    "would give), and the correlation over time of columns that move. Translation is compared about its mean, as "
    "where the camera stood is seldom known.",
    "speaking": f"Diarization error rate: (missed + invented + confused) / speech, under the best assignment, at "
    f"probability {SPOKEN:g}; with a collar, {COLLAR:g} s around true boundaries do not count. AUC: of the speaking "
    "probabilities, mean over people.",
    "words": "Word error rate after Whisper's normalisation; wrong, missed and invented words are its parts. Time "
    "error: median distance of the starts of words that were found from the true ones, mean over conversations.",
    "active": "AUC of the track `active_speaker` for the true speech of each face, mean over people.",
}

Array = NDArray[np.float64]
Values = dict[str, list[float]]
"""By ``row|measure``: numerator and denominator of a ratio, or one value."""


@dataclass(frozen=True)
class PerceptionRequest:
    """What is asked for.

    Attributes:
        corpus: What perception wrote.
        truth: The same conversations, as they really were.
    """

    corpus: Path
    truth: Path


@dataclass
class Counted:
    """What could not be compared, and how often."""

    notes: dict[str, int] = field(default_factory=dict)

    def add(self, line: str) -> None:
        """One more."""
        self.notes[line] = self.notes.get(line, 0) + 1


def run(request: PerceptionRequest, out: Path, *, reporter: Reporter = SILENT) -> Report:
    """Compares two corpora, conversation by conversation of the same id, and writes the report to a folder.

    Args:
        request: What is asked for.
        out: Folder, made if missing; conversations that were compared before are not compared again.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: A folder is no corpus, they have no conversation in common, or nothing that both know.
    """
    found, true = Corpus.open(request.corpus), Corpus.open(request.truth)
    ids = [id for id in true.ids if id in found]
    if not ids:
        examples = [corpus.ids[0] if corpus.ids else "none" for corpus in (true, found)]
        raise InputError(
            f"{request.corpus}: has no conversation of {request.truth}; they belong together by their ids, which are "
            f"such as {examples[0]!r} there and {examples[1]!r} here"
        )
    state = [fingerprint(corpus_units(folder)) for folder in (request.corpus, request.truth)]
    measured: dict[str, Values] = {}
    notes = Counted()
    with results_folder(out):
        kept = Kept(out / KEPT)
        with reporter.progress("comparing") as update:
            for number, id in enumerate(ids, start=1):
                values, lines = kept.values(id, state, lambda id=id: compared(found[id], true[id]))  # type: ignore[misc]
                measured[id] = values
                for line in lines:
                    notes.add(line)
                update(number / len(ids))
        if len(ids) < len(true):
            notes.add(f"{len(true) - len(ids)} of {len(true)} true conversations are not in {request.corpus}")
        lines = [line if count == 1 else f"{line} ({count} times)" for line, count in notes.notes.items()]
        for line in lines:
            reporter.note(line)
        if not any(measured.values()):
            raise InputError(f"{request.corpus} and {request.truth} know nothing in common: {'; '.join(lines)}")
        report = written_up(request, measured, lines)
        report.write(out)
    return report


def compared(found: Conversation, true: Conversation) -> tuple[Values, list[str]]:
    """All measures of a conversation, and lines about what it lacks."""
    lines: list[str] = []
    if swapped(found, true):
        found = found.swapped()
        lines.append("A and B are exchanged, as they fit better so")
    values: Values = {}
    parts: dict[str, Callable[[Conversation, Conversation], Values]] = {
        "motion": of_motion, "speaking": of_speaking, "words": of_words, "active": of_active_speaker,
    }  # fmt: skip
    for part, measure in parts.items():
        try:
            values |= {f"{part}|{key}": value for key, value in measure(found, true).items()}
        except MissingExtraError:
            raise
        except InputError as error:
            lines.append(f"{SECTIONS[part].lower()} left out: {error}")
    return values, lines


def swapped(found: Conversation, true: Conversation) -> bool:
    """Whether the two people fit better in the other order: by when they speak, or else by how they move."""
    try:
        guess, real = spoken(found), spoken(true)
    except InputError:
        pass
    else:
        frames = min(guess.shape[1], real.shape[1])
        agree = [[(guess[i, :frames] & real[j, :frames]).sum() for j in (0, 1)] for i in (0, 1)]
        crossed: bool = agree[0][1] + agree[1][0] > agree[0][0] + agree[1][1]
        return crossed
    motions = [[person.motion for person in conversation] for conversation in (found, true)]
    if any(motion is None for side in motions for motion in side):
        return False

    def fits(i: int, j: int) -> float:
        ours, theirs, valid = paired(found.participants[i], true.participants[j])
        alike = correlation(ours[valid], theirs[valid]) if valid.sum() > 1 else np.zeros(0)
        return float(alike.mean()) if len(alike) else 0.0

    try:
        return fits(0, 1) + fits(1, 0) > fits(0, 0) + fits(1, 1)
    except InputError:
        return False


# Motion


def of_motion(found: Conversation, true: Conversation) -> Values:
    """Errors by group of columns.

    Raises:
        InputError: Nobody's motion is known to both.
    """
    sums: dict[str, list[float]] = {}
    alike: dict[str, list[float]] = {}
    for ours, theirs in zip(found, true, strict=True):
        if ours.motion is None or theirs.motion is None:
            continue
        a, b, valid = paired(ours, theirs)
        if valid.sum() < 2:
            continue
        space = project_to_space(theirs.motion, ours.motion.space).space
        a, b = a[valid], b[valid]
        for group in space.groups:
            where = space.indices(group)
            guess, real = a[:, where], b[:, where]
            if group == "translation":
                guess, real = guess - guess.mean(0), real - real.mean(0)
            error = np.abs(guess - real).sum()
            spread = np.abs(real - real.mean(0)).sum()
            total = sums.setdefault(group, [0.0, 0.0, 0.0])
            sums[group] = [total[0] + error, total[1] + guess.size, total[2] + spread]
            alike.setdefault(group, []).append(correlation(guess, real).mean() if moving(real).any() else np.nan)
    if not sums:
        raise InputError("nobody's motion is known to both")
    values: Values = {}
    for group, (error, count, spread) in sums.items():
        values[f"{group}|mean absolute error"] = [error, count]
        if spread > STILL * count:
            values[f"{group}|over spread"] = [error, spread]
        if np.isfinite(alike[group]).any():
            values[f"{group}|correlation"] = [float(np.nanmean(alike[group]))]
    return values


def paired(ours: Participant, theirs: Participant) -> tuple[Array, Array, NDArray[np.bool_]]:
    """What was found and what is true on the same frames, (T, D) each, and where both are known (T,).

    Raises:
        InputError: They are in spaces that do not fit.
    """
    assert ours.motion is not None
    assert theirs.motion is not None
    truth = project_to_space(theirs.motion, ours.motion.space)
    guess = project_to_space(ours.motion, truth.space)
    if guess.space.columns != truth.space.columns:
        raise InputError(f"it is in space {guess.space.name!r}, the truth in {truth.space.name!r}")
    guess = guess if guess.fps == truth.fps else resample(guess, truth.fps)
    frames = min(len(guess), len(truth))
    valid = np.ones(frames, bool)
    for person in (ours, theirs):
        seen = person.tracks.get(OBSERVED)
        if seen is not None:
            valid &= seen.at(truth.fps, frames).valid
    return guess.values[:frames].astype(np.float64), truth.values[:frames].astype(np.float64), valid


def moving(values: Array) -> NDArray[np.bool_]:
    """Columns (D,) that change."""
    moves: NDArray[np.bool_] = values.std(0) >= STILL
    return moves


def correlation(guess: Array, real: Array) -> Array:
    """By column that moves in truth, the correlation over time; 0 where what was found is still."""
    return np.nan_to_num(column_correlations(guess, real)[moving(real)])


# Speech


def spoken(conversation: Conversation) -> NDArray[np.bool_]:
    """(2, T) who speaks when, at `FPS`.

    Raises:
        InputError: It is not known.
    """
    return probabilities(conversation) > SPOKEN


def probabilities(conversation: Conversation) -> NDArray[np.float32]:
    """(2, T) how surely each speaks, at `FPS`.

    Raises:
        InputError: It is not known.
    """
    frames = round(conversation.duration * FPS)
    if any(person.speaking is None for person in conversation):
        raise InputError("it is not known to both who speaks when")
    return np.stack([p.speaking.at(FPS, frames).values[:, 0] for p in conversation if p.speaking is not None])


def of_speaking(found: Conversation, true: Conversation) -> Values:
    """Diarization error rates and AUC.

    Raises:
        InputError: It is not known who speaks when.
    """
    scores, real = probabilities(found), spoken(true)
    frames = min(scores.shape[1], real.shape[1])
    scores, real = scores[:, :frames], real[:, :frames]
    values: Values = {}
    for title, collar in ((f"error rate, collar {COLLAR:g} s", COLLAR), ("error rate, no collar", 0.0)):
        wrong, speech = diarization_errors(scores > SPOKEN, real, FPS, collar)
        if speech:
            values[f"both people|{title}"] = [wrong, speech]
    values |= _auc("both people|AUC", scores, real)
    if not values:
        raise InputError("nobody speaks")
    return values


def of_active_speaker(found: Conversation, true: Conversation) -> Values:
    """How well each face is said to speak.

    Raises:
        InputError: There is no such track, or who really speaks is not known.
    """
    real = spoken(true)
    tracks = [person.tracks.get("active_speaker") for person in found]
    if not any(tracks):
        raise InputError("there is no track 'active_speaker'; extract with the step 'active-speaker'")
    scores = [track.at(FPS, real.shape[1]).values[:, 0] for track in tracks if track is not None]
    known = np.array([track is not None for track in tracks])
    values = _auc("faces|AUC", np.stack(scores), real[known])
    if not values:
        raise InputError("nobody speaks, or everybody all the time")
    return values


def _auc(key: str, scores: NDArray[np.floating], real: NDArray[np.bool_]) -> Values:
    told = [activity_auc(s, r) for s, r in zip(scores, real, strict=True) if r.any() and not r.all()]
    return {key: [float(np.mean(told))]} if told else {}


# Words


def of_words(found: Conversation, true: Conversation) -> Values:
    """Word error rate and its parts.

    Raises:
        InputError: There are no true words, or nothing was recognised at all.
    """
    if not any(person.words for person in true):
        raise InputError("the true words are not known")
    if not any(person.words for person in found):
        raise InputError("no words were recognised; extract with the step 'words'")
    errors = [word_errors(_text(theirs), _text(ours)) for ours, theirs in zip(found, true, strict=True)]
    words = sum(e.words for e in errors)
    counts = {
        "wrong": sum(e.substituted for e in errors), "missed": sum(e.deleted for e in errors),
        "invented": sum(e.inserted for e in errors),
    }  # fmt: skip
    values: Values = {"both people|word error rate": [sum(counts.values()), words]}
    values |= {f"both people|{name}": [count, words] for name, count in counts.items()}
    times = [word_time_errors(theirs.words, ours.words) for ours, theirs in zip(found, true, strict=True)]
    starts = np.abs(np.concatenate(times)[:, 0])
    return values | ({"both people|time error, s": [float(np.median(starts))]} if len(starts) else {})


def _text(person: Participant) -> str:
    return " ".join(word.text for word in person.words)


# Writing it up


def written_up(request: PerceptionRequest, measured: dict[str, Values], notes: Sequence[str]) -> Report:
    """The report of all conversations."""
    sections = tuple(
        Section(title, rows, (ABOUT[part],), first="of") for part, title in SECTIONS.items()
        if (rows := dict(_rows(part, measured)))
    )  # fmt: skip
    header = (
        ("corpus", str(request.corpus)), ("truth", str(request.truth)), ("conversations", str(len(measured))),
        *how_made(),
    )  # fmt: skip
    about = ("Brackets hold 95% intervals over conversations, from two on.",)
    return Report("Perception", header, about, sections, tuple(notes))


def _rows(part: str, measured: dict[str, Values]) -> Iterator[tuple[str, Figures]]:
    keys = dict.fromkeys(key for values in measured.values() for key in values if key.startswith(f"{part}|"))
    rows: dict[str, dict[str, Interval]] = {}
    for key in keys:
        _, row, measure = key.split("|")
        rows.setdefault(row, {})[measure] = figure([v[key] for v in measured.values() if key in v], measure)
    yield from rows.items()


BOUNDS = {"correlation": (-1.0, 1.0), "AUC": (0.0, 1.0), "wrong": (0.0, 1.0), "missed": (0.0, 1.0)}
"""Of measures that have others than 0 and infinity."""


def figure(values: Sequence[Sequence[float]], measure: str) -> Interval:
    """A ratio of sums, or a mean of values, over conversations, with its interval."""
    states, (least, most) = np.array(values, np.float64), BOUNDS.get(measure, (0.0, inf))
    if states.shape[1] == 1:
        return mean_interval(states[:, 0], least=least, most=most)
    return ratio_interval(states, least=least, most=most)

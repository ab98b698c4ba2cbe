"""RealTalk's benchmark (section 5): who retrieves the true listener, and whose faces are nearest to it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.evaluation.retrieved import Measured
from visavis.files import results_folder
from visavis.models.retrieval.describer import get_describer
from visavis.models.retrieval.encoders import BUILT_IN, get_encoder
from visavis.models.retrieval.protocol import ClipEncoder, Description
from visavis.reporter import SILENT, Reporter, Update
from visavis.workflows.benchmark.asking import OURS, write_study
from visavis.workflows.benchmark.bench import Bench
from visavis.workflows.benchmark.databank import Databank
from visavis.workflows.benchmark.describing import GOALS, REFUSED, describe_all, label
from visavis.workflows.benchmark.l2l import STEPS, l2l_scores
from visavis.workflows.benchmark.report import Header, how_made, short_names
from visavis.workflows.benchmark.results import RANDOM, Outcome, write_results

ORACLE = "oracle: the true listener's caption"
L2L = "L2L-like, then nearest"
STUDY = "study"
KEPT = "kept"
"""Folder, inside that of the results, of what need not be made again."""


@dataclass(frozen=True)
class BenchmarkRequest:
    """What is asked for.

    Attributes:
        corpus: Folder of a corpus.
        encoders: What compares words and clips, as of `visavis.models.retrieval.encoders.get_encoder`; each in turn.
        language_models: What describes, as of `visavis.models.retrieval.describer.get_describer`; all are measured.
        videos: Folder of the corpus's videos.
        queries: How many at most.
        recalls: The k of R@k; a choice unless given.
        l2l_steps: Of each of the two stages of the L2L-like listener; 0 leaves it out.
        seed: Of the language models.
        study: Queries of which people are to be asked; videos and a plan for them are written.
    """

    corpus: Path
    encoders: tuple[str, ...] = (BUILT_IN,)
    language_models: tuple[str, ...] = (BUILT_IN,)
    videos: Path | None = None
    queries: int | None = None
    recalls: tuple[int, ...] = ()
    l2l_steps: int = STEPS
    seed: int = 0
    study: int = 0


def run(request: BenchmarkRequest, out: Path, *, reporter: Reporter = SILENT) -> Outcome:
    """Measures everything and writes it to a folder; a run that was stopped goes on.

    Written are ``report.md``, ``report.json``, ``report.csv``, ``queries.csv`` with every query's ranks,
    ``retrieval.png``, ``examples.png`` with some queries' faces, ``kept/``, and, if people are to be asked, ``study/``.

    Args:
        request: What is asked for.
        out: Folder, made if missing; earlier results are replaced.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: Something that is given cannot be used.
    """
    told = _Told(reporter)
    with results_folder(out):
        encoders = {called: get_encoder(name) for called, name in short_names(request.encoders).items()}
        describers = [get_describer(name) for name in dict.fromkeys(request.language_models)]
        with Bench(
            request.corpus, out / KEPT, next(iter(encoders.values())), videos=request.videos, most=request.queries,
            recalls=request.recalls, reporter=told,
        ) as bench:  # fmt: skip
            if not bench.bank.split:
                told.note(
                    "the corpus keeps no conversation for evaluation: all its clips are queries; do not measure "
                    "weights that were trained on it"
                )
            rows: dict[str, Measured | str] = {}
            pairs: dict[str, tuple[str, str]] = {}
            described: dict[str, list[Description]] = {}
            for describer in describers:
                found = describe_all(bench.bank.said, describer, seed=request.seed, reporter=reporter)
                if refused := sum(each is REFUSED for each in chain(*found.values())):
                    asked_for = len(GOALS) * len(bench.bank.said)
                    told.note(
                        f"{refused} answers of {label(describer)}, of {asked_for}, could not be used: they count as a "
                        "neutral face"
                    )
                doubtful = [each.notes[0] for each in chain(*found.values()) if each.notes]
                if doubtful:
                    told.note(f"{len(doubtful)} descriptions by {label(describer)} have a note, such as: {doubtful[0]}")
                for called, encoder in encoders.items():
                    method = label(describer) if len(encoders) == 1 else f"{label(describer)}, {called}"
                    pairs[method] = (f"social, {method}", f"rude, {method}")
                    asked = {f"{goal}, {method}": (encoder, found[goal]) for goal in GOALS}
                    asked |= {
                        f"social, {method}, {how}": (less, found["social"]) for how, less in ablations(encoder).items()
                    }
                    for name, (compares, texts) in asked.items():
                        rows[name] = bench.measure(name, bench.descriptions(compares, texts))
                        described[name] = texts
            for called, encoder in encoders.items():
                name = ORACLE if len(encoders) == 1 else f"{ORACLE}, {called}"
                rows[name] = bench.measure(name, bench.words(encoder, bench.captions()))
            if request.l2l_steps:
                rows[L2L] = _l2l(bench, request.l2l_steps, told)
                if isinstance(rows[L2L], str):
                    told.note(f"{L2L}: {rows[L2L]}")
            rows[RANDOM] = bench.random(RANDOM)
            header = _header(request, bench.bank, encoders)
            outcome = Outcome(bench.bank, bench.queries, rows, pairs, described, tuple(told.lines), header)
        write_results(outcome, out)
        if request.study:
            with reporter.progress("videos for a study") as update:
                write_study(
                    bench.bank, asked_about(outcome), out / STUDY, request.study, videos=request.videos, update=update
                )
        return outcome


class _Told(Reporter):
    """Passes each note on once, and keeps it for the report."""

    def __init__(self, to: Reporter) -> None:
        self.lines: list[str] = []
        self._to = to

    def note(self, line: str) -> None:
        if line not in self.lines:
            self.lines.append(line)
            self._to.note(line)

    def progress(self, title: str) -> AbstractContextManager[Update]:
        return self._to.progress(title)


def asked_about(outcome: Outcome) -> dict[str, NDArray[np.intp]]:
    """The first clips (N,) of what RealTalk's table 2 compares: both goals, by the first method, and the baseline."""
    social, rude = next(iter(outcome.pairs.values()))
    names = {OURS: social, "rude": rude, "l2l": L2L}
    rows = {method: outcome.rows.get(name) for method, name in names.items()}
    return {method: row.first for method, row in rows.items() if isinstance(row, Measured)}


def ablations(encoder: ClipEncoder) -> dict[str, ClipEncoder]:
    """The encoder without what RealTalk adds to CLIP, by what is missing; the built-in one has no counterpart.

    It reads all frames, and without its training it is nothing.
    """
    if not encoder.sees:
        return {}
    from visavis.models.retrieval.clip_encoder import ClipFrames

    if not isinstance(encoder, ClipFrames):
        return {}
    untuned = {"without tuning": encoder.without_prompt()} if encoder.prompt is not None else {}
    return {**untuned, "uniform frames": encoder.with_uniform_frames()}


def _l2l(bench: Bench, steps: int, reporter: Reporter) -> Measured | str:
    try:
        return bench.measure(L2L, l2l_scores(bench.bank, bench.work, steps=steps, reporter=reporter))
    except InputError as error:
        return f"not measured: {error}"


def _header(request: BenchmarkRequest, bank: Databank, encoders: Mapping[str, ClipEncoder]) -> Header:
    return (
        ("corpus", str(request.corpus)),
        ("clips", f"{len(bank):,}"),
        ("queries", f"{len(bank.queries):,}, {'kept for evaluation' if bank.split else 'of the whole corpus'}"),
        ("encoders", ", ".join(f"{called} ({encoder.name})" for called, encoder in encoders.items())),
        *how_made(),
    )

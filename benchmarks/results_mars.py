"""Measures MARS on conversations that nothing was trained on, and writes docs/results/mars.md.

    python -m benchmarks.results_mars [--part spoken|shown|unheard] [--runs FOLDER] [--model NAME=FOLDER]

RUNS (default runs/mars) holds what docs/mars.md#results says how to make: ``talks/``, a corpus; ``full-0/``,
``full-1/`` ..., trainings of MARS with different seeds; ``words-0/`` ..., the same of words alone; and, if it is there,
``unheard/``, a corpus of a source that is not in ``talks/``. Whatever is measured lies in RUNS/report and is not
measured again: a run that was stopped goes on, and the document is written anew after each part.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.document import report_lines, write_parts
from visavis.command import recorded
from visavis.errors import InputError
from visavis.workflows.benchmark.mars import MarsRequest, run
from visavis.workflows.benchmark.report import Report

ROOT = Path(__file__).resolve().parents[1]
PARTS = {
    "spoken": "Words and codes: table 4",
    "shown": "Does what is shown go with what is said?",
    "unheard": "A source that nothing was trained on",
}
BEYOND = ("The emotion that is shown", "Movements at words", "The user's face")
"""Tables of ``shown``; all others are of ``spoken``."""
TOLD = ("measured", "seeds", "BERTScore", "METEOR")
HEAD = (
    "# MARS: words with face and body, measured", "",
    "Written by `make results-mars`. Words, their times and labelled emotions are real, the motion of these corpora is "
    "[simulated](../corpora.md#dialogues-with-simulated-motion): a model that agrees with it shows what the simulator "
    "knows, not what people do.",
)  # fmt: skip


def trainings(runs: Path, kind: str) -> list[str]:
    """The language models of all seeds of a kind, ``full`` or ``words``, as rows of one name."""
    label = {"full": "MARS", "words": "text-only fine-tuning"}[kind]
    stage = {"full": "language", "words": "words"}[kind]
    found = sorted(runs.glob(f"{kind}-*/{stage}/model"))
    return [f"{label}={folder}" for folder in found]


def request_of(part: str, options: argparse.Namespace) -> MarsRequest | None:
    """What a part measures; None where its corpus is missing.

    Raises:
        InputError: Nothing was trained, or the corpus of the trainings is missing.
    """
    runs: Path = options.runs
    full = trainings(runs, "full")
    if not full and not options.model:
        raise InputError(f"{runs}: holds no full-*/language/model; docs/mars.md#results says how to train them")
    corpus = runs / ("unheard" if part == "unheard" else "talks")
    if part == "unheard" and not corpus.is_dir():
        return None
    shown = options.acted if part == "shown" else 0
    return MarsRequest(
        corpus, (*full, *options.model), tuple(trainings(runs, "words")), options.conversations, options.answers,
        shown, device=options.device,
    )  # fmt: skip


def lines_of(part: str, report: Report) -> list[str]:
    """The lines of a part's section."""
    own = [section for section in report.sections if (section.title in BEYOND) == (part == "shown")]
    header = [
        f"- {name}: {value}" for name, value in report.header if name in ("measured", "seeds", "BERTScore", "METEOR")
    ]
    about = () if part == "shown" else report.about
    return [*header, *report_lines(replace(report, sections=tuple(own), about=about))]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, help="only this part; the document keeps the others")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "mars", help="corpora and trainings")
    parser.add_argument("--model", action="append", default=[], metavar="NAME=FOLDER", help="a further row")
    parser.add_argument("--conversations", type=int, default=100, help="of those that are held out, at most")
    parser.add_argument("--answers", type=int, default=1, help="in each of them")
    parser.add_argument("--acted", type=int, default=30, help="conversations in which people are moved by their words")
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results" / "mars.md")
    options = parser.parse_args(arguments)
    stored = {title: options.runs / "report" / f"{part}.json" for part, title in PARTS.items()}
    for part in [options.part] if options.part else PARTS:
        print(f"== {part}", flush=True)
        request = request_of(part, options)
        if request is None:
            print(f"{part}: {options.runs / part} is missing; left out", file=sys.stderr)
            continue
        lines = lines_of(part, run(request, options.runs / "report" / request.corpus.name))
        words = [f"--model {recorded(model)}" for model in options.model]
        command = " ".join(["python -m benchmarks.results_mars --part", part, *words])
        stored[PARTS[part]].write_text(json.dumps({"command": command, "lines": lines}, indent=1), "utf-8")
        write_parts(options.out, HEAD, stored)
    print(options.out)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        raise SystemExit(str(error)) from None

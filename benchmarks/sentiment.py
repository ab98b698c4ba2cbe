"""The built-in classifier of sentiment against people's labels of dialogues.

Run ``python -m benchmarks.sentiment [FOLDER]``; it prints Markdown. FOLDER holds ``dialogues/`` (default
``../shared/data``). With ``pip install vaderSentiment`` the table has VADER, too.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.perception.sentiment import LABELS, get_sentiment

FILES = {"the longer part": "train_sent_emo_dya.csv", "the shorter part": "dev_sent_emo_dya.csv"}
Classify = Callable[[Sequence[str]], NDArray[np.intp]]


def read(path: Path) -> tuple[list[str], NDArray[np.intp]]:
    """Sentences and labels."""
    with path.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    return [row["Utterance"] for row in rows], np.array([LABELS.index(row["Sentiment"]) for row in rows], np.intp)


def vader() -> Classify | None:
    """VADER (Hutto and Gilbert 2014) with its usual thresholds, where it is installed."""
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        return None
    judge = SentimentIntensityAnalyzer()

    def classify(sentences: Sequence[str]) -> NDArray[np.intp]:
        scores = np.array([judge.polarity_scores(sentence)["compound"] for sentence in sentences])
        return 1 + (scores >= 0.05).astype(np.intp) - (scores <= -0.05)

    return classify


def measured(true: NDArray[np.intp], found: NDArray[np.intp]) -> str:
    """Cells of the table."""
    from sklearn.metrics import accuracy_score, f1_score

    shares = " / ".join(f"{share:.0%}" for share in np.bincount(found, minlength=3) / len(found))
    return f"{accuracy_score(true, found):.3f} | {f1_score(true, found, average='macro'):.3f} | {shares}"


def main(data: Path) -> None:
    """Prints the report."""
    ways: dict[str, Classify] = {"built in": get_sentiment(), "always neutral": lambda s: np.ones(len(s), np.intp)}
    if (other := vader()) is not None:
        ways["VADER 3.3"] = other
    print("# Sentiment of sentences\n")
    print(f"Every number below was produced on {date.today()} by `make results-sentiment`.\n")
    print(HOW)
    print("| sentences | classifier | accuracy | macro F1 | negative / neutral / positive | sentences per second |")
    print("| --- | --- | ---: | ---: | --- | ---: |")
    for part, name in FILES.items():
        sentences, true = read(data / "dialogues" / name)
        print(f"| {part}, {len(sentences):,} | people's labels | | | {measured(true, true).split(' | ')[2]} | |")
        for way, classify in ways.items():
            start = time.perf_counter()
            found = classify(sentences)
            speed = len(sentences) / (time.perf_counter() - start)
            print(f"| | {way} | {measured(true, found)} | {f'{speed:,.0f}' if speed < 1e6 else ''} |", flush=True)
    print(LIMITS)


HOW = """The dialogues are those of MELD between two people of a television series, whose sentiment people labelled with
sound and picture before them; a text alone cannot tell all of it. The built-in classifier compares a sentence with 24
example sentences for each label, by all-MiniLM-L6-v2. The examples were written without regard to the dialogues; that
the five nearest of a label count, and not more or fewer, was chosen on the longer part.
"""

LIMITS = """
Shares over many sentences, which is what a report shows, are nearer than single sentences are, for errors to both sides
cancel. `visavis report --sentiment MODEL` takes any classifier of the Hub, such as the one VENUS used
(`cardiffnlp/twitter-roberta-base-sentiment-latest`); it was not measured here.
"""


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))

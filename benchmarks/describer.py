"""How good the built-in describer is: the emotion it names against people's labels of dialogues."""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from visavis.language.cache import CachedModel
from visavis.language.embedding import sentence_similarity
from visavis.language.registry import BUILT_IN, get_language_model
from visavis.models.retrieval.describer import Describer
from visavis.models.retrieval.prompting import SMALL, SOCIAL, AnswerError, Question
from visavis.models.retrieval.stepwise import describe_by_examples, describe_stepwise

TITLE = "Emotion: of the speaker, and of who answers"
FILE = "dev_sent_emo_dya.csv"
SAMPLE = 100
"""Utterances; about ten minutes on two quiet cores."""
LARGER = os.environ.get("VISAVIS_LARGER")
"""Address, folder or Hub id of a larger model to measure beside."""
LABELS = ("neutral", "joy", "surprise", "anger", "sadness", "fear", "disgust")
GOAL = SOCIAL
SPEAKS = {
    "neutral": ("is neutral, and informs Sam", "asks a question", "makes a plan"),
    "joy": ("is happy", "is excited", "is amused", "is thankful"),
    "surprise": ("is surprised", "is shocked"),
    "anger": ("is angry", "is annoyed and frustrated"),
    "sadness": ("is sad", "is disappointed", "is sorry"),
    "fear": ("is afraid", "is worried and nervous"),
    "disgust": ("is disgusted", "is repelled by something"),
}
LOOKS = {
    "neutral": ("looks neutral and attentive", "looks polite and calm"),
    "joy": ("looks happy", "laughs and looks amused", "smiles warmly"),
    "surprise": ("looks surprised", "looks shocked"),
    "anger": ("looks angry", "looks annoyed"),
    "sadness": ("looks sad", "looks sympathetic", "looks sorry"),
    "fear": ("looks afraid", "looks worried"),
    "disgust": ("looks disgusted", "grimaces in disgust"),
}
Words = Callable[[str], tuple[str, str]]
"""What a way of describing says of an utterance: what is communicated, and the fitting expression."""


@dataclass(frozen=True)
class Pair:
    """An utterance and the other person's answer to it.

    Attributes:
        said: The utterance.
        emotion: Its label, an index into `LABELS`.
        answer: Label of what the other person says next.
    """

    said: str
    emotion: int
    answer: int


def report(work: Path, data: Path) -> list[str] | None:
    """The section's lines; None without the dialogues."""
    path = data / "dialogues" / FILE
    if not path.is_file():
        return None
    pairs = read_pairs(path)
    chosen = np.random.default_rng(0).choice(len(pairs), min(SAMPLE, len(pairs)), replace=False)
    sample = [pairs[i] for i in chosen]
    true = np.array([[p.emotion for p in sample], [p.answer for p in sample]])
    ways: dict[str, Words] = {
        "nearest worked example, no language model": nearest_example,
        "built-in model": built_in(work / "answers"),
    }
    if LARGER:
        describer = Describer(LARGER, work / "answers")
        ways[f"{describer.name.partition(' at ')[0]}, asked as the paper asks"] = larger(describer)
    rows = [row("always neutral", true, np.zeros_like(true), None)]
    for name, words in ways.items():
        start = time.perf_counter()
        said = [words(pair.said) for pair in progress(sample, name)]
        seconds = first_time(work, name, (time.perf_counter() - start) / len(sample))
        found = np.array([label([a for a, _ in said], "Alex", SPEAKS), label([b for _, b in said], "Sam", LOOKS)])
        rows.append(row(name, true, found, seconds))
    shares = ", ".join(f"{name} {share:.0%}" for name, share in zip(LABELS, share_of(true[0]), strict=True))
    head = HOW.format(n=len(sample), of=len(pairs), shares=shares)
    return [head, "", *TABLE, *rows, "", *LIMITS]


def first_time(work: Path, name: str, seconds: float) -> float:
    """Seconds that were measured when the answers were not kept yet."""
    path = work / "seconds.json"
    known = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    work.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({name: seconds} | known), "utf-8")
    measured: float = known.get(name, seconds)
    return measured


def read_pairs(path: Path) -> list[Pair]:
    """Utterances that the other person answers, in order."""
    with path.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    return [
        Pair(a["Utterance"], LABELS.index(a["Emotion"]), LABELS.index(b["Emotion"]))
        for a, b in pairwise(rows)
        if a["Dialogue_ID"] == b["Dialogue_ID"] and a["Speaker"] != b["Speaker"]
    ]


def nearest_example(said: str) -> tuple[str, str]:
    """What the worked example says that is nearest."""
    found = describe_by_examples(Question(said, GOAL))
    return found.communicates, found.fitting


def built_in(answers: Path) -> Words:
    """As the describer does it."""
    model = CachedModel(get_language_model(BUILT_IN), answers)

    def words(said: str) -> tuple[str, str]:
        found = describe_stepwise(lambda m, s: model(m, 0, s), Question(said, GOAL), SMALL)
        return found.communicates, found.fitting

    return words


def larger(describer: Describer) -> Words:
    """Another model, asked the paper's way; an answer that cannot be read names no emotion and counts as neutral."""

    def words(said: str) -> tuple[str, str]:
        try:
            found = describer(said, GOAL)
        except AnswerError:
            return "Alex is neutral, and informs Sam.", "Sam looks neutral and attentive."
        return found.communicates, found.fitting

    return words


def label(sentences: list[str], name: str, prototypes: dict[str, tuple[str, ...]]) -> NDArray[np.intp]:
    """The emotion of each sentence: that of the prototype which is most alike in meaning."""
    embed = sentence_similarity().embed
    owners = [LABELS.index(emotion) for emotion, texts in prototypes.items() for _ in texts]
    texts = [f"{name} {text}." for texts in prototypes.values() for text in texts]
    emotions: NDArray[np.intp] = np.array(owners)[(embed(sentences) @ embed(texts).T).argmax(1)]
    return emotions


def row(name: str, true: NDArray[np.intp], found: NDArray[np.intp], seconds: float | None) -> str:
    """A line of the table."""
    cells = [cell(measure, true[i], found[i]) for i in (0, 1) for measure in (accuracy, macro_f1)]
    return f"| {name} | {' | '.join(cells)} | {'' if seconds is None else f'{seconds:.2f}'} |"


def cell(
    measure: Callable[[NDArray[np.intp], NDArray[np.intp]], float], true: NDArray[np.intp], found: NDArray[np.intp]
) -> str:
    """A measure with its 95% interval (percentile bootstrap over utterances, 2,000 resamples)."""
    interval = stats.bootstrap(
        (true, found), measure, paired=True, vectorized=False, method="percentile", n_resamples=2000,
        rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    return f"{measure(true, found):.2f} ({interval.low:.2f}-{interval.high:.2f})"


def accuracy(true: NDArray[np.intp], found: NDArray[np.intp]) -> float:
    """Share of labels that agree."""
    return float((true == found).mean())


def macro_f1(true: NDArray[np.intp], found: NDArray[np.intp]) -> float:
    """F1 averaged over the labels that occur among the true ones."""
    scores = []
    for emotion in np.unique(true):
        hits = np.sum((true == emotion) & (found == emotion))
        scores.append(2 * hits / (np.sum(true == emotion) + np.sum(found == emotion)))
    return float(np.mean(scores))


def share_of(labels: NDArray[np.intp]) -> NDArray[np.float64]:
    """Share of each label."""
    return np.bincount(labels, minlength=len(LABELS)) / len(labels)


def progress(sample: list[Pair], name: str) -> Iterator[Pair]:
    """The sample, with a line now and then."""
    for number, pair in enumerate(sample):
        if number % 25 == 0:
            print(f"{name}: {number} of {len(sample)}", file=sys.stderr, flush=True)
        yield pair


HOW = (
    "{n} utterances, drawn by a seed from the {of} of the shorter part of MELD's two-person dialogues that the other "
    "person answers. People labelled them with sound and picture before them: {shares}. What a describer says the "
    "speaker communicates is given the emotion of the most alike of eighteen prototype sentences (all-MiniLM-L6-v2) "
    "and compared with the utterance's label (speaker); the expression it calls fitting, likewise, with the label of "
    "what the other person says next (answer). Worked examples and prototypes were written without regard to the "
    "dialogues. Brackets: 95% intervals, percentile bootstrap over utterances."
)
TABLE = [
    "| describer | speaker: accuracy | speaker: macro F1 | answer: accuracy | answer: macro F1 | s per utterance |",
    "| --- | --- | --- | --- | --- | ---: |",
]
LIMITS = [
    "The seconds are those of the first run. What is fitting is taken from the worked examples for the built-in model, "
    "and written by a larger one. `VISAVIS_LARGER=MODEL` adds a row for a larger model (an address, a folder or "
    "a Hub id), asked in the paper's way."
]

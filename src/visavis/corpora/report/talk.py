"""Topics and sentiment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from visavis.corpora.report.survey import Survey
from visavis.corpora.report.wording import leaning, sentences, telling, words_of
from visavis.perception.sentiment import LABELS, SentimentClassifier

SENTENCES = 1000
"""Sentences that are classified."""
FEWEST_TITLES = 5
"""Titles below which words say more about topics."""


@dataclass(frozen=True)
class Topics:
    """What is talked about.

    Attributes:
        weights: How often words occur.
        by: What they are words of.
    """

    weights: Counter[str]
    by: str


@dataclass(frozen=True)
class Share:
    """How often a label was given.

    Attributes:
        label: One of `LABELS`.
        share: Of the sentences.
        low: Lower end of the 95% interval (Wilson), as if sentences were drawn apart from each other.
        high: Its upper end.
    """

    label: str
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Sentiment:
    """The mood of sentences.

    Attributes:
        classifier: Who says so.
        sentences: How many were classified.
        shares: In the order of `LABELS`.
        words: By label, those that lean to it (see `leaning`).
    """

    classifier: str
    sentences: int
    shares: tuple[Share, ...]
    words: dict[str, dict[str, float]]


def topics(found: Survey) -> Topics:
    """Words of titles, counted once a title; where few titles are known, words of what is said."""
    titles = found.titles.items
    if len(titles) >= FEWEST_TITLES:
        words = Counter(word for title in titles for word in set(words_of(title)))
        return Topics(telling(words), f"words of {found.titles.met:,} titles")
    return Topics(telling(found.words), "spoken words; there are no titles")


def sentiment(found: Survey, classifier: SentimentClassifier) -> Sentiment | None:
    """The sentiment of sampled sentences, or None where nothing is said."""
    from scipy.stats import binomtest

    said = sentences(found.said.items)
    if not said:
        return None
    if len(said) > SENTENCES:
        chosen = np.random.default_rng(0).choice(len(said), SENTENCES, replace=False)
        said = [said[i] for i in np.sort(chosen)]
    labels = np.asarray(classifier(said))
    shares = []
    for number, label in enumerate(LABELS):
        count = int((labels == number).sum())
        interval = binomtest(count, len(said)).proportion_ci(method="wilson")
        shares.append(Share(label, count / len(said), float(interval.low), float(interval.high)))
    words = {label: leaning(said, labels == number) for number, label in enumerate(LABELS) if label != "neutral"}
    return Sentiment(classifier.name, len(said), tuple(shares), words)

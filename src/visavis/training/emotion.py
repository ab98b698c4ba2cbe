"""Trains the classifier of emotion: ``python -m visavis.training.emotion --data FOLDER -o FILE``.

FOLDER holds Topical-Chat. It learns from the validation sets, chooses by folds of their conversations how far
rare emotions are made up for, and prints how it does on the test sets, beside the commonest
emotion and, in three classes, beside the built-in classifier of sentiment.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from visavis.assets import resolve
from visavis.corpora.topical_chat import Turn, turns
from visavis.files import atomic_write
from visavis.language.embedding import ASSET, SentenceSimilarity
from visavis.perception.emotion.classifier import EMOTIONS, chances, counted, joined, leaning, weighted
from visavis.perception.sentiment.prototypes import likeness

STRENGTH = 3.0
"""Inverse regularisation."""
EVENED = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far the shares of emotions are evened, to choose from: with 1, all are as likely before a text is read."""
FOLDS = 3
AT_ONCE = 2048
"""Texts that are embedded before what is kept of them is let go; bounds the memory."""
POLARITY = {
    "happy": 2, "sad": 0, "angry": 0, "afraid": 0, "disgusted": 0, "curious": 1, "neutral": 1,
}  # fmt: skip
"""Index into `visavis.perception.sentiment.LABELS`; surprise may be any."""
SENTIMENT_EVERY = 10
"""Every so many turns are given to the classifier of sentiment, which reads a hundred a second."""

Array = NDArray[np.float64]


def rarity(words: csr_matrix) -> Array:
    """Inverse document frequency of each place, (`HASHES`,), smoothed as scikit-learn does."""
    idf: Array = np.log((1 + words.shape[0]) / (1 + np.asarray((words > 0).sum(0)).ravel())) + 1
    return idf


def embedded(texts: Sequence[str]) -> Array:
    """Sentence embeddings (N, 384)."""
    return np.concatenate(
        [SentenceSimilarity(resolve(ASSET)).embed(texts[at : at + AT_ONCE]) for at in range(0, len(texts), AT_ONCE)]
    )


def fit(words: csr_matrix, meaning: Array, y: NDArray[np.intp]) -> tuple[Array, Array]:
    """Weights (`HASHES` + 384, 8) and bias (8,): the mean of two multinomial logistic regressions.

    Args:
        words: Weighted words of the texts (N, `HASHES`).
        meaning: Their embeddings (N, 384).
        y: Indices into `EMOTIONS` (N,); each occurs.
    """
    from sklearn.linear_model import LogisticRegression

    models = [LogisticRegression(C=STRENGTH, max_iter=300).fit(x, y) for x in (words, meaning)]
    weights: Array = np.concatenate([model.coef_.T for model in models]) / 2
    bias: Array = sum(model.intercept_ for model in models) / 2
    return weights, bias


def evening(y: NDArray[np.intp], evened: float) -> Array:
    """What is added to each emotion's bias (8,): part of the logarithm of its share is taken off."""
    added: Array = -evened * np.log(np.bincount(y, minlength=len(EMOTIONS)) / len(y))
    return added


def choose(words: csr_matrix, meaning: Array, y: NDArray[np.intp], groups: NDArray[np.str_]) -> float:
    """The evening with the best macro F1 over folds, each of conversations (N,) of its own."""
    from sklearn.metrics import f1_score
    from sklearn.model_selection import GroupKFold

    score = dict.fromkeys(EVENED, 0.0)
    for train, test in GroupKFold(FOLDS).split(meaning, y, groups):
        weights, bias = fit(words[train], meaning[train], y[train])
        features = joined(words[test], meaning[test])
        for evened in EVENED:
            found = chances(features, weights, bias + evening(y[train], evened)).argmax(1)
            score[evened] += f1_score(y[test], found, average="macro")
    return max(score, key=score.__getitem__)


def labels_of(said: Sequence[Turn]) -> NDArray[np.intp]:
    """Indices into `EMOTIONS`, (N,)."""
    return np.array([EMOTIONS.index(turn.emotion) for turn in said], np.intp)


def measured(true: NDArray[np.intp], found: NDArray[np.intp]) -> str:
    """Accuracy, macro F1 and mean recall, as cells of a table."""
    from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

    macro = f1_score(true, found, average="macro")
    return f"{accuracy_score(true, found):.3f} | {macro:.3f} | {balanced_accuracy_score(true, found):.3f}"


def report(said: Sequence[Turn], shares: Array) -> list[str]:
    """Lines of a table on turns that were not learnt from, whose emotions are as likely as `shares` (N, 8)."""
    from sklearn.metrics import f1_score

    from visavis.perception.sentiment import get_sentiment

    true = labels_of(said)
    found = shares.argmax(1)
    commonest = np.full(len(true), np.bincount(true).argmax())
    each = f1_score(true, found, average=None, labels=range(len(EMOTIONS)))
    lines = ["| classes | classifier | accuracy | macro F1 | mean recall |", "| --- | --- | ---: | ---: | ---: |"]
    lines += [
        f"| 8 | ours | {measured(true, found)} |",
        f"| 8 | always {EMOTIONS[commonest[0]]} | {measured(true, commonest)} |",
    ]
    told = np.array([turn.emotion in POLARITY for turn in said])
    three = np.array([POLARITY.get(turn.emotion, 1) for turn in said], np.intp)[told]
    sums = np.zeros((len(said), 3))
    for emotion, polarity in POLARITY.items():
        sums[:, polarity] += shares[:, EMOTIONS.index(emotion)]
    some = np.flatnonzero(told)[::SENTIMENT_EVERY]
    sentiment = get_sentiment()([said[i].text for i in some])
    three, ours = three[::SENTIMENT_EVERY], sums[some].argmax(1)
    lines += [
        f"| 3 | ours | {measured(three, ours)} |",
        f"| 3 | built-in sentiment | {measured(three, np.asarray(sentiment))} |",
        f"| 3 | always neutral | {measured(three, np.ones_like(three))} |",
    ]
    return [*lines, "F1: " + ", ".join(f"{name} {score:.2f}" for name, score in zip(EMOTIONS, each, strict=True))]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of Topical-Chat")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the file of weights to write (.npz)")
    given = parser.parse_args()
    learnt, test = turns(given.data, "valid"), turns(given.data, "test")
    words, y = counted([turn.text for turn in learnt]), labels_of(learnt)
    idf = rarity(words).astype(np.float16)
    words, meaning = weighted(words, idf), embedded([turn.text for turn in learnt])
    evened = choose(words, meaning, y, np.array([turn.conversation for turn in learnt]))
    weights, bias = fit(words, meaning, y)
    stored = weights.astype(np.float16), (bias + evening(y, evened)).astype(np.float16)
    with atomic_write(given.out) as path, path.open("wb") as file:
        np.savez_compressed(file, idf=idf, weights=stored[0], bias=stored[1])
    print(f"{given.out}: {len(learnt):,} turns, evened {evened:g}")
    print(f"On {len(test):,} turns held out; in three classes, on every {SENTIMENT_EVERY}th without the surprised:\n")
    texts = [turn.text for turn in test]
    meaning = embedded(texts)
    shares = chances(joined(weighted(counted(texts), idf), meaning), *stored)
    print("\n".join(report(test, leaning(shares, likeness(meaning, SentenceSimilarity(resolve(ASSET)))))))


if __name__ == "__main__":
    main()

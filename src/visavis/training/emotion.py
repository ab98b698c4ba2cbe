"""Trains the classifier of emotion: ``python -m visavis.training.emotion --data FOLDER -o FILE``.

FOLDER holds Topical-Chat. It learns from the validation sets, chooses by folds of their conversations how it is
regularised and how far rare emotions are made up for, and prints how it does on the test sets, beside the commonest
emotion and, in three classes, beside the built-in classifier of sentiment.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.corpora.topical_chat import Turn, turns
from visavis.files import atomic_write
from visavis.language.embedding import sentence_similarity
from visavis.perception.emotion.classifier import EMOTIONS, chances

STRENGTHS = (3.0, 10.0, 30.0)
"""Inverse regularisations to choose from."""
EVENED = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far the shares of emotions are evened, to choose from: with 1, all are as likely before a text is read."""
FOLDS = 4
POLARITY = {
    "happy": 2, "sad": 0, "angry": 0, "afraid": 0, "disgusted": 0, "curious": 1, "neutral": 1,
}  # fmt: skip
"""Index into `visavis.perception.sentiment.LABELS`; surprise may be any."""
AT_ONCE = 2048
"""Texts; bounds the memory."""

Array = NDArray[np.float64]


def embedded(texts: Sequence[str]) -> Array:
    """Sentence embeddings (N, 384)."""
    similarity = sentence_similarity()
    parts = [similarity.embed(texts[at : at + AT_ONCE]) for at in range(0, len(texts), AT_ONCE)]
    return np.concatenate(parts) if parts else np.zeros((0, 384))


def fit(x: Array, y: NDArray[np.intp], strength: float, evened: float) -> tuple[Array, Array]:
    """Weights (384, 8) and bias (8,) of a multinomial logistic regression.

    Args:
        x: Embeddings (N, 384).
        y: Indices into `EMOTIONS` (N,); each occurs.
        strength: Inverse regularisation.
        evened: What part of the logarithm of its share is taken off each emotion's bias.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=500).fit(x, y)
    share = np.bincount(y, minlength=len(EMOTIONS)) / len(y)
    return model.coef_.T, model.intercept_ - evened * np.log(share)


def choose(x: Array, y: NDArray[np.intp], groups: NDArray[np.str_]) -> tuple[float, float]:
    """The strength and the evening with the best macro F1 over folds, each of conversations (N,) of its own."""
    from sklearn.metrics import f1_score
    from sklearn.model_selection import GroupKFold

    score: dict[tuple[float, float], float] = {}
    for train, test in GroupKFold(FOLDS).split(x, y, groups):
        for strength in STRENGTHS:
            weights, bias = fit(x[train], y[train], strength, 0.0)
            share = np.bincount(y[train], minlength=len(EMOTIONS)) / len(train)
            for evened in EVENED:
                found = chances(x[test], weights, bias - evened * np.log(share)).argmax(1)
                key = (strength, evened)
                score[key] = score.get(key, 0.0) + f1_score(y[test], found, average="macro") / FOLDS
    return max(score, key=score.__getitem__)


def labels_of(said: Sequence[Turn]) -> NDArray[np.intp]:
    """Indices into `EMOTIONS`, (N,)."""
    return np.array([EMOTIONS.index(turn.emotion) for turn in said], np.intp)


def measured(true: NDArray[np.intp], found: NDArray[np.intp]) -> str:
    """Accuracy, macro F1 and mean recall, as cells of a table."""
    from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

    macro = f1_score(true, found, average="macro")
    return f"{accuracy_score(true, found):.3f} | {macro:.3f} | {balanced_accuracy_score(true, found):.3f}"


def report(said: Sequence[Turn], x: Array, weights: NDArray[np.floating], bias: NDArray[np.floating]) -> list[str]:
    """Lines of a table on turns that were not learnt from, whose embeddings are `x` (N, 384)."""
    from sklearn.metrics import f1_score

    from visavis.perception.sentiment import get_sentiment

    true, shares = labels_of(said), chances(x, weights, bias)
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
    sentiment = get_sentiment()([turn.text for turn, is_told in zip(said, told, strict=True) if is_told])
    lines += [
        f"| 3 | ours | {measured(three, sums[told].argmax(1))} |",
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
    x, y = embedded([turn.text for turn in learnt]), labels_of(learnt)
    strength, evened = choose(x, y, np.array([turn.conversation for turn in learnt]))
    weights, bias = (np.asarray(part, np.float16) for part in fit(x, y, strength, evened))
    with atomic_write(given.out) as path, path.open("wb") as file:
        np.savez(file, weights=weights, bias=bias)
    print(f"{given.out}: {len(learnt):,} turns, inverse regularisation {strength:g}, evened {evened:g}")
    print(f"On {len(test):,} turns held out:\n")
    print("\n".join(report(test, embedded([turn.text for turn in test]), weights, bias)))


if __name__ == "__main__":
    main()

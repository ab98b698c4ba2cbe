"""A two-sample test by a classifier: how well a small one tells real people from generated ones.

After Lopez-Paz & Oquab 2017, "Revisiting classifier two-sample tests": where both kinds are alike, no classifier does
better than chance on people it has not seen. It is trained on stretches of some conversations and tested on others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from visavis.errors import InputError

Array = NDArray[np.float64]

FOLDS = 5
DRAWS = 1000
LAG = 1.0
"""Seconds between the two ends of the slower of the two correlations of a curve with itself."""


@dataclass(frozen=True)
class Told:
    """How well kinds are told apart.

    Attributes:
        auc: Area under the ROC curve with its 95 % interval; 0.5 is chance.
        accuracy: Mean of the shares of each kind that are told rightly, with its interval.
        stretches: How many of the first kind and of the second.
    """

    auc: tuple[float, float, float]
    accuracy: tuple[float, float, float]
    stretches: tuple[int, int]


def stretches(curves: Array, fps: float, seconds: float) -> Array:
    """Features of the stretches of a recording, one after the other, (N, F).

    Of each curve mean, standard deviation, mean step from frame to frame, and how it correlates with itself a quarter
    of `LAG` and `LAG` later; of each two curves their correlation. What does not move correlates 0.

    Args:
        curves: (T, K).
        fps: Frames per second.
        seconds: Length of a stretch; what is left at the end is not used.
    """
    size = round(seconds * fps)
    found = []
    for start in range(0, len(curves) - size + 1, size):
        part = np.asarray(curves[start : start + size], np.float64)
        own = [_correlation(part[k:, i], part[:-k, i]) for i in range(part.shape[1]) for k in _lags(fps)]
        pairs = [_correlation(part[:, i], part[:, j]) for i in range(part.shape[1]) for j in range(i)]
        found.append(np.r_[part.mean(0), part.std(0), np.abs(np.diff(part, axis=0)).mean(0), own, pairs])
    width = 5 * curves.shape[1] + curves.shape[1] * (curves.shape[1] - 1) // 2
    return np.array(found).reshape(-1, width)


def ranks(curve: Array) -> Array:
    """A curve (T,) as shares of the frames that are below each, 0 to 1: without the unit that it was measured in."""
    return np.asarray((rankdata(curve) - 0.5) / max(1, len(curve)), np.float64)


def tell_apart(first: Sequence[Sequence[Array]], second: Sequence[Sequence[Array]], seed: int = 0) -> Told:
    """Trains a random forest to tell two kinds of recordings apart, each time on four fifths, and tests it on the rest.

    Args:
        first: By group, such as a dyad, the features (n, F) of each of its recordings; a group is never in both parts.
        second: The same of the other kind.
        seed: Of the folds, the trees and the draws for the intervals, which draw groups with replacement.

    Raises:
        InputError: A kind has fewer than two groups with stretches.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import StratifiedGroupKFold

    kinds = [[np.concatenate(list(group)) for group in kind] for kind in (first, second)]
    kinds = [[group for group in kind if len(group)] for kind in kinds]
    if min(map(len, kinds)) < 2:
        raise InputError("to be told apart, each kind needs two recordings at least that are long enough")
    features = np.concatenate([group for kind in kinds for group in kind])
    labels = np.repeat([0, 1], [sum(map(len, kind)) for kind in kinds])
    groups = np.repeat(np.arange(sum(map(len, kinds))), [len(group) for kind in kinds for group in kind])
    score = np.zeros(len(labels))
    folds = StratifiedGroupKFold(min(FOLDS, *map(len, kinds)), shuffle=True, random_state=seed)
    for train, test in folds.split(features, labels, groups):
        forest = RandomForestClassifier(200, min_samples_leaf=5, class_weight="balanced", random_state=seed)
        score[test] = forest.fit(features[train], labels[train]).predict_proba(features[test])[:, 1]
    rng = np.random.default_rng(seed)
    draws = [_drawn(rng, groups, labels) for _ in range(DRAWS)]
    return Told(
        _interval(_auc, score, labels, draws), _interval(_accuracy, score, labels, draws),
        (int((labels == 0).sum()), int((labels == 1).sum())),
    )  # fmt: skip


def _lags(fps: float) -> tuple[int, int]:
    return max(1, round(LAG * fps / 4)), max(1, round(LAG * fps))


def _correlation(a: Array, b: Array) -> float:
    a, b = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / spread if spread > 1e-9 else 0.0


def _drawn(rng: np.random.Generator, groups: NDArray[np.intp], labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Rows of as many groups of each kind as there are, with replacement."""
    rows = []
    for kind in (0, 1):
        names = np.unique(groups[labels == kind])
        rows += [np.flatnonzero(groups == name) for name in rng.choice(names, len(names))]
    return np.concatenate(rows)


def _auc(score: Array, labels: NDArray[np.intp]) -> float:
    order = rankdata(score)
    positive = int(labels.sum())
    negative = len(labels) - positive
    return float((order[labels == 1].sum() - positive * (positive + 1) / 2) / (positive * negative))


def _accuracy(score: Array, labels: NDArray[np.intp]) -> float:
    return float(np.mean([np.mean((score[labels == kind] > 0.5) == kind) for kind in (0, 1)]))


def _interval(
    measure: Callable[[Array, NDArray[np.intp]], float], score: Array, labels: NDArray[np.intp],
    draws: Sequence[NDArray[np.intp]],
) -> tuple[float, float, float]:  # fmt: skip
    values = [measure(score[rows], labels[rows]) for rows in draws]
    low, high = np.quantile(values, [0.025, 0.975])
    return measure(score, labels), float(low), float(high)

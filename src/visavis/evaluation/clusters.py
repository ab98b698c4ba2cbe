"""SID: the diversity of states in generated motion, as the entropy of a histogram of k-means clusters."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.clip import Clip
from visavis.evaluation.intervals import Array
from visavis.evaluation.metric import ClipMean, Metric
from visavis.motion import Motion

FITTED = 200_000
"""True frames that mini-batch k-means sees at most, evenly spread; all frames are assigned."""

FEWEST = 20
"""Conversations from which there is an interval. Fewer visit so few of the clusters that the entropy of endlessly many
lies above it more often than 5% of the time, and the jackknife does not see what nobody visits: of ten, it held 88% of
the time, of three, 76%."""


def entropy(counts: Array, epsilon: float = 0.0) -> float:
    """Shannon entropy of a histogram in bits, -sum h log2(h + epsilon); nan for an empty one."""
    if not counts.sum():
        return float("nan")
    share = counts / counts.sum()
    share = share[share > 0]
    return float(-(share * np.log2(share + epsilon)).sum())


class ShannonIndex(Metric):
    """SID (DIM, section 4.1; Talking Together, suppl. 3.3, k = 40): entropy of cluster assignments, in bits.

    Clusters are fitted to the true frames (mini-batch k-means on 200,000 of them at most, so that neither time nor
    memory grows with more) and generated frames are assigned to them. The maximum is log2 k; the truth's
    value stands beside.
    """

    name = "SID"
    direction = "truth"
    reads_truth = True

    def __init__(
        self, part: str = "all", *, k: int = 40, exact: bool = False, epsilon: float = 0.0, **labels: str
    ) -> None:
        """Sets what a release may have chosen otherwise.

        Args:
            part: Which columns.
            k: Number of clusters.
            exact: Whether Lloyd's k-means on all frames is wanted, as releases use it.
            epsilon: Inside the logarithm, where a release has one.
            labels: As for `Metric`.
        """
        super().__init__(part, **labels)
        self.k, self.exact, self.epsilon, self.most = k, exact, epsilon, math.log2(k)
        fit = "k-means on all" if exact else f"mini-batch k-means on at most {FITTED:,}"
        inside = f"h + {epsilon:g}" if epsilon else "h"
        self.definition = f"-sum h log2({inside}) over k = {k} clusters ({fit} true frames)"

    def reset(self) -> None:
        """Forgets all clips."""
        super().reset()
        self._rows: dict[str, list[tuple[NDArray[np.float32], ...]]] = {}
        self._counted = 0

    @property
    def units(self) -> str:
        """Bits."""
        return "bit"

    def _collect(self, clip: Clip) -> None:
        """Keeps the frames: the truth's, then each sample's."""
        rows = tuple(clip.values(m, self.columns) for m in (clip.true, *clip.predicted))
        self._rows.setdefault(clip.conversation, []).append(rows)

    def _state(self, motion: Motion, clip: Clip) -> Array:
        """Counts come when the clusters are known."""
        return np.zeros(self.k)

    def _finish(self) -> None:
        """Fits the clusters and counts, unless no clip was added since."""
        if self._counted == self.clips:
            return
        self._counted = self.clips
        step = 1 if self.exact else max(1, -(-self.frames // FITTED))
        true = np.concatenate([rows[0][::step] for clips in self._rows.values() for rows in clips])
        clusters = fit_clusters(true, self.k, self.exact)
        if clusters.n_clusters < self.k:
            self.notes.append(f"only {clusters.n_clusters} different true frames: as many clusters instead of {self.k}")
        for unit, clips in self._rows.items():
            counts = np.zeros((len(clips[0]), self.k))
            for rows in clips:
                counts += [np.bincount(clusters.predict(part), minlength=self.k) for part in rows]
            self._truths[unit], self._states[unit] = counts[0], counts[1:]

    def doubt(self, states: Array) -> str:
        """Where too few conversations visit the clusters."""
        if len(states) >= FEWEST:
            return ""
        return f"fewer than {FEWEST} conversations visit too few of the clusters, so that the figure is low, too"

    def _value(self, state: Array) -> float:
        """The entropy."""
        return entropy(state, self.epsilon)


class SwappedShannonIndex(ClipMean):
    """SID of DualTalk's release: per file, clusters fitted to the prediction, entropy of the *truth's* assignments."""

    name = "SID"
    direction = "truth"

    def __init__(self, part: str = "all", *, k: int, **labels: str) -> None:
        """`k` is the number of clusters."""
        super().__init__(part, **labels)
        self.k, self.most = k, math.log2(k)
        self.definition = f"k-means (k = {k}) on the prediction, entropy of the truth's assignments"

    @property
    def units(self) -> str:
        """Bits."""
        return "bit"

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own."""
        clusters = fit_clusters(clip.values(motion, self.columns), self.k, exact=True)
        assigned = clusters.predict(clip.values(clip.true, self.columns))
        if clusters.n_clusters < self.k:
            self.notes.append(f"clips with fewer than {self.k} different frames have fewer clusters")
        return entropy(np.bincount(assigned, minlength=self.k).astype(np.float64), 1e-6)


def fit_clusters(values: NDArray[np.float32], k: int, exact: bool) -> Any:
    """k-means with `random_state` 0 on rows (N, D); fewer clusters where there are fewer different rows."""
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from sklearn.exceptions import ConvergenceWarning

    if len(values) < 50 * k:
        k = min(k, len(np.unique(values, axis=0)))
    kind = (
        KMeans(k, random_state=0, n_init="auto")
        if exact
        else MiniBatchKMeans(k, random_state=0, n_init=3, batch_size=4096)
    )
    with warnings.catch_warnings():
        # Rows that differ by less than rounding share a cluster, and some clusters stay empty; entropy minds neither.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return kind.fit(values)

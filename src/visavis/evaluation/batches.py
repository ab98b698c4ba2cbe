"""What VENUS's release measures: batches of 256 utterances with pooled frames, then the mean over batches."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.clip import Clip
from visavis.evaluation.intervals import Array
from visavis.evaluation.metric import Metric
from visavis.evaluation.moments import frechet_of_sums, moment_sums
from visavis.evaluation.spread import ALL_PAIRS, pair_distance
from visavis.evaluation.surface import Surface
from visavis.motion import Motion

Rows = NDArray[np.floating]


class BatchMean(Metric):
    """A measure of the pooled frames of each batch of 256 clips in the order they came, averaged over batches."""

    aggregation = "mean over batches of 256 pooled clips"
    independent = "batch of 256 clips"
    by_role = False
    batch = 256

    def reset(self) -> None:
        """Forgets all clips."""
        super().reset()
        self._done: list[Array] = []
        self._waiting: list[list[Rows]] = []

    @abstractmethod
    def _rows(self, motion: Motion, clip: Clip) -> Rows:
        """What a clip puts into the pool, (T', ...)."""

    @abstractmethod
    def _batch_value(self, generated: Rows, true: Rows) -> float:
        """The measure of a pool."""

    def _collect(self, clip: Clip) -> None:
        self._waiting.append([self._rows(motion, clip) for motion in (clip.true, *clip.predicted)])
        if len(self._waiting) == self.batch:
            self._done.append(self._pool())
            self._waiting = []

    def _pool(self) -> Array:
        """By truth and sample: value and 1."""
        pooled = [np.concatenate(rows) for rows in zip(*self._waiting, strict=True)]
        return np.array([[self._batch_value(rows, pooled[0]), 1.0] for rows in pooled])

    def _state(self, motion: Motion, clip: Clip) -> Array:
        """Comes with the batch."""
        return np.zeros(2)

    def _finish(self) -> None:
        """A last batch may be smaller. Batches, not conversations, are what is resampled."""
        batches = [*self._done, *([self._pool()] if self._waiting else [])]
        self._states = {f"batch {i}": found[1:] for i, found in enumerate(batches)}
        self._truths = {f"batch {i}": found[0] for i, found in enumerate(batches)} if self.reads_truth else {}

    def _value(self, state: Array) -> float:
        """The mean."""
        return float(state[0] / state[1]) if state[1] else float("nan")


class _Columns(BatchMean):
    def _rows(self, motion: Motion, clip: Clip) -> Rows:
        return clip.values(motion, self.columns)


class BatchFrechetDistance(_Columns):
    """FD of each batch."""

    name = "FD"
    definition = "FD of the pooled frames of a batch"
    power = 2

    def _batch_value(self, generated: Rows, true: Rows) -> float:
        """FD."""
        origin = true[:4096].mean(0, dtype=np.float64)
        return frechet_of_sums(moment_sums(generated, origin), moment_sums(true, origin))


class BatchVariance(_Columns):
    """Variance of each batch."""

    name = "Variation"
    definition = "mean over columns of the variance over the pooled frames of a batch"
    direction = "truth"
    power = 2
    reads_truth = True

    def _batch_value(self, generated: Rows, true: Rows) -> float:
        """Variance."""
        return float(generated.astype(np.float64).var(0).mean())


class BatchDiversity(_Columns):
    """Diversity of each batch; the release draws 1,000 pairs of different frames ten times, here is the expectation."""

    name = "Diversity"
    definition = (
        f"mean |x_i-x_j| of all pairs of different pooled frames of a batch (of every k-th above {ALL_PAIRS:,})"
    )
    direction = "truth"
    reads_truth = True

    def _batch_value(self, generated: Rows, true: Rows) -> float:
        """Diversity."""
        return pair_distance(generated)


class _Vertices(BatchMean):
    """Errors of the whole face in metres, as the release has them."""

    def __init__(self, surface: Surface, **labels: str) -> None:
        """Args: surface: of the body. labels: as for `Metric`."""
        super().__init__("all", **labels)
        self.surface = surface

    def _start(self, clip: Clip) -> None:
        self.part = "face"

    @property
    def _names(self) -> tuple[str, ...]:
        return (f"{len(self.surface.points['face'])} vertices of {self.surface.name}, face",)

    def _index_set(self) -> str:
        return self.surface.index_set("face")

    @property
    def units(self) -> str:
        """Metres."""
        return "m" if self.power == 1 else f"m^{self.power}"

    def _error(self, motion: Motion, clip: Clip) -> Rows:
        error = self.surface.of(motion, "face", clip) - self.surface.of(clip.true, "face", clip)
        return error / (1000 if self.surface.unit == "mm" else 1)


class BatchVertexNorm(_Vertices):
    """What the release calls VMSE: the norm over all vertices of x, of y and of z, averaged; grows with sqrt(V)."""

    name = "VMSE"
    definition = "mean over frames and x, y, z of the norm over vertices of v'-v"

    def _rows(self, motion: Motion, clip: Clip) -> Rows:
        distances: Rows = np.linalg.norm(self._error(motion, clip), axis=1)
        return distances

    def _batch_value(self, generated: Rows, true: Rows) -> float:
        """Mean."""
        return float(generated.mean(dtype=np.float64))


class BatchVertexL1(BatchVertexNorm):
    """What MARS, eq. 16, and the release call LVD: the mean absolute error of positions; no velocity is in it."""

    name = "LVD"
    definition = "mean over frames, vertices and x, y, z of |v'-v| (positions)"

    def _rows(self, motion: Motion, clip: Clip) -> Rows:
        errors: Rows = np.abs(self._error(motion, clip)).mean((1, 2))
        return errors


class BatchWindowVertexL2(_Vertices):
    """What the release calls window-vertex-L2: of the centroid, averaged over x, y, z and not over the window's time.

    Windows of 25 pooled frames; the remainder is dropped.
    """

    name = "w-VL2"
    definition = "mean over windows of 25 frames of the squared error of the centroid averaged over x, y, z"
    power = 2

    def _rows(self, motion: Motion, clip: Clip) -> Rows:
        errors: Rows = self._error(motion, clip).mean((1, 2), dtype=np.float64)
        return errors

    def _batch_value(self, generated: Rows, true: Rows) -> float:
        """Mean square."""
        width = min(25, len(generated))
        return float(np.square(generated[: len(generated) // width * width]).mean())

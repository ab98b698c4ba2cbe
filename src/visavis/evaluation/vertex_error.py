"""vMSE, LVE, FDD, LVD and window-vertex-L2: errors of the visible face.

Millimetres on bodies; index sets are the body's own, and each result carries their hash.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.clip import Clip
from visavis.evaluation.intervals import Array
from visavis.evaluation.metric import ClipMean, FrameMean, Metric
from visavis.evaluation.surface import Points, Surface
from visavis.motion import Motion


class VertexMetric(Metric):
    """A measure on a region of a surface."""

    region = "face"
    unit = "mm"

    def __init__(self, surface: Surface, region: str | None = None, **labels: str) -> None:
        """Args: surface: of the body. region: of `REGIONS`; the measure's own unless given. labels: as for `Metric`."""
        self.surface, self.region = surface, region or self.region
        super().__init__("all", **labels)

    def _start(self, clip: Clip) -> None:
        """The part is the region."""
        self.part = self.region

    @property
    def units(self) -> str:
        """Of the surface."""
        return self.unit.replace("mm", self.surface.unit)

    @property
    def _names(self) -> tuple[str, ...]:
        return (f"{len(self.surface.points[self.region])} vertices of {self.surface.name}, {self.region}",)

    def _index_set(self) -> str:
        return self.surface.index_set(self.region)

    def reset(self) -> None:
        """Forgets all clips."""
        super().reset()
        self.part = "all"

    def _points(self, motion: Motion, clip: Clip) -> Points:
        """(T', N, 3) on the frames that count."""
        points = self.surface.of(motion, self.region, clip)
        return points if clip.frames is None else points[clip.frames]

    def _distances(self, motion: Motion, clip: Clip) -> NDArray[np.float32]:
        """Euclidean distance of each vertex from the true one, (T', N)."""
        error = self._points(motion, clip) - self._points(clip.true, clip)
        distances: NDArray[np.float32] = np.linalg.norm(error, axis=-1)
        return distances


class VertexMeanSquaredError(VertexMetric, FrameMean):
    """vMSE (Talking Together, suppl. 3.3; MARS, eq. 15): mean over frames and vertices of the squared distance."""

    name = "vMSE"
    definition = "mean over frames and vertices of |v'-v|^2"
    unit = "mm^2"

    def _frame_values(self, motion: Motion, clip: Clip) -> NDArray[np.floating]:
        """(T',)."""
        errors: NDArray[np.floating] = np.square(self._distances(motion, clip)).mean(1)
        return errors


class LipVertexError(VertexMetric, FrameMean):
    """LVE (DIM, section 4.3; Richard et al. 2021): the greatest distance of any lip vertex, mean over frames."""

    name = "LVE"
    definition = "mean over frames of the maximum over lip vertices of |v'-v|"
    region = "lip"

    def _frame_values(self, motion: Motion, clip: Clip) -> NDArray[np.floating]:
        """(T',)."""
        errors: NDArray[np.floating] = self._distances(motion, clip).max(1)
        return errors


class SquaredLipVertexError(LipVertexError):
    """LVE of CodeTalker's release, and of those that copy it: the distance stays squared."""

    definition = "mean over pooled frames of the maximum over lip vertices of |v'-v|^2"
    unit = "mm^2"

    def _frame_values(self, motion: Motion, clip: Clip) -> NDArray[np.floating]:
        """(T',)."""
        errors: NDArray[np.floating] = np.square(self._distances(motion, clip)).max(1)
        return errors


class RootLipVertexError(SquaredLipVertexError):
    """LVE of ARTalk: the root of the mean of the greatest squared distances, clip by clip, in millimetres."""

    definition = "sqrt(mean over frames of the maximum over lip vertices of |v'-v|^2) within each clip"
    unit = "mm"
    aggregation = "mean over clips"

    @property
    def units(self) -> str:
        """Millimetres, where the surface's unit can be turned into them."""
        return self.surface.in_millimetres[1]

    def _state(self, motion: Motion, clip: Clip) -> Array:
        """The clip's own root, and 1."""
        root = np.sqrt(self._frame_values(motion, clip).mean(dtype=np.float64))
        return np.array([root * self.surface.in_millimetres[0], 1.0])


class UpperFaceDynamics(VertexMetric, ClipMean):
    """FDD (Xing et al. 2023; DIM, section 4.3): does the upper face move as much as the true one does?

    The motion of a vertex is its distance from where it rests, its dynamics the standard deviation of that over time.
    Differences are averaged over the vertices, and their magnitude over the clips.
    """

    name = "FDD"
    definition = "mean over clips of |mean over upper-face vertices of (std_t|m| - std_t|m'|)|, m = v - rest"
    region = "upper_face"

    def _dynamics(self, motion: Motion, clip: Clip) -> NDArray[np.floating]:
        """(N,)."""
        moved = self._points(motion, clip) - self.surface.rest[self.region]
        dynamics: NDArray[np.floating] = np.linalg.norm(moved, axis=-1).astype(np.float64).std(0)
        return dynamics

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own."""
        return abs(float((self._dynamics(clip.true, clip) - self._dynamics(motion, clip)).mean()))


class SignedUpperFaceDynamics(UpperFaceDynamics):
    """FDD of CodeTalker's release: squared distances from rest, and signs that cancel between sequences.

    The release prints the signed mean; its magnitude is reported here, as in the papers' tables.
    """

    definition = "|mean over sequences of mean over upper-face vertices of (std_t|m|^2 - std_t|m'|^2)|, m = v - rest"
    unit = "mm^2"
    aggregation = "signed mean over sequences, then its magnitude"

    def _dynamics(self, motion: Motion, clip: Clip) -> NDArray[np.floating]:
        """(N,)."""
        moved = self._points(motion, clip) - self.surface.rest[self.region]
        dynamics: NDArray[np.floating] = np.square(moved.astype(np.float64)).sum(-1).std(0)
        return dynamics

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """With its sign."""
        return float((self._dynamics(clip.true, clip) - self._dynamics(motion, clip)).mean())

    def _value(self, state: Array) -> float:
        """Without."""
        return abs(super()._value(state))

    def _values(self, states: Array) -> Array:
        """Without."""
        return np.abs(super()._values(states))


class SummedUpperFaceDynamics(UpperFaceDynamics):
    """FDD of ARTalk: 100 times the mean difference of the standard deviations of x + y + z, in millimetres.

    The release's standard deviation is PyTorch's, with the divisor T - 1.
    """

    definition = (
        "100 * mean over upper-face vertices of |std_t(x'+y'+z') - std_t(x+y+z)| (divisor T-1) within each clip"
    )

    @property
    def units(self) -> str:
        """Hundredths of millimetres, where the surface's unit can be turned into them."""
        return f"0.01 {self.surface.in_millimetres[1]}"

    def _dynamics(self, motion: Motion, clip: Clip) -> NDArray[np.floating]:
        """(N,)."""
        summed = self._points(motion, clip).astype(np.float64).sum(-1)
        dynamics: NDArray[np.floating] = summed.std(0, ddof=1) * self.surface.in_millimetres[0]
        return dynamics

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own."""
        return float(100 * np.abs(self._dynamics(motion, clip) - self._dynamics(clip.true, clip)).mean())


class LandmarkVelocityDifference(VertexMetric, ClipMean):
    """LVD (Yi et al. 2023): mean over frames and coordinates of the absolute difference of velocities.

    A clip of T frames has T - 1 velocities, and that is what is divided by.
    """

    name = "LVD"
    definition = "mean over the T-1 velocities and all coordinates of |dv'-dv| within a clip"
    unit = "mm/frame"
    by_role = False

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own."""
        error = self.surface.of(motion, self.region, clip) - self.surface.of(clip.true, self.region, clip)
        return float(np.abs(np.diff(error, axis=0)).mean(dtype=np.float64))


class WindowVertexL2(VertexMetric, ClipMean):
    """Window-vertex-L2 (MARS, eq. 17): squared distance between vertices averaged over windows of one second.

    Windows slide by one frame; the distance is averaged over the vertices. Errors that cancel within a second do not
    count. A clip shorter than a second is one window.
    """

    name = "w-VL2"
    definition = "mean over sliding windows of 1 s and over vertices of |mean_t v' - mean_t v|^2 within a clip"
    unit = "mm^2"
    by_role = False

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own."""
        error = self.surface.of(motion, self.region, clip) - self.surface.of(clip.true, self.region, clip)
        width = min(round(motion.fps), len(error))
        sums = np.cumsum(error, axis=0, dtype=np.float64)
        windows = (sums[width - 1 :] - np.concatenate([np.zeros_like(sums[:1]), sums[:-width]])) / width
        return float(np.square(windows).sum(-1).mean())

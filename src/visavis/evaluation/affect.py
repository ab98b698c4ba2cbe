"""L2-Affect: distance from the truth in valence and arousal, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.evaluation.clip import Clip
from visavis.evaluation.metric import ClipMean, FrameMean
from visavis.motion import Motion, MotionSpace


class AffectEstimator(Protocol):
    """Anything that tells valence and arousal from motion, such as a wrapper around EMOCA's network."""

    @property
    def name(self) -> str:
        """For reports."""
        ...

    def __call__(self, motion: Motion) -> NDArray[np.float32]:
        """Valence and arousal, each from -1 to 1, (T, 2)."""
        ...


@dataclass(frozen=True)
class LinearAffect:
    """Valence and arousal as weighted sums of columns, cut to [-1, 1].

    Attributes:
        name: For reports.
        weights: By column name, what a full activation adds to valence and to arousal.
    """

    name: str
    weights: Mapping[str, tuple[float, float]]

    def __call__(self, motion: Motion) -> NDArray[np.float32]:
        """See `AffectEstimator`; columns that the space does not have add nothing.

        Raises:
            InputError: The space has none of the columns.
        """
        known = [name for name in self.weights if name in motion.space.names]
        if not known:
            raise InputError(f"{self.name} has no columns for motion space {motion.space.name!r}; pass an estimator")
        weights = np.array([self.weights[name] for name in known], np.float32)
        affect: NDArray[np.float32] = np.clip(motion[known] @ weights, -1, 1)
        return affect


def _both(name: str, valence: float, arousal: float) -> dict[str, tuple[float, float]]:
    """Half for each side of the face."""
    return {name + side: (valence / 2, arousal / 2) for side in ("Left", "Right")}


HAND_SET = LinearAffect(
    "linear affect with hand-set weights",
    {
        **_both("mouthSmile", 0.8, 0.3),
        **_both("cheekSquint", 0.2, 0.1),
        **_both("mouthFrown", -0.6, 0.0),
        **_both("browDown", -0.4, 0.2),
        **_both("noseSneer", -0.4, 0.2),
        **_both("mouthPress", -0.2, 0.0),
        **_both("eyeWide", 0.0, 0.5),
        **_both("browOuterUp", 0.1, 0.3),
        **_both("eyeBlink", 0.0, -0.2),
        "browInnerUp": (-0.1, 0.2),
        "jawOpen": (0.0, 0.2),
        "AU12": (0.8, 0.3),
        "AU06": (0.2, 0.1),
        "AU15": (-0.6, 0.0),
        "AU04": (-0.4, 0.2),
    },
)
"""The built-in estimator: signs after the emotional facial action units of Ekman and Friesen (1978) and the circumplex
of Russell (1980), sizes set by hand and fitted to no ratings. It orders smiles above frowns; do not read more into it.
"""


def affect_for(space: MotionSpace) -> AffectEstimator | None:
    """The built-in estimator if it knows columns of the space; PCA expression codes need an estimator of your own."""
    return HAND_SET if any(name in space.names for name in HAND_SET.weights) else None


def _affect(estimator: AffectEstimator, motion: Motion, clip: Clip) -> NDArray[np.float32]:
    key = ("affect", estimator.name, id(motion))
    if key not in clip.cache:
        clip.cache[key] = estimator(motion)
    affect: NDArray[np.float32] = clip.cache[key]
    return affect


class AffectDistance(FrameMean):
    """L2-Affect (Expression Aligned with Human Preference, IV-A): mean over frames of the distance in the plane of
    valence and arousal, as an estimator tells them from expression.
    """  # noqa: D205

    name = "L2-Affect"
    most = 8**0.5  # between the corners of the plane

    def __init__(self, estimator: AffectEstimator, **labels: str) -> None:
        """Args: estimator: of valence and arousal. labels: as for `Metric`."""
        super().__init__("all", **labels)
        self.estimator = estimator
        self.definition = f"mean over frames of |affect'-affect|; affect: valence, arousal by {estimator.name}"

    @property
    def units(self) -> str:
        """Affect runs from -1 to 1."""
        return "affect"

    def _frame_values(self, motion: Motion, clip: Clip) -> NDArray[np.floating]:
        """(T',)."""
        error = _affect(self.estimator, motion, clip) - _affect(self.estimator, clip.true, clip)
        error = error if clip.frames is None else error[clip.frames]
        distance: NDArray[np.floating] = np.linalg.norm(error, axis=1)
        return distance


class WindowedValence(ClipMean):
    """L2-Affect of lm-listener's release: valence averaged over windows of 30 frames, squared error of the means.

    Windows do not overlap and the remainder is dropped; a clip under 30 frames is one window. The release estimates
    valence by EMOCA, of the prediction with the true face's shape.
    """

    name = "L2-Affect"
    by_role = False
    most = 4.0
    window = 30

    def __init__(self, estimator: AffectEstimator, **labels: str) -> None:
        """Args: estimator: of valence and arousal. labels: as for `Metric`."""
        super().__init__("all", **labels)
        self.estimator = estimator
        self.definition = f"MSE of valence averaged over windows of min(30, T) frames; valence by {estimator.name}"

    @property
    def units(self) -> str:
        """Affect runs from -1 to 1."""
        return "affect^2"

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own."""
        error = _affect(self.estimator, motion, clip)[:, 0] - _affect(self.estimator, clip.true, clip)[:, 0]
        width = min(self.window, len(error))
        windows = error[: len(error) // width * width].reshape(-1, width)
        return float(np.square(windows.mean(1, dtype=np.float64)).mean())

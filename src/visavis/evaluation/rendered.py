"""FD and P-FD on rendered frames (Talking Together, suppl. 3.3): distances between pictures instead of columns.

Heads are drawn with translation and rotation of neck and head at zero, a feature extractor turns every picture into a
vector, and FD compares the vectors; for P-FD those of both people, frame by frame, side by side. Who draws and what
extracts features are both replaceable, and both are named in the result.
"""

from __future__ import annotations

from math import nan
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.clip import Clip
from visavis.evaluation.frechet import too_few_rows
from visavis.evaluation.info import Result, index_set_hash
from visavis.evaluation.intervals import Array, jackknife_interval, pseudo_values
from visavis.evaluation.metric import Metric
from visavis.evaluation.moments import worth
from visavis.motion import Motion

Pictures = NDArray[np.uint8]
Rows = NDArray[np.floating]

INCEPTION = "inception-v3"
"""The asset that holds the network."""

MOST = 1500
"""Frames up to which there is an interval: a singular value decomposition for each conversation. Beyond, they take
longer than drawing."""


class Draw(Protocol):
    """Draws a person's head."""

    @property
    def name(self) -> str:
        """For reports."""
        ...

    def __call__(self, motion: Motion) -> Pictures:
        """One picture per frame, uint8 (T, H, W, 3)."""
        ...


class Features(Protocol):
    """Turns pictures into vectors."""

    @property
    def name(self) -> str:
        """For reports."""
        ...

    def __call__(self, pictures: Pictures) -> NDArray[np.float32]:
        """uint8 (N, H, W, 3) to (N, F)."""
        ...


class Inception:
    """The 2,048 numbers of InceptionV3's last pooling, with the weights that FID is computed with.

    Fetched once (87 MB) and checked; see ``visavis assets``. About half a second per picture on one core.

    Raises:
        InputError: The weights are not here and cannot be fetched; the message says what each source answered.
    """

    name = "InceptionV3, 2048-d"

    def __init__(self) -> None:
        """Loads the network; a TorchScript archive whose digest the manifest knows."""
        import torch

        from visavis.assets import resolve

        self._network = torch.jit.load(str(resolve(INCEPTION)), map_location="cpu").eval()

    def __call__(self, pictures: Pictures) -> NDArray[np.float32]:
        """See `Features`; pictures of other sizes are resampled to 299 x 299."""
        import torch
        from torch.nn.functional import interpolate

        found = []
        with torch.inference_mode():
            for start in range(0, len(pictures), 8):
                batch = torch.from_numpy(pictures[start : start + 8]).permute(0, 3, 1, 2).float()
                if batch.shape[-2:] != (299, 299):
                    batch = interpolate(batch, (299, 299), mode="bilinear", antialias=True, align_corners=False)
                found.append(self._network((batch - 128) / 128).numpy())
        return np.concatenate(found)


def frechet_of_rows(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """FD between two sets of vectors, (N, F) and (M, F), when there are fewer vectors than numbers in each.

    The trace of the covariances' square root is the sum of the singular values of an N x M matrix, so that no matrix
    of F x F is needed; nan for fewer than two vectors.
    """
    if min(len(a), len(b)) < 2:
        return nan
    (x, mean_a), (y, mean_b) = _centred(a), _centred(b)
    cross = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    return max(0.0, float(np.square(mean_a - mean_b).sum() + np.square(x).sum() + np.square(y).sum() - 2 * cross))


def _centred(rows: NDArray[np.floating]) -> tuple[Array, Array]:
    """Rows of which the inner product is the covariance, and the mean."""
    mean = rows.mean(0, dtype=np.float64)
    return (rows - mean) / np.sqrt(len(rows) - 1), mean


def _worth(rows: NDArray[np.floating], whose: NDArray[np.intp]) -> tuple[float, float]:
    """`visavis.evaluation.moments.worth` of vectors of units."""
    centred, _ = _centred(rows)
    offsets = np.stack([centred[whose == unit].sum(0) for unit in np.unique(whose)])
    trace, square = np.square(centred).sum(), np.square(centred @ centred.T).sum()
    return worth(offsets * np.sqrt(len(rows) - 1) / len(rows), float(trace), float(square))


class RenderedFrechetDistance(Metric):
    """FD on rendered frames, one frame per second."""

    name = "FD rendered"
    direction = "lower"
    by_role = False
    comparable = False

    def __init__(self, draw: Draw, features: Features, **labels: str) -> None:
        """Args: draw: a person's head. features: of pictures. labels: as for `Metric`."""
        super().__init__("all", **labels)
        self.draw, self.features = draw, features
        self.definition = f"FD of {features.name} of frames rendered by {draw.name}, one per second, zero-centred pose"

    def reset(self) -> None:
        """Forgets all clips."""
        super().reset()
        self._rows: list[list[NDArray[np.float32]]] = []
        self._units: list[str] = []

    @property
    def units(self) -> str:
        """Of the features, squared."""
        return "feature^2"

    @property
    def _names(self) -> tuple[str, ...]:
        return (f"{self.features.name} of {self.draw.name}",)

    def _index_set(self) -> str:
        return index_set_hash(self._names)

    def _seen(self, motion: Motion, clip: Clip) -> NDArray[np.float32]:
        key = ("rendered", self.draw.name, self.features.name, id(motion))
        if key not in clip.cache:
            step = max(1, round(motion.fps))
            chosen = Motion(motion.values[step // 2 :: step], motion.fps, motion.space)
            clip.cache[key] = self.features(self.draw(chosen))
        seen: NDArray[np.float32] = clip.cache[key]
        return seen

    def _vectors(self, motion: Motion, clip: Clip) -> NDArray[np.float32]:
        return self._seen(motion, clip)

    def _collect(self, clip: Clip) -> None:
        self._rows.append([self._vectors(motion, clip) for motion in (clip.true, *clip.predicted)])
        self._units.append(clip.conversation)

    def _state(self, motion: Motion, clip: Clip) -> Array:
        """Vectors are kept as they are."""
        return np.zeros(1)

    def _value(self, state: Array) -> float:
        """Of no use here."""
        return float("nan")

    def compute(self, *, intervals: bool = True) -> Result:
        """The distance over all clips so far."""
        if not self._rows:
            return Result(self.info, nan, notes=("undefined: there are not two frames of any clip",))
        true, *samples = (np.concatenate(rows) for rows in zip(*self._rows, strict=True))
        units, places = np.unique(self._units, return_inverse=True)
        whose = np.repeat(places, [len(rows[0]) for rows in self._rows])

        def values_of(kept: Array) -> Array:
            """FD of the conversations that are kept, (N, units) to (N,)."""
            chosen = [k[whose] > 0 for k in kept]
            means: Array = np.mean([[frechet_of_rows(s[c], true[c]) for s in samples] for c in chosen], 1)
            return means

        value = float(values_of(np.ones((1, len(units))))[0])
        low, high, why = nan, nan, ""
        if intervals and len(true) <= MOST:
            why = self._doubt(true, samples[0], whose)
        elif intervals:
            why = f"more than {MOST} frames take long"
        if intervals and not why:
            low, high = jackknife_interval(value, pseudo_values(np.eye(len(units)), values_of), least=0.0)
        notes = [f"{len(true)} frames rendered"]
        if not np.isfinite(value):
            notes.append("undefined: there are not two frames a second apart")
        if len(true) <= true.shape[1]:
            notes.append(
                f"fewer than the {true.shape[1]} features: rank-deficient covariance, compare equal counts only"
            )
        notes += [f"no interval: {why}"] if why else []
        return Result(
            self.info, value, low, high, clips=self.clips, conversations=len(units), frames=len(true),
            notes=tuple(notes),
        )  # fmt: skip

    @staticmethod
    def _doubt(true: Rows, generated: Rows, whose: NDArray[np.intp]) -> str:
        """Why there is no interval; empty if there is one."""
        units = len(np.unique(whose))
        if units < 2:
            return f"one {RenderedFrechetDistance.independent} does not say how far they differ"
        return too_few_rows(units, *(_worth(rows, whose) for rows in (true, generated)))


class RenderedPairedFrechetDistance(RenderedFrechetDistance):
    """P-FD on rendered frames: partner's and person's features side by side."""

    name = "P-FD rendered"
    needs_partner = True

    def _vectors(self, motion: Motion, clip: Clip) -> NDArray[np.float32]:
        return np.concatenate([self._seen(clip.partner_of(motion), clip), self._seen(motion, clip)], 1)

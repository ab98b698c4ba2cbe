"""FD and P-FD on rendered frames (Talking Together, suppl. 3.3): distances between pictures instead of columns.

Heads are drawn with translation and rotation of neck and head at zero, a feature extractor turns every picture into a
vector, and FD compares the vectors; for P-FD those of both people, frame by frame, side by side. Who draws and what
extracts features are both replaceable, and both are named in the result.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.clip import Clip
from visavis.evaluation.info import Result, index_set_hash
from visavis.evaluation.metric import Array, Metric, bootstrap
from visavis.motion import Motion

Pictures = NDArray[np.uint8]

INCEPTION = "inception-v3"
"""The asset that holds the network."""


RESAMPLES = 200
"""Of the conversations, for an interval; fewer than elsewhere, because each costs a singular value decomposition."""
MOST = 1500
"""Frames up to which there is an interval; beyond, those decompositions take longer than drawing."""


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


def frechet_of_rows(
    a: NDArray[np.floating], b: NDArray[np.floating], times: tuple[Array, Array] | None = None
) -> float:
    """FD between two sets of vectors, (N, F) and (M, F), when there are fewer vectors than numbers in each.

    The trace of the covariances' square root is the sum of the singular values of an N x M matrix, so that no matrix
    of F x F is needed.

    Args:
        a: One set.
        b: The other.
        times: How often each vector of `a` and of `b` counts; once unless given.
    """
    often = times or (np.ones(len(a)), np.ones(len(b)))
    if min(count.sum() for count in often) < 2:
        return float("nan")
    (x, mean_a), (y, mean_b) = (_centred(rows, count) for rows, count in zip((a, b), often, strict=True))
    cross = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    return max(0.0, float(np.square(mean_a - mean_b).sum() + np.square(x).sum() + np.square(y).sum() - 2 * cross))


def _centred(rows: NDArray[np.floating], often: Array) -> tuple[Array, Array]:
    """Rows of which the inner product is the covariance, and the mean."""
    rows, often = rows[often > 0].astype(np.float64), often[often > 0]
    mean = often @ rows / often.sum()
    return (rows - mean) * np.sqrt(often / (often.sum() - 1))[:, None], mean


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

    def compute(self, *, intervals: bool = True, seed: int = 0) -> Result:
        """The distance over all clips so far."""
        if not self._rows:
            return Result(self.info, float("nan"), notes=("no frames to measure",))
        true, *samples = (np.concatenate(rows) for rows in zip(*self._rows, strict=True))
        units, places = np.unique(self._units, return_inverse=True)
        whose = np.repeat(places, [len(rows[0]) for rows in self._rows])

        def values_of(weights: Array) -> Array:
            """FD when each conversation counts so often, (N, units) to (N,)."""
            each = [[frechet_of_rows(s, true, (w[whose], w[whose])) for s in samples] for w in weights]
            means: Array = np.mean(each, 1)
            return means

        value = float(values_of(np.ones((1, len(units))))[0])
        low = high = float("nan")
        if intervals and len(units) >= 3 and len(true) <= MOST:
            low, high = bootstrap(np.eye(len(units)), values_of, value, RESAMPLES, seed)
        notes = [f"{len(true)} frames rendered"]
        if len(true) <= true.shape[1]:
            notes.append(
                f"fewer than the {true.shape[1]} features: rank-deficient covariance, compare equal counts only"
            )
        if len(true) > MOST:
            notes.append(f"no interval for more than {MOST} frames")
        return Result(
            self.info, value, max(low, 0.0), high, clips=self.clips, conversations=len(units), frames=len(true),
            notes=tuple(notes),
        )  # fmt: skip


class RenderedPairedFrechetDistance(RenderedFrechetDistance):
    """P-FD on rendered frames: partner's and person's features side by side."""

    name = "P-FD rendered"
    needs_partner = True

    def _vectors(self, motion: Motion, clip: Clip) -> NDArray[np.float32]:
        return np.concatenate([self._seen(clip.partner_of(motion), clip), self._seen(motion, clip)], 1)

"""Do the lips follow the voice: correlation of predicted with tracked mouth coefficients, clip by clip.

Real clips have an offset of some frames between sound and picture, so each clip is scored at its best lag; that alone
lifts even unrelated curves above 0, so the same score for the wrong clip's prediction stands beside it, as does the
score at one lag for all clips.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Track
from visavis.errors import InputError
from visavis.evaluation.info import MetricInfo, index_set_hash
from visavis.evaluation.intervals import mean_interval
from visavis.media.audio import Audio

LIP_COLUMNS = ("jawOpen", "mouthClose", "mouthFunnel", "mouthPucker")


def lag_correlations(
    predicted: NDArray[np.floating], tracked: NDArray[np.floating], max_lag: int = 3
) -> NDArray[np.float64]:
    """Pearson correlations of two curves at the lags from -`max_lag` to `max_lag` frames.

    At lag k frame t of `predicted` is set beside frame t + k of `tracked`, so the lag is positive where the picture
    comes late. Curves of different lengths are cut to the shorter one.

    Args:
        predicted: (T,).
        tracked: (T,).
        max_lag: Frames.

    Returns:
        (2 * max_lag + 1,). A curve that does not move correlates 0 with anything.

    Raises:
        InputError: Fewer than 10 frames would be compared.
    """
    frames = min(len(predicted), len(tracked))
    if frames - max_lag < 10:
        raise InputError(
            f"{frames} frames are too few to correlate at lags up to {max_lag}; at least 10 more are required"
        )
    a, b = (np.asarray(x[:frames], np.float64) for x in (predicted, tracked))
    return np.array([_pearson(a[max(0, -k) : frames - max(0, k)], b[max(0, k) : frames + min(0, k)])
                     for k in range(-max_lag, max_lag + 1)])  # fmt: skip


def _pearson(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 1e-12 * len(a) else 0.0


@dataclass(frozen=True)
class LipSyncScore:
    """One column's score.

    Attributes:
        column: Its name.
        clips: Clip names, in the order of the arrays.
        best: (clips,) correlation at each clip's best lag.
        lags: (clips,) those lags in frames.
        null: (clips,) the same for the other clips' predictions, their mean.
        common_lag: The lag in frames at which the mean over the clips is highest.
        common: (clips,) correlation at that lag.
    """

    column: str
    clips: tuple[str, ...]
    best: NDArray[np.float64]
    lags: NDArray[np.intp]
    null: NDArray[np.float64]
    common_lag: int
    common: NDArray[np.float64]

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of the mean of `best` over clips, by Student's t; nan of a single clip."""
        _, low, high = mean_interval(self.best, level, least=-1.0, most=1.0)
        return low, high


class LipSync:
    """Collects clips, then scores each column; predictions and tracks are compared at 25 frames per second."""

    def __init__(self, columns: Sequence[str] = LIP_COLUMNS, max_lag: int = 3, fps: float = 25.0) -> None:
        """Args: columns: what to score. max_lag: frames either way. fps: what a frame is."""
        self.columns = tuple(columns)
        self.max_lag = max_lag
        self.fps = fps
        self._clips: dict[str, tuple[Track, Track]] = {}

    def update(self, clip: str, predicted: Track, tracked: Track) -> None:
        """Adds a clip.

        Args:
            clip: Its name.
            predicted: Curves with at least the columns; a curve that all columns share has the one column ``value``.
            tracked: Curves with at least one of the columns; the clip counts for those that it has.

        Raises:
            InputError: The clip was added before, or a column is missing.
        """
        if clip in self._clips:
            raise InputError(f"clip {clip!r} was added twice")
        missing = [c for c in self.columns if c not in predicted.columns]
        if missing and predicted.columns != ("value",):
            raise InputError(f"the prediction for clip {clip!r} has no column {missing[0]!r}")
        if not set(self.columns) & set(tracked.columns):
            raise InputError(f"the track of clip {clip!r} has none of the columns {', '.join(self.columns)}")
        self._clips[clip] = (predicted.at(self.fps), tracked.at(self.fps))

    def info(self, column: str) -> MetricInfo:
        """What decides one column's score."""
        return MetricInfo(
            name="lip-sync", definition=f"Pearson correlation at the best lag up to {self.max_lag} frames, per clip",
            units="1", direction="higher", aggregation="mean over clips", columns=(column,), part="lip",
            role="speaker", index_set=index_set_hash([column]),
        )  # fmt: skip

    def compute(self) -> dict[str, LipSyncScore]:
        """The score of each column that at least one clip has.

        Raises:
            InputError: There are no clips, or one is too short.
        """
        if not self._clips:
            raise InputError("there are no clips to score lip-sync on")
        tracked = {column for _, track in self._clips.values() for column in track.columns}
        return {column: self._score(column) for column in self.columns if column in tracked}

    def _score(self, column: str) -> LipSyncScore:
        names = tuple(name for name, (_, tracked) in self._clips.items() if column in tracked.columns)
        # A recording whose column never moves says nothing about it.
        names = tuple(n for n in names if np.ptp(self._clips[n][1][column]) > 1e-6) or names
        table = np.array([[self._lags(a, b, column) for a in names] for b in names])  # (tracked, predicted, lags)
        own = table[np.arange(len(names)), np.arange(len(names))]
        others = ~np.eye(len(names), dtype=bool)
        null = np.array([table[i, others[i]].max(-1).mean() if len(names) > 1 else np.nan for i in range(len(names))])
        common = int(own.mean(0).argmax())
        return LipSyncScore(
            column=column,
            clips=names,
            best=own.max(1),
            lags=own.argmax(1) - self.max_lag,
            null=null,
            common_lag=common - self.max_lag,
            common=own[:, common],
        )

    def _lags(self, predicted_of: str, tracked_of: str, column: str) -> NDArray[np.float64]:
        predicted, tracked = self._clips[predicted_of][0], self._clips[tracked_of][1]
        name = column if column in predicted.columns else "value"
        return lag_correlations(predicted[name], tracked[column], self.max_lag)


def log_energy(audio: Audio, fps: float = 25.0, frames: int | None = None) -> Track:
    """The loudness of each frame in dB above -80 dBFS: the baseline that any lip-sync must beat."""
    count = round(audio.duration * fps) if frames is None else frames
    edges = np.clip(np.round(np.arange(count + 1) * audio.sample_rate / fps), 0, len(audio)).astype(int)
    power = np.concatenate([[0.0], np.cumsum(np.square(audio.samples, dtype=np.float64))])
    mean = np.diff(power[edges]) / np.maximum(np.diff(edges), 1)
    return Track(np.maximum(10 * np.log10(np.maximum(mean, 1e-12)) + 80, 0), fps)

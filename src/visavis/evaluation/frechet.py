"""FD and P-FD: how far the distribution of generated frames is from that of true frames."""

from __future__ import annotations

from math import isfinite

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from visavis.evaluation.clip import Clip
from visavis.evaluation.intervals import Array
from visavis.evaluation.metric import ClipMean, Metric
from visavis.evaluation.moments import CHUNK, frechet_of_sums, independent_rows, moment_sums
from visavis.motion import Motion

LEFT_OVER = 1 / 8
"""Of the bias that the jackknife leaves in a distance, over the half width of its interval: so much is let pass.

Chance adds to a distance about directions^2 / rows. The jackknife takes that off but leaves about directions^3 / rows^2
of it, while the half width is about Student's quantile times directions / rows. The factor between the two is from
simulations (``docs/results/statistics.md``).
"""


def too_few_rows(units: int, *sizes: tuple[float, float]) -> str:
    """Why a distance between distributions gets no interval; empty if it gets one.

    Args:
        units: That are left out in turn.
        sizes: `independent_rows` of both distributions.
    """
    quantile = float(stats.t.ppf(0.975, units - 1))
    for rows, directions in sizes:
        if rows < (needed := LEFT_OVER * directions**2 / quantile):
            wanted = f"{needed:.0f} are needed for {directions:.0f} directions" if isfinite(needed) else "too few"
            return f"the frames are worth {rows:.0f} independent ones ({wanted}), and much of the distance is chance"
    return ""


class FrechetDistance(Metric):
    """FD (DIM, section 4.1; Dowson and Landau 1982): between Gaussians fitted to all true and all generated frames.

    Lower is better; 0 for equal mean and covariance. Fewer frames than columns leave the covariance rank-deficient:
    the distance still exists, but most of it then is the two samples' chance directions, and the result says so.
    """

    name = "FD"
    definition = "|mu-mu'|^2 + Tr(S + S' - 2 (S S')^1/2) of the columns, covariances with divisor N-1"
    power = 2

    def _collect(self, clip: Clip) -> None:
        """Takes the origin near which sums are taken from the first clip."""
        if self.clips == 1:
            self._shift = self._rows(clip.true, clip)[:CHUNK].mean(0, dtype=np.float64)

    def _rows(self, motion: Motion, clip: Clip) -> NDArray[np.float32]:
        """What is one vector per frame, (T', D)."""
        return clip.values(motion, self.columns)

    def _state(self, motion: Motion, clip: Clip) -> Array:
        """Moments of the sample's frames, then of the truth's."""
        return np.concatenate(
            [moment_sums(self._rows(motion, clip), self._shift), moment_sums(self._rows(clip.true, clip), self._shift)]
        )

    def _value(self, state: Array) -> float:
        """The distance."""
        return frechet_of_sums(*np.split(state, 2))

    def doubt(self, states: Array) -> str:
        """Where chance makes up so much of the distance that the jackknife cannot tell how much."""
        return too_few_rows(len(states), *(independent_rows(side[:, 0]) for side in np.split(states, 2, axis=2)))

    def _finish(self) -> None:
        """Says so where the covariance cannot have full rank."""
        dim = len(self._shift) if self.clips else 0
        if 0 < self.frames <= dim:
            self.notes.append(
                f"{self.frames} frames for {dim} columns: the covariance is rank-deficient, the distance mostly chance"
            )


class PairedFrechetDistance(FrechetDistance):
    """P-FD (DIM, section 4.1): FD of the partner's and the person's columns side by side, frame by frame.

    It also sees how the two people move together. True frames pair with the true partner; generated frames with the
    generated partner if there is one, else with the true one.
    """

    name = "P-FD"
    definition = "FD of [partner; person], frame by frame"
    needs_partner = True

    def _rows(self, motion: Motion, clip: Clip) -> NDArray[np.float32]:
        """Partner, then person, (T', 2 D)."""
        partner = clip.partner_of(motion)
        return np.concatenate([clip.values(partner, self.columns), clip.values(motion, self.columns)], 1)


class ClipFrechetDistance(ClipMean):
    """FD of each clip by itself, averaged: what several releases report; rank-deficient on short clips."""

    name = "FD"
    definition = "FD within each clip"
    power = 2

    def _rows(self, motion: Motion, clip: Clip) -> NDArray[np.float32]:
        return clip.values(motion, self.columns)

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own distance."""
        generated, true = self._rows(motion, clip), self._rows(clip.true, clip)
        if len(true) <= true.shape[1]:
            self._short = getattr(self, "_short", set()) | {clip.name}
        origin = true[:CHUNK].mean(0, dtype=np.float64)
        return frechet_of_sums(moment_sums(generated, origin), moment_sums(true, origin))

    def _finish(self) -> None:
        """Says how many clips are too short."""
        short = getattr(self, "_short", ())
        if short:
            self.notes.append(
                f"{len(short)} of {self.clips} clips have no more frames than columns: rank-deficient covariance"
            )


class ClipPairedFrechetDistance(ClipFrechetDistance):
    """P-FD of each clip by itself, averaged."""

    name = "P-FD"
    definition = "FD of [partner; person] within each clip"
    needs_partner = True

    def _rows(self, motion: Motion, clip: Clip) -> NDArray[np.float32]:
        partner = clip.partner_of(motion)
        return np.concatenate([clip.values(partner, self.columns), clip.values(motion, self.columns)], 1)

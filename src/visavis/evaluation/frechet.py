"""FD and P-FD: how far the distribution of generated frames is from that of true frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.clip import Clip
from visavis.evaluation.metric import Array, ClipMean, Metric
from visavis.evaluation.moments import CHUNK, frechet_of_sums, moment_sums
from visavis.motion import Motion


class FrechetDistance(Metric):
    """FD (DIM, section 4.1; Dowson and Landau 1982): between Gaussians fitted to all true and all generated frames.

    Lower is better; 0 for equal mean and covariance. Fewer frames than columns leave the covariance rank-deficient:
    the distance still exists, but most of it then is the two samples' chance directions, and the result says so.
    """

    name = "FD"
    definition = "|mu-mu'|^2 + Tr(S + S' - 2 (S S')^1/2) of the columns, covariances with divisor N-1"
    power = 2
    resamples = 100

    def _start(self, clip: Clip) -> None:
        """The origin near which sums are taken."""
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

"""What all metrics share: accumulate clips, then compute a value, its confidence interval and its description.

Every measure here is a function of sums. A clip contributes a vector (`_state`), vectors of one conversation are
added, and the value is a function of the total (`_value`): of the sums of squares for MSE, of count, mean and
covariance for the Frechet distance, of a histogram for SID. So nothing but one vector per conversation is kept, and
intervals and tests ask what the value would be without one of them (`visavis.evaluation.intervals.pseudo_values`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import inf, nan
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.evaluation.clip import Clip
from visavis.evaluation.info import EXPECTATION, Direction, MetricInfo, Result, index_set_hash, units_of
from visavis.evaluation.intervals import Array, groups_of, jackknife_interval, pseudo_values
from visavis.evaluation.parts import part_indices
from visavis.motion import Motion, MotionSpace


class Metric(ABC):
    """A measure over clips.

    Args:
        part: Which columns, see `visavis.evaluation.parts`.
        role: ``both``, or the name under which frames of one role are given.
        profile: Under which the number goes.
        selection: How samples became one number, if not by the expectation.

    Attributes:
        reads_truth: Whether the true motion has a value of its own, to set beside.
        by_role: Whether single frames may be left out, so that roles can be told apart.
        needs_partner: Whether the other person's motion is needed.
        comparable: Whether two methods can be tested, for which states must add up.
        least: Below which no value lies.
        most: Above which none does.
        undefined: Why there may be no value although there are frames.
        independent: What is independent of others of its kind.
    """

    name: ClassVar[str] = ""
    definition: str = ""
    direction: ClassVar[Direction] = "lower"
    aggregation: ClassVar[str] = "pooled over all frames"
    power: ClassVar[int] = 1
    reads_truth: ClassVar[bool] = False
    by_role: ClassVar[bool] = True
    needs_partner: ClassVar[bool] = False
    comparable: ClassVar[bool] = True
    least: float = 0.0
    most: float = inf
    undefined: ClassVar[str] = "no clip has a value of its own"
    independent: ClassVar[str] = "conversation"

    def __init__(
        self, part: str = "all", *, role: str = "both", profile: str = "plain", selection: str = EXPECTATION
    ) -> None:
        """See the class."""
        self.part, self.role, self.profile, self.selection = part, role, profile, selection
        self.reset()

    def reset(self) -> None:
        """Forgets all clips."""
        self.space: MotionSpace | None = None
        self.columns: NDArray[np.intp] = np.zeros(0, np.intp)
        self.notes: list[str] = []
        self.clips = self.frames = self.drawn = self._samples = 0
        self._states: dict[str, Array] = {}
        self._truths: dict[str, Array] = {}

    # --- what a measure says of itself -------------------------------------------------------------------------

    @abstractmethod
    def _state(self, motion: Motion, clip: Clip) -> Array:
        """What a motion of the clip (a sample, or the truth) contributes, (K,); contributions add up."""

    @abstractmethod
    def _value(self, state: Array) -> float:
        """The measure of summed contributions; nan where there are none."""

    def _start(self, clip: Clip) -> None:  # noqa: B027 - most measures need none
        """Sees the first clip before anything else, even if none of its frames count; for what depends on the space."""

    def _collect(self, clip: Clip) -> None:  # noqa: B027
        """Sees each clip of which frames count, for measures that must keep some."""

    def _finish(self) -> None:  # noqa: B027
        """Called before a value is asked for; for what needs all clips first."""

    @property
    def units(self) -> str:
        """Of the value."""
        return units_of(self.space, self._names, self.power) if self.space is not None else ""

    @property
    def info(self) -> MetricInfo:
        """What decides the number, as far as it is known."""
        return MetricInfo(
            name=self.name, definition=self.definition, units=self.units, direction=self.direction,
            aggregation=self.aggregation, profile=self.profile, space=self.space.name if self.space else "",
            columns=self._names, part=self.part, role=self.role, index_set=self._index_set(),
            samples=self.drawn, selection=self.selection,
        )  # fmt: skip

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.space.names[i] for i in self.columns) if self.space is not None else ()

    def _index_set(self) -> str:
        return index_set_hash(self._names)

    # --- collecting --------------------------------------------------------------------------------------------

    def update(
        self,
        predicted: Motion | Sequence[Motion],
        true: Motion,
        *,
        partner: Motion | None = None,
        frames: NDArray[np.bool_] | None = None,
        conversation: str = "",
    ) -> None:
        """Adds a clip.

        Args:
            predicted: What was generated, or several samples of it.
            true: What the person did.
            partner: What the other person did, for measures between two people.
            frames: bool (T,), the frames that count; all unless given.
            conversation: The independent unit the clip belongs to; the clip itself unless given.

        Raises:
            InputError: The motions do not fit together, or the partner is missing.
        """
        samples = (predicted,) if isinstance(predicted, Motion) else tuple(predicted)
        name = conversation or f"clip {self.clips}"
        self.add(Clip(name, samples, true, partner, None, frames, conversation))

    def add(self, clip: Clip) -> None:
        """Adds a clip that is put together already.

        Raises:
            InputError: It differs from the earlier ones in space or in the number of samples.
        """
        if self.space is None:
            self.space, self.drawn, self._samples = clip.true.space, clip.drawn, len(clip.predicted)
            self.columns = part_indices(self.space, self.part)
            self._start(clip)
        if clip.true.space.columns != self.space.columns:
            raise InputError(f"{clip.name}: in space {clip.true.space.name!r}, others in {self.space.name!r}")
        if len(clip.predicted) != self._samples:
            raise InputError(f"{clip.name}: {len(clip.predicted)} samples, other clips have {self._samples}")
        counted = len(clip.true) if clip.frames is None else int(clip.frames.sum())
        if counted < 2:
            return
        self.clips += 1
        self.frames += counted
        self._collect(clip)
        state = np.stack([self._state(motion, clip) for motion in clip.predicted])
        self._add_to(self._states, clip.conversation, state)
        if self.reads_truth:
            self._add_to(self._truths, clip.conversation, self._state(clip.true, clip))

    @staticmethod
    def _add_to(states: dict[str, Array], unit: str, state: Array) -> None:
        if unit in states:
            states[unit] += state
        else:
            states[unit] = state

    # --- the number --------------------------------------------------------------------------------------------

    def states(self) -> dict[str, Array]:
        """By conversation, the summed contributions of each sample, (samples, K)."""
        self._finish()
        return self._states

    def values_of(self, totals: Array) -> Array:
        """The measure of summed contributions (..., samples, K): the mean over the samples, (...)."""
        flat = self._values(totals.reshape(-1, totals.shape[-1]))
        values: Array = flat.reshape(totals.shape[:-1]).mean(-1)
        return values

    def _values(self, states: Array) -> Array:
        """`_value` of many, (N, K) to (N,)."""
        return np.array([self._value(state) for state in states])

    def doubt(self, states: Array) -> str:
        """Why an interval would not hold for states (units, samples, K); empty where it does."""
        return ""

    def compute(self, *, intervals: bool = True) -> Result:
        """The number over all clips so far.

        Args:
            intervals: Whether to say how sure it is.
        """
        states = {unit: state for unit, state in self.states().items() if state.any()}
        if not self.clips:
            who = f"nobody is {self.role} in" if self.role != "both" else "there are not"
            return Result(self.info, nan, notes=(*self.notes, f"undefined: {who} two frames of any clip"))
        if not states:
            return Result(self.info, nan, notes=(*self.notes, f"undefined: {self.undefined}"))
        value = float(self.values_of(np.sum(list(states.values()), 0)))
        truth = self._value(np.sum(list(self._truths.values()), 0)) if self._truths else nan
        low, high, why = self._sureness(states) if intervals else (nan, nan, "")
        if not np.isfinite(value):
            low, high, why = nan, nan, f"undefined: {self.undefined}"
        per_conversation = {unit: float(self.values_of(state)) for unit, state in states.items()}
        return Result(
            self.info, value, low, high, truth, self.clips, len(states), self.frames, per_conversation,
            tuple(dict.fromkeys(note for note in (*self.notes, why) if note)),
        )  # fmt: skip

    def _sureness(self, states: dict[str, Array]) -> tuple[float, float, str]:
        """Lower and upper end of the interval, or why there is none."""
        if len(states) < 2:
            return nan, nan, f"no interval: one {self.independent} does not say how far they differ"
        stacked = np.stack([np.sum([states[unit] for unit in group], 0) for group in groups_of(states)])
        if why := self.doubt(stacked):
            return nan, nan, f"no interval: {why}"
        low, high = self.interval(stacked)
        known = np.isfinite(low)
        return low, high, "" if known else f"no interval: without one {self.independent} there would be no value"

    def interval(self, states: Array) -> tuple[float, float]:
        """Lower and upper end of the 95% interval of contributions (units, samples, K), doubtful or not."""
        pseudo, value = pseudo_values(states, self.values_of), float(self.values_of(states.sum(0)))
        return jackknife_interval(value, pseudo, least=self.least, most=self.most)


class ClipMean(Metric):
    """A measure that is a mean over clips: subclasses give one clip's value, nan to leave the clip out."""

    aggregation = "mean over clips"

    @abstractmethod
    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The measure of one motion of one clip."""

    def _state(self, motion: Motion, clip: Clip) -> Array:
        """Value and 1, or zeros."""
        value = self._clip_value(motion, clip)
        return np.array([value, 1.0]) if np.isfinite(value) else np.zeros(2)

    def _value(self, state: Array) -> float:
        """The mean."""
        return float(state[0] / state[1]) if state[1] else float("nan")

    def _values(self, states: Array) -> Array:
        """The means."""
        return _ratios(states)


class FrameMean(Metric):
    """A measure that is a mean over frames: subclasses give one value per frame."""

    @abstractmethod
    def _frame_values(self, motion: Motion, clip: Clip) -> NDArray[np.floating]:
        """(T',) on the frames that count."""

    def _state(self, motion: Motion, clip: Clip) -> Array:
        """Sum and count."""
        values = self._frame_values(motion, clip)
        return np.array([values.sum(dtype=np.float64), len(values)])

    def _value(self, state: Array) -> float:
        """The mean."""
        return float(state[0] / state[1]) if state[1] else float("nan")

    def _values(self, states: Array) -> Array:
        """The means."""
        return _ratios(states)


def _ratios(states: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return states[:, 0] / states[:, 1]

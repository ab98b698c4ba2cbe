"""One clip to score: what was generated for a person, the truth, and the partner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.motion import Motion


@dataclass(frozen=True, eq=False)
class Clip:
    """One person over one stretch of time.

    Attributes:
        name: For messages and reports.
        predicted: One or several generated samples.
        true: What the person did.
        partner: What the other person did.
        predicted_partners: What was generated for the other person, one per sample; the true partner unless given.
        frames: bool (T,), the frames that count, such as those in which the person speaks; all unless given.
        conversation: The independent unit the clip comes from, over which confidence intervals resample; the clip
            itself unless given.
        roles: By ``speaker`` and ``listener``, the frames (T,) in which the person is one; empty if not known.
        appropriate: True motions of clips that would be appropriate here (the neighbours of REACT), of any length;
            `true` alone unless given.
        drawn: How many samples were drawn, if some were discarded by a selection; as many as there are unless given.
        cache: What several measures share, such as vertices.

    Raises:
        InputError: The motions differ in space, rate or length, or have fewer than two frames.
    """

    name: str
    predicted: tuple[Motion, ...]
    true: Motion
    partner: Motion | None = None
    predicted_partners: tuple[Motion, ...] | None = None
    frames: NDArray[np.bool_] | None = None
    conversation: str = ""
    roles: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    appropriate: tuple[Motion, ...] = ()
    drawn: int = 0
    cache: dict[Any, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Validates."""
        object.__setattr__(self, "conversation", self.conversation or self.name)
        object.__setattr__(self, "drawn", self.drawn or len(self.predicted))
        object.__setattr__(self, "appropriate", self.appropriate or (self.true,))
        if not self.predicted:
            raise InputError(f"{self.name}: there is no prediction")
        check_length(self.name, self.true)
        others = [("prediction", m) for m in self.predicted]
        others += [("partner", self.partner)] if self.partner is not None else []
        others += [("predicted partner", m) for m in self.predicted_partners or ()]
        for what, motion in others:
            check_match(f"{self.name}: the {what}", motion, self.true)
        if self.predicted_partners is not None and len(self.predicted_partners) != len(self.predicted):
            raise InputError(f"{self.name}: {len(self.predicted)} samples need as many predicted partners")
        for frames in (self.frames, *self.roles.values()):
            if frames is not None and frames.shape != (len(self.true),):
                raise InputError(f"{self.name}: roles are given for {len(frames)} frames of {len(self.true)}")

    def only(self, frames: NDArray[np.bool_]) -> Clip:
        """The same clip, of which only these frames count, as far as they did."""
        return replace(self, frames=frames if self.frames is None else frames & self.frames)

    def keep(self, sample: int) -> Clip:
        """The clip with one of its samples, which somebody selected."""
        partners = self.predicted_partners and (self.predicted_partners[sample],)
        return replace(self, predicted=(self.predicted[sample],), predicted_partners=partners, cache={})

    def partner_of(self, motion: Motion) -> Motion:
        """The partner that belongs to a sample or to the truth.

        Raises:
            InputError: It is not known whom the person faced.
        """
        if self.predicted_partners is not None:
            for sample, partner in zip(self.predicted, self.predicted_partners, strict=True):
                if sample is motion:
                    return partner
        if self.partner is None:
            raise InputError(f"{self.name}: the partner's motion is needed and was not given")
        return self.partner

    def values(self, motion: Motion, columns: NDArray[np.intp]) -> NDArray[np.float32]:
        """The columns of one of the clip's motions on the frames that count, (T', K)."""
        chosen = motion.values if len(columns) == motion.space.dim and _in_order(columns) else motion.values[:, columns]
        return chosen if self.frames is None else chosen[self.frames]


def check_length(where: str, true: Motion) -> None:
    """Raises `InputError` if there are too few true frames to measure anything on."""
    if len(true) < 2:
        raise InputError(f"{where}: a clip of {len(true)} frame(s) cannot be measured; 2 are needed")


def check_match(what: str, motion: Motion, true: Motion) -> None:
    """Raises `InputError`, which begins with `what`, unless motion has the truth's space, rate and length."""
    check_kind(what, motion, true)
    if len(motion) != len(true):
        raise InputError(f"{what} has {len(motion)} frames, the truth {len(true)}; cut both to the same length")


def check_kind(what: str, motion: Motion, true: Motion) -> None:
    """Raises `InputError`, which begins with `what`, unless motion has the truth's space and rate."""
    if motion.space.columns != true.space.columns:
        raise InputError(
            f"{what} is in space {motion.space.name!r}, the truth in {true.space.name!r}; map one to the other first"
        )
    if abs(motion.fps - true.fps) > 1e-6 * true.fps:
        raise InputError(f"{what} has {motion.fps:g} frames/s, the truth {true.fps:g}; resample one")


def _in_order(columns: Sequence[int] | NDArray[np.intp]) -> bool:
    return bool((np.asarray(columns) == np.arange(len(columns))).all())

"""Still pictures of faces: whether a face changes as only a living one does.

A photo, a cover or a call that froze shows one picture. On its way through editors, cameras and codecs it changes all
the same: it is zoomed, moved and faded in, gets noise, and is renewed at key frames. All of this happens to the whole
face, or once and for all. A living face changes in places, at eyes and mouth, and goes on changing.

Two pictures of a face, a fifth of a second apart, are laid over each other (see `visavis.perception.faces.patches`),
and what is left of their difference is looked at. Each picture is compared with one before and one after, and the
smaller difference counts, as what changed once and for all differs from one side only: key frames, slides, thumbnails
that are renewed every second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, median_filter

from visavis.motion.runs import runs, without_short
from visavis.perception.faces import engine
from visavis.perception.faces.landmarks import FACE_POINTS
from visavis.perception.faces.patches import FACE, FEATURES, Mask, Patch, patch, residuals, smooth

Array = NDArray[np.float32]

_APART = 5
"""Pictures from one to the other that it is compared with, at 25 per second."""
_CHUNK = 64
"""Patches that are compared at once, as many as fit a processor's cache."""
_RIM, _ENOUGH = 5, 0.5
"""Cells across which the picture's edge is left out, and the share of a face that has to be in the picture."""
_MOST = 10
"""Cells of eyes and mouth that change most, whose mean is looked at: about an eye's opening."""
_NOISE, _DARK = 3.0, 10.0
"""How often the median change of the face is taken from that of eyes and mouth, which is 0 for noise and misalignment;
and grey levels that are added to the contrast, as noise does not get less in the dark."""

_CHANGES, _SWAYS, _FROZEN, _HARDLY = 0.03, 0.003, 38, 4
_LIVES, _POSED, _BLINK = 0.045, 125, 5
"""A face is frozen for 1.5 seconds in which fewer than 4 pictures change or sway at all. Elsewhere it is a picture that
is moved, or noisy, for five seconds in which fewer than 5 change in places: a blink takes as long. What the figures lie
between is in ``docs/decisions.md``."""
_FEWEST = 25
"""Pictures; of fewer nothing is said."""
_MOMENT = 56
"""Pictures; what moves for less between still pictures is one passing into the next."""


@dataclass(frozen=True)
class Look:
    """What is kept of each picture of a face to tell by.

    Attributes:
        patch: uint8 (28, 24), grey levels of the middle of the face.
        inside: (28, 24) which of them lie in the picture.
        place: (3,) the landmarks' mean, and the distance between the eyes, in pixels.
    """

    patch: Patch
    inside: Mask
    place: NDArray[np.float64]

    @classmethod
    def of(cls, picture: NDArray[np.uint8], points: NDArray[np.float64], alignment: NDArray[np.float64]) -> Look:
        """The look of a face in a picture (H, W, 3) by its landmarks (478, 3) and `embedding.alignment`."""
        corners = points[list(engine.EYE_CORNERS), :2]
        apart = np.linalg.norm(corners[:2].mean(0) - corners[2:].mean(0))
        return cls(*patch(picture, alignment), np.array([*points[:FACE_POINTS, :2].mean(0), apart]))


def changes(looks: Sequence[Look]) -> Array:
    """How much each picture of a face differs from those before and after it.

    Args:
        looks: Of one face, a picture after the other.

    Returns:
        (N, 3): the change at eyes and mouth that is left when the pictures lie over each other, and what of it is
        theirs alone, in shares of the face's contrast; how far the face swayed, in distances between the eyes.
    """
    count = len(looks) - _APART
    if count < 1:
        return np.zeros((len(looks), 3), np.float32)
    patches, inside = smooth(np.stack([look.patch for look in looks])), _well_inside([look.inside for look in looks])
    places = np.stack([look.place for look in looks])
    sway = np.linalg.norm((places[_APART:] - places[:-_APART])[:, :2], axis=1) / np.median(places[:, 2])
    chunks = [slice(at, min(at + _CHUNK, count)) for at in range(0, count, _CHUNK)]
    found = [_differences(patches[chunk], patches[_APART:][chunk], inside[chunk]) for chunk in chunks]
    before, after = np.full((2, len(looks), 3), np.inf, np.float32)
    before[_APART:] = after[:count] = np.column_stack([np.concatenate(found), sway])
    both: Array = np.minimum(before, after)
    both[np.isinf(both)] = 0
    both[:, 1] = median_filter(both[:, 1], 3, mode="nearest")
    return both


def moving(changes: Array) -> NDArray[np.bool_]:
    """In which of somebody's pictures the face lives, (N,); in the others it is a still picture.

    Args:
        changes: (N, 3) as from `changes`, all of one person's in order of time.
    """
    moves = (changes[:, 0] > _CHANGES) | (changes[:, 2] > _SWAYS)
    still = _rare(moves, _FROZEN, _HARDLY) if len(moves) >= _FEWEST else np.zeros(len(moves), bool)
    frozen = still.any()
    for start, stop in runs(~still):
        if frozen or stop - start >= _POSED:  # what lies between frozen stretches is judged however short it is
            still[start:stop] = _rare(changes[start:stop, 1] > _LIVES, _POSED, _BLINK)
    return without_short(~still, _MOMENT) if still.any() else ~still


def _rare(mask: NDArray[np.bool_], window: int, fewer: int) -> NDArray[np.bool_]:
    """The frames of all windows in which fewer than so many of the mask (N,) are True; a shorter mask is one window.

    They begin and end with frames in which it is False.
    """
    window = min(window, len(mask))
    sums = np.concatenate([[0], np.cumsum(mask)])
    starts = np.flatnonzero(sums[window:] - sums[: len(sums) - window] < fewer)
    edges = np.zeros(len(mask) + 1, int)
    np.add.at(edges, starts, 1)
    np.add.at(edges, starts + window, -1)
    found: NDArray[np.bool_] = np.cumsum(edges)[:-1] > 0
    for start, stop in runs(found):
        quiet = start + np.flatnonzero(~mask[start:stop])
        found[start:stop] = False
        found[quiet[0] : quiet[-1] + 1] = True
    return found


def _well_inside(inside: Sequence[Mask]) -> Mask:
    """Cells (N - 5, 28, 24) that lie in both pictures of each pair, and not at the edge, which is blurred."""
    masks = np.stack(inside)
    if not masks.all():
        masks = ~binary_dilation(~masks, np.ones((1, _RIM, _RIM), bool))
    both: Mask = masks[_APART:] & masks[:-_APART]
    return both


def _differences(one: Array, other: Array, inside: Mask) -> Array:
    """The first two columns of `changes`, of pairs of patches; 0 where too little of the face is in the picture."""
    left = residuals(one, other, inside)
    most = np.partition(left[:, FEATURES], -_MOST, axis=1)[:, -_MOST:].mean(1)
    cells = inside[:, FACE].sum(1)
    ordered = np.sort(np.where(inside, left, np.inf)[:, FACE], axis=1)
    usual = ordered[np.arange(len(left)), np.minimum(cells // 2, FACE.sum() - 1)]
    own = np.maximum(most - _NOISE * usual, 0)
    shares = np.stack([most, own], 1) / (one[:, FACE].std(1) + _DARK)[:, None]
    shares[cells < _ENOUGH * FACE.sum()] = 0
    result: Array = shares
    return result

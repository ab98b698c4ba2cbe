"""Small pictures of faces that are laid over each other: what is left is neither motion of the whole face nor light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from visavis.perception.faces import boxes, engine

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]
Patch = NDArray[np.uint8]

WIDTH, HEIGHT = 24, 28
"""Of a patch, in cells."""
_LEFT, _TOP, _CELL = 24.0, 32.0, 64 / 24
"""Where patches lie in aligned faces (see `embedding.aligned`), pixels: from above the brows to below the lips."""
_BLUR, _STEPS = 1.0, 3
"""Cells; without it fine patterns that shift by less than a cell would count as changes. And steps of the fit."""

_Y, _X = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j].astype(np.float32)
_MIDDLES = np.stack(np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT)), -1).reshape(-1, 2) * 2 + 0.5
"""Of the cells, in a picture with two by two pixels to a cell."""
FACE = (_X / 0.95) ** 2 + (_Y / 0.98) ** 2 < 1
"""(28, 24) cells that are looked at."""
FEATURES = np.zeros((HEIGHT, WIDTH), bool)
"""(28, 24) cells of the eyes and the mouth."""
FEATURES[4:11, 2:10] = FEATURES[4:11, 14:22] = FEATURES[18:27, 5:19] = True


_ALL = np.ones((HEIGHT, WIDTH), bool)


def patch(picture: NDArray[np.uint8], alignment: NDArray[np.float64]) -> tuple[Patch, Mask]:
    """The middle of a face, (28, 24) grey levels, and which of its cells lie in the picture.

    Args:
        picture: (H, W, 3).
        alignment: (2, 3) as from `embedding.alignment`.
    """
    _, cv2 = engine.load()
    finer = alignment * (2 / _CELL)  # two by two pixels to a cell
    finer[:, 2] -= np.array([_LEFT, _TOP]) * (2 / _CELL)
    inverse = cv2.invertAffineTransform(finer)
    corners = np.array([[0, 2 * WIDTH, 0, 2 * WIDTH], [0, 0, 2 * HEIGHT, 2 * HEIGHT]])
    box = boxes.around((inverse[:, :2] @ corners + inverse[:, 2:]).T) + np.array([-2, -2, 2, 2])
    size = picture.shape[1], picture.shape[0]
    x0, y0, x1, y1 = boxes.within(box, *size).astype(int)
    times = max(1, int(1 / np.linalg.norm(finer[:, 0])))  # large faces are shrunk first, or fine patterns would flicker
    width, height = (x1 - x0) // times, (y1 - y0) // times
    if min(width, height) < 1:
        return np.zeros((HEIGHT, WIDTH), np.uint8), ~_ALL
    piece = picture[y0 : y0 + height * times, x0 : x0 + width * times]
    grey = cv2.cvtColor(cv2.resize(piece, (width, height), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    onto = np.array([[times, 0, x0 + (times - 1) / 2], [0, times, y0 + (times - 1) / 2], [0, 0, 1]])
    fine = cv2.warpAffine(
        grey, finer @ onto, (2 * WIDTH, 2 * HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    inside = _ALL
    if (box[:2] < 0).any() or (box[2:] > size).any():
        at = (_MIDDLES @ inverse[:, :2].T + inverse[:, 2]).reshape(HEIGHT, WIDTH, 2)
        inside = ((at >= 0) & (at <= size)).all(2)
    return cv2.resize(fine, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), inside


def smooth(patches: Patch) -> Array:
    """Patches (N, 28, 24) as `residuals` takes them, less what flickers in single pictures."""
    before, after = patches[[0, *range(len(patches) - 1)]], patches[[*range(1, len(patches)), -1]]
    low, high = np.minimum(before, patches), np.maximum(before, patches)
    steady = np.maximum(low, np.minimum(high, after))  # the median of three
    result: Array = gaussian_filter(steady.astype(np.float32), (0, _BLUR, _BLUR))
    return result


def residuals(one: Array, other: Array, inside: Mask) -> Array:
    """What is left of the differences between patches once they lie over each other as well as may be.

    Taken off is what an affine motion, brightness, a shadow across, contrast and sharpness explain, by least squares.

    Source: Lucas and Kanade, An iterative image registration technique, 1981.

    Args:
        one: (N, 28, 24), smooth.
        other: (N, 28, 24), smooth.
        inside: (N, 28, 24), which cells are compared.

    Returns:
        (N, 28, 24) grey levels, not below 0; 0 in cells that are not compared.
    """
    moved, motion = other, np.tile(np.eye(3), (len(one), 1, 1))
    for step in range(_STEPS):
        found, left = _explained(one, moved, inside)
        if step < _STEPS - 1:
            motion = motion @ _back(found[:, -6:])
            moved = np.stack([_warped(each, by) for each, by in zip(other, motion, strict=True)])
    return np.abs(left)


def _explained(one: Array, other: Array, inside: Mask) -> tuple[Array, Array]:
    """How much there is of each cause, (N, 11), the affine motion last, and what is left, (N, 28, 24)."""
    mean = (one + other) / 2
    down, right = np.gradient(mean, axis=(1, 2))
    around = [np.roll(mean, by, axis) for axis in (1, 2) for by in (-1, 1)]  # the edges are not of the face
    sharper = np.sum(around, axis=0) - 4 * mean
    light = [np.broadcast_to(each, mean.shape) for each in (np.ones_like(_X), _X, _Y)]
    motion = [right, down, _X * right, _Y * right, _X * down, _Y * down]
    weights = inside[:, FACE]
    causes = np.stack([*light, mean, sharper, *motion], 1)[:, :, FACE] * weights[:, None]
    size = np.sqrt((causes**2).mean(2, keepdims=True)) + 1e-3
    causes /= size
    change = (other - one)[:, FACE] * weights
    normal = causes @ causes.swapaxes(1, 2) + 1e-4 * FACE.sum() * np.eye(causes.shape[1], dtype=np.float32)
    found = np.linalg.solve(normal, causes @ change[..., None])
    left = np.zeros(mean.shape, np.float32)
    left[:, FACE] = change - (found.swapaxes(1, 2) @ causes)[:, 0]
    amounts: Array = (found / size)[..., 0]
    return amounts, left


def _back(motion: Array) -> NDArray[np.float64]:
    """Maps (N, 3, 3) that undo affine motions: cells right and down in the middle, and per half a width and height."""
    half = np.array([WIDTH - 1, HEIGHT - 1]) / 2
    maps = np.tile(np.eye(3), (len(motion), 1, 1))
    maps[:, :2, :2] -= motion[:, 2:].reshape(-1, 2, 2) / half
    maps[:, :2, 2] = half - maps[:, :2, :2] @ half - motion[:, :2]
    return maps


def _warped(patch: Array, by: NDArray[np.float64]) -> Array:
    _, cv2 = engine.load()
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    result: Array = cv2.warpAffine(patch, by[:2], (WIDTH, HEIGHT), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return result

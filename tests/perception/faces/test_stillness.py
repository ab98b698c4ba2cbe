"""Patches that lie over each other, and stretches of time in which a face is a picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from visavis.perception.faces.patches import FACE, HEIGHT, WIDTH, patch, residuals, smooth
from visavis.perception.faces.stillness import Look, changes, moving

FPS = 25
EVERYWHERE = np.ones((1, HEIGHT, WIDTH), bool)


def drawing(eyes: float = 1.0, mouth: float = 0.0, seed: int = 0) -> np.ndarray:
    """A face of 112 x 112 pixels with pores: `eyes` from 0 to 1 open, the `mouth` as well."""
    rng = np.random.default_rng(seed)
    face = 150 + cv2.GaussianBlur(rng.normal(0, 40, (112, 112)), (0, 0), 2)
    for x in (38, 73):
        cv2.ellipse(face, (x, 52), (8, 1 + round(4 * eyes)), 0, 0, 360, 30, -1)
        cv2.line(face, (x - 9, 42), (x + 9, 42), 60, 3)
    cv2.ellipse(face, (56, 92), (15, 2 + round(8 * mouth)), 0, 0, 360, 40, -1)
    return np.repeat(face.clip(0, 255).astype(np.uint8)[..., None], 3, 2)


def look(picture: np.ndarray, x: float = 0.0) -> Look:
    return Look(*patch(picture, np.eye(2, 3)), np.array([56 + x, 56, 35.0]))


def left(one: np.ndarray, other: np.ndarray) -> float:
    """The mean of what is left between two pictures, in grey levels."""
    patches = [smooth(patch(p, np.eye(2, 3))[0][None]) for p in (one, other)]
    return float(residuals(*patches, EVERYWHERE)[0][FACE].mean())


def warped(turn: float, zoom: float, shift: float) -> np.ndarray:
    by = cv2.getRotationMatrix2D((56, 60), turn, zoom)
    by[:, 2] += shift
    return cv2.warpAffine(drawing(), by, (112, 112), borderMode=cv2.BORDER_REPLICATE)


@pytest.mark.parametrize(
    "other",
    [
        warped(0, 1, 2.5),
        warped(0, 1.04, 0),
        warped(3, 1, 0),
        warped(-2, 0.97, 1.5),
        (drawing() * 0.6 + 30).astype(np.uint8),
        (drawing() * np.linspace(0.7, 1.1, 112)[None, :, None]).clip(0, 255).astype(np.uint8),
        cv2.GaussianBlur(drawing(), (0, 0), 2.0),
    ],
    ids=["shifted", "zoomed", "turned", "all three", "faded", "shaded", "blurred"],
)
def test_what_happens_to_the_whole_face_leaves_little_and_a_blink_leaves_much(other):
    assert left(drawing(), other) < 0.25 * left(drawing(), drawing(eyes=0.0))


def test_a_photo_that_is_moved_out_of_the_picture_does_not_live():
    """What the edge cuts off is no change; what is left of a living face still counts."""
    looks, living = [], []
    for i in range(60):
        moved = np.array([[1, 0, -0.5 * i], [0, 1, 0]])  # thirty pixels to the left in the end
        back = np.array([[1, 0, 0.5 * i], [0, 1, 0]])
        for found, face in ((looks, drawing()), (living, drawing(mouth=i % 10 / 10))):
            picture = cv2.warpAffine(face, moved, (112, 112), borderMode=cv2.BORDER_REPLICATE)
            found.append(Look(*patch(picture, back), np.array([56 - 0.5 * i, 56, 35.0])))
    assert looks[0].inside.all()
    assert not looks[-1].inside[:, 0].any()
    assert changes(looks)[:, 1].max() < 0.045
    assert np.median(changes(living)[:, 1]) > 0.1
    gone, inside = patch(drawing(), np.array([[1.0, 0, 500], [0, 1, 0]]))
    assert gone.shape == (HEIGHT, WIDTH)
    assert not inside.any()


def test_steps_do_not_count_and_blinks_do():
    """Slides, key frames, thumbnails: once and for all. Lids: there and back."""
    one, other, shut = drawing(), drawing(mouth=1.0, seed=1), drawing(eyes=0.0)
    slides = changes([look(one if i % 50 < 25 else other) for i in range(100)])
    assert slides[:, :2].max() < 0.01
    blinks = changes([look(shut if i % 50 in range(20, 24) else one) for i in range(100)])
    assert (blinks[:, 1] > 0.2).sum() == pytest.approx(8, abs=2)
    assert changes([look(one)] * 4).shape == (4, 3)  # nothing to compare with


def test_sway_is_in_distances_between_the_eyes():
    swaying = changes([look(drawing(), x=0.35 * i) for i in range(30)])
    np.testing.assert_allclose(swaying[:, 2], 5 * 0.35 / 35, rtol=1e-4)
    back_and_forth = changes([look(drawing(), x=i // 15) for i in range(30)])
    assert back_and_forth[:, 2].max() == 0  # a step


def life(seconds: float, *, talks: bool = False, sways: bool = True, blinks: float | None = None) -> np.ndarray:
    """Columns of `changes`: somebody who talks, or blinks so often; a picture unless either is set."""
    frames = round(seconds * FPS)
    found = np.zeros((frames, 3), np.float32)
    found[:, 2] = 0.01 * sways
    if talks:
        found[:, :2] = 0.2
    if blinks is not None:
        found[np.arange(frames) % round(blinks * FPS) < 6, :2] = 0.3
    return found


FROZEN = {"talks": False, "sways": False}


@pytest.mark.parametrize(
    ("parts", "true"),
    [
        pytest.param([life(12, **FROZEN)], [0] * 12, id="a cover"),
        pytest.param([life(12)], [0] * 12, id="a photo that is zoomed"),
        pytest.param([life(12, talks=True)], [1] * 12, id="somebody talks"),
        pytest.param([life(12, blinks=4)], [1] * 12, id="somebody listens"),
        pytest.param([life(6, talks=True), life(6, **FROZEN)], [1] * 6 + [0] * 6, id="the camera goes off"),
        pytest.param(
            [life(4, talks=True), life(3, **FROZEN), life(5, talks=True)],
            [1] * 4 + [0] * 3 + [1] * 5,
            id="a frozen call",
        ),
        pytest.param([life(4, talks=True), life(1, **FROZEN), life(4, talks=True)], [1] * 9, id="a hiccup"),
        pytest.param([life(4, **FROZEN), life(1, talks=True), life(4, **FROZEN)], [0] * 9, id="slides that pass"),
        pytest.param([life(4, **FROZEN), life(1.5, talks=True), life(4.5, **FROZEN)], [0] * 10, id="a slow passage"),
        pytest.param(
            [life(2, talks=True), life(2), life(3, **FROZEN), life(3), life(4, talks=True)],
            [1] * 4 + [0] * 3 + [1] * 7,
            id="calm before and after a freeze",
        ),
        pytest.param([life(0.5, **FROZEN)], [1], id="too short to tell"),
        pytest.param([life(1.5, **FROZEN)], [0], id="a short slide"),
    ],
)
def test_stretches_of_pictures_and_of_life(parts, true):
    found = moving(np.concatenate(parts))
    expected = np.repeat(np.array(true, bool), FPS)[: len(found)]
    expected = np.append(expected, np.repeat(expected[-1:], len(found) - len(expected)))
    wrong = np.flatnonzero(found != expected)
    edges = np.flatnonzero(np.diff(expected.astype(int)))
    assert all(np.abs(edges - at).min(initial=10**6) <= 6 for at in wrong)


def test_nothing_seen_is_nothing():
    assert moving(np.zeros((0, 3), np.float32)).shape == (0,)

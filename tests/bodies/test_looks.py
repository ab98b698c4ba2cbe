"""What people notice of the two characters: cuffs, hair, teeth, eyes, and that faces are alike on both sides."""

import numpy as np
import pytest
import pyvista as pv
import torch
from scipy.spatial import cKDTree

from visavis.bodies import AnnyBody, default_appearances
from visavis.bodies.normals import vertex_normals
from visavis.motion import ARKIT, ARKIT_BODY, Motion
from visavis.motion.spaces import ARKIT_SHAPES
from visavis.rendering.portrait import Portraits


@pytest.fixture(scope="module", params=[0, 1], ids=["A", "B"])
def body(request) -> AnnyBody:
    return AnnyBody(default_appearances()[request.param], space=ARKIT_BODY)


def points(body: AnnyBody, **columns: float) -> np.ndarray:
    values = torch.zeros(ARKIT_BODY.dim)
    for name, value in columns.items():
        values[body.space.index(name.replace("_", "."))] = value
    return body.vertices(values).numpy()


def joint(body: AnnyBody, name: str) -> np.ndarray:
    return body.figure.joints[body.skeleton.names.index(name)]


def part_surface(body: AnnyBody, name: str, where: np.ndarray) -> pv.PolyData:
    """A part's triangles with their vertices at `where`."""
    faces = body.figure.faces[np.isin(body.figure.faces[:, 0], body.figure.part(name))]
    return pv.PolyData(where, np.hstack([np.full((len(faces), 1), 3), faces]))


@pytest.mark.parametrize("bent", [{}, {"leftWrist_x": -0.6, "rightWrist_x": 0.5, "leftLowerArm_x": -1.2}])
def test_sleeves_end_close_around_the_wrists(body, bent):
    where, shirt = points(body, **bent), body.figure.part("shirt")
    rest = body.figure.rest[shirt]
    for side in "LR":
        elbow, wrist = joint(body, f"lowerarm01.{side}"), joint(body, f"wrist.{side}")
        up = (elbow - wrist) / np.linalg.norm(elbow - wrist)
        arm = [body.skeleton.names.index(f"{bone}.{side}") for bone in ("lowerarm01", "lowerarm02", "wrist")]
        cuff = shirt[((rest - wrist) @ up < 0.03) & (body.figure.weights[shirt][:, arm].sum(1) > 0.9)]
        assert len(cuff) > 150
        apart = pv.PolyData(where[cuff]).compute_implicit_distance(part_surface(body, "skin", where))
        distance = 1000 * apart["implicit_distance"]
        assert distance.max() < 8.0, "mm off the wrist"
        assert distance.min() > -1.0, "mm in the wrist"


def test_hair_ends_in_a_smooth_line():
    figure = AnnyBody(default_appearances()[0], space=ARKIT_BODY).figure
    faces = figure.faces[np.isin(figure.faces[:, 0], figure.part("hair"))]
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    pairs, count = np.unique(edges, axis=0, return_counts=True)
    rim = figure.rest[pairs[count == 1]]  # where the shell ends, (n, 2, 3)
    eye = figure.joints[4]
    behind = ((rim[..., 1] < eye[1] - 0.02) & (rim[..., 2] < eye[2] - 0.02)).all(1)
    assert behind.sum() > 80
    assert np.abs(np.diff(rim[behind][..., 1], axis=1)).max() < 0.0015, "metres from strand to strand"


def test_teeth_are_white_in_front_darker_behind_and_alike_on_both_sides(body):
    figure = body.figure
    teeth = figure.part("teeth")
    where, colours = figure.rest[teeth], figure.colours[teeth]
    ahead = vertex_normals(figure.rest, figure.faces)[teeth, 2] > 0.6
    white = colours[ahead & (np.ptp(colours, axis=1) < 0.15)]  # what is not gums
    assert len(white) > 100
    assert np.median(white, axis=0).min() > 0.7
    assert colours[where[:, 2] < where[:, 2].min() + 0.01].mean() < 0.6 * white.mean()
    _, mirrored = cKDTree(where).query(where * (-1, 1, 1))
    assert np.abs(colours - colours[mirrored]).max() < 0.02
    assert np.abs(where * (-1, 1, 1) - where[mirrored]).max() < 1e-4


def test_a_drawn_laugh_shows_white_teeth_in_the_middle_of_the_mouth():
    laugh = {"mouthSmile": 0.8, "mouthUpperUp": 0.42, "cheekSquint": 0.8, "eyeSquint": 0.7}
    motion = Motion.zeros(2, 25.0, ARKIT).with_columns("jawOpen", [0, 0.25])
    for name, level in laugh.items():
        motion = motion.with_columns([f"{name}Left", f"{name}Right"], [[0, 0], [level, level]])
    portraits = Portraits(ARKIT, 320, close=True)
    closed, laughing = (picture[215:265, 100:220].astype(float) for picture in portraits.draw(motion))
    portraits.close()

    def white(picture: np.ndarray) -> np.ndarray:
        return (picture.min(-1) > 165) & (np.ptp(picture, axis=-1) < 45)

    shown = white(laughing)
    assert not white(closed).any()
    assert shown.sum() > 120
    sides = shown[:, :60].sum(), shown[:, 60:].sum()
    assert min(sides) > 0.75 * max(sides)
    assert np.ptp(laughing[shown].mean(0)) < 36, "yellow"


def test_what_moves_one_half_of_the_face_moves_the_other_alike(body):
    figure = body.figure
    face = figure.rest[figure.shaped]
    apart, mirrored = cKDTree(face).query(face * (-1, 1, 1))
    paired = apart < 1e-5
    assert paired.mean() > 0.9
    for name in ARKIT_SHAPES:
        turned = name.replace("Left", "*").replace("Right", "Left").replace("*", "Right")
        own, other = (figure.deltas[ARKIT.index(shape)] for shape in (name, turned))
        apart = np.abs(own - other[mirrored] * (-1, 1, 1))[paired].max()
        assert apart < 0.0003, f"{name}: {1000 * apart:.1f} mm"


def test_raised_cheeks_do_not_sink_into_the_eyes(body):
    figure, skin = body.figure, body.figure.part("skin")
    rest = points(body)[skin]
    raised = points(
        body, **{f"{shape}{side}": 1.0 for shape in ("cheekSquint", "eyeSquint") for side in ("Left", "Right")}
    )
    for side in "LR":
        eye = np.flatnonzero(figure.weights[:, body.skeleton.names.index(f"eye.{side}")] > 0.99)
        ball = points(body)[eye]
        centre = (ball.max(0) + ball.min(0)) / 2
        centre[2] = ball[:, 2].min() + np.ptp(ball[:, 0]) / 2  # the cornea bulges ahead
        radius = np.ptp(ball[:, 0]) / 2
        outside = np.linalg.norm(rest - centre, axis=1) > radius + 0.0002
        assert np.linalg.norm(raised[skin][outside] - centre, axis=1).min() > radius - 0.0002

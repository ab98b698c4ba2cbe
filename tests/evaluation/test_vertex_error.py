"""Measures on points of a face: known displacements, agreement of the fast path with the body, BIWI's layout."""

import numpy as np
import pytest
from metric_toys import FPS, measured, noise

from visavis.errors import InputError
from visavis.evaluation import vertex_error as ve
from visavis.evaluation.clip import Clip
from visavis.evaluation.surface import Surface, body_surface, vertex_surface
from visavis.motion import ARKIT, EMOCA56, Column, Motion, MotionSpace

FOUR = MotionSpace("four", tuple(Column(f"v{i}.{a}", "m", "expression") for i in range(4) for a in "xyz"))


@pytest.fixture
def four():
    """Four vertices, the first two of them lips, the last two the upper face."""
    return vertex_surface(FOUR, np.array([0, 1]), np.array([2, 3]), unit="mm")


def moved(true, vertex, vector):
    values = true.values.copy().reshape(len(true), 4, 3)
    values[:, vertex] += vector
    return Motion(values.reshape(len(true), -1), FPS, FOUR)


@pytest.fixture
def true():
    return noise(0, 100, space=FOUR)


def test_lip_vertex_error_is_the_farthest_lip_vertex(four, true):
    wrong = moved(moved(true, 0, (3, 0, 0)), 1, (3, 4, 0))
    assert measured(ve.LipVertexError(four), (wrong, true)) == pytest.approx(5, rel=1e-5)
    assert measured(ve.SquaredLipVertexError(four), (wrong, true)) == pytest.approx(25, rel=1e-5)
    assert measured(ve.RootLipVertexError(four), (wrong, true)) == pytest.approx(5, rel=1e-5)
    brows = moved(true, 2, (9, 9, 9))
    assert measured(ve.LipVertexError(four), (brows, true)) == 0


def test_vmse_by_region(four, true):
    wrong = moved(true, 1, (0, 2, 0))
    assert measured(ve.VertexMeanSquaredError(four), (wrong, true)) == pytest.approx(1, rel=1e-5)
    assert measured(ve.VertexMeanSquaredError(four, "lip"), (wrong, true)) == pytest.approx(2, rel=1e-5)
    assert measured(ve.VertexMeanSquaredError(four, "upper_face"), (wrong, true)) == 0


def test_velocities_ignore_offsets_and_divide_by_their_number(four, true):
    assert measured(ve.LandmarkVelocityDifference(four), (moved(true, 0, (5, 5, 5)), true)) == pytest.approx(
        0, abs=1e-6
    )
    drift = np.arange(100.0)[:, None] * (1, 0, 0)
    assert measured(ve.LandmarkVelocityDifference(four), (moved(true, 0, drift), true)) == pytest.approx(
        1 / 12, rel=1e-4
    )


def test_windows_forgive_what_cancels_within_a_second(four, true):
    jitter = np.where(np.arange(100) % 2, 1.0, -1.0)[:, None] * (1, 0, 0)
    constant = measured(ve.WindowVertexL2(four), (moved(true, 0, (1, 0, 0)), true))
    assert constant == pytest.approx(1 / 4, rel=1e-4)
    assert measured(ve.WindowVertexL2(four), (moved(true, 0, jitter), true)) < 0.01 * constant
    short = true.slice(0, 10)  # less than a second: one window
    assert measured(ve.WindowVertexL2(four), (moved(short, 0, (1, 0, 0)), short)) == pytest.approx(1 / 4, rel=1e-4)


def test_upper_face_dynamics(four, true):
    by_hand = np.linalg.norm(true.values.reshape(100, 4, 3)[:, 2:], axis=-1).std(0).mean()
    double = Motion(true.values * 2, FPS, FOUR)
    assert measured(ve.UpperFaceDynamics(four), (double, true)) == pytest.approx(by_hand, rel=1e-4)
    assert measured(ve.UpperFaceDynamics(four), (moved(true, 0, (9, 9, 9)), true)) == 0
    # Clip by clip, too much here does not make up for too little there; in CodeTalker's release it does.
    pairs = [(double, true), (true, double)]
    assert measured(ve.UpperFaceDynamics(four), *pairs) == pytest.approx(by_hand, rel=1e-4)
    assert measured(ve.SignedUpperFaceDynamics(four), *pairs) == pytest.approx(0, abs=1e-6)


def test_results_name_the_vertices(four, true):
    metric = ve.LipVertexError(four)
    metric.update(true, true)
    info = metric.compute().info
    assert (info.part, info.units, info.columns) == ("lip", "mm", ("2 vertices of 4 vertices, lip",))
    assert info.index_set == four.index_set("lip") != four.index_set("upper_face")


def test_a_surface_refuses_other_spaces(four):
    motion = noise(0)
    with pytest.raises(InputError, match="'four', not 'emoca56'"):
        measured(ve.LipVertexError(four), (motion, noise(1)))
    with pytest.raises(InputError, match="not three per vertex"):
        vertex_surface(EMOCA56, np.array([0]), np.array([1]))


@pytest.fixture(scope="module")
def anny() -> Surface:
    from visavis.bodies import AnnyBody

    return body_surface(AnnyBody())


def test_the_built_in_face(anny):
    rest = Motion.zeros(20, FPS, ARKIT)
    talking = rest.with_columns("jawOpen", np.full(20, 0.8))
    assert measured(ve.LipVertexError(anny), (talking, rest)) > 5  # millimetres
    assert measured(ve.VertexMeanSquaredError(anny, "upper_face"), (talking, rest)) < 0.1
    nodding = rest.with_columns("head", np.full((20, 3), 0.2))
    assert measured(ve.LipVertexError(anny), (nodding, rest)) == 0  # seen from the head, nothing moved
    assert measured(ve.VertexMeanSquaredError(anny, "global"), (nodding, rest)) > 100


def test_the_fast_path_agrees_with_the_body(anny):
    import torch

    from visavis.bodies import AnnyBody

    values = np.zeros((3, ARKIT.dim), np.float32)
    values[:, :52] = np.random.default_rng(0).uniform(0, 1, (3, 52))
    motion = Motion(values, FPS, ARKIT)
    slow = AnnyBody().vertices(torch.from_numpy(values), subset=anny.points["lip"]).numpy() * 1000
    assert anny.of(motion, "lip", Clip("c", (motion,), motion)) == pytest.approx(slow, abs=1e-2)


def test_why_there_is_no_interval_is_said_of_conversations_not_of_millimetres(four, true):
    measure = ve.LipVertexError(four)
    measure.add(Clip("one", (moved(true, 0, (0, 0, 1)),), true))
    assert "no interval: one conversation does not say how far they differ" in measure.compute().notes

"""Counts of lively behaviour on motions whose blinks, saccades, looks and turns are known."""

import numpy as np
import pytest

from visavis.evaluation.life import (
    BANDS,
    FIXATION,
    at_partner,
    band_power,
    blinking,
    by_state,
    coupling,
    eyes_seen,
    gaze_speed,
    head_speed,
    looking,
    moments_within,
    saccades,
    smiles_with_laughs,
    steady,
    to_nearest,
)
from visavis.motion import ARKIT, Motion, face_to_face
from visavis.motion.gaze import eye_positions, look_at

FPS = 25.0


def still(seconds: float) -> Motion:
    return Motion.zeros(round(seconds * FPS), FPS, ARKIT)


def turning(motion: Motion, joint: str, axis: int, angle) -> Motion:  # type: ignore[no-untyped-def]
    vectors = motion[joint].copy()
    vectors[:, axis] += np.asarray(angle)
    return motion.with_columns(joint, vectors)


def glancing(seconds: float, at: tuple[float, ...], degrees: float) -> Motion:
    """Eyes that jump to one side and back in turn."""
    motion = still(seconds)
    side = sum((motion.times >= t).astype(int) for t in at) % 2
    turn = np.zeros((len(motion), 6))
    turn[:, 1] = turn[:, 4] = np.radians(degrees) * side
    return motion.with_columns("eyes", turn)


def test_blinks_and_their_length():
    motion = still(60)
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        lids = motion[name].copy()
        for start in range(100, 1300, 100):
            lids[start : start + 5] = 1.0
        motion = motion.with_columns(name, lids)
    found = blinking(motion)
    assert found.per_minute == 12
    np.testing.assert_allclose(found.closed, 0.2)


def test_a_saccade_is_a_jump_of_the_gaze():
    times = (1.0, 2.0, 3.6)
    np.testing.assert_allclose(saccades(glancing(5, times, 10)), np.array(times) - 1 / FPS, atol=1e-6)
    assert len(saccades(glancing(5, times, 2))) == 0
    assert len(saccades(glancing(5, times, 2), FIXATION)) == 3


def test_eyes_that_stay_on_a_point_do_not_move_when_the_head_does():
    motion = still(4)
    yaw = 0.3 * np.sin(2 * np.pi * motion.times)
    turned = turning(motion, "head", 1, yaw)
    kept = turned.with_columns("eyes", np.stack([0 * yaw, -yaw, 0 * yaw] * 2, 1))
    assert np.degrees(0.3 * 2 * np.pi) == pytest.approx(gaze_speed(turned).max(), rel=0.01)
    assert gaze_speed(kept).max() < 0.01


def test_no_saccade_is_seen_behind_closed_lids():
    motion = glancing(4, (2.0,), 20)
    lids = np.zeros(len(motion))
    lids[48:54] = 1.0
    shut = motion.with_columns(["eyeBlinkLeft", "eyeBlinkRight"], np.stack([lids, lids], 1))
    assert len(saccades(motion)) == 1
    assert len(saccades(shut)) == 0
    assert eyes_seen(motion).all()
    assert 6 <= (~eyes_seen(shut)).sum() <= 9  # from a frame before the lids come down


def test_who_looks_into_the_other_s_eyes_looks_at_the_partner():
    a, b = face_to_face()
    mine = still(4).with_columns("translation", np.tile(a.position, (100, 1)))
    theirs = still(4).with_columns("translation", np.tile(b.position, (100, 1)))
    eyes = eye_positions(theirs, b)
    eyes[50:] += (0.0, 0.6, 0.0)  # over the other's head
    looks = mine.with_columns("eyes", np.concatenate(look_at(eyes, mine, a), 1))
    seen = at_partner(looks, a, theirs, b)
    assert seen[:50].all()
    assert not seen[50:].any()


def test_glimpses_do_not_count():
    at = np.ones(100, bool)
    at[[10, 11, 12]] = False
    at[50:70] = False
    at[60] = True
    expected = np.ones(100, bool)
    expected[50:70] = False
    np.testing.assert_array_equal(steady(at, FPS), expected)


def test_shares_of_looking():
    a, b = np.zeros((2, 100), bool)
    a[:50], b[25:75] = True, True
    speaks = [np.arange(100) < 50, np.arange(100) >= 50]
    found = looking([a, b], speaks, FPS)
    assert found.speaking == pytest.approx(0.75)  # A in all of 50 frames, B in 25 of 50
    assert found.listening == pytest.approx(0.25)  # A in none of 50, B in 25 of 50
    assert found.mutual == pytest.approx(0.25)
    np.testing.assert_allclose(found.looks, [2.0, 2.0])
    np.testing.assert_allclose(found.meetings, [1.0])


@pytest.mark.parametrize(("hertz", "band"), [(0.2, 0), (1.0, 1), (3.5, 2)])
def test_a_head_that_swings_has_its_power_in_one_band(hertz, band):
    motion = still(60)
    turned = turning(motion, "head", 0, np.radians(6) * np.sin(2 * np.pi * hertz * motion.times))
    power = band_power(turned)[250:-250].mean(0)
    assert len(power) == len(BANDS)
    assert power[band] == pytest.approx(18, rel=0.1)  # half of the amplitude squared
    assert power[band] > 0.9 * power.sum()


def test_the_speed_of_a_head_that_turns_steadily():
    motion = still(8)
    turned = turning(motion, "neck", 1, np.radians(10) * motion.times)
    assert head_speed(turned)[25:-25].mean() == pytest.approx(10, rel=0.02)
    assert head_speed(motion).max() == 0


def test_people_who_smile_together_are_coupled_and_strangers_are_not():
    rng = np.random.default_rng(0)
    shared, own = rng.normal(size=(6, 4000)), rng.normal(size=(6, 2, 4000))
    pairs = [(s + a, s + b) for s, (a, b) in zip(shared, own, strict=True)]
    together, crossed = coupling(pairs)
    assert together == pytest.approx(0.5, abs=0.03)
    assert abs(crossed) < 0.02
    assert np.isnan(coupling(pairs[:1])[1])
    assert coupling([(np.zeros(50), np.ones(50))])[0] == 0


def test_smiles_with_laughs():
    laughs = np.array([[10.0, 11.0]])
    always = smiles_with_laughs([np.array([[0.0, 100.0]])], [laughs], [100.0])
    assert always == pytest.approx(1)
    # Half of the three seconds around the laugh, and a tenth of the other 97.
    half = smiles_with_laughs([np.array([[9.0, 10.5], [50.0, 59.7]])], [laughs], [100.0])
    assert half == pytest.approx(5, rel=0.05)
    assert np.isnan(smiles_with_laughs([np.array([[0.0, 100.0]])], [np.zeros((0, 2))], [100.0]))


def test_distance_to_the_nearest_mark():
    np.testing.assert_allclose(to_nearest(np.array([0.9, 4.0]), np.array([1.0, 3.5])), [0.1, 0.5])
    assert np.isinf(to_nearest(np.array([1.0]), np.zeros(0))).all()


def test_moments_lie_within_intervals_in_proportion_to_their_length():
    found = moments_within(np.array([[0.0, 1.0], [5.0, 8.0]]), 4000, np.random.default_rng(1))
    assert ((found < 1) | ((found >= 5) & (found < 8))).all()
    assert np.mean(found < 1) == pytest.approx(0.25, abs=0.03)
    assert len(moments_within(np.zeros((0, 2)), 5, np.random.default_rng(1))) == 0


def test_moments_by_who_speaks():
    mine, theirs = np.zeros((2, 1500), bool)
    mine[:500], theirs[400:800] = True, True
    counts, minutes = by_state(np.array([1.0, 17.0, 25.0, 50.0]), [mine, theirs], FPS)
    np.testing.assert_array_equal(counts, [1, 1, 1, 1])
    np.testing.assert_allclose(minutes * 60 * FPS, [700, 400, 300, 100])

"""Events as curves: each with the shape that its kind has."""

import numpy as np
import pytest
from scipy.signal import find_peaks

from visavis.behavior.curves import FPS
from visavis.behavior.events import Event
from visavis.behavior.people import USUAL
from visavis.behavior.performing.brows import brow_curves
from visavis.behavior.performing.build import build_of
from visavis.behavior.performing.eyes import draw_fixations, gaze_points, head_of_gaze, partner_direction
from visavis.behavior.performing.head import NOD, SHAKE, head_gestures
from visavis.behavior.performing.lids import closed_lids
from visavis.behavior.performing.moods import FEELINGS, mood_curves
from visavis.behavior.performing.performer import COLUMNS, SCALES, aimed, perform
from visavis.behavior.performing.smiling import smiling
from visavis.behavior.performing.torso import torso_of
from visavis.behavior.plan import Plan
from visavis.motion import ARKIT, Motion, face_to_face
from visavis.motion.gaze import EYE_MIDPOINT, gaze_angle_to_partner


@pytest.mark.parametrize("start", [1.0, 1.013, 1.031])
def test_no_blink_falls_between_frames(start):
    closed = closed_lids([Event("blink", start, start + 0.2, strength=0.95)], 100)
    assert closed.max() > 0.7
    assert closed[: int(start * FPS)].max() == closed[int((start + 0.2) * FPS) + 2 :].max() == 0


def test_lids_close_faster_than_they_open():
    closed = closed_lids([Event("blink", 1.0, 2.0)], 100)  # as slow as none, so that frames show its course
    half = np.flatnonzero(closed > 0.5 * closed.max())
    top = np.flatnonzero(closed > 0.98)
    assert half[-1] - top[-1] > 1.5 * (top[0] - half[0])


def test_a_nod_goes_down_as_often_as_planned_and_comes_back():
    for cycles in (1, 2, 3):
        pitch = head_gestures([Event("nod", 1.0, 1.0 + 0.5 * cycles, "concord", 1.5, cycles=cycles)], 100)[:, 0]
        dips, _ = find_peaks(pitch, height=np.radians(2))
        assert len(dips) == cycles
        assert pitch.min() >= 0
        assert pitch[dips[0]] == pytest.approx(1.5 * NOD, rel=0.1)
        assert (np.diff(pitch[dips]) < 0).all()
        assert pitch[-1] == pitch[0] == 0


def test_a_shake_swings_to_both_sides_and_a_tilt_lowers_the_ear_of_its_side():
    moves = head_gestures(
        [Event("shake", 1.0, 2.2, "discord", x=1.0, cycles=2), Event("tilt", 3.0, 4.5, "turn", x=0.2)], 150
    )
    yaw, roll = moves[:, 1], moves[:, 2]
    assert yaw.max() > 0.5 * SHAKE
    assert yaw.min() < -0.5 * SHAKE
    assert yaw[int(1.2 * FPS)] > 0.2 * SHAKE  # to the left first, as x says
    assert roll.min() == pytest.approx(-0.2, abs=0.01)  # about +Z, ahead: the left ear goes down
    assert abs(moves[:, 0]).max() == 0


def test_looks_at_the_partner_rest_on_the_face_about_as_often_as_people_do():
    looks = [Event("look", 0.0, 400.0, "partner"), Event("look", 400.0, 800.0, "away", x=0.4, y=0.1)]
    fixations = draw_fixations(np.random.default_rng(0), looks)
    per_second = len(fixations) / 800
    assert 3.0 < per_second < 3.8  # 3.4 in Dembinsky et al. 2024
    assert all(f.partner == (f.start < 400) for f in fixations)
    face = np.array([f.offset for f in fixations if f.partner])
    assert np.linalg.norm(face, axis=1).max() < 0.2
    aside = np.array([f.offset for f in fixations if not f.partner])
    assert (aside[0] == [0.4, 0.1]).all()
    assert aside.std(0).min() > np.radians(1)
    assert np.hypot(*aside.T).min() > np.radians(9.9)  # beside the face
    moved = np.linalg.norm(np.diff(face, axis=0), axis=1)
    assert np.mean(moved > 0.02) > 0.95  # to something else in the face


def test_the_head_follows_large_shifts_in_part_and_later_than_the_eyes():
    seats = face_to_face()
    looks = [Event("look", 0.0, 2.0, "partner"), Event("look", 2.0, 4.0, "away", x=np.radians(30))]
    rng = np.random.default_rng(1)
    fixations = [f for f in draw_fixations(rng, looks) if f.partner or f.start == 2.0]
    toward = partner_direction(*seats)
    head = head_of_gaze(rng, fixations, toward, 0.6, 1.0, 100)
    eyes = [np.tile(np.add(s.position, EYE_MIDPOINT), (100, 1)) for s in seats]
    points = gaze_points(fixations, seats[0], eyes[1], eyes[0], toward)
    way = np.linalg.norm(points - points[51], axis=1)
    eyes_there = int(np.argmax(way[50:] > 0.9 * way[99])) if way[99] else 0
    turn = head[:, 0] - head[49, 0]
    assert 0.2 < turn[-1] / np.radians(30) < 0.75
    assert np.argmax(turn > 0.9 * turn[-1]) > 50 + eyes_there + 3
    assert np.abs(np.diff(head[:, 0])).max() * FPS < np.radians(150)


def test_smiles_rise_as_far_as_planned_and_laughter_carries_one():
    events = [Event("smile", 1.0, 4.0, strength=0.6), Event("laugh", 6.0, 8.0)]
    made = smiling(np.random.default_rng(0), events, 250, np.zeros(250))
    assert 0.5 < made.smile[int(2.5 * FPS)] < 0.75
    assert made.smile[int(7 * FPS)] > 0.6
    assert made.smile[: int(0.9 * FPS)].max() < 0.05
    assert (made.laughter > 0).sum() / FPS == pytest.approx(2.0, abs=0.15)
    calls, _ = find_peaks(made.calls[int(6.2 * FPS) : int(7.8 * FPS)])
    assert 3.5 < len(calls) / 1.6 < 6


def test_face_and_shoulders_shake_to_the_same_calls():
    laughs = [Event("laugh", 1.0, 3.5), Event("laugh", 6.2, 8.2)]
    made = smiling(np.random.default_rng(0), laughs, 250, np.zeros(250))
    shaking = torso_of(laughs, np.zeros((250, 3)), True, build_of(), np.random.default_rng(5)).lift
    still = torso_of([], np.zeros((250, 3)), True, build_of(), np.random.default_rng(5)).lift
    for start, end in ((1.2, 3.2), (6.4, 8.0)):
        inside = slice(int(start * FPS), int(end * FPS))
        assert np.corrcoef(made.calls[inside], (shaking - still)[inside])[0, 1] > 0.95


def test_brows_and_moods_are_where_they_are_planned():
    raised, lowered = brow_curves([Event("brow", 1, 2, "raise", 0.5), Event("brow", 3, 4, "lower", 0.3)], 150)
    assert (raised.max(), lowered.max()) == pytest.approx((0.5, 0.3), abs=0.02)
    assert raised[75:].max() == lowered[:74].max() == 0
    feelings, mood = mood_curves([Event("mood", 1, 5, "sad", 0.7, -0.6, -0.3)], 150)
    assert feelings.max(0)[FEELINGS.index("sad")] == pytest.approx(0.7, abs=0.02)
    assert mood.min(0) == pytest.approx((0.7 * -0.6, 0.7 * -0.3), abs=0.02)


def test_eyes_meet_whoever_is_looked_at_wherever_heads_are():
    rng, seats = np.random.default_rng(2), face_to_face()
    plan = Plan(
        8.0, ((Event("look", 0.0, 8.0, "partner"),), (Event("look", 0.0, 8.0, "partner"), Event("blink", 2, 2.25)))
    )
    performed = perform(plan, 200, seats, (USUAL, USUAL), 0)
    assert all(p.values.shape == (200, len(COLUMNS)) and np.isfinite(p.values).all() for p in performed)
    assert SCALES.shape == (len(COLUMNS),)
    motions = []
    for seat in seats:
        turning, swaying = (np.sin(np.arange(200)[:, None] / t + rng.uniform(0, 6, 3)) for t in (20, 30))
        still = Motion.zeros(200, FPS, ARKIT).with_columns("head", 0.15 * turning)
        motions.append(still.with_columns("translation", np.add(seat.position, 0.02 * swaying)))
    a, b = aimed((motions[0], motions[1]), seats, performed, (USUAL, USUAL))
    for me, other, i in ((a, b, 0), (b, a, 1)):
        angle = np.degrees(gaze_angle_to_partner(me, seats[i], other, seats[1 - i]))
        assert np.median(angle) < 4
        assert np.percentile(angle, 95) < 9  # eyes and mouth are some degrees apart
    assert b["eyeBlinkLeft"].max() > 0.7
    assert a["eyeBlinkLeft"].max() == 0
    (alone, left) = aimed((motions[0], motions[1]), seats, performed, (USUAL, USUAL), (0,))
    assert (alone.values == a.values).all()
    assert (left.values == motions[1].values).all()

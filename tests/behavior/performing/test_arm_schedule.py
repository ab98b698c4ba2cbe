"""Phases of gestures: in time for the stroke, held, chained or back to rest."""

import numpy as np
import pytest

from visavis.behavior.curves import FPS, frame_times
from visavis.behavior.events import Event
from visavis.behavior.performing.build import build_of
from visavis.behavior.performing.courses import course_of
from visavis.behavior.performing.poses import WRIST
from visavis.behavior.performing.rests import rests_in
from visavis.behavior.performing.schedule import LONGEST_HOLD, RestChange, Scheduler
from visavis.behavior.performing.strokes import strokes_of
from visavis.behavior.performing.surroundings import around
from visavis.motion.seat import face_to_face

BUILD = build_of()
AROUND = around(face_to_face(), 0, (BUILD, BUILD))
SECONDS = 12.0


def gesture(label, start, end, *apex, **more):
    return Event("gesture", start, end, label, apex=apex, hand="left", **more)


def planned(*events, rests=None, seed=0):
    rng = np.random.default_rng(seed)
    strokes = [stroke for event in events for stroke in strokes_of(event, 1, AROUND, rng)]
    rests = rests or [RestChange(0.0, rests_in(AROUND)[0][0])]
    return Scheduler(BUILD, rests).plan(strokes, SECONDS), strokes


def wrists(plan, frames=round(SECONDS * FPS)):
    return course_of(plan, BUILD, frames).numbers[:, WRIST]


def away(plan):
    """How far the wrist is from rest in every frame."""
    return np.linalg.norm(wrists(plan) - plan.first.wrist, axis=1)


def at(seconds):
    return int(np.abs(frame_times(round(SECONDS * FPS)) - seconds).argmin())


@pytest.mark.parametrize("label", ["beat", "me", "you", "there", "count", "shrug", "palm"])
def test_a_stroke_arrives_at_its_apex_fast_and_from_its_preparation(label):
    plan, strokes = planned(gesture(label, 2.0, 4.5, 2.9))
    (stroke,) = strokes
    assert any(move.end == 2.9 and move.pose == stroke.pose for move in plan.moves)
    course = wrists(plan)
    speed = np.linalg.norm(np.diff(course, axis=0), axis=1) * FPS
    arrived = np.linalg.norm(course - stroke.pose.wrist, axis=1).argmin()
    assert abs(arrived - at(2.9)) <= 1
    before, here = speed[at(2.9 - stroke.seconds) : at(2.9)], speed[at(2.9) - 1 : at(2.9) + 1].min()
    assert here < 0.35 * before.max()
    assert before.argmax() < len(before) - 2


def test_beats_have_an_apex_each():
    times = (2.9, 3.4, 3.8)
    plan, strokes = planned(gesture("beat", 2.2, 5.0, *times, cycles=3))
    course = wrists(plan)
    for time, stroke in zip(times, strokes, strict=True):
        height = course[:, 1]
        i = at(time)
        assert np.linalg.norm(course[i] - stroke.pose.wrist) < 0.012
        assert height[i - 4] > height[i] + 0.01  # it came from above


def test_hands_rest_unless_they_gesture():
    plan, _ = planned(gesture("palm", 4.0, 6.0, 4.8))
    far = away(plan)
    assert far[: at(3.9)].max() < 1e-9
    assert far[at(6.6) :].max() < 1e-9
    assert far[at(4.8)] > 0.15


def test_the_preparation_begins_earlier_where_a_plan_leaves_too_little_time():
    plan, _ = planned(gesture("me", 4.75, 6.0, 4.8))
    speed = np.linalg.norm(np.diff(wrists(plan), axis=0), axis=1) * FPS
    assert speed.max() < 2.5


def test_near_gestures_are_chained_and_far_ones_are_not():
    near, _ = planned(gesture("palm", 2.0, 4.0, 2.7), gesture("me", 4.2, 6.0, 4.8))
    far, _ = planned(gesture("palm", 2.0, 4.0, 2.7), gesture("me", 6.0, 8.0, 6.8))
    assert away(near)[at(2.7) : at(4.8)].min() > 0.1
    assert away(far)[at(4.5) : at(5.5)].max() < 1e-9


def test_no_hold_is_longer_than_people_make():
    plan, _ = planned(gesture("there", 2.0, 11.0, 2.8))
    assert away(plan)[at(2.8 + LONGEST_HOLD + 1.2) :].max() < 1e-9


def test_hurried_strokes_are_on_time_but_smaller():
    plan, strokes = planned(gesture("me", 2.0, 4.0, 2.8), gesture("there", 2.9, 4.5, 3.05, x=1.0))
    speed = np.linalg.norm(np.diff(wrists(plan), axis=0), axis=1) * FPS
    assert speed.max() < 3.0
    whole = np.linalg.norm(np.subtract(strokes[1].pose.wrist, strokes[0].pose.wrist))
    gone = np.linalg.norm(wrists(plan)[at(3.05)] - np.array(strokes[0].pose.wrist))
    assert 0.05 < gone < 0.9 * whole


def test_rests_change_between_gestures():
    (first, _), (second, _) = rests_in(AROUND)[:2]
    changes = [RestChange(0.0, first), RestChange(3.0, second)]
    plan, _ = planned(rests=changes)
    course = wrists(plan)
    assert course[at(2.9)] == pytest.approx(first.wrist)
    assert course[-1] == pytest.approx(second.wrist)
    during, _ = planned(gesture("palm", 2.5, 4.5, 3.2), rests=changes)
    assert wrists(during)[-1] == pytest.approx(second.wrist)
    assert np.linalg.norm(wrists(during)[at(3.2)] - first.wrist) > 0.15


def test_strokes_without_a_time_are_made_within_the_gesture():
    event = gesture("beat", 2.0, 5.0, cycles=3)
    _, strokes = planned(event)
    assert [2.0 < stroke.apex < 5.0 for stroke in strokes] == [True] * 3


def test_counting_shows_what_is_counted():
    rng = np.random.default_rng(0)
    (three,) = strokes_of(gesture("count", 1.0, 3.0, 2.0, cycles=3), 1, AROUND, rng)
    assert three.pose.shape == "count3"
    up = strokes_of(gesture("count", 1.0, 4.0, 2.0, 2.5, 3.0, cycles=3), 1, AROUND, rng)
    assert [stroke.pose.shape for stroke in up] == ["count1", "count2", "count3"]

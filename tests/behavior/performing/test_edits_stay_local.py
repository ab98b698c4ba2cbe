"""An edit of a plan changes what is performed around it, and nothing before or after."""

from dataclasses import replace

import numpy as np
import pytest

from visavis.behavior.curves import FPS
from visavis.behavior.events import Event
from visavis.behavior.people import USUAL
from visavis.behavior.performing.arms import perform_arms
from visavis.behavior.performing.body import add_body
from visavis.behavior.performing.build import build_of
from visavis.behavior.performing.performer import perform
from visavis.behavior.performing.surroundings import around
from visavis.behavior.plan import Plan
from visavis.motion import ARKIT, ARKIT_BODY, Motion
from visavis.scene.layout import layout_from

SECONDS = 30.0
FRAMES = round(SECONDS * FPS)
NEAR = 3.0
"""Seconds around an edit in which things may change."""
SEATS = layout_from("face-to-face").seats
LOOKS = tuple(
    Event("look", 2.0 * i, 2.0 * i + 2, *(("away", 1.0, 0.4, 0.1) if i % 2 else ("partner",))) for i in range(15)
)
BUSY = (
    *LOOKS,
    *(Event("gesture", 3.0 * i + 0.5, 3.0 * i + 2.5, "palm", hand="both") for i in range(9)),
    *(Event("smile", 5.0 * i + 1, 5.0 * i + 3, strength=0.6) for i in range(5)),
    *(Event("posture", 9.0 * i + 4, 9.0 * i + 6, "shift", x=0.03) for i in range(3)),
    *(Event("nod", 4.0 * i + 2, 4.0 * i + 2.8, "concord") for i in range(7)),
    Event("laugh", 12.0, 14.0),
)
BEAT = Event("gesture", 14.2, 16.2, "beat", apex=(15.0, 15.5), cycles=2, hand="right")


def shown(events, seed):
    """Curves (T, C), and columns of the body (T, D), of a person whose head stays where it is."""
    plan = Plan(SECONDS, ((), tuple(events)))
    curves = perform(plan, FRAMES, SEATS, (USUAL, USUAL), seed)[1].values
    still = Motion.zeros(FRAMES, FPS, ARKIT).with_columns("translation", np.tile(SEATS[1].position, (FRAMES, 1)))
    return curves, add_body(still, plan, 1, SEATS, ARKIT_BODY, seed).values


def changed_at(before, after):
    """Seconds at which anything differs."""
    differs = [np.abs(a - b).max(1) > 1e-5 for a, b in zip(before, after, strict=True)]
    return np.flatnonzero(differs[0] | differs[1]) / FPS


@pytest.mark.parametrize("seed", [0, 1, 2, 4, 5, 6])
def test_a_gesture_more_moves_the_arms_where_it_is_and_no_curve(seed):
    before, after = shown(LOOKS, seed), shown([*LOOKS, BEAT], seed)
    assert np.array_equal(before[0], after[0])
    when = changed_at(before, after)
    assert BEAT.start - 1 < when.min() < BEAT.start + 1
    assert when.max() < BEAT.end + NEAR


EDITS = {
    "a gesture more": (None, BEAT),
    "a gesture less": (BUSY[19], None),
    "a stronger gesture": (BUSY[19], replace(BUSY[19], strength=2.0)),
    "another direction": (LOOKS[7], replace(LOOKS[7], x=-0.5)),
    "a smile less": (BUSY[26], None),
    "a nod more": (None, Event("nod", 15.0, 15.8, "concord")),
    "a shift more": (None, Event("posture", 15.0, 16.5, "shift", x=0.02)),
    "a shift less": (BUSY[30], None),
    "a laugh less": (BUSY[-1], None),
    "a blink more": (None, Event("blink", 15.0, 15.2)),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_changes_its_neighbourhood_only(edit):
    less, more = EDITS[edit]
    events = [event for event in BUSY if event is not less] + ([more] if more else [])
    assert len(events) == len(BUSY) + bool(more) - bool(less)
    when = changed_at(shown(BUSY, 1), shown(events, 1))
    about = [event for event in (less, more) if event]
    assert len(when)
    assert min(event.start for event in about) - NEAR < when.min()
    assert when.max() < max(event.end for event in about) + NEAR


def test_hands_change_how_they_rest_by_time_and_shifts_only_take_a_change_along():
    away = np.zeros((round(60 * FPS), 3))
    shifts = [Event("posture", 5.0 * i + 1, 5.0 * i + 2.5, "shift", x=0.02) for i in range(12)]
    place = around(SEATS, 0, (build_of(), build_of()))
    alone, shifting = (perform_arms(events, place, away, np.random.default_rng(1)) for events in ([], shifts))
    one, other = (np.stack([columns[f"leftLowerArm.{axis}"] for axis in "xyz"], 1) for columns in (alone, shifting))
    changes = (np.flatnonzero(np.linalg.norm(one[25:] - one[:-25], axis=1) > 0.3) + 12) / FPS
    assert 0 < len(changes) / FPS < 4  # once in this minute
    differs = np.flatnonzero(np.abs(one - other).max(1) > 1e-5) / FPS
    assert 0 < len(differs) / FPS < 4
    assert np.abs(differs - np.median(changes)).max() < 4

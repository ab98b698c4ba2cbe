"""Whatever a plan holds, people stay people: no joint leaves the range that necks, spines, shoulders and arms have."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.behavior.curves import FPS
from visavis.behavior.events import HANDS, KINDS, Event
from visavis.behavior.limits import limits_of, possible
from visavis.behavior.people import USUAL
from visavis.behavior.performing.body import add_body
from visavis.behavior.performing.giving_way import GESTURES, HEAD, PLACE, TORSO, give_way, within_reach
from visavis.behavior.performing.performer import aimed, perform
from visavis.behavior.plan import Plan
from visavis.motion import ARKIT, ARKIT_BODY, Motion
from visavis.motion.rotations import compose
from visavis.scene.layout import layout_from

SECONDS = 5.0
FRAMES = round(SECONDS * FPS)


@st.composite
def events(draw):
    """One to sixty events of a kind at about the same time, as large as can be."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    label, hand = draw(st.sampled_from(KINDS[kind])), draw(st.sampled_from(HANDS)) if kind == "gesture" else ""
    huge = {"strength": 1e9 if "strength" in limits_of(kind, label) else 1.0, "cycles": draw(st.sampled_from([1, 20]))}
    huge |= {axis: draw(st.sampled_from([-1e9, -0.3, 0.0, 0.3, 1e9])) for axis in "xy"}
    start, length = draw(st.floats(0, 4)), draw(st.floats(0.0, 4))
    one = Event(kind, start, start + length, label, **possible(kind, label, huge, hand), hand=hand)
    later, count = draw(st.sampled_from([0.0, 0.01, 0.1])), draw(st.sampled_from([1, 60]))
    return [replace(one, start=start + i * later, end=start + length + i * later) for i in range(count)]


@settings(max_examples=25, deadline=None)
@given(
    mine=st.lists(events(), min_size=1, max_size=5),
    place=st.sampled_from(["face-to-face", "across-a-table", "side-by-side", "bench"]),
    seed=st.integers(0, 1000),
)
def test_bodies_stay_within_what_bodies_can_do(mine, place, seed):
    flat = tuple(event for several in mine for event in several if event.start < SECONDS)
    seats = layout_from(place).seats
    plan = Plan(SECONDS, (flat, ()))
    performed = perform(plan, FRAMES, seats, (USUAL, USUAL), seed)
    a = performed[0]
    assert np.isfinite(a.values).all()
    assert (np.abs(a.head) <= GESTURES[1] + 1e-9).all()
    assert (np.abs(a.torso) <= TORSO[1] + 1e-9).all()
    for name in ("closed", "smile", "laughter", "browRaise", "browLower"):
        assert 0 <= a[name].min() <= a[name].max() <= 1 + 1e-9

    facing = np.stack([a["facing.pitch"], a["facing.yaw"], np.zeros(FRAMES)], 1)
    places = [np.tile(seat.position, (FRAMES, 1)) for seat in seats]
    still = [Motion.zeros(FRAMES, FPS, ARKIT).with_columns("translation", place) for place in places]
    moved = still[0].with_columns("neck", facing).with_columns("head", 3 * a.head)
    moved = moved.with_columns("translation", still[0]["translation"] + 3 * a.torso)
    moved = within_reach(moved, seats[0])
    moved = aimed((moved, still[1]), seats, performed, (USUAL, USUAL))[0]
    body = add_body(moved, plan, 0, seats, ARKIT_BODY, seed)

    def three(joint):
        return body[tuple(f"{joint}.{axis}" for axis in "xyz")]

    assert (np.abs(compose(three("spine"), body["neck"], body["head"])) <= HEAD[1] + 1e-3).all()
    away = np.abs(body["translation"] - seats[0].position)
    assert away.max() <= np.hypot(PLACE[1][0], PLACE[1][2]) + 1e-3
    assert np.degrees(np.linalg.norm(three("spine"), axis=1).max()) < 52
    for side in ("left", "right"):
        for joint, most in (("Clavicle", 45), ("UpperArm", 175), ("LowerArm", 170), ("Wrist", 75)):
            assert np.degrees(np.linalg.norm(three(side + joint), axis=1).max()) < most, side + joint


def test_bodies_give_way_late_smoothly_and_never_to_the_end():
    ends = np.array([[0.5, 0.1], [1.0, 0.2]])
    pushed = np.linspace(-30, 30, 60_001)[:, None] * [1, 1]
    given_way = give_way(pushed, ends)
    free = np.abs(pushed) <= ends[0]
    assert (given_way[free] == pushed[free]).all()
    assert (np.abs(given_way) <= ends[1]).all()
    steps = np.diff(given_way, axis=0)
    assert 0 <= steps.min() <= steps.max() <= 1e-3 + 1e-12


def test_motion_that_people_make_is_left_as_it_is():
    seat = layout_from("bench").seats[0]
    motion = Motion.zeros(10, FPS, ARKIT).with_columns("translation", np.tile(seat.position, (10, 1)))
    motion = motion.with_columns("head", np.tile([0.3, -0.6, 0.2], (10, 1)))
    assert within_reach(motion, seat) is motion

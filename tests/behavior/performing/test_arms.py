"""What arms and hands do over minutes of events: a thousand gestures, wherever people sit or stand."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from visavis.behavior.curves import FPS, frame_times
from visavis.behavior.events import KINDS, Event
from visavis.behavior.limits import possible
from visavis.behavior.performing.arm_reach import EXTENDED, FLEXED, RADIAL, ULNAR
from visavis.behavior.performing.arms import SIDES, perform_arms
from visavis.behavior.performing.build import FINGERTIP, build_of
from visavis.behavior.performing.surroundings import around
from visavis.bodies.appearance import complete
from visavis.bodies.figure_cache import load_figure
from visavis.bodies.skeleton import BODY
from visavis.motion import ARKIT_BODY
from visavis.scene.layout import layout_from

BUILD = build_of()
ACROSS = layout_from("across-a-table").seats
PLACES = ("across-a-table", "turned-aside", "interview", "face-to-face", "close", "bench", "side-by-side", "sofa")
EVENTS = 130
"""In each place: a thousand altogether."""


def surroundings(place, person=0):
    if place == "turned-aside":  # both have a table before them, but not straight ahead
        a, b = (replace(seat, yaw=seat.yaw + turn) for seat, turn in zip(ACROSS, (0.5, -0.4), strict=True))
        return around((a, b), person, (BUILD, BUILD))
    return around(layout_from(place).seats, person, (BUILD, BUILD))


def random_events(rng, count):
    """Gestures one after the other with gaps and without, of all shapes, strengths and directions."""
    events, time = [], 0.3
    for _ in range(count):
        label = str(rng.choice(KINDS["gesture"]))
        strokes = int(rng.integers(1, 5)) if label in ("beat", "count") else 1
        apex = time + rng.uniform(0.1, 0.9) + np.cumsum([0.0, *rng.uniform(0.25, 0.9, strokes - 1)])
        end = apex[-1] + rng.uniform(0.1, 4.0)
        hand = str(rng.choice(["left", "right", "both", ""]))
        numbers = {"strength": rng.uniform(0.4, 2.0), "x": rng.uniform(-3, 3), "y": rng.uniform(-1.5, 1.5)}
        numbers = possible("gesture", label, numbers, hand)
        events.append(
            Event("gesture", time, end, label, **numbers, cycles=strokes, apex=tuple(apex.tolist()), hand=hand)
        )
        if rng.random() < 0.2:
            events.append(Event("posture", time, time + 4.0, "shift", x=0.02, y=0.03))
        if rng.random() < 0.1:
            events.append(Event("laugh", time, time + 1.5))
        time = max(time + 0.2, end + rng.exponential(1.0) - 0.5)
    return events, time + 1.0


def leaning(rng, frames):
    """Where a head goes to: slowly, some centimetres (T, 3)."""
    times = frame_times(frames)[:, None]
    return rng.uniform((0.01, 0, 0.01), (0.04, 0.005, 0.08)) * np.sin(times * rng.uniform(0.1, 0.4, 3))


def joints(columns, away):
    """By the body's own forward kinematics: wrist, finger joints and pads of each side, (T, 16, 3) about the seat."""
    figure = load_figure(complete({}), seated=False, skeleton=BODY)
    values = np.zeros((len(away), ARKIT_BODY.dim), np.float32)
    for name, curve in columns.items():
        values[:, ARKIT_BODY.index(name)] = curve
    turns, places = (x.numpy() for x in BODY.pose(torch.from_numpy(values), torch.from_numpy(figure.joints)))
    at = BODY.names.index
    up = figure.joints[at("head")] - figure.joints[at("spine01")]
    top = places[:, at("spine01")] + turns[:, at("spine01")] @ up
    found = {}
    for side, letter, mirror in (("left", "L", (1, 1, 1)), ("right", "R", (-1, 1, 1))):
        points = [places[:, at(f"wrist.{letter}")]]
        for finger in range(5):
            last = at(f"finger{finger + 1}-3.{letter}")
            pad = (BUILD.fingers[finger, 3] - BUILD.fingers[finger, 2]) * mirror
            points += [places[:, at(f"finger{finger + 1}-{k}.{letter}")] for k in (1, 2)]
            points.append(places[:, last] + turns[:, last] @ pad)
        found[side] = np.stack(points, 1) - top[:, None] + away[:, None]
    return found


@cache
def performed(place, person=0, seed=0):
    rng = np.random.default_rng([seed, PLACES.index(place), person])
    events, seconds = random_events(rng, EVENTS)
    away = leaning(rng, round(seconds * FPS))
    columns = perform_arms(events, surroundings(place, person), away, rng)
    return events, columns, away, joints(columns, away)


def three(columns, joint):
    return np.stack([columns[f"{joint}.{axis}"] for axis in "xyz"], axis=1)


def speed(points):
    return np.linalg.norm(np.diff(points, axis=0), axis=-1) * FPS


def test_every_column_of_body_and_hands_is_there_and_no_other():
    _, columns, away, _ = performed("face-to-face")
    wanted = [c.name for c in ARKIT_BODY.columns if c.group in ("body", "hands")]
    assert sorted(columns) == sorted(wanted)
    assert all(curve.shape == (len(away),) and np.isfinite(curve).all() for curve in columns.values())


@pytest.mark.parametrize("place", PLACES)
def test_no_hand_goes_through_anything(place):
    _, _, away, found = performed(place)
    around_here = surroundings(place)
    for side in SIDES:
        depth = around_here.depth(found[side], away)
        assert depth.max() < 0.004, (side, np.unravel_index(depth.argmax(), depth.shape))


@pytest.mark.parametrize("place", PLACES)
def test_nothing_jumps(place):
    _, columns, _, found = performed(place)
    for side in SIDES:
        assert speed(found[side][:, 0]).max() < 3.5
    for joint in {name[:-2] for name in columns}:
        turn = Rotation.from_rotvec(three(columns, joint))
        fastest = np.degrees((turn[:-1].inv() * turn[1:]).magnitude().max() * FPS)
        assert fastest < 1500, joint


def test_wrists_keep_to_their_limits():
    _, columns, _, _ = performed("across-a-table")
    for side, mirror in (("left", 1.0), ("right", np.array([1, -1, -1]))):
        hand = three(columns, f"{side}Wrist") * mirror
        flexed, aside = hand @ BUILD.curl, hand @ BUILD.palm
        assert -EXTENDED - 1e-6 <= flexed.min() <= flexed.max() <= FLEXED + 1e-6
        assert -ULNAR - 1e-6 <= aside.min() <= aside.max() <= RADIAL + 1e-6


@pytest.mark.parametrize("place", ["face-to-face", "across-a-table"])
def test_strokes_are_over_at_their_apex(place):
    events, _, _, found = performed(place)
    shares = []
    for event in events:
        if event.kind == "gesture" and event.hand:  # else the leading hand makes it, which may be either
            for side in SIDES if event.hand == "both" else (event.hand,):
                course = speed(found[side][:, 0])
                i = int(np.abs(frame_times(len(course)) - event.apex[-1]).argmin())
                shares.append(course[i - 1 : i + 2].min() / course[max(0, i - 10) : i + 1].max())
    assert np.median(shares) < 0.08
    assert np.quantile(shares, 0.9) < 0.2


def test_no_hand_stays_still_in_mid_air():
    events = [Event("gesture", 2.0 + 12 * i, 12.0 + 12 * i, label, apex=(3.0 + 12 * i,), hand="both")
              for i, label in enumerate(KINDS["gesture"])]  # fmt: skip
    frames = round(90 * FPS)
    away = np.zeros((frames, 3))
    found, idle = (
        joints(perform_arms(own, surroundings("face-to-face"), away, np.random.default_rng(3)), away)
        for own in (events, [])
    )
    for side in SIDES:
        wrist = found[side][:, 0]
        up = np.linalg.norm(wrist - idle[side][:, 0], axis=1) > 0.1  # hands without gestures lie somewhere all the time
        for start in np.flatnonzero(np.diff(up.astype(int)) == 1):
            assert up[start + 1 : start + 1 + round(3.8 * FPS)].sum() < 3.5 * FPS  # preparation and retraction with it
        assert speed(wrist).min() > 0  # and nowhere frozen


@pytest.mark.parametrize("place", PLACES)
def test_hands_lie_quietly_where_nobody_gestures(place):
    frames = round(20 * FPS)
    away = np.zeros((frames, 3))
    for seed in range(4):
        columns = perform_arms([], surroundings(place), away, np.random.default_rng(seed))
        found = joints(columns, away)
        for side in SIDES:
            wrist = found[side][:, 0]
            assert np.abs(wrist - wrist.mean(0)).max() < 0.04
            assert 0 < speed(wrist).max() < 0.12
            assert wrist[:, 1].max() < -0.35 * BUILD.trunk_scale  # lap, table, belly or lower


@pytest.mark.parametrize("name", ["across-a-table", "turned-aside"])
def test_hands_rest_on_the_table_if_there_is_one(name):
    place, away = surroundings(name), np.zeros((50, 3))
    for seed in range(4):
        found = joints(perform_arms([], place, away, np.random.default_rng(seed)), away)
        for side in SIDES:
            pads = found[side][:, 3::3, 1]
            assert np.all(np.abs(pads.min(1) - place.top) < 0.05)


def test_both_hands_gesture_alike_but_not_the_same():
    away = np.zeros((150, 3))
    shrug = Event("gesture", 1.5, 4.5, "palm", apex=(2.5,), hand="both")
    found = joints(perform_arms([shrug], surroundings("face-to-face"), away, np.random.default_rng(0)), away)
    left, right = found["left"][62, 0], found["right"][62, 0] * (-1, 1, 1)
    assert 0.002 < np.linalg.norm(left - right) < 0.12


def test_the_other_hand_stays_at_rest():
    away = np.zeros((150, 3))
    alone = Event("gesture", 1.5, 4.5, "count", apex=(2.5,), hand="left")
    found = joints(perform_arms([alone], surroundings("face-to-face"), away, np.random.default_rng(0)), away)
    moved = {side: np.linalg.norm(found[side][:, 0] - found[side][0, 0], axis=1).max() for side in SIDES}
    assert moved["left"] > 0.2
    assert moved["right"] < 0.05


def test_pointing_goes_where_it_should():
    away = np.zeros((150, 3))
    for x in (-0.4, 0.3, 0.9):
        point = Event("gesture", 1.5, 4.5, "there", x=x, apex=(2.5,), hand="left")
        found = joints(perform_arms([point], surroundings("face-to-face"), away, np.random.default_rng(0)), away)
        knuckle, pad = found["left"][62, 4], found["left"][62, 6]
        yaw = np.arctan2(pad[0] - knuckle[0], pad[2] - knuckle[2])
        assert yaw == pytest.approx(x, abs=0.3)


def test_laughter_shakes_the_shoulders_and_nothing_else_does():
    away = np.zeros((250, 3))
    laugh = Event("laugh", 4.0, 7.0)
    columns = perform_arms([laugh], surroundings("face-to-face"), away, np.random.default_rng(0))
    shoulder = np.diff(columns["leftClavicle.z"]) - np.diff(columns["leftClavicle.z"]).mean()
    assert shoulder[105:160].std() > 4 * shoulder[10:95].std()


def test_the_trunk_leans_with_the_head():
    away = np.tile([0.03, 0.0, 0.08], (100, 1))
    seated = perform_arms([], surroundings("bench"), away, np.random.default_rng(0))
    figure = load_figure(complete({}), seated=False, skeleton=BODY)
    values = np.zeros((1, ARKIT_BODY.dim), np.float32)
    for name, curve in seated.items():
        values[:, ARKIT_BODY.index(name)] = curve.mean()
    turns, places = (x.numpy()[0] for x in BODY.pose(torch.from_numpy(values), torch.from_numpy(figure.joints)))
    chest, head = BODY.names.index("spine01"), BODY.names.index("head")
    top = places[chest] + turns[chest] @ (figure.joints[head] - figure.joints[chest])
    assert (top - figure.joints[head])[[0, 2]] == pytest.approx(away[0, [0, 2]], abs=0.012)


def test_the_same_chance_gives_the_same_motion():
    away = np.zeros((100, 3))
    once, twice = (perform_arms([], surroundings("sofa"), away, np.random.default_rng(5)) for _ in (0, 1))
    assert all(np.array_equal(once[name], twice[name]) for name in once)


def test_a_pad_is_in_the_last_joint_of_its_finger():
    assert 0 < FINGERTIP < 1
    lengths = np.linalg.norm(np.diff(BUILD.fingers, axis=1), axis=-1)
    assert np.all((lengths > 0.012) & (lengths < 0.06))

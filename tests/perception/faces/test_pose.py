"""Heads of known pose, projected by a known camera; people of known pose, put into a room."""

import numpy as np
import pytest
from face_toys import degrees_apart, seen_person
from scipy.spatial.transform import Rotation

from visavis.motion.gaze import eye_positions, head_rotation
from visavis.motion.rotations import compose
from visavis.perception.faces import pose
from visavis.perception.faces.engine import canonical_face
from visavis.perception.faces.motion import lids, to_motion, to_track
from visavis.perception.faces.placing import place
from visavis.perception.faces.pose import Camera, fit, head_pose

CAMERA = Camera(1280, 720, np.radians(45))


def landmarks(rotation: Rotation, eyes, camera: Camera = CAMERA) -> np.ndarray:
    """Landmarks (478, 3) of the canonical face, as MediaPipe gives them: depth in pixels along the line of sight."""
    face = canonical_face()
    rest = Rotation.from_euler("X", -pose._REST_PITCH)
    points = (rotation * rest.inv()).apply(
        np.concatenate([face.points, np.repeat(face.eyes[None], 10, 0)]) - face.eyes
    ) + eyes
    pixels = points[:, :2] / -points[:, 2:] * camera.focal_length * (1, -1) + (camera.width / 2, camera.height / 2)
    distance = np.linalg.norm(points, axis=1)
    depth = (distance - np.linalg.norm(eyes)) * camera.focal_length / -eyes[2]
    return np.column_stack([pixels, depth])


@pytest.mark.parametrize("eyes", [(0.0, 0.0, -1.5), (-0.45, 0.1, -1.5), (0.4, -0.2, -1.2)])
@pytest.mark.parametrize("turn", [(0, 0, 0), (25, 0, 0), (-30, 10, 5), (0, -15, -10)])
def test_a_pose_is_found_anywhere_in_the_picture(eyes, turn):
    true = Rotation.from_euler("YXZ", turn, degrees=True)
    found = head_pose(landmarks(true, np.array(eyes)), CAMERA)
    assert (
        np.degrees((true.inv() * Rotation.from_matrix(found.rotation)).magnitude()) < 3.0
    )  # without the line of sight: up to 20
    assert np.linalg.norm(found.eyes - eyes) < 0.04


def test_a_face_of_any_size_is_taken_for_an_adult_s():
    near, far = (head_pose(landmarks(Rotation.identity(), np.array([0, 0, -d])), CAMERA).eyes[2] for d in (0.8, 1.6))
    assert far / near == pytest.approx(2.0, rel=0.03)


def test_a_fit_is_exact_where_there_is_one():
    rng = np.random.default_rng(0)
    for dimensions in (2, 3):
        source = rng.standard_normal((7, dimensions))
        turn = np.linalg.qr(rng.standard_normal((dimensions, dimensions)))[0]
        turn[:, 0] *= np.sign(np.linalg.det(turn))
        rotation, scale, shift = fit(source, 2.5 * source @ turn.T + 3.0, np.full(7, 1 / 7))
        np.testing.assert_allclose(rotation, turn, atol=1e-9)
        assert scale == pytest.approx(2.5)
        np.testing.assert_allclose(shift, 3.0)


def wobble(frames: int, degrees: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    slow = np.cumsum(rng.standard_normal((frames, 3)), 0)
    slow -= np.median(slow, axis=0)
    return np.radians(degrees) * slow / np.abs(slow).max()


def test_what_the_camera_saw_is_what_the_room_shows():
    """Heads in the room are those of the picture: same rotations, same distances, A on the left."""
    turns = [np.add(wobble(200, 10, 0), (0, 0.1, 0)), np.add(wobble(200, 10, 1), (0, -0.1, 0))]
    eyes = [np.add(wobble(200, 3, 2), (-0.5, 0.0, -1.6)), np.add(wobble(200, 3, 3), (0.5, 0.1, -1.9))]
    people = [seen_person(r, e) for r, e in zip(turns, eyes, strict=True)]
    placed = place(people)
    seats = [p.seat for p in placed]
    assert seats[0].position[0] < 0 < seats[1].position[0]
    np.testing.assert_allclose(np.add(seats[0].position, seats[1].position) / 2, (0, 1.6, 0), atol=1e-6)
    motions = [to_motion(person, where) for person, where in zip(people, placed, strict=True)]
    for motion, seat, turn in zip(motions, seats, turns, strict=True):
        assert np.median(degrees_apart(head_rotation(motion, seat).as_rotvec(), turn)) < 1.0
    apart = eye_positions(motions[1], seats[1]) - eye_positions(motions[0], seats[0])
    np.testing.assert_allclose(np.median(apart - (eyes[1] - eyes[0]), axis=0), 0, atol=0.02)


def test_a_lasting_turn_of_the_head_is_the_torso_s():
    aside = np.tile(Rotation.from_euler("y", 40, degrees=True).as_rotvec(), (100, 1))
    ahead = np.zeros((100, 3))
    left, right = (np.tile((x, 0, -1.5), (100, 1)) for x in (-0.4, 0.4))
    placed = place([seen_person(aside, left), seen_person(ahead, right)])
    assert np.degrees(placed[0].seat.yaw) == pytest.approx(25, abs=0.1)
    assert placed[1].seat.yaw == pytest.approx(0)
    head = compose(placed[0].neck, placed[0].head)
    np.testing.assert_allclose(np.degrees(head), np.tile((0, 15, 0), (100, 1)), atol=0.1)


def test_cameras_of_shot_and_reverse_shot_agree():
    """Each person alone, each before a camera of its own: face to face, and heads turn about straight ahead."""
    rng = np.random.default_rng(5)
    shots = np.repeat(np.arange(8), 100)
    yaw = np.where(shots % 4 < 2, 0.5, -0.3) + np.radians(5) * rng.standard_normal(800)
    turns = np.column_stack([np.zeros(800), yaw, np.zeros(800)])
    people = []
    for who in (0, 1):
        person = seen_person(turns, np.tile((0.1, 0, -1.0), (800, 1)), shots)
        seen = shots % 2 == who
        people.append(
            type(person)(seen, np.where(seen, shots, -1), np.where(seen[:, None], person.values, 0), seen & ~seen)
        )
    placed = place(people)
    assert [round(np.degrees(p.seat.yaw)) for p in placed] == [90, -90]
    for where in placed:
        yaws = np.degrees(compose(where.neck, where.head)[:, 1])
        by_shot = [np.median(part) for part in np.split(yaws, 4)]
        assert np.ptp(by_shot) < 0.6 * np.degrees(0.8)  # the cameras' 46 degrees are mostly gone


def test_gaps_are_bridged_and_said():
    turns = wobble(100, 10, 4)
    whole = seen_person(turns, np.tile((0, 0, -1.0), (100, 1)))
    seen = np.ones(100, bool)
    seen[:10] = seen[40:50] = seen[95:] = False
    holed = type(whole)(seen, np.where(seen, 0, -1), np.where(seen[:, None], whole.values, 0), seen & ~seen)
    motion, track = to_motion(holed, place([holed])[0]), to_track(holed)
    np.testing.assert_array_equal(track.valid, seen)
    assert track.columns == ("x0", "y0", "x1", "y1", "size", "sharpness", "visible", "still")
    assert len(motion) == 100
    np.testing.assert_allclose(motion.values[:8], motion.values[8:9].repeat(8, 0), atol=0.02)
    steps = np.linalg.norm(np.diff(motion["head"], axis=0), axis=1)
    assert steps[38:51].max() < 3 * np.percentile(steps, 95)


def test_a_blink_of_three_frames_keeps_its_height():
    person = seen_person(np.zeros((60, 3)), np.tile((0, 0, -1.0), (60, 1)))
    person.values[29:32, 0] = person.values[29:32, 7] = (0.6, 1.0, 0.6)
    motion = to_motion(person, place([person])[0])
    assert motion["eyeBlinkLeft"].max() == pytest.approx(1.0)


def test_narrow_eyes_are_open_and_blinks_stay():
    wide, narrow = np.full((2, 200), 0.02) + np.array([[0.0], [0.35]])
    blink = np.array([0.5, 0.9, 0.5])
    wide[50:53] = narrow[50:53] = blink
    shut = lids(np.stack([wide, narrow], 1))
    np.testing.assert_allclose(shut[0], 0, atol=1e-6)
    assert (shut[51] > 0.8).all()
    assert lids(np.full((30, 2), 0.95)).min() > 0.8  # eyes that never open

"""Bodies found in pictures: our own characters, whose pose is known, and real recordings."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from visavis.bodies.appearance import complete, default_appearances
from visavis.bodies.figure_cache import load_figure
from visavis.bodies.skeleton import BODY
from visavis.conversation import Conversation, Participant, Track
from visavis.errors import InputError
from visavis.media.frames import open_video
from visavis.media.video import VideoWriter
from visavis.motion import ARKIT, ARKIT_BODY, FLAME, Motion, Seat
from visavis.motion.mapping import with_body
from visavis.perception.bodies import BodyTracker
from visavis.perception.bodies.regions import SteadyRegion, around_face
from visavis.perception.protocol import get_extractor

pytest.importorskip("mediapipe")

SIZE = (920, 576)
SEATS = (Seat((-0.75, 1.6, 0.0), 0.0), Seat((0.75, 1.6, 0.0), 0.0))
HELD = 20
GESTURES = (
    {},
    {"leftUpperArm": (-1.3, 0.0, 0.6)},
    {"rightUpperArm": (-0.5, 0.2, -0.5), "rightLowerArm": (-1.8, 0.2, 0.7)},
    {"leftLowerArm": (-1.3, -0.2, -0.5), "rightLowerArm": (-1.3, 0.2, 0.5)},
)


def performance(seat: Seat) -> Motion:
    still = with_body(Motion.zeros(HELD, 25, ARKIT).with_columns("translation", np.tile(seat.position, (HELD, 1))))
    parts = []
    for gesture in GESTURES:
        part = still
        for joint, turn in gesture.items():
            part = part.with_columns([f"{joint}.{axis}" for axis in "xyz"], np.tile(turn, (HELD, 1)))
        parts.append(part)
    return Motion.concatenate(parts)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A film of both characters, each of whom holds all gestures, with how they move; drawn once per gesture."""
    from visavis.rendering.script import Script
    from visavis.rendering.stage import Stage

    motions = [performance(seat) for seat in SEATS]
    people = tuple(Participant(n, motion=m, seat=s) for n, m, s in zip("AB", motions, SEATS, strict=True))
    stage = Stage(Script.of(Conversation("film", people, len(motions[0]) / 25)), SIZE)
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    width = stage.panels[0].width
    with VideoWriter(path, (width, SIZE[1]), 25) as video:
        for start in range(0, len(motions[0]), HELD):
            picture = next(stage.frames(start, start + 1))[:, :width]
            for _ in range(HELD):
                video.write(picture)
    stage.close()
    return path, motions


def unknown(path) -> Conversation:
    video = open_video(path)
    return Conversation("film", (Participant("A"), Participant("B")), video.duration).with_video(video)


def with_faces(conversation: Conversation) -> Conversation:
    """Boxes where both characters' faces are drawn: a seventh of a metre high, at the seats."""
    width, height = conversation.video.width, conversation.video.height
    people = []
    for person, x in zip(conversation, (0.172, 0.828), strict=True):
        centre, half = np.array([x * width, 0.195 * height]), 0.04 * height
        box = np.concatenate([centre - half, centre + half])
        track = Track(np.tile(box, (round(conversation.duration * 25), 1)), 25, ("x0", "y0", "x1", "y1"))
        people.append(replace(person, tracks={"face": track}))
    return conversation.with_participants(*people)


def apart(found: Motion, true: Motion, bone: str, person: int) -> np.ndarray:
    """Distances (T,) in metres between a bone's places."""
    joints = torch.from_numpy(load_figure(complete(default_appearances()[person]), False, skeleton=BODY).joints)
    ours, theirs = (BODY.pose(torch.from_numpy(m.values), joints)[1].numpy() for m in (found, true))
    return np.linalg.norm(ours - theirs, axis=-1)[:, BODY.names.index(bone)]


@pytest.fixture(scope="module")
def tracked(film) -> Conversation:
    path, _ = film
    return get_extractor("bodies")(with_faces(unknown(path)))


@pytest.mark.parametrize("person", [0, 1])
def test_drawn_gestures_come_back(tracked, film, person):
    true = film[1][person]
    found, body = tracked.participants[person].motion, tracked.participants[person].tracks["body"]
    assert found.space is ARKIT_BODY
    assert len(found) == len(true) == len(body)
    assert body.valid.mean() > 0.95
    errors, hanging = [], []
    settled = np.arange(len(true)) % HELD > 8
    for side, letter in (("left", "L"), ("right", "R")):
        seen = (body[f"{side}Arm"] > 0.75) & settled
        assert seen.sum() > 0.6 * settled.sum()
        errors.append(apart(found, true, f"wrist.{letter}", person)[seen])
        hanging.append(apart(with_body(Motion.zeros(len(true), 25, ARKIT)), true, f"wrist.{letter}", person)[seen])
    assert np.concatenate(errors).mean() < 0.13
    assert np.concatenate(errors).mean() < 0.6 * np.concatenate(hanging).mean()


def test_a_person_alone_needs_no_face(film, tmp_path):
    path, (true, _) = film
    half = tmp_path / "a b é.mp4"
    pictures = open_video(path).frames(25)
    width = pictures.size[0] // 4 * 2
    with VideoWriter(half, (width, pictures.size[1]), 25) as video:
        for picture in pictures:
            video.write(picture[:, :width])
    out = BodyTracker(rate=6.25)(unknown(half))
    assert out.b.motion is None
    assert out.a.tracks["body"].valid.mean() > 0.9
    assert len(out.a.motion) == len(true)
    raised = slice(HELD + 9, 2 * HELD - 2)
    assert (out.a.tracks["body"]["leftArm"][raised] > 0.75).mean() > 0.8
    assert apart(out.a.motion, true, "wrist.L", 0)[raised].mean() < 0.2


def test_what_cannot_be_followed(film):
    path, _ = film
    nothing = Conversation("talk", (Participant("A"), Participant("B")), 1.0)
    with pytest.raises(InputError, match="'talk': has no video"):
        BodyTracker()(nothing)
    flame = unknown(path)
    flame = flame.with_participants(replace(flame.a, motion=Motion.zeros(80, 25, FLAME)), flame.b)
    with pytest.raises(InputError, match="participant A: motion is in 'flame', which cannot be extended by arms"):
        BodyTracker()(flame)
    with pytest.raises(InputError, match="0 per second"):
        BodyTracker(rate=0)(unknown(path))


def test_regions_stay_until_the_face_has_moved_and_end_halfway_to_the_other():
    region, face = SteadyRegion(), np.array([300.0, 200.0, 380.0, 300.0])
    assert region.update(around_face(face, None, 1280, 720))
    assert not region.update(around_face(face + 10, None, 1280, 720))
    assert region.update(around_face(face + 400, None, 1280, 720))
    assert region.stretch == 2
    left, right = around_face(face, face + np.array([400, 0, 400, 0]), 1280, 720), around_face(face, None, 1280, 720)
    assert left[2] == 540
    assert right[2] == 740
    assert (left[:2] == right[:2]).all()


def test_the_debate(real_data):
    """Both stand at desks: A lifts the left hand at the end, B's hands are never in the picture."""
    path = real_data / "two-faces" / "debate.avi"
    video = open_video(path)
    a, b = (
        Track(np.tile(box, (201, 1)), 25, ("x0", "y0", "x1", "y1"))
        for box in ((260, 150, 470, 440), (790, 120, 1010, 420))
    )
    people = (Participant("A", tracks={"face": a}), Participant("B", tracks={"face": b}))
    out = BodyTracker(rate=5)(Conversation("debate", people, video.duration).with_video(video))
    for person in out:
        assert person.tracks["body"].valid.mean() > 0.9
        assert np.isfinite(person.motion.values).all()
    assert (out.a.tracks["body"]["leftArm"][150:] > 0.75).mean() > 0.7
    lifted = out.a.motion["leftLowerArm.x"][150:].mean()
    assert lifted < -0.5  # bent upwards, from hanging
    assert not (out.b.tracks["body"]["rightHand"] > 0.75).any()
    assert out.provenance["notes"] == ["person B: no arm is fully visible; both stay at rest"]


@pytest.mark.parametrize(("name", "arms"), [("WDA_KatieHill_000", False), ("latentsync_demo1_video", True)])
def test_one_face(real_data, name, arms):
    """Shoulders cut off by the picture's edges tell nothing; somebody who sits in the middle of it shows both arms."""
    out = BodyTracker(rate=4)(unknown(real_data / "one-face" / f"{name}.mp4").window(0, 5))
    body, motion = out.a.tracks["body"], out.a.motion
    assert np.isfinite(motion.values).all()
    assert (body.valid.mean() > 0.9) == arms
    for side in ("left", "right"):
        assert ((body[f"{side}Arm"] > 0.75).mean() > 0.9) == arms
        assert (motion[f"{side}LowerArm.x"].mean() < -0.3) == arms
    if not arms:
        assert "person A: the body is never visible; it stays at rest" in out.provenance["notes"]

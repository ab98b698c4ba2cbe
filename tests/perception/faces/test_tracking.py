"""Faces tracked in real videos, in collages of them, and in drawings of known motion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from face_toys import collage, degrees_apart, filmed

from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.media import VideoWriter, open_video, read_audio
from visavis.motion import ARKIT
from visavis.motion.rotations import compose, matrix_to_rotvec
from visavis.perception.active_speaker import ActiveSpeaker
from visavis.perception.faces import FaceTracker
from visavis.perception.speaking import Diarizer

pytest.importorskip("mediapipe", reason="face tracking needs visavis[perception]")


@pytest.fixture(scope="module")
def clips(real_data):
    """Three people's faces, 100 frames each."""
    names = ("WDA_AlexandriaOcasioCortez_000", "WDA_KatieHill_000", "liveportrait_d6")
    return [
        np.stack(list(open_video(real_data / "one-face" / f"{name}.mp4").frames(stop=4.0, longest=256)))
        for name in names
    ]


@pytest.fixture(scope="module")
def debate(real_data) -> Conversation:
    return FaceTracker()(filmed(real_data / "two-faces" / "debate.avi"))


def test_both_people_of_the_debate_are_tracked_and_never_exchanged(debate):
    for person, (left, right) in zip(debate, ((0, 640), (640, 1280)), strict=True):
        face = person.tracks["face"]
        assert face.valid.mean() >= 0.99
        middle = (face["x0"] + face["x1"])[face.valid] / 2
        assert ((middle > left) & (middle < right)).all()
        assert 50 < np.median(face["size"]) < 100
        assert np.median(face["visible"]) > 0.7
    assert debate.provenance["notes"] == []
    assert debate.a.seat.position[0] < 0 < debate.b.seat.position[0]
    assert debate.a.seat.yaw > 0 > debate.b.seat.yaw  # they are turned to each other


def test_in_the_debate_the_face_that_talks_is_found(debate, real_data):
    """No labels come with it; what one sees: at first his mouth moves and hers rests, then hers moves throughout."""
    sound = read_audio(real_data / "two-faces" / "debate.avi").channels[0].slice(0, debate.duration)
    found = ActiveSpeaker()(Diarizer()(replace(debate, mixed=sound)))
    her, him = (person.tracks["active_speaker"]["speaking"] for person in found)
    assert him[:8].mean() > her[:8].mean() + 0.2
    assert her[30:].mean() > him[30:].mean() + 0.1
    assert (her[30:] > 0.5).mean() > 0.9


def test_scores_and_poses_agree_with_the_tracks_given(real_data):
    """MediaPipe on the whole picture, frame by frame, is what the tracks were made with."""
    name = "WDA_KatieHill_000"
    with np.load(real_data / "one-face" / "tracks" / f"{name}.npz", allow_pickle=False) as given:
        theirs = {str(n): given["bs"][:, i] for i, n in enumerate(given["names"])}
        rotations = matrix_to_rotvec(given["M"][:, :3, :3])
    motion = FaceTracker()(filmed(real_data / "one-face" / f"{name}.mp4")).a.motion
    assert motion is not None
    count = min(len(motion), len(rotations))
    for shape in ("mouthSmileLeft", "eyeBlinkLeft", "eyeBlinkRight", "mouthPucker", "browDownLeft"):
        assert np.corrcoef(motion[shape][:count], theirs[shape][:count])[0, 1] > 0.9, shape
    # The jaw follows the lips' landmarks more than the score.
    assert np.corrcoef(motion["jawOpen"][:count], theirs["jawOpen"][:count])[0, 1] > 0.75
    assert np.abs(motion["jawOpen"][:count] - theirs["jawOpen"][:count]).mean() < 0.1
    ours = compose(motion["neck"], motion["head"])[:count]
    for axis in range(3):
        assert np.corrcoef(ours[:, axis], rotations[:count, axis])[0, 1] > 0.9


def test_people_are_told_apart_across_cuts_and_returns(tmp_path, clips):
    first, second, _ = clips
    shots = [(20, {20: first, 380: second}), (16, {200: first}), (16, {380: first, 20: second}), (16, {150: second})]
    tracked = FaceTracker()(filmed(collage(tmp_path / "x.mp4", [*shots, (16, {20: first, 380: second})])))
    left = [(p.tracks["face"]["x0"] + p.tracks["face"]["x1"]) / 2 < 320 for p in tracked]
    seen = [p.tracks["face"].valid for p in tracked]
    cut = np.repeat(np.arange(5), [shot[0] for shot in [*shots, (16,)]])
    assert (seen[0] == np.isin(cut, (0, 1, 2, 4))).mean() > 0.97
    assert (seen[1] == np.isin(cut, (0, 2, 3, 4))).mean() > 0.97
    assert left[0][seen[0] & np.isin(cut, (0, 4))].all()
    assert not left[0][seen[0] & (cut == 2)].any()
    assert left[1][seen[1] & (cut == 2)].all()
    assert not left[1][seen[1] & np.isin(cut, (0, 4))].any()


def test_people_who_cross_keep_their_names(tmp_path, clips):
    """One walks past in front of the other, from the left to the right."""
    first, second, _ = clips
    shots = []
    for i in range(60):
        x = round(np.clip(i - 10, 0, 40) / 40 * 360) + 20
        shots.append((1, {400 - x: second, x: first}))
    tracked = FaceTracker()(filmed(collage(tmp_path / "x.mp4", shots)))
    a, b = (p.tracks["face"] for p in tracked)
    assert np.median((a["x0"] + a["x1"])[:8]) / 2 < 320 < np.median((b["x0"] + b["x1"])[:8]) / 2
    assert np.median((b["x0"] + b["x1"])[-5:]) / 2 < 320 < np.median((a["x0"] + a["x1"])[-5:]) / 2
    assert a.valid[-5:].all()
    assert b.valid[-5:].all()


def test_a_third_person_is_left_out_and_said(tmp_path, clips):
    shots = [(30, {0: clips[0], 210: clips[1]}), (40, {0: clips[0], 210: clips[1], 420: clips[2]})]
    tracked = FaceTracker()(filmed(collage(tmp_path / "x.mp4", shots, cell=200)))
    assert any("3 people's faces" in note for note in tracked.provenance["notes"])
    for person, (low, high) in zip(tracked, ((0, 210), (210, 420)), strict=True):
        face = person.tracks["face"]
        assert face.valid.mean() > 0.95
        assert low < np.median((face["x0"] + face["x1"]) / 2) < high


def test_small_faces_of_a_wide_picture_are_found(tmp_path, clips):
    """Faces of some 40 pixels in 1280 x 720, at full resolution though the picture is large."""
    path = collage(tmp_path / "x.mp4", [(20, {200: clips[0], 900: clips[1]})], size=(1280, 720), cell=80)
    tracked = FaceTracker()(filmed(path))
    for person in tracked:
        assert person.tracks["face"].valid.mean() > 0.9
        assert np.median(person.tracks["face"]["size"]) < 25


def test_sharpness_and_size_say_how_good_a_face_is(tmp_path, clips):
    import cv2

    blurred = np.stack([cv2.GaussianBlur(picture, (0, 0), 5) for picture in clips[0]])
    sharp, soft = (
        FaceTracker()(filmed(collage(tmp_path / f"{i}.mp4", [(8, {200: clip})]))).a.tracks["face"]
        for i, clip in enumerate((clips[0], blurred))
    )
    assert np.median(soft["sharpness"]) < 0.4 * np.median(sharp["sharpness"])
    assert np.median(soft["size"]) == pytest.approx(np.median(sharp["size"]), rel=0.1)


def test_a_face_half_out_of_the_picture_is_less_visible(tmp_path, clips):
    path = collage(tmp_path / "x.mp4", [(10, {200: clips[0]}), (10, {-120: clips[0]})])
    face = FaceTracker()(filmed(path)).a.tracks["face"]
    assert np.median(face["visible"][2:10]) > 0.95
    assert not face.valid[12:].any() or np.median(face["visible"][12:][face.valid[12:]]) < 0.9


def test_no_face_and_no_video_are_said_plainly(tmp_path):
    path = tmp_path / "x.mp4"
    with VideoWriter(path, (320, 240), 25.0) as writer:
        for i in range(20):
            writer.write(np.full((240, 320, 3), 100 + i, np.uint8))
    tracked = FaceTracker()(filmed(path))
    assert tracked.a.motion is None
    assert tracked.b.motion is None
    assert tracked.provenance["notes"] == ["no face is visible; there is no motion"]
    with pytest.raises(InputError, match="has no video"):
        FaceTracker()(Conversation("x", (Participant("A"), Participant("B")), 1.0))
    with pytest.raises(InputError, match="field of view"):
        FaceTracker(field_of_view=200)(filmed(path))


def test_sound_that_outlasts_the_picture_leaves_frames_unseen(tmp_path, clips):
    video = open_video(collage(tmp_path / "x.mp4", [(25, {200: clips[0]})]))
    longer = Conversation("x", (Participant("A"), Participant("B")), 3.0).with_video(video)
    tracked = FaceTracker()(longer)
    assert len(tracked.a.motion) == len(tracked.a.tracks["face"]) == 75
    assert not tracked.a.tracks["face"].valid[25:].any()
    assert any("audio continues for 2.0 s" in note for note in tracked.provenance["notes"])


def test_motion_drawn_with_the_built_in_body_comes_back(tmp_path):
    from drawn import draw, known_motion

    frames = 30
    true, seat, sight = known_motion(frames)
    conversation = draw(tmp_path / "x.mp4", true, seat, (480, 384))
    tracked = FaceTracker(field_of_view=sight)(conversation)
    assert tracked.a.tracks["face"].valid.all()
    found = tracked.a.motion
    for shape in ("jawOpen", "eyeBlinkLeft", "eyeBlinkRight", "mouthSmileLeft", "mouthSmileRight"):
        assert np.corrcoef(found[shape], true[shape])[0, 1] > 0.75, shape
    apart = degrees_apart(compose(found["neck"], found["head"]), compose(true["neck"], true["head"]))
    assert np.median(apart) < 4.5
    eyes, looked = (np.degrees(m.values[:, ARKIT.indices("eyes")]) for m in (found, true))
    assert np.corrcoef(eyes[:, 1], looked[:, 1])[0, 1] > 0.85
    assert np.abs(eyes - looked).mean() < 5

"""A face found is not a face believed: photos beside living faces, in films made of the built-in body and of people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import stills
from drawn import draw, known_motion
from face_toys import filmed
from stills import (
    faded_in,
    film,
    filmed_by_hand,
    followed_by,
    frozen,
    held,
    living,
    noisy,
    renewed,
    with_waveform,
    zoomed,
)

from visavis.conversation import Track
from visavis.media import open_video
from visavis.perception.bodies import BodyTracker
from visavis.perception.faces import FaceTracker

pytest.importorskip("mediapipe", reason="face tracking needs visavis[perception]")

SECONDS = 6.0


@pytest.fixture(scope="module")
def body(tmp_path_factory) -> stills.Face:
    """The built-in body, which talks, blinks and looks about."""
    motion, seat, _ = known_motion(30)
    path = tmp_path_factory.mktemp("body") / "body.mp4"
    draw(path, motion, seat, (400, 400))
    return living(np.stack([picture[140:340, 100:300] for picture in open_video(path).frames()]))


@dataclass(frozen=True)
class Seen:
    """What became of both faces of a film."""

    living: tuple[np.ndarray, np.ndarray]
    still: tuple[np.ndarray, np.ndarray]
    moved: tuple[bool, bool]
    notes: list[str]


@pytest.fixture
def track(tmp_path):
    def run(faces, codec="libx264", seconds=SECONDS, **options) -> Seen:
        conversation = FaceTracker()(filmed(film(tmp_path / "x.mkv", faces, seconds, codec, **options)))
        tracks: list[Track] = [person.tracks["face"] for person in conversation]
        for person, found in zip(conversation, tracks, strict=True):
            assert (person.motion is not None) == (person.seat is not None) == found.valid.any()
            assert not (found.valid & (found["still"] > 0)).any()
        return Seen(
            tuple(each.valid for each in tracks),
            tuple(each["still"] > 0 for each in tracks),
            tuple(person.motion is not None for person in conversation),
            conversation.provenance["notes"],
        )

    return run


STILL_B = ["person B: the face is a still picture; no motion is taken from it"]
STILL_BOTH = ["person A: the face is a still picture; no motion is taken from it", *STILL_B]


def shares(masks) -> list[float]:
    return [float(mask.mean()) for mask in masks]


def test_a_photo_beside_a_living_face_with_key_frames_that_pulse(track, body):
    seen = track((body, held(body)), crf=38, g=12)
    assert seen.moved == (True, False)
    assert shares(seen.living) == [pytest.approx(1, abs=0.02), 0]
    assert seen.still[1].mean() > 0.97
    assert seen.notes == STILL_B


def test_stills_that_are_zoomed_and_noisy_are_stills(track, body):
    seen = track((zoomed(held(body)), noisy(held(body, 12), 8)), "mpeg4", flags="+qscale", global_quality=12 * 118)
    assert seen.moved == (False, False)
    assert seen.notes == STILL_BOTH


def test_stills_that_are_faded_in_and_filmed_by_hand_are_stills(track, body):
    seen = track((faded_in(held(body)), filmed_by_hand(held(body, 12))), crf=28)
    assert seen.moved == (False, False)
    assert seen.notes == STILL_BOTH


def test_a_dancing_waveform_moves_no_face_and_thumbnails_are_no_film(track, body):
    seen = track((with_waveform(held(body, 5)), renewed(body, 25)), crf=30)
    assert seen.moved == (False, False)
    assert seen.notes == STILL_BOTH


def test_a_call_that_freezes_and_a_camera_that_goes_off(track, body):
    seen = track((frozen(body, 2.5, 5.0), followed_by(body, held(body, 30), 4.0)), seconds=8.0, crf=30)
    assert seen.moved == (True, True)
    seconds = (np.arange(len(seen.living[0])) + 0.5) / stills.FPS
    np.testing.assert_allclose([seconds[mask].min(initial=9) for mask in seen.still], [2.5, 4.0], atol=0.15)
    assert seconds[seen.still[0]].max() == pytest.approx(5.0, abs=0.15)
    assert seen.still[1][seconds > 4.3].all()
    assert seen.living[0][(seconds < 2.3) | (seconds > 5.3)].all()
    assert seen.living[1][seconds < 3.7].all()
    assert [note.split(":")[0] for note in seen.notes] == ["person A", "person B"]
    assert all("a still picture for" in note and "of 8.0 s" in note for note in seen.notes)


@pytest.fixture(scope="module")
def people(real_data) -> list[stills.Face]:
    """Two real faces: one who talks, one who is calm."""
    names = ("WDA_KatieHill_000", "liveportrait_d3")
    return [
        living(np.stack(list(open_video(real_data / "one-face" / f"{name}.mp4").frames(stop=SECONDS, longest=256))))
        for name in names
    ]


@pytest.mark.parametrize(
    ("codec", "options"),
    [("libx264", {"crf": 42}), ("mpeg4", {"b": 60_000, "g": 12})],
)
def test_real_people_live_however_badly_they_are_seen(track, people, codec, options):
    seen = track(people, codec, **options)
    assert seen.moved == (True, True)
    assert not any(mask.any() for mask in seen.still)
    assert seen.notes == []


def test_a_real_listener_beside_a_photo_that_is_zoomed(track, people):
    talker, calm = people
    seen = track((zoomed(held(talker, 40)), calm), "mpeg4", flags="+qscale", global_quality=15 * 118)
    assert seen.moved == (False, True)
    assert shares(seen.living) == [0, pytest.approx(1, abs=0.02)]
    assert seen.notes == ["person A: the face is a still picture; no motion is taken from it"]


def test_a_photo_has_no_body_and_a_living_face_beside_it_has(tmp_path, body):
    still = FaceTracker()(filmed(film(tmp_path / "x.mkv", (held(body), held(body, 12)), 3.0, crf=28)))
    assert BodyTracker()(still) == still
    beside = BodyTracker()(FaceTracker()(filmed(film(tmp_path / "y.mkv", (body, held(body, 12)), 3.0, crf=28))))
    assert "body" in beside.a.tracks
    assert beside.b.motion is None
    assert "body" not in beside.b.tracks

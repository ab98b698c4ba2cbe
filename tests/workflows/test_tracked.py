"""A video given to `animate` or `listen`: who is seen moves as seen, in the seats of the layout."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import soundfile

from duet_toys import toy_checkpoint
from film_toys import film
from reporters import Recorded
from visavis.conversation import Track
from visavis.errors import InputError
from visavis.motion import ARKIT, Motion
from visavis.motion.seat import Seat
from visavis.workflows import tracked
from visavis.workflows.animate import Request, make_conversation
from visavis.workflows.listen import speaker_first

CAMERA = Seat((0.2, 1.5, -0.1), 0.4)


@dataclass(frozen=True)
class Looking:
    """Sees A nod and lean, 10 cm in front of the seat, in as many of the frames as told."""

    share: float = 1.0
    broken: bool = False

    def __call__(self, conversation):
        if self.broken:
            raise InputError("it is all dark")
        frames = round(conversation.duration * 25)
        motion = Motion.zeros(frames, 25.0, ARKIT).with_columns("jawOpen", np.linspace(0, 1, frames))
        motion = motion.with_columns("translation", np.array(CAMERA.position) + 0.1 * CAMERA.forward)
        face = Track(np.ones((frames, 1)), 25.0, ("size",), np.arange(frames) < self.share * frames)
        a = replace(conversation.a, motion=motion, seat=CAMERA, tracks={"face": face})
        return conversation.with_participants(a, conversation.b)


@pytest.fixture
def look(monkeypatch):
    """Sets what is seen."""

    def see(faces):
        monkeypatch.setattr(
            tracked, "get_extractor", lambda kind: faces if kind == "faces" else lambda conversation: conversation
        )

    return see


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(toy_checkpoint(tmp_path_factory.mktemp("model") / "checkpoint"))


def test_who_is_seen_moves_as_seen_where_the_layout_seats_them(look, model, tmp_path):
    look(Looking())
    told = Recorded()
    made = make_conversation(Request((film(tmp_path / "talk.mp4", 2.0, 2.0),), model=model), told)
    a, b = made.participants
    np.testing.assert_allclose(a.motion["jawOpen"].ravel(), np.linspace(0, 1, len(a.motion)), atol=1e-5)
    ahead = np.array(a.seat.position) + 0.1 * a.seat.forward
    np.testing.assert_allclose(a.motion["translation"], np.tile(ahead, (len(a.motion), 1)), atol=1e-5)
    assert np.abs(np.diff(b.motion.values, axis=0)).max() > 0  # generated
    assert made.provenance["tracked"] == "A"
    assert "A follows the video" in told.notes


@pytest.mark.parametrize("faces", [Looking(share=0.3), Looking(broken=True)])
def test_who_is_hardly_seen_is_moved_from_the_sound(look, model, tmp_path, faces):
    look(faces)
    path = film(tmp_path / "talk.mp4", 2.0, 2.0)
    made = make_conversation(Request((path,), model=model))
    alone = make_conversation(Request((path,), model=model, from_sound=True))
    assert made.a.motion == alone.a.motion
    assert "tracked" not in made.provenance
    told = (
        "it is all dark"
        if faces.broken
        else "talk.mp4: no face is visible for long; motion is generated from the audio alone"
    )
    assert any(told in note for note in made.provenance["notes"])


def test_of_two_films_each_shows_one_person(look, model, tmp_path):
    look(Looking())
    rng = np.random.default_rng(0)
    paths = film(tmp_path / "a.mp4", 2.0, 2.0), tmp_path / "b.wav"
    soundfile.write(paths[1], 0.1 * rng.standard_normal(32_000), 16_000)
    assert make_conversation(Request(paths, model=model)).provenance["tracked"] == "A"
    assert make_conversation(Request(paths[::-1], model=model)).provenance["tracked"] == "B"


def test_the_speaker_takes_the_own_face_along(look, tmp_path):
    look(Looking())
    path = film(tmp_path / "talk.mp4", 1.0)
    from visavis.workflows.extract import open_source

    seen = tracked.track_faces(open_source(path), tracked.open_videos([path]), 2)
    quiet, loud = (Track(np.full(25, level), 25.0, ("speaking",)) for level in (0.1, 0.9))
    a, b = seen.participants
    swapped = speaker_first(seen.with_participants(replace(a, speaking=quiet), replace(b, speaking=loud)))
    assert swapped.b.motion == a.motion
    assert swapped.a.motion is None


def test_motion_is_kept_at_the_rate_of_what_is_generated(look, tmp_path):
    look(Looking())
    path = film(tmp_path / "talk.mp4", 2.0)
    from visavis.workflows.extract import open_source

    seen = tracked.track_faces(open_source(path), tracked.open_videos([path]), 2)
    faster = Motion.zeros(2 * len(seen.a.motion), 50.0, ARKIT)
    moved = seen.with_participants(*(replace(p, motion=faster, seat=CAMERA) for p in seen))
    kept = tracked.merge_tracked(seen, moved).a.motion
    assert (kept.fps, len(kept)) == (50.0, len(faster))
    np.testing.assert_allclose(kept["jawOpen"].ravel(), np.linspace(0, 1, len(kept)), atol=0.02)


def test_a_film_that_begins_later_is_on_the_recordings_clock(tmp_path):
    path = film(tmp_path / "late.mp4", 2.0)
    shown = tracked.open_videos([path, path], (0.0, 1.0))
    assert shown[1].duration == pytest.approx(shown[0].duration + 1.0)
    now, later = (np.array([picture.mean() for picture in video.frames(25.0)]) for video in shown.values())
    np.testing.assert_allclose(later[25 : 25 + len(now)], now, atol=1)
    assert np.ptp(later[:25]) < 1  # its first picture until then

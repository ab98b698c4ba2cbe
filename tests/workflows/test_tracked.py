"""A video given to `animate` or `listen`: who is seen moves as seen, in the seats of the layout."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import soundfile

from duet_toys import toy_checkpoint, toy_conversation
from film_toys import film
from reporters import Recorded
from visavis.conversation import Conversation, Participant, Track
from visavis.errors import InputError
from visavis.motion import ARKIT, ARKIT_BODY, Motion
from visavis.motion.seat import Seat
from visavis.workflows import tracked
from visavis.workflows.animate import Request, make_conversation
from visavis.workflows.listen import speaker_first
from visavis.workflows.tracked import merge_tracked

CAMERA = Seat((0.2, 1.5, -0.1), 0.4)


@dataclass(frozen=True)
class Looking:
    """Sees A nod and lean, 10 cm in front of the seat, in as many of the frames as told; the rest may be a picture.

    With `beside`, B is seen as well: as a still picture throughout.
    """

    share: float = 1.0
    broken: bool = False
    then_still: bool = False
    beside: bool = False

    def __call__(self, conversation):
        if self.broken:
            raise InputError("it is all dark")
        frames = round(conversation.duration * 25)
        motion = Motion.zeros(frames, 25.0, ARKIT).with_columns("jawOpen", np.linspace(0, 1, frames))
        motion = motion.with_columns("translation", np.array(CAMERA.position) + 0.1 * CAMERA.forward)
        seen = np.arange(frames) < self.share * frames
        a = replace(conversation.a, tracks={"face": face_track(seen, ~seen & self.then_still)})
        if self.share:
            a = replace(a, motion=motion, seat=CAMERA)
        b = conversation.b
        if self.beside:
            b = replace(b, tracks={"face": face_track(seen & False, seen | True)})
        return conversation.with_participants(a, b)


def face_track(seen, still):
    return Track(np.column_stack([np.ones(len(seen)), still]), 25.0, ("size", "still"), seen)


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


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_whoever_has_a_body_keeps_it_under_the_face_that_is_seen(share):
    """Of the video of a face nothing is known of arms; both people stay in one space."""
    seen = Looking(share)(toy_conversation(3, 4.0, motion=False))
    generated = toy_conversation(4, 4.0, space=ARKIT_BODY)
    a, b = merge_tracked(seen, generated).participants
    assert a.motion.space == b.motion.space == ARKIT_BODY
    assert np.array_equal(a.motion.values[:, ARKIT.dim :], generated.a.motion.values[:, ARKIT.dim :])
    np.testing.assert_allclose(a.motion["jawOpen"][:40], seen.a.motion["jawOpen"][:40], atol=1e-5)


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


def test_a_still_picture_is_moved_from_the_sound(look, model, tmp_path):
    look(Looking(beside=True))
    path = film(tmp_path / "talk.mp4", 3.0, 3.0)
    made = make_conversation(Request((path,), model=model))
    alone = make_conversation(Request((path,), model=model, from_sound=True))
    assert made.b.motion == alone.b.motion
    assert made.provenance["tracked"] == "A"
    notes = made.provenance["notes"]
    assert "A follows the video" in notes
    assert "B's face is a still picture in the video; B is moved from the sound" in notes
    assert "face" not in made.b.tracks  # it says nothing about motion that was generated


def test_a_cover_of_both_is_moved_from_the_sound(look, model, tmp_path):
    look(Looking(share=0.0, then_still=True, beside=True))
    path = film(tmp_path / "talk.mp4", 3.0, 3.0)
    made = make_conversation(Request((path,), model=model))
    alone = make_conversation(Request((path,), model=model, from_sound=True))
    assert [person.motion for person in made] == [person.motion for person in alone]
    assert "tracked" not in made.provenance
    said = [note for note in made.provenance["notes"] if "still picture" in note]
    assert [note[0] for note in said] == ["A", "B"]
    assert not any("no face is visible" in note or note[-9:] == "the video" for note in made.provenance["notes"])


@pytest.mark.parametrize("still", [True, False], ids=["a photo", "out of sight"])
def test_the_sound_takes_over_where_the_face_is_no_longer_seen(look, model, tmp_path, still):
    look(Looking(share=0.5, then_still=still))
    path = film(tmp_path / "talk.mp4", 6.0, 6.0)
    made = make_conversation(Request((path,), model=model))
    alone = make_conversation(Request((path,), model=model, from_sound=True))
    jaw, tracked_jaw, sound = (
        made.a.motion["jawOpen"].ravel(),
        np.linspace(0, 1, 150),
        alone.a.motion["jawOpen"].ravel(),
    )
    np.testing.assert_allclose(jaw[:65], tracked_jaw[:65], atol=1e-5)
    np.testing.assert_allclose(jaw[85:], sound[85:], atol=1e-5)
    assert np.abs(np.diff(jaw[60:90])).max() < 0.2 * np.abs(tracked_jaw[75] - sound[75]) + np.abs(np.diff(sound)).max()
    why = "a still picture" if still else "out of sight"
    assert (
        f"A follows the video for 3.0 s of 6.0 s; for the rest the face is {why} and A is moved from the sound"
        in made.provenance["notes"]
    )
    assert made.provenance["tracked"] == "A"
    assert made.a.tracks["face"].valid.sum() == 75  # observed there, and nowhere else


def test_a_moment_out_of_sight_does_not_interrupt(look, tmp_path):
    """Shorter than a second: the motion between what was seen before and after is better than another's."""
    seen = np.ones(150, bool)
    seen[60:80] = False
    motion = Motion.zeros(150, 25.0, ARKIT)
    person = Participant("A", motion=motion, seat=CAMERA, tracks={"face": face_track(seen, ~seen)})
    before = Conversation("x", (person, Participant("B")), 6.0)
    new = Motion.zeros(150, 25.0, ARKIT).with_columns("jawOpen", np.ones(150))
    moved = before.with_participants(*(replace(p, motion=new, seat=CAMERA, tracks={}) for p in before))
    merged = tracked.merge_tracked(before, moved)
    assert merged.a.motion["jawOpen"].max() == 0
    assert merged.provenance["notes"] == ["A follows the video"]


def test_of_a_film_of_one_s_own_the_living_face_is_taken(look, model, tmp_path):
    """A poster hangs on the left, the person sits on the right."""

    @dataclass(frozen=True)
    class Mirrored(Looking):
        def __call__(self, conversation):
            return Looking.__call__(self, conversation).swapped()

    look(Mirrored(beside=True))
    soundfile.write(tmp_path / "b.wav", 0.1 * np.random.default_rng(0).standard_normal(48_000), 16_000)
    made = make_conversation(Request((film(tmp_path / "a.mp4", 3.0, 3.0), tmp_path / "b.wav"), model=model))
    assert made.provenance["tracked"] == "A"
    np.testing.assert_allclose(made.a.motion["jawOpen"].ravel(), np.linspace(0, 1, 75), atol=1e-5)


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

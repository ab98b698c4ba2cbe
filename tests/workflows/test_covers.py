"""Recordings whose picture, or half of it, never changes: whoever is but a picture is moved by the sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reporters import Recorded
from visavis.conversation import Conversation
from visavis.corpora.curation.registry import BUILT_IN
from visavis.corpora.curation.stage import Item, Source
from visavis.errors import InputError
from visavis.media import VideoWriter, open_video, read_audio
from visavis.motion import ARKIT, Motion
from visavis.rendering.portrait import Portraits
from visavis.workflows import reenact
from visavis.workflows.animate import Request, make_conversation
from visavis.workflows.extract import Extractors, ExtractRequest, extract

pytest.importorskip("mediapipe", reason="face tracking needs visavis[perception]")

TALK = Path(__file__).resolve().parents[2] / "examples" / "talk.wav"
SECONDS = 8.0
PLAIN = {"skip": ("bodies", "words", "safety")}
SPEAKS = 0.05
"""Standard deviation of ``jawOpen`` while speaking, at least, of somebody who is moved by the sound."""


def jaw(conversation: Conversation, person: int) -> float:
    """The standard deviation of ``jawOpen`` while a person speaks."""
    who = conversation.participants[person]
    heard = who.speaking.at(who.motion.fps, len(who.motion)).values[:, 0] > 0.5
    return float(who.motion["jawOpen"].ravel()[heard].std())


def notes(conversation: Conversation, what: str = "still picture") -> list[str]:
    return [note for note in conversation.provenance["notes"] if what in note]


@pytest.fixture(scope="module")
def cover(tmp_path_factory) -> Path:
    """The sample conversation below a picture of two faces, of which one looks a little aside."""
    faces = Motion.zeros(2, 25.0, ARKIT).with_columns("head", np.array([[0, 0, 0], [0.05, 0.25, 0]]))
    portraits = Portraits(ARKIT, 224, close=True)
    picture = np.concatenate(portraits.draw(faces), axis=1)
    path = tmp_path_factory.mktemp("cover") / "podcast.mp4"
    sound = read_audio(TALK).channels[0].slice(0, SECONDS)
    with VideoWriter(path, (448, 224), 25.0, sound) as video:
        for _ in range(round(SECONDS * 25)):
            video.write(picture)
    return path


def test_a_cover_is_moved_by_the_sound(cover):
    told = Recorded()
    made = make_conversation(Request((cover,)), told)
    alone = make_conversation(Request((cover,), from_sound=True))
    assert [person.motion for person in made] == [person.motion for person in alone]
    assert jaw(made, 0) >= SPEAKS
    assert jaw(made, 1) >= SPEAKS
    said = [note for note in told.notes if "still picture" in note]
    assert [note[0] for note in said] == ["A", "B"]
    assert not any("follow" in note for note in told.notes)


def test_a_cover_is_stored_without_motion(cover):
    found = extract(cover, Extractors(ExtractRequest((cover,), skip=("words", "safety"))))
    for person in found:
        assert person.motion is None
        assert not person.tracks["face"].valid.any()
        assert person.tracks["face"]["still"].mean() > 0.97
        assert "body" not in person.tracks
    assert len(notes(found)) == 2
    assert notes(found, "audio alone")  # no mouth tells whose voice it is


def test_curation_keeps_no_motion_of_a_cover(cover):
    stages = {stage.name: stage for stage in BUILT_IN}
    talk = extract(
        cover, Extractors(ExtractRequest((cover,), skip=("faces", "bodies", "active-speaker", "safety", "words")))
    )
    item = Item("x", Source(str(cover.parent), cover.name, 1, 1), "key", 0.0, talk.duration, {}, talk)
    talk = replace(talk, video=open_video(cover))
    found = stages["faces"]()(replace(item, conversation=talk))
    assert "still picture" in found.reason
    (item,) = found.items
    assert [person.motion for person in item.found] == [None, None]
    outcome = stages["face-quality"]()(item)
    assert not outcome.kept
    assert outcome.reason.endswith("a still picture")
    assert outcome.figures["still_a"] > 0.97


def test_there_is_nothing_to_re_enact_in_a_cover(cover, tmp_path):
    with pytest.raises(InputError, match="no face is seen to move"):
        reenact.run(ExtractRequest((cover,), **PLAIN), tmp_path / "out")


def test_the_podcast_s_cover_of_the_cases(real_data):
    made = make_conversation(Request((real_data / "cases" / "podcast_cover.mp4",)))
    assert jaw(made, 0) >= SPEAKS
    assert jaw(made, 1) >= SPEAKS
    assert len(notes(made)) == 2


def test_the_photo_in_place_of_a_camera_of_the_cases(real_data):
    path = real_data / "cases" / "camera_off_photo.mp4"
    made = make_conversation(Request((path,)))
    assert made.provenance["tracked"] == "A"
    assert "A follows the video" in notes(made, "")
    assert notes(made) == ["B's face is a still picture in the video; B is moved from the sound"]
    assert jaw(made, 1) >= SPEAKS
    assert made.b.motion["head"].std(0).max() > 0.01
    speak = [person.speaking.values[:, 0] > 0.5 for person in made]
    assert 0.3 < speak[1].mean() < 0.6
    assert (speak[0] & speak[1]).mean() < 0.05  # they take turns
    stored = extract(path, Extractors(ExtractRequest((path,), **PLAIN)))
    assert stored.a.tracks["face"].valid.all()
    assert stored.b.motion is None
    assert (stored.b.speaking.values > 0.5).mean() == pytest.approx(speak[1].mean(), abs=0.02)

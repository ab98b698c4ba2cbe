"""Stages that look for people, on a real debate between two, side by side."""

from dataclasses import replace
from shutil import copy

import numpy as np
import pytest

from curation_toys import write_talk
from visavis.conversation import Conversation, Participant, Track, Utterance
from visavis.corpora.curation.stage import Item, Source
from visavis.corpora.curation.stages.speaker import SpeakerCrops
from visavis.corpora.curation.stages.thumbnail import Thumbnail
from visavis.media import open_video

pytest.importorskip("mediapipe", reason="needs MediaPipe: pip install 'visavis[perception]'")
FACE = ("x0", "y0", "x1", "y1", "size", "sharpness", "visible")
BOXES = ([270, 138, 480, 316, 80, 1, 1], [835, 123, 1000, 330, 80, 1, 1])


def of(path) -> Item:
    return Item("x", Source(str(path.parent), path.name, 1, 1), "key", facts={"content": "c"})


def test_a_thumbnail_with_and_without_people(tmp_path, real_data):
    from PIL import Image

    debate = copy(real_data / "two-faces" / "debate.avi", tmp_path / "debate.avi")
    outcome = Thumbnail(people=2)(of(debate))
    assert outcome.kept
    assert outcome.figures["people"] == 2
    noise = write_talk(tmp_path / "noise.mp4", 1.0, 0, size=(480, 320))
    assert not Thumbnail()(of(noise)).kept
    picture = next(iter(open_video(debate).frames(25.0, 1.0, 1.04)))
    Image.fromarray(picture).save(tmp_path / "noise.jpg")  # the thumbnail beside it decides
    assert Thumbnail(people=2)(of(noise)).kept
    (tmp_path / "debate.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"debate\.png: not an intact picture"):
        Thumbnail()(of(debate))


def test_the_speaker_is_cropped_and_followed(tmp_path, real_data):
    """A speaks for two seconds, then B, and in B's turn A joins in: the crop stays with B."""
    path = copy(real_data / "two-faces" / "debate.avi", tmp_path / "debate.avi")
    speaks = np.zeros((2, 100), np.float32)
    speaks[0, :50] = speaks[1, 50:] = speaks[0, 75:90] = 1
    spans = ((Utterance(0.0, 2.0),), (Utterance(2.0, 4.0),))
    people = [
        replace(
            Participant(name, utterances=said, speaking=Track(row, 25.0, ("speaking",))),
            tracks={"face": Track(np.tile(np.array(box, np.float32), (100, 1)), 25.0, FACE)},
        )
        for name, row, box, said in zip("AB", speaks, BOXES, spans, strict=True)
    ]
    talk = Conversation("x", (people[0], people[1]), 4.0).with_video(open_video(path).slice(0, 4))
    outcome = SpeakerCrops()(replace(of(path), conversation=talk, stop=4.0))
    assert outcome.figures == {"pictures": 20, "with_speaker": 20, "of_the_utterance": 20}
    a, b = (person.tracks["speaker"] for person in outcome.items[0].found)
    assert list(np.flatnonzero(a.valid)) == list(range(50))
    assert list(np.flatnonzero(b.valid)) == list(range(50, 100))
    assert (a["x1"][:50] < 720).all()  # the left half of 1280 pixels, and a little
    assert (b["x0"][50:] > 560).all()
    assert (b["x0"][50:] < 835).all()  # more than the face

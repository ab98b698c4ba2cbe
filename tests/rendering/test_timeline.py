"""The timeline shows what happens where it happens: pixels of the right colour in the right places."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from visavis.conversation import Conversation, Interval, Participant, Track, Utterance, Word
from visavis.errors import InputError
from visavis.motion import ARKIT, EMOCA56, Motion, face_to_face
from visavis.motion.gaze import eye_positions, look_at
from visavis.rendering.timeline import COLOURS, common, draw_timeline

SECONDS = 10.0
TIMES = np.arange(250) / 25


@pytest.fixture(scope="module")
def talk() -> Conversation:
    """A speaks first, B second; B smiles from 4 to 6 s; both look at each other from 0 to 5 s, then B looks up."""
    seats = face_to_face(1.0)
    motions = [Motion.zeros(250, 25, ARKIT).with_columns("translation", np.tile(s.position, (250, 1))) for s in seats]
    eyes = [
        np.concatenate(look_at(eye_positions(motions[1 - i], seats[1 - i]), motions[i], seats[i]), 1) for i in (0, 1)
    ]
    eyes[1][125:] += [-0.5, 0, 0, -0.5, 0, 0]
    motions = [m.with_columns("eyes", e) for m, e in zip(motions, eyes, strict=True)]
    smile = np.where((TIMES >= 4) & (TIMES < 6), 0.6, 0)
    motions[1] = motions[1].with_columns("mouthSmileLeft", smile).with_columns("mouthSmileRight", smile)
    speaking = [Track((TIMES < 5) * 1.0, 25, ("speaking",)), Track((TIMES >= 5) * 1.0, 25, ("speaking",))]
    words = (Word("hello $x", 0.5, 1.0), Word("Привет", 2.0, 2.5))
    people = tuple(
        Participant(name, motion=m, speaking=s, seat=seat, utterances=(Utterance(0.5, 2.5, words),) if i == 0 else ())
        for i, (name, m, s, seat) in enumerate(zip(("Ann", ""), motions, speaking, seats, strict=True))
    )
    return Conversation("talk", people, SECONDS)


def shown(path, colour, tolerance=60):
    """Where in the row (0 to 1) at least three pixels of a column come close to a colour."""
    pixels = np.asarray(Image.open(path).convert("RGB"), int)
    left, right = round(0.062 * pixels.shape[1]), round(0.99 * pixels.shape[1])
    body = pixels[45:, left:right]
    near = (np.abs(body - np.array(to_rgb(colour)) * 255).sum(-1) < tolerance).sum(0) >= 3
    return np.interp(np.linspace(0, 1, 101)[:-1] + 0.005, np.linspace(0, 1, near.size), near) > 0.5


def test_speech_smiles_and_mutual_gaze_are_where_they_happen(talk, tmp_path):
    path = draw_timeline(talk, tmp_path / "timeline.png")
    half = np.arange(100) < 50
    assert np.mean(shown(path, COLOURS["mutual"]) == half) > 0.97
    speech = np.asarray(Image.open(path).convert("RGB"), int)
    top, bottom = speech[45 : len(speech) // 2], speech[len(speech) // 2 :]
    assert np.mean(shown(path, "#EBB840", 50) == (np.abs(np.arange(100) - 49.5) < 10)) > 0.95  # smiles, over white
    assert (np.abs(top - [219, 116, 38]).sum(-1) < 40).sum() > 5000
    assert (np.abs(bottom - [38, 134, 189]).sum(-1) < 40).sum() > 5000


def test_rows_grow_with_duration_and_stay_few(talk, tmp_path):
    heights = {}
    for seconds in (8, 60, 400, 3600):
        people = [Participant(n, speaking=Track(np.ones(seconds), 1, ("speaking",))) for n in "AB"]
        path = draw_timeline(Conversation("long", tuple(people), seconds), tmp_path / f"{seconds}.png")
        with Image.open(path) as image:
            assert image.width == 1650
            heights[seconds] = image.height
    assert heights[8] < heights[60]
    assert max(heights.values()) < 3000


def test_without_motion_events_and_gaze_targets_tell(tmp_path):
    looks = Track(np.where(np.arange(100) < 50, 1.0, 0.0), 10, ("code",))
    person = Participant("A", tracks={"gaze_target": looks}, events={"smile": (Interval("smile", 2.0, 4.0),)})
    path = draw_timeline(Conversation("t", (person, replace(person, name="B")), SECONDS), tmp_path / "t.png")
    assert np.mean(shown(path, COLOURS["mutual"]) == (np.arange(100) < 50)) > 0.97
    assert np.mean(shown(path, "#EBB840", 50) == (np.abs(np.arange(100) - 29.5) < 10)) > 0.97


def test_little_is_known(tmp_path):
    bare = Conversation("bare", (Participant("A"), Participant("B", motion=Motion.zeros(25, 25, EMOCA56))), 1.0)
    assert draw_timeline(bare, tmp_path / "bare.png").stat().st_size > 1000
    with pytest.raises(InputError, match="has no duration"):
        draw_timeline(Conversation("none", (Participant("A"), Participant("B")), 0.0), tmp_path / "x.png")
    with pytest.raises(InputError, match="cannot be written"):
        draw_timeline(bare, tmp_path / "no" / "x.png")
    assert [p.name for p in tmp_path.iterdir()] == ["bare.png"]


@pytest.mark.parametrize("name", ["小明", "<script>", "$x^2$", "\x1b[31mred", "Łukasz", "ไทย", "", "😀"])
def test_any_name_and_any_word_is_drawn_without_a_warning(tmp_path, name, recwarn):
    words = tuple(Word(text, i / 2, i / 2 + 0.4) for i, text in enumerate((name or "x", "yes")))
    person = Participant(name, utterances=(Utterance(0.0, 1.0, words),))
    path = draw_timeline(Conversation("会話", (person, replace(person, name="B")), 2.0), tmp_path / "t.png")
    assert path.stat().st_size > 1000
    assert not [str(warning.message) for warning in recwarn]


def test_what_two_lists_of_intervals_have_in_common():
    one, other = np.array([[0, 1], [2, 2.5], [3, 3.5]]), np.array([[0.5, 2.25], [3.2, 9]])
    assert common(one, other).tolist() == [[0.5, 1], [2, 2.25], [3.2, 3.5]]
    assert common(one, np.zeros((0, 2))).shape == (0, 2)

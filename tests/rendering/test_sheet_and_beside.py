"""What was found, as a picture and as a video."""

import numpy as np
import pytest

from film_toys import film
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.media.frames import open_video
from visavis.motion import ARKIT, EMOCA56, Motion
from visavis.rendering import beside
from visavis.rendering.beside import Caption, Listener, Speaker, video_length, write_beside
from visavis.rendering.sheet import FACE, Row, contact_sheet, draw_faces


def face(frames=1, **columns):
    motion = Motion.zeros(frames, 25.0, ARKIT)
    for name, value in columns.items():
        motion = motion.with_columns(name, np.full(frames, value))
    return motion


def test_expressions_can_be_told_apart_at_sheet_size():
    smile = face(mouthSmileLeft=0.8, mouthSmileRight=0.8)
    frown = face(mouthFrownLeft=0.8, mouthFrownRight=0.8, browDownLeft=0.8, browDownRight=0.8)
    (calm,), (glad,), (cross,), (again,) = draw_faces([face(), smile, frown, smile])
    assert calm.shape == (FACE, FACE, 3)
    np.testing.assert_array_equal(glad, again)
    for one, other in ((calm, glad), (calm, cross), (glad, cross)):
        changed = np.abs(one.astype(int) - other).max(2) > 20
        assert changed.mean() > 0.004  # a mouth is about 2 % of the picture


def test_the_sheet_has_a_row_for_each_clip():
    rows = [Row(str(i), 0.5, ["clip"], face(3, mouthSmileLeft=0.5), ["0 s"] * 3) for i in (1, 2)]
    one, two = contact_sheet([("said", "words")], rows[:1]), contact_sheet([("said", "words")], rows)
    assert two.shape[0] - one.shape[0] >= FACE
    longer = contact_sheet([("said", "word " * 10_000)], rows[:1])
    assert longer.shape[0] - one.shape[0] == 3 * 24  # four lines at most


def test_spaces_that_cannot_be_drawn_are_refused(tmp_path):
    with pytest.raises(InputError, match="portraits need motion in arkit, not 'emoca56'"):
        contact_sheet([], [Row("1", 0.5, [], Motion.zeros(1, 25.0, EMOCA56), [""])])


def test_the_video_lasts_as_long_as_the_longest():
    short, long = Listener("1", "", face(25)), Listener("2", "", face(100))
    assert video_length(Speaker("words"), [short, long]) == 4.0
    assert video_length(Speaker("words", audio=Audio.silence(6.0)), [short]) == 6.0
    assert video_length(Speaker("words", audio=Audio.silence(600.0)), [short]) == beside.LONGEST


def test_captions_change_and_the_sound_is_there(tmp_path):
    path = tmp_path / "v.mp4"
    speaker = Speaker("My cat passed away", audio=Audio.silence(0.8))
    write_beside(path, speaker, [Listener("1", "clip", face(5))], [Caption(0, "first"), Caption(0.5, "then a laugh")])
    import av

    with av.open(str(path)) as container:
        assert len(container.streams.audio) == 1
    frames = [frame.astype(int) for frame in open_video(path).frames(25.0)]
    assert len(frames) == 20
    caption = slice(beside._TOP + beside._SPEAKER + 10, None)
    assert np.abs(frames[0][caption] - frames[9][caption]).max() < 60
    assert np.abs(frames[0][caption] - frames[19][caption]).max() > 100


def test_nothing_is_left_of_a_video_that_failed(tmp_path):
    with pytest.raises(InputError):
        write_beside(tmp_path / "v.mp4", Speaker("words"), [Listener("1", "", Motion.zeros(5, 25.0, EMOCA56))], [])
    assert list(tmp_path.iterdir()) == []


def test_a_filmed_speaker_is_shown(tmp_path):
    film(tmp_path / "speaker.mp4", seconds=0.4)
    speaker = Speaker("Oh no", video=open_video(tmp_path / "speaker.mp4"))
    write_beside(tmp_path / "v.mp4", speaker, [Listener("1", "clip", face(5))], [])
    shown = next(iter(open_video(tmp_path / "v.mp4").frames(25.0)))
    filmed = next(iter(open_video(tmp_path / "speaker.mp4").frames(25.0)))
    panel = shown[beside._TOP : beside._TOP + beside._SPEAKER, beside._LEFT : beside._LEFT + beside._SPEAKER]
    middle = panel[panel.shape[0] // 2 - 20 : panel.shape[0] // 2 + 20]
    there = filmed[filmed.shape[0] // 2 - 5 : filmed.shape[0] // 2 + 5]
    np.testing.assert_allclose(middle.mean((0, 1)), there.mean((0, 1)), atol=12)


def test_a_speaker_who_moves_is_drawn(tmp_path):
    write_beside(tmp_path / "v.mp4", Speaker("Oh", motion=face(3)), [Listener("1", "clip", face(3))], [])
    write_beside(tmp_path / "w.mp4", Speaker("Oh"), [Listener("1", "clip", face(3))], [])
    moved, words = (next(iter(open_video(tmp_path / name).frames(25.0))).astype(int) for name in ("v.mp4", "w.mp4"))
    panel = (slice(beside._TOP, beside._TOP + beside._SPEAKER), slice(beside._LEFT, beside._LEFT + beside._SPEAKER))
    assert (np.abs(moved[panel] - words[panel]).max(2) > 30).mean() > 0.1

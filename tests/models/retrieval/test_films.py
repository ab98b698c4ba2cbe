"""Faces cut out of videos: the right one, at the right time."""

import numpy as np
import pytest

from listener_toys import FACES, listener
from visavis.conversation import Track
from visavis.errors import InputError
from visavis.media.video import VideoWriter
from visavis.models.retrieval.pictures import SIDE, VideoSource

FRAMES, SIZE, HALF = 50, (160, 96), 10


def centre(frame):
    """Of the face: it goes to the right."""
    return 40 + frame, 48


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A bright square on black, the brighter the later."""
    folder = tmp_path_factory.mktemp("videos")
    with VideoWriter(folder / "talk.mp4", SIZE, 25.0) as writer:
        for frame in range(FRAMES):
            picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
            x, y = centre(frame)
            picture[y - HALF : y + HALF, x - HALF : x + HALF] = 100 + 3 * frame
            writer.write(picture)
    return folder


def track(valid=None, first=0):
    boxes = [(x - HALF, y - HALF, x + HALF, y + HALF) for x, y in map(centre, range(first, FRAMES))]
    return Track(np.array(boxes, np.float32), 25.0, ("left", "top", "right", "bottom"), valid)


def look(folder, start, frames, about=None, face=None, **how):
    """Pictures of a clip that begins `start` seconds into the conversation."""
    motion = listener(FACES[:1], FRAMES - round(start * 25))
    about = {"video": {"file": "talk.mp4"}} if about is None else about
    pictures = VideoSource(folder, **how).pictures(about, track() if face is None else face, start, motion)
    return pictures if pictures is None else pictures(frames)


def across(picture):
    """Where the bright square is, 0 to 1 from the left, and how wide."""
    row = picture[SIDE // 2, :, 0] > 60
    return float(np.flatnonzero(row).mean() / SIDE), float(row.mean())


def test_a_face_is_in_the_middle_of_its_picture(folder):
    for picture in look(folder, 0.0, [0, 20, 40]):
        where, width = across(picture)
        assert where == pytest.approx(0.5, abs=0.04)
        assert width == pytest.approx(1 / 1.5, abs=0.05)


def test_a_steady_picture_shows_how_the_head_moves(folder):
    places, widths = zip(*map(across, look(folder, 0.0, [15, 25, 35], steady=True)), strict=True)
    assert places[1] == pytest.approx(0.5, abs=0.04)
    assert places[2] - places[1] == pytest.approx(10 / 40, abs=0.05)
    assert places[1] - places[0] == pytest.approx(10 / 40, abs=0.05)
    assert widths[1] == pytest.approx(1 / 2, abs=0.05)


def test_pictures_are_of_the_moment_that_is_asked_for(folder):
    (early,), (late,) = look(folder, 0.0, [5]), look(folder, 1.0, [5])
    assert int(early[SIDE // 2, SIDE // 2, 0]) == pytest.approx(115, abs=8)
    assert int(late[SIDE // 2, SIDE // 2, 0]) == pytest.approx(190, abs=8)
    (cut,) = look(folder, 0.0, [5], {"file": "talk.mp4", "start": 1.0}, track(first=25))
    assert int(cut[..., 0].max()) == pytest.approx(190, abs=8)


def test_where_a_face_is_lost_the_nearest_box_counts(folder):
    seen = np.ones(FRAMES, bool)
    seen[20:30] = False
    (picture,) = look(folder, 0.0, [22], face=track(seen))
    assert across(picture)[0] == pytest.approx(0.5 + 3 / 30, abs=0.04)


def test_people_who_are_not_in_a_video_there_have_no_pictures(folder, tmp_path):
    assert look(tmp_path, 0.0, [0]) is None
    assert look(folder, 0.0, [0], {}) is None
    assert look(folder, 0.0, [0], face=track(np.zeros(FRAMES, bool))) is None
    with pytest.raises(InputError, match="no such folder"):
        VideoSource(tmp_path / "nowhere")

"""`visavis reenact`: what was seen, by the two characters, beside the source."""

from dataclasses import replace

import numpy as np
import pytest

from film_toys import film
from visavis.conversation import Track
from visavis.media.frames import open_video
from visavis.motion import ARKIT, Motion
from visavis.workflows import extract, reenact
from visavis.workflows.reenact import write_side_by_side


def test_both_pictures_stand_side_by_side_in_step(tmp_path):
    source, rendered = film(tmp_path / "source.mp4"), tmp_path / "rendered.mp4"
    from visavis.media.video import VideoWriter

    with VideoWriter(rendered, (128, 72), 25.0) as video:
        for i in range(25):
            video.write(np.full((72, 128, 3), 228 - 8 * i, np.uint8))
    write_side_by_side(source, rendered, tmp_path / "beside.mp4", None, lambda _share: None)
    both = open_video(tmp_path / "beside.mp4")
    assert (both.width, both.height) == (96 + 128, 72)
    for i, picture in enumerate(both.frames(25.0)):
        assert picture[:, 8:88].mean() == pytest.approx(20 + 8 * i, abs=4)
        assert picture[:, 104:].mean() == pytest.approx(228 - 8 * i, abs=4)


def test_what_animate_writes_and_the_source_beside_it(visavis, calls, tmp_path):
    path = film(tmp_path / "talk.mp4", 0.4, 0.4)
    code, shown, err = visavis("reenact", path, "-o", tmp_path / "out")
    assert code == 0, err
    files = {line.rsplit("/", 1)[1] for line in shown.split()}
    assert {"conversation", "motion.npz", "scene.glb", "video.mp4", "beside.mp4"} <= files
    assert open_video(tmp_path / "out" / "beside.mp4").width == 960 + 1280
    count = len(calls)
    assert visavis("reenact", path, "-o", tmp_path / "out")[0] == 0
    assert len(calls) == count  # nothing is extracted twice


def test_a_still_figure_that_stands_for_nobody_is_not_shown(visavis, calls, tmp_path, monkeypatch):
    def unseen(conversation):
        body = Track(np.zeros((10, 1)), 25.0, ("torso",), np.zeros(10, bool))
        resting = replace(conversation.a, motion=Motion.zeros(10, 25.0, ARKIT), tracks={"body": body})
        return conversation.with_participants(resting, conversation.b)

    monkeypatch.setattr(extract, "get_extractor", lambda *_a, **_k: unseen)
    code, _, err = visavis("reenact", film(tmp_path / "talk.mp4", 0.4), "-o", tmp_path / "out")
    assert (code, (tmp_path / "out").exists()) == (2, False)
    assert "no face is seen to move" in err


def test_without_a_face_there_is_nothing_to_show(visavis, calls, tmp_path, monkeypatch):
    def blind(self, conversation):
        return replace(conversation)

    monkeypatch.setattr(extract, "get_extractor", lambda *_a, **_k: blind.__get__(object()))
    code, _, err = visavis("reenact", film(tmp_path / "talk.mp4", 0.4), "-o", tmp_path / "out")
    assert code == 2
    assert "no face is seen to move" in err
    assert not (tmp_path / "out").exists()
    assert reenact.BESIDE not in err

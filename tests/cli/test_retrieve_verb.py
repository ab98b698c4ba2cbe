"""``visavis retrieve`` as a stranger meets it: what is printed, what is written, what is refused."""

import json

import numpy as np
import pytest
from PIL import Image

from listener_toys import FACES, ColumnEncoder, clip_corpus, cut_clip
from visavis.conversation.corpus_write import write_corpus
from visavis.media.frames import open_video
from visavis.motion import EMOCA56, Motion

DOWN = "http://127.0.0.1:9/v1"
"""Nobody answers at this port."""


@pytest.fixture(autouse=True)
def _columns(monkeypatch, tmp_path):
    monkeypatch.setenv("VISAVIS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VISAVIS_LLM_MODEL", "some-model")
    monkeypatch.setattr("visavis.models.retrieval.describer.RETRIES", 0)
    monkeypatch.setattr("visavis.generation.retrieve.get_encoder", lambda _name: ColumnEncoder())


@pytest.fixture
def corpus(tmp_path):
    return clip_corpus(tmp_path / "corpus", 6)


def test_a_table_of_clips(visavis, corpus):
    code, out, _ = visavis("retrieve", "--description", "browInnerUp", "--corpus", corpus, "-k", 2)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split() == ["expression:", "browInnerUp"]
    assert lines[2].split()[:3] == ["rank", "score", "clip"]
    assert lines[3].split()[:4] == ["1", "1.000", "clip-2", "B"]
    assert len(lines) == 5


def test_json_for_programs(visavis, corpus):
    code, out, _ = visavis("retrieve", "Oh dear", "--description", "jawOpen", "--corpus", corpus, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["transcript"] == "Oh dear"
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3, 4, 5]
    assert found["hits"][0]["conversation"] == "clip-3"
    assert len(found["hits"][0]["key_frames"]) == 5
    assert found["files"] == []


def test_a_sheet_and_a_video_are_written(visavis, tmp_path):
    folder = tmp_path / "corpus"
    write_corpus((cut_clip(f"clip-{i}", FACES[i : i + 1], 20) for i in range(2)), folder)
    out = tmp_path / "out"
    code, printed, _ = visavis("retrieve", "Oh no!", "--description", FACES[1], "--corpus", folder, "-k", 1, "-o", out)
    assert code == 0
    assert [line for line in printed.splitlines() if line.startswith(str(out))] == [
        str(out / name) for name in ("retrieved.json", "retrieved.png", "retrieved.mp4")
    ]
    assert sorted(path.name for path in out.iterdir()) == ["retrieved.json", "retrieved.mp4", "retrieved.png"]
    assert json.loads((out / "retrieved.json").read_text())["hits"][0]["conversation"] == "clip-1"
    assert np.asarray(Image.open(out / "retrieved.png")).std() > 10
    film = open_video(out / "retrieved.mp4")
    assert film.duration == pytest.approx(0.8, abs=0.05)


def refused(visavis, *arguments):
    code, out, err = visavis("retrieve", *arguments)
    assert code == 2
    assert out == ""
    errors = [line for line in err.splitlines() if line.startswith("visavis: error")]
    assert len(errors) == 1
    return errors[0]


def test_nothing_said(visavis, corpus):
    assert "what the speaker says is empty" in refused(visavis, "  ", "--corpus", corpus)
    assert "the description is empty" in refused(visavis, "--description", "", "--corpus", corpus)
    assert "the goal is empty" in refused(visavis, "Oh dear", "--goal", " ", "--corpus", corpus)
    assert "pass the speaker's words" in refused(visavis, "--corpus", corpus)
    assert not (corpus / "retrieval").exists()


@pytest.mark.parametrize("k", [0, -3, 99_999])
def test_a_count_out_of_range(visavis, corpus, k):
    assert f"{k} clips; 1 to 10,000" in refused(visavis, "Oh dear", "--corpus", corpus, "-k", k)


def test_more_than_there_are(visavis, corpus):
    code, out, err = visavis("retrieve", "--description", "jawOpen", "--corpus", corpus, "-k", 50)
    assert code == 0
    assert "50 clips requested; the corpus has 6, and all are returned" in err
    assert len(out.splitlines()) == 3 + 6


def test_a_corpus_that_is_none(visavis, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "nothing").mkdir()
    asked = ("--description", "jawOpen", "--corpus")
    assert "is a file; pass a corpus" in refused(visavis, *asked, tmp_path / "file")
    assert "no such folder" in refused(visavis, *asked, tmp_path / "missing")
    assert "contains no videos" in refused(visavis, *asked, tmp_path / "nothing")


def test_a_corpus_without_listeners(visavis, tmp_path):
    write_corpus([], tmp_path / "empty")
    asked = ("--description", "jawOpen", "--corpus")
    assert "the corpus is empty" in refused(visavis, *asked, tmp_path / "empty")
    clip = cut_clip("codes", FACES[:1])
    coded = type(clip.b)("B", motion=Motion.zeros(100, 25.0, EMOCA56))
    write_corpus([clip.with_participants(clip.a, coded)], tmp_path / "codes")
    said = refused(visavis, *asked, tmp_path / "codes")
    assert "contains no clips of listeners: motion is in 'emoca56'" in said
    assert not (tmp_path / "codes" / "retrieval" / "columns").exists()


def test_an_index_of_another_encoder_and_a_damaged_one(visavis, corpus):
    asked = ("--description", "jawOpen", "--corpus", corpus)
    visavis("retrieve", *asked)
    about = corpus / "retrieval" / "columns" / "index.json"
    good = about.read_text()
    about.write_text(good.replace('"columns"', '"other"'))
    assert "is of encoder 'other'" in refused(visavis, *asked)
    about.write_text(good[:20])
    assert "the index is damaged" in refused(visavis, *asked)
    about.write_text(good)
    assert visavis("retrieve", *asked)[0] == 0


def test_an_endpoint_that_is_down_leaves_the_index(visavis, corpus):
    said = refused(visavis, "Oh dear", "--corpus", corpus, "--language-model", DOWN)
    assert "some-model at 127.0.0.1:9 cannot be reached" in said
    assert (corpus / "retrieval" / "columns" / "index.json").is_file()


def test_nothing_is_left_of_results_that_failed(visavis, corpus, tmp_path):
    refused(visavis, "Oh dear", "--corpus", corpus, "--language-model", DOWN, "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_moments_are_not_for_a_description(visavis, corpus):
    said = refused(visavis, "--description", "jawOpen", "--moments", "--corpus", corpus)
    assert "omit --moments or --description" in said


def test_a_speaker_that_is_no_recording(visavis, corpus, tmp_path):
    (tmp_path / "talk.wav").write_bytes(b"no sound at all")
    said = refused(visavis, "Oh dear", "--speaker", tmp_path / "talk.wav", "--corpus", corpus)
    assert "talk.wav" in said

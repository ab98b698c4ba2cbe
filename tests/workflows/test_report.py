"""`visavis report`: one page from any corpus, which says what it lacks and lets nothing in from elsewhere."""

import json
import re

import numpy as np
import pytest

from curation_toys import quick_stages, write_talk
from visavis.conversation import Conversation, Participant, Utterance, Word
from visavis.conversation.corpus_write import write_corpus
from visavis.corpora.curation.engines import Processes
from visavis.corpora.curation.run import curate
from visavis.errors import InputError
from visavis.motion import Motion
from visavis.motion.mapping import with_body
from visavis.motion.spaces import ARKIT, ARKIT_BODY, EMOCA56
from visavis.workflows import report as job

PARTS = "funnel", "expressions", "gestures", "quality", "sentiment"


class ByMark:
    name = "marks <of exclamation>"

    def __call__(self, sentences):
        return np.array([2 if s.endswith("!") else 0 for s in sentences], np.intp)


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path_factory):
    """A classifier that needs no weights, and one cache of portraits and figures for all tests."""
    monkeypatch.setattr(job, "get_sentiment", lambda *_: ByMark())


def moving(space, frames=200, seed=0) -> Motion:
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, frames)[:, None]
    values = rng.normal(0, 0.02, (frames, space.dim)) + 0.3 * (kind == np.arange(space.dim) % 3)
    return Motion(values.astype(np.float32), 25.0, space)


def conversation(motion: Motion | None, number=0, **known) -> Conversation:
    """A says something where there is time for it."""
    length = 4.0 if motion is None else motion.duration
    words = ("What", "a", "nice", "<b>garden</b>", "!")
    said = Utterance(1.0, 2.0, tuple(Word(word, 1.0 + i / 5, 1.1 + i / 5) for i, word in enumerate(words)))
    a = Participant("A & O", utterances=(said,) if length > 2 else (), motion=motion)
    return Conversation(f"c{number}", (a, Participant("B")), length, provenance=known)


def made(folder, conversations):
    write_corpus(conversations, folder)
    return folder


def page_and_numbers(folder) -> tuple[str, dict]:
    return (folder / "report.html").read_text("utf-8"), json.loads((folder / "report.json").read_text("utf-8"))


def test_a_page_with_faces_and_gestures_needs_nothing_beside_it(visavis, tmp_path):
    face = Motion(moving(ARKIT).values[:, : ARKIT.dim], 25.0, ARKIT)
    body = with_body(face).with_columns("body", moving(ARKIT_BODY, seed=1)["body"])
    hostile = {
        "title": "<script>alert(1)</script>", "language": {"code": "<i>en</i>"}, "source": '"><img src=x onerror=1>',
        "channel": "</html>",
    }  # fmt: skip
    corpus = made(tmp_path / "näme & co", [conversation(body, i, **hostile) for i in range(2)])
    code, out, err = visavis("report", corpus, "-o", tmp_path / "out")
    assert code == 0, err
    assert out.strip() == str(tmp_path / "out" / "report.html")
    page, numbers = page_and_numbers(tmp_path / "out")
    assert "näme &amp; co" in page
    assert not [text for text in ("<script", "<i>en", "<img src=x", "<b>garden") if text in page]
    assert page.count("</html>") == 1
    assert set(re.findall(r'src="([^:"]*):', page)) == {"data"}
    assert not re.search(r"https?://", page)
    assert "marks &lt;of exclamation&gt;" in page
    assert numbers["expressions"]["frames"] == numbers["gestures"]["frames"] == 400
    assert len(numbers["expressions"]["clusters"]) >= 3
    clusters = len(numbers["expressions"]["clusters"]) + len(numbers["gestures"]["clusters"])
    assert page.count('alt="Example of cluster') == clusters
    assert page.count('alt="A face"') == 24
    assert numbers["sentiment"]["positive"]["share"] == 1
    first = (tmp_path / "out" / "report.html").read_bytes()
    assert visavis("report", corpus, "-o", tmp_path / "out")[0] == 0
    assert (tmp_path / "out" / "report.html").read_bytes() == first


def test_parts_that_a_corpus_lacks_say_why(visavis, tmp_path):
    corpus = made(tmp_path / "c", [conversation(None)])
    code, _, err = visavis("report", corpus, "-o", tmp_path / "out")
    assert code == 0
    notes = [line for line in err.splitlines() if "note: no " in line]
    page, numbers = page_and_numbers(tmp_path / "out")
    assert all(isinstance(numbers[part], str) for part in PARTS if part != "sentiment")
    assert "no motion in this corpus" in page
    assert any("no track 'face'" in note for note in notes)


def test_spaces_that_cannot_be_drawn_have_a_map_without_faces(visavis, tmp_path):
    corpus = made(tmp_path / "c", [conversation(moving(EMOCA56))])
    assert visavis("report", corpus, "-o", tmp_path / "out")[0] == 0
    page, numbers = page_and_numbers(tmp_path / "out")
    assert numbers["expressions"]["frames"] == 200
    assert "Example of cluster" not in page
    assert "emoca56 cannot be drawn" in page
    assert "no body columns" in numbers["gestures"]


def test_one_frame_is_served(visavis, tmp_path):
    corpus = made(tmp_path / "c", [conversation(moving(ARKIT, frames=1))])
    code, _, err = visavis("report", corpus, "-o", tmp_path / "out")
    assert code == 0, err
    page, numbers = page_and_numbers(tmp_path / "out")
    assert numbers["expressions"] == "1 frames are too few for a map"
    assert page.count('alt="A face"') == 1


def test_the_funnel_of_a_curated_corpus_is_told(visavis, tmp_path):
    videos = tmp_path / "videos"
    for i, seconds in enumerate((4.0, 2.0, 1.0)):
        write_talk(videos / f"film {i}.mp4", seconds, seed=i)
    (videos / "empty.mp4").write_bytes(b"")
    curate(videos, tmp_path / "c", quick_stages(), Processes(1))
    assert visavis("report", tmp_path / "c", "-o", tmp_path / "out")[0] == 0
    page, numbers = page_and_numbers(tmp_path / "out")
    stages = {stage["stage"]: stage for stage in numbers["funnel"]}
    assert list(stages) == ["scan", "segments", "loudness", "moves"]
    assert (stages["scan"]["entered"], stages["scan"]["kept"]) == (4, 3)
    assert (stages["segments"]["entered"], stages["segments"]["kept"]) == (3, 2)
    assert stages["moves"]["hours_kept"] == pytest.approx(6 / 3600, abs=1e-4)
    assert stages["segments"]["reasons"] == {"… s leave no segment of … s": 1}
    assert "… s leave no segment" in page


def test_bad_corpora_get_one_line_and_leave_nothing(visavis, tmp_path):
    (tmp_path / "folder").mkdir()
    made(tmp_path / "empty", [])
    for wrong, why in (("missing", "not a corpus"), ("folder", "not a corpus"), ("empty", "is empty")):
        code, out, err = visavis("report", tmp_path / wrong, "-o", tmp_path / "out")
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert why in err
        assert not (tmp_path / "out").exists()
    corpus = made(tmp_path / "c", [conversation(None)])
    (tmp_path / "file").write_text("precious")
    code, _, err = visavis("report", corpus, "-o", tmp_path / "file")
    assert code == 2
    assert "is a file" in err


def test_a_classifier_that_was_asked_for_has_to_be_there(visavis, tmp_path, monkeypatch):
    def gone(*name):
        raise InputError("the weights could not be downloaded")

    monkeypatch.setattr(job, "get_sentiment", gone)
    corpus = made(tmp_path / "c", [conversation(moving(EMOCA56))])
    code, _, err = visavis("report", corpus, "-o", tmp_path / "out", "--sentiment", "mine")
    assert code == 2
    assert "could not be downloaded" in err
    assert not (tmp_path / "out").exists()
    assert visavis("report", corpus, "-o", tmp_path / "out")[0] == 0
    assert page_and_numbers(tmp_path / "out")[1]["sentiment"] == "the weights could not be downloaded"


def test_without_wordcloud_the_page_names_the_extra(visavis, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "wordcloud", None)
    corpus = made(tmp_path / "c", [conversation(moving(EMOCA56))])
    code, _, err = visavis("report", corpus, "-o", tmp_path / "out")
    assert code == 0
    assert "visavis[report]" in err
    assert "visavis[report]" in page_and_numbers(tmp_path / "out")[0]

"""Listeners in face spaces: each is looked at once, and who is not seen is said to be so."""

import numpy as np
import pytest

from listener_toys import FACES, ColumnEncoder, told_clip, told_corpus
from reporters import Recorded
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError, MissingExtraError
from visavis.models.retrieval.indexing import open_or_build
from visavis.workflows.benchmark.databank import Databank
from visavis.workflows.benchmark.faces import Faces


def bank(folder):
    return Databank.of(Corpus.open(folder), open_or_build(folder, ColumnEncoder()))


def test_the_same_face_is_near_and_another_far(tmp_path, recognition):
    faces = Faces(bank(told_corpus(tmp_path / "c", 8)), tmp_path)
    found = faces(range(8))
    assert found.shape == (8, 1, 128)
    assert np.allclose(found[0], found[4])
    assert np.linalg.norm(found[0] - found[1]) > 0.5


def test_each_listener_is_looked_at_once_and_remembered(tmp_path, recognition):
    databank = bank(told_corpus(tmp_path / "c", 8))
    first = Faces(databank, tmp_path)([0, 1, 1, 0])
    looked = recognition.seen
    again = Faces(databank, tmp_path)
    assert np.array_equal(again([0, 1, 1, 0]), first)
    assert recognition.seen == looked
    again([2])
    assert recognition.seen > looked


def test_what_is_kept_of_an_earlier_corpus_does_not_count(tmp_path, recognition):
    before = Faces(bank(told_corpus(tmp_path / "c", 4)), tmp_path)([0])
    write_corpus((told_clip(f"clip-{i}", FACES[3 - i], "hello") for i in range(4)), tmp_path / "d")
    (tmp_path / "c").rename(tmp_path / "old")
    (tmp_path / "d").rename(tmp_path / "c")
    after = Faces(bank(tmp_path / "c"), tmp_path)([0])
    assert not np.allclose(before, after)


def test_a_file_that_was_cut_off_is_made_again(tmp_path, recognition):
    databank = bank(told_corpus(tmp_path / "c", 4))
    first = Faces(databank, tmp_path)([0])
    (kept,) = tmp_path.glob("faces-*.npz")
    kept.write_bytes(kept.read_bytes()[:100])
    assert np.array_equal(Faces(databank, tmp_path)([0]), first)


def test_listeners_who_are_not_in_the_videos_are_unknown_there(tmp_path, recognition):
    (tmp_path / "videos").mkdir()
    told = Recorded()
    faces = Faces(bank(told_corpus(tmp_path / "c", 4)), tmp_path, videos=tmp_path / "videos", reporter=told)
    assert faces.names == ("columns, 128-d", "columns, 128-d, as filmed")
    found = faces([0, 1])
    assert np.isfinite(found[:, 0]).all()
    assert np.isnan(found[:, 1]).all()
    assert any("none of the listeners" in note for note in told.notes)
    with pytest.raises(InputError, match="no such folder"):
        Faces(bank(tmp_path / "c"), tmp_path, videos=tmp_path / "nowhere")


def test_networks_that_are_not_at_hand_are_left_out_and_named(tmp_path, monkeypatch):
    def missing(*_given):
        raise MissingExtraError("the face space of dlib", "faces")

    def offline(*_given):
        raise InputError("sface cannot be fetched")

    monkeypatch.setattr("visavis.perception.faces.recognition.DlibResNet", missing)
    monkeypatch.setattr("visavis.perception.faces.recognition.SFace", offline)
    told = Recorded()
    faces = Faces(bank(told_corpus(tmp_path / "c", 4)), tmp_path, reporter=told)
    assert faces.names == ()
    assert faces([0, 1]).shape == (2, 0, 0)
    assert len(told.notes) == 2
    assert "visavis[faces]" in told.notes[1]

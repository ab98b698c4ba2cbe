"""Published corpora through the verb: written, resumed, refused."""

import numpy as np
import pytest
import soundfile

from reporters import Recorded
from visavis.conversation.corpus import Corpus
from visavis.corpora.importing import import_corpus
from visavis.corpora.readers import READERS, get_reader
from visavis.errors import InputError


@pytest.fixture
def recordings(tmp_path):
    """Three recordings of the kind that is quickest to make."""
    folder = tmp_path / "rig-speech"
    folder.mkdir()
    for i in range(3):
        np.save(folder / f"r{i}.npy", np.random.default_rng(i).random((30, 116)))
        soundfile.write(folder / f"r{i}.wav", np.zeros(16_000), 16_000)
    return folder


def test_every_reader_can_be_loaded_and_states_its_licence():
    for name in READERS:
        assert len(get_reader(name).licence) > 10
    with pytest.raises(InputError, match=r"there is no importable corpus named 'x'; there are: .*video-calls"):
        get_reader("x")


def test_a_corpus_is_written_with_progress(recordings, tmp_path):
    told = Recorded()
    out = import_corpus("rig-speech", recordings, tmp_path / "c", reporter=told)
    assert Corpus.open(out).ids == ("r0", "r1", "r2")
    assert told.shares == pytest.approx([1 / 3, 2 / 3, 1])


def test_a_stopped_import_goes_on(recordings, tmp_path, monkeypatch):
    (recordings / "r2.wav").rename(tmp_path / "aside.wav")
    monkeypatch.setattr("visavis.conversation.corpus_write.PART_SIZE", 1)
    with pytest.raises(InputError, match=r"r2\.wav: missing"):
        import_corpus("rig-speech", recordings, tmp_path / "c")
    assert Corpus.open(tmp_path / "c").ids == ("r0", "r1")
    (tmp_path / "aside.wav").rename(recordings / "r2.wav")
    assert Corpus.open(import_corpus("rig-speech", recordings, tmp_path / "c")).ids == ("r0", "r1", "r2")


def test_a_failed_import_leaves_nothing(recordings, tmp_path):
    (recordings / "r2.wav").unlink()
    with pytest.raises(InputError, match=r"r2\.wav: missing"):
        import_corpus("rig-speech", recordings, tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_what_a_reader_leaves_unnamed_is_named(recordings, tmp_path, monkeypatch):
    def broken():
        raise InputError("motion is not finite")

    monkeypatch.setitem(READERS, "video-calls", lambda _folder: {"talk7": broken})
    with pytest.raises(InputError, match=r"recording 'talk7': motion is not finite") as error:
        import_corpus("video-calls", recordings, tmp_path / "c")
    assert str(recordings) in str(error.value)
    assert not (tmp_path / "c").exists()


def test_a_single_frame_is_refused(recordings, tmp_path):
    np.save(recordings / "r1.npy", np.zeros((1, 116)))
    soundfile.write(recordings / "r1.wav", np.zeros(600), 16_000)
    with pytest.raises(InputError, match=r"recording 'r1': motion of 1 frame\(s\) is too short"):
        import_corpus("rig-speech", recordings, tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_another_corpus_in_the_folder_is_left_alone(recordings, tmp_path, monkeypatch):
    import_corpus("rig-speech", recordings, tmp_path / "c")
    monkeypatch.setitem(READERS, "video-calls", lambda _folder: {"x": None})
    with pytest.raises(InputError, match="contains a different corpus than video-calls; choose another folder"):
        import_corpus("video-calls", recordings, tmp_path / "c")


def test_an_empty_folder_is_said(tmp_path):
    with pytest.raises(InputError, match="contains no recordings of rig-speech"):
        import_corpus("rig-speech", tmp_path, tmp_path / "c")

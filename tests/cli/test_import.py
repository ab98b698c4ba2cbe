"""``visavis import`` as a user meets it."""

import numpy as np
import pytest
import soundfile

from visavis.conversation.corpus import Corpus


@pytest.fixture
def recording(tmp_path):
    folder = tmp_path / "rig"
    folder.mkdir()
    np.save(folder / "r.npy", np.random.default_rng(0).random((30, 116)))
    soundfile.write(folder / "r.wav", np.zeros(16_000), 16_000)
    return folder


def test_help_has_examples_and_names_every_corpus(visavis):
    code, out, _ = visavis("import", "--help")
    assert code == 0
    assert "visavis import video-calls" in out
    for name in ("vico", "learning2listen", "lm-listener", "candor", "biwi", "ami", "video-calls", "rig-speech"):
        assert f"{name}:" in out


def test_a_corpus_is_written_the_licence_said_and_info_reads_it(visavis, recording, tmp_path):
    code, out, err = visavis("import", "rig-speech", recording, "-o", tmp_path / "c")
    assert (code, out.strip()) == (0, str(tmp_path / "c"))
    assert "licence: MIT" in err
    assert Corpus.open(tmp_path / "c").ids == ("r",)
    code, out, _ = visavis("info", tmp_path / "c")
    assert code == 0
    assert "motion rig-speech, 30 frames at 30/s" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nobody", "rig"), "there is no importable corpus named 'nobody'; there are: vico"),
        (("rig-speech", "missing"), "missing: no such folder; pass the folder that contains"),
        (("video-calls", "rig"), "frames.parquet: missing; pass the folder of the video calls"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_leaves_nothing(
    visavis, recording, tmp_path, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    code, out, err = visavis("import", *arguments, "-o", "c")
    assert (code, out) == (2, "")
    assert message in err.splitlines()[-1]
    assert not (tmp_path / "c").exists()

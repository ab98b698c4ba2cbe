"""The verb `curate`: small videos, the stages that need no weights."""

import pytest

from curation_toys import write_talk
from visavis.conversation.corpus import Corpus

CONFIG = """
stages:
  - stage: segments
    skip: 0
    length: 2
  - split-screen
"""


@pytest.fixture
def folder(tmp_path):
    write_talk(tmp_path / "videos" / "my talk é.mp4", 4.2, 3)
    (tmp_path / "videos" / "empty.mp4").touch()
    (tmp_path / "curation.yaml").write_text(CONFIG)
    return tmp_path


def test_a_folder_becomes_a_corpus_and_the_funnel_is_shown(folder, visavis):
    command = ("curate", folder / "videos", "-o", folder / "corpus", "--config", folder / "curation.yaml")
    code, out, said = visavis(*command, "--workers", "1")
    assert code == 0, said
    assert out.strip() == str(folder / "corpus")
    assert len(Corpus.open(folder / "corpus")) == 2
    lines = [line.split() for line in said.splitlines()]
    assert ["scan", "2", "1"] in lines
    assert [line[:3] for line in lines if line[:1] == ["split-screen"]] == [["split-screen", "2", "2"]]


def test_a_change_on_the_command_line_and_nothing_left(folder, visavis):
    command = ("curate", folder / "videos", "-o", folder / "corpus", "--config", folder / "curation.yaml")
    code, _, said = visavis(*command, "--set", "segments.skip=60", "--workers", "1")
    assert code == 0
    assert "nothing passed the filters" in said
    assert len(Corpus.open(folder / "corpus")) == 0


def test_show_prints_what_config_reads(folder, visavis):
    code, out, _ = visavis("curate", folder, "-o", folder / "corpus", "--show", "--set", "segments.length=300")
    assert code == 0
    (folder / "shown.yaml").write_text(out)
    code, again, _ = visavis("curate", folder, "-o", folder / "x", "--show", "--config", folder / "shown.yaml")
    assert (code, again) == (0, out)
    assert not (folder / "corpus").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--config", "none.yaml"), "no curation preset is named 'none.yaml'"),
        (("--set", "segments=3"), "expected STAGE.PARAMETER=VALUE"),
        (("--engine", "spark"), "unknown engine"),
        (("--address", "auto"), "needs --engine ray"),
    ],
)
def test_bad_options_are_one_line(folder, visavis, options, says):
    code, out, said = visavis("curate", folder / "videos", "-o", folder / "corpus", *options)
    assert code == 2
    assert out == ""
    assert says in said
    assert len(said.splitlines()) == 1
    assert not (folder / "corpus").exists()

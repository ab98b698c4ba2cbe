"""Finished conversations in other formats, one or a whole corpus."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from duet_toys import toy_conversation
from reporters import Recorded
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.formats.npz import read_npz
from visavis.formats.registry import FORMATS
from visavis.motion import Motion, MotionSpace
from visavis.motion.space import Column
from visavis.workflows.export import run

PLUGIN = """
import numpy as np

from visavis.formats.person import Person
from visavis.formats.registry import Format
from visavis.motion import ARKIT, Motion

BLINKS = Format(
    "blinks", "blinks.txt", "how often each closes the eyes", files=("{id}.blinks.txt",), write="theirs:write",
    suffixes=(".blinks",), read="theirs:read",
)


def write(conversation, paths, update):
    for person in conversation:
        count = "unknown" if person.motion is None else int((person.motion["eyeBlinkLeft"] > 0.5).sum())
        with paths[0].open("a") as file:
            file.write(f"{person.name}: {count}\\n")
    update(1.0)
    return ["eyebrows have no place in it"]


def read(path, space, fps):
    lids = np.loadtxt(path, np.float32, ndmin=2)
    return {"": Person(Motion.zeros(len(lids), 25.0, ARKIT).with_columns(["eyeBlinkLeft"], lids))}
"""


@pytest.fixture
def conversation():
    return toy_conversation(3, 2.0)


@pytest.fixture
def corpus(conversation, tmp_path):
    """Three conversations."""
    return write_corpus([replace(conversation, id=f"talk-{i}") for i in range(3)], tmp_path / "corpus")


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Somebody's installed package with a format."""
    (tmp_path / "theirs.py").write_text(PLUGIN)
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[visavis.formats]\nblinks = theirs:BLINKS\nbroken = theirs:NOTHING\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield info
    sys.modules.pop("theirs", None)


def test_each_format_writes_the_files_it_names(corpus, tmp_path):
    formats = [format for format in FORMATS.values() if format.write and format.name != "video"]
    written = list(run(corpus, tmp_path / "out", ",".join(format.name for format in formats), "talk-1"))
    assert {path.name for path in written} == {
        name.replace("{id}", "talk-1") for format in formats for name in format.files
    }
    assert all(path.stat().st_size for path in written)


def test_exporting_again_gives_the_same_bytes(corpus, tmp_path):
    for folder in ("one", "two"):
        list(run(corpus, tmp_path / folder, "arkit,venus", "talk-0"))
    for name in ("person_a.arkit.csv", "person_b.arkit.csv", "talk-0.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_whole_corpus_goes_only_where_files_are_named_after_conversations(corpus, tmp_path):
    told = Recorded()
    written = list(run(corpus, tmp_path / "out", "venus", reporter=told))
    assert [path.name for path in written] == ["talk-0.json", "talk-1.json", "talk-2.json"]
    assert all(json.loads(path.read_text()) for path in written)
    assert told.titles == ["VENUS JSON"]
    assert told.shares == pytest.approx([1 / 3, 2 / 3, 1])
    assert told.notes  # of motion that VENUS has no place for, once for each person
    assert len(told.notes) == len(set(told.notes)) == 2
    with pytest.raises(InputError, match="contains 3 conversations; choose one with --id"):
        list(run(corpus, tmp_path / "other", "venus,glb"))
    assert not (tmp_path / "other").exists()


def test_whoever_moves_is_exported(conversation, tmp_path):
    alone = conversation.with_participants(replace(conversation.a, motion=None), conversation.b)
    folder = write_corpus([alone], tmp_path / "corpus")
    told = Recorded()
    written = list(run(folder, tmp_path / "one", "arkit,npz,glb", reporter=told))
    assert [path.name for path in written] == ["motion.npz", "person_b.arkit.csv", "scene.glb"]
    found = read_npz(written[0])
    assert found.a.motion is None
    assert np.array_equal(found.b.motion.values, conversation.b.motion.values)
    assert told.notes == ["participant A has no motion: at rest in scene and video, omitted elsewhere"]


def test_what_needs_no_motion_is_written_without(conversation, tmp_path):
    nobody = conversation.with_participants(*(replace(person, motion=None) for person in conversation))
    folder = write_corpus([nobody], tmp_path / "corpus")
    with pytest.raises(InputError, match="has no motion to export"):
        list(run(folder, tmp_path / "none", "timeline,npz"))
    assert not (tmp_path / "none").exists()
    (path,) = run(folder, tmp_path / "some", "timeline")
    assert path.stat().st_size


def test_a_space_that_a_format_cannot_show_is_said_before_anything_is_written(conversation, tmp_path):
    space = MotionSpace("waves", tuple(Column(f"wave{i}", "coefficient", "expression") for i in range(9)))
    waves = Motion(np.zeros((50, 9), np.float32), 25.0, space)
    waving = conversation.with_participants(*(replace(person, motion=waves) for person in conversation))
    folder = write_corpus([waving], tmp_path / "corpus")
    with pytest.raises(InputError, match=r"scene.glb cannot show motion in 'waves'; it needs 'arkit'"):
        list(run(folder, tmp_path / "out", "npz,glb"))
    assert not (tmp_path / "out").exists()


def test_somebody_elses_format(corpus, plugin, visavis, tmp_path):
    (plugin / "entry_points.txt").write_text("[visavis.formats]\nblinks = theirs:BLINKS\n")
    code, out, err = visavis("export", corpus, "--to", "blinks", "-o", tmp_path / "out")
    assert code == 0, err
    assert len(out.split()) == 3
    assert (tmp_path / "out" / "talk-2.blinks.txt").read_text().count(":") == 2
    assert err.count("eyebrows have no place in it") == 1
    command = [sys.executable, "-m", "visavis.cli.main", "export", "--help"]
    path = os.pathsep.join([str(tmp_path), *sys.path])
    shown = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}).stdout
    assert "blinks: from the package theirs" in " ".join(shown.split())
    (tmp_path / "lid.blinks").write_text("0\n1\n0\n")
    shown = visavis("info", tmp_path / "lid.blinks")[1]
    assert "how often each closes the eyes" in shown
    assert "67 in arkit, 1 of them vary" in shown


def test_a_package_that_is_broken_is_named(corpus, plugin, visavis, tmp_path):
    code, out, err = visavis("export", corpus, "--to", "blinks", "-o", tmp_path / "out")
    assert (code, out) == (2, "")
    assert "format 'broken' cannot be loaded" in err
    assert err.count("\n") == 1

"""Folders as archives from a Mac leave them: what the file system put there is no recording."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

import layouts
from venus_figure import figure_9
from visavis.conversation.corpus import Corpus
from visavis.corpora.curation.scan import scan
from visavis.corpora.importing import import_corpus
from visavis.corpora.readers import get_reader
from visavis.errors import InputError
from visavis.reporter import SILENT
from visavis.workflows.evaluate_files import find_files
from visavis.workflows.retrieve import corpus_folder


def venus(folder):
    (folder / "deep").mkdir(parents=True)
    for name in ("a", "deep/b"):
        (folder / f"{name}.json").write_text(json.dumps(figure_9()))


def rig_speech(folder):
    folder.mkdir()
    np.save(folder / "r.npy", np.zeros((30, 116)))
    soundfile.write(folder / "r.wav", np.zeros(16_000), 16_000)


MAKERS = {
    "vico": layouts.vico,
    "learning2listen": layouts.learning2listen,
    "lm-listener": layouts.lm_listener,
    "candor": layouts.candor,
    "biwi": layouts.biwi,
    "venus": venus,
    "rig-speech": rig_speech,
}


@pytest.mark.parametrize("name", MAKERS)
def test_importers_pass_over_what_the_file_system_put_there(name, tmp_path):
    MAKERS[name](tmp_path / "raw")
    clean = tuple(get_reader(name)(tmp_path / "raw"))
    layouts.litter(tmp_path / "raw")
    found = get_reader(name)(tmp_path / "raw")
    assert tuple(found) == clean
    assert all(make().id for make in found.values())


def test_a_folder_with_nothing_but_litter_is_empty(tmp_path):
    rig_speech(tmp_path / "raw")
    out = tmp_path / "out"
    out.mkdir()
    (out / ".DS_Store").write_bytes(b"Bud1")
    (out / "._x").write_bytes(b"")
    assert len(Corpus.open(import_corpus("rig-speech", tmp_path / "raw", out))) == 1
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / ".gitignore").write_text("")
    with pytest.raises(InputError, match="is not an empty folder"):
        import_corpus("rig-speech", tmp_path / "raw", tmp_path / "used")


def test_an_archive_of_a_mac(tmp_path, real_data):
    shutil.copytree(real_data / "cases" / "mac_zip", tmp_path / "mac_zip")
    corpus = Corpus.open(import_corpus("venus", tmp_path / "mac_zip", tmp_path / "c"))
    assert corpus.ids == ("sim-000000", "sim-000001")


def test_curation_scans_the_users_videos_only(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("a.mp4", "deep/b.mkv"):
        (tmp_path / name).write_bytes(b"video")
    layouts.litter(tmp_path)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/c\xff.mp4")).write_bytes(b"video")
    items, records = scan(tmp_path)
    assert [item.source.name for item in items] == ["a.mp4", "deep/b.mkv"]
    assert [(record.kept, record.reason) for record in records] == [
        (True, "found"),
        (False, "its name is not UTF-8 text; rename it"),
        (True, "found"),
    ]


def test_folders_of_videos_and_motion_are_searched_without_litter(tmp_path):
    np.savez(tmp_path / "a.npz", x=1)
    (tmp_path / "._b.mp4").write_bytes(b"Mac OS X")
    layouts.litter(tmp_path)
    assert list(find_files(tmp_path)) == ["a"]
    with pytest.raises(InputError, match="contains no videos"):
        corpus_folder(tmp_path, SILENT)

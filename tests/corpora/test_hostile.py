"""Published corpora as attackers and damaged disks leave them: one line each, at once, and nothing written."""

import json
import os
import struct
import zipfile
from contextlib import suppress

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

import layouts
from venus_figure import figure_9
from visavis.corpora.importing import import_corpus
from visavis.errors import InputError


def refused(name, raw, message):
    with pytest.raises(InputError, match=message) as caught:
        import_corpus(name, raw, raw.parent / "out")
    assert "\n" not in str(caught.value)
    assert not (raw.parent / "out").exists()


VENUS = {
    "null": ({"FPS": None}, "FPS.*: Input should be a valid"),
    "fps": ({"FPS": 1e9}, "FPS: Input should be less than or equal to 1000"),
    "duration": ({"Duration": "00:00:00 ~ 9999999:00:00"}, "no video is so long"),
    "digits": ({"Duration": f"00:00:00 ~ {'9' * 400}:00:00"}, "Duration: "),
    "frames": (
        {"FPS": 1000, "Duration": "00:00:00 ~ 100:00:00"},
        "make 360,000,000 frames, more than are read at once",
    ),
    "segment": ({"Segment_id": 10**30}, "Segment_id: "),
    "backwards": ({"Duration": "00:10:00 ~ 00:00:00"}, "ends before it begins"),
    "features": (
        {"Facial expression": [{"Utt_id": 0, "Frame": 0, "Features": [1e300] * 153}]},
        "not finite at frame 0",
    ),
    "frame": ({"Body language": [{"Utt_id": 0, "Frame": 2**70, "Features": [0.0] * 179}]}, "Frame: "),
    "box": ({"Speaker bbox": [{"Frame": 0, "Bbox": [0, 0, None, 1]}]}, r"Bbox\[2\]"),
    "surrogate": ({"Video_id": "\ud800"}, "the file: |Video_id: "),
}


@pytest.mark.parametrize("name", VENUS)
def test_venus_with_numbers_that_are_none_or_huge(tmp_path, name):
    change, message = VENUS[name]
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.json").write_text(json.dumps({**figure_9(), **change}))
    refused("venus", tmp_path / "raw", message)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
@pytest.mark.parametrize("place", ["0.109", "66.088", "0.896", "25"])
def test_venus_with_numbers_that_json_does_not_have(tmp_path, word, place):
    (tmp_path / "raw").mkdir()
    text = json.dumps(figure_9())
    assert place in text
    (tmp_path / "raw" / "a.json").write_text(text.replace(place, word, 1))
    refused("venus", tmp_path / "raw", r"a\.json: ")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b"{}", b"null", b"\x00\x05\x16\x07Mac OS X"])
def test_what_is_no_venus(tmp_path, content):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.json").write_bytes(content)
    refused("venus", tmp_path / "raw", r"a\.json: ")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("venus", "a.json"),
        ("rig-speech", "r.npy"),
        ("candor", f"{layouts.CANDOR_ID}/metadata.json"),
        ("lm-listener", "trevor/segments_train.pth"),
        ("biwi", "vertices_npy/F2_e01.npy"),
        ("vico", "RLD_data.csv"),
    ],
)
def test_a_pipe_or_a_name_that_is_no_text_is_refused_at_once(tmp_path, name, file):
    raw = tmp_path / "raw"
    if name in ("venus", "rig-speech"):
        raw.mkdir()
    else:
        getattr(layouts, name.replace("-", "_"))(raw)
    (raw / file).unlink(missing_ok=True)
    os.mkfifo(raw / file)
    refused(name, raw, "is a pipe")
    (raw / file).unlink()
    os.close(os.open(os.fsencode(raw / file).replace(b".", b"\xff.", 1), os.O_CREAT))
    if name in ("venus", "rig-speech", "lm-listener", "biwi"):  # which look for files by their endings
        refused(name, raw, "the name is not UTF-8 text; rename it|missing|contains no")


@pytest.mark.parametrize("name", ["../a0", "/etc/passwd", "a\0b", "", "..", "a/b", "a\\b"])
def test_tables_cannot_name_files_elsewhere(tmp_path, name):
    raw = tmp_path / "raw"
    layouts.vico(raw, codes=False)
    table = raw / "RLD_data.csv"
    table.write_text(table.read_text().replace(",a0,", f",{name},"))
    refused("vico", raw, "line 2: 'audio': .* cannot be the name of a file")
    layouts.candor(tmp_path / "calls", media=False)
    people = [{"user_id": name, "channel": "R"}, {"user_id": "alice", "channel": "L"}]
    (tmp_path / "calls" / layouts.CANDOR_ID / "metadata.json").write_text(json.dumps({"speakers": people}))
    refused("candor", tmp_path / "calls", "cannot be the name of a file|must name a user_id")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split_start_frame": None}, "'split_start_frame' is 'None'; a number of frames is needed"),
        ({"split_start_frame": float("inf")}, "'split_start_frame' is 'inf'"),
        ({"split_start_frame": float("nan")}, "'split_start_frame' is 'nan'"),
        ({"split_start_frame": 10**400}, "'split_start_frame' is "),
        ({"split_start_frame": -5}, "'split_start_frame' is '-5'"),
        ({"p0_exp": None}, r"'p0_exp' has shape \(\)"),
        ({"p0_exp": torch.full((45, 50), float("nan"))}, "segment 0, p0: motion is not finite at frame 0"),
        ({"p0_exp": torch.full((45, 50), 1e300, dtype=torch.float64)}, "p0: motion is not finite at frame 0"),
        ({"p0_exp": torch.zeros(45, 50, dtype=torch.complex64)}, "the codes of p0 are not plain numbers|complex"),
        ({"p0_exp": torch.zeros(45, 50, requires_grad=True)}, "the codes of p0 are not plain numbers"),
        ({"p0_exp": torch.zeros(1, 50).expand(10**9, 50)}, "has shape|frames, more than are read at once"),
        ({"during_words": None}, "'during_words' contains 'None'; text and end are needed"),
        ({"during_words": [{"text": "a", "end": None}]}, "'during_words' contains"),
        ({"during_words": [{"text": "a", "end": 10**400}]}, "'during_words' contains"),
        ({"before_words": 5}, "'before_words' contains '5'"),
    ],
)
def test_segments_with_numbers_that_are_none_or_huge(tmp_path, change, message):
    raw = tmp_path / "raw"
    segments = layouts.lm_listener(raw)
    torch.save([{**segments[0], **change}], raw / "trevor" / "segments_train.pth")
    refused("lm-listener", raw, message)


def test_a_tensor_that_repeats_one_number_is_refused_by_its_shape(tmp_path):
    raw = tmp_path / "raw"
    segments = layouts.lm_listener(raw)
    wide = {f"{p}_{n}": torch.zeros(1, s).expand(10**9, s) for p in ("p0", "p1") for n, s in (("exp", 50), ("pose", 6))}
    torch.save([{**segments[0], **wide}], raw / "trevor" / "segments_train.pth")
    assert (raw / "trevor" / "segments_train.pth").stat().st_size < 10**6
    refused("lm-listener", raw, "has 1,000,000,000 frames, more than are read at once")


def test_a_pytorch_file_that_unpacks_to_more_is_refused_by_its_directory(tmp_path, monkeypatch):
    raw = tmp_path / "raw"
    layouts.lm_listener(raw)
    with zipfile.ZipFile(raw / "trevor" / "segments_train.pth", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/9", bytes(10**7))
    monkeypatch.setattr("visavis.corpora.lm_listener.LARGEST_ARRAYS", 10**6)
    refused("lm-listener", raw, "of which at most")


def test_an_array_is_refused_by_what_its_header_announces(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    layouts.voice(raw / "r.wav", 1.0)
    with (raw / "r.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10**8, 116)})
        file.truncate(128 + 8 * 116 * 10**8)  # sparse: takes no room
    refused("rig-speech", raw, r"r\.npy: has 86\.4 GiB, of which at most 2\.0 GiB are read")
    with (raw / "r.npy").open("r+b") as file:
        file.truncate(1000)
    refused("rig-speech", raw, "is announced as .* but cut short")


def test_biwi_with_vertices_that_are_not_finite(tmp_path):
    raw = tmp_path / "raw"
    layouts.biwi(raw)
    vertices = np.load(raw / "vertices_npy" / "F2_e01.npy")
    vertices[2, 5] = np.nan
    np.save(raw / "vertices_npy" / "F2_e01.npy", vertices)
    refused("biwi", raw, "is not finite; get an intact copy")


@pytest.mark.parametrize("cell", ["nan", "inf", "1e999", "", "-1", "1e300"])
def test_times_that_are_none_or_huge(tmp_path, cell):
    raw = tmp_path / "raw"
    place = layouts.candor(raw, media=False)
    table = place / "transcription" / "transcript_cliffhanger.csv"
    table.write_text(table.read_text().replace(",0.2,", f",{cell},"))
    refused("candor", raw, "line 2: 'start' is .*; seconds from 0 are needed")


def test_words_that_are_none_or_huge(tmp_path):
    raw = tmp_path / "raw"
    place = layouts.candor(raw, media=False)
    path = place / "transcription" / "transcribe_output.json"
    text = path.read_text()
    for broken in ("null", "1e999", "NaN", "[]", '"x"', "9" * 400):
        path.write_text(text.replace('"0.200"', broken, 1))
        refused("candor", raw, "is not as published")


@pytest.mark.parametrize("at", range(0, 4000, 400))
def test_a_table_of_frames_with_flipped_bytes(tmp_path, at):
    import test_video_calls

    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "individuals.csv").write_text(test_video_calls.INDIVIDUALS)
    pq.write_table(test_video_calls.table(), raw / "frames.parquet")
    content = bytearray((raw / "frames.parquet").read_bytes())
    content[at % len(content)] ^= 0xFF
    (raw / "frames.parquet").write_bytes(content)
    with suppress(InputError):  # where it happens to be a value, it is another value; anything else would fail
        import_corpus("video-calls", raw, tmp_path / "out")
    assert not list(tmp_path.glob(".*"))


def test_a_pickle_that_repeats_a_list_is_refused_by_its_count(tmp_path):
    import pickle

    from visavis.perception.imported.systems import read_result

    row = [0.0] * 1000
    for _ in range(3):
        row = [row] * 1000
    (tmp_path / "clip.pkl").write_bytes(pickle.dumps({"exp": row, "pose": row}))
    with pytest.raises(InputError, match=r"clip\.pkl: expression has more numbers than are read at once"):
        read_result("emoca", tmp_path / "clip.pkl", 25.0)


def test_frames_that_no_video_has_are_refused_by_arithmetic(tmp_path):
    from visavis.perception.imported.systems import read_result

    np.savez(tmp_path / "99999999999.npz", exp=np.zeros(50), pose=np.zeros(6))
    with pytest.raises(InputError, match="99,999,999,999 frames are more than are read at once"):
        read_result("emoca", tmp_path, 25.0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([None] * 50, "is not finite"),
        ([1e300] * 50, "is not finite"),
        ([10**400] * 50, "is not a numeric array"),
        (["x"] * 50, "is not a numeric array"),
        ({"a": 1}, "is not a numeric array"),
        ([[[0.0] * 50]] * 2, "has 100 numbers; 50 are needed"),
    ],
)
def test_other_systems_numbers_that_are_none_or_huge(tmp_path, values, message):
    from visavis.perception.imported.systems import read_result

    (tmp_path / "00001.json").write_text(json.dumps({"exp": values, "pose": [0.0] * 6}))
    with pytest.raises(InputError, match=message):
        read_result("emoca", tmp_path, 25.0)


@pytest.mark.parametrize("ending", ["npz", "npy", "json", "pkl"])
def test_other_systems_files_that_are_none(tmp_path, ending):
    from visavis.perception.imported.systems import read_result

    path = tmp_path / f"00001.{ending}"
    for content in (
        b"",
        b"\x80\x04]\x94r" + struct.pack("<I", 2**28) + b".",
        b"\x93NUMPY\x01\x00\xff\xff",
        b"PK\x03\x04",
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=path.name):
            read_result("emoca", tmp_path, 25.0)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match=f"{path.name}: is a pipe"):
        read_result("emoca", tmp_path, 25.0)

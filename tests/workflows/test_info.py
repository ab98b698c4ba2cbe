"""Whatever a file is, it is described in lines that can be printed, or refused in one."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.lib import format as npy

from media_toys import cased, encode, record, record_tracks, tone
from visavis.behavior.events import Event
from visavis.behavior.plan import Plan
from visavis.behavior.plan_files import write_plan
from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.formats.npz import write_npz
from visavis.models import weights
from visavis.motion import ARKIT, Motion, Seat
from visavis.workflows.info import describe


def told(path: Path) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = {}
    for name, value in describe(path):
        assert name.isprintable()
        assert value.isprintable()
        lines.setdefault(name, []).append(value)
    return lines


def film(path: Path, codec: str = "libx264", sound: bool = True) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        voice = out.add_stream("aac", rate=48_000, layout="mono") if sound else None
        for i in range(25):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 9 * i, np.uint8), format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if voice is not None:
            frame = av.AudioFrame.from_ndarray(tone(400, 1.0).astype(np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
            out.mux(voice.encode(frame))
            out.mux(voice.encode(None))
    return path


def renamed(path: Path, old: bytes, new: bytes, details: bytes = b"") -> Path:
    """Renames the codec of a track, of which the further details are hidden."""
    content = bytearray(path.read_bytes())
    at = next(i for i in range(len(content)) if content[i : i + 4] == b"stsd" and content[i + 16 : i + 20] == old)
    content[at + 16 : at + 20] = new
    if details:
        place = content.index(details, at)
        content[place : place + 4] = b"free"
    path.write_bytes(content)
    return path


def test_a_film_is_described(tmp_path):
    lines = told(film(tmp_path / "x.mp4"))
    assert lines["stream"] == [
        "video: h264, 64x48, 25.000 frames/s, 1.00 s", "audio: aac, 48000 Hz, 1 channel(s), 1.00 s",
    ]  # fmt: skip
    assert lines["as recording"][0].startswith("1.0")


@pytest.mark.parametrize(("codec", "named"), [(b"apac", "apac"), (b"xyz9", "xyz9"), (b"\x1b[2J", "[27][91]2J")])
def test_sound_with_an_unknown_codec_is_a_line(tmp_path, codec, named):
    lines = told(renamed(film(tmp_path / "x.mov"), b"mp4a", codec, b"esds"))
    assert lines["stream"][0].startswith("video: h264, 64x48")
    assert lines["stream"][1].startswith(f"audio: unknown codec ({named})")
    assert "as recording" not in lines


def test_a_picture_with_an_unknown_codec_is_a_line(tmp_path):
    lines = told(renamed(film(tmp_path / "x.mov"), b"avc1", b"ap4h"[::-1]))
    assert lines["stream"][0].startswith("video: unknown codec (h4pa)")
    assert lines["as recording"]


@pytest.mark.parametrize(
    ("suffix", "other"), [("ts", "data: klv"), ("ts", "data: timed_id3"), ("mkv", "attachment: a.ttf")]
)
def test_every_stream_is_a_line(tmp_path, suffix, other):
    """Data and attached files are streams, too."""
    path = tmp_path / f"x.{suffix}"
    with av.open(str(path), "w") as out:
        voice = out.add_stream("aac", rate=48_000, layout="mono")
        data = out.add_data_stream(other.partition(" ")[2]) if suffix == "ts" else None
        if data is None:
            out.add_attachment("a.ttf", "font/ttf", b"abc")
        encode(out, voice, tone(400, 1.0))
        if data is not None:
            packet = av.Packet(b"hello")
            packet.stream, packet.pts, packet.dts = data, 0, 0
            out.mux(packet)
    lines = told(path)["stream"]
    assert lines[0].startswith("audio: aac")
    assert lines[1].startswith(other)


def with_cover(path: Path) -> Path:
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "PNG")
    content = b"\0image/png\0\3\0" + picture.getvalue()
    tag = b"APIC" + struct.pack(">I", len(content)) + bytes(2) + content
    size = bytes((len(tag) >> shift) & 127 for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\3\0\0" + size + tag + path.read_bytes())
    return path


def test_a_cover_is_no_video(tmp_path):
    lines = told(with_cover(record(tmp_path / "x.mp3", tone(400, 1.0), "libmp3lame")))
    assert lines["stream"][1].startswith("cover: png, 40x30")
    assert lines["as recording"]


def test_lengths_are_those_that_files_declare(tmp_path):
    """A length that FFmpeg works out from the first bits per second is nobody's."""
    assert told(record(tmp_path / "x.flac", tone(400, 1.0), "flac"))["stream"] == [
        "audio: flac, 48000 Hz, 1 channel(s), 1.00 s"
    ]
    assert told(record(tmp_path / "x.aac", tone(400, 1.0), "aac"))["stream"] == ["audio: aac, 48000 Hz, 1 channel(s)"]


@pytest.mark.parametrize("hostile", ["\x1b[31mred", "\x1b]0;title\x07", "a\nb", "a\r\x08b", "\u202eabc", "\x9b2J"])
def test_nothing_that_is_shown_moves_the_cursor(tmp_path, hostile):
    path = tmp_path / f"{hostile}.wav"
    path.write_bytes(record(tmp_path / "x.wav", tone(400, 1.0), "pcm_s16le").read_bytes())
    assert told(path)["stream"]
    np.savez(tmp_path / "x.npz", **{hostile.replace("\n", " "): np.array(hostile), "a": np.zeros(3)})
    assert told(tmp_path / "x.npz")["a"] == ["float64 (3,)"]
    (tmp_path / "x.json").write_text(json.dumps({hostile: hostile}))
    assert told(tmp_path / "x.json")["kind"] == ["JSON"]


def test_names_that_are_no_text_are_one_line(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.wav"))
    path.write_bytes(record(tmp_path / "x.wav", tone(400, 1.0), "pcm_s16le").read_bytes())
    with pytest.raises(InputError, match="not UTF-8") as caught:
        describe(path)
    assert str(caught.value).isprintable()


def npz_that_announces(path: Path, shape: tuple[int, ...]) -> Path:
    header = io.BytesIO()
    npy.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", header.getvalue() + bytes(1000))
    return path


@pytest.mark.parametrize("shape", [(10**12,), (2**40, 2**40), (10**9, 3)])
def test_arrays_that_announce_too_much_are_refused(tmp_path, shape):
    with pytest.raises(InputError, match=r"GiB|cut short"):
        describe(npz_that_announces(tmp_path / "x.npz", shape))


DAMAGED = [
    ("x.npz", b"PK\x03\x04" + bytes(50)), ("x.glb", b"glTF" + bytes(20)), ("x.gltf", b"[" * 9999),
    ("x.gltf", b'{"asset": {"version": "2.0"}, "meshes": [{}], "nodes": null}'), ("x.json", b"[" * 99_999),
    ("x.json", b"\xff\xfe\0"), ("x.json", b"[1]"), ("x.json", b'{"a": 1'), ("x.bin", b"hello" * 99),
    ("x.parquet", b"PAR1" + bytes(40) + b"PAR1"), ("x.safetensors", b"\xff" * 40), ("x", bytes(5000)),
    ("x.png", b"\x89PNG\r\n\x1a\n" + bytes(9)), ("x.mp4", b"\0\0\0\x18ftypisom" + bytes(99)),
    ("x.wav", b"RIFF\xff\xff\xff\x7fWAVE"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content"), DAMAGED)
def test_what_is_damaged_is_one_line(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        describe(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes, which this system has not")
@pytest.mark.parametrize("name", ["x.wav", "x.json", "x.npz", "x.png", "x.glb", "x.csv"])
def test_pipes_are_refused_whatever_they_are_called(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError, match="is a pipe"):
        describe(tmp_path / name)


def test_the_executable_describes_a_file_named_like_an_address(visavis, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record_tracks(tmp_path / "x.mka", [tone(400, 1.0), tone(1200, 1.0)], "flac", [0.0, 0.0]).rename("10:30 call.mka")
    code, out, _ = visavis("info", "10:30 call.mka")
    assert code == 0
    assert out.count("audio: flac") == 2
    code, _, err = visavis("info", "10:30 call.mp3")
    assert code == 2
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["iphone_aac_then_apac.mov", "iphone_apac_then_aac.mov"])
def test_what_an_iphone_records_is_described(real_data, name):
    lines = told(cased(real_data, name))
    assert any(line.startswith("audio: unknown codec (apac)") for line in lines["stream"])
    assert any(line.startswith("audio: aac, 22050 Hz") for line in lines["stream"])
    assert lines["as recording"][0].startswith("4.0")


FACING = {"seats": [{"position": [-0.5, 1.6, 0], "yaw": 1.57}, {"position": [0.5, 1.6, 0], "yaw": -1.57}]}


def test_a_plan_is_told_by_what_people_do(tmp_path):
    events = ([Event("blink", 1.0, 1.2), Event("blink", 3.0, 3.2), Event("nod", 2.0, 3.0, "concord")], [])
    write_plan(Plan(5.0, (tuple(events[0]), tuple(events[1]))), tmp_path / "plan.json")
    lines = told(tmp_path / "plan.json")
    assert lines["kind"] == ["plan of what two people do"]
    assert (lines["A"], lines["B"]) == (["blink 2, nod 1"], ["nothing"])


def test_a_layout_is_told_in_words(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps(FACING))
    lines = told(tmp_path / "x.json")
    assert lines["kind"] == ["layout of two people"]
    assert lines["layout"] == ["two people, 1.00 m apart, face to face, both standing"]
    assert "note" not in lines
    for far, note in ((0.1, "0.25 m is used instead"), (1e5, "face to face"), (1e200, "at most 1,000,000 m")):
        (tmp_path / "x.json").write_text(json.dumps({"A": [0, 0, 0], "B": [0, 0, far]}))
        assert note in " ".join(told(tmp_path / "x.json")["note"])


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"position": [float("inf"), 1.6, 0]}, r"seats\[0\]\.position must be three finite numbers"),
        ({"yaw": float("nan")}, r"seats\[0\]\.yaw must be three finite numbers"),
        ({"yaw": 1e308}, r"seats\[0\]\.yaw must be three finite numbers"),
        ({"yaw": "left"}, r"seats\[0\]\.yaw must be three finite numbers"),
        ({"seated": 3}, r"seats\[0\]\.seated must be true or false"),
    ],
)
def test_a_layout_that_animate_refuses_is_refused(tmp_path, changed, line):
    first, second = FACING["seats"]
    (tmp_path / "x.json").write_text(json.dumps({"seats": [first | changed, second]}))
    with pytest.raises(InputError, match=line):
        describe(tmp_path / "x.json")


@pytest.mark.parametrize("seat", [[0, 1.6, 0, 1e308, 0], [np.inf, 1.6, 0, 0, 0], [0, 1e12, 0, 0, 0]])
def test_motion_that_export_refuses_is_refused(tmp_path, seat):
    path = tmp_path / "motion.npz"
    motion = Motion(np.zeros((3, ARKIT.dim), np.float32), 25, ARKIT)
    people = (Participant("A", motion=motion, seat=Seat((0, 1.6, 0), 0)), Participant("B"))
    write_npz(Conversation("x", people, 0.12), path)
    assert told(path)["A_seat"]
    np.savez(path, **{**np.load(path), "A_seat": np.array(seat)})
    with pytest.raises(InputError, match="a seat needs"):
        describe(path)


def test_motion_spaces_of_a_checkpoint_are_told_by_name():
    lines = told(weights.built_in("mars-codes/face"))
    assert lines["whole"] == ["arkit-body"]
    assert lines["motion"][0].startswith("arkit-body:expression+eyes")

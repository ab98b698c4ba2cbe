"""Recordings that were joined into one file, of any kinds and with anything between them, and what follows the last."""

from __future__ import annotations

import struct
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from media_toys import joined, pitches, record, tone
from visavis.media import read_audio
from visavis.media.parts import parts_of, rest_of

CODECS = {
    "wav": "pcm_s16le", "m4a": "aac", "mov": "aac", "mp3": "libmp3lame", "aac": "aac", "opus": "libopus",
    "mka": "libopus", "flac": "flac", "aiff": "pcm_s16be", "caf": "pcm_s16be", "au": "pcm_s16be", "avi": "libmp3lame",
    "ts": "aac", "flv": "aac", "wma": "wmav2", "w64": "pcm_s16le", "ac3": "ac3",
}  # fmt: skip


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    """The bytes of a recording of a kind: 400 Hz for 1.5 s, or 1200 Hz for 2 s."""
    folder = tmp_path_factory.mktemp("parts")

    def make(suffix: str, second: bool = False) -> bytes:
        path = folder / f"{int(second)}.{suffix}"
        if not path.exists():
            record(path, tone(1200, 2.0) if second else tone(400, 1.5), CODECS[suffix])
        return path.read_bytes()

    return make


def need_both(path: Path) -> None:
    """Both parts are heard one after the other, and nothing is said of damage."""
    decoded = read_audio(path)
    assert decoded.duration == pytest.approx(3.5, abs=0.15)
    heard = pitches(decoded.channels[0].samples)
    assert heard[1:5] == [400] * 4
    assert heard[7:13] == [1200] * 6
    (told,) = decoded.notes
    assert "jumps at 1.5 s (joined recordings?)" in told


def write(path: Path, *content: bytes) -> Path:
    path.write_bytes(b"".join(content))
    return path


def wav64(content: bytes, name: bytes = b"RF64") -> bytes:
    """A WAV file as one of 64-bit lengths, which stand in a chunk of their own."""
    body = content[12:]
    lengths = struct.pack("<QQQI", len(body) + 40, len(content) - content.index(b"data") - 8, 0, 0)
    at = body.index(b"data")
    body = body[: at + 4] + b"\xff" * 4 + body[at + 8 :]
    return name + b"\xff" * 4 + b"WAVE" + b"ds64" + struct.pack("<I", len(lengths)) + lengths + body


@pytest.mark.parametrize(
    ("first", "second"), [(b"RF64", b"RF64"), (b"RIFF", b"RF64"), (b"RF64", b"RIFF"), (b"BW64", b"BW64")]
)
def test_wav_of_64_bits_is_joined_like_any(tmp_path, part, first, second):
    parts = [
        content if name == b"RIFF" else wav64(content, name)
        for name, content in [(first, part("wav")), (second, part("wav", True))]
    ]
    need_both(write(tmp_path / "x.wav", *parts))


@pytest.mark.parametrize(
    "length",
    [(0, None), (0, 0), (2**32 - 1, None), (2**32 - 1, 2**32 - 1), (2**31 - 1, 2**31 - 37), (10**6, 10**6)],
)
def test_wav_that_was_written_into_a_pipe_or_cut_off_is_joined_like_any(tmp_path, part, length):
    """Its header does not say how long it is: the next is found by its own."""
    content, (whole, sound) = bytearray(part("wav")), length
    content[4:8] = struct.pack("<I", whole)
    if sound is not None:
        at = content.index(b"data") + 4
        content[at : at + 4] = struct.pack("<I", sound)
    need_both(write(tmp_path / "x.wav", content, part("wav", True)))


ID3 = b"ID3\4\0\0\0\0\0\x15TIT2\0\0\0\x0b\0\0\3some title"
APE_HEAD, APE_FOOT = (b"APETAGEX" + struct.pack("<IIII8x", 2000, 32 + 19, 1, flags << 29) for flags in (5, 4))
APE = APE_HEAD + b"\5\0\0\0\0\0\0\0Title\0hello" + APE_FOOT
TAGS = {
    "padding": bytes(512), "one zero": b"\0", "newline": b"\n", "lines": b"\r\n\r\n", "ID3": ID3,
    "old ID3": b"TAG" + b"x" * 125,
    "list": b"LIST\x0c\0\0\0INFOISFT\0\0\0\0", "APE": APE, "odd text": b"-- 2 --",
}  # fmt: skip


@pytest.mark.parametrize("between", TAGS)
@pytest.mark.parametrize("kinds", [("wav", "wav"), ("aiff", "wav"), ("m4a", "m4a")])
def test_what_lies_between_parts_is_passed_over(tmp_path, part, between, kinds):
    need_both(write(tmp_path / f"x.{kinds[0]}", part(kinds[0]), TAGS[between], part(kinds[1], True)))


@pytest.mark.parametrize(
    "kinds",
    ["m4a wav", "m4a mp3", "wav opus", "wav m4a", "wav mp3", "wav aac", "wav ts", "mp3 wav", "mp3 m4a", "aac wav",
     "flac wav", "opus mp3", "mka mov", "mov mka", "ts wav", "ts mp3", "flv aac", "wma mp3", "caf w64", "au aiff",
     "avi mka", "w64 flac"],
)  # fmt: skip
def test_parts_may_be_of_different_kinds(tmp_path, part, kinds):
    first, second = kinds.split()
    need_both(write(tmp_path / f"x.{first}", part(first), part(second, True)))


def old_quicktime(content: bytes, begins: bytes) -> bytes:
    """A file of QuickTime as it was before ``ftyp``, with another box where that is now."""
    assert content[4:8] == b"ftyp"
    return content[:4] + begins + content[8:]


@pytest.mark.parametrize("begins", [b"free", b"skip", b"wide"])
@pytest.mark.parametrize("old", [(True, True), (False, True), (True, False)])
def test_old_quicktime_is_joined_like_any(tmp_path, part, begins, old):
    parts = [
        old_quicktime(content, begins) if is_old else content
        for is_old, content in zip(old, [part("mov"), part("mov", True)], strict=True)
    ]
    need_both(write(tmp_path / "x.mov", *parts))


@pytest.mark.parametrize("codecs", [("aac", "mp2"), ("mp2", "aac"), ("ac3", "aac"), ("libopus", "mp2")])
def test_transport_streams_of_different_codecs(tmp_path, codecs):
    parts = [
        record(tmp_path / f"{i}.ts", sound, codec)
        for i, (sound, codec) in enumerate(zip([tone(400, 1.5), tone(1200, 2.0)], codecs, strict=True))
    ]
    need_both(joined(tmp_path / "x.ts", *parts))


def test_many_parts_are_found_where_they_are(tmp_path, part):
    contents = [part("wav"), part("m4a", True), part("opus"), wav64(part("wav")), part("caf", True)]
    path = write(tmp_path / "x.wav", *contents)
    places = np.cumsum([0, *map(len, contents)]).tolist()
    assert parts_of(path) == tuple(range(a, b) for a, b in pairwise(places))


# What follows is no recording


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("suffix", ["wav", "m4a", "mov", "opus", "mka", "aiff", "avi", "flv", "wma"])
def test_tags_and_padding_after_a_recording_need_no_word(tmp_path, part, suffix, tag):
    path = write(tmp_path / f"x.{suffix}", part(suffix), TAGS[tag])
    assert parts_of(path) == (range(path.stat().st_size),)
    assert rest_of(path) == 0
    assert read_audio(path).notes == ()


@pytest.mark.parametrize("suffix", ["wav", "m4a", "mov", "opus", "mka", "aiff", "caf", "avi", "flv", "wma", "ts"])
def test_other_bytes_after_a_recording_are_said_to_be_left_out(tmp_path, part, suffix):
    noise = np.random.default_rng(0).bytes(50_000)
    decoded = read_audio(write(tmp_path / f"x.{suffix}", part(suffix), noise))
    assert decoded.duration == pytest.approx(1.5, abs=0.1)
    (told,) = decoded.notes
    assert "its last 48." in told
    assert "are left out: no recording known here" in told


@pytest.mark.parametrize("suffix", ["wav", "m4a", "opus", "mka", "flac"])
def test_recordings_of_a_kind_that_is_not_looked_for_are_said_to_be_left_out(tmp_path, part, suffix):
    decoded = read_audio(write(tmp_path / f"x.{suffix}", part(suffix), part("ac3", True) * 3))
    assert decoded.duration == pytest.approx(1.5, abs=0.1)
    assert any("left out" in note for note in decoded.notes)


@pytest.mark.parametrize("suffix", sorted(CODECS))
def test_one_recording_is_one_part(tmp_path, part, suffix):
    path = write(tmp_path / f"x.{suffix}", part(suffix))
    assert parts_of(path) == (range(path.stat().st_size),)
    assert read_audio(path).notes == ()


def test_a_film_in_fragments_is_one_part(tmp_path):
    path = tmp_path / "x.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=400:d=3", "-movflags", "frag_keyframe+empty_moov",
         "-frag_duration", "500000", str(path)], check=True,
    )  # fmt: skip
    assert parts_of(path) == (range(path.stat().st_size),)
    need = read_audio(joined(tmp_path / "y.mp4", path, path))
    assert need.duration == pytest.approx(6.0, abs=0.2)


def test_a_file_that_is_written_anew_is_looked_at_anew(tmp_path, part):
    path = write(tmp_path / "x.wav", part("wav"))
    assert len(parts_of(path)) == 1
    write(path, part("wav"), part("wav", True))
    assert len(parts_of(path)) == 2


def test_what_comes_after_the_most_parts_is_told(tmp_path):
    one = record(tmp_path / "one.wav", tone(400, 0.02), "pcm_s16le").read_bytes()
    path = tmp_path / "many.wav"
    path.write_bytes(one * 1100)
    assert sum(map(len, parts_of(path))) + rest_of(path) == len(one) * 1100
    assert rest_of(path) > 90 * len(one)

"""A file is what is read: neither its name nor its content leads to others."""

from __future__ import annotations

import os
import struct
import threading
from pathlib import Path

import pytest

from media_toys import record, tone
from visavis.errors import InputError
from visavis.media import VideoWriter, open_recording, open_video, read_audio
from visavis.media.container import check_file, opened
from visavis.workflows.info import describe

NAMES = [
    "10:30 call.wav", "concat:a|b.wav", "http:x.wav", "pipe:0.wav", "-x.wav", "shot%03d.wav", "what?.wav", "a#b.wav",
    "[x]*{y}.wav", "file:y.wav", "subfile,,start,0,end,9,,:z.wav", "ä ö ü.wav", "\u202e.wav", "line\nbreak.wav",
    "tab\t\x1b[31m.wav", "a" * 200 + ".wav", "%s%n.wav", "cache:x.wav", "data:audio,x.wav", "crypto:x.wav",
]  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return record(tmp_path_factory.mktemp("sound") / "x.wav", tone(400, 1.0), "pcm_s16le").read_bytes()


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    import numpy as np

    path = tmp_path_factory.mktemp("film") / "x.mp4"
    with VideoWriter(path, (64, 48), 25.0) as video:
        for _ in range(10):
            video.write(np.zeros((48, 64, 3), np.uint8))
    return path.read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_names_are_names(tmp_path, monkeypatch, sound, name):
    monkeypatch.chdir(tmp_path)
    path = Path(name)
    path.write_bytes(sound)
    assert read_audio(path).duration == 1.0
    assert open_recording([path]).mixed.duration == 1.0
    told = dict(describe(path))
    assert told["as recording"].startswith("1.00 s")
    assert all(text.isprintable() for line in told.items() for text in line)


@pytest.mark.parametrize(
    "name", ["shot%03d.mp4", "10:30.mp4", "frames_?.png", "frame%d.jpg", "x.m3u8", "x.txt", "none"]
)
def test_names_of_videos_are_names(tmp_path, monkeypatch, film, name):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(film)
    assert open_video(name).count == 10
    assert dict(describe(Path(name)) if not name.endswith(("png", "jpg")) else [("stream", "video")])["stream"]


@pytest.mark.parametrize("name", ["10:30 out.mp4", "http:x.mp4", "x%03d.mp4"])
def test_names_of_what_is_written_are_names(tmp_path, monkeypatch, name):
    import numpy as np

    monkeypatch.chdir(tmp_path)
    with VideoWriter(name, (64, 48), 25.0) as video:
        video.write(np.zeros((48, 64, 3), np.uint8))
    assert [p.name for p in tmp_path.iterdir()] == [name]


DASH = """<?xml version="1.0"?><!-- a --><!-- b --><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>
<AdaptationSet><Representation id="0" mimeType="audio/mp4"><BaseURL>x.wav</BaseURL></Representation></AdaptationSet>
</Period></MPD>"""
LISTS = {
    "x.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nx.wav\n#EXT-X-ENDLIST\n",
    "x.wav": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nsound.wav\n#EXT-X-ENDLIST\n",
    "y.m3u8": "\ufeff\n#EXTM3U\n#EXTINF:1,\n/etc/passwd\n",
    "x.ffconcat": "ffconcat version 1.0\nfile sound.wav\n",
    "x.mp4": "ffconcat version 1.0\nfile sound.wav\n",
    "x.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    "x.mpd": DASH,
    "x.pls": "[playlist]\nFile1=sound.wav\nNumberOfEntries=1\n",
    "x.asx": "<asx version='3.0'><entry><ref href='sound.wav'/></entry></asx>",
    "x.smil": "<?xml version='1.0'?>\n<smil><body><audio src='sound.wav'/></body></smil>",
    "x.m3u": "sound.wav\nsound.wav\n",
    "x.cue": 'FILE "sound.wav" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
    "x.idx": "# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\ntimestamp: 00:00:01:101\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_other_files_are_refused_everywhere(tmp_path, monkeypatch, sound, name):
    monkeypatch.chdir(tmp_path)
    Path("sound.wav").write_bytes(sound)
    Path(name).write_text(LISTS[name], encoding="utf-8")
    for read in (read_audio, open_video, describe, lambda path: open_recording([path])):
        with pytest.raises(
            InputError, match=r"points? to (an)?other|not a readable media file|no audio|no video"
        ) as caught:
            read(Path(name))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.m3u", "a.wav\nb.wav\n"), ("a.M3U8", "a.wav\n"), ("a.m3u", "\ufeffC:\\Music\\a.mp3\r\n"), ("a.cue", "REM 1\n"),
     ("a.txt", "file 'a.wav'\nfile 'b.wav'\n")],
)  # fmt: skip
def test_lists_without_a_signature_are_named_as_lists(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="points to other files; pass the file it names"):
        read_audio(path)


def test_what_ffmpeg_asks_for_is_refused_and_named(tmp_path, monkeypatch, sound):
    """Even where a list is not known as one beforehand."""
    monkeypatch.setattr("visavis.media.container._is_list", lambda head, suffix: False)
    monkeypatch.chdir(tmp_path)
    Path("sound.wav").write_bytes(sound)
    for name in ("x.m3u8", "x.ffconcat", "x.sdp", "x.mpd"):
        Path(name).write_text(LISTS[name])
        with pytest.raises(InputError, match=r"points to another file \((sound|x)|not a readable media file|no audio"):
            read_audio(name)


def references(path: Path, own: bool) -> Path:
    """Makes a data reference of a QuickTime file one to another file, or leaves it as it is."""
    content = bytearray(path.read_bytes())
    at = content.index(b"dref")
    begin = at + 12  # after kind, version, flags and count
    size = struct.unpack(">I", content[begin : begin + 4])[0]
    name = b"file:///sound.wav\0"
    entry = struct.pack(">I", 12 + len(name)) + b"url " + struct.pack(">I", int(own)) + name
    grown = len(entry) - size
    for kind in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        place = content.rindex(kind, 0, at + 4) - 4
        content[place : place + 4] = struct.pack(">I", struct.unpack(">I", content[place : place + 4])[0] + grown)
    content[begin : begin + size] = entry
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("suffix", ["mov", "m4a"])
def test_films_whose_sound_lies_in_other_files_are_refused(tmp_path, suffix):
    path = record(tmp_path / f"x.{suffix}", tone(400, 1.0), "aac")
    assert read_audio(references(path, own=True)).duration == pytest.approx(1.0, abs=0.05)
    record(path, tone(400, 1.0), "aac")
    with pytest.raises(InputError, match="points to other files"):
        read_audio(references(path, own=False))
    with pytest.raises(InputError, match="points to other files"):
        describe(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes, which this system has not")
def test_pipes_are_refused_at_once(tmp_path):
    path = tmp_path / "x.wav"
    os.mkfifo(path)

    def read():
        for function in (check_file, read_audio, open_video, describe):
            with pytest.raises(InputError, match="is a pipe"):
                function(path)
        refused.append(True)

    refused: list[bool] = []
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(10)
    assert refused


@pytest.mark.parametrize(
    ("path", "says"),
    [("/dev/zero", "is a device"), ("/dev/null", "is a device"), (".", "is a folder"), ("no", "no such file")],
)
def test_what_is_no_file_is_refused(tmp_path, monkeypatch, path, says):
    monkeypatch.chdir(tmp_path)
    for function in (check_file, read_audio, open_video):
        with pytest.raises(InputError, match=says):
            function(Path(path))


def test_markup_takes_no_time(tmp_path):
    """Comments in comments, which slow patterns never get through."""
    path = tmp_path / "x.xml"
    path.write_text("<?xml?>" + "<!-- -->" * 500)
    check_file(path)


def test_only_a_part_of_a_file_is_seen(tmp_path, sound):
    path = tmp_path / "x"
    path.write_bytes(b"x" * 1000 + sound + b"y" * 1000)
    with opened(path, "a file", range(1000, 1000 + len(sound))) as container:
        assert container.format.name == "wav"
        assert container.size == len(sound)

"""Pictures in: real files written by FFmpeg, in which each picture says by its grey level which one it is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.media import Audio, open_video, read_audio


def level(index: int) -> int:
    return 20 + 8 * (index % 25)


def write(
    path: Path, times: list[float], *, size=(64, 48), codec="libx264", pixels="yuv420p", sound: float = 0.0,
    turned: int = 0, shape: Fraction | None = None, picture=None, ticks: int = 1000, title: str = "",
) -> Path:  # fmt: skip
    """A video whose picture i, of grey `level(i)`, appears at ``times[i]`` seconds."""
    with av.open(str(path), "w") as out:
        out.metadata.update({"title": title} if title else {})
        stream = out.add_stream(codec, rate=25, options={"crf": "5", "bf": "0"} if codec == "libx264" else {})
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        stream.codec_context.time_base = Fraction(1, ticks)
        stream.codec_context.gop_size = 12
        if shape:
            stream.codec_context.sample_aspect_ratio = shape
        if turned:
            stream.set_display_rotation(turned)
        voice = out.add_stream("aac", rate=16_000, layout="mono") if sound else None
        for i, time in enumerate(times):
            grey = np.full((size[1], size[0], 3), level(i), np.uint8)
            frame = av.VideoFrame.from_ndarray(grey if picture is None else picture, format="rgb24")
            frame.pts, frame.time_base = round(time * ticks), Fraction(1, ticks)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if voice is not None:
            tone = np.sin(np.arange(int(sound * 16_000)) / 5).astype(np.float32)[None]
            frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16_000, 0, Fraction(1, 16_000)
            out.mux(voice.encode(frame))
            out.mux(voice.encode(None))
    return path


def shown(video, **options) -> list[float]:
    """The index of each picture, modulo 25, read from its grey level."""
    return [round((float(picture.mean()) - 20) / 8) for picture in video.frames(**options)]


def constant(count: int, fps: float = 25.0) -> list[float]:
    return [i / fps for i in range(count)]


@pytest.mark.parametrize(("suffix", "codec"), [("mp4", "libx264"), ("mkv", "libx264"), ("avi", "mpeg4")])
def test_a_constant_rate_gives_each_picture_once(tmp_path, suffix, codec):
    video = open_video(
        write(tmp_path / f"x.{suffix}", constant(50), codec=codec, ticks=25 if suffix == "avi" else 1000)
    )
    assert (video.width, video.height, video.count) == (64, 48, 50)
    assert video.duration == pytest.approx(2.0, abs=0.045)
    assert video.fps == pytest.approx(25, abs=0.6)
    assert video.notes == ()
    assert shown(video)[:49] == [i % 25 for i in range(49)]


def test_any_rate_shows_what_is_on_screen_in_the_middle_of_each_frame(tmp_path):
    video = open_video(write(tmp_path / "x.mp4", constant(24)))
    assert shown(video, fps=50.0)[:46] == [i // 2 for i in range(46)]
    # In the middle of each tenth of a second, at 0.05, 0.15, ..., pictures 1, 3, 6, 8, 11, ... are shown.
    assert shown(video, fps=10.0)[:8] == [int((i + 0.5) / 10 * 25 + 1e-6) for i in range(8)]


def test_a_varying_rate_is_put_on_the_clock(tmp_path):
    rng = np.random.default_rng(3)
    times = [0.0, *np.cumsum(rng.choice([0.02, 0.03, 0.07, 0.11], 23)).tolist()]
    video = open_video(write(tmp_path / "x.mp4", times))
    assert any("variable frame rate" in note for note in video.notes)
    expected = [int(np.searchsorted(times, (i + 0.5) / 25, "right")) - 1 for i in range(len(video.frames()))]
    got = shown(video)
    near = [min(abs((i + 0.5) / 25 - t) for t in times) < 0.002 for i in range(len(got))]  # on an edge: either
    assert [g for g, n in zip(got, near, strict=True) if not n] == [
        e for e, n in zip(expected, near, strict=True) if not n
    ]


def test_a_part_is_what_the_whole_shows_there(tmp_path):
    video = open_video(write(tmp_path / "x.mp4", constant(200)))
    whole = shown(video)
    assert shown(video, start=5.0, stop=6.0) == whole[125:150]
    assert shown(video.slice(5.0, 6.0)) == whole[125:150]
    assert shown(video.slice(3.0, 7.0), start=2.0, stop=3.0) == whole[125:150]
    assert video.slice(5.0, 99.0).duration == pytest.approx(video.duration - 5.0)
    assert len(video.slice(50.0, 60.0).frames()) == 0
    assert list(video.slice(50.0, 60.0).frames()) == []


@pytest.mark.parametrize("turned", [90, 180, -90])
def test_a_phone_that_films_sideways_gives_upright_pictures(tmp_path, turned):
    upright = np.zeros((64, 48, 3), np.uint8)  # portrait, red above, blue on the left below
    upright[:32] = (255, 0, 0)
    upright[32:, :24] = (0, 0, 255)
    stored = np.ascontiguousarray(np.rot90(upright, -turned // 90))
    path = write(
        tmp_path / "x.mp4", constant(5), size=(stored.shape[1], stored.shape[0]), turned=turned, picture=stored
    )
    video = open_video(path)
    assert (video.width, video.height) == (48, 64)
    for picture in (next(iter(video.frames())), next(iter(video.frames(longest=32)))):
        height, width, _ = picture.shape
        red, blue, black = picture[height // 4, width // 2], picture[-4, width // 4], picture[-4, -width // 4]
        assert red[0] > 200
        assert red[2] < 60
        assert blue[2] > 200
        assert blue[0] < 60
        assert black.max() < 60


def test_portrait_odd_and_deep_pictures(tmp_path):
    odd = open_video(write(tmp_path / "odd.mkv", constant(5), size=(63, 101), codec="ffv1", pixels="yuv444p"))
    assert next(iter(odd.frames())).shape == (101, 63, 3)
    assert [p.shape for p in odd.frames(longest=50)] == [(50, 31, 3)] * 5
    deep = open_video(write(tmp_path / "deep.mkv", constant(5), codec="ffv1", pixels="yuv420p10le"))
    pictures = list(deep.frames())
    assert pictures[0].dtype == np.uint8
    assert shown(deep) == [0, 1, 2, 3, 4]
    wide = open_video(write(tmp_path / "wide.mp4", constant(5), shape=Fraction(4, 3)))
    assert (wide.width, wide.height) == (85, 48)
    assert next(iter(wide.frames())).shape == (48, 85, 3)


def test_sound_and_picture_share_a_clock(tmp_path):
    """The picture that begins half a second after the sound is held back by as much."""
    late = write(tmp_path / "late.mkv", [0.5 + t for t in constant(25)], sound=1.5)
    video = open_video(late)
    assert video.duration == pytest.approx(1.5, abs=0.045)
    assert read_audio(late).duration == pytest.approx(1.5, abs=0.1)
    assert shown(video)[:14] == [0] * 12 + [0, 1] or shown(video)[:14] == [0] * 13 + [1]


def test_sound_may_outlast_the_picture(tmp_path):
    path = write(tmp_path / "x.mp4", constant(25), sound=3.0)
    video = open_video(path)
    assert read_audio(path).duration == pytest.approx(3.0, abs=0.1)
    assert video.duration == pytest.approx(1.0, abs=0.045)
    assert len(video.frames(stop=3.0)) == 25


def test_a_truncated_file_gives_what_there_is(tmp_path):
    path = write(tmp_path / "x.mkv", constant(300), size=(320, 240), picture=None, codec="mjpeg", pixels="yuvj420p")
    whole = path.read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    video = open_video(tmp_path / "cut.mkv")
    assert 3 < video.duration < 9
    assert "ends early" in video.notes[0]
    assert not open_video(path).notes
    assert len(list(video.frames())) == round(video.duration * 25)


def test_damage_in_the_middle_is_skipped_and_counted(tmp_path):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
    path = write(tmp_path / "x.mkv", constant(100), codec="ffv1", pixels="yuv420p", picture=noise)
    data = bytearray(path.read_bytes())
    for at in np.linspace(len(data) * 0.3, len(data) * 0.6, 30).astype(int):
        data[at : at + 60] = bytes(60)
    (tmp_path / "bad.mkv").write_bytes(data)
    video = open_video(tmp_path / "bad.mkv")
    frames = video.frames()
    pictures = list(frames)
    assert len(pictures) == len(frames) >= 95
    good = np.abs(pictures[-1].astype(int) - pictures[0]).mean()
    assert good < 1
    assert frames.damaged > 0


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "empty"), (b"hello" * 400, "not a readable media file"), (None, "no such file")]
)
def test_no_video_gets_one_line(tmp_path, content, says):
    path = tmp_path / "a file – é.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        open_video(path)
    assert "\n" not in str(caught.value)
    assert "é.mp4" in str(caught.value)


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_still_picture_is_no_video(tmp_path, kind):
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(tmp_path / "still.mp4", kind)
    with pytest.raises(InputError, match="is a still image; pass a video"):
        open_video(tmp_path / "still.mp4")
    with pytest.raises(InputError, match="is a still image; pass a video"):
        open_video(write(tmp_path / "one.mp4", constant(1)))


def test_sound_alone_is_no_video(tmp_path):
    path = tmp_path / "x.m4a"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16_000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(InputError, match="no video track"):
        open_video(path)
    with pytest.raises(InputError, match="is a folder"):
        open_video(tmp_path)


def test_memory_does_not_grow_with_the_length(tmp_path):
    """A generator, not a list: only the first pictures are ever made."""
    video = open_video(write(tmp_path / "x.mp4", constant(2000)))
    pictures = iter(video.frames(fps=1000.0))
    assert len(video.frames(fps=1000.0)) == pytest.approx(80_000, rel=0.01)
    assert next(pictures).shape == (48, 64, 3)


def test_a_conversation_carries_its_picture(tmp_path):
    video = open_video(write(tmp_path / "x.mp4", constant(100)))
    sound = Audio.silence(4.0)
    plain = Conversation("x", (Participant("A"), Participant("B")), 4.0, mixed=sound)
    conversation = plain.with_video(video)
    assert plain.video is None
    assert conversation.provenance["video"] == {"file": "x.mp4", "width": 64, "height": 48, "fps": video.fps}
    part = conversation.window(1.0, 2.0)
    assert part.video is not None
    assert shown(part.video) == shown(video)[25:50]


def test_a_title_is_kept_in_one_line(tmp_path):
    film = open_video(write(tmp_path / "talk.mp4", constant(10), title="Über Katzen\nund   Hunde"))
    assert film.title == "Über Katzen und Hunde"
    talk = Conversation("talk", (Participant("A"), Participant("B")), film.duration).with_video(film)
    assert talk.provenance["title"] == film.title
    assert open_video(write(tmp_path / "plain.mp4", constant(10))).title == ""


def flashing(path: Path, codec: str, seconds: float = 2.0) -> Path:
    """A video that flashes, and clicks, after a second."""
    with av.open(str(path), "w") as out:
        stream, voice = out.add_stream(codec, rate=25), out.add_stream("aac", rate=48_000, layout="mono")
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(round(25 * seconds)):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 255 * (i == 25), np.uint8), format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 25)
            out.mux(stream.encode(frame))
            click = np.zeros((1, 1920), np.float32)
            click[0, :100] = 0.9 * (i == 25)
            heard = av.AudioFrame.from_ndarray(click, format="fltp", layout="mono")
            heard.sample_rate, heard.pts, heard.time_base = 48_000, 1920 * i, Fraction(1, 48_000)
            out.mux(voice.encode(heard))
        out.mux(stream.encode(None))
        out.mux(voice.encode(None))
    return path


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("ts", "libx264"), ("mkv", "libx264"), ("mp4", "libx264"), ("mov", "mpeg4"), ("flv", "libx264")],
)
def test_joined_videos_are_served_whole_and_in_sync(tmp_path, suffix, codec):
    part = flashing(tmp_path / f"part.{suffix}", codec).read_bytes()
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(part * 10)
    video, sound = open_video(path), read_audio(path).channels[0]
    assert video.count == 500
    assert not video.continuous
    assert any("jumps 9 times" in note for note in video.notes)
    bright = np.array([picture.mean() > 120 for picture in video.frames(fps=100)])
    flashes = (1 + np.flatnonzero(bright[1:] & ~bright[:-1])) / 100
    loud = np.flatnonzero(np.abs(sound.samples) > 0.3) / 16_000
    clicks = loud[np.diff(loud, prepend=-1) > 0.5]
    assert len(flashes) == len(clicks) == 10
    assert np.abs(flashes - clicks).max() < 0.045
    assert np.diff(flashes) == pytest.approx(2.0, abs=0.06)
    assert (
        shown(video, start=12.5, stop=14.5) == shown(video)[312:362] or len(shown(video, start=12.5, stop=14.5)) == 50
    )


def test_a_part_of_joined_videos_is_what_the_whole_shows_there(tmp_path):
    parts = [write(tmp_path / f"{i}.ts", constant(75 + i)).read_bytes() for i in range(3)]
    (tmp_path / "x.ts").write_bytes(b"".join(parts))
    video = open_video(tmp_path / "x.ts")
    whole = shown(video)
    assert len(whole) == pytest.approx(228, abs=4)
    assert shown(video, start=6.0, stop=8.0) == whole[150:200]


def announced(path: Path, width: int, height: int) -> Path:
    """A film of which the header announces another size."""
    write(path, constant(5), codec="mjpeg", pixels="yuvj420p", sound=0.5)
    content = bytearray(path.read_bytes())
    if path.suffix == ".avi":
        for mark, at in ((b"avih", 40), (b"strf", 12)):
            place = content.index(mark) + at
            content[place : place + 8] = width.to_bytes(4, "little") + height.to_bytes(4, "little")
    for start in [i for i in range(len(content) - 8) if content[i : i + 2] == b"\xff\xc0"]:
        content[start + 5 : start + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("width", "height"), [(16_000, 16_000), (65_500, 65_500), (40_000, 1100)])
@pytest.mark.parametrize("suffix", ["avi", "mkv"])
def test_videos_that_announce_absurd_sizes_are_refused(tmp_path, suffix, width, height):
    with pytest.raises(InputError, match=r"40 million|no frame can be decoded|not a readable"):
        open_video(announced(tmp_path / f"x.{suffix}", width, height))


def test_sizes_that_grow_in_the_middle_are_damage(tmp_path):
    path = write(tmp_path / "x.mkv", constant(40), codec="mjpeg", pixels="yuvj420p")
    content = bytearray(path.read_bytes())
    starts = [i for i in range(len(content) - 8) if content[i : i + 2] == b"\xff\xc0"]
    for start in starts[10:20]:
        content[start + 5 : start + 9] = (20_000).to_bytes(2, "big") * 2
    path.write_bytes(content)
    frames = open_video(path).frames()
    assert len(list(frames)) == 40
    assert frames.damaged == 10


def test_absurdly_long_videos_are_refused(tmp_path):
    """A picture every fifty minutes, for a day."""
    path = write(tmp_path / "x.mkv", [3000.0 * i for i in range(30)])
    with pytest.raises(InputError, match="lasts 24 hours, of which at most 12"):
        open_video(path)


def test_a_clock_that_was_set_goes_on(tmp_path):
    path = write(tmp_path / "x.mkv", [*constant(50), *(40_000 + t for t in constant(50))])
    video = open_video(path)
    assert video.duration == pytest.approx(4.0, abs=0.1)
    assert len(set(shown(video)[48:54])) > 3


def test_pictures_with_an_unknown_codec_are_named(tmp_path):
    path = write(tmp_path / "x.mov", constant(5))
    content = bytearray(path.read_bytes())
    at = content.index(b"avc1", content.index(b"stsd"))
    content[at : at + 4] = b"xyz9"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"pictures have the unknown codec \(xyz9\)"):
        open_video(path)


def test_a_video_stream_that_cannot_be_decoded_is_passed_over(tmp_path):
    path = tmp_path / "x.mov"
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("libx264", rate=25), out.add_stream("mpeg4", rate=25)]
        for size, stream in zip((32, 64), streams, strict=True):
            stream.width, stream.height, stream.pix_fmt = size, 48, "yuv420p"
        for i in range(20):
            for size, stream in zip((32, 64), streams, strict=True):
                frame = av.VideoFrame.from_ndarray(np.full((48, size, 3), level(i), np.uint8), format="rgb24")
                frame.pts, frame.time_base = i, Fraction(1, 25)
                out.mux(stream.encode(frame))
        for stream in streams:
            out.mux(stream.encode(None))
    assert open_video(path).width == 32
    content = bytearray(path.read_bytes())
    at = content.index(b"avc1", content.index(b"stsd"))
    content[at : at + 4] = b"xyz9"
    path.write_bytes(content)
    video = open_video(path)
    assert (video.width, video.count) == (64, 20)
    assert shown(video) == list(range(20))
    assert any("video stream 1 is passed over: its pictures have the unknown codec (xyz9)" in n for n in video.notes)

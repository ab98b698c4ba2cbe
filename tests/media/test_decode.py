"""Sound of every kind of file on one clock: joined, on several tracks, with changing parameters, damaged or not."""

from __future__ import annotations

import struct
import subprocess
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest

from media_toys import KINDS, cased, encode, joined, pitches, record, record_tracks, tone
from visavis.errors import InputError
from visavis.media import read_audio, read_tracks


@pytest.fixture(scope="module")
def halves(tmp_path_factory):
    """Makes two recordings of a kind: 400 Hz for 1.5 s and 1200 Hz for 2 s."""
    folder = tmp_path_factory.mktemp("halves")

    def make(suffix: str, codec: str) -> tuple[Path, Path]:
        first, second = folder / f"a.{suffix}", folder / f"b.{suffix}"
        if not first.exists():
            record(first, tone(400, 1.5), codec)
            record(second, tone(1200, 2.0), codec)
        return first, second

    return make


@pytest.mark.parametrize(("suffix", "codec"), KINDS)
def test_joined_recordings_are_served_whole(tmp_path, halves, suffix, codec):
    decoded = read_audio(joined(tmp_path / f"x.{suffix}", *halves(suffix, codec)))
    assert decoded.duration == pytest.approx(3.5, abs=0.2)
    heard = pitches(decoded.channels[0].samples)
    assert heard[1:5] == [400] * 4
    assert heard[7:13] == [1200] * 6
    assert not any("truncated" in note or "damaged" in note for note in decoded.notes)


@pytest.mark.parametrize(
    ("suffix", "codec"), [("ts", "aac"), ("opus", "libopus"), ("webm", "libopus"), ("wav", "pcm_s16le")]
)
def test_many_joints_do_not_add_up(tmp_path, halves, suffix, codec):
    first, second = halves(suffix, codec)
    decoded = read_audio(joined(tmp_path / f"x.{suffix}", *[first, second] * 6))
    assert decoded.duration == pytest.approx(21, abs=0.6)
    assert any("jumps 11 times, first at 1.5 s" in note for note in decoded.notes)


def test_a_file_that_is_followed_by_another_kind_is_said_to_end_there(tmp_path, halves):
    wav, _ = halves("wav", "pcm_s16le")
    broken = tmp_path / "x.wav"
    broken.write_bytes(wav.read_bytes() + wav.read_bytes()[:12] + b"\xff" * 4000)
    decoded = read_audio(broken)
    assert decoded.duration == pytest.approx(1.5, abs=0.01)
    assert any("cannot be read past 1.5 s" in note for note in decoded.notes)


@pytest.mark.parametrize(
    ("suffix", "codec", "first", "second"),
    [
        ("mp3", "libmp3lame", (44_100, 2), (48_000, 2)),
        ("mp3", "libmp3lame", (44_100, 2), (44_100, 1)),
        ("mp3", "libmp3lame", (16_000, 1), (44_100, 2)),
        ("aac", "aac", (16_000, 1), (44_100, 2)),
        ("aac", "aac", (48_000, 2), (22_050, 1)),
        ("ac3", "ac3", (32_000, 1), (48_000, 6)),
        ("ts", "aac", (48_000, 6), (48_000, 2)),
        ("ts", "aac", (44_100, 2), (48_000, 6)),
        ("opus", "libopus", (48_000, 1), (48_000, 2)),
        ("opus", "libopus", (48_000, 2), (48_000, 1)),
        ("ogg", "libopus", (24_000, 1), (48_000, 2)),
        ("oga", "flac", (44_100, 2), (16_000, 1)),
        ("flac", "flac", (16_000, 1), (44_100, 2)),
        ("wav", "pcm_s16le", (8_000, 1), (48_000, 2)),
        ("wav", "pcm_s24le", (48_000, 6), (16_000, 1)),
        ("m4a", "aac", (16_000, 1), (44_100, 2)),
    ],
)
def test_rate_and_channels_may_change(tmp_path, suffix, codec, first, second):
    parts = [
        record(tmp_path / f"{i}.{suffix}", tone(hertz, 2.0, rate, channels), codec, rate)
        for i, (hertz, (rate, channels)) in enumerate([(400, first), (1200, second)])
    ]
    decoded = read_audio(joined(tmp_path / f"x.{suffix}", *parts))
    assert decoded.source_rate == (48_000 if codec == "libopus" else first[0])
    assert decoded.duration == pytest.approx(4.0, abs=0.2)
    assert len(decoded.channels) == (2 if 2 in (first[1], second[1]) else 1)
    for channel in decoded.channels:
        heard = pitches(channel.samples)
        assert heard[1:7] == [400] * 6
        assert heard[9:15] == [1200] * 6
    assert not any("damaged" in note or "truncated" in note for note in decoded.notes)


def test_levels_stay_when_the_channels_change(tmp_path):
    """Nothing is half as loud because it comes on one channel."""
    parts = [record(tmp_path / f"{n}.flac", tone(400, 2.0, 16_000, n), "flac", 16_000) for n in (1, 2)]
    decoded = read_audio(joined(tmp_path / "x.flac", *parts))
    for channel in decoded.channels:
        assert [np.abs(channel.slice(t, t + 1).samples).max() for t in (0.5, 2.5)] == pytest.approx(
            [0.3, 0.3], abs=0.01
        )


SPEECH, NOTHING, SID = (0x3C, 32), (0x7C, 1), (0x44, 6)
WIDE_SPEECH, WIDE_NOTHING, WIDE_LOST, WIDE_SID = (0x44, 61), (0x7C, 1), (0x74, 1), (0x4C, 6)


def amr(path: Path, frames: list[tuple[int, int]], wide: bool = False) -> Path:
    """An AMR file of frames of 20 ms, each given by its first byte and its size; what they say is noise."""
    rng = np.random.default_rng(0)
    body = b"".join(bytes([first]) + rng.bytes(size - 1) for first, size in frames)
    path.write_bytes((b"#!AMR-WB\n" if wide else b"#!AMR\n") + body)
    return path


@pytest.mark.parametrize(
    ("frames", "wide"),
    [
        ([SPEECH] * 20 + [SID] + [NOTHING] * 100 + [SPEECH] * 20, False),
        ([NOTHING] * 30 + [SPEECH] * 20, False),
        ([SPEECH] * 20 + [NOTHING] * 200, False),
        (([SPEECH] * 5 + [SID] + [NOTHING] * 7 + [SID]) * 10, False),
        ([NOTHING] * 50, False),
        ([WIDE_SPEECH] * 20 + [WIDE_SID] + [WIDE_NOTHING] * 100 + [WIDE_SPEECH] * 20, True),
        ([WIDE_SPEECH] * 20 + [WIDE_LOST] * 60 + [WIDE_SPEECH] * 5, True),
    ],
)
def test_pauses_in_telephone_codecs_are_silence(tmp_path, frames, wide):
    decoded = read_audio(amr(tmp_path / "x.amr", frames, wide))
    assert decoded.duration == pytest.approx(0.02 * len(frames), abs=0.002)
    assert not any("damaged" in note for note in decoded.notes)
    loud = np.array([first in (SPEECH[0], WIDE_SPEECH[0]) and size > 30 for first, size in frames])
    quiet = np.flatnonzero(~loud & ~np.roll(loud, 1) & ~np.roll(loud, 2) & ~np.roll(loud, -1))
    for i in quiet[quiet > 2]:
        assert np.abs(decoded.channels[0].samples[320 * i : 320 * (i + 1)]).max() < 1e-3


def test_damage_in_a_telephone_codec_is_still_damage(tmp_path):
    """Frame types that are not defined are no pauses."""
    path = amr(tmp_path / "x.amr", [SPEECH] * 20 + [(0x5C, 1)] * 60)
    with pytest.raises(InputError, match="damaged"):
        read_audio(path)


@pytest.mark.parametrize("suffix", ["mka", "mov", "ts"])
def test_tracks_lie_on_the_clock_of_their_file(tmp_path, suffix):
    path = record_tracks(
        tmp_path / f"x.{suffix}", [tone(400, 3.0), tone(1200, 2.0), tone(2000, 1.0)], "aac", [1.0, 1.5, 2.5]
    )
    tracks = read_tracks(path)
    assert len(tracks) == 3
    assert len({track.start for track in tracks}) == 1
    if suffix == "mka":
        assert tracks[0].start == pytest.approx(1.0, abs=0.05)
    begins = [np.argmax(np.abs(track.channels[0].samples) > 0.1) / 16_000 for track in tracks]
    assert np.subtract(begins, begins[0]) == pytest.approx([0, 0.5, 1.5], abs=0.04)
    assert [pitches(track.channels[0].samples)[-3] for track in tracks] == [400, 1200, 2000]


def test_tracks_of_joined_files_stay_together(tmp_path):
    """Track A is longer than track B in each part; B's second part does not come early."""
    part = record_tracks(tmp_path / "p.mka", [tone(400, 2.0), tone(1200, 1.0)], "libopus", [0.0, 0.0])
    first, second = read_tracks(joined(tmp_path / "x.mka", part, part))
    assert first.duration == pytest.approx(4.0, abs=0.1)
    heard = pitches(second.channels[0].samples)
    assert heard[1:3] == [1200] * 2
    assert heard[5:7] == [0] * 2
    assert heard[9:11] == [1200] * 2


def unknown(path: Path, track: int, codec: bytes = b"apac") -> Path:
    """Renames the codec of a track of a QuickTime file to one that nobody decodes."""
    content = bytearray(path.read_bytes())
    description = -1
    for _ in range(track + 1):
        description = content.index(b"stsd", description + 1)
    details = content.index(b"esds", description)
    content[description + 16 : description + 20] = codec
    content[details : details + 4] = b"free"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("lost", [0, 1])
def test_a_stream_that_cannot_be_decoded_is_passed_over(tmp_path, lost):
    path = unknown(record_tracks(tmp_path / "x.mov", [tone(400, 2.0), tone(1200, 2.0)], "aac", [0.0, 0.0]), lost)
    decoded, (only,) = read_audio(path), read_tracks(path)
    assert pitches(decoded.channels[0].samples)[2] == (400, 1200)[1 - lost]
    assert decoded.channels == only.channels
    note = f"audio stream {lost + 1} is passed over: its sound has the unknown codec (apac)"
    assert any(note in told for told in only.notes)
    assert any(note in told for told in decoded.notes) == (lost == 0)


def test_where_no_stream_can_be_decoded_the_codec_is_named(tmp_path):
    path = unknown(record(tmp_path / "x.mov", tone(400, 1.0), "aac"), 0, b"xyz9")
    for read in (read_audio, read_tracks):
        with pytest.raises(InputError, match=r"unknown codec \(xyz9\)"):
            read(path)


def test_a_damaged_track_is_passed_over_for_an_intact_one(tmp_path):
    noisy = np.random.default_rng(0).standard_normal((1, 96_000)) * 0.1
    path = record_tracks(
        tmp_path / "x.mkv", [np.where(np.arange(96_000) == 50, np.nan, noisy), noisy], "pcm_f32le", [0, 0]
    )
    decoded = read_audio(path)
    assert np.isfinite(decoded.channels[0].samples).all()
    assert any("stream 1 is passed over" in note and "not a finite number" in note for note in decoded.notes)
    assert any("number 2 is used" in note for note in decoded.notes)


@pytest.mark.parametrize("start", [5.0, 0.5])
@pytest.mark.parametrize(
    ("suffix", "codec"), [("mka", "libopus"), ("webm", "libopus"), ("nut", "libopus"), ("mka", "flac")]
)
def test_the_start_of_the_clock_is_told(tmp_path, suffix, codec, start):
    decoded = read_audio(record(tmp_path / f"x.{suffix}", tone(400, 2.0), codec, start=start))
    assert decoded.start == pytest.approx(start, abs=0.02)
    assert decoded.duration == pytest.approx(2.0, abs=0.06)
    assert decoded.notes == ()


@pytest.mark.parametrize("quiet_first", [True, False])
def test_a_length_that_is_guessed_is_not_missed(tmp_path, quiet_first):
    """FFmpeg guesses lengths from the first bits per second, which in a variable rate mean nothing."""
    noise = np.random.default_rng(0).standard_normal((1, 48_000 * 6)) * 0.2
    parts = [np.zeros((1, 48_000 * 6)), noise]
    samples = np.concatenate(parts if quiet_first else parts[::-1], 1)
    path = tmp_path / "x.mp3"
    with av.open(str(path), "w", options={"write_xing": "0"}) as out:
        stream = out.add_stream("libmp3lame", rate=48_000, layout="mono")
        stream.codec_context.qscale, stream.codec_context.global_quality = True, 118 * 4
        encode(out, stream, samples)
    decoded = read_audio(path)
    assert decoded.duration == pytest.approx(12.0, abs=0.1)
    assert decoded.notes == ()


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("mka", "libopus"), ("flac", "flac"), ("wav", "pcm_s16le"), ("opus", "libopus"), ("tta", "tta")],
)
def test_a_length_that_the_file_declares_is_missed(tmp_path, suffix, codec):
    noise = np.random.default_rng(0).standard_normal((1, 48_000 * 6)) * 0.2
    path = record(tmp_path / f"x.{suffix}", noise, codec)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert any("truncated?" in note for note in read_audio(path).notes)


def flac_that_announces(path: Path, samples: int) -> Path:
    """Two seconds of sound, of which the header says that they are so many samples."""
    record(path, tone(400, 2.0, 16_000), "flac", 16_000)
    content = bytearray(path.read_bytes())
    content[21] = content[21] & 0xF0 | samples >> 32
    content[22:26] = struct.pack(">I", samples & 0xFFFFFFFF)
    path.write_bytes(content)
    return path


def test_a_header_that_exaggerates_does_not_refuse_what_there_is(tmp_path):
    decoded = read_audio(flac_that_announces(tmp_path / "x.flac", 100 * 3600 * 16_000))
    assert decoded.duration == pytest.approx(2.0, abs=0.01)
    assert any("truncated?" in note for note in decoded.notes)


def sparse_wav(path: Path, size: int, rate: int = 16_000, channels: int = 1, declared: int = 0xFFFFFFFF) -> Path:
    header = b"RIFF" + struct.pack("<I", declared) + b"WAVEfmt "
    header += struct.pack("<IHHIIHH", 16, 1, channels, rate, 2 * rate * channels, 2 * channels, 16)
    with path.open("wb") as file:
        file.write(header + b"data" + struct.pack("<I", declared))
        file.truncate(size)
    return path


@pytest.mark.parametrize("size", [20 * 2**30, 2**32 - 1])
def test_more_than_hours_of_sound_are_refused_at_once(tmp_path, size):
    path = sparse_wav(tmp_path / "x.wav", size)
    with pytest.raises(InputError, match="more than 6 hours of sound"):
        read_audio(path)


def test_more_than_hours_of_sound_are_refused_when_no_header_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("visavis.media.sound.MOST_SOUND", 3)
    monkeypatch.setattr("visavis.media.decode.MOST_SOUND", 3)
    for suffix, codec in (("ts", "aac"), ("aac", "aac"), ("mp3", "libmp3lame")):
        with pytest.raises(InputError, match="holds more than"):
            read_audio(record(tmp_path / f"x.{suffix}", tone(400, 4.0), codec))
    assert read_audio(record(tmp_path / "y.mp3", tone(400, 2.5), "libmp3lame")).duration > 2.4
    stereo = record(tmp_path / "z.flac", tone(400, 2.0, channels=2), "flac")  # three seconds of one, a half of two
    with pytest.raises(InputError, match="holds more than"):
        read_audio(stereo)


@pytest.mark.parametrize(
    ("codec", "off"),
    [("pcm_s64le", 1e-4), ("pcm_u8", 0.01), ("pcm_s24le", 1e-4), ("pcm_f64le", 1e-4), ("pcm_alaw", 0.02)],
)
def test_every_way_to_write_samples(tmp_path, codec, off):
    wave = tone(400, 1.0, 16_000, 2) * [[1], [0.5]]
    decoded = read_audio(record(tmp_path / "x.wav", wave, codec, 16_000))
    for channel, want in zip(decoded.channels, wave, strict=True):
        assert np.abs(channel.samples - want)[100:-100].max() < off


@pytest.mark.parametrize(
    ("suffix", "codec", "channels"),
    [("mkv", "pcm_f32le", 8), ("wav", "pcm_s16le", 8), ("m4a", "aac", 8), ("ts", "aac", 8), ("flac", "flac", 8),
     ("opus", "libopus", 6), ("wav", "pcm_s16le", 16), ("mka", "pcm_s16le", 16)],
)  # fmt: skip
def test_many_channels_are_averaged(tmp_path, suffix, codec, channels):
    wave = tone(400, 1.0, channels=channels)
    (channel,) = read_audio(record(tmp_path / f"x.{suffix}", wave, codec)).channels
    assert pitches(channel.samples)[1:3] == [400] * 2
    assert np.abs(channel.slice(0.3, 0.7).samples).max() == pytest.approx(0.3, abs=0.12)


@pytest.mark.parametrize("rate", [1, 999, 2**31 - 1])
def test_rates_that_no_recording_has_are_refused(tmp_path, rate):
    path = sparse_wav(tmp_path / "x.wav", 44 + 64_000, rate, declared=64_000)
    with pytest.raises(InputError, match=r"sampled at|not a readable media file|more than 6 hours"):
        read_audio(path)


CASES = {
    "clock_restarts.ts": (14.0, 1), "clock_restarts.opus": (14.0, 1), "clock_restarts.webm": (14.0, 1),
    "call_a.amr": (27.44, 1), "call_b.amr": (27.44, 1), "advert_other_rate.mp3": (12.0, 2),
    "advert_mono.mp3": (10.0, 2), "vbr_no_xing.mp3": (22.0, 1), "iphone_aac_then_apac.mov": (4.0, 1),
    "iphone_apac_then_aac.mov": (4.0, 1), "room_a.mka": (27.4, 1), "room_b_joins_at_5s.mka": (22.4, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_recordings_that_came_out_wrong(real_data, name):
    decoded = read_audio(cased(real_data, name))
    seconds, channels = CASES[name]
    assert decoded.duration == pytest.approx(seconds, abs=0.15)
    assert len(decoded.channels) == channels
    assert not any("truncated" in note or "damaged" in note for note in decoded.notes)


def test_the_recordings_with_a_clock_of_their_own(real_data):
    assert read_audio(cased(real_data, "room_b_joins_at_5s.mka")).start == pytest.approx(5.0, abs=0.01)
    assert read_audio(cased(real_data, "room_a.mka")).start == pytest.approx(0.0, abs=0.01)
    first, second = read_tracks(cased(real_data, "two_people_two_tracks.mka"))
    assert first.duration == pytest.approx(second.duration, abs=0.05)
    assert not np.array_equal(first.channels[0].samples, second.channels[0].samples)


@pytest.mark.parametrize(("suffix", "codec"), KINDS)
def test_any_damage_is_one_line_or_gives_sound(tmp_path, halves, suffix, codec):
    rng = np.random.default_rng(7)
    whole = halves(suffix, codec)[0].read_bytes()
    for attempt in range(6):
        content = bytearray(whole[: rng.integers(len(whole) // 2, len(whole) + 1)] if attempt % 2 else whole)
        for at in rng.integers(0, 600 if attempt < 3 else len(content), 12):
            content[at % len(content)] = rng.integers(256)
        path = tmp_path / f"{attempt}.{suffix}"
        path.write_bytes(content)
        with suppress(InputError):
            for track in read_tracks(path):
                assert np.isfinite(track.channels[0].samples).all()


@pytest.mark.parametrize(("codec", "seconds"), [("libmp3lame", 5), ("aac", 3), ("libmp3lame", 2)])
def test_a_delay_in_an_avi_is_no_truncation(tmp_path, codec, seconds):
    path = tmp_path / "x.avi"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-itsoffset", str(seconds), "-f", "lavfi", "-i", "sine=400:d=3", "-c:a", codec,
         str(path)],
        check=True,
    )  # fmt: skip
    (told,) = read_audio(path).notes
    assert "truncated" not in told
    assert "though its header counts" in told
    path.write_bytes(path.read_bytes()[:-15_000])
    assert any("truncated?" in note for note in read_audio(path).notes)

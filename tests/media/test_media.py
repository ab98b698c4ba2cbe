"""Sound in, sound and pictures out: real files written by FFmpeg, known answers."""

from __future__ import annotations

import resource
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from visavis.conversation.from_recording import conversation_of
from visavis.errors import InputError
from visavis.media import SAMPLE_RATE, Audio, VideoWriter, open_recording, read_audio


def write(path: Path, samples: np.ndarray, rate: int, codec: str, *, start: float = 0.0, drop=None) -> Path:
    """Encodes float samples (channels, n) with FFmpeg; `drop(t)` says which blocks to leave out."""
    samples = np.atleast_2d(samples).astype(np.float32)
    layout = "mono" if len(samples) == 1 else "stereo" if len(samples) == 2 else "5.1"
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        resampler = av.AudioResampler(stream.format, layout, rate)
        block = 48_000
        for at in range(0, samples.shape[1], block):
            if drop and drop(at / rate):
                continue
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples[:, at : at + block]), format="fltp", layout=layout
            )
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = at + round(start * rate)
            for converted in resampler.resample(frame):
                out.mux(stream.encode(converted))
        out.mux(stream.encode(None))
    return path


def speech_like(rng: np.random.Generator, seconds: float, rate: int = 16_000, spans=None) -> np.ndarray:
    """Noise with a syllable rhythm, only within `spans` (seconds)."""
    t = np.arange(int(seconds * rate)) / rate
    sound = rng.standard_normal(len(t)) * 0.1 * (0.3 + np.abs(np.sin(2 * np.pi * 2.2 * t)))
    if spans is not None:
        sound *= np.any([(t >= a) & (t < b) for a, b in spans], axis=0)
    return sound + rng.standard_normal(len(t)) * 2e-4


def clicks(seconds: float, rate: int, at: list[float]) -> np.ndarray:
    samples = np.zeros(int(seconds * rate), np.float32)
    for time in at:
        i = round(time * rate)
        samples[i : i + max(1, rate // 4000)] = 0.9
    return samples


def peak_time(audio: Audio, near: float, width: float = 0.2) -> float:
    piece = audio.slice(near - width, near + width)
    return near - width + int(np.argmax(np.abs(piece.samples))) / audio.sample_rate


@pytest.mark.parametrize(
    ("suffix", "codec", "rate"),
    [("wav", "pcm_s16le", 16_000), ("wav", "pcm_s16le", 8_000), ("wav", "pcm_f32le", 96_000), ("wav", "pcm_u8", 44_100),
     ("flac", "flac", 44_100), ("mp3", "libmp3lame", 44_100), ("m4a", "aac", 48_000), ("ogg", "libopus", 48_000),
     ("opus", "libopus", 48_000), ("mkv", "libopus", 48_000), ("mp4", "aac", 44_100), ("webm", "libopus", 48_000)],
)  # fmt: skip
def test_every_container_lands_on_the_same_clock(tmp_path, suffix, codec, rate):
    at = [1.0, 7.25]
    decoded = read_audio(write(tmp_path / f"x.{suffix}", clicks(8.0, rate, at), rate, codec))
    (audio,) = decoded.channels
    assert decoded.source_rate == (48_000 if codec == "libopus" else rate)
    assert audio.sample_rate == SAMPLE_RATE
    assert audio.duration == pytest.approx(8.0, abs=0.06)
    for time in at:
        assert peak_time(audio, time) == pytest.approx(time, abs=0.0015)


def test_a_tone_keeps_its_level_and_pitch(tmp_path):
    t = np.arange(44_100 * 2) / 44_100
    (audio,) = read_audio(write(tmp_path / "x.flac", 0.5 * np.sin(2 * np.pi * 440 * t), 44_100, "flac")).channels
    want = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(audio)) / SAMPLE_RATE)
    assert np.abs(audio.samples - want)[200:-200].max() < 2e-3


@pytest.mark.parametrize(("suffix", "codec", "rate"), [("wav", "pcm_s16le", 11_025), ("mkv", "pcm_s16le", 44_100)])
def test_no_drift_in_an_hour(tmp_path, suffix, codec, rate):
    at = [0.5, 1800.0, 3599.5]
    path = write(tmp_path / f"hour.{suffix}", clicks(3600, rate, at), rate, codec)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (audio,) = read_audio(path).channels
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert len(audio) == pytest.approx(3600 * SAMPLE_RATE, abs=2)
    for time in at:
        assert peak_time(audio, time) == pytest.approx(time, abs=0.001)
    assert grown < 700  # MiB; the result itself is 230


def test_a_gap_in_the_time_stamps_becomes_silence(tmp_path):
    rate = 48_000
    sound = clicks(10.0, rate, [0.5, 9.5])
    sound[rate * 3 : rate * 5] = 0.5
    path = write(tmp_path / "gap.mkv", sound, rate, "pcm_s16le", drop=lambda t: 3.0 <= t < 5.0)
    (audio,) = read_audio(path).channels
    assert peak_time(audio, 9.5) == pytest.approx(9.5, abs=0.0015)
    assert np.abs(audio.slice(3.1, 4.9).samples).max() < 1e-3


def test_sound_that_starts_after_the_picture_is_preceded_by_silence(tmp_path):
    path = tmp_path / "late.mkv"
    with av.open(str(path), "w") as out:
        video, sound = out.add_stream("libx264", rate=25), out.add_stream("pcm_s16le", rate=16_000, layout="mono")
        video.width = video.height = 64
        video.pix_fmt = "yuv420p"
        for i in range(75):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))
            frame.pts, frame.time_base = i, Fraction(1, 25)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        samples = (clicks(2.0, 16_000, [0.5]) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16_000, 16_000, Fraction(1, 16_000)
        out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    (audio,) = read_audio(path).channels
    assert peak_time(audio, 1.5) == pytest.approx(1.5, abs=0.0015)


def bad(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / "bad.wav"
    rng = np.random.default_rng(0)
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("this is not sound\n" * 200)
    elif kind == "noise":
        path.write_bytes(rng.integers(0, 256, 20_000, dtype=np.uint8).tobytes())
    elif kind == "header only":
        write(path, np.zeros((1, 1600)), 16_000, "pcm_s16le")
        path.write_bytes(path.read_bytes()[:44])
    elif kind == "truncated mp4":
        path = write(tmp_path / "bad.mp4", speech_like(rng, 3), 16_000, "aac")
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif kind == "corrupt flac":
        path = write(tmp_path / "bad.flac", speech_like(rng, 3), 16_000, "flac")
        whole = bytearray(path.read_bytes())
        whole[200:] = rng.integers(0, 256, len(whole) - 200, dtype=np.uint8).tobytes()
        path.write_bytes(bytes(whole))
    elif kind == "no audio":
        path = tmp_path / "bad.mp4"
        with VideoWriter(path, (64, 48), 25) as video:
            video.write(np.zeros((48, 64, 3), np.uint8))
    elif kind == "nan":
        samples = speech_like(rng, 2)[None]
        samples[0, 16_000] = np.nan
        write(path, samples, 16_000, "pcm_f32le")
    elif kind == "short":
        write(path, np.zeros((1, 100)), 16_000, "pcm_s16le")
    return path


@pytest.mark.parametrize(
    ("kind", "says"),
    [("missing", "no such file"), ("empty", "empty"), ("folder", "folder"), ("text", "not a readable media|no audio"),
     ("noise", "not a readable media file|no audio|damaged"), ("header only", "no audio|not a readable media file"),
     ("truncated mp4", "not a readable media file"), ("corrupt flac", "damaged|no audio"), ("no audio", "no audio"),
     ("nan", r"1\.000 s.*not a finite"), ("short", "at least")],
)  # fmt: skip
def test_bad_files_get_one_clear_line(tmp_path, kind, says):
    path = bad(tmp_path, kind)
    with pytest.raises(InputError, match=says) as caught:
        open_recording([path])
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_truncated_wav_is_served_with_a_note(tmp_path):
    path = write(tmp_path / "x.wav", speech_like(np.random.default_rng(0), 4), 16_000, "pcm_s16le")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    recording = open_recording([path])
    assert recording.mixed.duration == pytest.approx(2.0, abs=0.1)


def test_silence_clipping_and_telephone_rates_are_said(tmp_path):
    rng = np.random.default_rng(0)
    silent = open_recording([write(tmp_path / "s.wav", np.zeros(32_000), 16_000, "pcm_s16le")])
    assert any("silent" in note for note in silent.notes)
    clipped = open_recording([write(tmp_path / "c.wav", np.clip(speech_like(rng, 2) * 40, -1, 1), 16_000, "pcm_s16le")])
    assert any("clipped" in note for note in clipped.notes)
    phone = open_recording([write(tmp_path / "p.wav", speech_like(rng, 2, 8_000), 8_000, "pcm_s16le")])
    assert any("8 kHz" in note for note in phone.notes)
    plain = open_recording([write(tmp_path / "f.wav", speech_like(rng, 2), 16_000, "pcm_s16le")])
    assert plain.notes == ()
    loud = open_recording([write(tmp_path / "l.wav", speech_like(rng, 2) * 30_000, 16_000, "pcm_f32le")])
    assert any("full scale" in note for note in loud.notes)
    assert np.abs(loud.mixed.samples).max() <= 1.001


TURNS = [(0, 4), (9, 12), (15, 18)], [(3.6, 9), (12, 15.5), (18, 20)]


def dyad(rng: np.random.Generator, leak: float = 0.0, gain: float = 1.0) -> np.ndarray:
    a, b = (speech_like(rng, 20, spans=spans) for spans in TURNS)
    return np.stack([a + leak * b, gain * (b + leak * a)])


@pytest.mark.parametrize(("leak", "gain"), [(0.0, 1.0), (0.06, 1.0), (0.0, 0.1), (0.1, 1.8)])
def test_one_person_per_channel_is_recognised(tmp_path, leak, gain):
    stereo = dyad(np.random.default_rng(1), leak, gain)
    recording = open_recording([write(tmp_path / "x.wav", stereo, 16_000, "pcm_s16le")])
    assert recording.voices is not None
    assert any("one person per channel" in note for note in recording.notes)
    assert np.abs(recording.voices[1].samples - stereo[1]).max() < 1e-3


@pytest.mark.parametrize("kind", ["same", "panned", "gain", "wide", "music", "dead channel"])
def test_a_stereo_mix_is_not_mistaken_for_two_people(tmp_path, kind):
    rng = np.random.default_rng(2)
    a, b = dyad(rng)
    both, room = a + b, rng.standard_normal((2, len(a))) * 0.01
    stereo = {
        "same": np.stack([both, both]),
        "panned": np.stack([0.8 * a + 0.45 * b, 0.45 * a + 0.8 * b]) + room,
        "gain": np.stack([both, 0.1 * both]) + 0.1 * room,
        # Spaced microphones: nothing is alike sample by sample, yet both rise and fall together.
        "wide": np.stack([np.roll(a, 37) + np.roll(b, 5), np.roll(a, 5) + np.roll(b, 41)]) + room,
        "music": speech_like(rng, 20)[None] * 0.5 + np.stack([speech_like(rng, 20), speech_like(rng, 20)]),
        "dead channel": np.stack([both, 0 * both]),
    }[kind]
    recording = open_recording([write(tmp_path / "x.wav", stereo, 16_000, "pcm_s16le")])
    assert recording.voices is None
    assert np.abs(recording.mixed.samples).max() > 0.01


def test_a_channel_wired_in_reverse_does_not_cancel_the_mix(tmp_path):
    a = speech_like(np.random.default_rng(0), 3)
    recording = open_recording([write(tmp_path / "x.wav", np.stack([a, -a]), 16_000, "pcm_s16le")])
    assert np.std(recording.mixed.samples) == pytest.approx(np.std(a), rel=0.05)


def test_the_telephone_call_as_a_stereo_file_is_one_person_per_channel(tmp_path, real_data):
    a, b = (read_audio(real_data / "phone-call" / f"speaker_{side}.wav").channels[0].samples for side in "ab")
    stereo = write(tmp_path / "x.wav", np.stack([a, b]), 16_000, "pcm_s16le")
    assert open_recording([stereo]).voices is not None
    mixed = write(tmp_path / "y.wav", np.stack([a + 0.7 * b, 0.7 * a + b]), 16_000, "pcm_s16le")
    assert open_recording([mixed]).voices is None


def test_two_files_share_a_clock_and_the_shorter_is_padded(tmp_path):
    rng = np.random.default_rng(3)
    one = write(tmp_path / "one.mp3", speech_like(rng, 5, 44_100), 44_100, "libmp3lame")
    two = write(tmp_path / "two.wav", speech_like(rng, 3, 8_000), 8_000, "pcm_s16le")
    recording = open_recording([one, two])
    assert recording.voices is not None
    assert len(recording.voices[0]) == len(recording.voices[1]) == len(recording.mixed)
    assert any("two.wav" in note and "2.0 s shorter" in note for note in recording.notes)
    assert not recording.voices[1].slice(3.1, 5).samples.any()
    conversation = conversation_of(recording, "call")
    assert conversation.a.audio == recording.voices[0]
    assert conversation.mixed == recording.mixed
    assert conversation.provenance["sources"] == ["one.mp3", "two.wav"]


def test_two_files_with_the_same_sound_are_refused(tmp_path):
    path = write(tmp_path / "one.wav", speech_like(np.random.default_rng(3), 2), 16_000, "pcm_s16le")
    with pytest.raises(InputError, match="same audio"):
        open_recording([path, path])
    with pytest.raises(InputError, match="3 recordings"):
        open_recording([path] * 3)


def test_more_than_two_channels_are_averaged(tmp_path):
    six = np.stack([speech_like(np.random.default_rng(i), 2) for i in range(6)])
    decoded = read_audio(write(tmp_path / "x.wav", six, 16_000, "pcm_f32le"))
    assert len(decoded.channels) == 1
    assert np.abs(decoded.channels[0].samples - six.mean(0)).max() < 1e-4


def test_video_and_sound_come_back_in_sync(tmp_path):
    path, flash = tmp_path / "out.mp4", 60
    audio = Audio(clicks(5.0, SAMPLE_RATE, [flash / 25]))
    with VideoWriter(path, (64, 48), 25, audio) as video:
        for i in range(100):
            video.write(np.full((48, 64, 3), 255 if i == flash else 0, np.uint8))
    (sound,) = read_audio(path).channels
    assert peak_time(sound, flash / 25) == pytest.approx(flash / 25, abs=0.002)
    assert sound.duration == pytest.approx(4.0, abs=0.1)
    with av.open(str(path)) as back:
        assert back.streams.audio[0].codec_context.name == "aac"
        frames = [(f.time, f.to_ndarray(format="rgb24").mean()) for f in back.decode(video=0)]
    assert len(frames) == 100
    assert max(frames, key=lambda f: f[1])[0] == pytest.approx(flash / 25, abs=1e-3)
    assert list(tmp_path.iterdir()) == [path]


def test_a_broken_off_video_leaves_nothing(tmp_path):
    def interrupted():
        with VideoWriter(tmp_path / "x.mp4", (64, 48), 25) as video:
            video.write(np.zeros((48, 64, 3), np.uint8))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with VideoWriter(tmp_path / "good.mp4", (64, 48), 25) as video:
        video.write(np.zeros((48, 64, 3), np.uint8))
        with pytest.raises(InputError, match="uint8"):
            video.write(np.zeros((48, 62, 3), np.uint8))
    (tmp_path / "good.mp4").unlink()
    with pytest.raises(InputError, match="no frames"), VideoWriter(tmp_path / "x.mp4", (64, 48), 25):
        pass
    with pytest.raises(InputError, match="no folder"), VideoWriter(tmp_path / "no" / "x.mp4", (64, 48), 25):
        pass
    with pytest.raises(InputError, match="even"):
        VideoWriter(tmp_path / "x.mp4", (63, 48), 25)
    assert list(tmp_path.iterdir()) == []

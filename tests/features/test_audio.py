"""Audio features: on the right frame, the same in a clip as in a long recording, and from every encoder."""

from __future__ import annotations

import resource

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.features.audio import get_encoder, motion_features
from visavis.features.encoders import SpeechTransformer
from visavis.features.mel import mel_filters, mel_power
from visavis.features.windowed import Windowed
from visavis.media import SAMPLE_RATE, Audio

TINY = {
    "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32,
    "conv_dim": (16,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2, "vocab_size": 8,
}  # fmt: skip


def encoder(name: str):
    try:
        return get_encoder(name)
    except InputError as error:
        pytest.skip(f"{name} is not available here: {error}")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Folders with tiny random wav2vec 2.0 and HuBERT models."""
    import torch
    import transformers as t

    torch.manual_seed(0)
    folders = {}
    for kind, config, model in (
        ("wav2vec2", t.Wav2Vec2Config, t.Wav2Vec2Model),
        ("hubert", t.HubertConfig, t.HubertModel),
    ):
        folders[kind] = tmp_path_factory.mktemp(kind)
        model(config(**TINY)).save_pretrained(folders[kind])
    return folders


def sweep(seconds: float) -> Audio:
    rng = np.random.default_rng(0)
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    voiced = np.sin(2 * np.pi * 140 * t + 8 * np.sin(2 * np.pi * 0.7 * t)) * np.abs(np.sin(2 * np.pi * 1.9 * t))
    return Audio(0.2 * voiced + 0.02 * rng.standard_normal(len(t)))


ALL = ["log-mel", "moonshine-tiny", "whisper-tiny.en", "wav2vec2", "hubert"]


def named(name: str, tiny) -> object:
    return encoder(f"{name}:{tiny[name]}" if name in tiny else name)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("seconds", [0.0, 0.011, 0.5, 3.21])
def test_shape_and_rate(name, seconds, tiny):
    made = named(name, tiny)
    audio = Audio(sweep(4).samples[: int(seconds * SAMPLE_RATE)])
    track = made(audio)
    assert track.fps == made.fps == 50
    assert track.values.shape == (-(-len(audio) // 320), made.dim)
    assert np.isfinite(track.values).all()
    assert motion_features(audio, made).values.shape == (round(audio.duration * 25), 2 * made.dim)


@pytest.mark.parametrize("name", ALL)
def test_a_sound_shows_at_its_own_time(name, tiny):
    made = named(name, tiny)
    silent, burst = np.zeros(4 * SAMPLE_RATE, np.float32), np.random.default_rng(0).standard_normal(640)
    with_burst = silent.copy()
    at = 2.5  # not on a seam
    with_burst[int(at * SAMPLE_RATE) : int(at * SAMPLE_RATE) + 640] = 0.3 * burst
    change = np.abs(made(Audio(with_burst)).values - made(Audio(silent)).values).sum(1)
    loudest = np.argsort(change)[-2:] if name == "log-mel" else [np.argmax(change)]
    assert all(abs((i + 0.5) / 50 - (at + 0.02)) <= (0.011 if name == "log-mel" else 0.1) for i in loudest)


@pytest.mark.parametrize("name", ["log-mel", "moonshine-tiny", "wav2vec2", "hubert"])
def test_a_clip_and_a_long_recording_agree(name, tiny):
    made = named(name, tiny)
    long = sweep(40)
    whole = made(long).values[15 * 50 : 25 * 50]
    part = made(long.slice(9, 31)).values[6 * 50 : 16 * 50]
    alike = np.sum(whole * part, 1) / np.linalg.norm(whole, axis=1) / np.linalg.norm(part, axis=1)
    assert alike.mean() > 0.97
    assert np.percentile(alike, 5) > 0.9


def test_there_are_no_steps_where_windows_meet(tiny):
    made = Windowed(SpeechTransformer("wav2vec2", str(tiny["wav2vec2"])))
    jumps = np.linalg.norm(np.diff(made(sweep(50)).values, axis=0), axis=1)
    seams = np.concatenate([jumps[at - 60 : at + 60] for at in (800, 1600)])
    assert seams.mean() < 1.1 * np.delete(jumps, np.r_[740:860, 1540:1660]).mean()


def test_log_mel_of_a_tone_is_in_the_right_band_and_level():
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    values = {
        level: get_encoder("log-mel")(Audio(level * np.sin(2 * np.pi * 1000 * t))).values[10:-10]
        for level in (0.5, 0.05)
    }
    band = int(np.argmax(values[0.5].mean(0)))
    assert band == int(np.argmax(mel_filters(80, 1024)[64]))
    assert values[0.5][:, band].std() < 1e-3
    assert (values[0.5] - values[0.05])[:, band].mean() == pytest.approx(2 * np.log(10), abs=1e-3)
    assert get_encoder("log-mel")(Audio.silence(0.5)).values.max() == pytest.approx(np.log(1e-9), abs=1e-3)


def test_mel_filters_have_equal_area_and_cover_the_spectrum():
    filters = mel_filters(40, 8192)
    assert filters.sum(0) * SAMPLE_RATE / 8192 == pytest.approx(1, abs=0.02)
    assert (filters.sum(1)[8:-8] > 0).all()


def test_mel_power_is_the_filtered_spectrum_of_centred_windows():
    samples = np.random.default_rng(1).standard_normal(4000).astype(np.float32)
    made = mel_power(samples, 80, 1024, 400, 320, first=160)
    assert made.shape == (13, 80)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    padded = np.pad(samples.astype(float), (40, 400))
    for frame in (0, 5, 12):
        spectrum = np.abs(np.fft.rfft(padded[frame * 320 : frame * 320 + 400] * hann, 1024)) ** 2
        assert made[frame] == pytest.approx(spectrum @ mel_filters(80, 1024), rel=1e-4)
    assert mel_power(samples[:0], 80, 1024, 400, 320).shape == (0, 80)


def test_mel_power_is_the_same_in_pieces():
    samples = np.random.default_rng(0).standard_normal(SAMPLE_RATE * 70).astype(np.float32)
    whole = mel_power(samples, 20, 512, 400, 320)
    assert whole.shape == (3500, 20)
    assert whole[2995:3010] == pytest.approx(mel_power(samples[2000 * 320 :], 20, 512, 400, 320)[995:1010], rel=1e-4)


def test_side_by_side(tiny):
    both = encoder(f"log-mel+hubert:{tiny['hubert']}")
    audio = sweep(1)
    assert both.dim == 104
    np.testing.assert_array_equal(both(audio).values[:, :80], get_encoder("log-mel")(audio).values)
    assert get_encoder(both.name) is not None


def test_layers_differ_and_names_are_kept(tiny):
    audio = sweep(1)
    outs = [encoder(f"wav2vec2:{tiny['wav2vec2']}@{layer}")(audio).values for layer in (0, 1, 3)]
    last = encoder(f"wav2vec2:{tiny['wav2vec2']}")
    assert not np.allclose(outs[0], outs[1])
    assert not np.allclose(outs[1], outs[2])
    np.testing.assert_array_equal(outs[2], last(audio).values)
    assert last.name == f"wav2vec2:{tiny['wav2vec2']}"


def test_it_is_what_transformers_gives(tiny):
    import torch
    from transformers import HubertModel

    samples = sweep(19).samples
    level = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    with torch.inference_mode():
        model = HubertModel.from_pretrained(tiny["hubert"]).eval()
        want = model(torch.from_numpy(np.pad(level, (40, 320)))[None]).last_hidden_state[0].numpy()
    got = encoder(f"hubert:{tiny['hubert']}")(Audio(samples)).values
    inside = slice(100, 500)  # away from the recording's ends, where the window holds silence
    assert np.abs(got[inside] - want[inside]).mean() < 0.1 * want[inside].std()


def test_motion_features_are_the_two_halves():
    audio, made = sweep(2), get_encoder("log-mel")
    track = made(audio)
    stacked = motion_features(audio, made, frames=60)
    assert stacked.fps == 25
    np.testing.assert_array_equal(stacked.values[7], np.concatenate([track.values[14], track.values[15]]))
    np.testing.assert_array_equal(stacked.values[59, :80], track.values[-1])
    assert motion_features(audio, made, fps=30).values.shape == (60, 160)


def test_other_rates_are_resampled():
    t = np.arange(48_000) / 48_000
    a = get_encoder("log-mel")(Audio(np.sin(2 * np.pi * 500 * t) * 0.3, 48_000)).values
    b = get_encoder("log-mel")(Audio(np.sin(2 * np.pi * 500 * t[::3]) * 0.3)).values
    band = int(np.argmax(b.mean(0)))
    assert a[5:-5, band] == pytest.approx(b[5:-5, band], abs=0.01)


def test_an_hour_fits():
    audio = Audio(np.resize(sweep(10).samples, 3600 * SAMPLE_RATE))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    track = get_encoder("log-mel")(audio)
    assert track.values.shape == (180_000, 80)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 400  # MiB; the features are 55


@pytest.mark.parametrize(
    ("name", "says"),
    [("nothing", "no audio encoder named"), ("wav2vec2:", "no audio encoder"), ("hubert:x@y", "whole number")],
)
def test_bad_names_are_one_line(name, says):
    with pytest.raises(InputError, match=says) as caught:
        get_encoder(name)
    assert "\n" not in str(caught.value)


def test_bad_folders_and_layers_are_one_line(tmp_path, tiny):
    for name, says in (
        (f"hubert:{tmp_path}", "cannot be loaded"),
        (f"wav2vec2:{tiny['hubert']}", "contains a hubert model"),
        (f"hubert:{tiny['hubert']}@9", "no layer 9"),
    ):
        with pytest.raises(InputError, match=says) as caught:
            get_encoder(name)
        assert "\n" not in str(caught.value)

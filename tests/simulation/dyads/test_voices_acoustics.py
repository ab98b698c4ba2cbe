import numpy as np
import pytest

from visavis.evaluation.lipsync import lag_correlations, log_energy
from visavis.media.audio import Audio
from visavis.simulation.dyads.acoustics import add_at, coloured_noise, degrade, reverberate
from visavis.simulation.dyads.music import make_music
from visavis.simulation.voices import get_voice


@pytest.fixture(scope="module")
def speech():
    return get_voice("builtin:ben").say("We moved the old piano to the north shore, and then it rained.", 2).audio


def test_music_is_music():
    music = make_music(3.0, 1)
    assert len(music) == 48_000
    assert np.abs(music.samples).max() == pytest.approx(0.8, abs=1e-3)
    assert make_music(3.0, 1) == music != make_music(3.0, 2)
    spectrum = np.abs(np.fft.rfft(music.samples)) ** 2
    top = np.sort(spectrum)[::-1][: len(spectrum) // 50].sum()
    assert top > 0.8 * spectrum.sum()  # tones, not noise


def test_the_ratio_is_what_was_asked_for(speech):
    x = speech.samples.astype(float)
    noise = coloured_noise(len(x), 1.0, np.random.default_rng(0))
    for snr in (-5.0, 0.0, 12.0):
        added = add_at(x, noise, snr) - x
        assert 10 * np.log10(np.mean(x**2) / np.mean(added**2)) == pytest.approx(snr, abs=0.01)


def test_noise_has_its_colour():
    rng = np.random.default_rng(0)
    power = np.abs(np.fft.rfft(coloured_noise(2**17, 1.0, rng))) ** 2
    low, high = (power[a : 2 * a].mean() for a in (2**11, 2**14))
    assert 10 * np.log10(low / high) == pytest.approx(9.03, abs=0.5)  # 3 dB per octave over 3 octaves


def test_a_room_adds_a_tail_and_keeps_the_time(speech):
    click = np.zeros(16_000)
    click[4_000] = 1.0
    heard = reverberate(click, 0.5, 6.0, np.random.default_rng(0))
    assert np.abs(heard).argmax() == 4_000
    assert not heard[:3_990].any() or np.abs(heard[:3_990]).max() < 1e-9
    assert np.sum(heard[4_001:] ** 2) == pytest.approx(10**-0.6, rel=0.05)


def test_degrading_keeps_time_and_length(speech):
    clean = log_energy(speech)["value"]
    changed = 0
    for seed in range(12):
        worse = degrade(speech, np.random.default_rng(seed))
        assert len(worse) == len(speech)
        assert np.abs(worse.samples).max() <= 1
        assert degrade(speech, np.random.default_rng(seed)) == worse
        changed += worse != speech
        correlations = lag_correlations(log_energy(worse)["value"], clean)
        assert correlations[3] >= correlations.max() - 0.05
    assert changed == 12


def test_nothing_happens_at_strength_zero_or_to_silence(speech):
    np.testing.assert_allclose(degrade(speech, np.random.default_rng(0), 0.0).samples, speech.samples, atol=1e-6)
    silence = Audio.silence(1.0)
    assert degrade(silence, np.random.default_rng(0)) == silence

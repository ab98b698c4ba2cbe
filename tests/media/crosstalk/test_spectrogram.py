"""Sound as power in bands: known answers."""

import numpy as np
import pytest

from crosstalk_toys import dyad, telephone
from visavis.media.crosstalk.spectrogram import HOP, Spectrogram, band_powers, turned_down


def test_powers_of_a_tone_lie_in_its_band_and_time():
    t = np.arange(32_000) / 16_000
    powers = band_powers(np.sin(2 * np.pi * 1000 * t, dtype=np.float32) * (t >= 1))
    assert powers.shape == (32_000 // HOP + 1, 32)
    loudest = powers[120:180].argmax(1)
    assert (loudest == loudest[0]).all()
    assert powers[:95].max() < 1e-6 * powers[120:180].max()
    higher = band_powers(np.sin(2 * np.pi * 3000 * t, dtype=np.float32))
    assert higher[100].argmax() > loudest[0]


def test_what_is_not_turned_down_stays_as_it_is_to_the_bit():
    sound = dyad()[0][:80_000]
    gains = np.ones_like(band_powers(sound))
    assert np.array_equal(turned_down(sound, gains), sound)
    gains[200:250] = 0
    changed = turned_down(sound, gains)
    assert np.array_equal(changed[: 198 * HOP], sound[: 198 * HOP])
    assert np.array_equal(changed[252 * HOP :], sound[252 * HOP :])
    assert np.abs(changed[202 * HOP : 247 * HOP]).max() < 1e-5


def test_gains_are_those_of_the_bands():
    rng = np.random.default_rng(0)
    sound = rng.standard_normal(48_000, dtype=np.float32)
    gains = np.ones_like(band_powers(sound))
    gains[:, 16:] = 0.1
    before, after = band_powers(sound)[20:-20].mean(0), band_powers(turned_down(sound, gains))[20:-20].mean(0)
    np.testing.assert_allclose(after[:14], before[:14], rtol=0.02)
    np.testing.assert_allclose(after[18:], 0.01 * before[18:], rtol=0.1)


def test_the_pattern_does_not_depend_on_gain_and_ends_with_the_track():
    sound = dyad()[0]
    loud, quiet = Spectrogram.of(sound), Spectrogram.of(0.05 * sound)
    np.testing.assert_allclose(loud.pattern(100, 900), quiet.pattern(100, 900), atol=0.1)
    beyond = loud.pattern(len(loud) + 100, len(loud) + 150)
    assert beyond.shape == (50, 32)
    assert not beyond.any()


def test_a_telephone_is_listened_to_where_it_has_sound():
    wide, narrow = Spectrogram.of(dyad()[0]), Spectrogram.of(np.round(telephone(dyad()[0]) * 2**15) / 2**15)
    assert wide.bands.all()
    narrowed = np.zeros(32, bool)
    narrowed[:20] = True
    assert (wide.beside(narrow).bands == narrow.beside(wide).bands).all()


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.2])
def test_any_length_and_silence(seconds):
    nothing = np.zeros(round(seconds * 16_000), np.float32)
    track = Spectrogram.of(nothing)
    assert not track.active.any()
    assert len(turned_down(nothing, np.zeros_like(track.power))) == len(nothing)

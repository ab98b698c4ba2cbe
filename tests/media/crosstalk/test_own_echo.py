"""A voice that comes back late in a mix."""

import numpy as np
import pytest

from crosstalk_toys import carrying, dyad, encoded, level, room, telephone
from visavis.media.crosstalk.own_echo import without_own_echo


@pytest.mark.parametrize(
    ("ms", "db", "path"),
    [(400, -6, None), (60, -10, None), (120, -10, None), (250, -8, telephone), (300, -8, room), (900, -6, None)],
)
def test_it_is_found_and_taken_out(ms, db, path):
    a, b, (speaks, other) = dyad(1, 40.0)
    mix = carrying(a, b, ms, db, path or (lambda sound: sound)) + b
    echo = without_own_echo(mix)
    assert 1000 * echo.seconds == pytest.approx(ms, abs=2)
    late = np.roll(other, round(ms * 25 / 1000))
    after = late & ~other & ~speaks
    if after.sum() > 5:
        assert level(echo.samples, after) < level(mix, after) - 3
    assert level(echo.samples, speaks | other) == pytest.approx(level(mix, speaks | other), abs=2)


def test_the_codec_of_the_mix_does_not_matter():
    a, b, _ = dyad(1, 40.0)
    assert without_own_echo(encoded(carrying(a, b, 400, -6) + b)).seconds == pytest.approx(0.4, abs=0.002)


@pytest.mark.parametrize("seed", range(1, 6))
def test_who_is_not_echoed_is_left_alone(seed):
    a, b, _ = dyad(seed, 20.0)
    assert without_own_echo(a + b) is None
    assert without_own_echo(a) is None


def test_silence_tones_and_noise_do_not_come_back():
    t = np.arange(96_000) / 16_000
    rng = np.random.default_rng(0)
    sounds = 0 * t, np.sin(2 * np.pi * 220 * t), 0.1 * rng.standard_normal(len(t)), 0 * t[:100]
    for sound in sounds:
        assert without_own_echo(sound.astype(np.float32)) is None


@pytest.mark.parametrize("seconds", [0.2, 0.3, 0.46])
def test_a_rhythm_does_not_come_back(seconds):
    a, b, _ = dyad(1, 20.0)
    beat = np.random.default_rng(0).standard_normal(1600) * np.exp(-np.arange(1600) / 300)
    hits = np.zeros(len(a), np.float32)
    hits[:: round(seconds * 16_000)] = 0.3
    assert without_own_echo(a + b + np.convolve(hits, beat)[: len(a)].astype(np.float32)) is None


@pytest.mark.parametrize("name", ["dev00", "trn03", "trn05", "tst00"])
def test_real_meetings_do_not_come_back(real_data, name):
    from visavis.media import read_audio

    assert without_own_echo(read_audio(real_data / "meeting-clips" / f"{name}.wav").channels[0].samples) is None

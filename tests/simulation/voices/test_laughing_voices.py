"""Laughter in people's own voices."""

import numpy as np
import pytest
from scipy.signal import find_peaks

from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE
from visavis.perception.laughter.detector import laugh_probability, laughs
from visavis.simulation.voices.builtin import VARIANTS, BuiltinVoice
from visavis.simulation.voices.laughter import laughter
from visavis.simulation.voices.source_filter import VoiceTraits


def _envelope(samples: np.ndarray) -> np.ndarray:
    """Loudness at 100 Hz, smoothed over 60 ms."""
    power = np.square(samples[: len(samples) // 160 * 160]).reshape(-1, 160).mean(1)
    return np.convolve(power, np.hanning(8) / np.hanning(8).sum(), "same")


@pytest.mark.parametrize("seconds", [0.15, 0.9, 3.7])
def test_laughter_lasts_as_long_as_is_wanted_and_is_loud_enough_without_clipping(seconds: float) -> None:
    sound = laughter(np.random.default_rng(1), VARIANTS["ada"], seconds)
    assert abs(sound.duration - seconds) < 1e-4
    assert 0.05 < np.abs(sound.samples).max() <= 1.0
    assert abs(float(sound.samples[0])) < 0.05  # no click


def test_calls_come_four_or_five_times_a_second() -> None:
    rates = []
    for seed in range(12):
        loud = _envelope(laughter(np.random.default_rng(seed), VARIANTS["finn"], 6.0).samples)
        peaks, _ = find_peaks(np.log(loud + 1e-8), prominence=1.0, distance=8)
        gaps = np.diff(peaks) / 100
        rates.append(1 / np.median(gaps))
    assert 3.5 < np.median(rates) < 5.5


def test_laughter_is_higher_than_speech_and_a_woman_laughs_higher_than_a_man() -> None:
    from visavis.perception.laughter.features import NAMES, laugh_features

    def pitch(samples: np.ndarray) -> float:
        measures = laugh_features(samples)
        voiced = measures[:, NAMES.index("voiced")] > 0.5
        return float(np.median(measures[voiced, NAMES.index("pitch")])) if voiced.sum() > 3 else np.nan

    man, woman = (
        np.nanmedian([pitch(laughter(np.random.default_rng(s), VARIANTS[v], 3.0).samples) for s in range(10)])
        for v in ("ben", "cleo")
    )
    spoken = pitch(BuiltinVoice("ben").say("I walked all the way to the garden and back again.", 1).audio.samples)
    assert spoken + 0.5 < man < woman - 0.3  # octaves


def test_one_seed_is_one_laugh() -> None:
    one, again, other = (laughter(np.random.default_rng(s), VARIANTS["eve"], 1.0) for s in (3, 3, 4))
    assert one == again
    assert one != other


@pytest.mark.parametrize("variant", ["ada", "ben", "hana"])
def test_the_detector_hears_it_and_not_the_same_voice_speaking(variant: str) -> None:
    rest = np.random.default_rng(0).normal(0, 0.001, 2 * SAMPLE_RATE).astype(np.float32)
    spoken = BuiltinVoice(variant).say("We sold the old truck, and nobody misses it at all.", 5).audio.samples
    laugh = laughter(np.random.default_rng(11), VARIANTS[variant], 2.0).samples
    start = (2 * len(rest) + len(spoken)) / SAMPLE_RATE
    found = laughs(laugh_probability(np.concatenate([rest, spoken, rest, laugh, rest])))
    assert any(min(b, start + 2) - max(a, start) > 1.0 for a, b in found)
    assert sum(min(b, start - 0.5) - a for a, b in found if a < start - 0.5) < 1.0


def test_absurd_wishes_are_one_line() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match=r"laughter of 0\.01 s"):
        laughter(rng, VARIANTS["ada"], 0.01)
    with pytest.raises(InputError, match="laughter of nan s"):
        laughter(rng, VARIANTS["ada"], float("nan"))
    with pytest.raises(InputError, match="a voice of 3 Hz"):
        laughter(rng, VoiceTraits(3.0, 1.0, 0.1), 1.0)

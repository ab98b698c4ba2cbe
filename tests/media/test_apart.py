"""Whether two channels hold one person each: levels by turns."""

import numpy as np
import pytest

from visavis.media import Audio
from visavis.media.apart import by_turns, mix


def talking(rng, spans, seconds=20.0):
    """Noise with a syllable rhythm, only within `spans` (seconds)."""
    t = np.arange(round(seconds * 16_000)) / 16_000
    sound = rng.standard_normal(len(t)) * 0.1 * (0.3 + np.abs(np.sin(2 * np.pi * 2.2 * t)))
    sound *= np.any([(t >= a) & (t < b) for a, b in spans], axis=0)
    return (sound + rng.standard_normal(len(t)) * 2e-4).astype(np.float32)


@pytest.fixture
def people():
    rng = np.random.default_rng(0)
    return talking(rng, [(0, 4), (9, 12), (15, 18)]), talking(rng, [(3.6, 9), (12, 15.5), (18, 20)])


@pytest.mark.parametrize("gain", [1.0, 0.03, 20.0])
def test_people_take_turns_whatever_the_gain(people, gain):
    share = by_turns(Audio(people[0]), Audio(gain * people[1]))
    assert share > 0.9


def test_both_in_both_take_no_turns(people):
    a, b = people
    assert by_turns(Audio(0.8 * a + 0.5 * b), Audio(0.5 * a + 0.8 * b)) is None
    assert by_turns(Audio(a + b), Audio(a)) is None


def test_the_mix_is_the_mean_unless_that_is_nothing(people):
    a, b = (Audio(voice) for voice in people)
    np.testing.assert_allclose(mix(a, b).samples, (a.samples + b.samples) / 2, atol=1e-7)
    assert mix(a, Audio(-a.samples)) is a
    assert mix(a) is a

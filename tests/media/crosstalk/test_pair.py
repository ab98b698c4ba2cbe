"""Two tracks beside each other: what is one sound, what is carried, and what is let be."""

from functools import partial

import numpy as np
import pytest

from crosstalk_toys import carrying, dyad, encoded, late
from visavis.media import Audio
from visavis.media.crosstalk.pair import Pair

MP3 = partial(encoded, codec="libmp3lame", form="mp3", bit_rate=32_000, rate=16_000)


def pair(first, second):
    return Pair(Audio(first), Audio(second))


def test_equal_samples_are_the_same_sound_however_short():
    sound = np.random.default_rng(0).standard_normal(400, dtype=np.float32)
    assert pair(sound, sound).same is not None
    assert pair(0 * sound, 0 * sound).same is None


@pytest.mark.parametrize(
    ("ms", "db", "path"),
    [(40, -12, None), (40, -3, None), (180, -3, None), (250, -6, encoded), (400, -20, None), (900, -3, MP3),
     (1500, -6, None), (2300, -9, None)],
)  # fmt: skip
@pytest.mark.parametrize("words", [0, 0.4])
def test_an_echo_in_the_track_of_somebody_who_hardly_speaks_is_an_echo(ms, db, path, words):
    a, b, (speaks, _) = dyad()
    hardly = np.zeros_like(b)
    begin = np.flatnonzero(np.abs(b) > 0.05)[0]
    hardly[begin : begin + round(words * 16_000)] = b[begin : begin + round(words * 16_000)]
    listener = carrying(hardly, a, ms, db, path or (lambda sound: sound))
    together = pair(a, listener)
    assert together.same is None or together.same.is_echo
    (own, left), (carried,) = together.own_voices()
    assert carried.track == 1
    assert np.array_equal(own.samples, a)
    echoed = np.repeat(speaks, 640)[: len(a)] & (np.abs(hardly) == 0)
    assert np.std(left.samples[: len(echoed)][echoed]) < 0.25 * np.std(listener[: len(echoed)][echoed])


@pytest.mark.parametrize("ms", [0, 15, 400])
def test_a_recording_that_was_turned_down_or_cut_is_no_echo(ms):
    sound = sum(dyad()[:2])[:160_000]
    for first, second in ((sound, late(sound, ms)), (late(sound, ms), sound)):
        for change in (encoded, MP3, lambda each: each):
            assert not pair(first, change(second)).same.is_echo
            assert ms > 25 or not pair(first, 0.4 * change(second)).same.is_echo


def test_a_second_recorder_is_no_echo():
    a, b, _ = dyad()
    both = a + b
    assert pair(both, late(both, 1000)).same.seconds == pytest.approx(1.0, abs=0.02)
    assert pair(both, 0.1 * both).same.decibels == pytest.approx(-20, abs=0.5)


def test_what_leaks_in_at_once_and_faintly_leaves_the_sound_as_it_is():
    a, b, _ = dyad()
    leaky = carrying(a, b, 0, -18), carrying(b, a, 5, -18)
    voices, carried = pair(*leaky).own_voices()
    assert not carried
    assert all(np.array_equal(voice.samples, track) for voice, track in zip(voices, leaky, strict=True))


def test_what_is_carried_is_said_in_words():
    a, b, _ = dyad()
    _, (carried,) = pair(carrying(a, b, 400, -6), b).own_voices()
    assert str(carried) == "400 ms late, 6 dB quieter"
    _, (early,) = pair(b, carrying(a, b, -300, -9)).own_voices()
    assert early.track == 1
    assert str(early) == "300 ms early, 9 dB quieter"


def test_only_what_is_delayed_can_be_asked_for():
    a, b, _ = dyad()
    assert pair(carrying(a, b, 0, -6), b).own_voices()[1]
    assert not pair(carrying(a, b, 0, -6), b).own_voices(delayed=True)[1]
    assert pair(carrying(a, b, 80, -6), b).own_voices(delayed=True)[1]


@pytest.mark.parametrize("sound", ["silence", "clicks", "tone", "noise", "a syllable"])
def test_any_sound_beside_any_other_is_served(sound):
    a, _, _ = dyad()
    rng = np.random.default_rng(0)
    clicks = np.zeros(len(a), np.float32)
    clicks[::8000] = 0.9
    other = {
        "silence": 0 * a,
        "clicks": clicks,
        "tone": np.sin(np.arange(len(a)) * 0.2, dtype=np.float32),
        "noise": 0.1 * rng.standard_normal(len(a), dtype=np.float32),
        "a syllable": a[16_000:19_200],
    }[sound]
    together = pair(a, other)
    assert together.same is None
    voices, carried = together.own_voices()
    assert not carried
    assert [len(voice) for voice in voices] == [len(a), len(other)]

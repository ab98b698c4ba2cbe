"""Two tracks hold the same sound, or do not: codecs, levels, lengths and beginnings decide nothing."""

from functools import partial

import numpy as np
import pytest

from crosstalk_toys import carrying, dyad, encoded, late, narrowed, room
from visavis.media.crosstalk.sameness import find_same
from visavis.media.crosstalk.spectrogram import Spectrogram

MP3 = partial(encoded, codec="libmp3lame", form="mp3", bit_rate=32_000, rate=16_000)
AAC = partial(encoded, codec="aac", form="adts", bit_rate=48_000)


def same(first, second):
    return find_same(Spectrogram.of(first), Spectrogram.of(second))


def mixed(*arguments):
    a, b, _ = dyad(*arguments)
    return a + b


@pytest.mark.parametrize(
    "change", [MP3, AAC, encoded, narrowed, lambda sound: 0.1 * sound, lambda sound: sound[:200_000],
               lambda sound: np.pad(sound, (0, 80_000)), lambda sound: np.pad(sound, (40_000, 0))],
)  # fmt: skip
def test_a_copy_of_a_recording_is_the_same_sound(change):
    sound = mixed()
    assert same(sound, change(sound)) is not None
    assert same(change(sound), sound) is not None


def test_it_is_said_how_the_copy_lies():
    sound = mixed()
    trimmed = 0.5 * MP3(sound[round(1.3 * 16_000) :])
    found = same(sound, trimmed)
    assert -1.3 <= found.seconds < -1.2  # the codec is late
    assert found.decibels == pytest.approx(-6, abs=1)
    back = same(trimmed, sound)
    assert back.seconds == pytest.approx(-found.seconds, abs=0.02)


@pytest.mark.parametrize("seconds", [1.0, 3.0])
def test_short_sounds_are_compared_too(seconds):
    sound = mixed()[8_000 : 8_000 + round(seconds * 16_000)]
    assert same(sound, encoded(sound)) is not None
    assert same(sound, mixed(2)[8_000 : 8_000 + len(sound)]) is None


@pytest.mark.parametrize("seed", range(1, 5))
def test_two_people_are_not_the_same_sound(seed):
    a, b, _ = dyad(seed, 20.0)
    assert same(a, b) is None


@pytest.mark.parametrize(("ms", "db"), [(400, -3), (40, -3), (0, -3)])
def test_a_track_that_carries_the_other_is_not_the_same_sound(ms, db):
    a, b, _ = dyad()
    assert same(carrying(a, b, ms, db), b) is None
    assert same(carrying(a, b, ms, db), carrying(b, a, ms, db)) is None


def test_a_mix_and_one_of_its_voices_are_not_the_same_sound():
    a, b, _ = dyad()
    assert same(a + b, a) is None


def test_an_echo_from_a_room_is_not_the_same_sound():
    a, _, _ = dyad()
    assert same(a, 0.2 * room(late(a, 200), 0.6)) is None


def test_a_beginning_that_both_share_makes_no_same_sound():
    jingle, one, other = mixed(3, 20.0)[:80_000], mixed(), mixed(2)
    assert same(np.concatenate([jingle, one]), np.concatenate([jingle, other])) is None
    assert same(one, other) is None


def test_silence_is_not_the_same_sound():
    nothing = np.zeros(48_000, np.float32)
    assert same(nothing, nothing) is None

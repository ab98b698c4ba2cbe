"""Copies of a voice in another track: where they are, and where there are none."""

from functools import partial

import numpy as np
import pytest

from crosstalk_toys import carrying, drifting, dyad, encoded, late, narrowed, room, telephone, two_paths
from visavis.media.crosstalk.copies import find_copies
from visavis.media.crosstalk.spectrogram import Spectrogram
from visavis.simulation.voices import get_voice

MP3 = partial(encoded, codec="libmp3lame", form="mp3", bit_rate=24_000, rate=16_000)


def copies(voice, track):
    return find_copies(Spectrogram.of(voice), Spectrogram.of(track))


@pytest.mark.parametrize(
    ("ms", "db", "path"),
    [(400, -6, None), (40, -3, None), (250, -20, None), (1000, -10, None), (-300, -8, None), (0, -10, None),
     (120, -12, telephone), (120, -12, narrowed), (250, -10, room), (200, -8, two_paths), (250, -8, drifting),
     (250, -8, encoded), (250, -8, MP3)],
)  # fmt: skip
def test_a_copy_is_found_whatever_it_went_through(ms, db, path):
    a, b, _ = dyad()
    found = copies(b, carrying(a, b, ms, db, path or (lambda sound: sound)))
    late_by = 1000 * found.seconds - ms
    assert -15 <= late_by <= (60 if path in (encoded, MP3) else 15)  # codecs are late themselves
    assert found.decibels == pytest.approx(db, abs=2.5)


@pytest.mark.parametrize("ms", [1500, 2000, 2400])
def test_a_copy_is_found_that_comes_after_two_seconds(ms):
    a, b, _ = dyad(2)
    assert copies(b, carrying(a, b, ms, -8)).seconds == pytest.approx(ms / 1000, abs=0.02)
    assert copies(carrying(a, b, ms, -8), b) is None


@pytest.mark.parametrize(("ms", "db"), [(400, -6), (150, -12), (-300, -8), (0, -10)])
def test_who_is_copied_has_no_copy(ms, db):
    a, b, _ = dyad()
    assert copies(carrying(a, b, ms, db), b) is None


def test_the_level_of_a_whole_track_does_not_decide_who_is_copied():
    a, b, _ = dyad()
    loud = 10 * carrying(a, b, 250, -9)
    assert copies(b, loud).decibels == pytest.approx(11, abs=2)
    assert copies(loud, b) is None


def test_the_lag_follows_a_delay_that_jumps():
    a, b, _ = dyad(2, 60.0)
    half = len(b) // 2
    echo = np.concatenate([late(b, 150)[:half], late(b, 400)[half:]])
    found = copies(b, a + 0.4 * echo)
    assert 15 in found.lags[0]
    assert 40 in found.lags[-1]


def said(voice, text, seed=0):
    return get_voice(voice).say(text, seed).audio.samples


def placed(seconds, spoken):
    track = np.zeros(round(seconds * 16_000), np.float32)
    for at, sound in spoken:
        start = round(at * 16_000)
        track[start : start + len(sound)] += sound[: len(track) - start]
    return track


TEXTS = (
    "well I think that we should go there tomorrow",
    "yes of course it is fine",
    "what do you mean by that exactly",
    "the weather was quite good last week",
)


@pytest.mark.parametrize("voices", [("builtin:ada", "builtin:ben"), ("builtin:ada", "builtin:ada")])
def test_people_who_talk_at_the_same_time_have_no_copies(voices):
    rng = np.random.default_rng(3)
    tracks = []
    for voice in voices:
        spoken, at = [], float(rng.uniform(0.2, 1.0))
        while at < 22:
            spoken.append((at, said(voice, TEXTS[rng.integers(4)], int(rng.integers(9)))))
            at += len(spoken[-1][1]) / 16_000 + rng.uniform(0.1, 0.6)
        tracks.append(placed(25, spoken))
    assert copies(*tracks) is None
    assert copies(*tracks[::-1]) is None


def test_backchannels_that_always_come_as_soon_have_no_copies():
    spoken, at = ([], []), 0.3
    for turn in range(8):
        sentence, answer = said("builtin:ada", TEXTS[turn % 4], turn), said("builtin:ada", "yeah", 0)
        spoken[turn % 2].append((at, sentence))
        at += len(sentence) / 16_000 + 0.2
        spoken[1 - turn % 2].append((at, answer))
        at += len(answer) / 16_000 + 0.2
    tracks = [placed(at + 1, each) for each in spoken]
    assert copies(*tracks) is None
    assert copies(*tracks[::-1]) is None


@pytest.mark.parametrize("seed", range(2, 6))
def test_people_who_take_turns_have_no_copies(seed):
    a, b, _ = dyad(seed, 20.0)
    assert copies(a, b) is None
    assert copies(b, a) is None


def test_the_same_hum_and_noise_in_both_tracks_is_no_copy():
    a, b, _ = dyad()
    t = np.arange(len(a)) / 16_000
    rng = np.random.default_rng(0)
    room_tone = (0.01 * np.sin(2 * np.pi * 50 * t) + 0.003 * rng.standard_normal(len(t))).astype(np.float32)
    assert copies(a + room_tone, b + room_tone) is None


def test_silence_has_no_copies():
    a, _, _ = dyad()
    assert copies(a, 0 * a) is None
    assert copies(0 * a, a) is None

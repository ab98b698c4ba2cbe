"""What models hear of each person: own voices, or what is theirs of one track."""

import numpy as np

from visavis.conversation import Conversation, Participant, Track
from visavis.media import SAMPLE_RATE, Audio
from visavis.models.cues import voice_features
from visavis.models.preprocessing import conditioning_audio

SOUND = Audio(0.1 * np.random.default_rng(0).standard_normal(4 * SAMPLE_RATE).astype(np.float32))


def talk(speaking=None, mixed=SOUND, voices=(None, None)):
    rows = [] if speaking is None else np.float32(speaking)
    tracks = [Track(row, 25.0, ("speaking",), np.isfinite(row)) for row in rows] or [None, None]
    people = [Participant(n, audio=v, speaking=s) for n, v, s in zip("AB", voices, tracks, strict=True)]
    return Conversation("talk", tuple(people), 4.0, mixed)


def test_own_voices_are_heard_as_they_are():
    voices = (Audio.silence(4.0), SOUND)
    heard = conditioning_audio(talk(np.ones((2, 100)), voices=voices))
    assert heard[0] is voices[0]
    assert heard[1] is voices[1]


def test_both_hear_the_mixed_track_where_it_is_unknown_who_speaks():
    a, b = conditioning_audio(talk())
    assert a is SOUND
    assert b is SOUND


def test_each_hears_the_own_part_of_the_mixed_track():
    speaking = np.zeros((2, 100))
    speaking[0, :50], speaking[1, 50:] = 1, 1
    a, b = conditioning_audio(talk(speaking))
    second = SAMPLE_RATE
    np.testing.assert_allclose(a.samples[:second], SOUND.samples[:second])
    np.testing.assert_allclose(b.samples[3 * second :], SOUND.samples[3 * second :])
    assert not b.samples[:second].any()
    assert not a.samples[3 * second :].any()


def test_frames_without_a_known_probability_and_other_rates_are_heard():
    speaking = np.full((2, 100), np.nan)
    speaking[0, :50] = 1
    a, b = conditioning_audio(talk(speaking, Audio(SOUND.samples[: 4 * 8000], 8000)))
    assert a.sample_rate == SAMPLE_RATE
    assert len(a) == len(b) == 4 * SAMPLE_RATE
    assert a.samples[:SAMPLE_RATE].any()
    assert not b.samples[:SAMPLE_RATE].any()


def test_a_model_of_one_voice_hears_that_persons_part_of_one_track():
    speaking = np.zeros((2, 100))
    speaking[0, :50], speaking[1, 50:] = 1, 1
    heard = voice_features(talk(speaking), 1, "log-mel", 25.0)
    np.testing.assert_array_equal(heard.audio.samples, conditioning_audio(talk(speaking))[1].samples)
    assert voice_features(talk(speaking, mixed=None), 1, "log-mel", 25.0) is None
    assert voice_features(talk(), 0, "log-mel", 25.0).audio.samples is SOUND.samples

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.simulation.dyads.delivery import LARGEST, SPREAD, Delivery, played
from visavis.simulation.dyads.simulator import simulate
from visavis.simulation.dyads.speech import Speakers
from visavis.simulation.voices import get_voice
from visavis.simulation.voices.speech import Speech


@pytest.fixture(scope="module")
def speech():
    return get_voice("builtin:ben").say("We moved the old piano to the north shore.", 2)


def moods(arousal, frames=100):
    return (np.tile([0.0, arousal], (frames, 1)), np.tile([0.0, -arousal], (frames, 1)))


def tone(hertz):
    return Audio(0.2 * np.sin(2 * np.pi * hertz * np.arange(16_000) / 16_000).astype(np.float32))


def test_played_faster_it_is_shorter_and_higher():
    fast = played(Speech(tone(200.0), (), ()), 1.1, 1.0).audio
    assert fast.duration == pytest.approx(1 / 1.1, abs=1e-3)
    power = np.abs(np.fft.rfft(fast.samples * np.hanning(len(fast))))
    assert power.argmax() / fast.duration == pytest.approx(220.0, abs=2.0)


def test_words_and_phones_stay_with_their_sound(speech):
    fast = played(speech, 1.2, 1.0)
    assert [p.label for p in fast.phones] == [p.label for p in speech.phones]
    assert fast.phones[-1].end == pytest.approx(fast.audio.duration, abs=1e-3)
    np.testing.assert_allclose([w.start for w in fast.words], [w.start / 1.2 for w in speech.words])
    loudest = max(speech.phones, key=lambda p: np.abs(speech.audio.slice(p.start, p.end).samples).max(initial=0))
    there = fast.phones[speech.phones.index(loudest)]
    assert np.abs(fast.audio.slice(there.start, there.end).samples).max() > 0.9 * np.abs(fast.audio.samples).max()


def test_gain_stops_at_full_scale():
    assert np.abs(played(Speech(tone(200.0), (), ()), 1.0, 2.0).audio.samples).max() == pytest.approx(0.4, abs=0.01)
    assert np.abs(played(Speech(tone(200.0), (), ()), 1.0, 100.0).audio.samples).max() < 1.0


def test_the_aroused_talk_faster_and_louder(speech):
    delivery = Delivery((1.0, 1.0), tuple(m[:, 1] for m in moods(0.8)))
    excited, calm = (delivery(speech, person, 1.0).audio for person in (0, 1))
    assert excited.duration < 0.93 * calm.duration
    assert np.std(excited.samples) > 1.5 * np.std(calm.samples)


def test_everyone_speaks_at_an_own_pace():
    drawn = [Delivery.draw(np.random.default_rng(i), moods(0.0)).factors for i in range(200)]
    factors = np.log(np.array(drawn))
    assert np.abs(factors).max() <= SPREAD * LARGEST + 1e-9
    assert factors.std() == pytest.approx(SPREAD, rel=0.15)
    assert abs(np.corrcoef(factors.T)[0, 1]) < 0.2


class Stumbling:
    """Fails at every sentence but each third."""

    name = "stumbling"

    def __init__(self, every):
        self.every, self.count = every, 0

    def say(self, text, seed):
        self.count += 1
        if self.count % self.every:
            raise InputError("cannot align")
        return get_voice("builtin:ben").say(text, seed)


def test_another_sentence_is_said_where_a_voice_fails():
    voice = Stumbling(3)
    say = Speakers(np.random.default_rng(0), (voice, voice))
    assert say(0, "turn", 2.0, 0.0).words
    assert voice.count == 3


def test_a_voice_that_always_fails_is_told():
    voice = Stumbling(10**9)
    with pytest.raises(InputError, match="cannot align"):
        Speakers(np.random.default_rng(0), (voice, voice))(0, "turn", 2.0, 0.0)


def test_simulated_speech_is_louder_where_people_are_aroused():
    """Loudness of what is said goes with arousal, whatever else decides it."""
    levels, arousals = [], []
    for seed in range(2):
        for person in simulate(60 + seed, 60.0, ("builtin:ada", "builtin:ben")):
            spurts = [u for u in person.utterances if u.end - u.start > 0.5]
            power = [np.mean(np.square(person.audio.slice(u.start, u.end).samples)) for u in spurts]
            arousal = person.tracks["emotion"]["arousal"][[int(u.start * 25) for u in spurts]]
            levels += list(10 * np.log10(power) - np.mean(10 * np.log10(power)))
            arousals += list(arousal - arousal.mean())
    assert np.corrcoef(levels, arousals)[0, 1] > 0.15

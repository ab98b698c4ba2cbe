"""How somebody speaks, in words: known pitches are found, and a voice is told against its own."""

import numpy as np
import pytest

from visavis.conversation.conversation import Participant
from visavis.conversation.timeline import Utterance, Word
from visavis.media.audio import Audio
from visavis.models.retrieval.situation import describe_speaker
from visavis.models.retrieval.voice import measure_voice, pitch_track
from visavis.motion import ARKIT, Motion

RATE = 16_000


def buzz(hertz, seconds=2.0, level=0.1, wobble=2.0):
    """A harmonic sound whose pitch swings by some semitones, as speech does."""
    t = np.arange(round(seconds * RATE)) / RATE
    f = hertz * 2 ** (wobble * np.sin(2 * np.pi * 1.5 * t) / 12)
    phase = 2 * np.pi * np.cumsum(f) / RATE
    return (level * sum(np.sin(k * phase) / k for k in range(1, 8))).astype(np.float32)


def words(start, stop, each):
    return tuple(Word("word", t, t + each) for t in np.arange(start, stop - each + 1e-9, each))


def speaker(*parts, said=()):
    utterances = (Utterance(said[0].start, said[-1].end, tuple(said)),) if said else ()
    return Participant("A", audio=Audio(np.concatenate(parts), RATE), utterances=utterances)


@pytest.mark.parametrize("hertz", [80, 110, 150, 220, 300, 420])
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_a_known_pitch_is_found(hertz, rate):
    t = np.arange(rate) / rate
    sound = Audio((0.2 * sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, 6))).astype(np.float32), rate)
    pitch, _ = pitch_track(sound)
    assert np.isfinite(pitch).mean() > 0.9
    assert np.nanmedian(pitch) == pytest.approx(12 * np.log2(hertz), abs=0.6)


def test_noise_and_silence_have_no_pitch():
    noise = Audio(0.1 * np.random.default_rng(0).standard_normal(2 * RATE).astype(np.float32), RATE)
    assert np.isfinite(pitch_track(noise)[0]).mean() < 0.05
    assert np.isnan(measure_voice(Audio.silence(2.0), ()).pitch)
    assert np.isnan(measure_voice(Audio.silence(0.01), ()).loudness)


def test_a_raised_voice_is_loud_and_high_against_the_speakers_own():
    person = speaker(*[buzz(110)] * 4, buzz(180, level=0.5))
    assert describe_speaker(person, 8.0, 10.0) == ("Alex's voice is loud and high.",)
    assert describe_speaker(person, 0.0, 2.0) == ()
    higher = speaker(*[buzz(180, level=0.5)] * 4, buzz(110))
    assert describe_speaker(higher, 8.0, 10.0) == ("Alex's voice is soft and low.",)


def test_the_same_sound_is_nothing_special_to_somebody_who_always_speaks_so():
    assert describe_speaker(speaker(*[buzz(180, level=0.5)] * 5), 8.0, 10.0) == ()


def test_melodies_are_monotonous_or_lively():
    assert describe_speaker(speaker(buzz(120, wobble=0.2))) == ("Alex's voice is monotonous.",)
    assert describe_speaker(speaker(buzz(120, wobble=7.5))) == ("Alex's voice is lively.",)


def test_quick_words_are_quick_and_slow_ones_slow():
    said = (*words(0.0, 8.0, 0.4), *words(8.0, 10.0, 0.2), *words(10.0, 12.0, 1.0))
    person = speaker(*[buzz(120)] * 6, said=said)
    assert describe_speaker(person, 8.0, 10.0) == ("Alex's voice is quick.",)
    assert describe_speaker(person, 10.0, 12.0) == ("Alex's voice is slow.",)
    assert describe_speaker(person, 0.0, 8.0) == ()


def face(**shapes):
    motion = Motion.zeros(75, 25.0, ARKIT)
    for name, level in shapes.items():
        motion = motion.with_columns(name, np.full(75, level, np.float32))
    return Participant("A", motion=motion)


def test_the_speakers_face_is_told():
    smiling = dict.fromkeys(("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft", "cheekSquintRight"), 0.7)
    sad = {"browInnerUp": 0.7, "mouthFrownLeft": 0.6, "mouthFrownRight": 0.6}
    angry = {"browDownLeft": 0.9, "browDownRight": 0.9, "noseSneerLeft": 0.3, "noseSneerRight": 0.3}
    (line,) = describe_speaker(face(**smiling))
    assert "smiles" in line
    (line,) = describe_speaker(face(**sad))
    assert "inner brows" in line
    assert "corners down" in line
    assert "smiles" not in line
    (line,) = describe_speaker(face(**angry))
    assert "draws the brows together" in line


def test_a_face_that_does_nothing_but_speak_is_not_told():
    motion = face(jawOpen=0.3).motion
    assert describe_speaker(Participant("A", motion=motion)) == ()
    assert describe_speaker(Participant("A")) == ()

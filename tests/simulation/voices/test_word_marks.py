"""Every written word gets the time at which it is heard."""

from itertools import pairwise

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.simulation.voices import espeak_library
from visavis.simulation.voices.marks import (
    EspeakSynthesiser,
    MarkedVoice,
    Synthesiser,
    get_synthesiser,
    quick_voices,
)

SENTENCE = "I don't know, Dr. Smith said 1998 well-known things... <FACE_3> :-) naïve. - [[hello]] &amp; done!"
WRITTEN = SENTENCE.split()

needs_espeak = pytest.mark.skipif(not espeak_library.is_installed(), reason="libespeak-ng is not installed")
VOICES = ["builtin:ada", pytest.param("espeak", marks=needs_espeak), pytest.param("espeak:de", marks=needs_espeak)]


@pytest.mark.parametrize("name", VOICES)
def test_each_written_word_has_its_time(name):
    synthesiser = get_synthesiser(name)
    assert isinstance(synthesiser, Synthesiser)
    spoken = synthesiser.speak(WRITTEN)
    assert [word.text for word in spoken.words] == WRITTEN
    assert all(a.end <= b.start + 1e-6 for a, b in pairwise(spoken.words))
    assert spoken.words[-1].end <= spoken.audio.duration + 1e-3
    lasting = {word.text: word.end - word.start for word in spoken.words}
    assert lasting[":-)"] == lasting["-"] == 0
    assert lasting["1998"] > 0.5  # nineteen ninety eight
    assert np.abs(spoken.audio.samples).max() > 0.1


@pytest.mark.parametrize("name", VOICES)
def test_marks_alone_are_not_read_out(name):
    spoken = get_synthesiser(name).speak([":-)", "..."])
    assert [word.end for word in spoken.words] == [0.0, 0.0]


@needs_espeak
def test_words_end_before_pauses():
    words = EspeakSynthesiser().speak(["Yes,", "I", "know.", "Sit", "down."]).words
    assert words[1].start - words[0].end > 0.05
    assert words[3].start - words[2].end > 0.05


@needs_espeak
def test_the_library_and_the_aligner_hear_the_same_words():
    """Of another kind: PocketSphinx finds in the sound what the library says it has put there."""
    alignment = pytest.importorskip("visavis.perception.words.alignment")
    pytest.importorskip("pocketsphinx")
    text = "well I am not sure that it was for a while that we went out of the house and on the road to the lake"
    spoken = EspeakSynthesiser().speak(text.split())
    found, _ = alignment.align(spoken.audio, text.split())
    apart = [abs(a.start - b.start) for a, b in zip(spoken.words, found, strict=True)]
    assert np.median(apart) < 0.04
    assert np.quantile(apart, 0.9) < 0.08


@needs_espeak
def test_any_language_can_be_marked():
    spoken = EspeakSynthesiser("fr").speak(["Bonjour,", "ça", "va", "très", "bien", "!"])
    assert all(word.end > word.start for word in spoken.words[:-1])


@needs_espeak
def test_the_same_words_sound_the_same():
    voice = EspeakSynthesiser("en-us-f")
    once, again = voice.speak(WRITTEN), voice.speak(WRITTEN)
    assert once.words == again.words
    assert once.audio == again.audio


@pytest.mark.parametrize("name", ["builtin:nobody", "nothing", pytest.param("espeak:xyzzy", marks=needs_espeak)])
def test_unknown_voices_are_refused(name):
    with pytest.raises(InputError, match=r"no .*voice"):
        get_synthesiser(name)


def test_a_voice_that_loses_words_is_refused():
    class Deaf:
        name = "deaf"

        def say(self, text, seed):
            speech = get_synthesiser("builtin:ada")._voice.say(text, seed)
            return type(speech)(speech.audio, speech.words[:-1], speech.phones)

    with pytest.raises(InputError, match="times of 1 words of 2"):
        MarkedVoice(Deaf()).speak(["two", "words"])


def test_quick_voices_are_there_to_be_used():
    for name in quick_voices() or ():
        assert get_synthesiser(name).name == name

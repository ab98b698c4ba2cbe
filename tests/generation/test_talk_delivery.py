"""A turn as it is said: words, times and codes that fit each other, streamed or not."""

import numpy as np
import pytest

from visavis.conversation import Word
from visavis.errors import InputError
from visavis.generation.talk.delivery import Made, Said, Shown, deliver
from visavis.generation.talk.voices import Estimates
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.models.mars.messages import Clock, Item, Step
from visavis.models.mars.timing import TOGETHER, lay
from visavis.simulation.voices.marks import Spoken

CLOCK = Clock()


class Metronome:
    """A word every so many seconds, a click at each."""

    name = "metronome"

    def __init__(self, pace=0.4):
        self.pace, self.sentences = pace, []

    def speak(self, words):
        self.sentences.append(tuple(words))
        samples = np.zeros(round(len(words) * self.pace * SAMPLE_RATE), np.float32)
        samples[np.arange(len(words)) * round(self.pace * SAMPLE_RATE)] = 1.0
        timed = tuple(Word(w, i * self.pace, (i + 1) * self.pace) for i, w in enumerate(words))
        return Spoken(timed, Audio(samples))


def steps(*codes):
    return tuple(Step((code,), (code,)) for code in codes)


ITEMS = [
    Item(None, steps(0, 0)), Item("Oh,", steps(1)), Item("hello"), Item("there!", steps(2, 3)), Item("How"),
    Item("are", steps(4)), Item("you?", steps(5)), Item(None, steps(6, 6, 6)), Item("Fine.", steps(7, 8)),
]  # fmt: skip


@pytest.mark.parametrize("pace", [0.2, 0.32, 0.55])
def test_codes_begin_with_their_words(pace):
    said = deliver(ITEMS, CLOCK, Metronome(pace))
    shown = {number: step for step in reversed(said.laid.steps) for number in [step.number]}
    starts = {word.text: word.start for word in said.words}
    for word, number in (("Oh,", 2), ("there!", 3), ("are", 5), ("you?", 6), ("Fine.", 10)):
        if number in shown:
            assert abs(shown[number].start - starts[word]) <= TOGETHER + 1e-9


def test_what_is_streamed_is_what_there_is_in_the_end():
    told = []
    said = deliver(iter(ITEMS), CLOCK, Metronome(), tell=told.append)
    assert [event.word for event in told if isinstance(event, Made)] == list(said.turn.words)
    assert tuple(event.word for event in told if isinstance(event, Said)) == said.words
    shown = [event for event in told if isinstance(event, Shown)]
    assert [(event.start, event.end) for event in shown] == [(step.start, step.end) for step in said.laid.steps]
    assert [event.step for event in shown] == [said.turn.steps[number] for number in said.laid.numbers]
    assert said.laid == lay(said.turn, CLOCK, said.words)


def test_words_are_told_before_the_turn_is_whole():
    told = []

    def items():
        for item in ITEMS:
            yield item
            assert item.word is None or Made(item.word) in told

    deliver(items(), CLOCK, Metronome(), tell=told.append)
    first = next(i for i, event in enumerate(told) if isinstance(event, Said))
    assert told[first - 1] == Made("there!")  # a sentence is spoken as soon as it is whole


def test_sentences_are_spoken_in_one_go_and_silences_last_as_long_as_their_codes():
    voice = Metronome()
    said = deliver(ITEMS, CLOCK, voice)
    assert voice.sentences == [("Oh,", "hello", "there!"), ("How", "are", "you?"), ("Fine.",)]
    begins = [round(word.start, 6) for word in said.words]
    assert begins[0] == 2 * CLOCK.step
    assert begins[6] == round(2 * CLOCK.step + 6 * voice.pace + 3 * CLOCK.step, 6)


def test_the_sound_has_every_word_at_its_time():
    said = deliver(ITEMS, CLOCK, Metronome())
    clicks = np.flatnonzero(said.audio.samples > 0.5) / SAMPLE_RATE
    np.testing.assert_allclose(clicks, [word.start for word in said.words], atol=1e-3)


def test_without_a_synthesiser_times_are_estimated_and_nothing_is_heard():
    said = deliver(ITEMS, CLOCK, Estimates())
    assert said.audio is None
    assert all(word.end > word.start for word in said.words)


def test_what_cannot_be_pronounced_is_shown_for_as_long_as_its_codes():
    voice = Metronome()
    said = deliver([Item("Ha", steps(1)), Item("\N{GRINNING FACE}", steps(2, 3, 4)), Item("ha")], CLOCK, voice)
    assert voice.sentences == [("Ha",), ("ha",)]
    assert said.words[1].end - said.words[1].start == pytest.approx(3 * CLOCK.step)


@pytest.mark.parametrize("number", range(len(ITEMS)))
def test_ctrl_c_keeps_what_was_said(number):
    def items():
        yield from ITEMS[:number]
        raise KeyboardInterrupt

    said = deliver(items(), CLOCK, Metronome())
    if not number:
        assert said is None
        return
    assert said.stopped
    assert said.turn.words == tuple(item.word for item in ITEMS[:number] if item.word)
    assert len(said.words) == len(said.turn.words)
    assert said.audio is None or said.audio.duration == pytest.approx(said.duration, abs=1e-3)


def test_ctrl_c_while_speaking_forgets_what_was_not_said():
    class Stopped(Metronome):
        def speak(self, words):
            if self.sentences:
                raise KeyboardInterrupt
            return super().speak(words)

    said = deliver(ITEMS, CLOCK, Stopped())
    assert said.stopped
    assert said.turn.words == ("Oh,", "hello", "there!")


def test_errors_of_the_voice_are_not_swallowed():
    class Hoarse(Metronome):
        def speak(self, words):
            raise InputError("hoarse")

    with pytest.raises(InputError, match="hoarse"):
        deliver(ITEMS, CLOCK, Hoarse())

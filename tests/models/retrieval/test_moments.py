"""Parts of a turn: they cover it, end where sentences end, and none knows what is said later."""

from itertools import pairwise

import pytest

from visavis.conversation.conversation import Participant
from visavis.conversation.timeline import Interval, Utterance, Word
from visavis.errors import InputError
from visavis.models.retrieval.moments import MOST, cut_turn, describe_moments
from visavis.models.retrieval.protocol import Description

JOKE = (
    "So I go into the kitchen. There is this noise. I open the cupboard, very slowly, and you know what? "
    "It was my mother-in-law, eating my birthday cake!"
)


class Describer:
    """Remembers what it was told."""

    def __init__(self):
        self.calls = []

    def __call__(self, transcript, goal, *, seed=0, situation=None, before=""):
        self.calls.append((transcript, goal, seed, situation, before))
        return Description("c", "f", transcript)


def timed(text, pause_after=(), gap=1.0):
    """Words of 0.3 s each, 2 s into a conversation."""
    words, now = [], 2.0
    for number, word in enumerate(text.split()):
        words.append(Word(word, now, now + 0.3))
        now += 0.3 + (gap if number in pause_after else 0.0)
    return tuple(words)


@pytest.mark.parametrize("text", [
    JOKE, "Yes.", "word " * 200, "A. b. c. d. e. f. g. h.", "One sentence of several words without an end", JOKE * 20,
    "Well... I said: 'stop it!' And then (can you imagine?) nothing. Nothing at all happened there.",
])  # fmt: skip
def test_parts_cover_the_turn_in_order(text):
    parts = cut_turn(text)
    assert 1 <= len(parts) <= MOST
    assert (parts[0].start, parts[-1].stop) == (0.0, 1.0)
    assert all(a.stop == b.start for a, b in pairwise(parts))
    assert " ".join(part.text for part in parts).split() == text.split()


def test_a_joke_is_cut_before_the_punch_line():
    parts = cut_turn(JOKE)
    assert len(parts) == 4
    assert parts[-1].text == "It was my mother-in-law, eating my birthday cake!"
    assert len(cut_turn(JOKE, most=2)) == 2
    assert [part.text for part in cut_turn(JOKE, most=1)] == [JOKE]


def test_words_with_times_give_shares_of_time_and_cuts_at_pauses():
    text = "so we waited and waited and then it finally came"
    parts = cut_turn(text, timed(text, pause_after=(4,)))
    assert [part.text for part in parts] == ["so we waited and waited", "and then it finally came"]
    # A pause belongs to the reaction before it: 5 words and 1 s of 10 words and 1 s.
    assert parts[0].stop == pytest.approx((5 * 0.3 + 1.0) / (10 * 0.3 + 1.0))
    assert parts[0].times == pytest.approx((2.0, 2.0 + 5 * 0.3 + 1.0))
    assert len(cut_turn(text)) == 1


def test_each_reaction_knows_what_was_said_by_then_and_no_more():
    describer = Describer()
    moments = describe_moments(describer, JOKE, "be friendly", seed=7)
    assert [moment.description.expression for moment in moments] == [call[0] for call in describer.calls]
    for number, (said, goal, seed, situation, before) in enumerate(describer.calls):
        assert before.split() + said.split() == JOKE.split()[: len(before.split()) + len(said.split())]
        assert "mother-in-law" not in before
        assert (goal, seed, situation) == ("be friendly", 7, ())
        assert bool(before) == bool(number)


def test_the_speakers_words_give_the_times():
    words = timed(JOKE, pause_after=(4,))
    speaker = Participant("A", utterances=(Utterance(2.0, words[-1].end, words),))
    with_times = describe_moments(Describer(), JOKE, "be friendly", speaker=speaker)
    without = describe_moments(Describer(), JOKE, "be friendly")
    other = describe_moments(Describer(), JOKE + " Really.", "be friendly", speaker=speaker)
    assert with_times[0].stop > without[0].stop
    assert other[-1].stop == 1.0
    laughing = Participant("A", utterances=speaker.utterances, events={"laugh": (Interval("laugh", 11.0, 12.0),)})
    describer = Describer()
    describe_moments(describer, JOKE, "be friendly", speaker=laughing)
    assert "Alex laughs while speaking." in describer.calls[-1][3]
    assert "Alex laughs while speaking." not in describer.calls[0][3]


def test_no_words_are_refused():
    with pytest.raises(InputError, match="empty"):
        cut_turn("  ")

"""How written words are said when nobody is heard."""

from itertools import pairwise

import pytest

from visavis.conversation import Word
from visavis.perception.words.phones import SILENCE, VOWELS
from visavis.perception.words.spoken import number_words, sounds, stressed
from visavis.perception.words.timing import phone_times, phones_of_words


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("0", "zero"), ("14", "fourteen"), ("80", "eighty"), ("105", "one hundred five"),
        ("1998", "nineteen ninety eight"),
        ("1905", "nineteen oh five"), ("1900", "nineteen hundred"), ("2000", "two thousand"),
        ("120007", "one hundred twenty thousand seven"), ("007", "zero zero seven"),
        ("1234567", "one two three four five six seven"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_read_them(digits, words):
    assert " ".join(number_words(digits)) == words


def test_what_is_written_otherwise_sounds_alike():
    assert sounds("TV") == sounds("tee") + sounds("vee")
    assert sounds("$20") == sounds("twenty") + sounds("dollars")
    assert sounds("2,000") == sounds("2000")
    assert sounds("Don’t") == sounds("don't")
    assert sounds("café") == sounds("cafe")
    assert sounds("uh-huh") == sounds("uh") + sounds("huh")
    assert sounds("hmm") == ("HH", "M")


@pytest.mark.parametrize("text", ["🙂", "...", "", "你好", "-"])
def test_what_cannot_be_pronounced_has_no_sound(text):
    assert sounds(text) == ()
    assert stressed(text) is None


@pytest.mark.parametrize(
    ("word", "vowel"), [("vacation", 1), ("electric", 1), ("ability", 1), ("window", 0), ("Again!", 1), ("movie", 0)]
)
def test_the_stressed_vowel_is_the_right_one(word, vowel):
    vowels = [i for i, phone in enumerate(sounds(word)) if phone in VOWELS]
    assert stressed(word) == vowels[vowel]


def test_words_of_grammar_are_not_stressed():
    assert [stressed(word) for word in ("the", "I'm", "because", "of,")] == [None] * 4


def test_phones_fill_their_word_and_vowels_are_long():
    found = phone_times(("T", "AY", "M"), 1.0, 1.6)
    assert (found[0][1], found[-1][2]) == (1.0, pytest.approx(1.6))
    lengths = [end - start for _, start, end in found]
    assert lengths[1] > 2 * lengths[0] > 0


def test_who_says_nothing_is_silent():
    assert [(p.label, p.start, p.end) for p in phones_of_words((), 3.0)] == [(SILENCE, 0.0, 3.0)]


def test_phones_of_words_cover_the_clock_without_gaps():
    words = [Word("hello", 0.5, 1.0), Word("🙂", 1.0, 1.5), Word("there", 1.5, 2.4), Word("you", 2.0, 2.2)]
    phones = phones_of_words(words, 3.0)
    assert (phones[0].start, phones[-1].end) == (0.0, 3.0)
    assert all(a.end == pytest.approx(b.start) and a.end > a.start for a, b in pairwise(phones))
    silent = [(p.start, p.end) for p in phones if p.label == SILENCE]
    assert silent == [(0.0, 0.5), (1.0, 1.5), (2.2, 3.0)]  # what has no sound is silence; "there" was cut short

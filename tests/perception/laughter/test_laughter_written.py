"""Laughter in transcripts."""

import pytest

from visavis.conversation import Conversation, Participant, Utterance, Word
from visavis.errors import InputError
from visavis.perception.laughter.written import is_laughter, without_laughter, written_laughter
from visavis.perception.protocol import get_extractor


@pytest.mark.parametrize(
    "text",
    ["[laughter]", "(laughs)", "*giggles*", "<laugh>", "haha", "Hahaha!", "ha-ha,", "hehe", "ahahaha", 
     "(Both laughing)", "[LAUGHING]", "{chuckle}", "[laughter-yeah]"],
)  # fmt: skip
def test_laughter_is_told(text: str) -> None:
    assert is_laughter(text)


@pytest.mark.parametrize("text", ["laughs", "laughter", "ha", "aha", "hi", "he", "Hawaii", "[noise]", "(sighs)", ""])
def test_other_words_are_none(text: str) -> None:
    assert not is_laughter(text)


def test_short_laughter_is_given_a_length_and_words_spoken_laughing_stay_words() -> None:
    words = (Word("well", 1.0, 1.2), Word("[laughter]", 2.0, 2.0), Word("[laughter-yeah]", 3.0, 3.5))
    assert [(i.label, i.start, i.end) for i in written_laughter(words)] == [("laugh", 2.0, 2.3), ("laugh", 3.0, 3.5)]
    assert [word.text for word in without_laughter(words)] == ["well", "yeah"]


def test_a_transcript_alone_is_enough() -> None:
    said = (Utterance(0.0, 2.0, (Word("no", 0.0, 0.5), Word("haha", 0.7, 1.5))),)
    talk = Conversation("t", (Participant("A", utterances=said), Participant("B")), 4.0)
    found = get_extractor("laughter")(talk)
    assert [(i.start, i.end) for i in found.a.events["heard_laugh"]] == [(0.7, 1.5)]
    assert found.b.events["heard_laugh"] == ()


def test_nothing_to_find_laughter_in_is_one_line() -> None:
    with pytest.raises(InputError, match="neither sound nor words"):
        get_extractor("laughter")(Conversation("t", (Participant("A"), Participant("B")), 4.0))

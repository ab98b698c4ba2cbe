"""What words give behaviour to go by."""

import pytest

from visavis.behavior.words import CUES, timed, word_cues
from visavis.conversation import Utterance, Word


def _words(text: str, start: float = 0.0) -> list[Word]:
    return [Word(piece, start + 0.3 * i, start + 0.3 * i + 0.28) for i, piece in enumerate(text.split())]


def _found(text: str) -> set[tuple[str, str]]:
    return {(cue.kind, cue.text.lower().strip(".,?!")) for cue in word_cues(_words(text)) if cue.kind != "question"}


@pytest.mark.parametrize(
    ("text", "there", "absent"),
    [
        ("Yeah, I don't think so.", {("yes", "yeah"), ("no", "don't"), ("me", "i")}, {("emphasis", "so")}),
        ("Right, it is right there.", {("yes", "right"), ("there", "there")}, set()),
        ("It is not right.", {("no", "not")}, {("yes", "right")}),
        ("There is a house over there.", {("there", "there")}, set()),
        ("There are two of them.", {("count", "two")}, {("there", "there")}),
        ("That was so good, you know.", {("emphasis", "so")}, {("you", "you")}),
        ("So we left.", {("we", "we")}, {("emphasis", "so")}),
        ("Uh maybe you should come here.", 
         {("hesitation", "uh"), ("doubt", "maybe"), ("you", "you"), ("here", "here")}, set()),
        ("I’m not sure about the 25 dollars.", {("me", "i’m"), ("doubt", "not sure"), ("count", "25")}, set()),
        ("They really love it.", {("emphasis", "really")}, {("me", "they")}),
    ],
)  # fmt: skip
def test_words_mean_what_they_mean_where_they_stand(text, there, absent) -> None:
    found = _found(text)
    assert there <= found
    assert not absent & found


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("You went there?", True), ("do you like it", True), ("so what did he say", True), ("where's the key", True),
        ("you like it don't you", True), ("I do like it", False), ("what a day", False), ("Do you mind.", False),
        ("when I was young", False), ("are", False), ("is that a fact", True),
    ],
)  # fmt: skip
def test_questions_are_told_by_mark_and_by_order(text: str, asks: bool) -> None:
    assert any(cue.kind == "question" for cue in word_cues(_words(text))) == asks


def test_a_question_spans_its_clause_and_a_pause_ends_one() -> None:
    words = [*_words("I was there"), *_words("did you see it", 3.0)]
    (question,) = [cue for cue in word_cues(words) if cue.kind == "question"]
    assert (question.start, question.text) == (3.0, "did you see it")
    assert question.end == words[-1].end


def test_cues_come_in_order_within_their_words_and_are_of_known_kinds() -> None:
    words = _words("Well, uh, yes, I guess you and I really saw two of them there, didn't we?")
    cues = word_cues(words)
    assert [cue.start for cue in cues] == sorted(cue.start for cue in cues)
    assert {cue.kind for cue in cues} <= set(CUES)
    assert all(words[0].start <= cue.start <= cue.end <= words[-1].end for cue in cues)


def test_a_text_without_word_times_is_spread_over_its_utterance() -> None:
    words, spread = timed([Utterance(2.0, 6.0, (Word("I do not know", 2.0, 6.0),))])
    assert spread
    assert [word.text for word in words] == ["I", "do", "not", "know"]
    assert words[0].start == 2.0
    assert words[-1].end == pytest.approx(6.0)
    assert [w.end for w in words[:-1]] == [w.start for w in words[1:]]
    assert words[3].end - words[3].start > words[0].end - words[0].start
    again, spread = timed([Utterance(2.0, 6.0, tuple(Word(t, 2.0, 2.0) for t in ("I", "do", "not", "know")))])
    assert spread
    assert again == words
    kept, spread = timed([Utterance(0.0, 1.0, (Word("so", 0.0, 0.4), Word("[laughter]", 0.5, 0.9)))])
    assert not spread
    assert [word.text for word in kept] == ["so"]


def test_other_languages_and_silence_have_no_cues() -> None:
    assert word_cues(_words("Ich habe keine Ahnung was du da willst")) == []
    assert word_cues([]) == []

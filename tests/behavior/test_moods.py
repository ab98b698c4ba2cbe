"""Moods from words and voices."""

import functools
import operator
from collections.abc import Sequence

import numpy as np
import pytest

from visavis.behavior.context import people_of
from visavis.behavior.events import Event
from visavis.behavior.mood import LINGERS, moods_of, pieces
from visavis.conversation import Conversation, Interval, Participant, Track, Utterance, Word
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.perception.emotion.classifier import AFFECT, Emotion
from visavis.perception.emotion.labels import LABELS

KEYS = {"love": "happy", "died": "sad", "hate": "angry", "table": "neutral", "wonder": "curious"}


def by_key_word(texts: Sequence[str]) -> list[Emotion]:
    """Emotions by one word each."""
    found = [next((label for key, label in KEYS.items() if key in text), "neutral") for text in texts]
    return [Emotion(label, 0.8, *AFFECT[label]) for label in found]


def _utterance(text: str, start: float) -> Utterance:
    pieces = text.split()
    words = tuple(Word(piece, start + 0.3 * i, start + 0.3 * i + 0.3) for i, piece in enumerate(pieces))
    return Utterance(start, words[-1].end, words)


def test_what_a_writer_says_is_felt_counts_for_more_than_the_words():
    labelled = Interval("sad", 1.0, 3.0)
    said = (_utterance("I love this table", 1.0), _utterance("I love this table", 7.0))
    people = (Participant("Ann", utterances=said, events={LABELS: (labelled,)}), Participant("Bo"))
    talk = Conversation("t", people, 20.0)
    asked: list[str] = []

    def classifier(texts: Sequence[str]) -> list[Emotion]:
        asked.extend(texts)
        return by_key_word(texts)

    ann, _ = moods_of(np.random.default_rng(0), talk, people_of(talk), classifier)
    assert [event.label for event in ann] == ["sad", "happy"]
    assert asked == ["I love this table"]  # only what has no label


def _moods(*said: str, other: Sequence[str] = (), seed: int = 0) -> tuple[list[Event], list[Event]]:
    people = []
    for name, texts, first in (("Ann", said, 1.0), ("Bo", other, 3.0)):
        utterances = tuple(_utterance(text, first + 6.0 * i) for i, text in enumerate(texts))
        people.append(Participant(name, utterances=utterances))
    talk = Conversation("t", (people[0], people[1]), 30.0)
    return moods_of(np.random.default_rng(seed), talk, people_of(talk), by_key_word)


def test_the_speaker_feels_what_the_words_say_and_for_a_while_longer() -> None:
    (felt,), _ = _moods("I really love it here.")
    assert (felt.label, felt.start, felt.strength) == ("happy", 1.0, 1.0)
    assert felt.end == pytest.approx(1.0 + 5 * 0.3 + LINGERS)
    assert (felt.x, felt.y) == AFFECT["happy"]


@pytest.mark.parametrize(
    ("key", "answer"), [("love", "happy"), ("died", "sad"), ("hate", "sad"), ("wonder", "curious")]
)
def test_the_listener_answers_later_and_weaker(key: str, answer: str) -> None:
    for seed in range(5):
        (felt,), (answered,) = _moods(f"I think that they {key} the dog.", seed=seed)
        assert answered.label == answer
        assert answered.strength < felt.strength
        assert felt.start + 1.0 < answered.start < felt.start + 4.0


def test_acknowledgements_have_no_mood() -> None:
    felt, answers = _moods("I love it so much.", other=("uh-huh yeah",))
    assert [event.label for event in felt] == ["happy"]
    assert [event.label for event in answers] == ["happy"]  # the answer to A alone


def test_neutral_words_are_not_answered() -> None:
    (felt,), answers = _moods("This is a table of the house.")
    assert felt.label == "neutral"
    assert not answers


def test_each_sentence_has_its_own_feeling() -> None:
    felt, _ = _moods("I love my old dog. Then he died last week.")
    assert [event.label for event in felt] == ["happy", "sad"]
    words = _utterance("No. Well, we left. " + "and on and on, " * 12, 0.0).words
    assert [len(piece) for piece in pieces(words)] == [4, 32, 16]
    assert functools.reduce(operator.iadd, pieces(words), []) == list(words)


def test_feelings_end_with_the_conversation_and_none_begins_after_it() -> None:
    words = _utterance("we love it", 1.0)
    talk = Conversation("t", (Participant("A", utterances=(words,)), Participant("B")), 2.0)
    a, b = moods_of(np.random.default_rng(0), talk, people_of(talk), by_key_word)
    assert [event.end for event in a] == [2.0]
    assert not b


def test_other_languages_leave_the_mood_to_the_voice() -> None:
    felt, answers = _moods("Ich habe den Hund wirklich gern gehabt und jetzt ist er tot")
    assert {event.label for event in felt} == {""}
    assert not answers


def test_without_words_loud_lively_speech_is_aroused_and_valence_only_drifts() -> None:
    rng = np.random.default_rng(3)
    seconds = 40.0
    share, sound = np.zeros(round(25 * seconds)), np.zeros(round(SAMPLE_RATE * seconds))
    starts = np.arange(1.0, 37.0, 4.0)
    for i, start in enumerate(starts):
        share[round(25 * start) : round(25 * (start + 3))] = 1.0
        t = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
        lively = i % 2
        f0 = 140 * (1 + (0.25 if lively else 0.02) * np.sin(2 * np.pi * 1.5 * t))
        voice = sum(np.sin(k * 2 * np.pi * np.cumsum(f0) / SAMPLE_RATE) / k for k in range(1, 8))
        a = round(start * SAMPLE_RATE)
        swing = 0.6 + 0.4 * np.sin(2 * np.pi * 3 * t)
        sound[a : a + len(t)] += (0.2 if lively else 0.04) * voice * swing
    sound += rng.normal(0, 1e-4, len(sound))
    people = (
        Participant("A", audio=Audio(sound.astype(np.float32)), speaking=Track(share, 25.0)),
        Participant("B", audio=Audio.silence(seconds), speaking=Track(0 * share, 25.0)),
    )
    talk = Conversation("t", people, seconds)
    a, b = moods_of(np.random.default_rng(0), talk, people_of(talk), by_key_word)
    assert not b
    arousal = np.array([event.y for event in a])
    assert len(arousal) == len(starts)
    assert arousal[1::2].min() > arousal[0::2].max()
    assert all(abs(event.x) <= 0.15 for event in a)
    assert len({event.x for event in a}) > 3

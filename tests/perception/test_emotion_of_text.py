"""The emotion of a text."""

import numpy as np
import pytest

from visavis.behavior.events import KINDS
from visavis.behavior.performing.moods import FEELINGS
from visavis.errors import InputError
from visavis.perception.emotion.classifier import AFFECT, EMOTIONS, EmotionClassifier


@pytest.fixture(scope="module")
def classifier() -> EmotionClassifier:
    try:
        return EmotionClassifier()
    except InputError as error:
        pytest.skip(str(error))


def test_probabilities_are_of_every_emotion_and_add_up(classifier) -> None:
    found = classifier.probabilities(["I love it!", "", "Are you a fan of football?"])
    assert found.shape == (3, len(EMOTIONS))
    assert np.allclose(found.sum(1), 1.0)
    assert classifier.probabilities([]).shape == (0, len(EMOTIONS))
    assert classifier([]) == []


def test_plain_sentences_are_told_apart(classifier) -> None:
    said = [
        "My dog died last week.",
        "Haha, that is great, I love it!",
        "Wow, I did not know that!",
        "I hate this, it makes me so angry.",
    ]
    sad, happy, surprised, angry = classifier(said)
    assert [sad.label, happy.label, surprised.label, angry.label] == ["sad", "happy", "surprised", "angry"]
    assert sad.valence < 0 < happy.valence
    assert 0 < sad.confidence <= 1


def test_news_of_daily_life_is_good_or_bad(classifier) -> None:
    bad = ("He is very sick and he may die.", "I lost my job yesterday.", "They stole my bike.",
           "The doctor said it's cancer.", "I can't stop crying.", "She broke up with me on my birthday.")  # fmt: skip
    good = ("I got the job!", "We are getting married!", "We won the game last night.", "You did a great job.")
    plain = ("I usually take the bus to work.", "We need two more chairs.", "She works at the bank.")
    displeased = {"sad", "angry", "afraid", "disgusted"}
    assert sum(felt.label in displeased for felt in classifier(bad)) >= len(bad) - 1
    assert sum(felt.label == "happy" for felt in classifier(good)) >= len(good) - 1
    assert sum(felt.label in ("neutral", "curious") for felt in classifier(plain)) >= len(plain) - 1


def test_expected_affect_is_within_what_emotions_have(classifier) -> None:
    (felt,) = classifier(["I am not sure what to think of this."])
    levels = np.array([AFFECT[name] for name in EMOTIONS])
    assert levels[:, 0].min() <= felt.valence <= levels[:, 0].max()
    assert levels[:, 1].min() <= felt.arousal <= levels[:, 1].max()


def test_spelling_of_apostrophes_and_capitals_do_not_matter(classifier) -> None:
    one, other = classifier.probabilities(["I don't like it.", "I DON’T LIKE IT."])
    assert np.abs(one - other).max() < 0.1  # words are the same; the embedding tells "’" from "'"


def test_every_emotion_can_be_planned_and_shown() -> None:
    assert set(EMOTIONS) <= set(KINDS["mood"])
    assert set(FEELINGS) == set(EMOTIONS) - {"neutral"}

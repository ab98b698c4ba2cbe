"""Plans from what is said: what words give to go by, and what is said of words that give nothing."""

from dataclasses import replace

import numpy as np
import pytest

from visavis.behavior.context import people_of
from visavis.behavior.drawing.frowns import draw_frowns
from visavis.behavior.drawing.gestures import draw_gestures
from visavis.behavior.planner import plan_conversation, unsure_words
from visavis.conversation import Conversation, Participant, Utterance, Word


def _talk(text: str, seconds: float = 40.0) -> Conversation:
    """Ann says a text again and again, Bo nothing."""
    said = text.split() * int(seconds / 0.3 / len(text.split()))
    words = [Word(word, 0.3 * i, 0.3 * i + 0.28) for i, word in enumerate(said)]
    return Conversation("t", (Participant("Ann", utterances=(Utterance(0.0, words[-1].end, tuple(words)),)),
                              Participant("Bo")), seconds)  # fmt: skip


def _stressed(text: str):
    """Ann, with a stress on every other word."""
    ann, _ = people_of(_talk(text))
    return replace(ann, accents=tuple((0.6 * i + 0.14, 1.0) for i in range(60)))


@pytest.mark.parametrize(
    ("text", "shape"),
    [("I guess so, maybe, perhaps.", "shrug"), ("you and your sister", "you"), ("over there and there", "there"),
     ("ten twelve hundred twenty", "count")],
)  # fmt: skip
def test_gestures_take_the_shape_that_the_words_ask_for(text, shape):
    rng = np.random.default_rng(0)
    shapes = [g.label for _ in range(12) for g in draw_gestures(rng, _stressed(text), 1.0)]
    plain = [g.label for _ in range(12) for g in draw_gestures(rng, _stressed("tables chairs windows houses"), 1.0)]
    assert shapes.count(shape) > 0.3 * len(shapes)
    assert not plain.count(shape)


def test_there_is_points_nowhere():
    rng = np.random.default_rng(0)
    shapes = [g.label for _ in range(12) for g in draw_gestures(rng, _stressed("there is rice there was bread"), 1.0)]
    assert shapes
    assert "there" not in shapes


def test_nobody_gestures_before_the_recording_begins():
    ann = replace(people_of(_talk("tables chairs windows houses"))[0], accents=((0.01, 1.0), (0.3, 1.0), (0.9, 1.0)))
    drawn = [g for seed in range(300) for g in draw_gestures(np.random.default_rng(seed), ann, 3.0)]
    assert drawn
    assert min(g.apex[0] for g in drawn) > 0


def test_people_frown_at_what_is_denied_or_doubtful():
    rng = np.random.default_rng(0)
    denied, said = ([len(draw_frowns(rng, people_of(_talk(text))[0], 1.0)) for _ in range(20)]
                    for text in ("No, it never is that.", "Yes, it always is that."))  # fmt: skip
    assert np.mean(denied) > 2 * np.mean(said)


def test_what_words_give_nothing_is_said():
    plan, _ = plan_conversation(_talk("Ich habe keine Ahnung was du da willst"), 0)
    assert plan.about["notes"] == [
        "Ann does not seem to speak English: words give no cues, and the mood follows the voice"
    ]
    text = Utterance(2.0, 6.0, (Word("I do not know what that is", 2.0, 6.0),))
    untimed = Conversation("t", (Participant("Ann", utterances=(text,)), Participant("Bo")), 8.0)
    assert unsure_words(untimed) == ["Ann: words without times are spread over their utterances by length"]
    assert " ".join(w.text for w in people_of(untimed)[0].words) == "I do not know what that is"
    assert unsure_words(_talk("That is all that I know")) == []
    assert unsure_words(_talk("Ha, ha, ha. Uh-huh, uh-huh, mm, uh-huh. Ha, ha.")) == []


def test_words_that_a_recogniser_made_up_count_for_nothing():
    said = _talk("Thank you very much, I am so happy that you are here")
    plan, _ = plan_conversation(said, 0)
    sure, unsure = (replace(said, provenance={"words": {"model": "x", "confidence": p}}) for p in (0.8, 0.44))
    assert plan_conversation(sure, 0)[0].people == plan.people
    silent = said.with_participants(*(replace(person, utterances=()) for person in said))
    told, _ = plan_conversation(unsure, 0)
    assert told.people == plan_conversation(silent, 0)[0].people != plan.people
    assert told.about["notes"] == [
        "the recognised words are hardly what was said (mean probability 0.44): words give no cues, and moods follow "
        "the voices"
    ]

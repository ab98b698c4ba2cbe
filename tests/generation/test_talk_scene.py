"""A talk as a conversation: what turns show lies over what both do anyway."""

import numpy as np
import pytest

from talk_toys import talkative_mars
from visavis.conversation import Word
from visavis.generation.talk.delivery import deliver
from visavis.generation.talk.scene import PASSING, Part, followed, heard, moved
from visavis.generation.talk.voices import Estimates
from visavis.media.audio import Audio
from visavis.models.mars.messages import Clock, Item, Step
from visavis.motion import ARKIT_BODY, Motion, face_to_face
from visavis.simulation.voices.marks import Spoken

NAMES = tuple(name for name in ARKIT_BODY.names if not name.startswith("leftEye"))
LIPS = ARKIT_BODY.sets["articulation"]


class Tone:
    name = "tone"

    def speak(self, words):
        timed = tuple(Word(word, 0.4 * i, 0.4 * i + 0.4) for i, word in enumerate(words))
        t = np.arange(round(0.4 * len(words) * 16_000)) / 16_000
        return Spoken(timed, Audio(0.2 * np.sin(2 * np.pi * 200 * t)))


def parts(voice, value=0.5):
    """A says four words; B answers with six, and every column at one value."""
    said = [
        deliver(map(Item, text.split()), Clock(), voice)
        for text in ("how are you today?", "not that bad, thank you so")
    ]
    step = Step((0,), (0,))
    said[1] = deliver([Item(w, (step,)) for w in said[1].turn.words], Clock(), voice)
    motion = Motion(np.full((round(said[1].duration * 25), ARKIT_BODY.dim), value), 25.0, ARKIT_BODY)
    return [Part(0, 0.0, said[0]), Part(1, said[0].duration, said[1], motion, NAMES)]


@pytest.fixture(scope="module")
def mars():
    return talkative_mars()


def scene(voice, model=None, told=None):
    told = told or parts(voice)
    return told, moved(heard(told, "talk", face_to_face(), {}), told, model, 0)


def test_words_and_voices_lie_where_they_were_said():
    told = parts(Tone())
    conversation = heard(told, "talk", face_to_face(), {})
    assert [u.text for u in conversation.a.utterances] == ["how are you today?"]
    assert conversation.b.words[0].start == pytest.approx(told[1].start)
    loud = np.abs(conversation.b.audio.samples) > 0.01
    assert np.flatnonzero(loud)[0] / 16_000 == pytest.approx(told[1].start, abs=0.01)
    assert not loud[: round(told[1].start * 16_000)].any()
    talking = conversation.b.speaking.values[:, 0] > 0.5
    assert talking[round(told[1].start * 25) + 1 : round(told[1].end * 25) - 1].all()
    assert not talking[: round(told[1].start * 25) - 1].any()


def test_a_turn_shows_what_its_codes_say_and_passes_into_what_comes_after():
    told, whole = scene(Estimates())
    plain = moved(heard(told, "talk", face_to_face(), {}), (), None, 0)
    first, stop = round(told[1].start * 25), round(told[1].start * 25) + len(told[1].motion)
    shown = [name for name in NAMES if not name.startswith("translation")]
    np.testing.assert_allclose(whole.b.motion[shown][first:stop], 0.5, atol=1e-6)
    others = [name for name in ARKIT_BODY.names if name not in shown]
    np.testing.assert_array_equal(whole.b.motion[others], plain.b.motion[others])
    over = stop + round(PASSING * 25)
    np.testing.assert_array_equal(whole.b.motion.values[over:], plain.b.motion.values[over:])
    jumps = np.abs(np.diff(whole.b.motion["browInnerUp"]))
    assert jumps.max() < 0.2  # half a unit in 0.2 s
    np.testing.assert_array_equal(whole.a.motion.values, plain.a.motion.values)


def test_lips_follow_the_sound_where_there_is_one(mars):
    told, whole = scene(Tone(), mars)
    plain = moved(heard(told, "talk", face_to_face(), {}), (), mars, 0)
    first, stop = round(told[1].start * 25), round(told[1].end * 25)
    np.testing.assert_array_equal(whole.b.motion[LIPS], plain.b.motion[LIPS])
    np.testing.assert_allclose(whole.b.motion["mouthSmileLeft"][first:stop], 0.5)


def test_both_people_move_all_the_time():
    _, whole = scene(Estimates())
    for person in whole:
        assert len(person.motion) == round(whole.duration * 25)
        assert np.ptp(person.motion.values[:20], axis=0).max() > 0


def test_one_conversation_goes_on_in_another():
    told, one = scene(Estimates())
    _, other = scene(Estimates(), told=[Part(1, 0.0, told[1].delivered, told[1].motion, NAMES)])
    whole = followed(one, other)
    assert whole.duration == pytest.approx(one.duration + other.duration)
    assert whole.b.words[-1].start == pytest.approx(one.duration + other.b.words[-1].start)
    count = len(one.a.motion)
    np.testing.assert_array_equal(whole.a.motion.values[:count], one.a.motion.values)
    after = count + round(PASSING * 25)
    np.testing.assert_array_equal(whole.b.motion.values[after:], other.b.motion.values[after - count :])
    jumps = np.abs(np.diff(whole.b.motion["browInnerUp"]))
    assert jumps[count - 1 : after].max() < 0.2
    assert whole.a.speaking.duration == pytest.approx(whole.duration)

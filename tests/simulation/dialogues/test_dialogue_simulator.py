"""Real words, simulated motion."""

import numpy as np
import pytest

from dialogue_toys import dialogue, utterance
from visavis.behavior.mood import FELT, SURE
from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.motion import ARKIT_BODY, FLAME
from visavis.motion.spaces import ARKIT_SHAPES
from visavis.simulation.dialogues.simulator import act_out


@pytest.fixture(scope="module")
def acted():
    return act_out(dialogue(laughs=[(26.0, 27.0)]), 3)


def test_words_and_times_stay_as_they_are(acted):
    given = dialogue(laughs=[(26.0, 27.0)])
    for ours, theirs in zip(acted, given, strict=True):
        assert ours.utterances == theirs.utterances
        assert ours.events["heard_laugh"] == theirs.events["heard_laugh"]
        assert ours.audio is None
    assert acted.provenance["real"] == ["words"]
    assert "motion" in acted.provenance["simulated"]


def test_both_have_motion_seats_and_the_plans_events(acted):
    for person in acted:
        assert (person.motion.space.name, person.motion.fps) == ("arkit", 25.0)
        assert len(person.motion) == int(acted.duration * 25 + 1e-6) == len(person.tracks["gaze_target"])
        assert person.seat is not None
        assert person.events["blink"]
        assert person.events["look"]
        assert set(person.tracks) == {"gaze_target", "emotion", "performed"}


def test_mouths_move_with_the_words(acted):
    for person in acted:
        jaw = person.motion.values[:, ARKIT_SHAPES.index("jawOpen")]
        speaking = person.speaking["speaking"] > 0.5
        laughing = np.zeros(len(jaw), bool)
        laughing[25 * 25 :] = True
        assert jaw[speaking].mean() > 4 * jaw[~speaking & ~laughing].mean()


def test_lips_meet_in_what_is_said():
    """Of "mama papa" every second sound closes the lips."""
    a = Participant("A", utterances=(utterance("mama papa mama papa", 1.0, each=0.6),))
    person = act_out(Conversation("m", (a, Participant("B")), 5.0), 1).a
    close = person.motion.values[:, ARKIT_SHAPES.index("mouthPressLeft")]
    jaw = person.motion.values[:, ARKIT_SHAPES.index("jawOpen")]
    for phone in person.events["phone"]:
        frame = int((phone.start + phone.end) / 2 * 25)
        if phone.label in ("M", "P"):
            gap = jaw[frame] - person.motion.values[frame, ARKIT_SHAPES.index("mouthClose")]
            assert gap < 0.05
        elif phone.label in ("AA", "AE"):
            assert jaw[frame - 1 : frame + 2].max() > 0.1
    assert close.max() > 0


def test_the_seed_decides_motion_alone():
    first, again, other = (act_out(dialogue(turns=2), seed) for seed in (1, 1, 2))
    assert first.a.motion == again.a.motion
    assert first.a.motion != other.a.motion
    assert first.a.utterances == other.a.utterances
    assert first.a.events["phone"] == other.a.events["phone"]


def test_a_body_comes_on_top_of_the_same_face():
    face, body = act_out(dialogue(turns=2), 1), act_out(dialogue(turns=2), 1, ARKIT_BODY)
    assert body.a.motion.space.has("body")
    assert np.array_equal(face.a.motion.values[:, :52], body.a.motion.values[:, :52])


def test_people_laugh_when_they_are_heard_to_and_at_no_other_time(acted):
    for person in acted:
        assert [(e.start, round(e.end, 2)) for e in person.events["laugh"]] == [(26.0, 27.0)]


@pytest.mark.parametrize(
    ("label", "sign"), [("happy", 1), ("sad", -1), ("disgusted", -1)]
)  # the words are the same, and neutral
def test_labels_decide_the_mood(label, sign):
    shown = act_out(dialogue(labels=label), 1)
    for person in shown:
        speaking = person.speaking["speaking"] > 0.5
        assert sign * person.tracks["emotion"]["valence"][speaking].mean() > 0.2
        assert {e.label for e in person.events["mood"] if e.details.get("strength") == FELT * SURE} == {label}


def test_an_unknown_label_is_one_line():
    with pytest.raises(InputError, match="there is no emotion 'bored'; there are happy"):
        act_out(dialogue(labels="bored"), 1)


def test_without_words_or_in_another_space_it_is_refused():
    with pytest.raises(InputError, match="'empty': has no words"):
        act_out(Conversation("empty", (Participant("A"), Participant("B")), 9.0), 1)
    with pytest.raises(InputError, match="cannot be simulated in motion space"):
        act_out(dialogue(), 1, FLAME)

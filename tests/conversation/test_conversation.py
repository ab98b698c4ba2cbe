"""The conversation's parts, its windows, and what validation says."""

from dataclasses import replace

import numpy as np
import pytest

from visavis.conversation import Conversation, Interval, Participant, Track, Utterance, Word
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.motion import ARKIT, Motion


def person(name: str, seconds: float = 4.0) -> Participant:
    frames = round(25 * seconds)
    return Participant(
        name,
        audio=Audio(np.linspace(-1, 1, round(16_000 * seconds))),
        utterances=(Utterance(1.0, 3.0, (Word("so", 1.0, 1.4), Word("then", 2.0, 3.0))),),
        speaking=Track(np.linspace(0, 1, frames), 25, ("speaking",)),
        motion=Motion(np.arange(frames * 67).reshape(frames, 67), 25, ARKIT),
        tracks={"emotion": Track(np.zeros((round(10 * seconds), 2)), 10, ("valence", "arousal"))},
        events={"nod": (Interval("nod", 0.5, 0.9), Interval("nod", 3.5, 4.0))},
    )


@pytest.fixture
def talk() -> Conversation:
    return Conversation("talk", (person("Ann"), person("Bo")), 4.0, Audio.silence(4.0))


def test_a_window_cuts_everything_on_one_clock(talk):
    cut = talk.window(1.2, 2.6)
    assert cut.duration == pytest.approx(1.4)
    assert len(cut.a.audio) == 22_400
    assert len(cut.a.motion) == len(cut.a.speaking) == 35
    assert cut.a.motion.values[0].tolist() == talk.a.motion.values[30].tolist()
    assert [w.text for w in cut.a.words] == ["so", "then"]
    assert cut.a.words[0].start == 0
    assert cut.a.words[0].end == pytest.approx(0.2)
    assert cut.a.words[1].end == pytest.approx(1.4)
    assert cut.a.events == {"nod": ()}
    assert len(cut.mixed) == 22_400


def test_a_window_of_nothing(talk):
    for start, stop in ((2, 2), (3, 1), (-1, 2), (4.5, 5)):
        with pytest.raises(InputError, match="no window from"):
            talk.window(start, stop)


def test_swapping_twice_is_nothing(talk):
    assert talk.swapped().a.name == "Bo"
    assert talk.swapped().swapped() == talk


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"motion": Motion.zeros(50, 25, ARKIT)}, "participant B: motion lasts 2.000 s, the conversation 4.000 s"),
        ({"audio": Audio.silence(9.0)}, "participant B: audio lasts 9.000 s"),
        ({"tracks": {"emotion": Track(np.zeros(30), 10)}}, "participant B: track 'emotion' lasts 3.000 s"),
        ({"utterances": (Utterance(3.0, 8.0),)}, "participant B: an utterance ends at 8.000 s"),
        (
            {"speaking": Track(np.where(np.arange(100) == 61, 1.5, 0.5), 25, ("speaking",))},
            "participant B: speaking is not a probability at frame 61",
        ),
    ],
)
def test_validation_names_participant_field_and_frame(talk, change, message):
    with pytest.raises(InputError, match=message) as caught:
        talk.with_participants(talk.a, replace(talk.b, **change))
    assert "conversation 'talk'" in str(caught.value)


def test_validation_of_the_conversation_itself(talk):
    with pytest.raises(InputError, match="an id needs letters"):
        replace(talk, id="a/b")
    with pytest.raises(InputError, match="1 participants; exactly two"):
        replace(talk, participants=(talk.a,))
    with pytest.raises(InputError, match="a duration of nan"):
        replace(talk, duration=float("nan"))


def test_parts_check_themselves():
    values = np.zeros((9, 2))
    values[5, 1] = np.inf
    with pytest.raises(InputError, match="not finite at frame 5, column 'arousal'"):
        Track(values, 25, ("valence", "arousal"))
    Track(values, 25, ("valence", "arousal"), np.arange(9) != 5)  # what means nothing may be anything
    with pytest.raises(InputError, match="validity mask of shape"):
        Track(values[:3], 25, ("valence", "arousal"), np.ones(9, bool))
    with pytest.raises(InputError, match="'no' runs from 2 to 1 s"):
        Word("no", 2, 1)
    with pytest.raises(InputError, match="'nod' runs from -1 to 1 s"):
        Interval("nod", -1, 1)
    with pytest.raises(InputError, match=r"sample 3 .* not finite"):
        Audio(np.array([0, 0, 0, np.nan]))
    with pytest.raises(InputError, match="one channel"):
        Audio(np.zeros((5, 2)))


@pytest.mark.parametrize("fps", [10, 12.5, 50, 100 / 3])
def test_tracks_keep_their_mean_at_another_rate(fps):
    track = Track(np.random.default_rng(0).random(200), 25)
    new = track.at(fps)
    assert new.duration == pytest.approx(8.0, abs=1 / fps)
    assert new.values.mean() == pytest.approx(track.values.mean(), abs=0.01)
    assert track.at(25) is track


def test_what_is_not_valid_does_not_leak_into_means():
    valid = np.arange(100) % 4 < 2
    track = Track(np.where(valid, 1.0, np.nan), 50, valid=valid)
    assert np.allclose(track.at(12.5).values, 1.0)


def test_facts_are_told_whatever_others_have_written(talk):
    known = replace(talk, provenance={"words": {"confidence": 0.5}, "language": "en", "list": [1]})
    assert known.fact("words", "confidence") == 0.5
    assert known.fact("language") == "en"
    for names in (("language", "code"), ("list", "0"), ("nothing", "there"), ("words", "confidence", "more")):
        assert known.fact(*names) is None

"""What one sees who prints a motion, a conversation or a part of one: a line, whatever is in it."""

import numpy as np
import pytest

from visavis.conversation import Conversation, Interval, Participant, Track, Utterance, Word
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.media.audio import Audio
from visavis.motion import ARKIT, ARKIT_BODY, Motion, Seat
from visavis.motion.spaces import SPACES
from visavis.motion.stats import MotionStats

RNG = np.random.default_rng(0)
MOTION = Motion(RNG.random((750, 67)).astype(np.float32), 25, ARKIT)
TRACK = Track(RNG.random((300, 2)), 10, ("gaze", "smile"), np.arange(300) < 225)
WORDS = tuple(Word(f"word{i}", i / 50, (i + 1) / 50) for i in range(1000))
PERSON = Participant(
    "Ann", audio=Audio(np.zeros(480_000)), utterances=(Utterance(0.0, 20.0, WORDS),), speaking=Track(np.ones(300), 10),
    motion=MOTION, seat=Seat((0, 1.6, 0), 0), tracks={"gaze": TRACK},
    events={"nod": tuple(Interval("nod", i / 40, i / 40 + 0.01) for i in range(1000))},
)  # fmt: skip
TALK = Conversation("talk", (PERSON, Participant("B")), 30.0, provenance={"notes": ["x" * 100] * 100})


@pytest.mark.parametrize(
    ("thing", "says"),
    [
        (MOTION, "<Motion 'arkit': 30.00 s, 750 frames at 25/s, 67 columns>"),
        (MOTION.slice(0, 0), "<Motion 'arkit': 0.00 s, 0 frames at 25/s, 67 columns>"),
        (Motion.zeros(1, 29.97, ARKIT_BODY), "<Motion 'arkit-body': 0.03 s, 1 frames at 29.97/s, 184 columns>"),
        (ARKIT, "<MotionSpace 'arkit': 67 columns (expression 52, neck 3, head 3, eyes 6, translation 3)>"),
        (MotionStats.of([MOTION]), "<MotionStats: means and standard deviations of 67 columns>"),
        (Audio(np.zeros(8000)), "<Audio: 0.50 s at 16,000 Hz>"),
        (TRACK, "<Track gaze, smile: 30.00 s, 300 frames at 10/s, 75% valid>"),
        (Track(np.zeros((0, 1)), 10), "<Track value: 0.00 s, 0 frames at 10/s, no frames>"),
        (Utterance(1.0, 2.5), "<Utterance 1.00-2.50 s, turn: words unknown>"),
        (Participant("B"), "<Participant 'B': nothing known>"),
        (
            PERSON,
            "<Participant 'Ann': arkit motion; audio; speaking; seat; 1 utterances; tracks gaze; events nod>",
        ),
        (TALK, f"<Conversation 'talk': 30.00 s, {PERSON}, <Participant 'B': nothing known>>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_line_says_what_it_is(thing, says):
    assert repr(thing) == str(thing) == says


@pytest.mark.parametrize("space", SPACES.values(), ids=lambda space: space.name)
def test_every_space_is_a_line(space):
    assert len(repr(space)) < 200
    assert len(repr(Motion.zeros(10_000, 25, space))) < 120


def test_long_and_strange_contents_stay_a_line(tmp_path):
    strange = "\x1b[31mred\nblue " * 50
    person = Participant(strange, utterances=(Utterance(0.0, 20.0, (Word(strange, 0.0, 1.0), *WORDS)),),
                         tracks={f"track{i}": TRACK for i in range(200)})  # fmt: skip
    talk = Conversation("talk", (person, person), 30.0)
    for thing in (person, talk, person.utterances[0], Track(np.zeros((5, 300)), 5, tuple(map(str, range(300))))):
        assert repr(thing).isprintable()
        assert len(repr(thing)) < 500
    write_corpus([TALK], tmp_path / "c")
    assert repr(Corpus.open(tmp_path / "c")) == f"<Corpus {str(tmp_path / 'c')!r}: 1 conversations>"

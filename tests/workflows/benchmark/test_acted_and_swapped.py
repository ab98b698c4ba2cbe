"""What is read off people who are moved: emotions against labels, movements at words, faces that were swapped."""

from dataclasses import replace

import numpy as np
import pytest

from contract_toys import talk
from mars_toys import tiny_mars
from visavis.behavior.performing.feelings import FACES
from visavis.conversation import Conversation, Interval, Participant, Utterance, Word
from visavis.motion import ARKIT, ARKIT_BODY, Motion, face_to_face
from visavis.perception.emotion.classifier import EMOTIONS
from visavis.perception.emotion.labels import LABELS
from visavis.workflows.benchmark import swapped
from visavis.workflows.benchmark.acted import by_frequency, others_tables, own_tables, seen_in, through_codes
from visavis.workflows.benchmark.cases import Case, Moved
from visavis.workflows.benchmark.speakers import Unigram

SEATS = face_to_face()


def said(*words):
    spoken = tuple(Word(text, start, start + 0.4) for text, start in words)
    return (Utterance(spoken[0].start, spoken[-1].end, spoken),) if spoken else ()


def pair(motion, utterances, events=None):
    """A with motion and words, B still and mute."""
    still = Motion.zeros(len(motion), motion.fps, motion.space)
    people = [
        Participant("A", utterances=utterances, motion=motion, seat=SEATS[0], events=events or {}),
        Participant("B", motion=still, seat=SEATS[1]),
    ]
    for i, person in enumerate(people):
        people[i] = replace(
            person, motion=person.motion.with_columns("translation", np.tile(SEATS[i].position, (len(motion), 1)))
        )
    return Conversation("pair", tuple(people), motion.duration)


def seen(conversation):
    moved = Moved(Case(conversation, (0, 1), conversation.id), tuple((p.motion,) for p in conversation))
    return seen_in([moved], conversation.a.motion.space)


def test_a_face_is_read_off_the_time_of_its_label():
    motion = Motion.zeros(250, 25.0, ARKIT)
    for name, level in FACES["happy"].items():
        motion = motion.with_columns(name, np.where(np.arange(250) < 100, level, 0.0))
    for name, level in FACES["sad"].items():
        motion = motion.with_columns(name, motion[name] + np.where(np.arange(250) >= 125, level, 0.0))
    labels = (Interval("happy", 0.0, 3.5), Interval("angry", 5.0, 9.0))
    found = seen(pair(motion, said(("fine", 1.0)), {LABELS: labels}))
    names = [(EMOTIONS[label], EMOTIONS[shown]) for label, shown in found.emotions["pair"]]
    assert names == [("happy", "happy"), ("angry", "sad")]


def test_movements_count_at_the_words_that_call_for_them():
    motion = Motion.zeros(500, 25.0, ARKIT_BODY)
    time = np.arange(500) / 25
    lift = np.radians(12) * ((time > 4.0) & (time < 5.0))
    nod = np.radians(8) * np.sin(2 * np.pi * 2 * time) * ((time > 8.0) & (time < 9.0))
    motion = motion.with_columns("leftClavicle.z", lift).with_columns("rightClavicle.z", -lift)
    motion = motion.with_columns("head.x", nod)
    words = said(
        ("I", 1.0), ("guess", 1.5), ("I", 3.5), ("don't", 3.9), ("know", 4.3), ("yes", 8.1), ("uh", 12.0), ("it", 16.0)
    )
    found = seen(pair(motion, words)).movements
    assert found["shrug at not knowing"]["pair"].tolist()[:2] == [1, 1]
    assert found["shrug at not knowing"]["pair"][2] < found["shrug at not knowing"]["pair"][3]
    assert found["nod at yes"]["pair"].tolist() == [1, 1, 0, 7]
    assert found["look away at hesitation"]["pair"][1] == 1


def test_shrugs_are_not_asked_of_faces():
    found = seen(pair(Motion.zeros(100, 25.0, ARKIT), said(("yes", 1.0))))
    assert set(found.movements) == {"nod at yes", "look away at hesitation"}


def test_labels_are_compared_with_the_faces_of_other_conversations():
    emotions = {"a": [(0, 0)] * 4, "b": [(1, 1)] * 2, "c": [(2, 0)]}
    own, others = own_tables(emotions), others_tables(emotions)
    assert own.sum(0).diagonal().tolist()[:3] == [4, 2, 0]
    assert others.sum() == pytest.approx(own.sum())
    assert others[0, 0] == pytest.approx([4 * 1 / 3, 4 * 2 / 3, 0, 0, 0, 0, 0, 0])


def test_a_swapped_face_differs_in_the_feeling_alone():
    conversation = replace(talk(3, 30.0, ARKIT_BODY), id="long")
    happy, sad = (next(swapped.cases([conversation], feeling)) for feeling in ("happy", "sad"))
    assert happy.conversation.duration == swapped.SECONDS
    a, b = happy.conversation.a.motion, sad.conversation.a.motion
    other = [name for name in ARKIT_BODY.names if name not in swapped.COLUMNS]
    assert np.array_equal(a[other], b[other])
    assert a["mouthSmileLeft"].min() == np.float32(FACES["happy"]["mouthSmileLeft"])
    assert b["mouthSmileLeft"].max() == 0
    assert happy.conversation.b.motion == sad.conversation.b.motion
    shown = [swapped.valences([Moved(case, ((case.conversation.a.motion,),))]) for case in (happy, sad)]
    assert shown[0]["long"] > shown[1]["long"]


def test_codes_become_motion():
    mars = tiny_mars()
    conversation = talk(4, 6.0, ARKIT_BODY)
    case = Case(conversation, (0, 1), "talk")
    (coded,) = through_codes(mars)(case, 1)
    track = mars.track(conversation, 0)
    assert np.array_equal(mars.track(coded, 0).face.shape, track.face.shape)
    unigram = Unigram.of(mars, [conversation])
    (drawn,) = by_frequency(mars, unigram, 0)(case, 1)
    assert drawn.a.motion == by_frequency(mars, unigram, 0)(case, 1)[0].a.motion
    assert len(drawn.a.motion) == len(coded.a.motion) == 150
    assert sum(map(sum, unigram.face)) == pytest.approx(1)

"""Listener clips: those that were cut, and those that are mined."""

import numpy as np
import pytest

from listener_toys import FACES, clip_corpus, cut_clip, listener
from visavis.conversation import Conversation, Participant, Track, Utterance
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models.retrieval.clips import LONGEST, Passed, corpus_clips, listening, load_motion, need_clips
from visavis.motion import EMOCA56, Motion


def flags(length, *spans):
    found = np.zeros(length, bool)
    for start, stop in spans:
        found[start:stop] = True
    return found


def stretches(speaker, listener, seen=None):
    return list(listening(speaker, listener, np.ones(len(speaker), bool) if seen is None else seen))


def test_whoever_does_not_have_the_floor_listens():
    assert stretches(flags(300, (50, 200)), flags(300, (220, 290))) == [(50, 200)]


def test_a_pause_keeps_the_floor_and_silence_does_not():
    assert stretches(flags(400, (0, 100), (130, 250)), flags(400)) == [(0, 250)]
    assert stretches(flags(400, (0, 100), (150, 250)), flags(400)) == [(0, 100), (150, 250)]


def test_an_interjection_is_listening_and_a_turn_is_not():
    assert stretches(flags(300, (0, 300)), flags(300, (140, 160))) == [(0, 300)]
    assert stretches(flags(300, (0, 300)), flags(300, (140, 200))) == [(0, 140), (200, 300)]


def test_a_listener_out_of_sight_is_none():
    seen = ~flags(300, (100, 105), (180, 220))
    assert stretches(flags(300, (0, 300)), flags(300), seen) == [(0, 180), (220, 300)]


def test_short_stretches_are_none_and_long_ones_are_cut_evenly():
    assert stretches(flags(100, (0, 74)), flags(100)) == []
    parts = stretches(flags(1000, (0, 1000)), flags(1000))
    assert [start for start, _ in parts] == [0, 333, 666]
    assert max(stop - start for start, stop in parts) <= LONGEST
    assert parts[-1][1] == 1000


def talk(id="talk", motion=True, speaking=True, utterances=False, tracks=None, space=None):
    """Ten seconds; A speaks for the first half, B for the second."""
    halves = [(0, 125), (125, 250)]
    people = []
    for name, (start, stop) in zip("AB", halves, strict=True):
        moves = Motion.zeros(250, 25.0, space) if space else listener(FACES, 250)
        people.append(
            Participant(
                name,
                speaking=Track(flags(250, (start, stop)).astype(np.float32), 25.0, ("speaking",)) if speaking else None,
                utterances=(Utterance(start / 25, stop / 25),) if utterances else (),
                motion=moves if motion else None,
                tracks=tracks or {},
            )
        )
    return Conversation(id, (people[0], people[1]), 10.0)


def clips(folder, *conversations):
    write_corpus(conversations, folder)
    corpus, passed = Corpus.open(folder), Passed()
    return list(corpus_clips(corpus, passed=passed)), corpus, passed


@pytest.mark.parametrize("known", [{"speaking": True}, {"speaking": False, "utterances": True}])
def test_both_listen_in_turn(tmp_path, known):
    found, corpus, _ = clips(tmp_path / "c", talk(**known))
    assert [(c.listener, c.start, c.stop) for c in found] == [("B", 0.0, 5.0), ("A", 5.0, 10.0)]
    assert found[1].motion == listener(FACES, 250).slice(125, 250)
    assert load_motion(corpus, "talk", "A", 5.0, 10.0) == found[1].motion


def test_a_clip_that_was_cut_is_taken_whole(tmp_path):
    found, *_ = clips(tmp_path / "c", cut_clip("one", FACES[:1]))
    assert [(c.conversation, c.listener, c.start, c.stop) for c in found] == [("one", "B", 0.0, 4.0)]
    assert found[0].pictures is None


def test_a_face_that_is_not_seen_gives_none(tmp_path):
    face = Track(np.zeros((250, 4), np.float32), 25.0, ("x0", "y0", "x1", "y1"), np.zeros(250, bool))
    found, corpus, passed = clips(tmp_path / "c", talk(tracks={"face": face}))
    assert not found
    with pytest.raises(InputError, match="no one listens on camera for 3 s"):
        need_clips(corpus, 0, passed)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"space": EMOCA56}, "motion is in 'emoca56', clips need 'arkit' or 'arkit-body'"),
        ({"motion": False}, "there is no motion"),
        ({"speaking": False}, "voice activity is unknown"),
    ],
)
def test_why_there_are_none_is_said(tmp_path, options, why):
    found, corpus, passed = clips(tmp_path / "c", talk(**options))
    assert not found
    with pytest.raises(InputError, match=why):
        need_clips(corpus, 0, passed)


def test_an_empty_corpus_is_said(tmp_path):
    write_corpus([], tmp_path / "c")
    with pytest.raises(InputError, match="the corpus is empty"):
        need_clips(Corpus.open(tmp_path / "c"), 0, Passed())


def test_a_clip_whose_listener_is_nobody_is_said(tmp_path):
    with pytest.raises(InputError, match="listener is 'C'"):
        clips(tmp_path / "c", cut_clip("one", FACES[:1], clip={"listener": "C"}))


def test_clips_are_streamed(tmp_path):
    corpus = Corpus.open(clip_corpus(tmp_path / "c", 3))
    asked = []

    def ids():
        for id in corpus.ids:
            asked.append(id)
            yield id

    next(corpus_clips(corpus, ids()))
    assert asked == ["clip-0"]

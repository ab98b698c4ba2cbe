"""Synthetic dubbing: the masks are exact, and only what was recorded of a speaker counts."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from visavis.conversation import Word
from visavis.conversation.corpus_write import CorpusWriter
from visavis.conversation.observed import observed
from visavis.corpora.dubbing import FADE, Segment, dub, segments_of, segments_to_learn_from
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.motion import ARKIT, EMOCA56, Motion, face_to_face
from visavis.simulation.dyads import simulate

FPS = 25


def segment(speaker, seconds, level, space=ARKIT):
    """Constant sound and motion, so that one sees at once whose is where."""
    frames = round(seconds * FPS)
    motion = Motion(np.full((frames, space.dim), level, np.float32), FPS, space)
    sound = np.full(round(frames / FPS * SAMPLE_RATE), level, np.float32)
    return Segment(speaker, Audio(sound), motion, (Word("hm", 0.1, 0.3),))


@pytest.fixture(scope="module")
def segments():
    lengths = (1.2, 2.0, 3.4)
    return [segment(name, s, v) for name, v in (("x", 0.2), ("y", 0.4), ("z", 0.6)) for s in lengths]


def test_masks_are_those_of_the_sound(segments):
    for seed in range(20):
        for person in dub(segments, seed, 30.0):
            heard = person.audio.samples.reshape(-1, SAMPLE_RATE // FPS)
            speaks = person.speaking["speaking"] == 1
            assert (heard[speaks] != 0).all()
            assert (heard[~speaks] == 0).all()
            assert np.array_equal(observed(person), speaks)
            spans = np.zeros(len(speaks), bool)
            for u in person.utterances:
                spans[round(u.start * FPS) : round(u.end * FPS)] = True
            assert np.array_equal(spans, speaks)


def test_speech_keeps_its_own_motion(segments):
    for person in dub(segments, 3, 30.0):
        level = person.audio.samples.max()
        speaks = person.speaking["speaking"] == 1
        expression = person.motion.values[:, ARKIT.indices("expression")]
        assert np.allclose(expression[speaks], level)


def test_lips_rest_while_the_other_speaks(segments):
    for person in dub(segments, 3, 30.0):
        speaks = person.speaking["speaking"] == 1
        reach = round(2 * FADE * FPS) + 1
        far = np.convolve(speaks, np.ones(2 * reach + 1), "same") == 0
        assert far.sum() > 20
        assert np.abs(person.motion["lips"][far]).max() == 0
        assert np.abs(np.diff(person.motion["jawOpen"])).max() < 0.6 * person.motion["jawOpen"].max()  # fades, no jump


def test_what_is_cut_from_dubbing_again_is_the_speakers_own(segments):
    again = segments_of(dub(segments, 5, 30.0))
    assert again
    for segment in again:
        assert np.ptp(segment.motion["expression"]) < 1e-6


def test_turns_alternate_and_sometimes_overlap(segments):
    both, apart = 0, 0
    for seed in range(20):
        c = dub(segments, seed, 40.0, overlap=0.3)
        speak = np.stack([p.speaking["speaking"] == 1 for p in c])
        both += speak.all(0).sum()
        apart += speak[0].any() and speak[1].any()
        assert np.allclose(c.mixed.samples, np.clip(c.a.audio.samples + c.b.audio.samples, -1, 1))
    assert apart == 20
    assert 0.01 < both / (20 * 40 * FPS) < 0.3
    assert not np.stack([p.speaking["speaking"] == 1 for p in dub(segments, 1, 40.0, overlap=0.0)]).all(0).any()


def test_changes_of_turn_overlap_as_often_as_asked(segments):
    for share in (0.0, 0.5, 1.0):
        overlaps = []
        for seed in range(20):
            c = dub(segments, seed, 40.0, overlap=share)
            turns = sorted((u.start, u.end, i) for i, p in enumerate(c) for u in p.utterances)
            changes = [pair for pair in pairwise(turns) if pair[0][2] != pair[1][2]]
            overlaps += [after[0] < before[1] - 1e-6 for before, after in changes]
        assert np.mean(overlaps) == pytest.approx(share, abs=0.1)


def test_speakers_are_drawn_among_those_who_fit(segments):
    lengthy = [segment(name, 30.0, 0.9) for name in ("u", "v", "w")]
    for seed in range(10):
        pair = dub([*segments, *lengthy], seed, 8.0).provenance["speakers"]
        assert set(pair) <= {"x", "y", "z"}


def test_people_are_moved_to_their_seats(segments):
    seats = face_to_face(2.0, 1.2)
    c = dub(segments, 0, 20.0, seats=seats)
    for person, seat in zip(c, seats, strict=True):
        assert person.motion["translation"].mean(0) == pytest.approx(seat.position, abs=1e-5)


def test_seeds_decide(segments):
    assert dub(segments, 4, 20.0).mixed == dub(segments, 4, 20.0).mixed
    assert dub(segments, 4, 20.0).mixed != dub(segments, 5, 20.0).mixed


def test_only_conversations_that_are_trained_on_are_cut(tmp_path):
    with CorpusWriter(tmp_path / "c") as writer:
        for seed, split in enumerate(("train", "train", "val", "test")):
            c = simulate(seed, 15.0)
            writer.add(replace(c, provenance={**c.provenance, "split": split}))
    assert {s.speaker[:-2] for s in segments_to_learn_from(tmp_path / "c")} == {"sim-000000", "sim-000001"}


def test_segments_carry_sound_motion_and_words_of_one_stretch():
    c = simulate(2, 25.0)
    found = segments_of(c)
    assert found
    for s in found:
        assert s.motion.duration == pytest.approx(s.audio.duration, abs=0.05)
        assert s.motion.duration >= 1.0
        assert all(0 <= w.start <= w.end <= s.audio.duration + 0.05 for w in s.words)
    first = next(s for s in found if s.speaker.endswith(".a"))
    frame = next(i for i in range(len(c.a.motion)) if np.array_equal(c.a.motion.values[i], first.motion.values[0]))
    assert c.a.audio.slice(frame / FPS, frame / FPS + first.audio.duration).samples == pytest.approx(
        first.audio.samples
    )


def test_what_does_not_fit_is_refused(segments):
    with pytest.raises(InputError, match="two speakers"):
        dub([s for s in segments if s.speaker == "x"], 0, 20.0)
    with pytest.raises(InputError, match="differs from the others"):
        dub([*segments, segment("w", 1.0, 0.1, EMOCA56)], 0, 20.0)
    with pytest.raises(InputError, match="make the dialogue longer"):
        dub(segments, 0, 1.0)
    with pytest.raises(InputError, match="cut both to the same length"):
        Segment("x", Audio(np.zeros(SAMPLE_RATE)), Motion.zeros(50, FPS, ARKIT))


def test_further_signals_go_where_the_motion_goes():
    conversation = simulate(3, 40.0)
    segments = segments_of(conversation)
    assert all("performed" in segment.tracks for segment in segments)
    dubbed = dub(segments, 1, 12.0)
    for person in dubbed:
        curves, speaks = person.tracks["performed"], person.speaking["speaking"] > 0.5
        assert len(curves) == len(person.motion)
        assert curves.values[speaks].any()
        assert not curves.values[~speaks].any()

"""Methods side by side: nobody sees what is to be generated, and what was generated is not generated again."""

from dataclasses import replace

import numpy as np
import pytest

from duet_toys import toy_conversation
from visavis.conversation import Track
from visavis.errors import InputError
from visavis.motion import ARKIT, Motion
from visavis.workflows.benchmark.cases import Bench, Case, Method, Moved
from visavis.workflows.benchmark.kept import Kept
from visavis.workflows.benchmark.methods import measure_all


def cases(count=3, people=(1,)):
    return [Case(toy_conversation(seed, 2.0), people, f"toy-{seed}") for seed in range(count)]


def bench(tmp_path, held, **changes):
    return replace(Bench(lambda: held, len(held), ARKIT, Kept(tmp_path), "state"), **changes)


class Echo:
    """Answers with a constant, counts how often it is asked, and stops at a case if told to."""

    def __init__(self, value=0.5, stops_at=None):
        self.value, self.stops_at, self.asked, self.made = value, stops_at, [], 0

    def make(self):
        self.made += 1
        return self.move

    def move(self, case, samples):
        if case.name == self.stops_at:
            raise KeyboardInterrupt
        self.asked.append(case.hidden)
        frames = round(case.conversation.duration * 25)
        people = [
            replace(p, motion=Motion(np.full((frames, ARKIT.dim), self.value, np.float32), 25.0, ARKIT))
            for p in case.conversation
        ]
        return [case.conversation.with_participants(*people)] * samples

    def method(self, samples=2, key=("a",)):
        return Method("echo", key, self.make, samples)


def test_only_whoever_is_generated_is_hidden_and_stays_in_the_seat(tmp_path):
    echo = Echo()
    list(bench(tmp_path, cases(1)).moved(echo.method()))
    (seen,) = echo.asked
    assert seen.b.motion is None
    assert seen.a.motion == toy_conversation(0, 2.0).a.motion
    assert seen.b.seat == toy_conversation(0, 2.0).b.seat


def test_a_run_that_is_stopped_goes_on_with_the_case_it_was_at(tmp_path):
    held = cases()
    with pytest.raises(KeyboardInterrupt):
        list(bench(tmp_path, held).moved(Echo(stops_at=held[1].name).method()))
    again = Echo()
    moved = list(bench(tmp_path, held).moved(again.method()))
    assert [seen.id for seen in again.asked] == ["toy-1", "toy-2"]
    assert [each.case.name for each in moved] == [case.name for case in held]
    last = Echo()
    list(bench(tmp_path, held).moved(last.method()))
    assert (last.made, last.asked) == (0, [])


@pytest.mark.parametrize("change", [{"state": "another corpus"}, {}])
def test_other_weights_or_another_corpus_are_asked_anew(tmp_path, change):
    list(bench(tmp_path, cases()).moved(Echo().method()))
    again = Echo(0.25)
    (first, *_) = bench(tmp_path, cases(), **change).moved(again.method(key=("a",) if change else ("b",)))
    assert first.motions[0][0].values[0, 0] == pytest.approx(0.25)


def test_clips_have_the_truth_the_partner_and_as_many_samples_as_others(tmp_path):
    (moved,) = bench(tmp_path, cases(1)).moved(Echo().method(samples=1))
    (clip,) = moved.clips(ARKIT, 3)
    assert len(clip.predicted) == 3
    assert np.array_equal(clip.true.values, moved.case.conversation.b.motion.values)
    assert np.array_equal(clip.partner.values, moved.case.conversation.a.motion.values)
    assert clip.conversation == "toy-0"


def test_both_people_come_back_each_in_its_place(tmp_path):
    (moved,) = bench(tmp_path, cases(1, (0, 1))).moved(Echo().method())
    assert [clip.name for clip in moved.clips(ARKIT, 2)] == ["toy-0-a", "toy-0-b"]


def test_a_method_that_cannot_be_used_says_why_and_the_others_are_measured(tmp_path):
    def fails():
        raise InputError("needs sound")

    rows = measure_all(bench(tmp_path, cases()), [Method("deaf", (), fails), Echo().method()],
                       lambda moved: len(list(moved)))  # fmt: skip
    assert rows == {"deaf": "not measured: needs sound", "echo": 3}


def test_only_what_was_observed_of_the_truth_is_measured():
    talk = toy_conversation(3, 6.0)
    frames = len(talk.a.motion)
    seen = np.arange(frames) < 100
    filled = {"motion_valid": Track(np.zeros(frames), talk.a.motion.fps, valid=seen)}
    case = Case(talk.with_participants(replace(talk.a, tracks=filled), talk.b), (0, 1), "x")
    a, b = Moved(case, tuple((p.motion,) for p in talk)).clips(talk.a.motion.space, 1)
    assert np.array_equal(a.frames, seen)
    assert b.frames is None
    assert a.only(np.arange(frames) >= 50).frames.sum() == 50
    none = {"motion_valid": Track(np.zeros(frames), talk.a.motion.fps, valid=np.zeros(frames, bool))}
    case = Case(talk.with_participants(replace(talk.a, tracks=none), talk.b), (0, 1), "x")
    assert len(list(Moved(case, tuple((p.motion,) for p in talk)).clips(talk.a.motion.space, 1))) == 1

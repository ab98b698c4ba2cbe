"""Conversations as turns: each code after the word that it co-occurs with, nothing told twice, nothing lost."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_mars_messages import turns

from mars_toys import examples, shown, step
from visavis.conversation import Conversation, Participant, Utterance, Word
from visavis.errors import InputError
from visavis.models.mars.messages import Clock, Item
from visavis.models.mars.turns import CodeTrack, codes_of, items_of, turns_of, words_of

CLOCK = Clock()
STEP = CLOCK.step


def track(count, start=0):
    """Codes that say when they are: the face's number is the step's."""
    numbers = np.arange(start, start + count)[:, None]
    return CodeTrack(numbers, numbers % 7, np.ones(count, bool))


def said(*words, kind="turn"):
    found = tuple(Word(*word) for word in words)
    return Utterance(found[0].start, found[-1].end, found, kind)


def talk(a=(), b=(), duration=8.0):
    return Conversation(
        "talk", (Participant("A", utterances=tuple(a)), Participant("B", utterances=tuple(b))), duration
    )


def brief(turn):
    return [(item.word, [s.face[0] for s in item.steps]) for item in turn.items]


def test_a_step_goes_with_the_word_heard_at_its_middle():
    words = [Word("I", 0.0, 0.1), Word("really", 0.1, 0.5), Word("do", 0.5, 0.9)]
    # Middles are at 0.16, 0.48, 0.80.
    assert items_of(words, track(3), 0, 3, CLOCK) == (
        Item("I"), Item("really", (step(0, 0), step(1, 1))), Item("do", (step(2, 2),)),
    )  # fmt: skip


def test_long_pauses_are_silence_and_short_ones_are_not():
    words = [Word("so", 0.0, 0.3), Word("short", 0.6, 0.9), Word("long", 2.0, 2.2)]
    found = items_of(words, track(8), 0, 8, CLOCK)
    assert [(i.word, len(i.steps)) for i in found] == [("so", 2), ("short", 1), (None, 3), ("long", 1), (None, 1)]


def test_words_and_their_codes_begin_within_half_a_step():
    rng = np.random.default_rng(0)
    starts = np.cumsum(rng.uniform(0.05, 0.7, 300))
    ends = [*starts[1:], starts[-1] + 0.1]
    words = [Word(f"w{i}", s, e) for i, (s, e) in enumerate(zip(starts, ends, strict=True))]
    count = int(starts[-1] / STEP) + 2
    found = items_of(words, track(count), 0, count, CLOCK)
    offsets = [item.steps[0].face[0] * STEP - starts[int(item.word[1:])] for item in found if item.word and item.steps]
    assert len(offsets) > 150
    assert np.abs(offsets).max() <= STEP / 2 + 1e-6
    assert abs(np.mean(offsets)) < 0.02
    assert [s.face[0] for item in found for s in item.steps] == list(range(count))


def test_steps_that_nobody_saw_are_not_told():
    codes = track(4)
    codes.valid[1] = False
    assert brief(shown("user", "so")) == [("so", [])]
    found = items_of([Word("so", 0.0, 1.28)], codes, 0, 4, CLOCK)
    assert [s.face[0] for s in found[0].steps] == [0, 2, 3]
    assert items_of([Word("so", 0.0, 1.28)], None, 0, 4, CLOCK) == (Item("so"),)


@given(turns())
@examples()
def test_a_turn_comes_back_from_its_words_and_codes(turn):
    count = len(turn.steps)
    if count:
        codes = codes_of(turn, count + 2)
        assert codes.valid.sum() == count
        assert items_of(words_of(turn, CLOCK), codes, 0, count, CLOCK) == turn.items
    else:
        assert items_of(words_of(turn, CLOCK), None, 0, 0, CLOCK) == turn.items


@pytest.mark.parametrize("first", [3, 1000, 123_457])
def test_anywhere_in_a_conversation(first):
    turn = shown("user", None, (1, 1), "a", "b", (2, 2), "c", None, (3, 3), (4, 4), "d", (5, 5), "e", first=first)
    codes = codes_of(turn, first + 9)
    assert items_of(words_of(turn, CLOCK), codes, first, first + 5, CLOCK) == turn.items


def test_codes_need_room():
    with pytest.raises(InputError, match="a turn of 2 steps from step 3 does not fit in 4 steps"):
        codes_of(shown("user", "a", (1, 1), (2, 2), first=3), 4)
    with pytest.raises(InputError, match="has words only"):
        codes_of(shown("user", "a"), 4)


def test_the_paper_tells_who_speaks_and_when_they_answer():
    conversation = talk([said(("Hi", 0.0, 0.64))], [said(("Well", 1.92, 2.56))], duration=3.2)
    one, two = turns_of(conversation, (track(10), track(10, 100)), CLOCK)
    assert (one.role, one.name, brief(one)) == ("user", "talk_0", [("Hi", [0, 1])])
    # B thinks for four steps before answering.
    assert (two.role, two.first) == ("assistant", 2)
    assert brief(two) == [(None, [102, 103, 104, 105]), ("Well", [106, 107])]


def test_listeners_tell_what_they_show():
    conversation = talk(
        [said(("Hi", 0.0, 0.64), ("you", 0.64, 1.6))],
        [said(("mhm", 0.64, 0.96), kind="backchannel"), said(("Yes", 1.6, 2.24))], duration=3.2,
    )  # fmt: skip
    told = turns_of(conversation, (track(10), track(10, 100)), CLOCK, listening=True)
    assert [brief(turn) for turn in told] == [
        [("Hi", [0, 1]), ("you", [2, 3, 4])],
        [(None, [100, 101]), ("mhm", [102]), (None, [103, 104]), ("Yes", [105, 106]), (None, [107, 108, 109])],
        [(None, [5, 6, 7, 8, 9])],
    ]
    assert [turn.role for turn in told] == ["user", "assistant", "user"]


def test_two_who_say_nothing_are_told_too():
    told = turns_of(talk(duration=0.96), (track(3), track(3, 100)), CLOCK, listening=True)
    assert [brief(turn) for turn in told] == [[(None, [0, 1, 2])], [(None, [100, 101, 102])]]
    assert turns_of(talk(duration=0.96), (track(3), track(3)), CLOCK) == []


def test_joined_words_are_parted():
    (turn,) = turns_of(talk([said(("New York", 0.0, 0.64))], duration=0.64), (track(2), None), CLOCK)
    assert brief(turn) == [("New", [0]), ("York", [1])]


times = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1.5), st.floats(0.05, 3), st.booleans()), max_size=12)


@given(times, st.booleans(), st.integers(0, 1))
@examples()
def test_every_word_and_step_is_told_once_and_turns_alternate(parts, listening, assistant):
    """People talk over each other, answer late, and hum."""
    people, now, number = ([], []), 0.0, 0
    for person, gap, length, hum in parts:
        start = max(now - 0.5 + gap, people[person][-1].end if people[person] else 0.0)
        words = [(f"w{number + i}", start + i * length / 3, start + (i + 1) * length / 3) for i in range(3)]
        number += 3
        people[person].append(said(*words, kind="backchannel" if hum else "turn"))
        now = max(now, start + length)
    count = int(np.ceil((now + 1) / STEP))
    conversation = talk(*people, duration=now + 1)
    told = turns_of(conversation, (track(count), track(count)), CLOCK, assistant=assistant, listening=listening)
    assert all(one.role != other.role for one, other in itertools.pairwise(told))
    for person in (0, 1):
        own = [turn for turn in told if (turn.role == "assistant") == (person == assistant)]
        assert [w for t in own for w in t.words] == [w.text for u in people[person] for w in u.words]
        steps = [s.face[0] for turn in own for s in turn.steps]
        assert steps == sorted(set(steps))
        assert all(turn.steps[0].face[0] == turn.first for turn in own if turn.steps)
        if listening:
            assert steps == list(range(count))


def test_codes_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="do not go together"):
        CodeTrack(np.zeros((3, 1), int), np.zeros((4, 1), int), np.ones(3, bool))


def test_real_calls_become_turns(real_data):
    """Ten minutes of a telephone call: all words, in order, alternating."""
    import pandas as pd

    words = pd.read_parquet(real_data / "turn-taking" / "words.parquet")
    call = words[words.call == words.call.iloc[0]].sort_values("start")
    duration = float(call.end.max()) + 1
    sides = []
    for _, side in call.groupby("side"):
        row = [Word(str(w), float(s), max(float(s), float(e))) for w, s, e in side[["word", "start", "end"]].to_numpy()]
        cuts = [0, *[i for i in range(1, len(row)) if row[i].start - row[i - 1].end > 0.5], len(row)]
        pieces = [row[a:b] for a, b in itertools.pairwise(cuts)]
        sides.append([Utterance(p[0].start, max(w.end for w in p), tuple(p)) for p in pieces])
    count = int(duration / STEP)
    told = turns_of(talk(*sides, duration=duration), (track(count), track(count)), CLOCK, listening=True)
    assert len(told) > 20
    assert sum(len(t.words) for t in told) == len(call)
    assert sum(len(t.steps) for t in told) == 2 * count

"""Words and the codes after them begin within 80 ms of each other, however fast somebody speaks."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_mars_messages import turns

from mars_toys import examples, shown
from visavis.conversation import Word
from visavis.errors import InputError
from visavis.models.mars.messages import Clock, Turn
from visavis.models.mars.timing import (
    LONGEST,
    SHORTEST,
    TOGETHER,
    estimate,
    groups_of,
    lay,
    lay_groups,
    place,
    syllables,
)
from visavis.models.mars.turns import CodeTrack, items_of, words_of

CLOCK = Clock()
speeds = st.builds(
    lambda seed, slowest: np.random.default_rng(seed).uniform(0.02, slowest, 60),
    st.integers(0, 999),
    st.floats(0.05, 2),
)


def spoken(turn, lengths):
    """What a synthesiser with marks would give: phrases of words that last as they like."""
    rest = iter(lengths)
    phrases = []
    for phrase in turn.phrases:
        now, words = 0.05, []
        for word in phrase:
            words.append(Word(word, now, now := now + next(rest)))
        phrases.append(words)
    return phrases


def offsets(turn, laid, words):
    """Of each word with codes: seconds from its start to the first frame that shows one, None where none is left."""
    source = laid.source()
    found, first, times = [], 0, iter(words)
    for item in turn.items:
        word = next(times) if item.word is not None else None
        own = range(first, first := first + len(item.steps))
        if word is not None and item.steps:
            at = [i for i, number in enumerate(laid.numbers) if number in own]
            found.append(begins(source, at[0] * CLOCK.factor) / CLOCK.fps - word.start if at else None)
    return found


def begins(source, frame):
    """The first frame that shows a frame of the decoded motion and after which it goes on."""
    after = np.append(source[1:], np.inf)
    return np.flatnonzero((source >= frame - 1e-6) & (after > frame + 1e-6))[0]


@given(turns(), speeds)
@examples(200)
def test_codes_meet_their_words_at_any_speed(turn, lengths):
    words = place(turn, CLOCK, spoken(turn, lengths))
    laid = lay(turn, CLOCK, words)
    found = offsets(turn, laid, words)
    assert all(abs(offset) <= TOGETHER + 1e-6 for offset in found if offset is not None)


@given(turns(), speeds)
@examples(200)
def test_time_runs_on_without_gaps_and_steps_neither_race_nor_drag(turn, lengths):
    laid = lay(turn, CLOCK, place(turn, CLOCK, spoken(turn, lengths)))
    assert (not laid.steps) == (not turn.steps)
    for one, other in zip(laid.steps[:-1], laid.steps[1:], strict=True):
        assert other.start == pytest.approx(one.end)
    for step in laid.steps:
        assert SHORTEST - 1e-6 <= (step.end - step.start) / CLOCK.step <= LONGEST + 1e-6
    assert list(laid.numbers) == sorted(laid.numbers)
    source = laid.source()
    assert (np.diff(source) >= 0).all()
    if laid.steps:
        assert source[0] >= 0
        assert source[-1] <= len(laid.steps) * CLOCK.factor - 1


@given(turns(), st.integers(0, 999))
@examples(200)
def test_words_of_a_recording_may_overlap(turn, seed):
    rng = np.random.default_rng(seed)
    starts = np.cumsum(rng.uniform(0, 0.4, len(turn.words)))
    words = [Word(w, s, s + rng.uniform(0, 2)) for w, s in zip(turn.words, starts, strict=True)]
    laid = lay(turn, CLOCK, words)
    assert all(abs(offset) <= TOGETHER + 1e-6 for offset in offsets(turn, laid, words) if offset is not None)
    assert all(step.end - step.start >= SHORTEST * CLOCK.step - 1e-6 for step in laid.steps)
    assert (np.diff(laid.source()) >= 0).all()


def test_random_speech_keeps_nearly_all_codes():
    """At half to twice the speed of the data, a word with codes loses them only where two begin at once."""
    rng = np.random.default_rng(0)
    kept = lost = 0
    for _ in range(40):
        starts = np.cumsum(rng.uniform(0.1, 0.5, 60))
        words = [Word(f"w{i}", a, b) for i, (a, b) in enumerate(itertools.pairwise(starts))]
        turn = turn_of(words)
        speed = rng.uniform(0.5, 2)
        fast = [Word(w.text, (w.start - starts[0]) / speed, (w.end - starts[0]) / speed) for w in words]
        found = offsets(turn, lay(turn, CLOCK, fast), fast)
        assert all(abs(offset) <= TOGETHER + 1e-6 for offset in found if offset is not None)
        kept += sum(offset is not None for offset in found)
        lost += sum(offset is None for offset in found)
    assert lost < 0.15 * kept


def turn_of(words):
    """A turn with those words in which step k shows code k."""
    count = int(words[-1].end / CLOCK.step)
    numbers = np.arange(count)[:, None]
    track = CodeTrack(numbers, numbers, np.ones(count, bool))
    return Turn("assistant", "n", items_of(words, track, 0, count, CLOCK))


def test_codes_keep_their_own_time_where_they_can():
    """On the words' own times, most codes stay where they were, and the others move little."""
    rng = np.random.default_rng(1)
    starts = np.cumsum(rng.uniform(0.2, 0.6, 200)) - 0.2
    words = [Word(f"w{i}", a, b) for i, (a, b) in enumerate(itertools.pairwise(starts))]
    turn = turn_of(words)
    laid = lay(turn, CLOCK, words)
    moved = np.asarray([step.start - step.number * CLOCK.step for step in laid.steps])
    assert np.abs(moved).max() <= CLOCK.step / 2 + TOGETHER
    assert np.median(np.abs(moved)) < 0.08
    assert len(set(laid.numbers)) > 0.9 * len(turn.steps)


@given(turns())
@examples()
def test_codes_on_the_clock_they_came_from_stay(turn):
    """Words begin with their codes there, so that nothing need move; codes after which nothing comes end in time."""
    laid = lay(turn, CLOCK, words_of(turn, CLOCK))
    assert laid.numbers == tuple(range(len(turn.steps)))
    for step in laid.steps:
        assert step.start == pytest.approx(step.number * CLOCK.step)


def test_slow_speech_repeats_codes_and_fast_speech_leaves_some_out():
    turn = shown("assistant", "one", *[(i, 0) for i in range(4)], "two", (4, 0), (5, 0))
    own = [Word("one", 0, 1.28), Word("two", 1.28, 1.92)]
    assert lay(turn, CLOCK, own).numbers == (0, 1, 2, 3, 4, 5)
    slow = lay(turn, CLOCK, [Word("one", 0, 3.84), Word("two", 3.84, 5.76)])
    assert slow.numbers == (0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5)
    fast = lay(turn, CLOCK, [Word("one", 0, 0.32), Word("two", 0.32, 0.64)])
    assert len(fast.numbers) == 4
    assert {4, 5} & set(fast.numbers)


def test_silence_lasts_as_long_as_its_codes():
    turn = shown("assistant", None, (0, 0), (1, 0), "well", (2, 0), None, (3, 0), (4, 0), (5, 0), "so")
    words = place(turn, CLOCK, [[Word("well", 0.1, 0.5)], [Word("so", 0.0, 0.3)]])
    assert [(w.start, w.end) for w in words] == [
        pytest.approx((0.74, 1.14)), pytest.approx((2.10, 2.40)),
    ]  # fmt: skip
    laid = lay(turn, CLOCK, words)
    assert laid.duration == pytest.approx(2.40, abs=TOGETHER + 1e-6)


def test_a_listener_keeps_the_clock():
    turn = shown("assistant", None, *[(i % 8, 0) for i in range(5)])
    laid = lay(turn, CLOCK, place(turn, CLOCK, []))
    assert [step.start for step in laid.steps] == pytest.approx([0, 0.32, 0.64, 0.96, 1.28])
    assert np.allclose(laid.source(), np.arange(40))


def test_frames_of_a_recording_at_its_own_speed_are_its_own():
    turn = shown("assistant", "one", (0, 0), (1, 0), "two", (2, 0))
    laid = lay(turn, CLOCK, [Word("one", 0, 0.64), Word("two", 0.64, 0.96)])
    assert np.allclose(laid.source(), np.arange(24))
    assert np.allclose(laid.source(30)[24:], 23)  # the last frame is held


def test_before_the_first_code_its_frame_is_held():
    turn = shown("assistant", "well", "so", (0, 0))
    laid = lay(turn, CLOCK, [Word("well", 0, 0.4), Word("so", 0.4, 0.72)])
    assert (laid.source()[:10] == 0).all()
    assert laid.source()[12] > 0


def test_text_alone_has_no_codes():
    turn = shown("assistant", "so")
    laid = lay(turn, CLOCK, place(turn, CLOCK, [estimate(["so"])]))
    assert (laid.steps, laid.duration) == ((), 0.0)
    assert len(laid.source()) == 0


def test_codes_are_laid_while_they_come():
    """The steps of a word are settled when two more words with codes are known."""
    turn = shown("assistant", *[x for i in range(8) for x in (f"w{i}", (i, 0))])
    words = [Word(f"w{i}", i * 0.3, (i + 1) * 0.3) for i in range(8)]
    read = []
    coming = (read.append(group) or group for group in groups_of(turn, CLOCK, words))
    first = next(lay_groups(coming, CLOCK))
    assert (first.number, len(read)) == (0, 3)


@pytest.mark.parametrize(
    ("word", "count"),
    [("I", 1), ("one", 2), ("banana", 3), ("strengths", 1), ("mhm", 1), ("caf\u00e9", 2), ("\u4f60\u597d", 2),
     ("\u3053\u3093\u306b\u3061\u306f", 5), ("\uc548\ub155", 2), ("\u0445\u043e\u0440\u043e\u0448\u043e", 3),
     ("\u043c\u043e\u0439", 1), ("\u03ba\u03b1\u03bb\u03ac", 2), ("2024", 4), ("...", 1),
     ("\u0645\u0631\u062d\u0628\u0627", 3)],
)  # fmt: skip
def test_syllables_of_many_scripts(word, count):
    assert syllables(word) == count


def test_estimates_follow_syllables_and_rate():
    words = estimate(["I", "really", "do"])
    lengths = [w.end - w.start for w in words]
    assert words[0].start == 0
    assert lengths[1] > lengths[0]
    assert lengths[2] == pytest.approx(lengths[0] + 0.16)  # before a pause
    assert estimate(["I", "really", "do"], rate=2)[-1].end == pytest.approx(words[-1].end / 2)


def test_estimates_are_near_to_real_calls(real_data):
    """On words of telephone calls: as long as words are, on the whole, and closer than words of one length."""
    import pandas as pd

    words = pd.read_parquet(real_data / "turn-taking" / "words.parquet").iloc[::97]
    words = words[words.word.str.fullmatch("[a-z']+")]
    real = (words.end - words.start).to_numpy()
    guess = np.asarray([estimate([w, "x"])[0].end for w in words.word])
    assert 0.85 < guess.mean() / real.mean() < 1.05
    assert np.corrcoef(guess, real)[0, 1] > 0.45
    assert np.abs(guess - real).mean() < 0.9 * np.abs(real - real.mean()).mean()


def test_marks_that_are_not_the_turns_words_are_refused():
    turn = shown("assistant", "one", "two", None, (0, 0), "three")
    with pytest.raises(InputError, match=r"phrases of \[2\] words; the turn has \[2, 1\]"):
        place(turn, CLOCK, [estimate(["one", "two"])])
    with pytest.raises(InputError, match="times of 1 words for a turn of 3"):
        lay(turn, CLOCK, estimate(["one"]))
    with pytest.raises(InputError, match="in order of their start"):
        lay(turn, CLOCK, [Word("one", 1, 2), Word("two", 0, 1), Word("three", 3, 4)])

"""Who sees what: exact balance for every shape and seed, not on average."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from visavis.preference.forced_choice.design import Shape, check_scene, make_sessions

RNG = np.random.default_rng(5)
SHAPES = [
    (
        int(RNG.integers(1, 40)), int(RNG.integers(1, 5)),
        Shape(
            answers=int(RNG.integers(1, 7)), per_participant=int(RNG.integers(1, 35)), block=int(RNG.integers(1, 15)),
            repeats=int(RNG.integers(0, 4)), checks=int(RNG.integers(0, 3)), seed=seed,
        ),
    )
    for seed in range(60)
]  # fmt: skip
PAPER = Shape(answers=4, per_participant=30)


def sessions_of(items, methods, shape):
    ids = [f"item{i}" for i in range(items)]
    return make_sessions(ids, "ours", [f"other{k}" for k in range(methods)], shape)


def pairs(session):
    return [trial for trial in session if trial.kind == "pair"]


def pair_of(trial):
    return trial.scene, frozenset((trial.left, trial.right))


@pytest.fixture(params=SHAPES, ids=lambda s: f"{s[0]}x{s[1]}-{s[2].answers}-{s[2].per_participant}-{s[2].seed}")
def study(request):
    items, methods, shape = request.param
    return items, methods, shape, sessions_of(items, methods, shape)


def test_every_pair_gets_its_answers_and_nobody_meets_an_item_twice(study):
    items, methods, shape, sessions = study
    answers = Counter(pair_of(t) for session in sessions for t in pairs(session))
    assert len(answers) == items * methods
    assert set(answers.values()) == {shape.answers}
    for session in sessions:
        scenes = [t.scene for t in pairs(session)]
        assert len(set(scenes)) == len(scenes) <= shape.per_participant


def test_sides_are_balanced_by_pair_by_person_and_by_comparison(study):
    _, _, shape, sessions = study
    by_pair, by_comparison = defaultdict(int), defaultdict(int)
    for session in sessions:
        by_person = defaultdict(int)
        for t in pairs(session):
            other = t.right if t.left == "ours" else t.left
            for tally, key in ((by_pair, pair_of(t)), (by_comparison, other), (by_person, other)):
                tally[key] += 1 if t.left == "ours" else -1
        assert max(map(abs, by_person.values())) <= 1
    odd = shape.answers % 2
    assert max(map(abs, by_pair.values())) <= odd
    assert max(map(abs, by_comparison.values())) <= odd


def test_mean_places_are_equal(study):
    _, _, shape, sessions = study
    late, most = defaultdict(float), defaultdict(float)
    for session in sessions:
        shown = pairs(session)
        for place, t in enumerate(shown):
            late[pair_of(t)] += place - (len(shown) - 1) / 2
            most[pair_of(t)] = (len(shown) - 1) / 2 if shape.answers % 2 else 0  # one person without a counterpart
    assert all(abs(late[pair]) <= most[pair] for pair in late)


def test_whoever_comes_first_answers_every_pair_once(study):
    items, methods, shape, sessions = study
    first = sessions[: len(sessions) // shape.answers]
    assert Counter(pair_of(t) for s in first for t in pairs(s)).most_common(1)[0][1] == 1
    assert sum(len(pairs(s)) for s in first) == items * methods


def test_each_block_has_one_check_after_its_first_trial(study):
    _, _, shape, sessions = study
    for session in sessions:
        assert [t.block for t in session] == sorted(t.block for t in session)
        for block in range(session[-1].block + 1):
            shown = [t for t in session if t.block == block]
            checks = [t.kind in ("instructed", "unfitting") for t in shown]
            assert sum(checks) == 1
            assert not checks[0]
            assert sum(t.kind == "pair" for t in shown) <= shape.block
    kinds = Counter(t.kind for s in sessions for t in s)
    second_checks = len(sessions) > 1 or sessions[0][-1].block > 0
    assert bool(kinds["unfitting"]) == bool(shape.checks and second_checks)


def test_checks_expect_the_fitting_option_or_the_side_that_is_asked_for(study):
    _, _, shape, sessions = study
    scenes = {check_scene(k) for k in range(shape.checks)}
    for t in (t for s in sessions for t in s):
        assert (t.expected is not None) == (t.kind in ("instructed", "unfitting"))
        if t.kind == "unfitting":
            assert t.scene in scenes
            assert getattr(t, t.expected) == "fitting"


def test_repeated_pairs_come_late_with_sides_exchanged(study):
    _, _, shape, sessions = study
    for session in sessions:
        shown = [t for t in session if t.kind in ("pair", "repeat")]
        count = len(pairs(session))
        again = [i for i, t in enumerate(shown) if t.kind == "repeat"]
        assert len(again) == min(shape.repeats, count // 3)
        for i in again:
            before = next(j for j, t in enumerate(shown) if t.kind == "pair" and t.scene == shown[i].scene)
            assert (shown[before].left, shown[before].right) == (shown[i].right, shown[i].left)
            assert i - before >= count // 3


def test_the_papers_study_takes_twelve_people_of_thirty_speakers():
    sessions = sessions_of(30, 3, PAPER)
    assert len(sessions) == 12
    assert {len(pairs(s)) for s in sessions} == {30}
    per_comparison = Counter(t.right if t.left == "ours" else t.left for s in sessions for t in pairs(s))
    assert set(per_comparison.values()) == {120}


def test_a_seed_decides_everything():
    first, second = (sessions_of(10, 3, PAPER) for _ in range(2))
    assert first == second
    assert first != sessions_of(10, 3, Shape(answers=4, per_participant=30, seed=1))


def test_checks_do_not_ask_for_one_side_only():
    sides = Counter(t.expected for s in sessions_of(40, 4, Shape(checks=2)) for t in s if t.expected)
    assert min(sides.values()) > 0.3 * sum(sides.values())

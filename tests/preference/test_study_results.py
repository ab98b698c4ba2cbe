"""Counting: the paper's figures, published examples, and what follows from a balanced design."""

import math

import numpy as np
import pytest
from study_toys import media_of

from visavis.preference.forced_choice.answers import Answer, Answers, Joined, is_rushed
from visavis.preference.forced_choice.design import Design, Scene, Shape, make_sessions
from visavis.preference.forced_choice.report import as_csv, as_html, as_png, summary
from visavis.preference.forced_choice.results import cluster_interval, count, krippendorff_alpha, proportion

TIME = "2026-01-01T00:00:00+00:00"


def design_of(items=30, against=("l2l", "rude", "truth"), allowed=0, **shape):
    ids = [f"s{i}" for i in range(items)]
    methods = "social", *against
    scene = Scene(speaker=None, text=None, options={method: method for method in methods})
    return Design(
        visavis="0", title="Listeners", question="Which <fits>?", consent="yes", thanks="thanks", ours="social",
        against=against, answers=4, allowed_failures=allowed, seed=0, media=media_of(*methods),
        scenes=dict.fromkeys(ids, scene),
        sessions=tuple(make_sessions(ids, "social", against, Shape(**{"per_participant": 30, **shape}))),
    )  # fmt: skip


class Told(Answers):
    """Answers that nobody wrote to a file."""

    def __init__(self, design, choose, people=None):
        self.joined, self.answers = [], []
        for place, session in enumerate(design.sessions[:people]):
            code = f"p{place}"
            self.joined.append(Joined(time=TIME, participant=code, place=place))
            for number, trial in enumerate(session):
                side = choose(place, trial)
                self.answers.append(
                    Answer(
                        time=TIME, participant=code, trial=number, kind=trial.kind, scene=trial.scene, left=trial.left,
                        right=trial.right, choice=side, chosen=getattr(trial, side), seconds=2.0, plays_left=1,
                        plays_right=1, passed=None if trial.expected is None else int(side == trial.expected),
                    )
                )  # fmt: skip


def side_of(trial, method):
    return "left" if trial.left == method else "right"


def attentive(choose):
    return lambda place, trial: trial.expected or choose(place, trial)


@pytest.mark.parametrize(("won", "percent", "error"), [(86, 71.7, 4.11), (93, 77.5, 3.81), (24, 20.0, 3.65)])
def test_the_papers_table_2_is_a_share_and_its_standard_error(won, percent, error):
    """120 answers per comparison group."""
    left = {"l2l": won, "rude": 0, "truth": 0}

    def choose(_place, trial):
        other = trial.right if trial.left == "social" else trial.left
        left[other] -= 1
        return side_of(trial, "social" if left[other] >= 0 else other)

    row = count(design_of(), Told(design_of(repeats=0), attentive(choose))).comparisons[0]
    assert (row.answers, row.preferred) == (120, won)
    assert round(100 * row.share, 1) == percent
    assert round(100 * row.error, 2) == error


def test_wilsons_interval_and_the_exact_test_have_known_values():
    found = proportion(86, 120)
    z, n, p = 1.959963984540054, 120, 86 / 120
    middle = (p + z * z / 2 / n) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / 4 / n**2) / (1 + z * z / n)
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half))
    assert proportion(8, 10).p == pytest.approx(2 * (45 + 10 + 1) / 1024)
    assert proportion(5, 10).p == 1


def test_krippendorffs_published_example():
    """Krippendorff (2011), section C: four observers, twelve units, missing values; nominal alpha 0.743."""
    rows = ["1 2 3 3 2 1 4 1 2 - - -", "1 2 3 3 2 2 4 1 2 5 - 3", "- 3 3 3 2 3 4 2 2 5 1 -", "1 2 3 3 2 4 4 1 2 5 1 -"]
    units = [[v for v in unit if v != "-"] for unit in zip(*(row.split() for row in rows), strict=True)]
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=5e-4)


def test_alpha_at_its_ends():
    assert krippendorff_alpha([["a", "a"], ["b", "b"]]) == 1
    assert krippendorff_alpha([["a", "b"], ["b", "a"]]) < 0
    assert math.isnan(krippendorff_alpha([["a", "a"], ["a", "a"]]))
    rng = np.random.default_rng(0)
    assert abs(krippendorff_alpha([list(rng.choice(["a", "b"], 4)) for _ in range(800)])) < 0.05


def test_people_who_always_choose_one_side_do_not_move_the_result():
    design = design_of()
    found = count(design, Told(design, attentive(lambda _place, _trial: "left")))
    assert [row.share for row in found.comparisons] == [0.5] * 3
    assert found.left.share == 1
    assert found.left.p < 1e-50
    assert found.consistent.share == 0


def test_a_clear_preference_is_found_and_agreed_on():
    design = design_of()
    found = count(design, Told(design, attentive(lambda _place, trial: side_of(trial, "social"))))
    for row in found.comparisons:
        assert row.share == 1
        assert row.low > 0.96
        assert row.p < 1e-30
        assert (row.items_for, row.items_against) == (30, 0)
        assert math.isnan(row.alpha)  # nothing varies that could agree
    assert found.left.share == pytest.approx(0.5, abs=0.01)
    assert found.consistent.share == 1
    assert (found.joined, found.finished, found.counted, found.wanted) == (12, 12, 12, 360)


def test_items_that_differ_are_agreed_on():
    design = design_of()

    def by_item(_place, trial):
        other = trial.right if trial.left == "social" else trial.left
        return side_of(trial, "social" if int(trial.scene[1:]) % 3 else other)

    found = count(design, Told(design, attentive(by_item)))
    assert [row.alpha for row in found.comparisons] == [1.0] * 3
    assert [(row.items_for, row.items_against) for row in found.comparisons] == [(20, 10)] * 3


def test_the_inattentive_are_left_out_unless_they_may_fail():
    def choose(place, trial):
        if place == 2 and trial.expected:
            return "left" if trial.expected == "right" else "right"
        return trial.expected or side_of(trial, "social" if place != 2 else trial.left)

    design = design_of()
    found = count(design, Told(design, choose))
    assert (found.inattentive, found.left_out, found.counted) == (1, 30, 11)
    assert sum(row.answers for row in found.comparisons) == 330
    assert all(row.share == 1 for row in found.comparisons)
    lenient = count(design_of(allowed=3), Told(design, choose))
    assert (lenient.inattentive, lenient.counted) == (0, 12)


def test_answers_that_were_not_watched_are_left_out_and_counted():
    """Answers of 2 s; two videos of half a second. Every tenth is marked, and goes to the other method."""
    design = design_of()
    told = Told(design, attentive(lambda _place, trial: side_of(trial, "social")))
    pairs = [i for i, answer in enumerate(told.answers) if answer.kind == "pair"]
    for i in pairs[::10]:
        given = told.answers[i]
        other = given.left if given.right == "social" else given.right
        told.answers[i] = given.model_copy(update={"rushed": 1, "chosen": other, "choice": side_of(given, other)})
    found = count(design, told)
    assert [row.share for row in found.comparisons] == [1.0] * 3
    assert sum(row.rushed for row in found.comparisons) == 36
    assert sum(row.answers for row in found.comparisons) == 324
    assert [row.share_with_rushed for row in found.comparisons] == pytest.approx([0.9] * 3, abs=0.02)
    line = next(
        line for line in summary(design, found).splitlines() if "less time than the two videos last, and" in line
    )
    assert line.startswith("36 other answers came in less time")
    assert line.count("% vs. ") == 3
    assert line in as_html(design, found, b"")
    header, first = (line.split(",") for line in as_csv(found).splitlines()[:2])
    assert int(dict(zip(header, first, strict=True))["rushed"]) == found.comparisons[0].rushed


def test_people_who_rush_through_most_are_left_out_whole():
    design = design_of()
    told = Told(design, attentive(lambda place, trial: side_of(trial, "social") if place else "left"))
    mine = [i for i, answer in enumerate(told.answers) if answer.participant == "p0"]
    for i in mine[: len(mine) * 2 // 3]:
        told.answers[i] = told.answers[i].model_copy(update={"rushed": 1})
    found = count(design, told)
    assert (found.inattentive, found.left_out, found.counted, found.finished) == (1, 30, 11, 11)
    assert sum(row.rushed for row in found.comparisons) == 0  # theirs are not counted twice
    assert [row.share for row in found.comparisons] == [1.0] * 3


@pytest.mark.parametrize(("seconds", "rushed"), [(0.0, True), (0.7, True), (0.95, False), (2.0, False)])
def test_tables_without_the_mark_are_judged_by_the_browsers_clock(seconds, rushed):
    design = design_of()
    given = Told(design, attentive(lambda *_: "left")).answers[0].model_copy(update={"seconds": seconds})
    assert given.rushed is None
    assert is_rushed(design, given) is rushed


def test_clustered_answers_widen_the_interval():
    """Where answers about an item are all alike, thirty items are worth thirty answers, not a thousand."""
    rng = np.random.default_rng(1)
    items = np.repeat(np.arange(30), 40).astype(str)
    people = np.tile(np.arange(40), 30).astype(str)
    alike = np.repeat(rng.random(30) < 0.6, 40)
    low, high = cluster_interval(alike, items, people)
    plain = proportion(int(alike.sum()), len(alike))
    assert high - low > 4 * (plain.high - plain.low)
    assert low < alike.mean() < high
    apart = proportion(int(alike[::40].sum()), 30)
    assert high - low == pytest.approx(apart.high - apart.low, rel=0.35)


def test_the_clustered_interval_covers_the_truth():
    """The share that is aimed at is that of the population that items and people are drawn from."""
    covered = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        item, person = rng.normal(0, 0.6, 30), rng.normal(0, 0.6, 12)
        latent = item[:, None] + person[None] + rng.logistic(0, 1, (30, 12))
        names = np.meshgrid(np.arange(30), np.arange(12), indexing="ij")
        low, high = cluster_interval((latent > 0).ravel(), names[0].ravel().astype(str), names[1].ravel().astype(str))
        covered += low <= 0.5 <= high
    assert covered >= 36


def test_a_study_without_answers_has_a_report():
    design = design_of()
    found = count(design, Told(design, attentive(lambda *_: "left"), people=0))
    assert found.comparisons[0].answers == 0
    assert "0 people started" in summary(design, found)
    assert as_png(design, found).startswith(b"\x89PNG")
    assert as_csv(found).splitlines()[1].startswith("social,l2l,0,0,,")


def test_what_is_printed_does_not_steer_the_terminal():
    design = design_of().model_copy(update={"question": "Which\x1b[2J\x1b]0;owned\x07 \u202efits?"})
    found = count(design, Told(design, attentive(lambda *_: "left")))
    assert all(line.isprintable() for line in summary(design, found).splitlines())


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "<script>", "a,b"])
def test_no_method_or_item_is_a_formula_in_the_tables(name):
    """They are written to tables, so that names are refused where they come in, even in a design changed by hand."""
    plain = design_of(items=1).model_dump(mode="json")
    scene = plain["scenes"]["s0"]
    for changed in (
        plain | {"ours": name}, plain | {"against": [name]}, plain | {"scenes": {name: scene}},
        plain | {"scenes": {"s0": scene | {"options": {name: "social"}}}},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="cannot be a name"):
            Design.model_validate(changed)


def test_a_report_escapes_what_its_author_wrote():
    design = design_of()
    found = count(design, Told(design, attentive(lambda _place, trial: side_of(trial, "social"))))
    page = as_html(design, found, b"")
    assert "Which &lt;fits&gt;?" in page
    assert "social vs. l2l" in page

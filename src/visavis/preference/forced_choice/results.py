"""Results of a study: how often one method was preferred, with intervals, tests and checks of the answers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from visavis.evaluation.compare import holm
from visavis.preference.forced_choice.answers import Answer, Answers, is_attentive, is_rushed
from visavis.preference.forced_choice.design import Design

_RESAMPLES = 2000


@dataclass(frozen=True)
class Comparison:
    """One row of the paper's Table 2.

    Attributes:
        ours: The method whose preference is counted.
        other: The method that it is compared with.
        answers: That count.
        preferred: Of them, those that chose `ours`.
        share: 0 to 1; nan where there are no answers.
        error: Standard error of the share if answers were independent, ``sqrt(p (1 - p) / n)``. This is what stands
            after the +- in the paper's Table 2.
        low: Lower end of Wilson's 95% interval, which also takes answers as independent.
        high: Upper end.
        cluster_low: Lower end of the 95% interval from resampling items and participants; nan with one of either.
        cluster_high: Upper end.
        p: Exact two-sided binomial test of the answers against one half.
        p_holm: The same after Holm's correction for all comparisons of the study.
        items_for: Items of which most answers chose `ours`.
        items_against: Items of which most answers chose the other.
        p_items: Exact two-sided sign test over items; ties are left out.
        alpha: Krippendorff's alpha of the answers to the same pair; nan where it is not defined.
        rushed: Answers of people who count that do not count themselves, for they came before both options can have
            been watched.
        share_with_rushed: The share if they counted.
    """

    ours: str
    other: str
    answers: int
    preferred: int
    share: float
    error: float
    low: float
    high: float
    cluster_low: float
    cluster_high: float
    p: float
    p_holm: float
    items_for: int
    items_against: int
    p_items: float
    alpha: float
    rushed: int
    share_with_rushed: float


@dataclass(frozen=True)
class Proportion:
    """A share with Wilson's 95% interval, and the exact two-sided binomial test against one half."""

    count: int
    of: int
    low: float
    high: float
    p: float

    @property
    def share(self) -> float:
        """0 to 1; nan of nothing."""
        return self.count / self.of if self.of else math.nan


@dataclass(frozen=True)
class Results:
    """Everything that is reported.

    Attributes:
        comparisons: By method.
        joined: People who began.
        finished: Of those who count, the ones who answered everything.
        counted: People whose answers count.
        inattentive: People who failed more attention checks than are allowed, or rushed through most of what they
            answered; none of their answers count.
        left_out: Their answers to pairs.
        left: Choices of the left side, which should be half.
        consistent: Repeated pairs of which the same method was chosen again.
        seconds: Median time of an answer that counts; nan of none.
        wanted: Answers to pairs that the study is designed for.
    """

    comparisons: tuple[Comparison, ...]
    joined: int
    finished: int
    counted: int
    inattentive: int
    left_out: int
    left: Proportion
    consistent: Proportion
    seconds: float
    wanted: int


def count(design: Design, stored: Answers, seed: int = 0) -> Results:
    """Counts a study's answers.

    Args:
        design: Of the study.
        stored: Its tables.
        seed: Of the resampling.
    """
    by_person: dict[str, list[Answer]] = defaultdict(list)
    for answer in stored.answers:
        by_person[answer.participant].append(answer)
    careless = {code for code, given in by_person.items() if not is_attentive(design, given)}
    given = [a for a in stored.answers if a.kind == "pair" and a.participant not in careless]
    counting = [a for a in given if not is_rushed(design, a)]
    places = {joined.participant: joined.place for joined in stored.joined}
    finished = sum(
        len(answers) == len(design.sessions[places[code]])
        for code, answers in by_person.items()
        if code not in careless and places.get(code, len(design.sessions)) < len(design.sessions)
    )
    rows = [_compare(design.ours, other, counting, given, seed) for other in design.against]
    return Results(
        comparisons=_corrected(rows),
        joined=len(stored.joined),
        finished=finished,
        counted=len({a.participant for a in counting}),
        inattentive=len(careless),
        left_out=sum(a.kind == "pair" and a.participant in careless for a in stored.answers),
        left=proportion(sum(a.choice == "left" for a in counting), len(counting)),
        consistent=_consistent(design, by_person, careless),
        seconds=float(np.median([a.seconds for a in counting])) if counting else math.nan,
        wanted=sum(trial.kind == "pair" for session in design.sessions for trial in session),
    )


def proportion(count: int, of: int) -> Proportion:
    """A share with its interval and test; of nothing, nan."""
    if not of:
        return Proportion(0, 0, math.nan, math.nan, math.nan)
    test = stats.binomtest(count, of)
    interval = test.proportion_ci(0.95, method="wilson")
    return Proportion(count, of, float(interval.low), float(interval.high), float(test.pvalue))


def cluster_interval(
    chose: Sequence[bool], items: Sequence[str], people: Sequence[str], level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of a share from resampling items and participants, each with replacement, at once.

    An answer weighs as often as its item times as often as its participant was drawn (the pigeonhole bootstrap; Owen,
    "The pigeonhole bootstrap", Annals of Applied Statistics 2007), so that answers that share an item or a person do
    not count as independent.

    Args:
        chose: (N,) whether ours was chosen.
        items: (N,) of each answer.
        people: (N,) of each answer.
        level: Of confidence.
        seed: Of the resampling.

    Returns:
        Lower and upper end; nan with fewer than two items or participants.
    """
    item_names, item = np.unique(np.asarray(items), return_inverse=True)
    people_names, person = np.unique(np.asarray(people), return_inverse=True)
    if len(item_names) < 2 or len(people_names) < 2:
        return math.nan, math.nan
    rng = np.random.default_rng(seed)
    item_weight = rng.multinomial(len(item_names), np.full(len(item_names), 1 / len(item_names)), _RESAMPLES)
    person_weight = rng.multinomial(len(people_names), np.full(len(people_names), 1 / len(people_names)), _RESAMPLES)
    given, ours = np.zeros((2, len(item_names), len(people_names)))
    np.add.at(given, (item, person), 1)
    np.add.at(ours, (item, person), np.asarray(chose, np.float64))
    total = ((item_weight @ given) * person_weight).sum(1)
    shares = ((item_weight @ ours) * person_weight).sum(1)[total > 0] / total[total > 0]
    low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def krippendorff_alpha(units: Iterable[Sequence[str]]) -> float:
    """Agreement on nominal values, 1 complete and 0 as by chance; raters may differ from unit to unit.

    Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), for any number of raters with missing values: of
    n values that can be paired, alpha = 1 - (n - 1) * (sum of unlike pairs within units, each over its unit's number of
    values less one) / (number of unlike pairs at large).

    Args:
        units: Values given to each; those with fewer than two are left out.

    Returns:
        Alpha; nan if nothing can be paired or all values are the same.
    """
    within: float = 0.0
    totals: dict[str, int] = defaultdict(int)
    for values in units:
        if len(values) < 2:
            continue
        counts = np.array([values.count(value) for value in sorted(set(values))])
        within += float(len(values) ** 2 - (counts**2).sum()) / (len(values) - 1)
        for value in values:
            totals[value] += 1
    n = sum(totals.values())
    at_large = n**2 - sum(total**2 for total in totals.values())
    return 1 - (n - 1) * within / at_large if at_large else math.nan


def _compare(ours: str, other: str, counting: list[Answer], given: list[Answer], seed: int) -> Comparison:
    found = [a for a in counting if {a.left, a.right} == {ours, other}]
    chose = [a.chosen == ours for a in found]
    with_rushed = [a.chosen == ours for a in given if {a.left, a.right} == {ours, other}]
    by_item: dict[str, list[str]] = defaultdict(list)
    for answer in found:
        by_item[answer.scene].append(answer.chosen)
    balance: NDArray[np.int_] = np.array([2 * v.count(ours) - len(v) for v in by_item.values()], np.int_)
    won, lost = int((balance > 0).sum()), int((balance < 0).sum())
    total = proportion(sum(chose), len(chose))
    clusters = cluster_interval(chose, [a.scene for a in found], [a.participant for a in found], seed=seed)
    share = total.share
    return Comparison(
        ours=ours, other=other, answers=total.of, preferred=total.count, share=share,
        error=math.sqrt(share * (1 - share) / total.of) if total.of else math.nan,
        low=total.low, high=total.high, cluster_low=clusters[0], cluster_high=clusters[1],
        p=total.p, p_holm=math.nan,
        items_for=won, items_against=lost, p_items=proportion(won, won + lost).p,
        alpha=krippendorff_alpha(by_item.values()),
        rushed=len(with_rushed) - len(chose),
        share_with_rushed=proportion(sum(with_rushed), len(with_rushed)).share,
    )  # fmt: skip


def _corrected(rows: list[Comparison]) -> tuple[Comparison, ...]:
    return tuple(replace(row, p_holm=p) for row, p in zip(rows, holm([row.p for row in rows]), strict=True))


def _consistent(design: Design, by_person: dict[str, list[Answer]], careless: set[str]) -> Proportion:
    """Of repeated pairs that were watched both times, how many were answered as before."""
    same = of = 0
    for code, given in by_person.items():
        if code in careless:
            continue
        watched = [a for a in given if not is_rushed(design, a)]
        first = {(a.scene, frozenset((a.left, a.right))): a.chosen for a in watched if a.kind == "pair"}
        for answer in watched:
            before = first.get((answer.scene, frozenset((answer.left, answer.right))))
            if answer.kind == "repeat" and before is not None:
                of += 1
                same += before == answer.chosen
    return proportion(same, of)

"""No interval promises what its measure cannot be, however few conversations there are and however far they differ."""

import numpy as np
import pytest

from visavis.evaluation.affect import HAND_SET, AffectDistance, WindowedValence
from visavis.evaluation.appropriateness import ReactionCorrelation, ReactionDistance
from visavis.evaluation.clip import Clip
from visavis.evaluation.clusters import ShannonIndex, SwappedShannonIndex
from visavis.evaluation.compare import _differences
from visavis.evaluation.coupling import (
    ClipFlattenedResidualCorrelation,
    Correlation,
    CorrelationLag,
    FlattenedResidualCorrelation,
    LaggedCorrelation,
    ResidualCorrelation,
)
from visavis.evaluation.errors import ClipMeanSquaredError, L2Distance, MeanSquaredError
from visavis.evaluation.intervals import ratio_interval
from visavis.evaluation.spread import Diversity, Variance, Variation
from visavis.motion import ARKIT, Motion
from visavis.workflows.benchmark.perception import figure

NEVER, ANY = float("-inf"), float("inf")
MEASURES = [
    (lambda: ReactionCorrelation(), -1, 1), (lambda: ReactionCorrelation(react=True), -2, 2),
    (lambda: ReactionDistance(), 0, ANY), (lambda: Correlation(), -1, 1), (lambda: ResidualCorrelation(), 0, 2),
    (lambda: FlattenedResidualCorrelation(), 0, 2), (lambda: ClipFlattenedResidualCorrelation(), 0, 2),
    (lambda: LaggedCorrelation(), 0, 1), (lambda: CorrelationLag(), -2, 2),
    (lambda: ShannonIndex(k=4), 0, 2), (lambda: SwappedShannonIndex(k=4), 0, 2),
    (lambda: AffectDistance(HAND_SET), 0, 8**0.5), (lambda: WindowedValence(HAND_SET), 0, 4),
    (lambda: MeanSquaredError(), 0, ANY), (lambda: ClipMeanSquaredError(), 0, ANY), (lambda: L2Distance(), 0, ANY),
    (lambda: Variance(), 0, ANY), (lambda: Variation(), 0, ANY), (lambda: Diversity(), 0, ANY),
]  # fmt: skip


def clips(seed, count):
    """Clips of people who do the same, the opposite, or anything: values as far apart as they can be."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        true, partner = (rng.normal(0, rng.choice([0.02, 2.0]), (40, ARKIT.dim)).astype(np.float32) for _ in "ab")
        partner = true if rng.random() < 0.4 else partner
        guess = [true, -true, rng.permutation(true), partner][number % 4 if rng.random() < 0.7 else rng.integers(4)]
        made = [Motion(values, 20.0, ARKIT) for values in (guess, guess * np.float32(0.9), true, partner)]
        yield Clip(
            f"{number}", tuple(made[:2]), made[2], made[3], conversation=f"{number}", appropriate=(made[2], made[3])
        )


@pytest.mark.parametrize("number", range(len(MEASURES)))
def test_values_and_intervals_are_within_what_a_measure_can_be(number):
    make, least, most = MEASURES[number]
    metric = make()
    for seed in range(2):
        for count in (2, 4):
            metric.reset()
            for clip in clips(seed, count):
                metric.add(clip)
            assert (metric.least, metric.most) == (pytest.approx(least), pytest.approx(most))
            found = metric.compute()
            for value in (found.value, found.low, found.high, found.truth):
                assert not np.isfinite(value) or least - 1e-5 <= value <= most + 1e-5
            states = np.stack(list(metric.states().values()))
            low, high = metric.interval(states)
            assert np.isnan(low) or least - 1e-9 <= low <= high <= most + 1e-9


@pytest.mark.parametrize("make", [lambda: ReactionCorrelation(), lambda: Correlation(), lambda: LaggedCorrelation()])
def test_a_difference_is_at_most_as_large_as_the_range(make):
    for seed in range(4):
        first, second = make(), make()
        for metric, shift in ((first, 0), (second, 10)):
            for clip in clips(seed + shift, 2):
                metric.add(clip)
        low, high = _differences(first, second, [["0"], ["1"]]).interval
        widest = first.most - first.least
        assert np.isnan(low) or -widest <= low <= high <= widest


@pytest.mark.parametrize(
    ("measure", "values", "least", "most"),
    [
        ("correlation", [[0.9], [-0.9]], -1, 1),
        ("AUC", [[0.99], [0.2]], 0, 1),
        ("time error, s", [[0.01], [0.5]], 0, ANY),
        ("missed", [[9, 10], [1, 10]], 0, 1),
        ("wrong", [[10, 10], [0, 10]], 0, 1),
        ("word error rate", [[30, 10], [0, 10]], 0, ANY),
    ],
)
def test_figures_of_perception_stay_within_their_bounds(measure, values, least, most):
    value, low, high = figure(values, measure)
    assert least <= low <= value <= high <= most


def test_a_ratio_is_cut_at_both_ends():
    assert ratio_interval(np.array([[9.0, 10.0], [1.0, 10.0]]), most=1.0)[1:] == (0.0, 1.0)

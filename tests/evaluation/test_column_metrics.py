"""MSE, L2, Var, Variation, Diversity, SID, PCC, rPCC and TLCC against known answers and other libraries."""

import numpy as np
import pytest
from metric_toys import FPS, measured, noise
from scipy import stats

from visavis.evaluation.clusters import ShannonIndex, entropy
from visavis.evaluation.coupling import Correlation, CorrelationLag, LaggedCorrelation, ResidualCorrelation
from visavis.evaluation.errors import ClipMeanSquaredError, L2Distance, MeanSquaredError
from visavis.evaluation.spread import Diversity, FlattenedVariance, Variance, Variation
from visavis.motion import ARKIT, EMOCA56, Column, Motion, MotionSpace

ONE = MotionSpace("one", (Column("x", "coefficient", "expression"),))


def shifted(motion, by):
    return Motion(motion.values + np.float32(by), motion.fps, motion.space)


def one(values):
    return Motion(np.asarray(values, float)[:, None], FPS, ONE)


def test_a_known_offset_has_a_known_error():
    true = noise(0)
    assert measured(MeanSquaredError(), (shifted(true, 0.5), true)) == pytest.approx(0.25, rel=1e-5)
    assert measured(L2Distance(), (shifted(true, 0.5), true)) == pytest.approx(0.5 * 56**0.5, rel=1e-5)


def test_agrees_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    a, b = noise(0), noise(1)
    assert measured(MeanSquaredError(), (a, b)) == pytest.approx(metrics.mean_squared_error(b.values, a.values))


def test_frames_or_clips_weigh_the_same():
    pairs = [(shifted(noise(0, 300), 1), noise(0, 300)), (noise(1, 100), noise(1, 100))]
    assert measured(MeanSquaredError(), *pairs) == pytest.approx(0.75, rel=1e-4)
    assert measured(ClipMeanSquaredError(), *pairs) == pytest.approx(0.5, rel=1e-4)


def test_errors_land_in_their_part():
    true = noise(0, space=ARKIT)
    turned = true.with_columns("head", true["head"] + np.float32(0.2))
    for part, expected in (("expression", 0), ("lip", 0), ("head", 0.04), ("global", 0.04 / 3), ("eye", 0)):
        assert measured(MeanSquaredError(part), (turned, true)) == pytest.approx(expected, rel=1e-3, abs=1e-9), part


def test_only_frames_of_the_role_count():
    true = noise(0)
    frames = np.arange(400) < 100
    wrong = Motion(true.values + np.where(frames, 0.5, 0)[:, None], 25, EMOCA56)
    metric = MeanSquaredError(role="speaker")
    metric.update(wrong, true, frames=frames)
    assert metric.compute().value == pytest.approx(0.25, rel=1e-5)
    assert metric.compute().frames == 100


def test_var_is_within_clips_variation_over_all():
    still = [one(np.full(50, 0.0)), one(np.full(50, 2.0))]
    pairs = [(m, m) for m in still]
    assert measured(Variance(), *pairs) == pytest.approx(0)
    assert measured(Variation(), *pairs) == pytest.approx(1)  # 0 and 2: variance 1
    moving = noise(0)
    assert measured(Variance(), (moving, moving)) == pytest.approx(moving.values.astype(float).var(0).mean())
    assert measured(Variation(), (moving, moving)) == pytest.approx(moving.values.astype(float).var(0).mean())


def test_flattened_variance_counts_offsets_between_columns():
    values = np.repeat(np.linspace(-1, 1, 56)[None], 100, axis=0)
    still = Motion(values, 25, EMOCA56)
    assert measured(Variance(), (still, still)) == pytest.approx(0, abs=1e-12)
    assert measured(FlattenedVariance(), (still, still)) == pytest.approx(values.var(), rel=1e-5)


def test_diversity_of_gaussian_noise():
    # The difference of two draws has twice the variance; E|x| of a 56-D Gaussian is a ratio of gamma functions.
    from scipy.special import gammaln

    expected = 0.3 * 2**0.5 * 2**0.5 * np.exp(gammaln(57 / 2) - gammaln(56 / 2))
    motion = noise(0, 2000)
    assert measured(Diversity(), (motion, motion)) == pytest.approx(expected, rel=0.02)
    still = Motion.zeros(100, 25, EMOCA56)
    assert measured(Diversity(), (still, motion.slice(0, 100))) == 0


def test_entropy_agrees_with_scipy():
    counts = np.array([5, 0, 3, 2.0])
    assert entropy(counts) == pytest.approx(stats.entropy(counts, base=2))


def test_sid_counts_states():
    """Four equally visited states are two bits; a frozen face is none."""
    states = np.repeat(np.arange(4.0), 100)
    metric = ShannonIndex(k=4)
    metric.update(one(np.zeros(400)), one(states))
    result = metric.compute()
    assert (result.value, result.truth) == (pytest.approx(0), pytest.approx(2))
    assert metric.info.units == "bit"


@pytest.mark.parametrize(("talks", "known"), [(2, False), (19, False), (20, True)])
def test_few_conversations_do_not_visit_all_states(talks, known):
    metric = ShannonIndex(k=8)
    for i in range(talks):
        metric.update(noise(i, 60), noise(100 + i, 60), conversation=str(i))
    result = metric.compute()
    assert np.isfinite(result.low) == known
    assert (result.notes == ()) == known
    if known:
        assert result.low <= result.value <= result.high


@pytest.mark.parametrize("exact", [True, False])
def test_sid_agrees_with_scikit_learn(exact):
    cluster = pytest.importorskip("sklearn.cluster")
    a, b = noise(0, 600), noise(1, 600, scale=0.1)
    metric = ShannonIndex(k=10, exact=exact)
    metric.update(b.slice(0, 300), a.slice(0, 300))
    metric.update(b.slice(300, 600), a.slice(300, 600))
    fitted = (
        cluster.KMeans(10, random_state=0, n_init="auto")
        if exact
        else cluster.MiniBatchKMeans(10, random_state=0, n_init=3, batch_size=4096)
    ).fit(a.values)
    expected = stats.entropy(np.bincount(fitted.predict(b.values), minlength=10), base=2)
    assert metric.compute().value == pytest.approx(expected)
    assert metric.compute().value == pytest.approx(expected)  # asking twice changes nothing


def test_pcc_agrees_with_scipy():
    partner, true = noise(0), noise(1)
    expected = np.mean([stats.pearsonr(true.values[:, i], partner.values[:, i])[0] for i in range(56)])
    assert measured(Correlation(), (true, true), partner=partner) == pytest.approx(expected, abs=1e-6)


def test_rpcc_is_zero_for_the_truth_and_large_for_a_mirror():
    partner, true = noise(0), noise(1)
    copy = Motion(true.values, 25, EMOCA56)
    assert measured(ResidualCorrelation(), (copy, true), partner=partner) == pytest.approx(0, abs=1e-9)
    assert measured(ResidualCorrelation(), (partner, true), partner=partner) == pytest.approx(1, abs=0.1)


def test_columns_that_never_move_are_left_out():
    true, partner = noise(0), noise(1)
    partly = true.with_columns("jaw", np.zeros((400, 3)))
    metric = Correlation("jaw")
    metric.update(true, partly, partner=partner)
    assert np.isnan(metric.compute().value)
    assert "3 columns are constant in the true pair of some clip" in metric.compute().notes[0]
    frozen = Motion.zeros(400, 25, EMOCA56)
    assert measured(Correlation(), (frozen, true), partner=partner) == 0


def test_the_lag_is_found_with_its_sign():
    partner = noise(0, 500)
    follower = Motion(np.roll(partner.values, 10, axis=0), 25, EMOCA56)
    assert measured(CorrelationLag(), (follower, follower), partner=partner) == pytest.approx(0.4)
    assert measured(LaggedCorrelation(), (follower, follower), partner=partner) == pytest.approx(1, abs=1e-3)
    assert measured(LaggedCorrelation(), (noise(5, 500), follower), partner=partner) < 0.2

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from visavis.conversation import Track
from visavis.errors import InputError
from visavis.evaluation.lipsync import LIP_COLUMNS, LipSync, lag_correlations, log_energy
from visavis.media.audio import Audio


def curve(seed, frames=400):
    return gaussian_filter1d(np.random.default_rng(seed).standard_normal(frames), 2.0)


def track(seed, frames=400, fps=25.0):
    return Track(np.stack([curve(seed * 10 + i, frames) for i in range(4)], 1), fps, LIP_COLUMNS)


def test_perfect_prediction():
    metric = LipSync()
    for seed in range(4):
        metric.update(f"clip{seed}", track(seed), track(seed))
    for score in metric.compute().values():
        np.testing.assert_allclose(score.best, 1.0)
        np.testing.assert_allclose(score.common, 1.0)
        assert score.common_lag == 0
        assert not score.lags.any()
        assert score.interval() == pytest.approx((1.0, 1.0))
        assert score.null.max() < 0.5


@pytest.mark.parametrize("late", [-3, -1, 2, 3])
def test_a_shift_is_found(late):
    whole = curve(1, 420)
    predicted, tracked = whole[10:410], whole[10 - late : 410 - late]
    correlations = lag_correlations(predicted, tracked)
    assert correlations.argmax() - 3 == late
    assert correlations.max() == pytest.approx(1.0)


def test_one_lag_for_all_is_not_better_than_each_clip_s_own():
    metric = LipSync(columns=("jawOpen",))
    for seed, late in enumerate((1, 1, 1, -2)):
        whole = curve(seed, 420)
        metric.update(
            str(seed),
            Track(whole[10:410], 25.0, ("jawOpen",)),
            Track(whole[10 - late : 410 - late], 25.0, ("jawOpen",)),
        )
    score = metric.compute()["jawOpen"]
    assert score.common_lag == 1
    assert list(score.lags) == [1, 1, 1, -2]
    assert score.common[3] < 0.9 < score.best[3]


def test_wrong_clips_score_near_zero_and_as_the_null_says():
    metric = LipSync(columns=("jawOpen",))
    for seed in range(8):
        metric.update(str(seed), Track(curve(seed), 25.0, ("jawOpen",)), Track(curve(seed + 50), 25.0, ("jawOpen",)))
    score = metric.compute()["jawOpen"]
    assert abs(score.best.mean() - score.null.mean()) < 0.1
    low, high = score.interval()
    assert low < score.best.mean() < high


def test_a_prediction_that_does_not_move_scores_zero():
    metric = LipSync()
    metric.update("a", Track(np.full((400, 4), 0.3), 25.0, LIP_COLUMNS), track(1))
    assert metric.compute()["jawOpen"].best == pytest.approx(0.0)


def test_a_clip_counts_for_the_columns_it_has():
    metric = LipSync()
    metric.update("all", track(1), track(1))
    metric.update("jaw", track(2), Track(track(2)["jawOpen"], 25.0, ("jawOpen",)))
    scores = metric.compute()
    assert scores["jawOpen"].clips == ("all", "jaw")
    assert scores["mouthPucker"].clips == ("all",)


def test_known_correlation():
    a, b = np.random.default_rng(0).standard_normal((2, 20_000))
    assert lag_correlations(a, 0.6 * a + 0.8 * b, 0)[0] == pytest.approx(0.6, abs=0.02)


def test_frame_rates_are_brought_together():
    smooth = gaussian_filter1d(np.random.default_rng(0).standard_normal(1200), 24.0)
    fast = Track(smooth, 60.0).at(30.0)
    metric = LipSync(columns=("jawOpen",))
    metric.update("a", Track(smooth, 60.0).at(25.0), Track(fast.values, 30.0, ("jawOpen",)))
    assert metric.compute()["jawOpen"].best[0] > 0.99


def test_log_energy_follows_loudness():
    samples = np.random.default_rng(0).standard_normal(16_000) * np.repeat([0.01, 0.1], 8_000)
    energy = log_energy(Audio(samples))
    assert len(energy) == 25
    assert energy["value"][20] - energy["value"][4] == pytest.approx(20, abs=1)
    assert log_energy(Audio.silence(1.0))["value"].max() == 0


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda m: m.compute(), "no clips"),
        (lambda m: (m.update("a", track(1), track(1)), m.update("a", track(1), track(1))), "twice"),
        (lambda m: m.update("a", Track(curve(0), 25.0, ("other",)), track(1)), "no column 'jawOpen'"),
        (lambda m: m.update("a", track(1), Track(curve(0), 25.0, ("other",))), "none of the columns"),
        (lambda m: (m.update("a", track(1, 9), track(1, 9)), m.compute()), "too few"),
    ],
)
def test_bad_input_is_refused(break_it, message):
    with pytest.raises(InputError, match=message):
        break_it(LipSync())

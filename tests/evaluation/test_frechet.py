"""FD and P-FD against closed forms, other implementations and what must not change them."""

import numpy as np
import pytest
from metric_toys import gaussian, measured, noise
from scipy import linalg

from visavis.evaluation.frechet import ClipFrechetDistance, FrechetDistance, PairedFrechetDistance
from visavis.evaluation.moments import frechet_distance, mean_covariance, moment_sums
from visavis.motion import EMOCA56, Column, Motion, MotionSpace

THREE = MotionSpace("three", tuple(Column(name, "coefficient", "expression") for name in "abc"))


def test_gaussians_on_the_axes_have_a_closed_form():
    # |mu1 - mu2|^2 + sum (s1 - s2)^2 for diagonal covariances.
    a = gaussian(0, np.array([0, 1, 2.0]), np.diag([1, 4, 9.0]), THREE)
    b = gaussian(1, np.array([3, 1, 1.0]), np.diag([4, 4, 1.0]), THREE)
    assert measured(FrechetDistance(), (a, b)) == pytest.approx(9 + 1 + (1 - 2) ** 2 + 0 + (3 - 1) ** 2, rel=1e-4)


def test_equal_distributions_have_no_distance():
    motion = noise(0)
    assert measured(FrechetDistance(), (motion, Motion(motion.values, 25, EMOCA56))) == pytest.approx(0, abs=1e-9)
    assert measured(FrechetDistance(), (Motion(motion.values[::-1], 25, EMOCA56), motion)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("frames", [30, 500])
def test_agrees_with_scipy_and_torchmetrics(frames):
    torch = pytest.importorskip("torch")
    fid = pytest.importorskip("torchmetrics.image.fid")
    a, b = noise(0, frames).values.astype(float), noise(1, frames, scale=0.5, offset=0.2).values.astype(float)
    ours = measured(FrechetDistance(), (noise(0, frames), noise(1, frames, scale=0.5, offset=0.2)))
    moments = [a.mean(0), np.cov(a.T), b.mean(0), np.cov(b.T)]
    root = linalg.sqrtm(moments[1] @ moments[3]).real
    by_hand = ((moments[0] - moments[2]) ** 2).sum() + np.trace(moments[1] + moments[3] - 2 * root)
    assert ours == pytest.approx(by_hand, rel=1e-4 if frames > 56 else 1e-2)

    class AsTheyAre(torch.nn.Identity):
        num_features = a.shape[1]

    theirs = fid.FrechetInceptionDistance(AsTheyAre())
    theirs.update(torch.from_numpy(a), real=True)
    theirs.update(torch.from_numpy(b), real=False)
    assert ours == pytest.approx(float(theirs.compute()), rel=1e-4)


def test_streaming_in_pieces_changes_nothing():
    a, b = noise(0, 10_000), noise(1, 10_000)
    whole, pieces = FrechetDistance(), FrechetDistance()
    whole.update(a, b)
    for start in range(0, 10_000, 777):
        pieces.update(a.slice(start, start + 777), b.slice(start, start + 777))
    assert pieces.compute().value == pytest.approx(whole.compute(intervals=False).value, rel=1e-9)


def test_far_from_the_origin_nothing_cancels():
    values = noise(0).values
    far = [Motion(values[:, :] * s + 1000, 25, EMOCA56) for s in (1, 1.5)]
    near = [Motion(values * s, 25, EMOCA56) for s in (1, 1.5)]
    assert measured(FrechetDistance(), far) == pytest.approx(measured(FrechetDistance(), near), rel=1e-3)


def test_rotating_the_space_changes_nothing():
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(56, 56)))[0]
    a, b = noise(0).values.astype(float), noise(1, scale=0.5).values.astype(float)
    sums = [moment_sums(rows, np.zeros(56)) for rows in (a, b, a @ turn, b @ turn)]
    plain, turned = (
        frechet_distance(*mean_covariance(sums[i]), *mean_covariance(sums[i + 1])) for i in (0, 2)
    )  # fmt: skip
    assert turned == pytest.approx(plain, rel=1e-9)


def test_worse_motion_is_farther():
    true = noise(0)
    distances = [measured(FrechetDistance(), (noise(1, scale=s), true)) for s in (0.3, 0.4, 0.6)]
    assert distances == sorted(distances)


def test_short_clips_are_warned_about():
    metric = FrechetDistance()
    metric.update(noise(0, 40), noise(1, 40))
    assert "rank-deficient" in metric.compute().notes[0]
    clipwise = ClipFrechetDistance()
    clipwise.update(noise(0, 40), noise(1, 40))
    clipwise.update(noise(2, 400), noise(3, 400))
    assert clipwise.compute().notes == ("1 of 2 clips have no more frames than columns: rank-deficient covariance",)
    enough = FrechetDistance()
    for i in range(4):
        enough.update(noise(i), noise(10 + i))
    assert enough.compute().notes == ()


def test_pairs_see_what_goes_together():
    partner = noise(0)
    true = Motion(0.8 * partner.values + 0.2 * noise(1).values, 25, EMOCA56)
    shuffled = Motion(true.values[np.random.default_rng(0).permutation(len(true))], 25, EMOCA56)
    assert measured(FrechetDistance(), (shuffled, true)) == pytest.approx(0, abs=1e-9)
    assert measured(PairedFrechetDistance(), (shuffled, true), partner=partner) > 1
    copy = Motion(true.values, 25, EMOCA56)
    assert measured(PairedFrechetDistance(), (copy, true), partner=partner) == pytest.approx(0, abs=1e-8)

"""L2-Affect, FRC and FRD: signs, agreement with other implementations, REACT's sums."""

import numpy as np
import pytest
from metric_toys import FPS, measured, noise

from visavis.errors import InputError
from visavis.evaluation.affect import HAND_SET, AffectDistance, LinearAffect, WindowedValence, affect_for
from visavis.evaluation.appropriateness import (
    REACT25,
    ReactionCorrelation,
    ReactionDistance,
    concordance,
    dynamic_time_warping,
)
from visavis.evaluation.clip import Clip
from visavis.motion import ARKIT, EMOCA56, Motion


def face(**columns):
    motion = Motion.zeros(90, FPS, ARKIT)
    for name, value in columns.items():
        motion = motion.with_columns(name, np.full(90, value))
    return motion


def test_smiles_please_and_frowns_do_not():
    smile = HAND_SET(face(mouthSmileLeft=1, mouthSmileRight=1))[0]
    frown = HAND_SET(face(mouthFrownLeft=1, mouthFrownRight=1))[0]
    assert smile[0] > 0.5 > 0 > frown[0]
    assert HAND_SET(face(eyeWideLeft=1, eyeWideRight=1))[0, 1] > 0
    assert (HAND_SET(face())[0] == 0).all()


def test_distance_in_the_plane():
    only_smile = LinearAffect("test", {"jawOpen": (0.3, 0.4)})
    assert measured(AffectDistance(only_smile), (face(jawOpen=1), face())) == pytest.approx(0.5)


def test_windows_of_thirty_frames_average_first():
    valence = LinearAffect("test", {"jawOpen": (1.0, 0.0)})
    swinging = face().with_columns("jawOpen", np.where(np.arange(90) % 2, 0.5, -0.5))
    assert measured(WindowedValence(valence), (swinging, face())) == pytest.approx(0)
    assert measured(WindowedValence(valence), (face(jawOpen=0.5), face())) == pytest.approx(0.25)


def test_the_estimator_is_said_and_can_be_missing():
    assert HAND_SET.name in AffectDistance(HAND_SET).info.definition
    assert affect_for(EMOCA56) is None
    with pytest.raises(InputError, match="has no columns"):
        HAND_SET(noise(0))


def test_concordance_agrees_with_torchmetrics():
    torch = pytest.importorskip("torch")
    theirs = pytest.importorskip("torchmetrics.functional.regression").concordance_corrcoef
    a, b = noise(0).values, noise(1).values + 0.5 * noise(0).values
    # torchmetrics divides by T - 1 in the variances.
    assert concordance(a, b) == pytest.approx(float(theirs(torch.from_numpy(a), torch.from_numpy(b)).mean()), abs=1e-3)


def test_warping_agrees_with_the_recursion():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(12, 2)), rng.normal(size=(9, 2))
    cost = np.full((13, 10), np.inf)
    cost[0, 0] = 0
    for i in range(12):
        for j in range(9):
            cost[i + 1, j + 1] = ((a[i] - b[j]) ** 2).sum() + min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
    assert dynamic_time_warping(a, b) == pytest.approx(cost[-1, -1] ** 0.5)
    assert dynamic_time_warping(a, np.repeat(a, 3, axis=0)) == pytest.approx(0)


def test_any_appropriate_reaction_will_do():
    true, other, sample = (noise(i, 50, space=REACT25) for i in range(3))
    alone = Clip("c", (other,), true)
    with_neighbour = Clip("c", (Motion(other.values, FPS, REACT25),), true, appropriate=(other,))
    for metric, best in ((ReactionCorrelation, 1), (ReactionDistance, 0)):
        a, b = metric(), metric()
        a.add(alone)
        b.add(with_neighbour)
        assert b.compute().value == pytest.approx(best, abs=1e-6)
        assert abs(a.compute().value - best) > 0.5
    del sample


def test_react_sums_over_samples_and_weighs_blocks():
    true, sample = noise(0, 40, space=REACT25), noise(1, 40, space=REACT25)
    clip = Clip("c", (sample,) * 3, true)
    plain, react = ReactionDistance(), ReactionDistance(react=True)
    plain.add(clip)
    react.add(clip)
    blocks = ((slice(0, 15), 1 / 15), (slice(15, 17), 1), (slice(17, 25), 1 / 8))
    expected = sum(w * dynamic_time_warping(sample.values[:, s], true.values[:, s]) for s, w in blocks)
    assert plain.compute().value == pytest.approx(expected)
    assert react.compute().value == pytest.approx(3 * expected)

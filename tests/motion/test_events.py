import numpy as np
import pytest

from visavis.errors import InputError
from visavis.motion import ARKIT, ARKIT_BODY, EMOCA56, Motion
from visavis.motion.events import blinks, nods, shakes, shrugs, smiles

TIMES = np.arange(500) / 25


def still() -> Motion:
    noise = np.random.default_rng(0).normal(0, 0.003, (500, 67))
    return Motion(np.abs(noise), 25, ARKIT)


def pulse(start: float, end: float, height: float) -> np.ndarray:
    return np.where((start <= TIMES) & (end > TIMES), height, 0.0)


def test_nothing_happens_at_rest():
    for find in (blinks, smiles, nods, shakes):
        assert find(still()).shape == (0, 2)


def test_blinks_but_not_closed_eyes_or_winks():
    lids = pulse(2, 2.2, 0.9) + pulse(5, 5.16, 0.8) + pulse(8, 10, 1.0) + pulse(12, 12.2, 0.4)
    motion = still().with_columns("eyeBlinkLeft", lids + pulse(15, 15.2, 0.8)).with_columns("eyeBlinkRight", lids)
    assert np.allclose(blinks(motion), [[2, 2.2], [5, 5.16]], atol=0.05)


def test_smiles_that_last():
    smile = pulse(3, 6, 0.6) + pulse(8, 8.12, 0.6) + pulse(10, 12, 0.1) + pulse(14, 15, 0.15) + pulse(15, 16, 0.3)
    motion = still().with_columns("mouthSmileLeft", smile).with_columns("mouthSmileRight", smile)
    assert np.allclose(smiles(motion), [[3, 6], [14, 16]], atol=0.05)


def bout(start: float, seconds: float, frequency: float, degrees: float) -> np.ndarray:
    inside = (start <= TIMES) & (start + seconds > TIMES)
    return np.where(inside, np.radians(degrees) * np.sin(2 * np.pi * frequency * (TIMES - start)), 0)


@pytest.mark.parametrize(("find", "other", "column"), [(nods, shakes, "head.x"), (shakes, nods, "head.y")])
def test_nods_and_shakes(find, other, column):
    motion = still().with_columns(column, bout(3, 1.2, 2.5, 5) + bout(10, 1.5, 2, 4) + bout(15, 2, 2.5, 0.4))
    found = find(motion)
    assert len(found) == 2
    assert abs(found[0].mean() - 3.6) < 0.25
    assert abs(found[1].mean() - 10.75) < 0.3
    assert len(other(motion)) == 0


def test_a_nod_of_neck_and_head_together():
    # Each alone is below the threshold.
    motion = still().with_columns("head.x", bout(3, 1.2, 2.5, 1.3)).with_columns("neck.x", bout(3, 1.2, 2.5, 1.3))
    assert len(nods(motion)) == 1


def test_looking_down_and_slow_sway_are_no_nods():
    looking = np.radians(20) / (1 + np.exp(-(TIMES - 8) * 12))
    sway = np.radians(8) * np.sin(2 * np.pi * 0.15 * TIMES)
    assert len(nods(still().with_columns("head.x", looking))) == 0
    assert len(nods(still().with_columns("head.x", sway))) == 0


def test_a_shrug_is_of_both_shoulders_and_short():
    shrug, one_arm, slump = pulse(3, 4, 12), pulse(8, 9, 12), pulse(12, 20, 10)
    motion = Motion.zeros(500, 25, ARKIT_BODY).with_columns("leftClavicle.z", np.radians(shrug + one_arm + slump + 5))
    motion = motion.with_columns("rightClavicle.z", -np.radians(shrug + slump + 2))
    assert np.allclose(shrugs(motion), [[3, 4]], atol=0.05)
    with pytest.raises(InputError, match="Clavicle"):
        shrugs(still())


def test_short_or_foreign_motion():
    for find in (blinks, smiles, nods, shakes):
        for frames in (0, 1, 30):
            assert find(Motion.zeros(frames, 25, ARKIT)).shape == (0, 2)
        with pytest.raises(InputError):
            find(Motion.zeros(100, 25, EMOCA56))

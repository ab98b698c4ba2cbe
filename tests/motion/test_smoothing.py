import numpy as np
import pytest

from visavis.errors import InputError
from visavis.motion import ARKIT, Motion
from visavis.motion.rotations import angle_between
from visavis.motion.smoothing import OneEuro, savitzky_golay

TIMES = np.arange(250) / 25


def jittery(noise: float = 0.05) -> tuple[Motion, Motion]:
    rng = np.random.default_rng(0)
    clean = Motion.zeros(250, 25, ARKIT).with_columns("jawOpen", 0.5 + 0.3 * np.sin(2 * np.pi * 0.7 * TIMES))
    clean = clean.with_columns("head.y", 0.3 * np.sin(2 * np.pi * 0.4 * TIMES))
    return clean, Motion(clean.values + rng.normal(0, noise, clean.values.shape), 25, ARKIT)


def test_savitzky_golay_halves_the_noise():
    clean, noisy = jittery()
    smooth = savitzky_golay(noisy, 9)
    for name in ("jawOpen", "head", "translation"):
        assert np.std(smooth[name] - clean[name]) < 0.6 * np.std(noisy[name] - clean[name])


def test_savitzky_golay_keeps_polynomials():
    motion = Motion.zeros(60, 25, ARKIT).with_columns("jawOpen", np.linspace(0, 1, 60) ** 2)
    assert np.allclose(savitzky_golay(motion)["jawOpen"], motion["jawOpen"], atol=1e-6)


def test_smoothing_does_not_break_where_the_angle_wraps():
    angles = np.linspace(2.5, 3.8, 50)
    wrapped = np.where(angles > np.pi, angles - 2 * np.pi, angles)
    motion = Motion.zeros(50, 25, ARKIT).with_columns("head.y", wrapped)
    stream = OneEuro(ARKIT, 25, min_cutoff=20.0)
    for smooth in (savitzky_golay(motion)["head"], np.array([stream(v) for v in motion.values])[:, 55:58]):
        assert angle_between(smooth, motion["head"]).max() < 0.05


def test_one_euro_is_still_at_rest_and_quick_when_moving():
    rng = np.random.default_rng(1)
    stream = OneEuro(ARKIT, 25)
    rest = np.array([stream(rng.normal(0, 0.01, 67).astype(np.float32)) for _ in range(200)])
    assert rest[50:, :52].std() < 0.006
    assert rest[50:, 55:58].std() < 0.006
    step = [stream(np.ones(67, np.float32)) for _ in range(8)]
    assert step[-1][17] > 0.9  # a jump of one is followed within a third of a second


def test_bad_windows():
    motion = Motion.zeros(20, 25, ARKIT)
    for window, order in ((4, 2), (5, 5)):
        with pytest.raises(InputError, match="odd window"):
            savitzky_golay(motion, window, order)
    assert savitzky_golay(Motion.zeros(3, 25, ARKIT)) == Motion.zeros(3, 25, ARKIT)

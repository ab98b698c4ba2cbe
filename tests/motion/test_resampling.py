import numpy as np
import pytest

from visavis.conversation import Track
from visavis.errors import InputError
from visavis.motion import ARKIT, Motion
from visavis.motion.resampling import low_pass, resample
from visavis.motion.rotations import angle_between


def wave(frequency: float, fps: float, seconds: float = 8.0, name: str = "jawOpen") -> Motion:
    times = (np.arange(round(fps * seconds)) + 0.5) / fps
    return Motion.zeros(len(times), fps, ARKIT).with_columns(name, np.sin(2 * np.pi * frequency * times))


def test_the_same_rate_is_the_same_motion():
    motion = Motion(np.random.default_rng(0).normal(size=(77, 67)), 25, ARKIT)
    assert resample(motion, 25) is motion


@pytest.mark.parametrize("fps", [10, 24, 29.97, 50, 60])
def test_a_slow_wave_keeps_its_shape_and_energy(fps):
    new = resample(wave(1.0, 25), fps)
    middle = slice(len(new) // 4, -len(new) // 4)
    expected = wave(1.0, fps)["jawOpen"]
    assert np.abs(new["jawOpen"] - expected)[middle].max() < 0.05
    assert np.mean(new["jawOpen"][middle] ** 2) == pytest.approx(np.mean(expected[middle] ** 2), rel=0.05)


@pytest.mark.parametrize("name", ["jawOpen", "head.x"])
def test_a_wave_too_fast_for_the_new_rate_does_not_alias(name):
    motion = wave(9.0, 25, name=name)
    naive = motion[name][::2]
    assert naive.std() > 0.5  # every other frame would show a slow wave that is not there
    new = resample(motion, 12.5)
    assert new[name][10:-10].std() < 0.02


def test_there_and_back_again():
    motion = wave(1.5, 25)
    back = resample(resample(motion, 60), 25)
    assert np.abs(back["jawOpen"] - motion["jawOpen"])[5:-5].max() < 0.05
    assert len(back) == len(motion)


def test_rotations_take_the_short_way_at_even_speed():
    # From 170 to 190 degrees about y: as rotation vectors, from +2.97 to -2.97.
    motion = Motion.zeros(2, 1, ARKIT).with_columns("head.y", [np.radians(170), np.radians(-170)])
    new = resample(motion, 10, 20)
    head = np.stack([new["head.x"], new["head.y"], new["head.z"]], 1)
    turned = angle_between(head[0], head)
    assert turned[-1] == pytest.approx(np.radians(20), abs=1e-4)
    assert np.abs(np.abs(head[:, 1]) - np.pi).max() < np.radians(10.1)
    steps = np.diff(turned)[5:14]
    assert steps.min() == pytest.approx(steps.max(), abs=1e-4)


def test_a_constant_stays():
    motion = Motion(np.tile(np.linspace(-1, 1, 67, dtype=np.float32), (40, 1)), 25, ARKIT)
    for fps in (7, 25, 61):
        new = resample(motion, fps, 33)
        assert np.allclose(new.values, motion.values[0], atol=1e-5)


@pytest.mark.parametrize("fps", [10, 12.5, 50, 60])
def test_motion_and_tracks_stay_aligned(fps):
    ramp = np.linspace(0, 1, 100)
    motion = resample(Motion.zeros(100, 25, ARKIT).with_columns("jawOpen", ramp), fps)
    track = Track(ramp, 25).at(fps)
    assert len(motion) == len(track)
    assert np.allclose(motion["jawOpen"], track["value"], atol=0.01)


def test_few_frames():
    for frames in (0, 1, 2, 3):
        assert len(resample(Motion.zeros(frames, 25, ARKIT), 50)) == 2 * frames
        low_pass(Motion.zeros(frames, 25, ARKIT), 5)
    with pytest.raises(InputError, match="without frames"):
        resample(Motion.zeros(0, 25, ARKIT), 50, 3)
    with pytest.raises(InputError, match="to 0 frames per second"):
        resample(Motion.zeros(3, 25, ARKIT), 0)

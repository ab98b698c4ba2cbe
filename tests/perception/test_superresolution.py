"""Faces made larger: plain resampling is what it says, and installed packages bring their own."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.perception.superresolution import enlarger_names, get_enlarger


def test_resampling_enlarges_and_adds_nothing():
    enlarge = get_enlarger()
    assert enlarge.name == "resampling"
    ramp = np.repeat(np.tile(np.arange(0, 240, 10, dtype=np.uint8)[None, :, None], (16, 1, 1)), 3, axis=2)
    large = enlarge(ramp, (96, 64))
    assert large.shape == (64, 96, 3)
    assert (
        np.abs(
            large[8, 8:-8, 0].astype(float) - np.interp((np.arange(8, 88) + 0.5) / 4 - 0.5, range(24), ramp[0, :, 0])
        ).max()
        < 2
    )
    back = enlarge(large, (24, 16))
    assert np.abs(back.astype(int) - ramp).max() <= 6


@pytest.mark.parametrize("picture", [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)])
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(InputError, match=r"an? .*image"):
        get_enlarger()(picture, (8, 8))


def test_sizes_below_one_are_refused():
    with pytest.raises(InputError, match="at least 1"):
        get_enlarger()(np.zeros((4, 4, 3), np.uint8), (0, 8))


def test_an_installed_package_brings_its_own(install):
    install(
        "class Bright:\n    name = 'bright'\n    def __init__(self, level=9):\n        self.level = level\n"
        "    def __call__(self, picture, size):\n        return picture + self.level\n",
        "[visavis.superresolution]\nbright = theirs:Bright\n",
    )
    assert enlarger_names() == ["resampling", "bright"]
    assert get_enlarger("bright", level=2)(np.zeros((1, 1, 3), np.uint8), (1, 1)).max() == 2
    with pytest.raises(InputError, match="there are: resampling, bright"):
        get_enlarger("esrgan")

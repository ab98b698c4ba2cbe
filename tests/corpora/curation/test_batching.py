"""VENUS's equations 12 to 14."""

import numpy as np
import pytest

from visavis.corpora.curation.batching import fit, resize_and_pad
from visavis.errors import InputError

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("height", "width"), [(100, 50), (50, 100), (333, 217), (512, 512), (7, 1000), (1000, 7)])
@pytest.mark.parametrize("side", [64, 224, 512])
def test_the_equations(height, width, side):
    how = fit(height, width, side)
    assert how.scale == side / max(width, height)  # 12
    assert max(how.height, how.width) == side
    assert how.height == pytest.approx(how.scale * height, abs=1)
    assert how.width == pytest.approx(how.scale * width, abs=1)
    assert how.top == (side - how.height) // 2  # 13
    assert how.left == (side - how.width) // 2


def test_the_longer_side_is_always_the_whole_square():
    for longer in range(1, 2000):
        how = fit(longer, max(1, longer // 3), 224)
        assert how.height == 224
        assert 1 <= how.width <= 224


def test_zeros_surround_the_picture_and_aspect_is_kept():
    picture = np.full((40, 80, 3), 200, np.uint8)
    (square,), (how,) = resize_and_pad([picture], 160)
    inside = square[how.top : how.top + how.height, how.left : how.left + how.width]
    assert inside.shape == (80, 160, 3)
    assert (inside == 200).all()
    assert square.sum() == inside.sum()  # 14: zero elsewhere
    assert how.top == 40


def test_a_picture_of_the_squares_size_is_unchanged():
    picture = RNG.integers(0, 255, (64, 48, 3), dtype=np.uint8)
    (square,), _ = resize_and_pad([picture], 64)
    assert np.array_equal(square[:, 8:56], picture)


def test_points_find_their_way_back():
    how = fit(300, 200, 150)
    corners = np.array([[0.0, 0.0], [200.0, 300.0]])
    assert np.allclose(how.back(corners * how.scale + [how.left, how.top]), corners)


def test_a_batch_of_many_sizes():
    squares, fits = resize_and_pad([np.zeros((h, w, 3), np.uint8) for h, w in ((3, 9), (90, 2), (5, 5))], 32)
    assert squares.shape == (3, 32, 32, 3)
    assert len(fits) == 3
    assert resize_and_pad([], 32)[0].shape == (0, 32, 32, 3)


def test_what_is_no_picture_is_refused():
    with pytest.raises(InputError, match="picture 0"):
        resize_and_pad([np.zeros((4, 4), np.uint8)], 8)
    with pytest.raises(InputError, match="cannot be fitted"):
        resize_and_pad([np.zeros((0, 4, 3), np.uint8)], 8)

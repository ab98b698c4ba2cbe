"""Distances between listeners in a face space, with known answers."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.evaluation.perceptual import expected_distances, looks, perceptual_distance, perceptual_distances


def brightness(picture):
    """A space of one number; nothing is found in black pictures."""
    return picture.mean((0, 1)) if picture.any() else None


def picture(level: int) -> np.ndarray:
    return np.full((4, 4, 3), level, np.uint8)


def test_a_listener_is_the_mean_of_the_pictures_that_show_a_face():
    assert looks([picture(10), picture(30), picture(0)], brightness).tolist() == [20, 20, 20]
    assert looks([picture(0)], brightness) is None


def test_distances_of_known_vectors():
    assert perceptual_distances([[3.0, 4.0], [1.0, 1.0]], [[0.0, 0.0], [1.0, 1.0]]).tolist() == [5, 0]


def test_whoever_has_no_face_is_left_out_of_the_mean():
    predicted = [[3.0, 4.0], [np.nan, np.nan], [0.0, 1.0], [0.0, 3.0]]
    mean, low, high = perceptual_distance(predicted, np.zeros((4, 2)))
    assert mean == pytest.approx(3.0)
    assert low < mean < high


def test_the_interval_covers_the_true_mean_and_narrows():
    rng = np.random.default_rng(0)
    wide = perceptual_distance(rng.normal(size=(50, 8)), np.zeros((50, 8)))
    narrow = perceptual_distance(rng.normal(size=(2000, 8)), np.zeros((2000, 8)))
    expected = np.sqrt(2) * 11.6317 / 6  # of the chi distribution with 8 degrees of freedom: sqrt(2) G(4.5) / G(4)
    assert wide[1] < expected < wide[2]
    assert narrow[1] < expected < narrow[2]
    assert narrow[2] - narrow[1] < (wide[2] - wide[1]) / 3


def test_random_chance_is_the_mean_over_the_others():
    found = expected_distances([[0.0], [2.0], [4.0], [np.nan]])
    assert found[:3] == pytest.approx([3.0, 2.0, 3.0])
    assert np.isnan(found[3])
    assert np.isnan(expected_distances([[1.0], [np.nan]])).all()


def test_as_many_predicted_as_true():
    with pytest.raises(InputError, match=r"\(2, 3\) and \(3, 3\)"):
        perceptual_distances(np.zeros((2, 3)), np.zeros((3, 3)))

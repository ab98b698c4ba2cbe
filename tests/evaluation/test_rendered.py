"""FD on rendered frames, with a drawer and features that tests can see through."""

import numpy as np
import pytest
from metric_toys import noise

from visavis.evaluation.moments import frechet_of_sums, moment_sums
from visavis.evaluation.rendered import RenderedFrechetDistance, RenderedPairedFrechetDistance, frechet_of_rows
from visavis.motion import EMOCA56, Motion


class Gray:
    """A picture as gray as the first column is great."""

    name = "gray"

    def __init__(self):
        self.drawn = 0

    def __call__(self, motion):
        self.drawn += len(motion)
        shade = np.clip(128 + 60 * motion.values[:, 0], 0, 255).astype(np.uint8)
        return np.broadcast_to(shade[:, None, None, None], (len(motion), 4, 4, 3))


class Mean:
    """The mean of a picture."""

    name = "mean"

    def __call__(self, pictures):
        return pictures.astype(np.float32).mean((1, 2, 3))[:, None]


def test_distance_of_rows_agrees_with_that_of_moments():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(30, 7)), rng.normal(0.3, 2, size=(40, 7))
    sums = [moment_sums(rows, np.zeros(7)) for rows in (a, b)]
    assert frechet_of_rows(a, b) == pytest.approx(frechet_of_sums(*sums))
    wide = rng.normal(size=(10, 50)), rng.normal(size=(12, 50))
    sums = [moment_sums(rows, np.zeros(50)) for rows in wide]
    assert frechet_of_rows(*wide) == pytest.approx(frechet_of_sums(*sums), rel=1e-6)
    assert frechet_of_rows(a, a) == pytest.approx(0, abs=1e-9)


def test_one_frame_per_second_is_drawn_and_compared():
    draw = Gray()
    metric = RenderedFrechetDistance(draw, Mean())
    true = noise(0, 500)
    brighter = Motion(true.values + np.float32(0.5), 25, EMOCA56)
    metric.update(brighter, true)
    result = metric.compute()
    assert draw.drawn == 2 * 20
    assert result.value == pytest.approx(30**2, rel=0.05)  # 60 shades per unit, half a unit
    assert "gray" in result.info.definition
    assert "mean" in result.info.definition


def test_pairs_are_drawn_once_each():
    draw = Gray()
    metric = RenderedPairedFrechetDistance(draw, Mean())
    true, partner = noise(0, 500), noise(1, 500)
    metric.update(Motion(true.values[::-1], 25, EMOCA56), true, partner=partner)
    assert draw.drawn == 3 * 20
    assert metric.compute().value > 0


def test_the_interval_leaves_out_conversations_in_turn():
    metric = RenderedFrechetDistance(Gray(), Mean())
    for i in range(6):
        true = noise(i, 300)
        metric.update(Motion(true.values + np.float32(0.1 * i), 25, EMOCA56), true)
    result = metric.compute()
    assert 0 <= result.low < result.value < result.high
    assert result.conversations == 6
    assert result == metric.compute()


def test_an_interval_that_cannot_hold_is_not_given_and_the_reason_is():
    class Noise(Mean):
        """As many directions as there are features, none of which has to do with the picture."""

        def __call__(self, pictures):
            return np.random.default_rng(len(pictures)).normal(size=(len(pictures), 200)).astype(np.float32)

    metric = RenderedFrechetDistance(Gray(), Noise())
    for i in range(6):
        metric.update(noise(i, 250 + 25 * i), noise(10 + i, 250 + 25 * i))
    result = metric.compute()
    assert np.isnan(result.low)
    assert any(note.startswith("no interval: the frames are worth") for note in result.notes)
    alone = RenderedFrechetDistance(Gray(), Mean())
    alone.update(noise(0), noise(1))
    assert any(note.startswith("no interval: one conversation") for note in alone.compute().notes)


def test_few_frames_are_warned_about():
    class Wide(Mean):
        def __call__(self, pictures):
            return np.repeat(super().__call__(pictures), 100, 1)

    metric = RenderedFrechetDistance(Gray(), Wide())
    metric.update(noise(0, 100), noise(1, 100))
    assert "rank-deficient" in metric.compute().notes[1]

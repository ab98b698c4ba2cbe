"""What all measures share: provenance, samples, confidence intervals, what they refuse."""

import numpy as np
import pytest
from metric_toys import noise
from scipy import stats

from visavis.errors import InputError
from visavis.evaluation.clip import Clip
from visavis.evaluation.coupling import Correlation
from visavis.evaluation.errors import MeanSquaredError
from visavis.evaluation.frechet import FrechetDistance, PairedFrechetDistance
from visavis.evaluation.info import index_set_hash
from visavis.evaluation.motion_error import column_groups
from visavis.evaluation.parts import PARTS, part_indices, parts_of
from visavis.evaluation.spread import Variance
from visavis.motion import ARKIT, EMOCA56, FLAME, SMPLX_UPPER117, VIDEO_CALL, Motion


def offset(motion, by):
    return Motion(motion.values + np.float32(by), motion.fps, motion.space)


def test_the_result_says_what_decided_it():
    metric = MeanSquaredError("head", role="listener", profile="plain")
    metric.update([noise(0), noise(1)], noise(2), conversation="c")
    info = metric.compute().info
    assert info.columns == ("global.x", "global.y", "global.z")
    assert (info.space, info.part, info.role, info.samples, info.units) == ("emoca56", "head", "listener", 2, "rad^2")
    assert info.index_set == index_set_hash(info.columns)
    assert info.index_set != index_set_hash(info.columns[::-1])
    assert info.selection == "expectation over samples"
    assert MeanSquaredError().info.units == ""


def test_units_say_when_they_are_mixed():
    metric = MeanSquaredError()
    metric.update(noise(0), noise(1))
    assert metric.info.units == "mixed^2"


def test_the_expectation_over_samples_is_the_mean():
    true = noise(0)
    samples = [offset(true, by) for by in (0.1, 0.3)]
    metric = MeanSquaredError()
    metric.update(samples, true)
    assert metric.compute().value == pytest.approx((0.01 + 0.09) / 2, rel=1e-4)


def test_intervals_over_conversations_cover():
    """Of fifty sets of twelve conversations, about 95% of the intervals hold the true mean."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(50):
        metric = MeanSquaredError()
        for i in range(12):
            true = Motion.zeros(4, 25, EMOCA56)
            metric.update(offset(true, rng.normal(1, 0.1)), true, conversation=str(i))
        result = metric.compute()
        held += result.low <= 1.01 <= result.high  # E (1 + 0.1 z)^2 = 1.01
    assert 42 <= held <= 50


def test_clips_of_one_conversation_are_left_out_together():
    apart, together = MeanSquaredError(), MeanSquaredError()
    for i in range(30):
        true = Motion.zeros(10, 25, EMOCA56)
        wrong = offset(true, 0.1 * (i % 3))
        apart.update(wrong, true, conversation=str(i))
        together.update(wrong, true, conversation=str(i % 3))
    assert apart.compute().value == pytest.approx(together.compute().value)
    widths = [r.high - r.low for r in (apart.compute(), together.compute())]
    assert widths[1] > 2 * widths[0]


def test_too_few_conversations_have_no_interval():
    metric = MeanSquaredError()
    metric.update(noise(0), noise(1))
    result = metric.compute()
    assert np.isnan(result.low)
    assert result.notes == ("no interval: one conversation does not say how far they differ",)


def test_the_interval_of_a_mean_is_students():
    """By hand: three conversations of equal length with MSE 0.01, 0.04 and 0.09."""
    metric = MeanSquaredError()
    for by in (0.1, 0.2, 0.3):
        true = Motion.zeros(50, 25, EMOCA56)
        metric.update(offset(true, by), true)
    result = metric.compute()
    half = stats.t.ppf(0.975, 2) * np.std([0.01, 0.04, 0.09], ddof=1) / 3**0.5
    assert result.value == pytest.approx(0.14 / 3, rel=1e-5)
    assert result.high == pytest.approx(0.14 / 3 + half, rel=1e-4)
    assert result.low == 0  # an error cannot be negative


def test_conversations_that_say_nothing_do_not_narrow_the_interval():
    """Of ten conversations seven have a partner who never moves: three are what there is."""
    still = Motion.zeros(100, 25, EMOCA56)
    some, all_of_them = Correlation("jaw"), Correlation("jaw")
    for i in range(10):
        predicted, true = noise(i, 100), noise(20 + i, 100)
        partner = noise(40 + i, 100) if i < 3 else still
        all_of_them.update(predicted, true, partner=partner, conversation=str(i))
        if i < 3:
            some.update(predicted, true, partner=partner, conversation=str(i))
    a, b = some.compute(), all_of_them.compute()
    assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high))
    assert b.conversations == 3


def test_more_conversations_than_are_left_out_one_by_one():
    """Groups of them give about the interval that all of them give."""
    rng = np.random.default_rng(0)
    errors = rng.normal(1, 0.1, 250)
    metric = MeanSquaredError()
    for i, by in enumerate(errors):
        true = Motion.zeros(4, 25, EMOCA56)
        metric.update(offset(true, by), true, conversation=str(i))
    result = metric.compute()
    half = 1.97 * np.std(errors**2, ddof=1) / 250**0.5
    assert result.high - result.value == pytest.approx(half, rel=0.25)


def test_what_cannot_be_has_its_reason():
    still = Motion.zeros(100, 25, EMOCA56)
    metric = Correlation("jaw")
    for i in range(3):
        metric.update(noise(i, 100), noise(20 + i, 100), partner=still, conversation=str(i))
    result = metric.compute()
    assert np.isnan(result.value)
    assert "undefined: no column moves in any true pair" in result.notes


def test_an_interval_of_fd_holds_its_value():
    metric = FrechetDistance("jaw")
    for i in range(10):
        metric.update(noise(i, scale=0.2), noise(100 + i), conversation=str(i))
    result = metric.compute()
    assert result.low < result.value < result.high


def test_reset_forgets():
    metric = Variance()
    metric.update(noise(0), noise(1))
    metric.reset()
    assert np.isnan(metric.compute().value)
    metric.update(noise(0), noise(1))
    assert metric.compute().clips == 1


@pytest.mark.parametrize(
    ("predicted", "words"),
    [
        (noise(0, 399), "399 frames"),
        (Motion(noise(0).values, 30, EMOCA56), "30 frames/s"),
        (noise(0, space=ARKIT), "'arkit'"),
    ],
)
def test_what_does_not_fit_is_refused(predicted, words):
    with pytest.raises(InputError, match=words):
        FrechetDistance().update(predicted, noise(1), conversation="lunch")


def test_a_single_frame_is_refused():
    with pytest.raises(InputError, match=r"lunch: a clip of 1 frame"):
        MeanSquaredError().update(noise(0, 1), noise(1, 1), conversation="lunch")


def test_a_missing_partner_is_named():
    with pytest.raises(InputError, match="partner"):
        PairedFrechetDistance().update(noise(0), noise(1))


def test_numbers_of_samples_may_not_differ():
    metric = MeanSquaredError()
    metric.update([noise(0), noise(1)], noise(2))
    with pytest.raises(InputError, match="1 samples"):
        metric.update(noise(0), noise(2))


def test_generated_partners_go_with_their_sample():
    samples, partners = (noise(0), noise(1)), (noise(2), noise(3))
    clip = Clip("c", samples, noise(4), noise(5), partners)
    assert clip.partner_of(samples[1]) is partners[1]
    assert clip.partner_of(clip.true) is clip.partner
    assert clip.keep(1).partner_of(samples[1]) is partners[1]


@pytest.mark.parametrize("space", [ARKIT, EMOCA56, FLAME, SMPLX_UPPER117])
def test_parts_hold_what_they_say(space):
    for part in parts_of(space):
        assert part in PARTS
        assert len(part_indices(space, part))
    pose = {space.columns[i].unit for i in part_indices(space, "pose")}
    assert pose == {"rad"}
    with pytest.raises(InputError, match="has no part 'tail'"):
        part_indices(space, "tail")


def test_a_motion_energy_is_no_rotation():
    assert parts_of(VIDEO_CALL) == ("all", "expression", "body", "eye")
    assert [VIDEO_CALL.names[i] for i in part_indices(VIDEO_CALL, "body")] == ["bodyMotion"]
    assert "rotation" not in column_groups(VIDEO_CALL)


def test_dims_pose_is_global_rotation_and_jaw():
    names = [EMOCA56.names[i] for i in part_indices(EMOCA56, "pose")]
    assert sorted(names) == sorted([*(f"global.{a}" for a in "xyz"), *(f"jaw.{a}" for a in "xyz")])

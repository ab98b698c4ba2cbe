"""Errors, intervals and lip activity on motion whose errors are known."""

import dataclasses

import numpy as np
import pytest

from duet_toys import toy_conversation
from visavis.errors import InputError
from visavis.evaluation.intervals import mean_interval
from visavis.evaluation.lip_activity import activity_auc, lip_activity, who_auc
from visavis.evaluation.motion_error import MotionError, column_groups, gaze_error
from visavis.motion import ARKIT, EMOCA56, TALKING_TOGETHER78


@pytest.fixture
def true():
    return toy_conversation(3, 6.0)


def changed(conversation, name, amount, *, where=None):
    people = []
    for person in conversation.participants:
        values = person.motion[name] + np.float32(amount)
        if where is not None:
            values = np.where(where(person)[:, None], values, person.motion[name])
        people.append(dataclasses.replace(person, motion=person.motion.with_columns(name, values)))
    return conversation.with_participants(*people)


def errors(predicted, true):
    metric = MotionError()
    metric.update(predicted, true)
    return {key: float(value[0]) for key, value in metric.compute().items()}


def test_the_truth_has_no_error(true):
    found = errors(true, true)
    assert len(found) == 3 * 7 + 1  # the articulation error is of speakers alone
    assert all(value == pytest.approx(0, abs=1e-5) for value in found.values())


def test_errors_land_in_their_group(true):
    found = errors(changed(true, "translation", 0.1), true)
    assert found["mse translation", "both"] == pytest.approx(0.01, rel=1e-3)
    assert found["mse rotation", "both"] == found["mse expression", "both"] == 0
    found = errors(changed(true, "lips", 0.2), true)
    assert found["mse lips", "both"] == pytest.approx(0.04, rel=1e-3)
    assert found["lip error", "both"] == pytest.approx(0.2, rel=1e-3)
    assert found["mse expression", "both"] == pytest.approx(0.04 * len(ARKIT.indices("lips")) / 52, rel=1e-3)


def test_smiles_are_no_articulation(true):
    smiling = changed(true, ["mouthSmileLeft", "mouthSmileRight"], 0.3)
    found = errors(smiling, true)
    assert found["lip error", "speaker"] == pytest.approx(0.3, rel=1e-3)
    assert found["articulation error", "speaker"] == 0
    opened = changed(true, ["jawOpen"], 0.2, where=lambda person: person.speaking.values[:, 0] > 0.5)
    found = errors(opened, true)
    assert found["articulation error", "speaker"] == pytest.approx(0.2, rel=1e-3)
    assert errors(changed(true, ["jawOpen"], 0.2, where=lambda p: p.speaking.values[:, 0] < 0.5), true)[
        "articulation error", "speaker"
    ] == 0  # fmt: skip
    info = MotionError.info("articulation error", "speaker", ARKIT)
    assert info.columns == ARKIT.sets["articulation"]
    assert set(info.columns) < set(ARKIT.sets["lips"])


def test_roles_are_told_apart(true):
    silent = changed(true, "lips", 0.3, where=lambda person: person.speaking.values[:, 0] < 0.5)
    found = errors(silent, true)
    assert found["mse lips", "speaker"] == 0
    assert found["mse lips", "listener"] == pytest.approx(0.09, rel=1e-3)
    assert 0 < found["mse lips", "both"] < found["mse lips", "listener"]


def test_gaze_error_is_an_angle(true):
    turned = changed(true, ["leftEye.y", "rightEye.y"], np.radians(10))
    straight = changed(true, "head", 0.0)
    assert gaze_error(straight.a, true.a).max() == pytest.approx(0, abs=1e-4)
    assert gaze_error(turned.a, true.a).mean() == pytest.approx(10, abs=0.3)
    # Eyes that turn back by what the head turns keep the gaze: the error is of the gaze, not of its parts.
    both = changed(changed(true, ["head.x"], np.radians(8)), ["leftEye.x", "rightEye.x"], -np.radians(8))
    assert gaze_error(both.a, true.a).mean() < 1.0


def test_groups_of_other_spaces():
    assert set(column_groups(TALKING_TOGETHER78)) == {"expression", "translation", "eyes", "lips", "rotation"}
    assert len(column_groups(TALKING_TOGETHER78)["rotation"]) == 12
    assert set(column_groups(EMOCA56)) == {"expression", "lips", "rotation"}


def test_missing_motion_is_named(true):
    still = true.with_participants(true.a, dataclasses.replace(true.b, motion=None))
    with pytest.raises(InputError, match="participant B has no motion"):
        MotionError().update(still, true)


def test_interval_covers_the_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = [low <= 1.0 <= high for _, low, high in (mean_interval(rng.normal(1, 2, 25)) for _ in range(100))]
    assert 0.85 <= np.mean(covered) <= 1.0
    mean, low, high = mean_interval([2.0, np.nan, 2.0, 2.0])
    assert (mean, low, high) == (2, 2, 2)
    assert np.isnan(mean_interval([np.nan])).all()


def test_lips_that_move_with_speech_score_high(true):
    activity = [lip_activity(p.motion) for p in true.participants]
    speaks = [p.speaking.values[:, 0] > 0.5 for p in true.participants]
    assert activity_auc(activity[0], speaks[0]) > 0.8  # the window blurs turns of a second
    assert activity_auc(activity[0], speaks[1]) < 0.2
    assert who_auc(*activity, *speaks) > 0.95
    assert who_auc(activity[0] * 0 + 1, activity[0] * 0, *speaks) == pytest.approx(0.5)
    assert len(activity[0]) == len(true.a.motion)
    with pytest.raises(InputError, match="without"):
        activity_auc(activity[0], np.ones(150, bool))


def test_steady_open_mouth_is_no_activity(true):
    still = true.a.motion.with_columns("lips", np.full_like(true.a.motion["lips"], 0.7))
    assert lip_activity(still).max() == pytest.approx(0, abs=1e-6)

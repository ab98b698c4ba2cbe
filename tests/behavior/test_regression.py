"""The regression finds again what events were drawn with: drawing and fitting see the same."""

import numpy as np
import pytest
from behavior_toys import alternating, rates

from visavis.behavior.cues import STATES
from visavis.behavior.curves import FPS
from visavis.behavior.observed import Done, Observed
from visavis.behavior.process import draw
from visavis.behavior.rates import KINDS
from visavis.behavior.regression import Terms, fit, fit_of, log_likelihood, rows_of, without

SECONDS = 12000
TERMS = Terms(own=("posture.shift",), partner=("posture.shift",))
TRUE = {
    "per_minute": {"silence": 2.0, "speaking": 2.0, "listening": 8.0, "overlap": 2.0},
    "cues": {"other.phrase_end": [1.5, 1.5, 0, 0, 0, 0]},
    "since_own": {"posture.shift": [-2, -2, 0, 0, 0, 0]},
    "since_partner": {"posture.shift": [0, 0, 0, 1.0, 1.0]},
}


def done(events, frames):
    spans = {kind: np.zeros((0, 2), int) for kind in KINDS}
    shifts = [e for e in events if e.kind == "posture"]
    spans["posture.shift"] = np.array([(round(e.start * FPS), np.ceil(e.end * FPS)) for e in shifts], int)
    free = np.ones(frames, bool)
    for a, b in spans["posture.shift"]:
        free[a + 1 : b] = False
    return Done(spans, {"posture.shift": np.ones(frames, bool)}, {"posture.shift": free}, np.zeros(frames, bool))


@pytest.fixture(scope="module")
def fitted():
    me, other = alternating(SECONDS)
    a, b = draw((me, other), np.random.default_rng(0), rates=rates(posture_shift=TRUE))
    seen = Observed("s", "n", me, other, done(a, me.frames), done(b, me.frames))
    rows = rows_of(seen, "posture.shift", TERMS, 0, 0.25, np.random.default_rng(1))
    return rows, fit(rows, people=False)


def weight(found, group, name, i):
    return found.weights[TERMS.names.index((group, name, i))]


def test_rates_and_weights_are_found_again(fitted):
    rows, found = fitted
    per_minute = 60 * np.exp(found.base)
    assert rows.events.sum() > 700
    assert per_minute[STATES.index("speaking")] == pytest.approx(2.0, rel=0.3)
    assert per_minute[STATES.index("listening")] == pytest.approx(8.0, rel=0.25)
    assert weight(found, "cues", "other.phrase_end", 0) == pytest.approx(1.5, abs=0.5)
    assert weight(found, "own", "posture.shift", 0) < -0.7
    late = [weight(found, "partner", "posture.shift", i) for i in (3, 4)]
    early = [weight(found, "partner", "posture.shift", i) for i in (0, 1, 2)]
    assert np.mean(late) == pytest.approx(1.0, abs=0.3)
    assert np.mean(early) < 0.5


def test_the_truth_is_likelier_than_states_alone_and_those_than_a_constant(fitted):
    rows, found = fitted
    truth = fit_of(rates(posture_shift=TRUE)["posture.shift"], TERMS)
    states = fit(rows, only_states=True, people=False)
    constant = np.log(rows.events.sum() / rows.exposure.sum()) - 1
    assert log_likelihood(truth, rows) > log_likelihood(states, rows) + 0.02 > constant + 0.04
    assert log_likelihood(found, rows) == pytest.approx(log_likelihood(truth, rows), abs=0.04)


def test_frames_that_stand_for_many_are_as_much_time_as_there_was(fitted):
    rows, _ = fitted
    free = 60 * rows.events.sum() / 4.5  # the rate over all is some 4.5 a minute of the time in which it can happen
    assert rows.exposure.sum() == pytest.approx(free, rel=0.35)
    assert rows.exposure.sum() < SECONDS


def test_what_is_lost_without_columns_is_known(fitted):
    rows, found = fitted
    gone = np.array([name == "other.phrase_end" for _, name, _ in TERMS.names])
    factors = dict(zip(STATES, without(rows, found, gone), strict=True))
    assert factors["silence"] > 1.3
    assert factors["listening"] == pytest.approx(1.0, abs=0.2)
    assert without(rows, found, ~gone & gone) == pytest.approx([1.0] * 4)

"""The response grows with the dose, and nothing is asked for that is not there."""

import numpy as np
import pytest

from visavis.behavior.controls import EMOTIONS, STATES, Controls
from visavis.behavior.rates import KINDS
from visavis.errors import InputError


def test_nothing_asked_changes_nothing():
    for asked in (Controls(), Controls(state="bored", emotion="sad", intensity=0.0)):
        assert all(asked.rate(kind) == 1.0 for kind in KINDS)
        assert asked.size() == 1.0
        assert asked.mood == (0.0, 0.0)


@pytest.mark.parametrize("name", [n for n in (*STATES, *EMOTIONS) if n not in ("none", "neutral")])
def test_the_response_grows_with_the_dose(name):
    field = "state" if name in STATES else "emotion"
    moved = 0
    for kind in KINDS:
        curve = np.log([Controls(**{field: name}, intensity=dose).rate(kind) for dose in np.linspace(0, 2, 9)])
        steps = np.diff(curve)
        assert (steps >= 0).all() or (steps <= 0).all()
        moved += bool(abs(curve[-1]) > 0.1)
    assert moved


def test_personality_works_both_ways():
    assert Controls(extraversion=2).rate("smile") > 1 > Controls(extraversion=-2).rate("smile")
    assert Controls(shyness=2).rate("look.away") > 1 > Controls(shyness=-2).rate("look.away")
    assert Controls(extraversion=1).size() > 1 > Controls(emotion="sad").size()


def test_moods_stay_within_their_square():
    for emotion in EMOTIONS:
        assert max(map(abs, Controls(emotion=emotion, intensity=2.0).mood)) <= 1


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"state": "asleep"}, "there is no state 'asleep'; there are none, attentive, bored"),
        ({"emotion": "hangry"}, "there is no emotion 'hangry'"),
        ({"intensity": 2.5}, "intensity 2.5 is not possible; 0 to 2 is"),
        ({"intensity": float("nan")}, "intensity nan is not possible"),
        ({"gaze": 1.2}, "a gaze share of 1.2 is not possible; 0 to 1 is"),
        ({"extraversion": 9}, "extraversion 9 is not possible; -3 to 3 is"),
    ],
)
def test_what_is_not_possible_is_one_line(asked, told):
    with pytest.raises(InputError, match=told):
        Controls(**asked)

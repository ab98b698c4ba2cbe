"""Events and plans."""

import pytest

from visavis.behavior.events import Event
from visavis.behavior.plan import Plan
from visavis.errors import InputError


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "wink"}, {"kind": "nod", "label": "sad"}, {"end": 0.5}, {"strength": 9.0}, {"start": float("nan")},
        {"kind": "gesture", "label": "beat", "hand": "foot"}, {"kind": "gesture", "label": "beat", "apex": (9.0,)},
        {"cycles": 0}, {"cycles": 10**400}, {"kind": "posture", "label": "lean", "y": 5.0}, {"strength": 4.0},
        {"kind": "smile", "label": "", "strength": 2.0}, {"kind": "blink", "label": "", "hand": "left"},
    ],
)  # fmt: skip
def test_absurd_events_are_refused_in_one_line(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError) as refused:
        Event(**{"kind": "nod", "label": "concord", "start": 1.0, "end": 2.0, **wrong})  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


def test_a_plan_is_in_order_and_within_the_conversation() -> None:
    late, early = Event("nod", 3.0, 3.5, "concord"), Event("blink", 1.0, 1.2)
    plan = Plan(5.0, ((late, early), ()))
    assert plan.people[0] == (early, late)
    assert list(plan.of(0, "nod")) == [late]
    assert plan.intervals(0)["nod"][0].label == "concord"
    with pytest.raises(InputError, match="after the end"):
        Plan(2.0, ((late,), ()))

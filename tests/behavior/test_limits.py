"""Limits of events, and the table in which users read them."""

from pathlib import Path

import pytest

from visavis.behavior.events import KINDS, Event
from visavis.behavior.limits import LIMITS, NUMBERS, limits_of, most_cycles, possible

DOCS = Path(__file__).parents[2] / "docs" / "behavior.md"


def documented():
    """Ranges by kind and label, as the table in the documentation has them."""
    found, kind = {}, ""
    for line in DOCS.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and ("`" in cells[0] or (not cells[0] and "`" in cells[1])):
            kind = cells[0].strip("`") or kind
            labels = [label.strip(" `") for label in cells[1].partition(";")[0].split(",")]
            for label in labels:
                found[kind, "" if label == "none" else label] = dict(zip(NUMBERS, cells[2:], strict=True))
    return found


@pytest.mark.parametrize(("kind", "label"), [(kind, label) for kind, labels in KINDS.items() for label in labels])
def test_the_documented_limits_are_those_that_hold(kind, label):
    row, limits = documented()[kind, label], limits_of(kind, label)
    for name in NUMBERS:
        if name in limits:
            assert row[name].startswith(str(limits[name]))
        else:
            assert row[name] == ""


def test_every_limit_belongs_to_a_kind():
    for name, limits in LIMITS.items():
        kind, _, label = name.partition(".")
        assert not label or label in KINDS[kind]
        assert all(limit.least < limit.most for limit in limits.values())
        usual = Event(kind, 0.0, 1.0, label or KINDS[kind][0])
        assert possible(kind, usual.label, vars(usual)) == vars(usual)


def test_hands_point_farther_to_their_own_side():
    left, right = (limits_of("gesture", "there", hand)["x"] for hand in ("left", "right"))
    assert left.most == -right.least == 1.6
    assert left.least == -right.most == -0.7


def test_there_are_as_many_cycles_as_there_is_time_for():
    assert [most_cycles("nod", "concord", seconds) for seconds in (0.0, 0.2, 0.5, 2.0)] == [1, 1, 2, 10]
    assert most_cycles("gesture", "count", 0.1) == 20
    assert Event("shake", 0.0, 2.0, "discord", cycles=4).until(1.0).cycles == 2

"""Plans that are written, edited by hand and read again."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visavis.behavior.events import KINDS, Event
from visavis.behavior.limits import limits_of
from visavis.behavior.plan import TRACK, Plan, plan_of
from visavis.behavior.plan_files import read_plan, write_plan
from visavis.conversation import Conversation, Participant, Track
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.formats.registry import FORMATS

EVENTS = (
    Event("look", 0.0, 2.0, "partner"),
    Event("nod", 0.52, 1.1, "concord", 1.25, cycles=2),
    Event("look", 2.0, 5.0, "away", x=0.4, y=-0.1),
    Event("gesture", 2.1, 4.0, "beat", 0.9, cycles=2, apex=(2.75, 3.2), hand="right"),
    Event("mood", 2.5, 6.0, "sad", 0.5, -0.6, -0.2),
)
PLAN = Plan(10.0, (EVENTS, (Event("blink", 1.0, 1.22, strength=0.93),)))


@pytest.mark.parametrize("name", ["plan.json", "plan.csv"])
def test_what_is_written_is_read_again(tmp_path, name):
    write_plan(PLAN, tmp_path / name)
    read, notes = read_plan(tmp_path / name, 10.0)
    assert read.people == PLAN.people
    assert notes == []


def test_a_conversation_keeps_its_plan_on_disk(tmp_path):
    people = (Participant("AB"[i], events={**PLAN.intervals(i), "phone": ()}) for i in (0, 1))
    conversation = Conversation("talk", tuple(people), 10.0)
    write_corpus([conversation], tmp_path / "corpus")
    stored = Corpus.open(tmp_path / "corpus")["talk"]
    assert plan_of(stored).people == plan_of(conversation).people == PLAN.people
    assert "phone" in stored.a.events


def _json(tmp_path, *events):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"events": list(events)}))
    return path


def test_a_plan_needs_little(tmp_path):
    path = _json(tmp_path, {"person": "a", "kind": "blink", "start": 1, "end": 1.2})
    (blink,), _ = read_plan(path, 5.0)[0].people
    assert blink == Event("blink", 1.0, 1.2)
    (tmp_path / "p.csv").write_text("kind;person;start;end\nblink;B;1,5;1,75\n")  # from a spreadsheet in Europe
    assert read_plan(tmp_path / "p.csv", 5.0)[0].people[1] == (Event("blink", 1.5, 1.75),)


def test_what_cannot_be_is_mended_and_said(tmp_path):
    nod = {"person": "A", "kind": "nod", "label": "concord"}
    path = _json(
        tmp_path,
        {**nod, "start": 1.0, "end": 2.0}, {**nod, "start": 1.5, "end": 9.0}, {**nod, "start": 1.51, "end": 1.6},
        {**nod, "start": 7.0, "end": 8.0},
    )  # fmt: skip
    plan, notes = read_plan(path, 5.0)
    assert [(e.start, e.end) for e in plan.people[0]] == [(1.0, 1.5), (1.5, 5.0)]
    assert [note.split(": ", 1)[1].split(" of A")[0] for note in notes] == ["1 event", "2 events", "1 event"]


def _within(event):
    limits = limits_of(event.kind, event.label, event.hand)
    return all(limit.least <= getattr(event, name) <= limit.most for name, limit in limits.items())


@pytest.mark.parametrize(
    ("event", "field", "performed"),
    [
        ({"kind": "look", "label": "away", "x": 1e9}, "x", 1.2),
        ({"kind": "posture", "x": -1e6}, "x", -0.2),
        ({"kind": "posture", "label": "lean", "y": 5}, "y", 0.2),
        ({"kind": "tilt", "x": 3}, "x", 0.4),
        ({"kind": "smile", "strength": 5}, "strength", 1),
        ({"kind": "laugh", "strength": 5}, "strength", 2),
        ({"kind": "blink", "strength": -1}, "strength", 0),
        ({"kind": "mood", "x": 1e6}, "x", 1),
        ({"kind": "gesture", "x": 1e300}, "x", 0),
        ({"kind": "gesture", "label": "there", "hand": "left", "x": -1.2}, "x", -0.7),
        ({"kind": "nod", "strength": 1e9}, "strength", 3),
        ({"kind": "nod", "cycles": 1.5}, "cycles", 2),
        ({"kind": "nod", "cycles": 1e300}, "cycles", 5),
        ({"kind": "nod", "cycles": 0}, "cycles", 1),
        ({"kind": "smile", "cycles": 3}, "cycles", 1),
    ],
)
def test_what_nobody_could_do_is_brought_to_the_limit_and_told(tmp_path, event, field, performed):
    path = _json(tmp_path, {"person": "B", "start": 1, "end": 2, **event})
    plan, (note,) = read_plan(path, 10.0)
    assert getattr(plan.people[1][0], field) == performed
    assert note.startswith(f"plan.json: event 1 ({event['kind']} of B at 1 s): {field} {event[field]:g} becomes")
    assert len(note) < 150


def test_many_notes_of_a_kind_are_one_line(tmp_path):
    tilts = [{"person": "A", "kind": "tilt", "start": i, "end": i + 0.5, "x": 3} for i in range(9)]
    _, notes = read_plan(_json(tmp_path, *tilts, {"person": "A", "kind": "mood", "start": 1, "end": 2, "x": 2}), 10.0)
    assert len(notes) == 2
    assert "9 values of tilts" in notes[0]
    assert "event 1 " in notes[0]


ANY = st.one_of(st.floats(-2, 2), st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**30), 10**30))
ROWS = st.fixed_dictionaries(
    {"person": st.sampled_from("AB"), "kind": st.sampled_from(sorted(KINDS)),
     "start": st.floats(0, 12), "end": st.floats(12, 1e9)},
    optional={"strength": ANY, "x": ANY, "y": ANY, "cycles": ANY},
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, max_size=8))
def test_whatever_is_edited_can_be_done(tmp_path, rows):
    plan, notes = read_plan(_json(tmp_path, *rows), 10.0)
    events = [event for person in plan.people for event in person]
    assert all(_within(event) for event in events)
    assert all(event.end <= 10 for event in events)
    write_plan(plan, tmp_path / "again.json")
    again, silent = read_plan(tmp_path / "again.json", 10.0)
    assert [len(person) for person in again.people] == [len(person) for person in plan.people]
    assert not any("becomes" in note for note in silent)
    assert all(len(note) < 250 for note in notes)


def test_a_person_tilts_the_head_one_way_at_a_time_and_what_is_cut_does_not_speed_up(tmp_path):
    row = {"person": "A", "start": 1, "end": 5}
    tilts = [{**row, "kind": "tilt", "x": 0.3, "start": 1 + i / 100} for i in range(100)]
    plan, notes = read_plan(_json(tmp_path, *tilts, {**row, "kind": "nod", "cycles": 8}), 3.0)
    heads = [event for event in plan.people[0] if event.kind == "tilt"]
    assert all(one.end <= other.start for one, other in pairwise(heads))
    assert next(event.cycles for event in plan.people[0] if event.kind == "nod") == 4
    assert notes


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"person": "C"}, "neither A nor B"),
        ({"kind": "wink"}, "there is no event 'wink'"),
        ({"start": "soon"}, "a number is needed"),
        ({"start": float("nan")}, "a number is needed"),
        ({"start": True}, "a number is needed"),
        ({"start": 5, "end": 1}, "start <= end"),
        ({"kind": 7}, "text is needed"),
        ({"start": 10**4000}, "a number is needed"),
        ({"end": "9" * 500}, "a number is needed"),
        ({"Start": 2}, "a name stands there twice"),
        ({"apex": [[1]]}, "a number is needed"),
        ({"colour": "red"}, "there is no 'colour'"),
        ({"label": 3}, "text is needed"),
        ({"end": None}, "end is missing"),
    ],
)
def test_absurd_events_are_named(tmp_path, event, said):
    nod = {"person": "A", "kind": "nod", "start": 1, "end": 2, "label": "concord", **event}
    path = _json(tmp_path, {"person": "A", "kind": "blink", "start": 1, "end": 1.2}, nod)
    with pytest.raises(InputError, match="event 2") as refused:
        read_plan(path, 10.0)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("content", ["[1, 2]", "{}", '"x"', "{", '{"events": 3}', f"[{'9' * 5000}]"])
def test_other_files_are_no_plans(tmp_path, content):
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(InputError, match=r"plan\.json") as refused:
        read_plan(tmp_path / "plan.json", 10.0)
    assert "set_int_max" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("A,nod,1,2,concord\n", "does not name the columns person, kind, start, end"),
        ("person,kind,start\nA,nod,1\n", "does not name the column end"),
        ("person,kind,start,start,end\nA,nod,1,2,3\n", "names start twice"),
        ("person,kind,start,end\nA,nod,1,2,concord\n", "line 2: has 5 cells, but the first line names 4"),
        ("person,kind,start,end,mood\nA,nod,1,2,sad\n", "there is no 'mood'"),
    ],
)
def test_tables_that_could_mean_anything_are_refused(tmp_path, content, said):
    (tmp_path / "plan.csv").write_text(content)
    with pytest.raises(InputError, match=r"plan\.csv") as refused:
        read_plan(tmp_path / "plan.csv", 10.0)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [("p.csv", "person,kind,start,end\n"), ("p.json", "[]"), ("p.json", '{"events": []}'),
     ("p.csv", "person,kind,start,end\nA,nod,11,12\n")],
)  # fmt: skip
def test_a_plan_in_which_nobody_does_anything_says_so(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    plan, notes = read_plan(tmp_path / name, 10.0)
    assert plan.people == ((), ())
    assert "nobody does anything but speak" in notes[-1]


def test_spreadsheets_may_write_names_with_capitals_and_leave_labels_out(tmp_path):
    (tmp_path / "p.csv").write_text("Person,Kind,Start,End,Label,Hand,\nA,Nod,1,2,,,\na,gesture,3,4,Palm,LEFT\n")
    plan, notes = read_plan(tmp_path / "p.csv", 10.0)
    assert plan.people[0] == (Event("nod", 1.0, 2.0, "concord"), Event("gesture", 3.0, 4.0, "palm", hand="left"))
    assert notes == []


def test_random_plans_survive_the_file(tmp_path):
    rng = np.random.default_rng(0)
    nods = ((t, t + rng.uniform(0.6, 0.9), rng.uniform(0.3, 2), rng.integers(1, 4)) for t in np.arange(0.0, 60.0))
    events = [Event("nod", t, float(end), "emphasis", float(size), cycles=int(n)) for t, end, size, n in nods]
    write_plan(Plan(60.0, (tuple(events), ())), tmp_path / "plan.json")
    read, notes = read_plan(tmp_path / "plan.json", 60.0)
    assert not notes
    for a, b in zip(read.people[0], events, strict=True):
        assert (a.start, a.end, a.strength) == pytest.approx((b.start, b.end, b.strength), abs=1e-3)
        assert a.cycles == b.cycles


def test_a_plan_is_written_by_default_where_there_is_one():
    plain = Conversation("talk", (Participant("A"), Participant("B")), 10.0)
    assert not FORMATS["plan"].has_something(plain)
    curves = {TRACK: Track(np.zeros((250, 1)), 25.0)}
    planned = plain.with_participants(*(replace(person, tracks=curves) for person in plain))
    assert FORMATS["plan"].has_something(planned)
    assert all(format.has_something(plain) for name, format in FORMATS.items() if name != "plan")

"""Plans that are written, edited by hand and read again."""

import json
from dataclasses import replace

import numpy as np
import pytest

from visavis.behavior.events import Event
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


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"person": "C"}, "neither A nor B"),
        ({"kind": "wink"}, "there is no event 'wink'"),
        ({"start": "soon"}, "a number is needed"),
        ({"start": float("nan")}, "a number is needed"),
        ({"start": True}, "a number is needed"),
        ({"start": 5, "end": 1}, "start <= end"),
        ({"strength": 1e9}, "a strength of 1e+09"),
        ({"cycles": 1e30}, "cycles"),
        ({"apex": [[1]]}, "a number is needed"),
        ({"colour": "red"}, "there is no colour"),
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


@pytest.mark.parametrize("content", ["[1, 2]", "{}", '"x"', "{", '{"events": 3}'])
def test_other_files_are_no_plans(tmp_path, content):
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(InputError, match=r"plan\.json"):
        read_plan(tmp_path / "plan.json", 10.0)


def test_random_plans_survive_the_file(tmp_path):
    rng = np.random.default_rng(0)
    nods = ((t, t + rng.uniform(0.2, 0.9), rng.uniform(0.3, 2), rng.integers(1, 4)) for t in np.arange(0.0, 60.0))
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

"""What a plan says is taken as it is written, or refused with what to write instead."""

from pathlib import Path

import pytest

from visavis.errors import InputError
from visavis.preference.forced_choice.plan import Plan, parse_plan
from visavis.preference.kinds import read_plan
from visavis.reading import parse_yaml

PLAN = """
title: Listeners
question: Which fits?
ours: ours
against: [other]
items:
  - id: first
    options: {ours: a.mp4, other: b.mp4}
"""


def read(text: str) -> Plan:
    return parse_plan(parse_yaml(text, "plan.yaml"), Path("plan.yaml"))


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("001", "a number (1)"),
        ("12", "a number (12)"),
        ("1e3", None),  # text to YAML 1.1
        ("1.50", "a number (1.5)"),
        ("1_000", "a number (1000)"),
        ("0x1F", "a number (31)"),
        ("no", "yes or no (False)"),
        ("On", "yes or no (True)"),
        ("[a, b]", "several values"),
    ],
)
def test_names_that_yaml_takes_for_something_else_are_to_be_quoted(written: str, kind: str | None) -> None:
    if kind is None:
        assert read(PLAN.replace("first", written)).items[0].id == written
        return
    for field, text in (("items.0.id", "first"), ("title", "Listeners"), ("question", "Which fits?")):
        with pytest.raises(InputError) as caught:
            read(PLAN.replace(text, written))
        assert str(caught.value).startswith(f"plan.yaml: {field}: YAML takes this for {kind}")
        assert "put it in quotes, such as '001'" in str(caught.value)


@pytest.mark.parametrize("written", ["'001'", '"12"', "'no'", "item-1", "2026-01-02", "001a", "'12.30'"])
def test_quoted_names_stay_as_they_are(written: str) -> None:
    assert read(PLAN.replace("first", written)).items[0].id == written.strip("'\"")


def test_methods_that_are_numbers_are_to_be_quoted_wherever_they_stand() -> None:
    with pytest.raises(InputError, match=r"plan\.yaml: ours: YAML takes this for a number \(1\)"):
        read(PLAN.replace("ours: ours", "ours: 1"))
    with pytest.raises(InputError, match=r"plan\.yaml: against\.0: YAML takes this for a number \(2\)"):
        read(PLAN.replace("[other]", "[2]"))
    with pytest.raises(InputError, match=r"options.*YAML takes this for a number \(2\)"):
        read(PLAN.replace("other: b", "2: b"))
    quoted = read(PLAN.replace("[other]", "['2']").replace("other: b", "'2': b"))
    assert list(quoted.items[0].options) == ["ours", "2"]


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("ours: a.mp4", "ours: 007", r"options\.ours: YAML takes this for a number \(7\); put it in quotes"),
        ("ours: a.mp4", "ours: yes", r"options\.ours: YAML takes this for yes or no"),
        ("ours: a.mp4", "ours: [a.mp4]", r"options\.ours: YAML takes this for several values"),
        ("ours: a.mp4", "ours: ''", r"options\.ours: is empty"),
        ("id: first", "id: first\n    speaker: {video: 7}", r"speaker\.video: YAML takes this for a number \(7\)"),
        ("id: first", "id: first\n    speaker: cat.mp4", r"speaker: needs a group of settings .*, not 'cat\.mp4'"),
        ("[other]", "other", r"against: needs a list such as \[a, b\], not 'other'"),
        ("[other]", "{other: 1}", r"against: needs a list such as \[a, b\], not a mapping"),
        ("  - id: first", "    first:", r"items: needs a list such as \[a, b\], not a mapping"),
        ("{ours: a.mp4, other: b.mp4}", "[a.mp4]", r"options: needs a mapping such as \{a: b\}, not a list"),
        ("id: first", "id:", r"items\.0\.id: is empty"),
        ("id: first", "id: ''", r"items\.0\.id: is empty"),
        ("id: first", "id: a b", r"items\.0\.id: 'a b' cannot be a name: begin with a letter or digit"),
        ("other: b", "other: b, 'x y': b", r"options\.x y: 'x y' cannot be a name"),
        ("ours: ours", "ours: -a", r"ours: '-a' cannot be a name"),
        ("title: Listeners", "seed: 1" + 40 * "0", r"seed: Input should be less than or equal to 4294967295"),
        ("title: Listeners", "answers: yes", r"answers: needs a number, not yes"),
        ("title: Listeners", "question: A", r"line \d: 'question' is set twice"),
        ("other: b.mp4", "ours: c.mp4", r"line \d: 'ours' is set twice"),
        ("title: Listeners", "title: !!binary aGk=", r"line \d: !!binary is not read here"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_plain_line(before: str, after: str, line: str) -> None:
    with pytest.raises(InputError, match=line) as caught:
        read(PLAN.replace(before, after, 1))
    assert "\n" not in str(caught.value)
    assert "A-Za-z" not in str(caught.value)


def test_a_kind_left_empty_is_the_usual_one(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(f"kind:\n{PLAN}")
    kind, values = read_plan(tmp_path / "plan.yaml")
    assert kind.name == "forced-choice"
    assert "kind" not in values

"""The plan of a study: a YAML file with the question, the methods, and all files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from visavis.reading import shown
from visavis.settings import LARGEST_SEED, Section, validate


def _need_text(value: Any) -> Any:
    """Refuses what YAML takes for something else, as what was written cannot be told any more: ``001`` is 1."""
    if isinstance(value, str):
        if not value.strip():
            raise ValueError("is empty; enter some text")
        return value
    if value is None:
        raise ValueError("is empty; enter some text, in quotes if it is null or ~")
    kind = "yes or no" if isinstance(value, bool) else "a number"
    if isinstance(value, list | dict):
        kind = "several values"
    raise ValueError(f"YAML takes this for {kind} ({str(value)[:40]}); put it in quotes, such as '001'")


def _need_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{shown(name)[:70]!r} cannot be a name: begin with a letter or digit, use letters from a to z, digits and "
            "_ . - only, 64 at most"
        )
    return name


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
Name = Annotated[str, BeforeValidator(_need_text), AfterValidator(_need_name)]
"""Of items and methods; they are written to tables."""
File = Annotated[Path, BeforeValidator(_need_text)]
Text = Annotated[str, BeforeValidator(_need_text), StringConstraints(max_length=4000, strip_whitespace=True)]
_CONSENT = (
    "You will watch pairs of short videos and choose the one you prefer. Taking part is voluntary and you may stop "
    "at any "
    "time by closing this page. Your choices, response times and code are stored; no other information about you is "
    "stored."
)
_THANKS = "Thank you. Your answers have been saved; you may close this page."


class Speaker(Section):
    """What both options answer.

    Attributes:
        video: A file, with sound or without.
        audio: A file, instead of a video.
        text: The speaker's words; shown beside whatever there is to see and hear.
    """

    video: File | None = None
    audio: File | None = None
    text: Text | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.video is not None and self.audio is not None:
            raise ValueError("a speaker has video or audio, not both")
        return self


class Item(Section):
    """One speaker and the options of every method.

    Attributes:
        id: Its name.
        speaker: What the options answer; nothing where the videos show both people.
        options: By method, a video.
    """

    id: Name
    speaker: Speaker = Speaker()
    options: dict[Name, File]


class Check(Section):
    """A pair in which one option is obviously wrong.

    Attributes:
        speaker: What the options answer.
        fitting: The video that everybody who pays attention chooses.
        unfitting: The other.
    """

    speaker: Speaker = Speaker()
    fitting: File
    unfitting: File


class Plan(Section):
    """A study as its author writes it down. Paths are relative to the file's folder.

    Attributes:
        title: Heading of the page.
        question: What is to be decided between the two.
        ours: The method whose preference is reported.
        against: The methods that it is compared with.
        items: Speakers with options of all methods.
        checks: Pairs with an obviously wrong option; instructed choices are added in any case.
        answers: How many people answer each pair. The paper: 4.
        per_participant: Pairs that one person answers at most, besides checks and repeated pairs.
        block: Pairs between two rests, at most. Each block has one attention check.
        repeats: Pairs that each person sees again with sides exchanged.
        allowed_failures: Attention checks that one may fail and still be counted.
        consent: What people agree to.
        thanks: What is shown at the end; a place for a completion code.
        seed: Decides order and sides.
    """

    title: Text = "Which of the two?"
    question: Text
    ours: Name
    against: tuple[Name, ...] = Field(min_length=1, max_length=20)
    items: tuple[Item, ...] = Field(min_length=1, max_length=5000)
    checks: tuple[Check, ...] = Field(default=(), max_length=100)
    answers: int = Field(default=4, ge=1, le=1000)
    per_participant: int = Field(default=30, ge=1, le=500)
    block: int = Field(default=10, ge=1, le=500)
    repeats: int = Field(default=2, ge=0, le=50)
    allowed_failures: int = Field(default=0, ge=0, le=100)
    consent: Text = _CONSENT
    thanks: Text = _THANKS
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        methods = [self.ours, *self.against]
        if len(set(methods)) < len(methods):
            raise ValueError("a method appears twice in ours and against")
        ids = [item.id for item in self.items]
        for id in ids:
            if ids.count(id) > 1:
                raise ValueError(f"two items are named {id!r}")
        for item in self.items:
            for method in methods:
                if method not in item.options:
                    raise ValueError(f"item {item.id!r} has no option for {method!r}")
        return self


def parse_plan(values: Mapping[str, Any], path: Path) -> Plan:
    """A study's plan from what its file says.

    Raises:
        InputError: A field is missing, unknown or not what it should be; `path` is named.
    """
    return validate(Plan, dict(values), str(path))

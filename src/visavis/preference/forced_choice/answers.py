"""Who joined a forced choice, and what they chose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from visavis.preference.forced_choice.design import Design, Kind, ScreenSide, Trial
from visavis.preference.tables import Row, read_rows

ANSWERS_NAME, PARTICIPANTS_NAME = "answers.csv", "participants.csv"
CODE = r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$"
"""Of those who join: a spreadsheet would take a code that begins with a minus for a formula."""
_STORED_CODE = r"^[A-Za-z0-9_-]{1,64}$"
PLAYED = 0.9
"""Share of the two videos' lengths that has passed when both have ended: players leave out the last frame or two."""
MOST_RUSHED = 0.5
"""Share of rushed answers above which none of a person's answers count."""


class Joined(Row):
    """Somebody agreed to take part.

    Attributes:
        time: ISO 8601, UTC.
        participant: The code.
        place: Which of the study's sessions, from 0.
    """

    FILE = PARTICIPANTS_NAME
    time: str
    participant: str = Field(pattern=_STORED_CODE)
    place: int = Field(ge=0)


class Answer(Row):
    """One choice.

    Attributes:
        time: When it was stored, ISO 8601, UTC.
        participant: Whose it is.
        trial: Which of the session's trials, from 0.
        kind: See `Trial`.
        scene: The item or check.
        left: The method shown on the left.
        right: The method shown on the right.
        choice: The side that was chosen.
        chosen: The method that was chosen.
        seconds: From when the trial was shown until the choice was sent, by the browser's clock.
        plays_left: How often the left option was played to its end, as the browser says.
        plays_right: How often the right one was.
        passed: In checks, 1 or 0.
        rushed: 1 if both options cannot have been watched to the end within `seconds`, or within the time since the
            answer before by the server's clock; else 0. Empty in tables of visavis 0.1.
    """

    FILE = ANSWERS_NAME
    time: str
    participant: str = Field(pattern=_STORED_CODE)
    trial: int = Field(ge=0)
    kind: Kind
    scene: str
    left: str
    right: str
    choice: ScreenSide
    chosen: str
    seconds: float = Field(ge=0, allow_inf_nan=False)
    plays_left: int = Field(ge=1)
    plays_right: int = Field(ge=1)
    passed: int | None = Field(default=None, ge=0, le=1)
    rushed: int | None = Field(default=None, ge=0, le=1)


def shortest(design: Design, trial: Trial | Answer) -> float:
    """Seconds that it takes to watch both options, which play one after the other."""
    options = design.scenes[trial.scene].options
    return PLAYED * sum(design.media[options[method]].seconds for method in (trial.left, trial.right))


def is_rushed(design: Design, answer: Answer) -> bool:
    """Whether an answer came before both options can have been watched."""
    return bool(answer.rushed) if answer.rushed is not None else answer.seconds < shortest(design, answer)


def is_attentive(design: Design, given: Sequence[Answer]) -> bool:
    """Whether somebody's answers count: few attention checks failed, most pairs watched."""
    rushed = sum(is_rushed(design, answer) for answer in given)
    return sum(a.passed == 0 for a in given) <= design.allowed_failures and rushed <= max(2, MOST_RUSHED * len(given))


class Answers:
    """The two tables of a study as they stand, for counting.

    Args:
        folder: Of the study.

    Raises:
        InputError: A table is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.joined = read_rows(folder, Joined)
        self.answers = read_rows(folder, Answer)

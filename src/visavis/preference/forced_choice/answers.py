"""Who joined a forced choice, and what they chose."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from visavis.preference.forced_choice.design import Kind, ScreenSide
from visavis.preference.tables import Row, read_rows

ANSWERS_NAME, PARTICIPANTS_NAME = "answers.csv", "participants.csv"
CODE = r"^[A-Za-z0-9_-]{1,64}$"


class Joined(Row):
    """Somebody agreed to take part.

    Attributes:
        time: ISO 8601, UTC.
        participant: The code.
        place: Which of the study's sessions, from 0.
    """

    FILE = PARTICIPANTS_NAME
    time: str
    participant: str = Field(pattern=CODE)
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
        plays_left: How often the left option was played to its end.
        plays_right: How often the right one was.
        passed: In checks, 1 or 0.
    """

    FILE = ANSWERS_NAME
    time: str
    participant: str = Field(pattern=CODE)
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

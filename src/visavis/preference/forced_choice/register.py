"""Participants of a study, what they see next, and what they answered."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from visavis.errors import InputError
from visavis.preference.forced_choice.answers import Answer, Joined, is_attentive, is_rushed, shortest
from visavis.preference.forced_choice.design import Design, ScreenSide, Trial
from visavis.preference.serving import served_here
from visavis.preference.tables import Table

GIVEN_UP = 3600.0
"""Seconds without an answer after which somebody else may have the place of a person who has not finished."""
NOT_BEGUN = 600.0
"""The same for a person who has answered nothing at all."""
NEW_FOR = 60.0
"""Seconds after joining for which a person is new in any case."""
MOST_NEW = 10
"""New people of one network address at the same time, unless they are half of a study."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class UnknownCodeError(LookupError):
    """Nobody takes part under this code."""


class FullError(LookupError):
    """Every place of the study is taken."""


class CrowdedError(LookupError):
    """As many people as may be new at the same time have just started from this network address."""


class OutOfTurnError(ValueError):
    """An answer to a trial that is not this person's next one."""


@dataclass
class Person:
    """Somebody who takes part.

    Attributes:
        code: Under which they do.
        place: Which of the sessions is theirs.
        joined: When they did.
        seen: When they joined or last answered.
        network: The network address that they joined from; not stored, so unknown of those who joined before the
            server was started again.
        answers: So far, in the order of the session's trials.
    """

    code: str
    place: int
    joined: datetime
    seen: datetime
    network: str | None = None
    answers: list[Answer] = field(default_factory=list)


class Register:
    """A study while it is served; safe to use from several threads, and by one process at a time.

    Args:
        design: Of the study.
        folder: Its folder, where the tables are.
        now: The time.
        per_address: People of one network address that may be new at the same time; 0 for any number, None for
            `MOST_NEW` or half of the study's places.

    Raises:
        InputError: Another process serves this study, or its tables are damaged or cannot be written.
    """

    def __init__(
        self, design: Design, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC),
        per_address: int | None = None,
    ) -> None:  # fmt: skip
        self.design, self._now = design, now
        self._most_new = min(MOST_NEW, max(1, len(design.sessions) // 2)) if per_address is None else per_address
        self._guard = threading.Lock()
        self._people: dict[str, Person] = {}
        with ExitStack() as opened:
            opened.enter_context(served_here(folder))
            self._joined = opened.enter_context(closing(Table(folder, Joined)))
            self._answers = opened.enter_context(closing(Table(folder, Answer)))
            self._remember()
            self._opened = opened.pop_all()

    def _remember(self) -> None:
        """Takes up what earlier runs stored."""
        for joined in self._joined.rows:
            if joined.place >= len(self.design.sessions) or joined.participant in self._people:
                raise InputError(f"{self._joined.path}: {joined.participant} has an invalid entry; restore the file")
            seen = _time(joined.time, self._joined.path)
            self._people[joined.participant] = Person(joined.participant, joined.place, seen, seen)
        for answer in self._answers.rows:
            person = self._people.get(answer.participant)
            if person is None or answer.trial != len(person.answers) or answer.trial >= len(self.trials(person)):
                raise InputError(
                    f"{self._answers.path}: trial {answer.trial} of {answer.participant} is out of place; "
                    "restore the file"
                )
            person.answers.append(answer)
            person.seen = _time(answer.time, self._answers.path)

    @property
    def stored(self) -> int:
        """Answers so far."""
        return len(self._answers.rows)

    def trials(self, person: Person) -> tuple[Trial, ...]:
        """What a person sees, in order."""
        return self.design.sessions[person.place]

    def find(self, code: str) -> Person:
        """A person by code.

        Raises:
            UnknownCodeError: There is none.
        """
        try:
            return self._people[code]
        except KeyError:
            raise UnknownCodeError from None

    def join(self, code: str | None, network: str | None = None) -> Person:
        """Gives a person a place; whoever has one keeps it.

        Args:
            code: Theirs, or None for a new one.
            network: The network address that they ask from, if it is known.

        Raises:
            CrowdedError: Too many people of this address are new; there may be room in a moment.
            FullError: There is no place left.
            OSError: It could not be stored.
        """
        with self._guard:
            if code in self._people:
                return self._people[code]
            place = self._free_place()
            if network and self._most_new and self._new_people(network) >= self._most_new:
                raise CrowdedError
            if code is None:
                code = "".join(secrets.choice(_LETTERS) for _ in range(10))
            now = self._now()
            self._joined.append(Joined(time=now.isoformat(), participant=code, place=place))
            self._people[code] = Person(code, place, now, now, network)
            return self._people[code]

    def _new_people(self, network: str) -> int:
        """People of an address who have just joined, or hold a place for which they have watched nothing yet."""
        count = 0
        for person in self._people.values():
            since = (self._now() - person.joined).total_seconds()
            watched = any(not is_rushed(self.design, answer) for answer in person.answers)
            count += person.network == network and (since < NEW_FOR or (not watched and since < NOT_BEGUN))
        return count

    def _free_place(self) -> int:
        """The first place that nobody has had; then one whose people gave up or did not pay attention."""
        had = [0] * len(self.design.sessions)
        taken = set()
        for person in self._people.values():
            had[person.place] += 1
            finished = len(person.answers) == len(self.trials(person))
            away = (self._now() - person.seen).total_seconds()
            at_it = away < (GIVEN_UP if person.answers else NOT_BEGUN)
            if is_attentive(self.design, person.answers) and (finished or at_it):
                taken.add(person.place)
        free = [place for place in range(len(had)) if place not in taken]
        if not free:
            raise FullError
        return min(free, key=lambda place: (had[place], place))

    def answer(self, code: str, trial: int, choice: ScreenSide, seconds: float, plays: tuple[int, int]) -> Person:
        """Stores an answer; the same one sent again changes nothing.

        Args:
            code: Whose it is.
            trial: Which of the session's trials.
            choice: The side.
            seconds: How long it took.
            plays: How often the left and the right option were played.

        Raises:
            UnknownCodeError: Nobody takes part under this code.
            OutOfTurnError: It is neither the next trial nor one that was answered.
            OSError: It could not be stored.
        """
        with self._guard:
            person = self.find(code)
            if 0 <= trial < len(person.answers):
                return person
            trials = self.trials(person)
            if trial != len(person.answers) or trial >= len(trials):
                raise OutOfTurnError
            shown, now = trials[trial], self._now()
            watched_for = min(seconds, (now - person.seen).total_seconds())
            row = Answer(
                time=now.isoformat(), participant=code, trial=trial, kind=shown.kind, scene=shown.scene,
                left=shown.left, right=shown.right, choice=choice,
                chosen=shown.left if choice == "left" else shown.right, seconds=round(seconds, 3),
                plays_left=plays[0], plays_right=plays[1],
                passed=None if shown.expected is None else int(choice == shown.expected),
                rushed=int(watched_for < shortest(self.design, shown)),
            )  # fmt: skip
            self._answers.append(row)
            person.answers.append(row)
            person.seen = now
            return person

    def close(self) -> None:
        """Lets another process serve the study."""
        self._opened.close()


def _time(text: str, path: Path) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise InputError(f"{path}: {text!r} is not a timestamp; restore the file") from None

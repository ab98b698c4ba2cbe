"""How long-running work reports to its user: what it is going to do, notes, and progress."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Update = Callable[[float], None]
"""Takes the share of a step that is done, 0 to 1."""


def portion(update: Update, start: float, share: float) -> Update:
    """Takes the share done of one part of a step, which begins at `start` and makes up `share` of it."""
    return lambda done: update(start + share * done)


class Reporter:
    """Takes notes and shows progress; this one is silent, and what a program uses unless it is given another.

    The executable's is `visavis.cli.console.ConsoleReporter`; an application subclasses this and overrides what it
    shows.
    """

    def say(self, line: str) -> None:
        """Takes one line about what is going to be done."""

    def note(self, line: str) -> None:
        """Takes one line about something fulfilled with limitations."""

    def progress(self, title: str) -> AbstractContextManager[Update]:
        """Shows that a step is going on; what it yields takes the share done."""
        return nullcontext(lambda _share: None)

    def detail(self, words: str) -> None:
        """Takes a few words about the step that is going on, to be shown beside its progress from the next share on."""


SILENT = Reporter()
"""Says nothing."""

"""What the executable prints: messages go to standard error, one line each; standard output is for results.

Names and texts that come from files may hold anything. What would move a terminal's cursor, colour it or break a line
is printed as an escape, so that nothing printed here is more than text.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from visavis.errors import shown
from visavis.reporter import Reporter, Update

_WARM = 3.0
"""Seconds in which a step may still load and start what it needs; its speed is measured from the first share after."""
_MEASURED, _ENOUGH = 3.0, 0.02
"""Seconds of work, and the share done in them, from which the rest can be told."""
_WORTH_TELLING = 10.0
"""Seconds left; less is over before it is read."""
_EVERY = 20.0
"""Seconds between two lines after that."""


def complain(message: str, kind: str = "error") -> None:
    """Prints ``visavis: error: ...`` in one line."""
    say(f"visavis: {kind}: {' '.join(message.split())}")


def say(message: str) -> None:
    """Prints one line of status."""
    print(shown(message), file=sys.stderr)


def show(result: object = "") -> None:
    """Prints a result, which may have several lines, to standard output."""
    print("\n".join(shown(line) for line in str(result).split("\n")), flush=True)


def show_part(text: str) -> None:
    """Prints a part of a line of a result at once, to standard output."""
    print(shown(text), end="", flush=True)


def show_json(values: Any) -> None:
    """Prints plain values as JSON, to standard output."""
    text = json.dumps(values, ensure_ascii=False)
    print("".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text), flush=True)


class ConsoleReporter(Reporter):
    """What a workflow has to tell its user, on standard error."""

    def __init__(self) -> None:
        self._detail = ""

    def say(self, line: str) -> None:
        """Prints one line of status."""
        say(line)

    def note(self, line: str) -> None:
        """Prints ``visavis: note: ...`` in one line."""
        complain(line, kind="note")

    def progress(self, title: str) -> AbstractContextManager[Update]:
        """A progress bar, or lines; see `progress_bar`."""
        self._detail = ""
        return progress_bar(title, lambda: self._detail)

    def detail(self, words: str) -> None:
        """Shows words beside the progress."""
        self._detail = words


@contextmanager
def progress_bar(title: str, detail: Callable[[], str] = str) -> Iterator[Update]:
    """A progress bar on a terminal; elsewhere a line soon, one now and then, and one at the end.

    Args:
        title: Of the step.
        detail: What to show beside the share done.
    """
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield from _plain(title, detail)
        return
    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[detail]}", markup=False),
    )  # fmt: skip
    with Bar(*columns, console=console) as bar:
        task = bar.add_task(f"{shown(title):<22}", total=1.0, detail="")
        yield lambda share: bar.update(task, completed=share, detail=shown(detail()))
        bar.update(task, completed=1.0)


def _plain(title: str, detail: Callable[[], str]) -> Iterator[Update]:
    import time
    from datetime import timedelta

    start = time.monotonic()
    last = start
    begun: tuple[float, float] | None = None  # the share from which on speed is measured, and when

    def update(share: float) -> None:
        nonlocal last, begun
        now = time.monotonic()
        if begun is None and now - start >= _WARM:
            begun = share, now
        done, since = (share - begun[0], now - begun[1]) if begun else (0.0, 0.0)
        measured = done > 0 and (since >= _EVERY or (since >= _MEASURED and done >= _ENOUGH))
        left = since * (1 - share) / done if measured else 0.0
        soon = last == start and left >= _WORTH_TELLING
        if now - last < _EVERY and not soon:
            return
        last = now
        words = [f"{share:.0%}", detail()]
        if measured:
            words.append(f"about {timedelta(seconds=round(left))} left")
        say(f"{title}: {', '.join(word for word in words if word)}")

    yield update
    say(f"{title}: done in {time.monotonic() - start:.1f} s")

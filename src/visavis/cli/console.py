"""What the executable prints: messages go to standard error, one line each; standard output is for results."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from visavis.reporter import Reporter, Update


def complain(message: str, kind: str = "error") -> None:
    """Prints ``visavis: error: ...`` in one line."""
    line = " ".join(message.split())
    print(f"visavis: {kind}: {line}", file=sys.stderr)


def say(message: str) -> None:
    """Prints one line of status."""
    print(" ".join(message.split()), file=sys.stderr)


class ConsoleReporter(Reporter):
    """What a workflow has to tell its user, on standard error."""

    def __init__(self) -> None:
        self._detail = ""

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
    """A progress bar on a terminal; elsewhere a line now and then, and one at the end.

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
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
               TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[detail]}"))  # fmt: skip
    with Bar(*columns, console=console) as bar:
        task = bar.add_task(f"{title:<22}", total=1.0, detail="")
        yield lambda share: bar.update(task, completed=share, detail=detail())
        bar.update(task, completed=1.0)


def _plain(title: str, detail: Callable[[], str]) -> Iterator[Update]:
    import time
    from datetime import timedelta

    start = time.monotonic()
    shown, first = start, 0.0

    def update(share: float) -> None:
        nonlocal shown, first
        now = time.monotonic()
        if shown == start:
            first = first or share  # what an earlier run did took no time of this one
        if now - shown >= 20:
            shown = now
            words = [f"{share:.0%}", detail()]
            if share > first:
                left = (now - start) * (1 - share) / (share - first)
                words.append(f"about {timedelta(seconds=round(left))} left")
            say(f"  {title}: {', '.join(word for word in words if word)}")

    yield update
    say(f"  {title}: done in {time.monotonic() - start:.1f} s")

"""What the executable prints: messages go to standard error, one line each; standard output is for results."""

from __future__ import annotations

import sys
from collections.abc import Iterator
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

    def note(self, line: str) -> None:
        """Prints ``visavis: note: ...`` in one line."""
        complain(line, kind="note")

    def progress(self, title: str) -> AbstractContextManager[Update]:
        """A progress bar, or lines; see `progress_bar`."""
        return progress_bar(title)


@contextmanager
def progress_bar(title: str) -> Iterator[Update]:
    """A progress bar on a terminal, a line at the start and one at the end elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield from _plain(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
               TimeElapsedColumn(), TimeRemainingColumn())  # fmt: skip
    with Bar(*columns, console=console) as bar:
        task = bar.add_task(f"{title:<22}", total=1.0)
        yield lambda share: bar.update(task, completed=share)
        bar.update(task, completed=1.0)


def _plain(title: str) -> Iterator[Update]:
    import time

    start = time.monotonic()
    shown = start

    def update(share: float) -> None:
        nonlocal shown
        if time.monotonic() - shown >= 20:
            shown = time.monotonic()
            say(f"  {title}: {share:.0%}")

    yield update
    say(f"  {title}: done in {time.monotonic() - start:.1f} s")

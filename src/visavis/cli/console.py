"""What the executable prints: messages go to standard error, one line each; standard output is for results."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from visavis.reporter import Reporter, Update

_MEASURED = 3.0
"""Seconds of work from whose speed the rest is estimated."""
_WORTH_TELLING = 10.0
"""Seconds; less is over before it is read."""
_EVERY = 20.0
"""Seconds between two lines about the share done."""


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

    def say(self, line: str) -> None:
        """Prints one line of status."""
        say(line)

    def progress(self, title: str) -> AbstractContextManager[Update]:
        """A progress bar, or lines; see `progress_bar`."""
        return progress_bar(title)


@contextmanager
def progress_bar(title: str) -> Iterator[Update]:
    """A progress bar on a terminal; elsewhere lines: how long it will take, the share done, and how long it took."""
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

    start = shown = time.monotonic()
    begun: tuple[float, float] | None = None  # when the first share was done, and which
    estimated = False

    def update(share: float) -> None:
        nonlocal shown, begun, estimated
        now = time.monotonic()
        if begun is None and share > 0:
            begun = now, share
        elif begun and not estimated and now - begun[0] >= _MEASURED and share > begun[1]:
            estimated, shown = True, now
            rest = (1 - share) * (now - begun[0]) / (share - begun[1])
            if rest >= _WORTH_TELLING:
                say(f"  {title}: about {_seconds(rest)} to go")
        elif now - shown >= _EVERY:
            shown = now
            say(f"  {title}: {share:.0%}")

    yield update
    say(f"  {title}: done in {time.monotonic() - start:.1f} s")


def _seconds(seconds: float) -> str:
    """A duration as people say it: the longer, the coarser."""
    if seconds < 90:
        return f"{5 * round(seconds / 5)} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

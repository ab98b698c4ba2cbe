"""What the executable prints: messages go to standard error, one line each; standard output is for results.

Names and texts that come from files may hold anything. What would move a terminal's cursor, colour it or break a line
is printed as an escape, so that nothing printed here is more than text.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from visavis.errors import shown
from visavis.reporter import Reporter, Update


def complain(message: str, kind: str = "error") -> None:
    """Prints ``visavis: error: ...`` in one line."""
    say(f"visavis: {kind}: {' '.join(message.split())}")


def say(message: str) -> None:
    """Prints one line of status."""
    print(shown(message), file=sys.stderr)


def show(result: object = "") -> None:
    """Prints a result, which may have several lines, to standard output."""
    print("\n".join(shown(line) for line in str(result).split("\n")), flush=True)


def show_json(values: Any) -> None:
    """Prints plain values as JSON, to standard output."""
    text = json.dumps(values, ensure_ascii=False)
    print("".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text), flush=True)


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
    columns = (TextColumn("{task.description}", markup=False), BarColumn(),
               TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn(), TimeRemainingColumn())  # fmt: skip
    with Bar(*columns, console=console) as bar:
        task = bar.add_task(f"{shown(title):<22}", total=1.0)
        yield lambda share: bar.update(task, completed=share)
        bar.update(task, completed=1.0)


def _plain(title: str) -> Iterator[Update]:
    import time

    start = time.monotonic()
    last = start

    def update(share: float) -> None:
        nonlocal last
        if time.monotonic() - last >= 20:
            last = time.monotonic()
            say(f"{title}: {share:.0%}")

    yield update
    say(f"{title}: done in {time.monotonic() - start:.1f} s")

"""What every training command does around its loop: opens corpora, claims the run's folder, shows progress."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from visavis.conversation import Conversation
from visavis.errors import InputError

MODEL = "model"
"""Folder of the finished checkpoint, inside the run's folder."""
RUN = "run.json"


def open_run_dir(out: Path, started: dict[str, Any], last: str) -> bool:
    """Makes the run's folder or recognises its own.

    Args:
        out: The folder.
        started: Settings that a run cannot change on the way; stored in it.
        last: Name of the file to go on from.

    Returns:
        Whether there is a state to go on from.

    Raises:
        InputError: The folder cannot be used, holds something else, or a training with other settings.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out}: cannot be used as the run's folder ({error.strerror})") from None
    path = out / RUN
    if not path.is_file():
        if any(out.iterdir()):
            raise InputError(f"{out}: is not empty and holds no training; choose another folder")
        path.write_text(json.dumps(started, indent=2) + "\n", "utf-8")
        return False
    try:
        earlier = json.loads(path.read_text("utf-8"))
    except ValueError:
        raise InputError(f"{path}: is no JSON; choose another folder") from None
    for key, value in json.loads(json.dumps(started)).items():
        if earlier.get(key) != value:
            raise InputError(f"{out}: holds a training with another {key!r}; choose another folder")
    return (out / last).is_file()


class Corpora:
    """The corpora of several folders, one after the other.

    Attributes:
        ids: Of all conversations.
        name: The folders' names, for records.
        place: Where they lie, for telling corpora apart that have the same ids.
        state: Changes when any of their files does.
    """

    def __init__(self, folders: Path | Sequence[Path]) -> None:
        """Opens them; raises InputError where one is no corpus."""
        from visavis.conversation.corpus import Corpus

        folders = [folders] if isinstance(folders, Path) else list(folders)
        self._corpora = [Corpus.open(folder) for folder in folders]
        self.ids = [id for corpus in self._corpora for id in corpus.ids]
        self.name = " ".join(folder.name for folder in folders)
        self.place = " ".join(str(folder.resolve()) for folder in folders)
        files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
        self.state = json.dumps([[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files])

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Conversation]:
        return chain.from_iterable(self._corpora)


@contextmanager
def progress_bar(title: str, quiet: bool) -> Iterator[Callable[[float], None]]:
    """A progress bar that takes the share done."""
    from rich.progress import Progress

    with Progress(disable=quiet) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda share: bar.update(task, completed=share)

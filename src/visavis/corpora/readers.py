"""The readers of published corpora, by name. Nothing heavy is imported until one is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from visavis.errors import InputError

if TYPE_CHECKING:
    from visavis.corpora.reading import Recordings


@dataclass(frozen=True)
class Reader:
    """A published corpus that can be read.

    Attributes:
        name: What users call it.
        module: Where it is read; `LICENCE` and ``read(folder)`` are there.
        holds: One line on what comes out.
    """

    name: str
    module: str
    holds: str

    def beside(self, folder: str | Path, out: Path) -> None:
        """Writes what the imported corpus in `out` needs beside its tables, if anything."""
        write: Callable[[Path, Path], None] | None = getattr(import_module(self.module), "write_beside", None)
        if write is not None:
            write(Path(folder), out)

    @property
    def licence(self) -> str:
        """Under which terms the corpus may be used."""
        licence: str = import_module(self.module).LICENCE
        return licence

    def __call__(self, folder: str | Path) -> Recordings:
        """The conversations in `folder` by id, each read when it is called for.

        Raises:
            InputError: A file is missing or mis-shaped; the message names file and field.
        """
        read: Callable[[Path], Recordings] = import_module(self.module).read
        found = read(Path(folder))
        if not found:
            raise InputError(f"{folder}: contains no recordings of {self.name}")
        return found


READERS: dict[str, Reader] = {
    name: Reader(name, f"visavis.corpora.{name.replace('-', '_')}", holds)
    for name, holds in {
        "vico": "clips in which one person speaks and the other listens (motion: EMOCA codes that you add)",
        "learning2listen": "talk-show hosts and guests, windows of 64 frames of DECA codes, mel bands",
        "lm-listener": "talk-show hosts listening, EMOCA codes of both people, the speaker's words",
        "candor": "half-hour video calls with transcripts (motion: EMOCA codes that you add)",
        "biwi": "read sentences with the vertices of the face, in 64 components",
        "ami": "meetings: words, laughter, nods, looks and postures of one person among four",
        "video-calls": "video calls: smiles, body motion and gaze of both people",
        "venus": "ten-minute segments of podcasts: words, FLAME and SMPL-X features of the speakers (JSON)",
        "rig-speech": "Mandarin speech with the weights of a face rig",
        "switchboard-turns": "telephone calls: words and laughter with times, no sound",
        "ami-pairs": "stretches of meetings in which two of the four people talk: words and laughter with times",
        "topical-chat": "chats about articles, an emotion per turn; times as if they were spoken",
        "casino": "negotiations in writing, some messages with an emotion; times as if they were spoken",
        "persona-chat": "chats of invented people about themselves; times as if they were spoken",
    }.items()
}


def get_reader(name: str) -> Reader:
    """The reader called `name`.

    Raises:
        InputError: There is none; the message lists those there are.
    """
    if name not in READERS:
        raise InputError(f"there is no importable corpus named {name!r}; there are: {', '.join(READERS)}")
    return READERS[name]

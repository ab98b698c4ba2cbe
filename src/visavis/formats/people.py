"""Motion of people in files of any format: one person, or both of a conversation."""

from __future__ import annotations

from pathlib import Path

from visavis.errors import InputError
from visavis.evaluation.appropriateness import REACT25
from visavis.formats.person import Person
from visavis.formats.registry import format_of, read_suffixes
from visavis.motion import SPACES, MotionSpace
from visavis.reading import shown


def read_people(path: Path, space: MotionSpace | None = None, fps: float | None = None) -> dict[str, Person]:
    """The people in a file: one, under the empty name, or A and B of what `animate` wrote.

    Args:
        path: Of a format that is read (see `visavis.formats.registry`).
        space: Of a file that does not say its own, such as an .npy.
        fps: Of a file that does not say its own, or whose timecodes are not to be trusted.

    Raises:
        InputError: It cannot be read; the message names file, field and remedy.
    """
    format = format_of(path)
    if format is None:
        raise InputError(f"{path}: cannot read motion from this file type; supported: {', '.join(read_suffixes())}")
    try:
        return format.read_from(path, space, fps)
    except InputError as error:
        message = str(error)
        raise InputError(message if shown(path) in message else f"{shown(path)}: {message}") from None


def known_space(name: str) -> MotionSpace:
    """The motion space called `name`; REACT's is known here, too.

    Raises:
        InputError: There is none.
    """
    spaces = {**SPACES, REACT25.name: REACT25}
    if name not in spaces:
        raise InputError(f"there is no motion space named {name[:40]!r}; there are: {', '.join(spaces)}")
    return spaces[name]

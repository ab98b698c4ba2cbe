"""Every format that can be written or read, by name: the source of `--only`, `--to` and their help texts.

A format is one line in `FORMATS` and one file with the functions that the line names. Other packages add theirs by an
entry point of the group ``visavis.formats`` that gives a `Format`. Nothing heavy is imported until a format is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visavis import plugins
from visavis.errors import InputError

if TYPE_CHECKING:
    from visavis.conversation import Conversation
    from visavis.formats.person import Person
    from visavis.motion import MotionSpace
    from visavis.reporter import Update

    Writer = Callable[[Conversation, Sequence[Path], Update], Sequence[str]]
    Reader = Callable[[Path, MotionSpace | None, float | None], dict[str, Person]]

ENTRY_POINTS = "visavis.formats"


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        name: What users call it.
        title: What progress bars call it.
        summary: What is in it, for a list of formats.
        aliases: Other names that users may give.
        files: Names of the files that it has of a conversation; ``{id}`` stands for the conversation's, and lets a
            whole corpus be written to one folder.
        tell: ``module:function`` that takes the conversation and says in a few words what will be written, where that
            takes long.
        where: ``module:function`` that takes the conversation and says whether it has any of what the format shows; if
            it has none, the format is not among those written by default.
        write: ``module:function`` that writes them: it takes the conversation, their paths and an `Update`, and gives
            one line for each thing that the format has no place for.
        default: Whether it is written unless formats are named; only ours are.
        needs_motion: Whether the motion of at least one of the two has to be known.
        together: Whether the motion of both has to be in one space, at one frame rate.
        space: Name of the motion space that it shows, with those that `can_become` that one; any unless given.
        suffixes: Endings of the files that it reads, with the dot.
        read: ``module:function`` that reads them: it takes a path, a motion space and a frame rate, for files that do
            not tell theirs, and gives people by letter, or one under the empty name.
    """

    name: str
    title: str
    summary: str
    aliases: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    write: str | None = None
    default: bool = False
    needs_motion: bool = True
    space: str | None = None
    suffixes: tuple[str, ...] = ()
    read: str | None = None
    tell: str | None = None
    where: str | None = None
    together: bool = False

    @property
    def of_corpora(self) -> bool:
        """Whether the files of many conversations can lie in one folder."""
        return all("{id}" in name for name in self.files)

    def paths(self, folder: Path, id: str) -> list[Path]:
        """Where the files of a conversation lie."""
        return [folder / name.replace("{id}", id) for name in self.files]

    def reason_against(self, conversation: Conversation) -> str | None:
        """Why a conversation cannot be written; None where it can."""
        spaces = [person.motion.space for person in conversation if person.motion is not None]
        if self.needs_motion and not spaces:
            return f"conversation {conversation.id!r} has no motion to export; animate it first"
        unknown = [space.name for space in spaces if not self.shows(space)]
        if unknown:
            return f"{self.title} cannot show motion in {unknown[0]!r}; it needs {self.space!r}"
        clocks = {
            (person.motion.space.columns, person.motion.fps) for person in conversation if person.motion is not None
        }
        if self.together and len(clocks) > 1:
            return f"conversation {conversation.id!r}: the two people differ in motion space or frame rate"
        return None

    def shows(self, space: MotionSpace) -> bool:
        """Whether motion in a space can be written."""
        if self.space is None:
            return True
        from visavis.motion.mapping import can_become
        from visavis.motion.spaces import get_space

        return can_become(space, get_space(self.space))

    def write_to(self, conversation: Conversation, folder: Path, update: Update) -> list[str]:
        """Writes a conversation's files.

        Returns:
            One line for each thing that the format has no place for.

        Raises:
            InputError: The conversation cannot be written so, or the folder not written to.
        """
        if reason := self.reason_against(conversation):
            raise InputError(reason)
        write: Writer = _function(self.write, self.name)
        return list(write(conversation, self.paths(folder, conversation.id), update))

    def has_something(self, conversation: Conversation) -> bool:
        """Whether a conversation has any of what the format shows."""
        return self.where is None or bool(_function(self.where, self.name)(conversation))

    def told(self, conversation: Conversation) -> str | None:
        """One line about what will be written; None of what does not take long."""
        return f"{self.title}: {_function(self.tell, self.name)(conversation)}" if self.tell else None

    def read_from(self, path: Path, space: MotionSpace | None, fps: float | None) -> dict[str, Person]:
        """The people in a file; see `visavis.formats.people.read_people`."""
        read: Reader = _function(self.read, self.name)
        return read(path, space, fps)


_TABLES = ("person_a.arkit.csv", "person_b.arkit.csv")

FORMATS: Mapping[str, Format] = {
    format.name: format
    for format in (
        Format(
            "motion", "motion.npz", "motion of both people as NumPy arrays", ("npz",), ("motion.npz",),
            "visavis.formats.npz:write", default=True, together=True,
            suffixes=(".npz", ".npy"), read="visavis.formats.arrays:read_people",
        ),
        Format(
            "arkit", "ARKit tables", "one CSV per face, as recorded by Live Link Face", ("csv",), _TABLES,
            "visavis.formats.arkit_csv:write", default=True, space="arkit",
            suffixes=(".csv",), read="visavis.formats.arkit_csv:read_people",
        ),
        Format(
            "glb", "scene.glb", "3D scene of both people for Blender, Unity and browsers (glTF)", ("gltf",),
            ("scene.glb",), "visavis.formats.gltf:write", default=True, space="arkit",
        ),
        Format(
            "timeline", "timeline.png", "one-page timeline of speech, gaze, nods and smiles", ("png",),
            ("timeline.png",), "visavis.formats.pictures:write_timeline", default=True, needs_motion=False,
        ),
        Format(
            "plan", "plan.json", "what both people do, event by event; edit it and pass it to --plan", (),
            ("plan.json",), "visavis.behavior.plan_files:write_plan_of", default=True, needs_motion=False,
            where="visavis.behavior.plan:is_planned",
        ),
        Format(
            "plan-csv", "plan.csv", "the same as a table, for spreadsheets; --plan takes it, too", (), ("plan.csv",),
            "visavis.behavior.plan_files:write_plan_of", needs_motion=False,
        ),
        Format(
            "video", "video.mp4", "video of both people in one room, with audio", ("mp4",), ("video.mp4",),
            "visavis.formats.pictures:write_video", default=True, space="arkit",
            tell="visavis.formats.pictures:tell_video",
        ),
        Format(
            "venus", "VENUS JSON", "annotations in the format of the VENUS corpus, one file per conversation", (),
            ("{id}.json",), "visavis.formats.venus:write", needs_motion=False,
        ),
    )
}  # fmt: skip
"""The built-in ones by name: of those that are written, the quick ones first."""


def get_formats() -> dict[str, Format]:
    """All formats by name, those of other packages after ours.

    Raises:
        InputError: A package's format cannot be loaded.
    """
    return {
        **FORMATS,
        **{name: _load(point) for name, point in plugins.installed(ENTRY_POINTS).items() if name not in FORMATS},
    }


def written_names() -> tuple[str, ...]:
    """Names that `parse_formats` takes; imports nobody's package, as help texts ask for them."""
    ours = [format.name for format in FORMATS.values() if format.write]
    return (*ours, *(name for name in plugins.installed(ENTRY_POINTS) if name not in FORMATS))


def only_help() -> str:
    """The help text of ``--only``."""
    names = written_names()
    others = [name for name in names if name not in FORMATS or not FORMATS[name].default]
    return f"Outputs, comma-separated: {', '.join(names)}. Default: all but {', '.join(others)}."


def read_help() -> str:
    """Endings of the files from which motion is read, for help texts, which import nobody's package."""
    return ", ".join(suffix for format in FORMATS.values() for suffix in format.suffixes)


def format_lines() -> list[str]:
    """``name: what it is`` for each format that is written."""
    lines = [f"{format.name}: {format.summary}" for format in FORMATS.values() if format.write]
    for name, point in plugins.installed(ENTRY_POINTS).items():
        if name not in FORMATS:
            lines.append(f"{name}: from the package {point.dist.name if point.dist else point.module}")
    return lines


def parse_formats(names: str | None) -> tuple[Format, ...]:
    """The formats in a comma-separated list, in the order of `get_formats`; for None those that are written by default.

    Raises:
        InputError: A name is unknown; the message lists those there are.
    """
    if names is None:
        return tuple(format for format in FORMATS.values() if format.default)
    written = {name: format for name, format in get_formats().items() if format.write}
    called = {alias: name for name, format in written.items() for alias in (*format.aliases, name)}
    given = [name.strip().lower() for name in names.split(",") if name.strip()]
    unknown = [name for name in given if name not in called]
    if unknown or not given:
        raise InputError(
            f"there is no format named {', '.join(unknown) or repr(names)}; there are: {', '.join(written)}"
        )
    wanted = {called[name] for name in given}
    return tuple(format for name, format in written.items() if name in wanted)


def read_suffixes() -> tuple[str, ...]:
    """Endings of the files from which motion is read."""
    return tuple(dict.fromkeys(suffix for format in get_formats().values() for suffix in format.suffixes))


def format_of(path: Path) -> Format | None:
    """The format that reads a file, by the file's ending; None where none does."""
    suffix = path.suffix.lower()
    return next((format for format in get_formats().values() if suffix in format.suffixes), None)


def _load(point: plugins.EntryPoint) -> Format:
    found = plugins.load(point, f"format {point.name!r}")
    if not isinstance(found, Format) or found.name != point.name:
        raise InputError(f"format {point.name!r}: {point.value} is not a Format with that name; fix its package")
    return found


def _function(where: str | None, name: str) -> Any:
    if where is None:
        raise InputError(f"format {name!r} does not support this")
    module, _, function = where.partition(":")
    return getattr(import_module(module), function)

"""The kinds of files that a finished conversation can be written as."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.motion import Motion
from visavis.motion.seat import Seat, face_to_face, opposite

Update = Callable[[float], None]


@dataclass(frozen=True)
class ResultKind:
    """One kind of result.

    Attributes:
        title: For the progress bar.
        files: Names of the files it writes.
        write: Takes the conversation, the paths (one per file) and a progress callback.
    """

    title: str
    files: tuple[str, ...]
    write: Callable[[Conversation, Sequence[Path], Update], None]


def _motion(conversation: Conversation, paths: Sequence[Path], _update: Update) -> None:
    from visavis.formats.npz import write_npz

    write_npz(conversation, paths[0])


def _arkit(conversation: Conversation, paths: Sequence[Path], update: Update) -> None:
    from visavis.formats.arkit_csv import write_csv

    for i, (person, path) in enumerate(zip(conversation.participants, paths, strict=True)):
        if person.motion is not None:
            write_csv(person.motion, path)
        update((i + 1) / 2)


def _glb(conversation: Conversation, paths: Sequence[Path], _update: Update) -> None:
    from visavis.formats.gltf import write_glb

    write_glb(at_rest(conversation), paths[0])


def _timeline(conversation: Conversation, paths: Sequence[Path], _update: Update) -> None:
    from visavis.rendering.timeline import draw_timeline

    draw_timeline(conversation, paths[0])


def _video(conversation: Conversation, paths: Sequence[Path], update: Update) -> None:
    from visavis.rendering.video import render_video

    render_video(at_rest(conversation), paths[0], progress=update)


def at_rest(conversation: Conversation) -> Conversation:
    """The same, with everybody in a seat, and whoever has no motion at rest in it, so that there is a room to show."""
    known = next(person.motion for person in conversation if person.motion is not None)
    if not known.space.has("translation"):
        return conversation
    rest = Motion.zeros(len(known), known.fps, known.space)
    people = (
        replace(person, seat=seat, motion=person.motion or rest.with_columns("translation", seat.position))
        for person, seat in zip(conversation, _seats(conversation), strict=True)
    )
    return conversation.with_participants(*people)


def _seats(conversation: Conversation) -> tuple[Seat, Seat]:
    """Where both are; whose place is not known sits a metre in front of the other, or where `face_to_face` says."""
    a, b = (person.seat for person in conversation)
    if a is None and b is None:
        return face_to_face()
    return a or opposite(b), b or opposite(a)


RESULTS: dict[str, ResultKind] = {
    "motion": ResultKind("motion.npz", ("motion.npz",), _motion),
    "arkit": ResultKind("ARKit tables", ("person_a.arkit.csv", "person_b.arkit.csv"), _arkit),
    "glb": ResultKind("scene.glb", ("scene.glb",), _glb),
    "timeline": ResultKind("timeline.png", ("timeline.png",), _timeline),
    "video": ResultKind("video.mp4", ("video.mp4",), _video),
}
"""By name, the quick ones first."""

_OTHER_NAMES = {"npz": "motion", "csv": "arkit", "gltf": "glb", "mp4": "video", "png": "timeline"}


def parse_results(names: str | None) -> tuple[str, ...]:
    """The results named by comma, in the order of `RESULTS`; all of them for None.

    Raises:
        InputError: A name is unknown; the message lists those there are.
    """
    if names is None:
        return tuple(RESULTS)
    wanted = [_OTHER_NAMES.get(name.strip().lower(), name.strip().lower()) for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in RESULTS]
    if unknown or not wanted:
        raise InputError(f"no result is called {', '.join(unknown) or repr(names)}; there are: {', '.join(RESULTS)}")
    return tuple(name for name in RESULTS if name in wanted)

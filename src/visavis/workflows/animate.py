"""The main job: a recording of a conversation in, two people in one room out.

The order of the work: decode, seat the two people, find out who speaks when, generate both people's motion, store the
conversation, then write each result. Every result is written under a temporary name and renamed, and the stored
conversation is keyed by a hash of the recording and the options, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from visavis import __version__
from visavis.conversation import Conversation
from visavis.errors import InputError, plainly
from visavis.files import atomic_write
from visavis.workflows.results import RESULTS, parse_results

Progress = Callable[[str], AbstractContextManager[Callable[[float], None]]]
"""Opens a progress bar with a title; what it yields takes the share done."""

BUILT_IN = "duet"
"""The model that moves people unless another is named."""
CONVERSATION = "conversation"
PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class Request:
    """What is asked for; together with the recording's bytes it decides the motion.

    Attributes:
        inputs: One recording of both people or two files.
        layout: Words, a preset's name, a JSON file, or None for face to face at 1 m.
        seed: Decides the motion.
        model: A checkpoint folder or Hub id, or None for the built-in weights.
        guidance: Classifier-free guidance weight; the model's own unless given.
        strict: Whether a doubtful layout is refused.
        language_model: What turns the layout's words into places instead of the built-in engine: the address of an
            OpenAI-compatible endpoint, a Hub id or a folder.
        from_sound: Whether people are moved from the sound alone even where a video shows them.
        device: Where the model computes: ``auto``, ``cpu`` or ``cuda``.
    """

    inputs: tuple[Path, ...]
    layout: str | None = None
    seed: int = 0
    model: str | None = None
    guidance: float | None = None
    strict: bool = False
    language_model: str | None = None
    from_sound: bool = False
    device: str = "auto"


@dataclass(frozen=True)
class Result:
    """What was written.

    Attributes:
        files: The results, in the order in which they were written.
        duration: Seconds of conversation.
        seconds: Seconds the work took.
    """

    files: tuple[Path, ...]
    duration: float
    seconds: float


@contextmanager
def _silent(_title: str) -> Iterator[Callable[[float], None]]:
    yield lambda _share: None


def run(
    request: Request,
    out: Path,
    *,
    only: str | None = None,
    overwrite: bool = False,
    warn: Callable[[str], None] = lambda _line: None,
    progress: Progress = _silent,
) -> Result:
    """Does the main job.

    Args:
        request: The recording and the options.
        out: Folder for the results; made if missing.
        only: Names of results by comma (see `RESULTS`), all unless given.
        overwrite: Whether to replace another request's results in the folder.
        warn: Takes one line about something fulfilled with limitations.
        progress: Opens progress bars.

    Raises:
        InputError: The recording, an option or the folder cannot be used.
    """
    key = request_key(request, request.inputs, (request.layout, request.model))
    make = partial(make_conversation, request, warn, progress)
    return produce(make, key, out, only=only, overwrite=overwrite, warn=warn, progress=progress)


def produce(
    make: Callable[[], Conversation],
    key: str,
    out: Path,
    *,
    only: str | None = None,
    overwrite: bool = False,
    warn: Callable[[str], None] = lambda _line: None,
    progress: Progress = _silent,
) -> Result:
    """Makes a conversation, unless it was made before, and writes its results.

    Args:
        make: Makes it, with motion of both people.
        key: Of the request, from `request_key`: an earlier run with the same key is gone on with.
        out: Folder for the results; made if missing.
        only: Names of results by comma (see `RESULTS`), all unless given.
        overwrite: Whether to replace another request's results in the folder.
        warn: Takes one line about something fulfilled with limitations.
        progress: Opens progress bars.

    Raises:
        InputError: An option or the folder cannot be used, or `make` says so.
    """
    start = time.monotonic()
    wanted = parse_results(only)
    folder = out / CONVERSATION
    with results_folder(out):
        others = _others(out, key, overwrite)
        if folder.is_dir() and not others:
            conversation = open_conversation(out)
            for line in conversation.provenance.get("notes", []):
                warn(line)
        else:
            conversation = make()
            conversation = replace(conversation, provenance={**conversation.provenance, "key": key})
            for path in others:  # not before: what cannot be made takes nothing away
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            _store(conversation, folder)
        files = [folder, *_write(conversation, out, wanted, progress, skip_existing=True)]
        files.append(_write_provenance(conversation, out))
    return Result(tuple(files), conversation.duration, time.monotonic() - start)


def make_conversation(
    request: Request, warn: Callable[[str], None] = lambda _line: None, progress: Progress = _silent,
    order: Callable[[Conversation], Conversation] = lambda heard: heard,
) -> Conversation:  # fmt: skip
    """Decodes, seats, finds out who speaks, and generates motion; writes nothing.

    Args:
        request: The recording and the options.
        warn: Takes one line about something fulfilled with limitations.
        progress: Opens progress bars.
        order: Decides who is A and who B, once it is known who speaks when.

    Returns:
        Both people with seats, looks, speaking and motion; the notes are in ``provenance["notes"]``.

    Raises:
        InputError: The recording, the layout or the model cannot be used.
    """
    from visavis.bodies import default_appearances
    from visavis.generation.apply import apply, need_role
    from visavis.media import open_recording
    from visavis.models.checkpoint import from_pretrained
    from visavis.perception.speaking import Diarizer
    from visavis.scene.layout import layout_from
    from visavis.workflows.tracked import merge_tracked, open_videos, track_faces

    with progress("reading"):
        conversation = open_recording(request.inputs).to_conversation(identifier(request.inputs[0]))
    layout = layout_from(request.layout, strict=request.strict, language_model=_language_model(request))
    model = from_pretrained(request.model or BUILT_IN, device=request.device)
    need_role(model, "speaker", request.model or BUILT_IN)
    notes = [*conversation.provenance.get("notes", []), *layout.notes]
    for line in notes:
        warn(line)
    with progress("who speaks when"):
        made = {
            **conversation.provenance,
            "visavis": __version__,
            "request": {**asdict(request), "inputs": [str(path) for path in request.inputs]},
            "layout": layout.source,
            "notes": notes,
        }
        conversation = Diarizer()(replace(conversation, provenance=made))
    if shown := {} if request.from_sound else open_videos(request.inputs):
        with progress("who is seen"):
            conversation = track_faces(conversation, shown, people=3 - len(request.inputs))
    seen = conversation = order(conversation)
    people = zip(conversation.participants, layout.seats, default_appearances(), strict=True)
    conversation = conversation.with_participants(
        *(replace(person, seat=seat, appearance=look) for person, seat, look in people)
    )
    with progress("moving both people") as update:
        (moved,) = apply(conversation, model, seed=request.seed, options=_options(request), update=update)
    moved = merge_tracked(seen, moved)
    for line in moved.provenance["notes"][len(notes) :]:
        warn(line)
    return moved


def _options(request: Request) -> dict[str, float]:
    return {} if request.guidance is None else {"guidance_scale": request.guidance}


def _language_model(request: Request) -> Any:
    if request.language_model is None:
        return None
    from visavis.language.protocol import get_language_model

    return get_language_model(request.language_model)


def open_conversation(folder: Path, id: str | None = None) -> Conversation:
    """Opens what `run` stored, or one conversation of any corpus of ours.

    Raises:
        InputError: There is no such conversation.
    """
    from visavis.conversation.corpus import Corpus

    inner = folder / CONVERSATION
    corpus = Corpus.open(inner if inner.is_dir() else folder)
    if id is None:
        if len(corpus) != 1:
            raise InputError(f"{folder}: holds {len(corpus)} conversations; choose one with --id, e.g. {corpus.ids[0]}")
        id = corpus.ids[0]
    return corpus[id]


def export_conversation(
    conversation: Conversation, out: Path, to: str, *, warn: Callable[[str], None] = lambda _line: None,
    progress: Progress = _silent,
) -> list[Path]:  # fmt: skip
    """Writes the named results of a conversation that has motion, replacing earlier ones.

    Where one person's motion is not known, tables and motion.npz have the other's; scene and video show that person
    at rest.

    Raises:
        InputError: A name is unknown, or the conversation has no motion.
    """
    wanted = parse_results(to)
    without = [letter for letter, person in zip("AB", conversation, strict=True) if person.motion is None]
    if len(without) == 2:
        raise InputError(f"conversation {conversation.id!r} has no motion to export; animate it first")
    for letter in without:
        warn(f"participant {letter} has no motion: at rest in scene and video, left out elsewhere")
    with results_folder(out):
        return _write(conversation, out, wanted, progress, skip_existing=False)


def _write(
    conversation: Conversation, out: Path, wanted: tuple[str, ...], progress: Progress, skip_existing: bool
) -> list[Path]:
    """Writes results in the order of `RESULTS`, quick ones first."""
    files = []
    for name in wanted:
        result = RESULTS[name]
        paths = [out / file for file in result.files]
        if not (skip_existing and all(path.exists() for path in paths)):
            with progress(result.title) as update:
                result.write(conversation, paths, update)
        files += [path for path in paths if path.exists()]
    return files


def _store(conversation: Conversation, folder: Path) -> None:
    from visavis.conversation.corpus import write_corpus

    for stray in folder.parent.glob(f".{folder.name}.*.tmp"):  # of a run that was killed
        shutil.rmtree(stray, ignore_errors=True)
    write_corpus([conversation], folder)


def _write_provenance(conversation: Conversation, out: Path) -> Path:
    """Written last: its presence says that the run came to its end."""
    content = {
        **conversation.provenance,
        "command": " ".join(sys.argv),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    path = out / PROVENANCE
    with atomic_write(path) as working:
        working.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _others(out: Path, key: str, overwrite: bool) -> list[Path]:
    """What belongs to another request and has to make room, if that is allowed."""
    if _stored_key(out) == key:
        return []
    ours = [out / file for result in RESULTS.values() for file in result.files]
    ours += [out / PROVENANCE, out / CONVERSATION]
    present = [path for path in ours if path.exists()]
    if present and not overwrite:
        raise InputError(
            f"{out}: holds results of another recording or other options; choose another folder or add --overwrite"
        )
    return present


def _stored_key(out: Path) -> str | None:
    if not (out / CONVERSATION).is_dir():
        return None
    try:
        return open_conversation(out).provenance.get("key")
    except InputError:
        return None


@contextmanager
def results_folder(out: Path) -> Iterator[None]:
    """The folder for results, made if missing; where nothing comes of it, it goes again.

    Raises:
        InputError: It cannot be made or written to.
    """
    new = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".visavis-writable"
        probe.touch()
        probe.unlink()
    except FileExistsError:
        raise InputError(f"{out}: is a file; a folder for the results is needed") from None
    except OSError as error:
        raise InputError(f"{out}: cannot be written to: {plainly(error)}") from None
    try:
        yield
    finally:
        with suppress(OSError):  # a folder goes only if there is nothing in it
            for folder in new:
                folder.rmdir()


def request_key(request: Any, files: Sequence[Path], others: Sequence[str | None] = ()) -> str:
    """Hash of the files' bytes and of everything else that decides the motion.

    Args:
        request: A dataclass; its field ``inputs`` counts by number only, the bytes saying the rest.
        files: Recordings and the like.
        others: Values of options that may name a file; its first bytes count, too.

    Raises:
        InputError: A file is not there.
    """
    digest = hashlib.sha256(__version__.encode())
    for path in files:
        if not path.is_file():
            raise InputError(f"{path}: is a folder; give a file" if path.is_dir() else f"{path}: no such file")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    options: dict[str, Any] = {**asdict(request), "inputs": len(request.inputs)}
    digest.update(json.dumps(options, sort_keys=True, default=str).encode())
    for name in others:
        if name and Path(name).is_file():
            digest.update(Path(name).read_bytes()[:1_000_000])
    return digest.hexdigest()[:24]


def identifier(path: Path) -> str:
    """A conversation's id from a file's name."""
    cleaned = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in path.stem)
    return cleaned.strip(".-") or "conversation"

"""From videos of two people to a corpus: who is where, who speaks, what is said, how everybody moves.

A recording is opened, then extractors add what they find (`STEPS`): those that see and those that hear side by side,
then those that need both. Each finished conversation is in the corpus before the next recording is begun, so that a run
that was stopped goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from visavis import __version__
from visavis.cancellation import check_cancelled
from visavis.conversation import Conversation, Participant
from visavis.conversation.merging import merged
from visavis.errors import InputError, MissingExtraError
from visavis.files import alone, made_folder
from visavis.media import check_media
from visavis.perception.protocol import Extractor, add_notes, get_extractor
from visavis.reporter import SILENT, Reporter
from visavis.workflows.background import BackgroundTask
from visavis.workflows.run_folder import identifier, request_key

STEPS: Mapping[str, str] = {
    "faces": "faces",
    "bodies": "bodies and hands",
    "speaking": "voice activity",
    "words": "transcript",
    "active-speaker": "active speaker",
    "safety": "harmful language",
}
"""Kinds of extractors, and what to call them while they run."""
_PICTURE, _SOUND, _BOTH = ("faces", "bodies"), ("speaking", "words"), ("active-speaker", "safety")
"""The steps that are taken one after the other on picture and sound, side by side, and then on what both gave."""
_SEEING = {"faces", "active-speaker", "bodies"}
_HEARING = {"speaking", "active-speaker", "words"}
_APART = 0.5
"""Seconds by which sound and picture may differ without a note."""


@dataclass(frozen=True)
class ExtractRequest:
    """What is asked for.

    Attributes:
        inputs: Videos; sound alone gives conversations without motion.
        skip: Steps that are left out.
        use: Extractors other than the default, by step: their names.
        settings: Settings of extractors, by step.
    """

    inputs: tuple[Path, ...]
    skip: tuple[str, ...] = ()
    use: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Validates."""
        for step in (*self.skip, *self.use, *self.settings):
            if step not in STEPS:
                raise InputError(f"there is no step {step!r}; steps are: {', '.join(STEPS)}")


@dataclass(frozen=True)
class Extracted:
    """What came of it.

    Attributes:
        ids: Of the conversations that are in the corpus now.
        failed: One line for each recording that could not be used.
        duration: Seconds of conversation that were extracted now.
        seconds: Seconds the work took.
    """

    ids: tuple[str, ...]
    failed: tuple[str, ...]
    duration: float
    seconds: float


def run(request: ExtractRequest, out: Path, *, reporter: Reporter = SILENT) -> Extracted:
    """Extracts every recording into the corpus in `out`; a recording that cannot be used costs itself only.

    Args:
        request: The recordings and the options.
        out: Folder of a corpus; made if missing, added to if it is one.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: The folder cannot be used, or an extractor that was chosen is not there or not to be set so.
    """
    from visavis.conversation.corpus_write import CorpusWriter

    start = time.monotonic()
    CorpusWriter(out, append=True)  # the folder is found out about before the work, not after it
    extractors = Extractors(request)
    for step in {**request.use, **request.settings}:
        extractors[step]  # what is wrong with a choice is wrong with it for every recording
    ids: list[str] = []
    failed: list[str] = []
    duration = 0.0
    with made_folder(out):  # others may extract into it meanwhile; each conversation is stored by one at a time
        for path, id in zip(request.inputs, identifiers(request.inputs), strict=True):
            try:
                check_media(path)
                key = request_key(replace(request, inputs=(path,)), (path,))
                if not _is_stored(out, id, key):
                    conversation = extract(path, extractors, reporter=reporter)
                    made = {**conversation.provenance, "key": key}
                    with alone(out, waits=lambda: None):
                        if not _is_stored(out, id, key):
                            with CorpusWriter(out, append=True) as writer:
                                writer.add(replace(conversation, id=id, provenance=made))
                    duration += conversation.duration
                ids.append(id)
            except MissingExtraError:
                raise
            except InputError as error:
                failed.append(str(error))
                if len(request.inputs) > 1:
                    reporter.note(str(error))
    return Extracted(tuple(ids), tuple(failed), duration, time.monotonic() - start)


class Extractors:
    """The extractors of a request, each made when it is first needed."""

    def __init__(self, request: ExtractRequest) -> None:
        self._request = request
        self._made: dict[str, Extractor] = {}

    def __getitem__(self, step: str) -> Extractor | None:
        """The one of a step; None where the step is left out."""
        request = self._request
        if step in request.skip:
            return None
        if step not in self._made:
            self._made[step] = get_extractor(step, request.use.get(step), **request.settings.get(step, {}))
        return self._made[step]


def extract(path: Path, extractors: Extractors | None = None, *, reporter: Reporter = SILENT) -> Conversation:
    """One recording as a conversation.

    Args:
        path: A video, or sound alone.
        extractors: The defaults unless given.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: The recording cannot be used, or what an extractor needs is missing.
    """
    extractors = extractors or Extractors(ExtractRequest((path,)))
    with reporter.progress(f"reading {path.name}"):
        conversation = open_source(path)
    told = _tell(conversation, 0, path.name, reporter)
    take = _Steps(extractors)
    if _possible("faces", conversation) and _possible("speaking", conversation):
        with BackgroundTask(take, conversation, _SOUND) as listening:
            seen = take(conversation, _PICTURE, reporter)
            # there is room for one bar at a time: this is the rest of the work on the sound
            with reporter.progress("speech and words"):
                heard = listening.result()
        conversation = merged(conversation, seen, heard)
    else:
        conversation = take(conversation, (*_PICTURE, *_SOUND), reporter)
    told = _tell(conversation, told, path.name, reporter)
    conversation = take(conversation, _BOTH, reporter)
    _tell(conversation, told, path.name, reporter)
    made = {"visavis": __version__, "extractors": {step: take.used[step] for step in STEPS if step in take.used}}
    return replace(conversation, provenance={**conversation.provenance, **made})


class _Steps:
    """Takes steps one after the other.

    Attributes:
        used: The extractor of each step that was taken.
    """

    def __init__(self, extractors: Extractors) -> None:
        self.used: dict[str, str] = {}
        self._extractors = extractors

    def __call__(
        self,
        conversation: Conversation,
        steps: Sequence[str],
        reporter: Reporter = SILENT,
    ) -> Conversation:
        for step in steps:
            check_cancelled()
            extractor = self._extractors[step] if _possible(step, conversation) else None
            if extractor is not None:
                with reporter.progress(STEPS[step]):
                    conversation = extractor(conversation)
                self.used[step] = type(extractor).__name__
        return conversation


def open_source(path: Path) -> Conversation:
    """Sound and picture of a file on one clock, with nothing extracted yet.

    The picture decides the length: sound that goes on is cut, sound that ends early is followed by silence.

    Raises:
        InputError: There is neither sound nor picture in it, or it cannot be read.
    """
    from visavis.conversation.from_recording import conversation_of
    from visavis.media import open_recording
    from visavis.media.frames import open_video

    picture, no_picture = _tried(lambda: open_video(path))
    sound, no_sound = _tried(lambda: open_recording([path]))
    if picture is None and sound is None:
        raise no_picture or no_sound or InputError(f"{path}: contains no readable audio or video")
    id = identifier(path)
    if sound is None:
        assert picture is not None
        nobody = Participant("A"), Participant("B")
        silent = Conversation(id, nobody, picture.duration, provenance={"sources": [path.name]}).with_video(picture)
        why = _why(no_sound, path)
        return add_notes(silent, [*picture.notes, f"{path.name}: {why}, so no voice activity and no transcript"])
    conversation = conversation_of(sound, id)
    if picture is None:
        return add_notes(conversation, [f"{path.name}: {_why(no_picture, path)}, so no motion"])
    return add_notes(_joined(conversation, picture), list(picture.notes))


def _why(error: InputError | None, path: Path) -> str:
    """What is wrong, without the file and what to do about it."""
    return str(error).removeprefix(f"{path}: ").partition(";")[0]


def identifiers(paths: Sequence[Path]) -> list[str]:
    """Ids from the files' names; files of the same name are numbered."""
    found: list[str] = []
    for path in paths:
        id, number = identifier(path), 2
        while id in found:
            id, number = f"{identifier(path)}-{number}", number + 1
        found.append(id)
    return found


def _joined(conversation: Conversation, picture: Any) -> Conversation:
    """The sound's conversation, as long as the picture and with it."""
    apart = conversation.duration - picture.duration
    name = picture.path.name
    notes = []
    if apart > _APART:
        notes.append(f"{name}: the audio is {apart:.1f} s longer than the video; its end is cut off")
    elif apart < -_APART:
        notes.append(f"{name}: the audio ends {-apart:.1f} s before the video; padded with silence")
    a, b = (
        replace(person, audio=person.audio.lasting(picture.duration) if person.audio else None)
        for person in conversation.participants
    )
    mixed = conversation.mixed.lasting(picture.duration) if conversation.mixed else None
    joined = replace(conversation, participants=(a, b), mixed=mixed, duration=picture.duration)
    return add_notes(joined.with_video(picture), notes)


def _possible(step: str, conversation: Conversation) -> bool:
    heard = conversation.mixed is not None or any(person.audio is not None for person in conversation)
    spoken = any(person.utterances for person in conversation)
    seen = step not in _SEEING or conversation.video is not None
    return seen and (step not in _HEARING or heard) and (step != "safety" or spoken)


def _tell(conversation: Conversation, told: int, name: str, reporter: Reporter) -> int:
    """Passes on the notes that are new, each with the file's name; returns how many there are."""
    notes = conversation.provenance.get("notes", [])
    for line in notes[told:]:
        reporter.note(line if line.startswith(name) else f"{name}: {line}")
    return len(notes)


def _tried(make: Callable[[], Any]) -> tuple[Any, InputError | None]:
    try:
        return make(), None
    except InputError as error:
        return None, error


def _is_stored(out: Path, id: str, key: str) -> bool:
    """Whether a conversation is in the corpus already.

    Raises:
        InputError: There is one of that id from another recording.
    """
    from visavis.conversation.corpus import Corpus
    from visavis.conversation.corpus_schema import INDEX_NAME

    corpus = Corpus.open(out) if (out / INDEX_NAME).exists() else None
    if corpus is None or id not in corpus:
        return False
    if corpus.record(id)[0].get("key") != key:
        raise InputError(f"{out}: already contains a conversation {id!r} from another recording; choose another folder")
    return True

"""A talk with MARS: what is typed, or a recording, is answered in words, face and gestures.

The answer comes as it is made (`TalkListener`). What is written in the end is what `animate` writes, of both people.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from visavis import __version__
from visavis.command import recorded
from visavis.conversation import Conversation
from visavis.conversation.observed import is_filmed
from visavis.errors import InputError
from visavis.formats.registry import parse_formats
from visavis.media import check_media
from visavis.reporter import SILENT, Reporter
from visavis.workflows import animate
from visavis.workflows.run_folder import (
    CONVERSATION,
    Result,
    only_conversation,
    open_corpus,
    produce,
    refuse_others,
    request_key,
)

if TYPE_CHECKING:
    from visavis.generation.talk.delivery import Delivered, Event
    from visavis.generation.talk.talk import Talk

BUILT_IN = "mars"
"""The model that answers unless another is named."""


@dataclass(frozen=True)
class TalkRequest:
    """What is asked for.

    Attributes:
        inputs: A recording, or the folder of a conversation, to be answered once; empty for typed turns.
        model: A checkpoint folder or Hub id; None for the built-in weights.
        persona: Who answers, in words.
        goal: What the answering one is after, in words.
        seed: Decides the answers and the motion.
        voice: The answering voice (`visavis.generation.talk.voices.voices_of_talk`).
        device: Where models compute: ``auto``, ``cpu`` or ``cuda``.
    """

    inputs: tuple[Path, ...] = ()
    model: str | None = None
    persona: str | None = None
    goal: str | None = None
    seed: int = 0
    voice: str | None = None
    device: str = "auto"


class TalkListener(Protocol):
    """Takes answers as they come."""

    def hear(self, event: Event) -> None:
        """Takes a word or a step of codes."""

    def end(self, answer: Delivered, shown: str) -> None:
        """Takes a whole answer, and what face and body did in it, in a few words."""

    def fail(self, error: InputError) -> None:
        """Takes what is wrong with a turn; the talk goes on."""


class _Nobody:
    """Takes nothing in."""

    def hear(self, event: Event) -> None:
        pass

    def end(self, answer: Delivered, shown: str) -> None:
        pass

    def fail(self, error: InputError) -> None:
        pass


@dataclass
class TalkResult:
    """What came of it.

    Attributes:
        answers: How many turns were answered.
        failures: How many could not be.
        written: The files; None without an output folder.
    """

    answers: int = 0
    failures: int = 0
    written: Result | None = None


@dataclass
class _Notes(Reporter):
    """Passes on what it is told, and keeps the notes."""

    reporter: Reporter
    notes: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        self.reporter.say(line)

    def note(self, line: str) -> None:
        self.notes.append(line)
        self.reporter.note(line)

    def progress(self, title: str) -> Any:
        return self.reporter.progress(title)

    def detail(self, words: str) -> None:
        self.reporter.detail(words)


def run(
    request: TalkRequest,
    typed: Iterable[str] = (),
    out: Path | None = None,
    *,
    only: str | None = None,
    overwrite: bool = False,
    listener: TalkListener | None = None,
    reporter: Reporter = SILENT,
) -> TalkResult:
    """Talks until there are no more turns, or until Ctrl-C, which is how people end talks; what was said is kept.

    Args:
        request: Whom to talk to, and what to answer.
        typed: The user's turns; asked for one after the other. Not with `TalkRequest.inputs`.
        out: Output folder; None to write nothing.
        only: Comma-separated names of formats, those written by default unless given.
        overwrite: Whether to replace another talk's results.
        listener: Takes the answers.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: The model, a voice, an option, the recording or the folder cannot be used, or nothing was said.
    """
    listener = listener or _Nobody()
    parse_formats(only)
    for path in request.inputs:
        if not path.is_dir():
            check_media(path)
    result = TalkResult()
    make = partial(_answer_input, request) if request.inputs else partial(_converse, request, typed)
    if out is None:
        make(result, listener, reporter, show=False)
        return result
    key = _key(request)
    refuse_others(out, key, overwrite)  # before anybody talks
    try:
        result.written = produce(
            lambda: _need(make(result, listener, reporter, show=True)), key, out, only=only, overwrite=overwrite,
            reporter=reporter,
        )  # fmt: skip
    except KeyboardInterrupt:
        if (out / CONVERSATION).is_dir() and not request.inputs:
            reporter.note(f"the talk is kept in {out}; visavis export {out} writes the rest")
        raise
    return result


def open_talk(request: TalkRequest, reporter: Reporter = SILENT) -> Talk:
    """Loads what a talk needs, so that the first answer need not wait for it.

    Raises:
        InputError: The model or the voice cannot be used.
        MissingExtraError: MARS needs packages that are not installed.
    """
    from visavis.generation.talk.talk import Talk
    from visavis.generation.talk.voices import voices_of_talk
    from visavis.models.mars.model import Mars
    from visavis.models.weights import built_in

    with reporter.progress("loading the model"):
        mars = Mars.from_pretrained(request.model or built_in(BUILT_IN), device=request.device)
        talk = Talk(
            mars, voices_of_talk(request.voice, reporter), seed=request.seed, persona=request.persona,
            goal=request.goal, reporter=reporter,
        )  # fmt: skip
        talk.warm_up()
    return talk


def _converse(
    request: TalkRequest, typed: Iterable[str], result: TalkResult, listener: TalkListener, reporter: Reporter, *,
    show: bool,
) -> Conversation | None:  # fmt: skip
    """Answers turns; the whole talk as a conversation, if it is to be shown."""
    notes = _Notes(reporter)
    talk = open_talk(request, notes)
    turns = iter(typed)
    try:
        for text in turns:
            try:
                answer = talk.exchange(text, listener.hear)
            except InputError as error:
                result.failures += 1
                listener.fail(error)
                continue
            _ended(talk, answer, result, listener)
            if answer is None or answer.stopped:
                break
    except KeyboardInterrupt:
        pass
    if not talk.parts:
        if result.failures:
            return None
        raise InputError("nothing was said: type a turn, pipe turns in line by line, or pass --input FILE")
    return _whole(talk, request, notes, reporter) if show else None


def _answer_input(
    request: TalkRequest, result: TalkResult, listener: TalkListener, reporter: Reporter, *, show: bool
) -> Conversation | None:
    """Answers a recording or a conversation; both one after the other, if that is to be shown."""
    from visavis.generation.talk.scene import followed
    from visavis.generation.talk.talk import in_space

    notes = _Notes(reporter)
    begun, last = _begun(request, notes)
    begun = begun.swapped() if last == 1 else begun  # whoever spoke last is answered, by the other
    talk = open_talk(request, notes)
    talk.id, talk.seats = begun.id, _seats(begun)
    talk.turns = talk.mars.turns(in_space(begun, talk.mars), "B")
    answer = talk.reply(listener.hear)
    _ended(talk, answer, result, listener)
    if answer is None or not show:
        return None
    after = _whole(talk, request, notes, reporter, looks=[person.appearance for person in begun])
    whole = followed(begun, after)
    return whole.swapped() if last == 1 else whole


def _begun(request: TalkRequest, reporter: Reporter) -> tuple[Conversation, int]:
    """The conversation that is to be answered, with motion of both, and who spoke last, or shows something.

    Raises:
        InputError: There is nothing to answer.
    """
    from visavis.generation.apply import has_sound
    from visavis.perception.protocol import get_extractor

    (path,) = request.inputs
    if path.is_dir():
        corpus = open_corpus(path)
        begun = corpus[only_conversation(corpus, path)]
        about = f"{path}: has no words"
    else:
        asked = animate.Request(inputs=request.inputs, seed=request.seed, device=request.device)
        begun = animate.make_conversation(asked, reporter)
        about = f"{path}: nobody is heard saying a word"
    if has_sound(begun) and not any(person.words for person in begun) and "words" not in begun.provenance:
        begun = get_extractor("words")(begun)
    last = max((0, 1), key=lambda i: max((word.end for word in begun.participants[i].words), default=-1.0))
    if not begun.participants[last].words:
        shows = [person.motion is not None if path.is_dir() else is_filmed(person) for person in begun]
        if not any(shows):
            raise InputError(f"{about}; there is nothing to answer")
        reporter.note("nobody says a word: what is shown is answered")
        last = shows.index(True)
    if any(person.motion is None for person in begun):
        begun = _with_motion(begun, request, reporter)
    return begun, last


def _with_motion(begun: Conversation, request: TalkRequest, reporter: Reporter) -> Conversation:
    """The same with motion of whoever had none."""
    from visavis.conversation.seats import seated
    from visavis.generation.apply import has_sound
    from visavis.generation.talk.scene import moved
    from visavis.media.audio import Audio

    begun = seated(begun)
    heard = begun
    if not any(person.words for person in begun) and not has_sound(begun):
        heard = replace(begun, mixed=Audio.silence(begun.duration))  # so that whoever listens can be moved
    with reporter.progress("generating motion") as update:
        made = moved(heard, (), _mover(request) if has_sound(heard) else None, request.seed, update)
    people = [old if old.motion is not None else new for old, new in zip(begun, made, strict=True)]
    return made.with_participants(people[0], people[1])


def _ended(talk: Talk, answer: Delivered | None, result: TalkResult, listener: TalkListener) -> None:
    from visavis.generation.talk.shown import told

    if answer is not None:
        result.answers += 1
        motion = talk.parts[-1].motion
        listener.end(answer, told(motion) if motion is not None else "")


def _whole(talk: Talk, request: TalkRequest, notes: _Notes, reporter: Reporter, looks: Any = None) -> Conversation:
    from visavis.generation.apply import has_sound
    from visavis.generation.talk.scene import heard, moved

    about = {
        "visavis": __version__,
        "request": {name: recorded(value) for name, value in asdict(request).items()},
        "voices": [voice.name for voice in talk.voices],
        "model": dict(talk.mars.provenance),
        "held_codes_cut": talk.cut,
        "notes": notes.notes,
    }
    conversation = heard(talk.parts, talk.id, talk.seats, about, looks)
    mover = _mover(request) if has_sound(conversation) else None
    with reporter.progress("generating motion") as update:
        return moved(conversation, talk.parts, mover, request.seed, update)


def _mover(request: TalkRequest) -> Any:
    from visavis.models.checkpoint import from_pretrained

    return from_pretrained(animate.BUILT_IN, device=request.device)


def _seats(conversation: Conversation) -> Any:
    from visavis.conversation.seats import seated

    return tuple(person.seat for person in seated(conversation))


def _need(conversation: Conversation | None) -> Conversation:
    if conversation is None:
        raise InputError("nothing was answered, so that there is nothing to write")
    return conversation


def _key(request: TalkRequest) -> str:
    """Of a recording's answer, which is the same every time; what people type is new every time."""
    files = [path for path in request.inputs if path.is_file()]
    asked = replace(request, inputs=()) if request.inputs else request
    return request_key(asked, files, (request.model,)) if files else uuid.uuid4().hex[:24]

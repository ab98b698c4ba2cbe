"""The model contract as executable checks that anybody can run on their own model.

::

    from visavis.models.contract import check_model

    check_model(model, conversation)

Each check raises a `ContractError` that says what was promised and what happened instead.
"""

from __future__ import annotations

import itertools
import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from visavis import settings
from visavis.behavior.plan import TRACK
from visavis.checkpoint import read_header
from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE
from visavis.models.base import BehaviorModel, Cue
from visavis.models.preprocessing import frame_count, resampled
from visavis.models.stream import STREAMED, Cues
from visavis.motion import Motion

TOLERANCE = 1e-4
"""How far frames of a stream may be from those of the whole recording, in units of the space."""
SECONDS = 3.0
"""Of the stretch that most checks are made on."""
CHUNKS = {"10 ms": (160,), "40 ms": (640,), "uneven": (1, 0, 997, 4001), "whole-recording": (2**31,)}
"""Samples that are pushed to a stream at a time, in turn."""


class ContractError(AssertionError):
    """A model does not do what every model promises."""


def check_model(model: BehaviorModel, conversation: Conversation) -> None:
    """Checks a model against everything that whoever applies models relies on.

    Args:
        model: Trained, if only for a step.
        conversation: Of at least 3 s, with seats, both people's motion in the model's space, and all cues that the
            model reads.

    Raises:
        ContractError: The first promise that is not kept.
    """
    for check in CHECKS:
        check(model, conversation.window(0.0, min(SECONDS, conversation.duration)))


def people_of(model: BehaviorModel) -> tuple[int, ...]:
    """Whom a model can move: A where it moves speakers only, B where it moves listeners only, else both."""
    roles = model.capabilities.roles
    if roles == {"speaker"}:
        return (0,)
    return (1,) if roles == {"listener"} else (0, 1)


def check_capabilities(model: BehaviorModel, conversation: Conversation) -> None:
    """Capabilities are stated, and do not contradict each other."""
    capabilities = model.capabilities
    _need(bool(capabilities.roles), "has no roles: capabilities.roles is empty")
    _need(capabilities.writes.columns == model.space.columns, "writes a different space than model.space")
    _need(not capabilities.needs & capabilities.uses, "lists a cue both in needs and in uses")
    sees = "partner_motion" in capabilities.cues
    _need(sees == (capabilities.reads is not None), "reads partner_motion, but capabilities.reads is not its space"
          if sees else "states a space that it reads, but partner_motion is not among its cues")  # fmt: skip
    if capabilities.lookahead is not None:
        ahead = capabilities.lookahead
        _need(0 <= ahead < SECONDS, f"declares a lookahead of {ahead:g} s; 0 to {SECONDS:g} s can be checked")
        lacking = ", ".join(sorted(capabilities.needs - STREAMED))
        _need(not lacking, f"declares a lookahead, but needs {lacking}, which a stream cannot be given")
    for name, option in capabilities.options.items():
        _need(option.low <= option.default <= option.high, f"has option {name} whose default is out of its range")


def check_motion(model: BehaviorModel, conversation: Conversation) -> None:
    """What comes out is motion of the model's space and rate, within bounds and on the conversation's clock."""
    for frames in (1, 2, frame_count(conversation, model.fps)):
        part = conversation.window(0.0, frames / model.fps)
        for motion in _motions(model, part):
            where = f"for a conversation of {frames} frame(s)"
            _need(motion.space.columns == model.space.columns, f"returns motion in a different space {where}")
            _need(motion.fps == model.fps, f"returns motion at {motion.fps:g} frames/s {where}")
            _need(len(motion) == frames, f"returns {len(motion)} frames of motion {where}")
            _need(bool(np.isfinite(motion.values).all()), f"returns motion that is not finite {where}")
            low, high = model.space.limits()
            inside = (motion.values >= low - 1e-5) & (motion.values <= high + 1e-5)
            _need(bool(inside.all()), f"returns motion outside the space's bounds {where}")


def check_others(model: BehaviorModel, conversation: Conversation) -> None:
    """Whoever is not to be moved stays as they are, and so does all else; how motion was made is recorded."""
    for person in people_of(model):
        (moved,) = model.generate(conversation, (person,))
        other = 1 - person
        _need(
            moved.participants[other] == conversation.participants[other],
            f"changes {'AB'[other]}, who should not change",
        )
        for part in fields(Participant):
            if part.name == "motion":
                continue
            before, after = (getattr(c.participants[person], part.name) for c in (conversation, moved))
            _need(after is before or after == before, f"changes {part.name} of {'AB'[person]}")
        _need(moved.duration == conversation.duration and moved.id == conversation.id, "changes the conversation")
        made = moved.provenance.get(f"motion_{'ab'[person]}")
        _need(isinstance(made, dict), f"does not record provenance['motion_{'ab'[person]}']")


def check_own_motion(model: BehaviorModel, conversation: Conversation) -> None:
    """How a person really moves is not looked at when that person is moved."""
    for person in people_of(model):
        there = conversation.participants[person].motion
        if there is None:
            continue
        (first,) = _motions(model, conversation, (person,))
        values = there.values[::-1] * 0.5
        for name, motion in (("other", Motion(values, there.fps, there.space)), ("no", None)):
            changed = _with(conversation, person, motion=motion)
            (again,) = _motions(model, changed, (person,))
            _need(again == first, f"moves {'AB'[person]} differently depending on {name} motion that was already there")


def check_seeds(model: BehaviorModel, conversation: Conversation) -> None:
    """The same seed gives the same motion; a model whose samples differ gives other motion for another seed."""
    people = people_of(model)
    first, second = (_motions(model, each, people, generated=True) for each in _generate(model, conversation, 2))
    (again,) = _generate(model, conversation, 1)
    (other,) = _generate(model, conversation, 1, seed=1)
    _need(_motions(model, again, people, generated=True) == first, "returns different motion for the same seed")
    if first != second:
        _need(
            _motions(model, other, people, generated=True) != first,
            "samples, but returns the same motion for a different seed",
        )


def check_checkpoint(model: BehaviorModel, conversation: Conversation) -> None:
    """What was stored and loaded gives the same motion."""
    first = _motions(model, conversation)
    with tempfile.TemporaryDirectory() as folder:
        where = model.save(Path(folder) / "model", training={"data": "none"})
        header = read_header(where, model.name)
        config = settings.validate(type(model.config), header.config, str(where), "config")
        loaded = type(model).load(where, header, config).to(model.device)
        _need(not loaded.training, "is in training mode after it was loaded")
        _need(loaded.space.columns == model.space.columns, "has a different space after it was loaded")
        _need(loaded.capabilities.roles == model.capabilities.roles, "has different roles after it was loaded")
        for before, after in zip(first, _motions(loaded, conversation), strict=True):
            apart = float(np.abs(before.values - after.values).max())
            _need(apart <= 1e-6, f"returns motion that differs by {apart:.2g} after it was saved and loaded")


def check_missing_cues(model: BehaviorModel, conversation: Conversation) -> None:
    """Without a cue that it needs a model refuses in one line; without one that it can do without it still moves."""
    for person in people_of(model):
        for cue in sorted(model.capabilities.cues & set(LACKING)):
            lacking = LACKING[cue](conversation, person)
            if cue in model.capabilities.needs:
                with _refused(f"works without {cue}, which it declares as needed"):
                    model.generate(lacking, (person,))
            else:
                _motions(model, lacking, (person,))


def check_undeclared_cues(model: BehaviorModel, conversation: Conversation) -> None:
    """A cue that a model does not declare makes no difference to it."""
    first = _motions(model, conversation)
    for cue in sorted(set(LACKING) - model.capabilities.cues):
        lacking = conversation
        for person in (0, 1):
            lacking = LACKING[cue](lacking, person)
        try:
            again = _motions(model, lacking)
        except Exception as error:
            failed = f"{type(error).__name__}, {error}"
            raise ContractError(f"the model fails without {cue}, which it does not declare: {failed}") from error
        _need(again == first, f"moves people differently without {cue}, which it does not declare")


def check_refusals(model: BehaviorModel, conversation: Conversation) -> None:
    """Options that do not exist or are out of range, and people who are not there, are refused in one line."""
    people = people_of(model)
    with _refused("accepts an option that it does not have"):
        model.generate(conversation, people, options={"no such option": 1.0})
    for name, option in model.capabilities.options.items():
        for value in (option.low - 1, option.high + 1, float("nan")):
            with _refused(f"takes {value:g} for its option {name}, which is out of range"):
                model.generate(conversation, people, options={name: value})
    for nobody in ((), (2,)):
        with _refused(f"moves people {nobody}"):
            model.generate(conversation, nobody)


def check_stream(model: BehaviorModel, conversation: Conversation) -> None:
    """A stream gives what the whole recording gives; models that see whole recordings refuse to open one."""
    people = people_of(model)
    if model.capabilities.lookahead is None:
        with _refused("opens a stream, but declares no lookahead"), model.open_stream(people):
            pass
        return
    known = _streamable(conversation)
    whole = _motions(model, known, people)
    for name, chunks in CHUNKS.items():
        where = f"in {name} chunks"
        for streamed, motion in zip(_streamed(model, known, people, chunks, where), whole, strict=True):
            count = min(len(streamed), len(motion))
            apart = np.abs(streamed[:count] - motion.values[:count]).max(axis=1)
            for frame in np.flatnonzero(apart > TOLERANCE)[:1]:
                raise ContractError(
                    f"the model streams motion that differs from that of the whole recording by {apart.max():.2g}, "
                    f"first at frame {frame} {where}"
                )


CHECKS: tuple[Callable[[BehaviorModel, Conversation], None], ...] = (
    check_capabilities, check_motion, check_others, check_own_motion, check_seeds, check_checkpoint,
    check_missing_cues, check_undeclared_cues, check_refusals, check_stream,
)  # fmt: skip
"""What `check_model` runs."""


def _silent(conversation: Conversation, _person: int) -> Conversation:
    people = (replace(each, audio=None) for each in conversation)
    return replace(conversation.with_participants(*people), mixed=None)


def _wordless(conversation: Conversation, _person: int) -> Conversation:
    provenance = {name: value for name, value in conversation.provenance.items() if name != "words"}
    people = (replace(each, utterances=()) for each in conversation)
    return replace(conversation.with_participants(*people), provenance=provenance)


def _planless(conversation: Conversation) -> Conversation:
    tracks = ({name: track for name, track in each.tracks.items() if name != TRACK} for each in conversation)
    people = (replace(each, tracks=kept) for each, kept in zip(conversation, tracks, strict=True))
    return conversation.with_participants(*people)


LACKING: dict[Cue, Callable[[Conversation, int], Conversation]] = {
    "audio": _silent,
    "words": _wordless,
    "speaking": lambda conversation, person: _with(conversation, 1 - person, speaking=None),
    "partner_motion": lambda conversation, person: _with(conversation, 1 - person, motion=None),
    "plan": lambda conversation, _person: _planless(conversation),
}
"""How a cue is taken away from a conversation in which a person is to be moved."""


def _with(conversation: Conversation, person: int, **changes: object) -> Conversation:
    """A copy in which one person is changed."""
    people = list(conversation.participants)
    people[person] = replace(people[person], **changes)  # type: ignore[arg-type]
    return conversation.with_participants(*people)


def _generate(model: BehaviorModel, conversation: Conversation, samples: int, seed: int = 0) -> list[Conversation]:
    found = model.generate(conversation, people_of(model), samples=samples, seed=seed)
    _need(len(found) == samples, f"returns {len(found)} conversations for {samples} requested samples")
    return found


def _motions(
    model: BehaviorModel, conversation: Conversation, people: tuple[int, ...] | None = None, *, generated: bool = False
) -> list[Motion]:
    """How people move in what the model generates, or in a conversation that it has generated."""
    people = people_of(model) if people is None else people
    if not generated:
        (conversation,) = model.generate(conversation, people)
    found = [conversation.participants[person].motion for person in people]
    moved = [motion for motion in found if motion is not None]
    _need(len(moved) == len(found), "leaves a person who should be animated without motion")
    return moved


def _streamable(conversation: Conversation) -> Conversation:
    """What a stream is told of a conversation."""
    heard = (None if each.audio is None else resampled(each.audio).lasting(conversation.duration)
             for each in conversation)  # fmt: skip
    people = (replace(each, utterances=(), speaking=None, audio=audio)
              for each, audio in zip(conversation, heard, strict=True))  # fmt: skip
    return replace(_wordless(conversation, 0).with_participants(*people), mixed=None)


def _streamed(
    model: BehaviorModel, conversation: Conversation, people: tuple[int, ...], chunks: tuple[int, ...], where: str
) -> list[np.ndarray]:
    """Per person moved, (T, D) what a stream has given when the recording has ended, each frame as soon as promised."""
    ahead = model.capabilities.lookahead
    assert ahead is not None
    a, b = conversation.participants
    given: dict[int, list[np.ndarray]] = {person: [] for person in people}
    with model.open_stream(people, seats=(a.seat, b.seat)) as stream:
        for start, stop in _stretches(round(conversation.duration * SAMPLE_RATE), chunks):
            found = stream.push(_cues(conversation, start, stop, model.fps))
            seconds = stop / SAMPLE_RATE
            least = max(0, math.floor((seconds - ahead) * model.fps + 1e-6))
            most = math.ceil(seconds * model.fps - 1e-6)
            for person, motion in enumerate(found):
                if person not in given:
                    _need(motion is None, f"streams motion of {'AB'[person]}, who is not to be moved, {where}")
                    continue
                if motion is None:
                    raise ContractError(f"the model streams None for {'AB'[person]}, who is to be moved, {where}")
                _need(motion.space.columns == model.space.columns, f"streams motion in a different space {where}")
                _need(motion.fps == model.fps, f"streams motion at {motion.fps:g} frames/s {where}")
                given[person].append(motion.values)
                count = sum(map(len, given[person]))
                _need(
                    least <= count <= most,
                    f"has streamed {count} frames after {seconds:.3f} s {where}; with a lookahead of {ahead:g} s it "
                    f"should be {least} to {most}",
                )
    return [np.concatenate(given[person]) for person in people]


def _stretches(samples: int, chunks: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """First and last sample of each piece, in order, without gaps."""
    start = 0
    for size in itertools.cycle(chunks):
        stop = min(start + size, samples)
        yield start, stop
        if stop == samples:
            return
        start = stop


def _cues(conversation: Conversation, start: int, stop: int, fps: float) -> Cues:
    """The sound of a stretch, and the frames of motion that end in it."""
    first, last = (math.floor(sample / SAMPLE_RATE * fps + 1e-6) for sample in (start, stop))
    a, b = (
        (
            None if person.audio is None else person.audio.samples[start:stop],
            None if person.motion is None or first == last else person.motion.slice(first, last),
        )
        for person in conversation
    )
    return Cues(audio=(a[0], b[0]), motion=(a[1], b[1]))


def _need(kept: bool, broken: str) -> None:
    if not kept:
        raise ContractError(f"the model {broken}")


@contextmanager
def _refused(broken: str) -> Iterator[None]:
    """What happens inside is to be refused by an `InputError` of one line."""
    try:
        yield
    except InputError as error:
        _need("\n" not in str(error).strip() and bool(str(error)), f"reports an error of more than one line: {error}")
        return
    raise ContractError(f"the model {broken}")

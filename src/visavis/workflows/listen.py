"""A listener for a recording: somebody speaks, and somebody else is moved in response.

Person A speaks and person B listens; of two voices in one recording, the one heard more is A's. Unless A's motion is
given, A is moved as in `animate`; B is moved by DIM, or by another model, from A's motion and voice. Where B is heard
speaking, B is no listener: there Duet moves B, too. Both models perform one plan of what the two do.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from visavis import __version__
from visavis.behavior.controls import Controls
from visavis.behavior.plan import Plan, plan_of
from visavis.behavior.plan_files import read_events, read_plan
from visavis.command import recorded
from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.formats.registry import parse_formats
from visavis.generation.planning import AS_USUAL, check_direction
from visavis.media import check_media
from visavis.models.base import chosen_options
from visavis.models.samples import sample_seed
from visavis.motion import ARKIT, ARKIT_BODY, Motion
from visavis.motion.mapping import can_become, to_space
from visavis.motion.resampling import resample
from visavis.reading import regular_file
from visavis.reporter import SILENT, Reporter
from visavis.workflows import animate
from visavis.workflows.listen_motion import at_rate, blend, moved_as, of_length, pauses, planned_while, speaks
from visavis.workflows.run_folder import Result, identifier, produce, request_key

BUILT_IN = "dim"
"""The model that listens unless another is named."""
LENGTHS_APART = 0.5
"""Seconds by which the speaker's motion and the recording may differ."""


@dataclass(frozen=True)
class ListenRequest:
    """What is asked for.

    Attributes:
        inputs: One recording, or two: the speaker's voice and the listener's own.
        speaker_motion: How the speaker moves: motion.npz (person A of it), any .npz with ``motion``, ``fps`` and
            ``space``, an ARKit CSV, or an .npy in the model's space and at its rate. None: it is made from the sound.
        layout: As of `animate`.
        seed: Decides the listener.
        samples: Number of different listeners to generate.
        stillness: 0 to 1, how still they hold.
        intensity: 0 to 2, how large their movements are; 1 as learnt.
        temperature: How freely units are drawn; the model's own unless given.
        model: A checkpoint folder or Hub id, or the name of a model; None for the built-in DIM.
        device: Where models compute: ``auto``, ``cpu`` or ``cuda``.
        plan: As of `animate`; all samples perform it.
        controls: As of `animate`.
    """

    inputs: tuple[Path, ...]
    speaker_motion: Path | None = None
    layout: str | None = None
    seed: int = 0
    samples: int = 1
    stillness: float = 0.0
    intensity: float = 1.0
    temperature: float | None = None
    model: str | None = None
    device: str = "auto"
    plan: Path | None = None
    controls: tuple[Controls, Controls] = AS_USUAL

    def __post_init__(self) -> None:
        """Validates what needs no file."""
        check_direction(self.plan is not None, self.controls)
        if self.speaker_motion is not None and self.controls[0] != Controls():
            raise InputError("--speaker-motion is how A moves, so --behavior can only be asked of B: write B:WORDS")


def run(
    request: ListenRequest,
    out: Path,
    *,
    only: str | None = None,
    overwrite: bool = False,
    reporter: Reporter = SILENT,
) -> Result:
    """Makes one listener in `out`, or several in ``listener-1``, ``listener-2``, ... inside it.

    Args:
        request: The recording and the options.
        out: Output folder; created if missing.
        only: Comma-separated names of formats, those written by default unless given.
        overwrite: Whether to replace another request's results.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: The recording, the motion, the model, an option or the folder cannot be used.
    """
    start = time.monotonic()
    parse_formats(only)  # what costs nothing to find out is found out before recordings are opened
    for path in request.inputs:
        check_media(path)
    if request.speaker_motion is not None:
        regular_file(request.speaker_motion)
    if request.plan is not None:
        read_events(request.plan)
    job = _Job(request, reporter)
    job.given  # noqa: B018  what cannot be read is refused before recordings are hashed
    files: list[Path] = []
    duration = 0.0
    known = [*request.inputs, *(path for path in (request.speaker_motion, request.plan) if path is not None)]
    for sample in range(request.samples):
        folder = out / f"listener-{sample + 1}" if request.samples > 1 else out
        weights = job.model.provenance["weights"]
        asked = replace(request, samples=sample, model=weights, speaker_motion=None, plan=None)
        key = request_key(asked, known, (request.layout,))
        done = produce(partial(job.make, sample), key, folder, only=only, overwrite=overwrite, reporter=reporter)
        files += done.files
        duration = done.duration
    return Result(tuple(files), duration, time.monotonic() - start)


@dataclass(frozen=True)
class _Job:
    """What all samples share."""

    request: ListenRequest
    reporter: Reporter

    @cached_property
    def model(self) -> Any:
        """The listener's, checked together with the options before anything is made."""
        from visavis.generation.apply import need_role
        from visavis.generation.liveliness import check_liveliness
        from visavis.models.checkpoint import from_pretrained

        check_liveliness(self.request.stillness, self.request.intensity)
        model = from_pretrained(self.request.model or BUILT_IN, device=self.request.device)
        need_role(model, "listener", self.request.model or BUILT_IN)
        check_direction(self.request.plan is not None, self.request.controls, self.request.controls[1:], model)
        chosen_options(model.capabilities, self.options, model.name)
        return model

    @property
    def options(self) -> dict[str, float]:
        """Of the sampling."""
        return {} if self.request.temperature is None else {"temperature": self.request.temperature}

    @cached_property
    def given(self) -> Motion | None:
        """The speaker's motion, if there is a file of it."""
        return _read_motion(self.request.speaker_motion, self.model) if self.request.speaker_motion else None

    @cached_property
    def base(self) -> Conversation:
        """Both people before B listens: moved by Duet where that is possible, A as given where that is given."""
        from visavis.generation.apply import informed

        request = self.request
        given = self.given
        if can_become(ARKIT, self.model.space):
            asked = animate.Request(
                inputs=request.inputs, layout=request.layout, seed=request.seed, device=request.device,
                plan=request.plan, controls=request.controls,
            )  # fmt: skip
            order = speaker_first if len(request.inputs) == 1 else lambda heard: heard
            conversation = animate.make_conversation(asked, self.reporter, order)
        else:
            if given is None:
                self._need_voice()
            conversation = _placed(request)
        if given is not None:
            if not np.ptp(given.values, axis=0).any():
                self.reporter.note(
                    f"{request.speaker_motion}: the speaker's motion is constant; the listener reacts to the voice "
                    "alone"
                )
            if abs(given.duration - conversation.duration) > LENGTHS_APART:
                raise InputError(
                    f"{request.speaker_motion}: lasts {given.duration:.2f} s, the recording {conversation.duration:.2f}"
                    " s; cut both to the same length"
                )
            given = of_length(given, max(1, round(conversation.duration * given.fps)))
            conversation = moved_as(given, conversation)
            if request.plan is not None:
                self.reporter.note("A moves as in --speaker-motion; of the plan, A's hands and trunk perform it")
        return informed(at_rate(conversation, self.model.fps), self.model)  # once for all samples

    @property
    def follows(self) -> bool:
        """Whether the listener does what is planned."""
        return "plan" in self.model.capabilities.needs

    def plan(self, sample: int) -> Plan | None:
        """What both do where that is settled: by a file, and for the first listener by the plan that moved A.

        Further listeners draw a plan of their own, which answers what A does.
        """
        if not self.follows or (self.request.plan is None and sample):
            return None
        if any(person.motion is not None for person in self.base):
            known = plan_of(self.base)
            return known if any(known.people) else None
        return read_plan(self.request.plan, self.base.duration)[0] if self.request.plan is not None else None

    def speaking(self, listener: Conversation, sample: int) -> Motion:
        """How B moves while speaking, by the same plan as while listening."""
        from visavis.generation.apply import apply
        from visavis.models.checkpoint import from_pretrained

        motion = self.base.b.motion
        assert motion is not None
        if not self.follows or self.plan(sample) is not None or "B" in self.base.provenance.get("tracked", ""):
            return motion
        model = from_pretrained(animate.BUILT_IN, device=self.request.device)
        seed = sample_seed(self.request.seed, sample)
        (moved,) = apply(listener, model, (1,), seed=seed, plan=plan_of(listener))
        assert moved.b.motion is not None
        return moved.b.motion

    def _need_voice(self) -> None:
        """Notes that the speaker cannot be moved, or raises `InputError` where the model answers nothing else."""
        name = self.model.space.name
        if "audio" not in self.model.capabilities.cues and "speaking" not in self.model.capabilities.cues:
            raise InputError(
                f"the model uses space {name!r}, in which the speaker's motion cannot be generated from audio; pass "
                "--speaker-motion FILE"
            )
        self.reporter.note(
            f"the speaker cannot be animated in space {name!r} and is at rest; the listener reacts to the voice "
            "alone, unless --speaker-motion is given"
        )

    def make(self, sample: int) -> Conversation:
        """One listener."""
        from visavis.generation.apply import apply

        request, base, plan = self.request, self.base, self.plan(sample)
        with self.reporter.progress("generating the listener") as update:
            (found,) = apply(
                base, self.model, (1,), seed=sample_seed(request.seed, sample), options=self.options,
                stillness=request.stillness, intensity=request.intensity, plan=plan,
                controls=request.controls if self.follows and plan is None else AS_USUAL, update=update,
            )  # fmt: skip
        notes = list(base.provenance.get("notes", []))
        own = speaks(base, found.b.motion)
        if own.any() and base.b.motion is not None:
            seconds = float((own > 0.5).sum()) / self.model.fps
            notes.append(
                f"B also speaks: there, for {seconds:.1f} s, {animate.BUILT_IN} animates B, not the listener model"
            )
            self.reporter.note(notes[-1])
        still = pauses(found.b.motion) if self.model.capabilities.pauses else np.zeros_like(own)
        if still.any() and base.b.motion is not None:
            own = np.maximum(own, still)
            notes.append(f"between reactions, {animate.BUILT_IN} animates B, who would be still")
            self.reporter.note(notes[-1])
        if own.any() and base.b.motion is not None:
            motion = blend(found.b.motion, self.speaking(found, sample), own)
            found = found.with_participants(found.a, replace(found.b, motion=motion))
        if not self.follows:
            found = found.with_participants(found.a, planned_while(found.b, own, self.model.fps))
        found = self._in_one_space(found, notes)
        asked = {name: recorded(value) for name, value in asdict(request).items()} | {"sample": sample + 1}
        provenance = {**found.provenance, "visavis": __version__, "request": asked, "notes": notes}
        return replace(found, provenance=provenance)

    def _in_one_space(self, found: Conversation, notes: list[str]) -> Conversation:
        """The same with A in B's space, from which no more than a body may be missing, of which a note tells."""
        a, b = (person.motion for person in found)
        if a is None or b is None or not can_become(a.space, b.space):
            return found
        if a.space.columns == ARKIT_BODY.columns != b.space.columns:
            notes.append(f"model {self.model.name!r} moves faces and heads only, so A's body is left out, too")
            self.reporter.note(notes[-1])
        return found.with_participants(replace(found.a, motion=to_space(a, b.space)), found.b)


def speaker_first(conversation: Conversation) -> Conversation:
    """In a recording of both people, who is heard more is A, the speaker."""
    a, b = conversation.participants
    if a.speaking is None or b.speaking is None or b.speaking.values.sum() <= a.speaking.values.sum():
        return conversation
    return conversation.with_participants(replace(b, name=a.name), replace(a, name=b.name))


def _read_motion(path: Path, model: Any) -> Motion:
    """The speaker's motion from a file, at the model's frame rate.

    Raises:
        InputError: It cannot be read, or is of another space.
    """
    from visavis.formats.people import read_people

    people = read_people(path, model.space, model.fps if path.suffix.lower() == ".npy" else None)
    person = people.get("") or people.get("A")
    if person is None:
        raise InputError(f"{path}: has no 'A_motion'; the speaker must be A")
    motion = person.motion
    if not can_become(motion.space, model.space):
        raise InputError(
            f"{path}: is in space {motion.space.name!r}; the model uses {model.space.name!r}: map it first, or pass "
            "a --model for its space"
        )
    if len(motion) < 2:
        raise InputError(f"{path}: the motion has {len(motion) or 'no'} frame(s); two are needed to move")
    return resample(motion, model.fps, max(1, round(motion.duration * model.fps)))


def _placed(request: ListenRequest) -> Conversation:
    """The recording, with seats, without motion."""
    from visavis.conversation.from_recording import conversation_of
    from visavis.media import open_recording
    from visavis.scene.layout import layout_from

    conversation = conversation_of(open_recording(request.inputs), identifier(request.inputs[0]))
    people = zip(conversation.participants, layout_from(request.layout).seats, strict=True)
    return conversation.with_participants(*(replace(person, seat=seat) for person, seat in people))

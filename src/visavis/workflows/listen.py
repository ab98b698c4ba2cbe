"""A listener for a recording: somebody speaks, and somebody else is moved in response.

Person A speaks and person B listens; of two voices in one recording, the one heard more is A's. Unless A's motion is
given, A is moved as in `animate`; B is moved by DIM, or by another model, from A's motion and voice. Where B is heard
speaking, B is no listener: there Duet moves B, too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, uniform_filter1d

from visavis import __version__
from visavis.command import recorded
from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.formats.registry import parse_formats
from visavis.media import check_media
from visavis.models.base import chosen_options
from visavis.models.samples import sample_seed
from visavis.motion import ARKIT, Motion, MotionSpace
from visavis.motion.mapping import can_become, project_to_space, to_space
from visavis.reading import regular_file
from visavis.reporter import SILENT, Reporter
from visavis.workflows import animate
from visavis.workflows.run_folder import Result, identifier, produce, request_key

BUILT_IN = "dim"
"""The model that listens unless another is named."""
AROUND = 0.3
"""Seconds before and after B's own speech in which Duet still moves B."""
PASSING = 0.4
"""Seconds in which one model's motion passes into the other's."""
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
    job = _Job(request, reporter)
    job.given  # noqa: B018  what cannot be read is refused before recordings are hashed
    files: list[Path] = []
    duration = 0.0
    known = [*request.inputs, *([request.speaker_motion] if request.speaker_motion else [])]
    for sample in range(request.samples):
        folder = out / f"listener-{sample + 1}" if request.samples > 1 else out
        asked = replace(request, samples=sample, model=job.model.provenance["weights"], speaker_motion=None)
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
        from visavis.generation.apply import prepared

        request = self.request
        given = self.given
        if can_become(ARKIT, self.model.space):
            asked = animate.Request(
                inputs=request.inputs, layout=request.layout, seed=request.seed, device=request.device
            )
            order = speaker_first if len(request.inputs) == 1 else lambda heard: heard
            conversation = animate.make_conversation(asked, self.reporter, order)
            conversation = _in_space(conversation, self.model.space)
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
            given = _of_length(given, max(1, round(conversation.duration * given.fps)))
            conversation = conversation.with_participants(replace(conversation.a, motion=given), conversation.b)
        return prepared(_at_rate(conversation, self.model.fps), self.model)  # once for all samples

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

        request, base = self.request, self.base
        with self.reporter.progress("generating the listener") as update:
            (found,) = apply(
                base, self.model, (1,), seed=sample_seed(request.seed, sample), options=self.options,
                stillness=request.stillness, intensity=request.intensity, update=update,
            )  # fmt: skip
        notes = list(base.provenance.get("notes", []))
        own = speaks(base, found.b.motion)
        if own.any() and base.b.motion is not None:
            seconds = float((own > 0.5).sum()) / self.model.fps
            notes.append(
                f"B also speaks: there, for {seconds:.1f} s, {animate.BUILT_IN} animates B, not the listener model"
            )
            self.reporter.note(notes[-1])
            found = found.with_participants(found.a, replace(found.b, motion=blend(found.b.motion, base.b.motion, own)))
        asked = {name: recorded(value) for name, value in vars(request).items()} | {"sample": sample + 1}
        provenance = {**found.provenance, "visavis": __version__, "request": asked, "notes": notes}
        return replace(found, provenance=provenance)


def speaker_first(conversation: Conversation) -> Conversation:
    """In a recording of both people, who is heard more is A, the speaker."""
    a, b = conversation.participants
    if a.speaking is None or b.speaking is None or b.speaking.values.sum() <= a.speaking.values.sum():
        return conversation
    return conversation.with_participants(replace(b, name=a.name), replace(a, name=b.name))


def speaks(conversation: Conversation, motion: Motion | None) -> NDArray[np.float32]:
    """(T,) how far B speaks rather than listens on the frames of `motion`, with soft edges."""
    if motion is None or conversation.b.speaking is None:
        return np.zeros(0 if motion is None else len(motion), np.float32)
    heard = conversation.b.speaking.at(motion.fps, len(motion)).values[:, 0] > 0.5
    wide = binary_dilation(heard, iterations=max(1, round(AROUND * motion.fps))) if heard.any() else heard
    edges = max(1, round(PASSING * motion.fps))
    soft: NDArray[np.float32] = uniform_filter1d(wide.astype(np.float32), edges, mode="nearest")
    return soft


def blend(listening: Motion | None, speaking: Motion, share: NDArray[np.float32]) -> Motion:
    """`speaking`'s motion where `share` (T,) is 1, `listening`'s where it is 0."""
    assert listening is not None
    frames = len(listening)
    values = _of_length(speaking, frames).values
    return replace(listening, values=listening.values + share[:, None] * (values - listening.values))


def _read_motion(path: Path, model: Any) -> Motion:
    """The speaker's motion from a file, at the model's frame rate.

    Raises:
        InputError: It cannot be read, or is of another space.
    """
    from visavis.formats.people import read_people
    from visavis.motion.resampling import resample

    people = read_people(path, model.space, model.fps if path.suffix.lower() == ".npy" else None)
    person = people.get("") or people.get("A")
    if person is None:
        raise InputError(f"{path}: has no 'A_motion'; the speaker must be A")
    motion = project_to_space(person.motion, model.space)
    if motion.space.columns != model.space.columns:
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


def _in_space(conversation: Conversation, space: MotionSpace) -> Conversation:
    """The same with everybody's motion in another space, from which no more than a body is missing."""
    people = (replace(p, motion=to_space(p.motion, space)) if p.motion else p for p in conversation)
    return conversation.with_participants(*people)


def _at_rate(conversation: Conversation, fps: float) -> Conversation:
    """The same with everybody's motion at another frame rate."""
    from visavis.motion.resampling import resample

    people = (replace(p, motion=resample(p.motion, fps)) if p.motion else p for p in conversation.participants)
    return conversation.with_participants(*people)


def _of_length(motion: Motion, frames: int) -> Motion:
    """Cut, or its last frame held."""
    missing = max(0, frames - len(motion))
    return replace(motion, values=np.concatenate([motion.values, np.repeat(motion.values[-1:], missing, 0)])[:frames])

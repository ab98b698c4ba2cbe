"""The main job: from a recording of a conversation to two people in one room.

The order of the work: decode, seat the two people, find out who speaks when, generate both people's motion, store the
conversation, then write each result (`run_folder`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from visavis import __version__
from visavis.behavior.controls import Controls
from visavis.behavior.plan import Plan
from visavis.behavior.plan_files import read_events, read_plan
from visavis.command import recorded
from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.files import results_folder
from visavis.formats.registry import parse_formats
from visavis.generation.planning import AS_USUAL, check_direction
from visavis.media import check_media
from visavis.reporter import SILENT, Reporter
from visavis.workflows.run_folder import Result, identifier, produce, request_key

BUILT_IN = "duet"
"""The model that moves people unless another is named."""


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
        plan: A file of what people do, as an earlier run wrote it and edited since; drawn unless given.
        controls: What is asked of A's and B's behaviour.
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
    plan: Path | None = None
    controls: tuple[Controls, Controls] = AS_USUAL

    def __post_init__(self) -> None:
        """Validates what needs no file."""
        check_direction(self.plan is not None, self.controls)


def run(
    request: Request,
    out: Path,
    *,
    only: str | None = None,
    overwrite: bool = False,
    reporter: Reporter = SILENT,
) -> Result:
    """Does the main job.

    Args:
        request: The recording and the options.
        out: Output folder; created if missing.
        only: Comma-separated names of formats (see `visavis.formats.registry`), those written by default unless given.
        overwrite: Whether to replace another request's results in the folder.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: The recording, an option or the folder cannot be used.
    """
    parse_formats(only)
    with results_folder(out):  # what costs nothing to find out is found out before recordings are opened
        for path in request.inputs:
            check_media(path)
        if request.plan is not None:
            read_events(request.plan)
        files = (*request.inputs, *((request.plan,) if request.plan else ()))
        key = request_key(replace(request, plan=None), files, (request.layout, request.model))
        make = partial(make_conversation, request, reporter)
        return produce(make, key, out, only=only, overwrite=overwrite, reporter=reporter)


def make_conversation(
    request: Request, reporter: Reporter = SILENT,
    order: Callable[[Conversation], Conversation] = lambda heard: heard,
) -> Conversation:  # fmt: skip
    """Decodes, seats, finds out who speaks, and generates motion; writes nothing.

    Args:
        request: The recording and the options.
        reporter: Takes notes and shows progress.
        order: Decides who is A and who B, once it is known who speaks when.

    Returns:
        Both people with seats, looks, speaking and motion; the notes are in ``provenance["notes"]``.

    Raises:
        InputError: The recording, the layout or the model cannot be used.
    """
    from visavis.bodies import default_appearances
    from visavis.conversation.from_recording import conversation_of
    from visavis.generation.apply import apply, need_role
    from visavis.media import open_recording
    from visavis.models.checkpoint import from_pretrained
    from visavis.perception.speaking import Diarizer
    from visavis.rendering.furniture import table_radius
    from visavis.scene.layout import layout_from
    from visavis.scene.telling import told
    from visavis.workflows.tracked import merge_tracked, open_videos, track_faces

    if request.plan is not None:
        read_events(request.plan)  # a bad file is told now, not after all the listening below
    with reporter.progress("reading"):
        recording = open_recording(request.inputs)
        conversation = conversation_of(recording, identifier(request.inputs[0]))
    layout = layout_from(request.layout, strict=request.strict, language_model=_language_model(request))
    model = from_pretrained(request.model or BUILT_IN, device=request.device)
    need_role(model, "speaker", request.model or BUILT_IN)
    check_direction(request.plan is not None, request.controls, request.controls, model)
    notes = [*conversation.provenance.get("notes", []), *layout.notes]
    for line in notes:
        reporter.note(line)
    reporter.say(f"layout: {told(layout, table=table_radius(layout.seats) > 0)}")
    with reporter.progress("voice activity"):
        made = {
            **conversation.provenance,
            "visavis": __version__,
            "request": {name: recorded(value) for name, value in asdict(request).items()},
            "layout": layout.source,
            "notes": notes,
        }
        conversation = Diarizer()(replace(conversation, provenance=made))
    if shown := {} if request.from_sound else open_videos(request.inputs, recording.begins):
        with reporter.progress("face tracking"):
            conversation = track_faces(conversation, shown, people=3 - len(request.inputs))
    seen = conversation = order(conversation)
    people = zip(conversation.participants, layout.seats, default_appearances(), strict=True)
    conversation = conversation.with_participants(
        *(replace(person, seat=seat, appearance=look) for person, seat, look in people)
    )
    plan = None
    if "plan" in model.capabilities.needs:
        conversation = understood(conversation, reporter)
        plan = _plan(request, conversation, reporter)
    with reporter.progress("generating motion") as update:
        (moved,) = apply(
            conversation, model, seed=request.seed, options=_options(request), plan=plan, controls=request.controls,
            update=update,
        )  # fmt: skip
    moved = merge_tracked(seen, moved)
    for line in moved.provenance["notes"][len(notes) :]:
        reporter.note(line)
    return moved


def understood(conversation: Conversation, reporter: Reporter = SILENT) -> Conversation:
    """The conversation with what is said and where people laugh, as far as that can be found out here.

    Behaviour follows words and laughter where they are known; where they are not, a note says so.
    """
    from visavis.models.cues import words_known
    from visavis.perception.protocol import add_notes, get_extractor

    if not words_known(conversation):
        try:
            with reporter.progress("words"):
                conversation = get_extractor("words")(conversation)
        except InputError as error:
            conversation = add_notes(conversation, [f"behavior does not follow what is said: {error}"])
    with reporter.progress("laughter"):
        return get_extractor("laughter")(conversation)


def _plan(request: Request, conversation: Conversation, reporter: Reporter) -> Plan | None:
    if request.plan is None:
        return None
    plan, notes = read_plan(request.plan, conversation.duration)
    for line in notes:
        reporter.note(line)
    return plan


def _options(request: Request) -> dict[str, float]:
    return {} if request.guidance is None else {"guidance_scale": request.guidance}


def _language_model(request: Request) -> Any:
    if request.language_model is None:
        return None
    from visavis.language.registry import get_language_model

    return get_language_model(request.language_model)

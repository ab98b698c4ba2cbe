"""Applies any model to any conversation, supplying first what the model needs and the conversation lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from visavis.behavior.controls import Controls
from visavis.behavior.plan import Plan
from visavis.conversation import Conversation, Participant
from visavis.conversation.seats import seated
from visavis.errors import InputError
from visavis.generation.liveliness import check_liveliness, livelier
from visavis.generation.planning import AS_USUAL, check_direction, direct, seen_to, with_plan
from visavis.models.base import BehaviorModel, Capabilities, Role
from visavis.models.cues import words_known
from visavis.models.samples import sample_seed
from visavis.motion.mapping import can_become, to_space
from visavis.motion.resampling import resample
from visavis.perception.protocol import add_notes
from visavis.reporter import Update, portion


def apply(
    conversation: Conversation, model: BehaviorModel, people: Sequence[int] = (0, 1), *, samples: int = 1,
    seed: int = 0, options: Mapping[str, float] = MappingProxyType({}), stillness: float = 0.0, intensity: float = 1.0,
    plan: Plan | None = None, controls: tuple[Controls, Controls] = AS_USUAL,
    update: Update = lambda _share: None,
) -> list[Conversation]:  # fmt: skip
    """Moves people by a model.

    Who speaks when, and what they say, is found out where the model needs it and it is not known, whoever has no place
    sits a metre in front of the other, and a partner's motion is brought to the model's space and frame rate for the
    model to read; in what is returned, whoever is not moved moves as before. For a model that follows a plan, what
    people do is planned first, once for each sample.

    Args:
        conversation: With the cues that the model needs.
        model: Any.
        people: Who is moved, 0 for A and 1 for B.
        samples: How many possible motions.
        seed: The same seed and conversation give the same motion on the same machine; other sound gets other noise.
        options: Of the model's sampling (`visavis.models.base.Capabilities.options`).
        stillness: 0 to 1, see `visavis.generation.liveliness`.
        intensity: 0 to 2, see there.
        plan: What people do, for models that follow a plan; drawn unless given.
        controls: What is asked of A's and B's behaviour, for the same models.
        update: Takes the share done.

    Raises:
        InputError: A cue is missing, an option is out of range, or a plan or controls are given and not followed.
        MissingExtraError: What is said would have to be found out, and what does so is not installed.
    """
    check_liveliness(stillness, intensity)
    check_direction(plan is not None, controls, [controls[i] for i in people], model)
    known = informed(conversation, model)
    ready = known.with_participants(*(_readable(person, model, model.capabilities) for person in known))
    if "plan" in model.capabilities.needs:
        found = [
            _planned(ready, model, people, sample_seed(seed, i), options, plan, controls,
                     portion(update, i / samples, 1 / samples))
            for i in range(samples)
        ]  # fmt: skip
    else:
        found = model.generate(ready, people, samples=samples, seed=seed, options=options, update=update)
    if stillness != 0 or intensity != 1:
        found = [livelier(each, model, people, stillness=stillness, intensity=intensity) for each in found]
    return [_unmoved(each, known, people) for each in found]


def _unmoved(moved: Conversation, known: Conversation, people: Sequence[int]) -> Conversation:
    """The same with everybody else's motion as it was, whatever the model had to read of it."""
    pairs = enumerate(zip(moved, known, strict=True))
    return moved.with_participants(
        *(new if i in people else replace(new, motion=old.motion) for i, (new, old) in pairs)
    )


def _planned(
    conversation: Conversation, model: BehaviorModel, people: Sequence[int], seed: int, options: Mapping[str, float],
    plan: Plan | None, controls: tuple[Controls, Controls], update: Update,
) -> Conversation:  # fmt: skip
    directed = direct(conversation, seed, people=people, plan=plan, controls=controls)
    (found,) = model.generate(with_plan(conversation, directed), people, seed=seed, options=options, update=update)
    return seen_to(add_notes(found, list(directed.plan.about.get("notes", []))), directed, people)


def informed(conversation: Conversation, model: BehaviorModel) -> Conversation:
    """The conversation with seats and with who speaks when and what, as far as the model needs them."""
    capabilities = model.capabilities
    if "speaking" in capabilities.cues and not _speaking_known(conversation) and has_sound(conversation):
        from visavis.perception.speaking import Diarizer

        conversation = Diarizer()(conversation)
    if "words" in capabilities.needs and not words_known(conversation) and has_sound(conversation):
        from visavis.perception.protocol import get_extractor

        conversation = get_extractor("words")(conversation)
    if capabilities.writes.has("translation") or "plan" in capabilities.needs:
        conversation = seated(conversation)
    return conversation


def need_role(model: BehaviorModel, role: Role, where: str) -> None:
    """Raises `InputError` unless the model plays a role; `where` names the checkpoint."""
    capabilities = model.capabilities
    if role in capabilities.roles:
        if role == "speaker" and "partner_motion" in capabilities.needs:
            raise InputError(
                f"{where}: model {model.name!r} needs the partner's motion, which a recording alone does not have; use "
                "visavis listen"
            )
        return
    other = "visavis listen" if role == "speaker" and "listener" in capabilities.roles else None
    other = "visavis animate" if role == "listener" and "speaker" in capabilities.roles else other
    plays = " and ".join(f"{name}s" for name in sorted(capabilities.roles)) or "no motion yet: continue its training"
    raise InputError(
        f"{where}: model {model.name!r} generates {plays}; expected a model for a {role}"
        + (f" (use {other})" if other else "")
    )


def _speaking_known(conversation: Conversation) -> bool:
    return all(person.speaking is not None for person in conversation)


def has_sound(conversation: Conversation) -> bool:
    """Whether anything of a conversation can be heard."""
    return conversation.mixed is not None or any(person.audio is not None for person in conversation)


def _readable(person: Participant, model: BehaviorModel, capabilities: Capabilities) -> Participant:
    """With motion in the space and at the rate that the model reads, where it reads motion."""
    if person.motion is None or capabilities.reads is None or not len(person.motion):
        return person
    motion = person.motion
    if can_become(motion.space, capabilities.reads):
        motion = to_space(motion, capabilities.reads)
    return replace(person, motion=motion if motion.fps == model.fps else resample(motion, model.fps))

"""What people do, planned before a model moves them and seen to afterwards: eyes, lids, arms and hands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from visavis.behavior.controls import Controls
from visavis.behavior.curves import FPS
from visavis.behavior.events import Event
from visavis.behavior.people import Habits
from visavis.behavior.performing.body import add_body
from visavis.behavior.performing.giving_way import within_reach
from visavis.behavior.performing.laughing_face import laughing
from visavis.behavior.performing.mouths import rested
from visavis.behavior.performing.performer import Performed, aimed, perform
from visavis.behavior.plan import TRACK, Plan, plan_of
from visavis.behavior.planner import plan_conversation
from visavis.behavior.seen import seen_events
from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.models.base import BehaviorModel
from visavis.models.cues import content_seed
from visavis.motion import ARKIT, ARKIT_BODY, Motion, Seat
from visavis.motion.mapping import can_become

AS_USUAL = (Controls(), Controls())


def check_direction(
    planned: bool, controls: Sequence[Controls], followed: Sequence[Controls] = (), model: BehaviorModel | None = None
) -> None:
    """Refuses a plan or controls that would have no effect.

    Args:
        planned: Whether a plan is given.
        controls: What is asked of both people's behaviour.
        followed: What is asked of those whom the model moves.
        model: What would follow them, once it is known.

    Raises:
        InputError: Both are given, since a given plan is performed as it is; or the model follows neither.
    """
    if planned and any(asked != Controls() for asked in controls):
        raise InputError(
            "a plan is performed as it is, so --behavior beside --plan would have no effect; pass one of the two, or "
            "edit the plan"
        )
    if model is None or "plan" in model.capabilities.needs:
        return
    if planned or any(asked != Controls() for asked in followed):
        option = "--plan" if planned else "--behavior"
        raise InputError(f"model {model.name!r} does not follow a plan; {option} is for models that do")


@dataclass(frozen=True)
class Directed:
    """What both people do.

    Attributes:
        plan: By events.
        habits: Of both.
        performed: By curves.
        seed: Decides what the plan leaves open.
    """

    plan: Plan
    habits: tuple[Habits, Habits]
    performed: tuple[Performed, Performed]
    seed: int


def direct(
    conversation: Conversation, seed: int, *, people: Sequence[int] = (0, 1), plan: Plan | None = None,
    controls: tuple[Controls, Controls] = AS_USUAL,
) -> Directed:  # fmt: skip
    """Plans and performs what both people do; whoever is not moved does what one sees.

    Args:
        conversation: With seats and who speaks when.
        seed: The same seed and conversation give the same.
        people: Who is to be moved, 0 for A and 1 for B.
        plan: Is performed instead of one that is drawn.
        controls: What is asked of each.
    """
    seats = _seats(conversation)
    voices = [person.audio for person in conversation] + [conversation.mixed]
    own = content_seed(seed, [voice.samples for voice in voices if voice is not None])
    a, b = (None if i in people else _seen(conversation, i, seats) for i in (0, 1))
    drawn, habits = plan_conversation(conversation, own, controls=controls, given=(a, b))
    plan = plan or drawn
    frames = max(1, round(conversation.duration * FPS))
    return Directed(plan, habits, perform(plan, frames, seats, habits, own), own)


def with_plan(conversation: Conversation, directed: Directed) -> Conversation:
    """The conversation with the plan's events and curves."""
    people = [
        replace(
            person,
            events={**person.events, **directed.plan.intervals(i)},
            tracks={**person.tracks, TRACK: directed.performed[i].track},
        )
        for i, person in enumerate(conversation.participants)
    ]
    return conversation.with_participants(people[0], people[1])


def _at_ease(conversation: Conversation, person: int, motion: Motion, directed: Directed) -> Motion:
    """A person's motion with a face that laughs, and a mouth that rests in silence if it is known who speaks."""
    track, performed = conversation.participants[person].speaking, directed.performed[person]
    frames = len(motion)
    if len(performed.values) < frames:
        return motion
    cut = replace(performed, values=performed.values[:frames])
    quiet = motion if track is None else rested(motion, track.at(FPS, frames).values[:, 0], cut)
    return laughing(quiet, cut)


def seen_to(conversation: Conversation, directed: Directed, people: Sequence[int]) -> Conversation:
    """The same with what is sure: mouths rest in silence; faces laugh, eyes look, lids blink, hands gesture as planned.

    Heads stay where necks and spines can bring them, whatever the model made of the plan.

    Args:
        conversation: Moved by a model.
        directed: What people do.
        people: Who has been moved, 0 for A and 1 for B.
    """
    a, b = (person.motion for person in conversation.participants)
    if a is None or b is None or a.fps != FPS or b.fps != FPS:
        return conversation
    if not (can_become(a.space, ARKIT) and can_become(b.space, ARKIT)):
        return conversation
    seats = _seats(conversation)
    rest = [_at_ease(conversation, i, motion, directed) if i in people else motion for i, motion in enumerate((a, b))]
    held = [within_reach(motion, seats[i]) if i in people else motion for i, motion in enumerate(rest)]
    moved = aimed((held[0], held[1]), seats, directed.performed, directed.habits, people)
    changed = list(conversation.participants)
    looks = (changed[0].appearance, changed[1].appearance)
    for i in people:
        motion = add_body(moved[i], directed.plan, i, seats, ARKIT_BODY, directed.seed, looks)
        changed[i] = replace(changed[i], motion=motion)
    return conversation.with_participants(changed[0], changed[1])


def _seen(conversation: Conversation, person: int, seats: tuple[Seat, Seat]) -> Sequence[Event] | None:
    """What a person does who is moved already: by the plan that moved them, else by what their motion shows."""
    participant = conversation.participants[person]
    if any(event.details for event in participant.events.get("look", ())):
        return plan_of(conversation).people[person]
    motion = participant.motion
    return seen_events(motion, seats[person], seats[1 - person]) or None if motion is not None else None


def _seats(conversation: Conversation) -> tuple[Seat, Seat]:
    a, b = (person.seat for person in conversation.participants)
    assert a is not None  # `visavis.generation.apply.seated` has seen to it
    assert b is not None
    return a, b

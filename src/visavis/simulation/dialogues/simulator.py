"""Gives real dialogues, of which only the words and their times are known, faces and bodies.

What both do comes from the model of behaviour, as for recordings and for simulated conversations; what takes the place
of sound is guessed from the words: phones from letters, stressed syllables from what words mean. Words, times and
labelled emotions stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import version

from visavis.behavior.context import people_of
from visavis.behavior.curves import FPS
from visavis.behavior.mood import moods_of
from visavis.behavior.people import draw_habits
from visavis.behavior.plan import Plan
from visavis.behavior.planner import Chance, draw_events
from visavis.behavior.stress import with_guessed_stress
from visavis.conversation import Conversation, Interval, Participant, Track
from visavis.errors import InputError
from visavis.motion import ARKIT, MotionSpace, Seat
from visavis.motion.mapping import can_become
from visavis.perception.emotion.classifier import Emotion, EmotionClassifier
from visavis.perception.words.timing import phones_of_words
from visavis.simulation.dyads.laughing import EVENT
from visavis.simulation.dyads.moving import show
from visavis.simulation.dyads.seating import draw_seats
from visavis.simulation.dyads.speech import speaking_share

VERSION = 1
"""Raised whenever the same dialogue and seed give another motion."""
SIMULATED = ("motion", "seats", "phones", "behaviour")
"""What of a conversation is simulated, as its provenance says."""


def act_out(
    dialogue: Conversation, seed: int, space: MotionSpace = ARKIT, seats: tuple[Seat, Seat] | None = None
) -> Conversation:
    """The dialogue with motion.

    Args:
        dialogue: Words with times of both people. Events ``heard_laugh`` of a participant, if they are there, are all
            of that person's laughter; events `visavis.perception.emotion.labels.LABELS` say what is felt, in place of
            the words. Sound and motion that it may have are not used.
        seed: Decides everything else: habits, seats, what both do.
        space: `ARKIT` or `ARKIT_BODY`.
        seats: Where the two are; drawn unless given.

    Returns:
        The conversation at 25 fps, rounded down to whole frames. Events and tracks are those of
        `visavis.simulation.dyads.simulator.simulate`; ``real`` and ``simulated`` in the provenance say what is what.

    Raises:
        InputError: Nobody says a word, or the space is another one.
    """
    if not can_become(ARKIT, space):
        raise InputError(f"people cannot be simulated in motion space {space.name!r}; 'arkit' and 'arkit-body' can be")
    if not any(person.words for person in dialogue):
        raise InputError(f"conversation {dialogue.id!r}: has no words, from which motion is made")
    chance = Chance(seed, "dialogue ")
    heard = _as_heard(dialogue)
    habits = (draw_habits(chance("habits A")), draw_habits(chance("habits B")))
    seats = seats or draw_seats(chance("seats"))
    a, b = (
        with_guessed_stress(me, laughter_known=EVENT in person.events)
        for me, person in zip(people_of(heard), heard, strict=True)
    )
    people = (a, b)
    moods = moods_of(chance("moods"), heard, people, _emotions)
    plan = Plan(heard.duration, draw_events(chance, people, habits, moods=moods))
    shown = show(chance, heard, people, habits, plan, seats, space, seed)
    about = {
        **heard.provenance,
        "seed": seed,
        "dialogue_simulator": VERSION,
        "visavis": version("visavis"),
        "simulated": list(SIMULATED),
    }
    return replace(heard.with_participants(*shown), provenance=about)


def _as_heard(dialogue: Conversation) -> Conversation:
    """The dialogue as if it had been heard: whole frames, phones, who speaks; no sound."""
    frames = int(dialogue.duration * FPS + 1e-6)
    cut = dialogue.window(0.0, frames / FPS)
    people = []
    for person in cut:
        phones = phones_of_words(person.words, cut.duration)
        speaking = Track(speaking_share(phones, frames), FPS, ("speaking",))
        known = {name: person.events[name] for name in person.events}
        people.append(
            Participant(
                person.name,
                utterances=person.utterances,
                speaking=speaking,
                events={"phone": phones, **known, "backchannel": _backchannels(person)},
            )
        )
    return replace(cut, participants=(people[0], people[1]), mixed=None, video=None)


def _backchannels(person: Participant) -> tuple[Interval, ...]:
    return tuple(Interval(u.text, u.start, u.end) for u in person.utterances if u.kind == "backchannel")


def _emotions(texts: Sequence[str]) -> list[Emotion]:
    """What texts say is felt; the classifier is loaded when the first text is asked about."""
    return _classifier()(texts)


@cache
def _classifier() -> EmotionClassifier:
    return EmotionClassifier()

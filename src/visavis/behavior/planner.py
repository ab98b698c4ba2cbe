"""Plans what both people of a conversation do, from what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from visavis.behavior.context import Person, people_of
from visavis.behavior.controls import Controls
from visavis.behavior.curves import FPS
from visavis.behavior.drawing.blinks import draw_blinks
from visavis.behavior.drawing.frowns import draw_frowns
from visavis.behavior.drawing.gestures import draw_gestures
from visavis.behavior.events import Event
from visavis.behavior.mood import moods_of
from visavis.behavior.people import Habits, draw_habits
from visavis.behavior.performing.moods import mood_curves
from visavis.behavior.plan import Plan
from visavis.behavior.process import draw
from visavis.behavior.words import speaks_english, timed
from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.perception.emotion.classifier import EmotionClassifier

INVENTED = 0.6
"""Mean probability of recognised words below which they are hardly what was said: across a noisy room it is 0.69 on
English, and at most 0.51 on other languages, of which a recogniser for English makes English all the same."""


@dataclass(frozen=True)
class Chance:
    """A random generator for each part, so that changing one part leaves the others as they were."""

    seed: int
    of: str = ""

    def __call__(self, part: str) -> np.random.Generator:
        """The generator of a part."""
        return np.random.default_rng([self.seed & 0xFFFFFFFF, self.seed >> 32 & 0xFFFFFFFF, *(self.of + part).encode()])


def plan_conversation(
    conversation: Conversation, seed: int, *, habits: tuple[Habits, Habits] | None = None,
    controls: tuple[Controls, Controls] = (Controls(), Controls()),
    given: tuple[Sequence[Event] | None, Sequence[Event] | None] = (None, None),
) -> tuple[Plan, tuple[Habits, Habits]]:  # fmt: skip
    """Draws the behaviour of both people.

    Args:
        conversation: With who speaks when; words, sound and heard laughter count where they are there.
        seed: The same seed and conversation give the same plan.
        habits: Of A and B; drawn unless given.
        controls: What is asked of each.
        given: What A and B do, where that is known; the other's behaviour answers it.

    Returns:
        The plan, with ``notes`` among what is said about it, and the habits of both.
    """
    chance = Chance(seed, "plan ")
    conversation, doubts = _without_inventions(conversation)
    people = people_of(conversation)
    drawn = habits or (draw_habits(chance("habits A")), draw_habits(chance("habits B")))
    moods, notes = _moods(chance("moods"), conversation, people)
    notes = [*doubts, *unsure_words(conversation), *notes]
    events = draw_events(chance, people, drawn, controls, moods, given)
    return Plan(conversation.duration, events, {"seed": seed, "notes": notes}), drawn


def _without_inventions(conversation: Conversation) -> tuple[Conversation, list[str]]:
    """The conversation without words that a recogniser made up, and whether there were any."""
    sure = conversation.fact("words", "confidence")
    if sure is None or sure >= INVENTED or not any(person.utterances for person in conversation):
        return conversation, []
    silent = conversation.with_participants(*(replace(p, utterances=()) for p in conversation.participants))
    note = f"the recognised words are hardly what was said (mean probability {sure:.2f}): "
    return silent, [note + "words give no cues, and moods follow the voices"]


def unsure_words(conversation: Conversation) -> list[str]:
    """Whose words lack times, or are in a language whose words give no cues."""
    notes = []
    for person in conversation.participants:
        words, spread = timed(person.utterances)
        if spread:
            notes.append(f"{person.name}: words without times are spread over their utterances by length")
        if not speaks_english(words):
            notes.append(
                f"{person.name} does not seem to speak English: words give no cues, and the mood follows the voice"
            )
    return notes


def _moods(
    rng: np.random.Generator, conversation: Conversation, people: tuple[Person, Person]
) -> tuple[tuple[list[Event], list[Event]], list[str]]:
    """What both feel: by the words where they are known and can be understood, else by the voices."""
    try:
        classifier = EmotionClassifier() if people[0].words or people[1].words else None
    except InputError as error:
        silent = conversation.with_participants(*(replace(p, utterances=()) for p in conversation.participants))
        return moods_of(rng, silent, people, None), [f"moods follow the voices, not the words: {error}"]
    return moods_of(rng, conversation, people, classifier), []


def draw_events(
    chance: Chance, people: tuple[Person, Person], habits: tuple[Habits, Habits],
    controls: tuple[Controls, Controls] = (Controls(), Controls()), moods: tuple[list[Event], list[Event]] = ([], []),
    given: tuple[Sequence[Event] | None, Sequence[Event] | None] = (None, None),
) -> tuple[tuple[Event, ...], tuple[Event, ...]]:  # fmt: skip
    """What both people do: first what depends on the other, then what depends on one's own speech and looks alone."""
    felt = [[*moods[i], *_asked(controls[i], people[i].frames / FPS)] for i in (0, 1)]
    # What is asked for has factors of its own on rates; it does not count twice.
    valence = [mood_curves(moods[i], people[i].frames)[1][:, 0] for i in (0, 1)]
    process = draw(people, chance("process"), habits, controls, (valence[0], valence[1]), given=given)
    both = []
    for i, (me, mine) in enumerate(zip(people, process, strict=True)):
        if (known := given[i]) is not None:
            both.append(tuple(_within(known, me.frames / FPS)))
            continue
        size = controls[i].size()
        looks = [event for event in mine if event.kind == "look"]
        found = [*mine, *felt[i]]
        found += draw_blinks(chance(f"blinks {i}"), me, looks, habits[i].blink_rate)
        found += draw_frowns(chance(f"frowns {i}"), me, size * habits[i].expressiveness)
        found += draw_gestures(chance(f"gestures {i}"), me, size * habits[i].gesture_rate)
        both.append(tuple(_within(found, me.frames / FPS)))
    return both[0], both[1]


def _asked(controls: Controls, seconds: float) -> list[Event]:
    """The mood that is asked for, throughout."""
    if controls.emotion == "neutral" or not controls.intensity:
        return []
    valence, arousal = controls.mood
    return [Event("mood", 0.0, seconds, controls.emotion, min(1.0, 0.6 * controls.intensity), valence, arousal)]


def _within(events: Iterable[Event], seconds: float) -> list[Event]:
    """Those that begin before the end, cut there."""
    inside = (event for event in events if event.start < seconds and all(t <= seconds for t in event.apex))
    return sorted((event.until(seconds) for event in inside), key=lambda e: (e.start, e.kind))

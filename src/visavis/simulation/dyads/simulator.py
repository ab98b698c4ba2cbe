"""Simulates two people who talk, from a seed.

First what is heard (turns, words, laughter), then what both do (the same plan as for recorded conversations), then how
they move.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version

import numpy as np

from visavis.behavior.context import people_of
from visavis.behavior.curves import FPS, Array
from visavis.behavior.people import Habits, draw_habits
from visavis.behavior.plan import Plan
from visavis.behavior.planner import Chance, draw_events
from visavis.conversation import Conversation, Interval, Participant, Track
from visavis.errors import InputError
from visavis.motion import ARKIT, MotionSpace, Seat
from visavis.motion.mapping import can_become
from visavis.simulation.dyads.delivery import Delivery
from visavis.simulation.dyads.emotion import draw_feelings, draw_moods, mood_events
from visavis.simulation.dyads.laughing import EVENT, draw_laughs
from visavis.simulation.dyads.moving import show
from visavis.simulation.dyads.seating import draw_seats
from visavis.simulation.dyads.speech import (
    Speakers,
    add_laughter,
    mix,
    phones_of,
    speaking_share,
    utterances,
    voice_track,
)  # fmt: skip
from visavis.simulation.dyads.turns import plan_turns
from visavis.simulation.voices import get_voice

VERSION = 3
"""Raised whenever the same seed gives another conversation."""
LONGEST = 36_000.0
"""Seconds that a conversation may last; its curves and its sound are made in memory."""


def simulate(
    seed: int,
    duration: float,
    voices: tuple[str, str] | None = None,
    layout: tuple[Seat, Seat] | None = None,
    space: MotionSpace = ARKIT,
) -> Conversation:
    """A conversation with exact ground truth: sound, words, phones, who speaks, and how both people move.

    Args:
        seed: Decides everything; the same seed gives the same conversation.
        duration: Seconds, 2 to `LONGEST`; rounded down to whole frames of 1/25 s.
        voices: Names for `visavis.simulation.voices.get_voice`; the built-in voices unless given.
        layout: The seats; drawn unless given.
        space: `ARKIT` or `ARKIT_BODY`; with a body come arms and hands, and nothing else changes.

    Returns:
        A conversation with motion at 25 fps. Events: ``phone``, ``heard_laugh``, ``backchannel`` and those of the plan
        (`visavis.behavior.plan.Plan.intervals`). Tracks: ``gaze_target`` (1 partner, 0 away), ``emotion`` (valence,
        arousal), ``performed`` (`visavis.behavior.performing.performer`).

    Raises:
        InputError: The duration is too short or too long, a voice is not available, or the space is another one.
    """
    if not can_become(ARKIT, space):
        raise InputError(f"people cannot be simulated in motion space {space.name!r}; 'arkit' and 'arkit-body' can be")
    if not 2.0 <= duration <= LONGEST:
        raise InputError(f"cannot simulate {duration} s; a conversation needs at least 2 s and at most {LONGEST:,.0f}")
    frames = int(duration * FPS + 1e-6)
    chance = Chance(seed)
    names = voices or _two_builtin_voices(chance("voices"))
    habits = (draw_habits(chance("habits A")), draw_habits(chance("habits B")))
    seats = layout or draw_seats(chance("seats"))
    moods = draw_moods(chance("moods"), frames)
    heard = _heard(chance, frames / FPS, names, habits, moods)
    people = people_of(heard)
    feelings = draw_feelings(chance("feelings"), heard.duration)
    felt = (mood_events(moods[0]) + feelings[0], mood_events(moods[1]) + feelings[1])
    plan = Plan(heard.duration, draw_events(Chance(seed, "plan "), people, habits, moods=felt))
    shown = show(chance, heard, people, habits, plan, seats, space, seed)
    done = [
        replace(person, tracks={**person.tracks, "emotion": Track(mood, FPS, ("valence", "arousal"))})
        for person, mood in zip(shown, moods, strict=True)
    ]
    provenance = {**heard.provenance, "seed": seed, "layout": "given" if layout else "drawn"}
    return replace(heard.with_participants(*done), id=f"sim-{seed:06d}", provenance=provenance)


def spoken_by(voice: str) -> str:
    """A voice's name without the folder of the bank in which its utterances are kept."""
    return voice.split(":", 2)[2] if voice.startswith("bank:") else voice


def _two_builtin_voices(rng: np.random.Generator) -> tuple[str, str]:
    from visavis.simulation.voices.builtin import VARIANTS

    a, b = rng.choice(sorted(VARIANTS), 2, replace=False)
    return f"builtin:{a}", f"builtin:{b}"


def _heard(
    chance: Chance, duration: float, names: tuple[str, str], habits: tuple[Habits, Habits], moods: tuple[Array, Array]
) -> Conversation:
    """The conversation without motion: turns, words, laughter and their sound."""
    delivery = Delivery.draw(chance("delivery"), moods)
    say = Speakers(chance("texts"), (get_voice(names[0]), get_voice(names[1])), delivery)
    spurts = plan_turns(chance("turns"), duration, habits, say).spurts
    laughs = draw_laughs(chance("laughs"), spurts, moods, (habits[0].smile_rate, habits[1].smile_rate))
    sound = chance("sound")
    levels = 10 ** (sound.uniform(-6.0, 0.0, 2) / 20)
    participants, tracks = [], []
    for i in (0, 1):
        mine = [s for s in spurts if s.person == i]
        voice = voice_track(mine, duration, float(levels[i]))
        tracks.append(add_laughter(chance(f"laughter {i}"), voice, laughs[i], float(levels[i])))
        phones = phones_of(mine, duration)
        share = speaking_share(phones, int(duration * FPS + 1e-6))
        backchannels = (s for s in mine if s.kind == "backchannel")
        participants.append(
            Participant(
                name="AB"[i],
                audio=tracks[i],
                utterances=utterances(mine, duration),
                speaking=Track(share, FPS, ("speaking",)),
                events={
                    "phone": phones,
                    EVENT: laughs[i],
                    "backchannel": tuple(
                        Interval(" ".join(w.text for w in s.speech.words), s.start, s.end) for s in backchannels
                    ),
                },
            )
        )
    noise = float(sound.uniform(-75.0, -50.0))
    gains = 10 ** (sound.uniform(-3.0, 0.0, 2) / 20)
    return Conversation(
        id="heard",
        participants=(participants[0], participants[1]),
        duration=duration,
        mixed=mix(sound, (tracks[0], tracks[1]), (float(gains[0]), float(gains[1])), noise),
        provenance={
            "source": "visavis simulator",
            "simulator": VERSION,
            "visavis": version("visavis"),
            "voices": [spoken_by(name) for name in names],
        },
    )

"""Clips in which one person says something and the other reacts appropriately or, occasionally, not."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np

from visavis.behavior.curves import FPS
from visavis.behavior.people import draw_habits
from visavis.behavior.process import draw
from visavis.conversation import Conversation, Participant, Track
from visavis.errors import InputError
from visavis.motion.gaze import EYE_MIDPOINT, eye_positions
from visavis.simulation.dyads.lips import lip_curves
from visavis.simulation.dyads.speech import voice_track
from visavis.simulation.reactions.episodes import ExpressionEpisode, draw_episodes
from visavis.simulation.reactions.expressions import Expression, get_expression
from visavis.simulation.reactions.listener import draw_manner, perform, quiet_person, seats_for_two
from visavis.simulation.reactions.situations import choose, get_situation, situations
from visavis.simulation.reactions.speaker import speak, speaking_person, written
from visavis.simulation.voices.builtin import VARIANTS, BuiltinVoice

VERSION = 2
"""Raised whenever the same seed gives another clip."""
FRAMES = 384
"""Of a clip; 15.36 s, as in RealTalk (section 4.2)."""
RUDE = 0.06
"""Share of the listeners whose reaction does not fit; people are rarely rude to each other (RealTalk, section 5.2)."""
MASKED = "masked"
"""Track that marks the person to find, as in clips that are cut from videos."""


def simulate_reaction(
    seed: int, *, kind: str | None = None, fitting: bool | None = None, frames: int = FRAMES, sound: bool = False
) -> Conversation:
    """One clip with known ground truth.

    Args:
        seed: Decides everything; the same seed gives the same clip.
        kind: What is said, one of `situations`; drawn unless given.
        fitting: Whether the listener's reaction fits; drawn unless given.
        frames: T, at 25 per second, at least 300.
        sound: Whether the speaker is heard, in one of the built-in voices; all else is the same without.

    Returns:
        A conversation with `arkit` motion of both. ``provenance`` has ``kind``; ``reaction``, the listener's;
        ``fits``, whether it does; ``fitting`` and ``rude``, the expressions that would be; ``critical``, the second
        at which the listener has heard what it is about; ``clip`` and ``split`` as in clips cut from videos. The
        listener has the track ``masked`` and the events ``reaction``, ``nod`` and ``blink``.

    Raises:
        InputError: No situation has the name, or the clip is too short for one.
    """
    if frames < 300:
        raise InputError(f"a reaction in {frames} frames is too short; at least 300 are needed")

    def chance(part: str) -> np.random.Generator:
        return np.random.default_rng([seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF, 11, *part.encode()])

    duration = frames / FPS
    rng = chance("situation")
    drawn = str(rng.choice(list(situations())))
    situation = get_situation(kind or drawn)
    fits = bool(rng.random() >= RUDE) if fitting is None else fitting
    reaction = choose(rng, situation.fitting if fits else situation.rude)
    first = next((name for name, share in situation.first.items() if rng.random() < share), None) if fits else None
    voice = BuiltinVoice(str(rng.choice(sorted(VARIANTS))))
    who = int(rng.integers(2))
    transcript, spurts = speak(chance("words"), situation, voice, frames, sound=sound)
    utterances = written(transcript, spurts, duration)
    words = [word for utterance in utterances for word in utterance.words]
    critical = words[transcript.critical].end

    habits = draw_habits(chance("speaker")), draw_habits(chance("listener"))
    seats = seats_for_two(chance("seats"))
    (felt, strength), *_ = situation.speaker.items()
    talking, phones, share = speaking_person(spurts, frames)
    silent = quiet_person(frames)
    done = draw((talking, silent), chance("looking"), habits)
    lips = lip_curves(phones, None, duration, FPS, seed % 2**31)[:frames]
    resting = np.tile(np.add(seats[1].position, (0.0, EYE_MIDPOINT[1], 0.0)), (frames, 1))
    speaking, spoken_events = perform(
        chance("speaking"), [_throughout(get_expression(felt), strength, duration)], talking, habits[0], done[0],
        (seats[0], seats[1]), resting, draw_manner(chance("speaker's manner")), lips,
    )  # fmt: skip
    episodes = draw_episodes(chance("reaction"), reaction, critical, frames, first=first, begin=spurts[0].start)
    listening, heard_events = perform(
        chance("listening"), episodes, silent, habits[1], done[1], (seats[1], seats[0]),
        eye_positions(speaking, seats[0]), draw_manner(chance("listener's manner")),
    )  # fmt: skip
    speaker = Participant(
        name="AB"[who],
        audio=voice_track(spurts, duration, 0.8) if sound else None,
        utterances=utterances,
        speaking=Track(share, FPS, ("speaking",)),
        motion=speaking,
        seat=seats[0],
        events={**spoken_events, "phone": phones},
    )
    listener = Participant(
        name="BA"[who],
        speaking=Track(np.zeros(frames, np.float32), FPS, ("speaking",)),
        motion=listening,
        seat=seats[1],
        tracks={MASKED: Track(np.ones(frames, np.float32), FPS, (MASKED,))},
        events=heard_events,
    )
    return Conversation(
        id=conversation_id(seed),
        participants=(speaker, listener) if who == 0 else (listener, speaker),
        duration=duration,
        mixed=speaker.audio,
        provenance={
            "source": "visavis simulated reactions",
            "simulator": VERSION,
            "visavis": version("visavis"),
            "seed": seed,
            "kind": situation.kind,
            "reaction": reaction,
            "fits": fits,
            "fitting": dict(situation.fitting),
            "rude": dict(situation.rude),
            "critical": round(critical, 3),
            "clip": {"speaker": "AB"[who], "listener": "BA"[who]},
            "split": transcript.split,
        },
    )


def conversation_id(seed: int) -> str:
    """The id that `simulate_reaction` gives."""
    return f"reaction-{seed:06d}"


def _throughout(expression: Expression, strength: float, duration: float) -> ExpressionEpisode:
    """What the speaker's own face shows all the time."""
    return ExpressionEpisode(expression, -1.0, 0.5, duration + 2, 1.0, strength, 1.0)

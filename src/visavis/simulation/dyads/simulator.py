"""Simulates two people who talk, from a seed."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
from scipy.spatial.transform import Rotation

from visavis.conversation import Conversation, Interval, Participant, Track
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.motion import ARKIT, Motion, MotionSpace, Seat
from visavis.motion.gaze import eye_positions, look_at, split_head
from visavis.motion.mapping import can_become, to_space
from visavis.simulation.dyads.blinks import draw_blinks
from visavis.simulation.dyads.brows import draw_brows
from visavis.simulation.dyads.curves import FPS, Array
from visavis.simulation.dyads.delivery import Delivery
from visavis.simulation.dyads.emotion import draw_moods
from visavis.simulation.dyads.face import face_shapes
from visavis.simulation.dyads.gestures import add_gestures
from visavis.simulation.dyads.lips import lip_curves
from visavis.simulation.dyads.looking import Looking, draw_looking, gaze_points, partner_direction
from visavis.simulation.dyads.nodding import draw_head_gestures
from visavis.simulation.dyads.people import Traits, draw_traits
from visavis.simulation.dyads.person import SimulatedPerson
from visavis.simulation.dyads.seating import draw_seats
from visavis.simulation.dyads.smiles import Smiling, draw_smiles
from visavis.simulation.dyads.speech import (
    Speakers,
    energy_of,
    mix,
    on_clock,
    phones_of,
    pitch_of,
    speaking_share,
    utterances,
    voice_track,
)  # fmt: skip
from visavis.simulation.dyads.speech_head import head_with_speech, sway
from visavis.simulation.dyads.turns import Plan, plan_turns
from visavis.simulation.voices import get_voice

VERSION = 3
"""Raised whenever the same seed gives another conversation."""
LONGEST = 36_000.0
"""Seconds that a conversation may last; its curves and its sound are made in memory."""


class _Chance:
    """A random generator for each part of the conversation, so that changing one leaves the others as they were."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(self, part: str) -> np.random.Generator:
        return np.random.default_rng([self._seed & 0xFFFFFFFF, self._seed >> 32 & 0xFFFFFFFF, *part.encode()])


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
        space: `ARKIT` or `ARKIT_BODY`; with a body come its gestures, and nothing else changes.

    Returns:
        A conversation with motion at 25 fps. Events: ``phone``, ``nod``, ``shake``, ``smile``, ``laugh``, ``blink``,
        ``backchannel``, and those of `visavis.simulation.dyads.gestures` where there is a body. Tracks:
        ``gaze_target`` (1 partner, 0 away), ``emotion`` (valence, arousal).

    Raises:
        InputError: The duration is too short or too long, a voice is not available, or the space is another one.
    """
    if not can_become(ARKIT, space):
        raise InputError(f"people cannot be simulated in motion space {space.name!r}; 'arkit' and 'arkit-body' can be")
    if not 2.0 <= duration <= LONGEST:
        raise InputError(f"cannot simulate {duration} s; a conversation needs at least 2 s and at most {LONGEST:,.0f}")
    frames = int(duration * FPS + 1e-6)
    duration = frames / FPS
    chance = _Chance(seed)
    names = voices or _two_builtin_voices(chance("voices"))
    traits = (draw_traits(chance("traits a")), draw_traits(chance("traits b")))
    seats = layout or draw_seats(chance("seats"))
    moods = draw_moods(chance("moods"), frames)
    delivery = Delivery.draw(chance("delivery"), moods)
    say = Speakers(chance("texts"), (get_voice(names[0]), get_voice(names[1])), delivery)
    plan = plan_turns(chance("turns"), duration, traits, say)
    sound = chance("sound")
    levels = 10 ** (sound.uniform(-6.0, 0.0, 2) / 20)
    tracks = tuple(voice_track([s for s in plan.spurts if s.person == i], duration, float(levels[i])) for i in (0, 1))
    known = [person_of(i, traits[i], plan, tracks[i], moods[i], duration, frames) for i in (0, 1)]
    people = (known[0][0], known[1][0])
    motions, looking, events = _behave(chance, people, (tracks[0], tracks[1]), seats, space)
    participants = [
        Participant(
            name="AB"[i],
            audio=tracks[i],
            utterances=utterances(me.spurts, duration),
            speaking=Track(share, FPS, ("speaking",)),
            motion=motions[i],
            seat=seats[i],
            tracks={
                "gaze_target": Track(looking[i].code, FPS, ("code",)),
                "emotion": Track(me.mood, FPS, ("valence", "arousal")),
            },
            events=events[i],
        )
        for i, (me, share) in enumerate(known)
    ]
    noise = float(sound.uniform(-75.0, -50.0))
    gains = 10 ** (sound.uniform(-3.0, 0.0, 2) / 20)
    return Conversation(
        id=f"sim-{seed:06d}",
        participants=(participants[0], participants[1]),
        duration=duration,
        mixed=mix(sound, (tracks[0], tracks[1]), (float(gains[0]), float(gains[1])), noise),
        provenance={
            "source": "visavis simulator",
            "simulator": VERSION,
            "visavis": version("visavis"),
            "seed": seed,
            "voices": [spoken_by(name) for name in names],
            "layout": "given" if layout else "drawn",
        },
    )


def spoken_by(voice: str) -> str:
    """A voice's name without the folder of the bank in which its utterances are kept."""
    return voice.split(":", 2)[2] if voice.startswith("bank:") else voice


def _two_builtin_voices(rng: np.random.Generator) -> tuple[str, str]:
    from visavis.simulation.voices.builtin import VARIANTS

    a, b = rng.choice(sorted(VARIANTS), 2, replace=False)
    return f"builtin:{a}", f"builtin:{b}"


def person_of(
    person: int, traits: Traits, plan: Plan, voice: Audio, mood: Array, duration: float, frames: int
) -> tuple[SimulatedPerson, Array]:
    """What the behaviour layers know of one person, and the share of each frame in which the person speaks."""
    spurts = [s for s in plan.spurts if s.person == person]
    turns = [t for t in plan.turns if t.person == person]
    phones = phones_of(spurts, duration)
    share = speaking_share(phones, frames)
    speaking = share >= 0.5
    holds = np.zeros(frames, bool)
    for turn in turns:
        holds[int(turn.start * FPS) : int(np.ceil(turn.end * FPS))] = True
    words = tuple(w for s in spurts for w in on_clock(s, s.speech.words, duration))
    made = SimulatedPerson(
        person, traits, spurts, turns, words, phones, speaking, holds,
        energy_of(voice, frames), pitch_of(voice, speaking), mood,
    )  # fmt: skip
    return made, share


def _behave(
    chance: _Chance,
    people: tuple[SimulatedPerson, SimulatedPerson],
    voices: tuple[Audio, Audio],
    seats: tuple[Seat, Seat],
    space: MotionSpace,
) -> tuple[list[Motion], list[Looking], list[dict[str, tuple[Interval, ...]]]]:
    """How both people move: heads first, since where the eyes are decides where the other's eyes must point."""
    looking = draw_looking(chance("looking"), people, seats)
    smiling = draw_smiles(chance("smiles"), people)
    posed, gestures = [], []
    for i, me in enumerate(people):
        rng = chance(f"head {i}")
        gestures.append(draw_head_gestures(rng, me, people[1 - i]))
        small = head_with_speech(rng, me) + gestures[i].rotation + _laughing(rng, smiling[i])
        posed.append(_pose(rng, me, looking[i], small, seats[i]))
    eyes_at = [eye_positions(posed[i], seats[i]) for i in (0, 1)]
    motions, events = [], []
    for i, me in enumerate(people):
        rng = chance(f"face {i}")
        toward = partner_direction(seats[i], seats[1 - i])
        points = gaze_points(looking[i], me, seats[i], eyes_at[1 - i], eyes_at[i], toward)
        eyes = look_at(points, posed[i], seats[i])
        closed, blinks = draw_blinks(rng, me, looking[i].shifts)
        lips = lip_curves(me.phones, voices[i], me.frames / FPS, FPS, int(rng.integers(2**31)))[: me.frames]
        shapes = face_shapes(rng, me.traits, lips, smiling[i], draw_brows(rng, me), closed, eyes)
        face = posed[i].with_columns(ARKIT.names[:52], shapes).with_columns("eyes", np.concatenate(eyes, 1))
        motion, body_events = add_gestures(to_space(face, space), chance, me, people[1 - i])
        motions.append(motion)
        events.append(
            {
                "phone": me.phones,
                "nod": tuple(gestures[i].nods),
                "shake": tuple(gestures[i].shakes),
                "smile": tuple(smiling[i].smiles),
                "laugh": tuple(smiling[i].laughs),
                "blink": tuple(blinks),
                "backchannel": tuple(
                    Interval(" ".join(w.text for w in s.speech.words), s.start, s.end) for s in me.backchannels
                ),
                **body_events,
            }
        )
    return motions, list(looking), events


def _laughing(rng: np.random.Generator, smiling: Smiling) -> Array:
    """The head (T, 3) tips back and shakes with laughter, radians."""
    frames = len(smiling.laughter)
    shaking = np.sin(2 * np.pi * rng.uniform(4.2, 5.2) * np.arange(frames) / FPS)
    back = -np.radians(rng.uniform(2, 7)) * smiling.laughter + np.radians(0.7) * smiling.laughter * shaking
    return np.stack([back, np.zeros(frames), np.radians(rng.normal(0, 2)) * smiling.laughter], 1)


def _pose(rng: np.random.Generator, me: SimulatedPerson, looking: Looking, small: Array, seat: Seat) -> Motion:
    """Neck, head and translation: the gaze's share of the head, with gestures and speech movements on top."""
    yaw, pitch = looking.head.T
    gaze = Rotation.from_euler("YX", np.stack([yaw, pitch], 1))
    total = (gaze * Rotation.from_rotvec(small)).as_rotvec()
    neck, head = split_head(total)
    translation = Rotation.from_euler("y", seat.yaw).apply(sway(rng, me, seat.seated)) + seat.position
    motion = Motion.zeros(me.frames, FPS, ARKIT)
    return motion.with_columns("neck", neck).with_columns("head", head).with_columns("translation", translation)

"""How head, brows and torso move with one's own speech, and the small movements that never stop."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from visavis.behavior.context import Person
from visavis.behavior.curves import FPS, Array, add_bump, frame_times, pink, wander
from visavis.behavior.people import Habits


def head_with_speech(rng: np.random.Generator, me: Person, habits: Habits, mood: Array) -> Array:
    """Rotation (T, 3), radians: beats at accents, a swing that follows loudness and pitch, and slow unrest.

    Head pitch follows fundamental frequency and loudness while speaking (Munhall et al. 2004, "Visual prosody and
    speech intelligibility"); what remains wanders with a 1/f spectrum.

    Args:
        rng: Where chance comes from.
        me: The person's speech.
        habits: The person's.
        mood: Valence and arousal (T, 2).
    """
    frames, size = me.frames, habits.head_size
    talking = gaussian_filter1d(me.speaking.astype(float), 6)
    moves = np.zeros((frames, 3))
    for when, strength in me.accents:
        if rng.random() < 0.65:
            direction = rng.choice([1.0, -0.6], p=[0.7, 0.3])  # mostly a small dip
            height = np.radians(3.2) * direction * strength * rng.gamma(3.0, 0.33)
            add_bump(moves[:, 0], height, when - 0.16, when + 0.32, 0.16, 0.32)
            add_bump(moves[:, 1], np.radians(rng.normal(0, 1.3)) * strength, when - 0.2, when + 0.5, 0.2, 0.4)
            add_bump(moves[:, 2], np.radians(rng.normal(0, 1.2)) * strength, when - 0.2, when + 0.6, 0.25, 0.45)
    pitch = gaussian_filter1d(me.pitch, 3)
    moves[:, 0] -= np.radians(0.35) * np.clip(pitch, -6, 6)  # the chin rises with pitch
    moves += talking[:, None] * np.radians([0.9, 1.3, 1.0]) * pink(rng, frames, 3)
    arousal = 1 + 0.5 * mood[:, 1:2]
    moves *= size * arousal
    moves += np.radians([1.3, 1.2, 1.9]) * wander(rng, frames, 6.0, 3)
    tilt = np.radians(rng.normal(0.0, [1.5, 0.0, 2.0]))  # how the head is carried
    return moves + tilt


def sway(rng: np.random.Generator, me: Person, habits: Habits, seated: bool) -> Array:
    """Where the torso carries the head relative to the seat (T, 3), metres, in the torso's frame.

    Breathing, standing or sitting sway of some millimetres, and a little lean toward the partner when the floor
    changes hands.
    """
    frames = me.frames
    times = frame_times(frames)
    breath = 2 * np.pi * np.cumsum(rng.uniform(0.22, 0.32) * (1 + 0.15 * wander(rng, frames, 4.0)[:, 0])) / FPS
    moves = np.zeros((frames, 3))
    moves[:, 1] += 0.0022 * np.sin(breath + rng.uniform(0, 2 * np.pi))
    moves[:, 2] += 0.0015 * np.sin(breath)
    scale = np.array([5.0, 1.2, 6.0]) if seated else np.array([8.0, 1.0, 8.0])
    moves += scale * 1e-3 * habits.sway * wander(rng, frames, 3.0, 3)
    moves += 1e-3 * np.array([1.5, 0.7, 1.5]) * habits.sway * (0.4 + me.speaking[:, None]) * pink(rng, frames, 3)
    lean = np.zeros(frames)
    for start, end in me.turns:
        add_bump(lean, rng.normal(0.012, 0.012), start - 0.4, min(end, times[-1]) + 0.6, 0.9, 1.2)
    moves[:, 2] += lean
    swaying: Array = np.clip(moves, -0.12, 0.12) - moves[0] * np.exp(-times / 2.0)[:, None]
    return swaying

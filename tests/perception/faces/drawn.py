"""Videos of the built-in body in known motion, seen from the front."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from face_toys import filmed

from visavis.bodies import AnnyBody, default_appearances
from visavis.conversation import Conversation
from visavis.media import VideoWriter
from visavis.motion import ARKIT, Motion
from visavis.motion.gaze import LOOK_SHAPES, eye_look_shapes, split_head
from visavis.motion.seat import Seat
from visavis.rendering.person import Actor
from visavis.rendering.window import Window
from visavis.scene.cameras import Camera

FPS = 25.0


def known_motion(frames: int) -> tuple[Motion, Seat, float]:
    """Somebody who talks, smiles, blinks, turns the head and looks about; a seat; and the camera's angle of view."""
    seat = Seat((0, 1.6, 0), 0.0)
    t = np.arange(frames) / FPS
    waves = (("jaw", 2.5, 0.1), ("smile", 0.8, 0.3), ("yaw", 1.0, 0.0), ("pitch", 1.3, 0.2), ("look", 1.6, 0.6))
    wave = {name: np.sin(2 * np.pi * (f * t + p)) for name, f, p in waves}
    motion = Motion.zeros(frames, FPS, ARKIT)
    motion = motion.with_columns("jawOpen", 0.35 + 0.35 * wave["jaw"])
    smile = np.clip(0.3 + 0.5 * wave["smile"], 0, 1)
    motion = motion.with_columns(("mouthSmileLeft", "mouthSmileRight"), np.stack([smile, smile], 1))
    blink = np.interp(np.arange(frames), [10, 12, 13, 16, 22, 24, 25, 28], [0, 1, 1, 0, 0, 1, 1, 0])
    motion = motion.with_columns(("eyeBlinkLeft", "eyeBlinkRight"), np.stack([blink, blink], 1))
    head = np.radians(np.stack([8 * wave["pitch"], 15 * wave["yaw"], 0 * t], 1))
    neck, rest = split_head(head)
    eye = np.radians(np.stack([0 * t, 14 * wave["look"], 0 * t], 1))
    motion = motion.with_columns("neck", neck).with_columns("head", rest).with_columns("eyes", np.tile(eye, 2))
    motion = motion.with_columns(LOOK_SHAPES, eye_look_shapes(eye, eye))
    return motion.with_columns("translation", np.tile(seat.position, (frames, 1))), seat, 36.9


def draw(path: Path, motion: Motion, seat: Seat, size: tuple[int, int]) -> Conversation:
    """Films somebody from 1.2 m, 30 degrees high; returns the video alone, with nothing of what was drawn."""
    actor = Actor(AnnyBody(default_appearances()[0], space=ARKIT), seat)
    window = Window(size)
    camera = Camera((0, 1.66, 1.2), (0, 1.66, 0), 30.0)
    actor.enter([window.view(camera, (0, 0, *size), (0.8, 0.78, 0.74))])
    try:
        with VideoWriter(path, size, FPS) as writer:
            for vertices in actor.points(motion.values):
                actor.move(vertices)
                writer.write(window.draw())
    finally:
        window.close()
    return filmed(path)

"""Videos of the built-in body in known motion, seen from the front."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from visavis.conversation import Conversation, Participant, Track
from visavis.media import VideoWriter
from visavis.motion import ARKIT, Motion
from visavis.motion.gaze import LOOK_SHAPES, eye_look_shapes, split_head
from visavis.motion.seat import Seat
from visavis.rendering import stage
from visavis.rendering.script import Script
from visavis.scene.cameras import Camera

FPS = 25.0


def known_motion(frames: int) -> tuple[Motion, tuple[Seat, Seat], float]:
    """Somebody who talks, smiles, blinks, turns the head and looks about; seats; and the camera's angle of view."""
    seats = Seat((0, 1.6, 0), 0.0), Seat((3, 1.6, 0), 0.0)  # the second is out of the picture
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
    return motion.with_columns("translation", np.tile(seats[0].position, (frames, 1))), seats, 36.9


def draw(path: Path, motion: Motion, seats: tuple[Seat, Seat], size: tuple[int, int]) -> Conversation:
    """Films the first person from 1.2 m, 30 degrees high; returns the video alone, with nothing that was drawn."""
    from face_toys import filmed

    silent = Track(np.zeros(len(motion), np.float32), FPS, ("speaking",))
    other = Motion.zeros(len(motion), FPS, ARKIT)
    people = (
        Participant("A", motion=motion, seat=seats[0], speaking=silent),
        Participant("B", motion=other, seat=seats[1], speaking=silent),
    )
    camera = Camera((0, 1.66, 1.2), (0, 1.66, 0), 30.0)
    shot = _Front(Script.of(Conversation("x", people, motion.duration)), size, camera)
    try:
        with VideoWriter(path, size, FPS) as writer:
            for picture in shot.frames(0, len(motion)):
                writer.write(picture)
    finally:
        shot.close()
    return filmed(path)


class _Front(stage.Stage):
    """A stage with one camera and nothing written into the picture."""

    def __init__(self, script: Script, size: tuple[int, int], camera: Camera) -> None:
        whole, none = stage.Panel(0, 0, *size, camera), stage.Panel(0, 0, 2, 2, camera)
        usual, stage.layout = stage.layout, lambda *_: (whole, none, none)
        try:
            super().__init__(script, size)
        finally:
            stage.layout = usual

    def draw(self, points, speaking):
        for actor, surfaces, vertices in zip(self.people, self._surfaces, points, strict=True):
            normals = actor.normals(vertices)
            for surface in surfaces:
                surface.move(vertices, normals)
        self._window.Render()
        return self._pixels()

"""The room in which two bodies are rendered: lights, floor, furniture, three cameras, one image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.bodies import AnnyBody
from visavis.motion.seat import Seat
from visavis.rendering import room
from visavis.rendering.labels import Label
from visavis.rendering.person import Actor
from visavis.rendering.script import Script
from visavis.rendering.window import Window
from visavis.scene.cameras import Camera, close_up, two_shot
from visavis.scene.knees import knees_aside

Array = NDArray[np.float32]

SEAM = (247, 243, 238)
BATCH = 16  # frames whose vertices are computed at once
GAP = 4  # pixels between the views


@dataclass(frozen=True)
class Panel:
    """A part of the picture: pixels from the left and the top, and the camera that fills it."""

    x: int
    y: int
    width: int
    height: int
    camera: Camera


class Stage:
    """Draws frames of one conversation.

    Args:
        script: What to show.
        size: Width and height of the picture in pixels.
    """

    def __init__(self, script: Script, size: tuple[int, int]) -> None:
        self.script = script
        self.people = [
            Actor(AnnyBody(appearance, seated=seat.seated, knees_aside=aside, space=space), seat)
            for appearance, seat, aside, space in zip(
                script.appearances, script.seats, knees_aside(script.seats), script.spaces, strict=True
            )
        ]
        self.size = size
        self.panels = layout(size, script.seats)
        self._window = Window(size)
        renderers = [self._window.view(p.camera, (p.x, p.y, p.width, p.height), room.WALL) for p in self.panels]
        cameras, figures = [panel.camera for panel in self.panels], [actor.body.figure for actor in self.people]
        for thing in room.furnish(script.seats, cameras, figures, self._hips()):
            for renderer in renderers:
                renderer.AddActor(thing)
        self._labels = [
            Label(name, panel.x, panel.y + panel.height)
            for name, panel in zip(script.names, self.panels[1:], strict=True)
        ]
        for actor in self.people:
            actor.enter(renderers)

    def _hips(self) -> list[float]:
        """How high the seated people's hip joints are."""
        return [
            actor.seat.position[1] - float(np.subtract(*actor.body.figure.joints[[4, 0], 1])) for actor in self.people
        ]

    def frames(self, start: int, stop: int) -> Iterator[NDArray[np.uint8]]:
        """The pictures of frames `start` to `stop` (exclusive), uint8 (height, width, 3)."""
        for first in range(start, stop, BATCH):
            last = min(first + BATCH, stop)
            both = zip(self.people, self.script.values, strict=True)
            points = [actor.points(values[first:last]) for actor, values in both]
            for i in range(last - first):
                yield self.draw([p[i] for p in points], self.script.speaking[:, first + i])

    def draw(self, points: Sequence[Array], speaking: Array) -> NDArray[np.uint8]:
        """One picture, uint8 (height, width, 3).

        Args:
            points: The two people's vertices, (V, 3) each.
            speaking: How surely each of the two speaks, (2,).
        """
        for actor, vertices in zip(self.people, points, strict=True):
            actor.move(vertices)
        picture = self._window.draw()
        wide, first, second = self.panels
        picture[:, wide.width : first.x] = SEAM
        picture[first.height : second.y, wide.width :] = SEAM
        for label, share in zip(self._labels, speaking, strict=True):
            label.draw(picture, float(share))
        return picture

    def close(self) -> None:
        """Frees the window."""
        self._window.close()


def layout(size: tuple[int, int], seats: tuple[Seat, Seat]) -> tuple[Panel, ...]:
    """The two-shot on the left, the close-ups above each other on the right."""
    width, height = size
    wide = round(width * 0.625) // 2 * 2
    small = width - wide - GAP
    half = (height - GAP) // 2
    first = Panel(wide + GAP, 0, small, half, close_up(seats, 0))
    second = Panel(wide + GAP, height - half, small, half, close_up(seats, 1))
    return Panel(0, 0, wide, height, _lowered(two_shot(seats, wide / height), seats)), first, second


def _lowered(camera: Camera, seats: tuple[Seat, Seat]) -> Camera:
    """The same camera, but with no more room above the heads than looks good: a squarish picture has too much."""
    away = np.linalg.norm(np.subtract(camera.target, camera.position))
    half = away * np.tan(np.radians(camera.fov_deg) / 2)
    crown = max(seat.position[1] for seat in seats) + 0.17
    down = np.array([0.0, max(0.0, camera.target[1] + 0.72 * half - crown), 0.0])
    return Camera(tuple(camera.position - down), tuple(camera.target - down), camera.fov_deg)

"""Everything a stage has to show: motion, seats, appearances and names of two people."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.bodies import default_appearances, shown_as
from visavis.bodies.appearance import complete
from visavis.conversation.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.motion.motion import Motion
from visavis.motion.resampling import resample
from visavis.motion.seat import Seat, face_to_face
from visavis.motion.space import MotionSpace
from visavis.motion.spaces import get_space
from visavis.reading import parse_json, read_arrays

_VERSION = 5  # of how pictures are drawn; segments drawn by another version are not reused


@dataclass(frozen=True)
class Script:
    """Two people's motion on one clock.

    Attributes:
        values: float32 (T, D) each, in the spaces.
        spaces: `arkit` or `arkit-body`.
        speaking: float32 (2, T), 0 to 1.
        fps: Frames per second.
        seats: Where they are.
        appearances: Complete appearances.
        names: What to call them.
    """

    values: tuple[NDArray[np.float32], NDArray[np.float32]]
    spaces: tuple[MotionSpace, MotionSpace]
    speaking: NDArray[np.float32]
    fps: float
    seats: tuple[Seat, Seat]
    appearances: tuple[dict[str, Any], dict[str, Any]]
    names: tuple[str, str]

    def __len__(self) -> int:
        return len(self.values[0])

    @classmethod
    def of(cls, conversation: Conversation, fps: float | None = None) -> Script:
        """What to show of a conversation, at its own frame rate or another.

        Raises:
            InputError: A person has no motion that the built-in body shows, or there are no frames.
        """
        defaults, seats = default_appearances(), face_to_face()
        motions = [_motion(conversation, person) for person in conversation]
        rate = motions[0].fps if fps is None else float(fps)
        frames = min(max(1, round(len(motion) * rate / motion.fps)) for motion in motions)
        return cls(
            values=tuple(_at(motion, rate, frames) for motion in motions),  # type: ignore[arg-type]
            spaces=tuple(motion.space for motion in motions),  # type: ignore[arg-type]
            speaking=np.stack([_speaking(person, rate, frames) for person in conversation]),
            fps=rate,
            seats=tuple(person.seat or seats[i] for i, person in enumerate(conversation)),  # type: ignore[arg-type]
            appearances=tuple(complete(person.appearance or defaults[i]) for i, person in enumerate(conversation)),  # type: ignore[arg-type]
            names=(conversation.a.name, conversation.b.name),
        )

    def digest(self, size: tuple[int, int]) -> str:
        """Names the pictures that come out: changes if anything visible does."""
        text = json.dumps([_VERSION, size, self._plain()], sort_keys=True).encode()
        numbers = b"".join(array.tobytes() for array in (*self.values, self.speaking))
        return hashlib.sha256(text + numbers).hexdigest()[:16]

    def _plain(self) -> dict[str, Any]:
        seats = [asdict(seat) for seat in self.seats]
        spaces = [space.name for space in self.spaces]
        return {
            "fps": self.fps, "seats": seats, "appearances": self.appearances, "names": self.names, "spaces": spaces,
        }  # fmt: skip

    def save(self, path: Path) -> None:
        """Writes the script for a worker process."""
        a, b = self.values
        np.savez(path, a=a, b=b, speaking=self.speaking, plain=np.array(json.dumps(self._plain())))

    @classmethod
    def load(cls, path: Path) -> Script:
        """Reads what `save` wrote."""
        stored = read_arrays(path)
        plain = parse_json(str(stored["plain"]), path)
        seats = tuple(Seat(tuple(s["position"]), s["yaw"], s["seated"]) for s in plain["seats"])
        return cls(
            (stored["a"], stored["b"]),
            tuple(get_space(name) for name in plain["spaces"]),  # type: ignore[arg-type]
            stored["speaking"],
            plain["fps"],
            seats,  # type: ignore[arg-type]
            tuple(plain["appearances"]),
            tuple(plain["names"]),
        )


def _motion(conversation: Conversation, person: Participant) -> Motion:
    if person.motion is None or not len(person.motion):
        raise InputError(f"conversation {conversation.id!r}: {person.name} has no motion to show; animate it first")
    space = shown_as(person.motion.space)
    if space is None:
        raise InputError(
            f"conversation {conversation.id!r}: {person.name} moves in the space {person.motion.space.name!r}, "
            "whose columns are not those of 'arkit' or 'arkit-body', as videos need: map it first"
        )
    return Motion(person.motion.values, person.motion.fps, space)  # workers find it by its name


def _at(motion: Motion, fps: float, frames: int) -> NDArray[np.float32]:
    return motion.values[:frames] if motion.fps == fps else resample(motion, fps, frames).values


def _speaking(person: Participant, fps: float, frames: int) -> NDArray[np.float32]:
    if person.speaking is not None:
        return person.speaking.at(fps, frames).values[:, 0]
    times = (np.arange(frames) + 0.5) / fps
    turns = [(times >= u.start) & (times < u.end) for u in person.utterances]
    return np.any(turns, axis=0).astype(np.float32) if turns else np.zeros(frames, np.float32)

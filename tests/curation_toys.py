"""Small real videos, and stages that are quick, remember how often they worked, or go wrong on purpose."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from visavis.conversation import Track
from visavis.corpora.curation.stage import Item, Outcome, Stage
from visavis.corpora.curation.stages.segments import Segments
from visavis.media import Audio, VideoWriter
from visavis.motion import Motion
from visavis.motion.spaces import ARKIT


def write_talk(path: Path, seconds: float = 4.0, seed: int = 0, size: tuple[int, int] = (96, 64)) -> Path:
    """A video with noise for sound and a grey level that wanders; every seed gives another one."""
    rng = np.random.default_rng(seed)
    sound = Audio((rng.standard_normal(int(seconds * 16_000)) * 0.1).astype(np.float32))
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.repeat(np.repeat(rng.integers(0, 255, (8, 12, 3), np.uint8), size[1] // 8, 0), size[0] // 12, 1)
    with VideoWriter(path, size, 25.0, sound) as video:
        for number in range(round(seconds * 25)):
            video.write(np.roll(picture, number, axis=1))
    return path


class Worked(Stage):
    """Writes one line per piece of work into a file, so that repeated work shows."""

    log: str = ""
    takes: float = 0.0

    def remember(self, item: Item) -> None:
        if self.takes:
            time.sleep(self.takes)
        if self.log:
            with open(self.log, "a") as file:  # noqa: PTH123
                file.write(f"{self.name} {item.key}\n")


class Loudness(Worked):
    """Drops what is silent; adds how loud each frame is."""

    name: ClassVar[str] = "loudness"
    least: float = 0.0

    def __call__(self, item: Item) -> Outcome:
        self.remember(item)
        sound = item.found.mixed
        assert sound is not None
        frames = round(item.found.duration * 25)
        levels = np.array([np.abs(part).mean() for part in np.array_split(sound.samples, frames)], np.float32)
        if (mean := float(levels.mean())) < self.least:
            return item.dropped("too quiet", level=mean)
        people = [replace(person, tracks={"loudness": Track(levels, 25.0)}) for person in item.found]
        return item.kept("loud enough", item.found.with_participants(*people), level=mean)


class Moves(Worked):
    """Motion that depends on the sound alone."""

    name: ClassVar[str] = "moves"
    gain: float = 1.0

    def __call__(self, item: Item) -> Outcome:
        self.remember(item)
        loud = item.found.a.tracks["loudness"].values
        motion = Motion(np.tile(loud * self.gain, (1, ARKIT.dim)), 25.0, ARKIT)
        people = [replace(person, motion=motion) for person in item.found]
        return item.kept("moved", item.found.with_participants(*people))


class Dies(Stage):
    """The process dies on some files: always, or only the first time."""

    name: ClassVar[str] = "dies"
    on: str = ""
    once: str = ""

    def __call__(self, item: Item) -> Outcome:
        if self.on and self.on in item.source.name:
            if not self.once:
                os._exit(7)
            marker = Path(self.once) / hashlib.sha256(item.id.encode()).hexdigest()
            if not marker.exists():
                marker.touch()
                os._exit(7)
        return item.kept("lived")


class Stumbles(Stage):
    """Raises what no stage should."""

    name: ClassVar[str] = "stumbles"
    on: str = ""

    def __call__(self, item: Item) -> Outcome:
        if self.on in item.source.name:
            raise ZeroDivisionError("a bug")
        return item.kept("fine")


def quick_stages(log: Path | str = "", *, length: float = 2.0, gain: float = 1.0, takes: float = 0.0) -> list[Stage]:
    """Cut, look, move."""
    log = str(log)
    return [
        Segments(skip=0, length=length),  # type: ignore[call-arg]
        Loudness(log=log, takes=takes),
        Moves(log=log, gain=gain, takes=takes),
    ]


def bytes_of(folder: Path) -> dict[str, str]:
    """The hash of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

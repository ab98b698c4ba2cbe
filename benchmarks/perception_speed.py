"""How fast a video of two people becomes a conversation, stage by stage, and how much memory that takes."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from visavis.conversation import Conversation
from visavis.perception.protocol import Extractor
from visavis.workflows.extract import STEPS, Extractors, ExtractRequest, extract

FPS = 25.0
FACES, MEMORY = 40.0, 3.0
"""Targets: frames/s of the faces alone, and GB."""


@dataclass(frozen=True)
class Speed:
    """The measurement of a video of some length.

    Attributes:
        TITLE: Of the section.
        seconds: Length of the video.
    """

    TITLE: str
    seconds: float

    def report(self, work: Path, data: Path) -> list[str] | None:
        """The section's lines; None where the recording is missing."""
        source = data / "two-faces" / "debate.avi"
        if not source.is_file():
            return None
        work.mkdir(parents=True, exist_ok=True)
        film = repeated(source, work / f"{self.seconds:g}.mkv", self.seconds)
        command = [sys.executable, "-m", "benchmarks.perception_speed", str(film)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        row = json.loads(done.stdout.splitlines()[-1])
        total, length = row["total"], row["seconds"]
        speed, faces = length / total, length * FPS / row["stages"]["faces"]
        rows = [f"| {stage} | {s:.1f} | {length / max(s, 1e-3):,.1f} |" for stage, s in row["stages"].items()]
        return [
            "`two-faces/debate.avi` (1280 x 720, two faces, speech all the time) repeated, through every extractor, in "
            f"a process of its own on {os.cpu_count()} cores: {length:.0f} s of video. Faces and bodies are followed "
            "while speaking and words are heard.", "",
            "| stage | seconds | times real time |", "| --- | ---: | ---: |",
            *rows,
            f"| all | {total:.1f} | {speed:.2f} |", "",
            f"Faces: {faces:.1f} frames/s. Processor time: {row['processor']:.0f} s. "
            f"Peak memory: {row['gigabytes']:.2f} GB. "
            f"Targets: the whole pipeline at least as fast as real time: {verdict(speed >= 1)} ({speed:.2f}); "
            f"faces at {FACES:g} frames/s or more: {verdict(faces >= FACES)} ({faces:.1f}); "
            f"at most {MEMORY:g} GB: {verdict(row['gigabytes'] <= MEMORY)} ({row['gigabytes']:.2f}).",
        ]  # fmt: skip


def verdict(met: bool) -> str:
    """Whether a target is met, in a word."""
    return "met" if met else "missed"


def repeated(source: Path, path: Path, seconds: float) -> Path:
    """The recording over and over, without encoding it again."""
    import av

    if path.is_file():
        return path
    working = path.with_name(f".{path.name}")
    with av.open(str(working), "w", format="matroska") as out:
        shift = 0.0
        streams: dict[int, Any] = {}
        while shift < seconds:
            with av.open(str(source)) as container:
                end = 0.0
                for stream in container.streams:
                    if stream.index not in streams:
                        streams[stream.index] = out.add_stream_from_template(stream)
                for packet in container.demux():
                    if packet.dts is None:
                        continue
                    end = max(end, float((packet.dts + (packet.duration or 0)) * packet.time_base))
                    moved = round(shift / packet.time_base)
                    packet.pts, packet.dts = (packet.pts or packet.dts) + moved, packet.dts + moved
                    packet.stream = streams[packet.stream.index]
                    out.mux(packet)
            shift += end
    working.replace(path)
    return path


class Timed(Extractors):
    """The default extractors, each of which writes down how long it took.

    Attributes:
        spent: Seconds by step.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(ExtractRequest((path,)))
        self.spent: dict[str, float] = {}

    def __getitem__(self, step: str) -> Extractor | None:
        """One that is timed."""
        extractor = super().__getitem__(step)
        if extractor is None:
            return None

        def timed(conversation: Conversation) -> Conversation:
            start = time.perf_counter()
            found = extractor(conversation)
            self.spent[step] = time.perf_counter() - start
            return found

        return timed


def measure(path: Path) -> dict[str, object]:
    """Extracts in this process."""
    extractors = Timed(path)
    start = time.perf_counter()
    conversation = extract(path, extractors)
    total = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": conversation.duration,
        "stages": {step: extractors.spent[step] for step in STEPS},
        "total": total,
        "processor": used.ru_utime + used.ru_stime,
        "gigabytes": used.ru_maxrss / 1e6,
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))

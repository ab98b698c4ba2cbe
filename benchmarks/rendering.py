"""How fast the video is drawn, and what the time goes into: ``python -m benchmarks.rendering``.

Prints frames per second of the whole of `render_video` at 1280x720, then what one process spends per frame on each
step.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

os.environ.setdefault("LP_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from visavis.conversation import Conversation, Participant
from visavis.media.audio import Audio
from visavis.media.video import VideoWriter
from visavis.motion import ARKIT, Motion, face_to_face
from visavis.rendering.script import Script
from visavis.rendering.stage import Stage
from visavis.rendering.video import render_video


def talk(frames: int) -> Conversation:
    """Two people who nod, blink and open their mouths."""
    times = np.arange(frames) / 25
    people = []
    for i, seat in enumerate(face_to_face()):
        motion = Motion.zeros(frames, 25, ARKIT).with_columns("translation", np.tile(seat.position, (frames, 1)))
        motion = motion.with_columns("jawOpen", 0.4 * np.clip(np.sin(13 * times + i), 0, 1))
        motion = motion.with_columns("head.x", 0.12 * np.sin(4 * times + i))
        motion = motion.with_columns("translation.x", seat.position[0] + 0.01 * np.sin(2 * times))
        people.append(Participant("AB"[i], motion=motion, seat=seat))
    noise = np.random.default_rng(0).normal(0, 0.05, round(16000 * frames / 25)).astype(np.float32)
    return Conversation("bench", (people[0], people[1]), frames / 25, mixed=Audio(noise))


def cpu(who: int = resource.RUSAGE_SELF) -> float:
    """Seconds of processor time so far."""
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def per_call(action: Callable[[], object], calls: int = 10) -> float:
    """Milliseconds of processor time per call."""
    action()
    start = cpu()
    for _ in range(calls):
        action()
    return (cpu() - start) / calls * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=200)
    frames = parser.parse_args().frames
    size, conversation = (1280, 720), talk(frames)
    script = Script.of(conversation)
    stage = Stage(script, size)  # builds the figures if they are not in the cache

    with tempfile.TemporaryDirectory() as folder:
        start, busy = time.perf_counter(), cpu(resource.RUSAGE_CHILDREN)
        render_video(conversation, Path(folder) / "video.mp4", size=size)
        wall = time.perf_counter() - start
        busy = cpu(resource.RUSAGE_CHILDREN) - busy
        print(f"render_video  {frames} frames, {size[0]}x{size[1]}: {frames / wall:.1f} frames/s ({wall:.1f} s)")
        print(f"              {1000 * busy / frames:.0f} ms of processor time per frame, the start of workers included")

        values = [own[:16] for own in script.values]
        actors = list(zip(stage.people, values, strict=True))
        vertices = [actor.points(own)[0] for actor, own in actors]
        quiet = np.zeros(2, np.float32)
        picture = stage.draw(vertices, quiet)
        steps = {
            "vertices of both": per_call(lambda: [actor.points(own) for actor, own in actors]) / 16,
            "normals of both": per_call(lambda: [a.normals(v) for a, v in zip(stage.people, vertices, strict=True)]),
            "render": per_call(stage._window.render),
            "read, reduce": per_call(stage._window.pixels),
            "draw, all of it": per_call(lambda: stage.draw(vertices, quiet)),
        }
        with VideoWriter(Path(folder) / "encode.mp4", size, 25) as video:
            steps["encode"] = per_call(lambda: video.write(picture), 30)
    for name, milliseconds in steps.items():
        print(f"{name:>16}  {milliseconds:6.1f} ms")
    total = steps["vertices of both"] + steps["draw, all of it"] + steps["encode"]
    print(f"{'sum':>16}  {total:6.1f} ms: {1000 / total:.1f} frames/s per free core")
    stage.close()


if __name__ == "__main__":
    main()

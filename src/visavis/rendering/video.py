"""Renders the video: both people in one room, wide and in close-up, with their voices.

Frames are drawn in segments of a few seconds by as many worker processes as there are cores, because the software
renderer gains more from two processes than from two threads. Segments lie in a hidden folder beside the video, named
after what they show; an interrupted run therefore resumes, and nothing half-written ever bears the final name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue

import numpy as np
from numpy.typing import NDArray

from visavis.conversation.conversation import Conversation
from visavis.errors import InputError, plainly
from visavis.media.audio import Audio
from visavis.rendering.joining import join_segments
from visavis.rendering.script import Script
from visavis.reporter import Update

SEGMENT_SECONDS = 4.0
SIZE, FPS = (1280, 720), 25.0
"""Width and height in pixels, and frames per second, unless others are asked for."""


def render_frame(conversation: Conversation, frame: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """One picture of the conversation: a two-shot and both close-ups.

    Args:
        conversation: Both people need motion in the `arkit` space.
        frame: Index into their motion.
        size: Width and height in pixels.

    Returns:
        uint8 (height, width, 3).

    Raises:
        InputError: A person has no motion to show, or there is no such frame.
    """
    from visavis.rendering.stage import Stage

    script = Script.of(conversation)
    if not 0 <= frame < len(script):
        raise InputError(f"conversation {conversation.id!r}: no frame {frame} among {len(script)}")
    stage = Stage(script, size)
    try:
        return next(iter(stage.frames(frame, frame + 1))).copy()
    finally:
        stage.close()


def render_video(
    conversation: Conversation,
    path: Path | str,
    *,
    size: tuple[int, int] = SIZE,
    fps: float = FPS,
    update: Update = lambda _share: None,
) -> Path:
    """Writes the conversation as an MP4 (H.264 and AAC); an interrupted call is resumed by the next.

    Args:
        conversation: Both people need motion in the `arkit` space; sound comes from `mixed`, or from both voices.
        path: The file to write; its folder must exist.
        size: Width and height in pixels, both even.
        fps: Frames per second; motion at another rate is interpolated.
        update: Takes the share of frames done.

    Returns:
        The path.

    Raises:
        InputError: A person has no motion to show, or the file cannot be written.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}; create it first")
    if size[0] % 2 or size[1] % 2 or min(size) < 64:
        raise InputError(f"{path}: a video of {size[0]}x{size[1]}; width and height must be even and at least 64")
    script = Script.of(conversation, fps)
    work = path.with_name(f".{path.name}.{script.digest(size)}")
    try:
        work.mkdir(exist_ok=True)
        script.save(work / "script.npz")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {plainly(error)}") from error
    length = max(1, round(SEGMENT_SECONDS * fps))
    spans = [(start, min(start + length, len(script))) for start in range(0, len(script), length)]
    segments = [work / f"{start:07d}-{stop:07d}.mp4" for start, stop in spans]
    _draw_missing(work, segments, size, lambda done: update(done / len(script)))
    join_segments(segments, path, fps, _sound(conversation, len(script) / fps))
    shutil.rmtree(work, ignore_errors=True)
    return path


def _sound(conversation: Conversation, duration: float) -> Audio | None:
    """The mixed track, or the sum of the voices; exactly as long as the picture."""
    tracks = [conversation.mixed] if conversation.mixed else [p.audio for p in conversation if p.audio]
    tracks = [track for track in tracks if track is not None]
    if not tracks:
        return None
    import soxr

    rate = tracks[0].sample_rate
    samples = np.zeros(round(duration * rate), np.float32)
    for track in tracks:
        part = soxr.resample(track.samples, track.sample_rate, rate)[: len(samples)]
        samples[: len(part)] += part
    peak = float(np.abs(samples).max(initial=0.0))
    return Audio(samples / peak if peak > 1 else samples, rate)


def _draw_missing(work: Path, segments: list[Path], size: tuple[int, int], report: Callable[[int], object]) -> None:
    """Draws the segments that are not there yet, in worker processes; stops them all if anything goes wrong."""
    missing = [segment for segment in segments if not segment.is_file()]
    done = sum(_frames(segment) for segment in segments if segment not in missing)
    report(done)
    count = max(1, min(len(missing), _cores(), 8))
    messages: Queue[str | None] = Queue()
    workers = [_start(work, missing[i::count], size, messages) for i in range(count) if missing]
    try:
        running = len(workers)
        while running:
            try:
                message = messages.get(timeout=0.2)
            except Empty:
                continue
            if message is None:
                running -= 1
            else:
                done += 1
                report(done)
    except BaseException:
        for worker in workers:
            worker.kill()
        raise
    finally:
        for worker in workers:
            worker.wait()
        for stray in work.glob(".*.part"):
            stray.unlink(missing_ok=True)
    for worker in workers:
        if worker.returncode:
            errors = (worker.stderr.read() if worker.stderr else "").strip().splitlines()
            raise InputError(f"{work.parent}: rendering stopped: {errors[-1] if errors else 'a worker was killed'}")


def _frames(segment: Path) -> int:
    start, stop = segment.stem.split("-")
    return int(stop) - int(start)


def _cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(
    work: Path, segments: list[Path], size: tuple[int, int], messages: Queue[str | None]
) -> subprocess.Popen[str]:
    """A worker that draws these segments one after the other and prints a line per frame."""
    # One thread per process: the processes already fill the cores. A session of its own keeps Ctrl-C to the parent.
    environment = {**os.environ, "LP_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    worker = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "visavis.rendering.worker",
            str(work),
            f"{size[0]}x{size[1]}",
            *(s.stem for s in segments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )

    def listen() -> None:
        assert worker.stdout
        for line in worker.stdout:
            if line.startswith("frame"):
                messages.put(line)
        messages.put(None)

    threading.Thread(target=listen, daemon=True).start()
    return worker

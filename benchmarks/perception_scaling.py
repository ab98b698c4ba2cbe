"""Curation with one worker and with two, how fast each stage is, and what 50,000 hours would cost."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np

from visavis.corpora.curation import Level, curate, load_stages
from visavis.corpora.curation.engines import Processes
from visavis.media.decode import read_audio
from visavis.media.frames import open_video
from visavis.media.video import VideoWriter

TITLE = "Curation: scaling and cost"
FILMS, FPS = 8, 25.0
HOURS = 50_000
PRICE = 0.04
"""Dollars for one processor for an hour, about what the large clouds asked in 2025; put in your own."""


def report(work: Path, data: Path) -> list[str] | None:
    """The section's lines; None where the recording is missing."""
    source = data / "two-faces" / "debate.avi"
    if not source.is_file():
        return None
    videos = make(source, work / "videos")
    seconds, levels = {}, {}
    for workers in (1, 2):
        out = work / f"corpus-{workers}"
        for folder in (out, work / f"corpus-{workers}.work"):
            shutil.rmtree(folder, ignore_errors=True)
        start = time.perf_counter()
        done = curate(videos, out, load_stages("talk"), Processes(workers))
        seconds[workers], levels[workers] = time.perf_counter() - start, done.levels
        print(f"   {workers} worker(s): {seconds[workers]:.1f} s", flush=True)
    length = FILMS * open_video(source).duration
    lines = [
        f"{FILMS} videos of {length / FILMS:.0f} s (`two-faces/debate.avi`, each a little brighter than the last), "
        f"preset `talk`, on {os.cpu_count()} cores; starting processes and loading weights included, which long videos "
        "hardly notice.", "",
        "| workers | seconds | times real time | against one worker |", "| ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    for workers, spent in seconds.items():
        lines.append(f"| {workers} | {spent:.1f} | {length / spent:.2f} | {seconds[1] / spent:.2f} |")
    return [*lines, "", *cost(levels[1])]


def cost(levels: tuple[Level, ...]) -> list[str]:
    """Stage by stage, with one worker."""
    lines = ["| stage | times real time, one worker | hours of one worker for 50,000 |", "| --- | ---: | ---: |"]
    total = 0.0
    for level in levels:
        if not level.seconds or not level.hours_done:
            continue
        speed = 3600 * level.hours_done / level.seconds
        total += HOURS / speed
        lines.append(f"| {level.stage} | {speed:,.1f} | {HOURS / speed:,.0f} |")
    most = 2 * PRICE * total
    return [
        *lines, "",
        f"In all {total:,.0f} hours of one worker if everything passed every filter: {total / 2400:,.0f} days on 100 "
        "such workers. One worker keeps up to two cores busy, as both people are looked at side by side: at "
        f"${PRICE:g} per core and hour at most ${most:,.0f}. What the filters before faces and bodies (two speakers, "
        "English) drop costs that much less; how much that is depends on what is collected.",
    ]  # fmt: skip


def make(source: Path, folder: Path) -> Path:
    """The videos."""
    folder.mkdir(parents=True, exist_ok=True)
    video, sound = open_video(source), read_audio(source).channels[0]
    for i in range(FILMS):
        path = folder / f"{i}.mp4"
        if not path.is_file():
            with VideoWriter(path, (video.width, video.height), FPS, sound) as out:
                for picture in video.frames(FPS):
                    out.write(np.minimum(picture.astype(np.int16) + 2 * i, 255).astype(np.uint8))
    return folder

"""Curation under SIGKILL: the corpus of a run that was killed again and again against that of one that was not.

Run ``python -m benchmarks.curation_kill [KILLS] [CLIPS]`` (20 and 30 unless given); it prints Markdown. The clips are
made on the spot; the stages are the real ones that need no weights (duplicates, segments, split screens) and two that
stand for slow ones, which take half a second and log every piece of work.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
from tests.curation_toys import Loudness, Moves, bytes_of, write_talk

from visavis.conversation.corpus import Corpus
from visavis.corpora.curation import Stage, curate, read_records
from visavis.corpora.curation.engines import Processes
from visavis.corpora.curation.stages.duplicates import Duplicates
from visavis.corpora.curation.stages.segments import Segments
from visavis.corpora.curation.stages.split_screen import SplitScreen

WORKERS = 2


def stages(log: Path) -> list[Stage]:
    return [
        Duplicates(),  # type: ignore[call-arg]
        Segments(skip=0, length=4, shortest=2),
        SplitScreen(),  # type: ignore[call-arg]
        Loudness(log=str(log), takes=0.5),
        Moves(log=str(log), takes=0.5),
    ]


def run(folder: Path, out: Path, log: Path) -> None:
    curate(folder, out, stages(log), Processes(WORKERS))


def killed_after(seconds: float, command: list[str]) -> bool:
    """Whether the run was still at work when it was killed; returns when no process of it is left."""
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.kill()
    killed = process.wait() == -signal.SIGKILL
    while True:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return killed
        time.sleep(0.05)


def main(kills: int, clips: int) -> None:
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        videos, log = home / "videos", home / "log"
        for number in range(clips):
            write_talk(videos / f"clip {number:02d} é.mp4", 8.0, number)
        shutil.copy(videos / "clip 00 é.mp4", videos / "the same again.mp4")
        (videos / "empty.mp4").touch()
        (videos / "broken.mp4").write_bytes(b"no video" * 1000)
        given = ["--one-run", str(videos), str(home / "corpus"), str(log)]
        command = [sys.executable, "-m", "benchmarks.curation_kill", *given]
        done = 0
        while done < kills:
            # Between starting up and about as long as the work that is left; whoever is done sooner is not counted.
            done += killed_after(float(rng.uniform(0.5, 6.0)), command)
            if (home / "corpus" / "corpus.json").exists() and done < kills:
                shutil.rmtree(home / "corpus.work")  # all is done: from the beginning, so that every kill meets work
                shutil.rmtree(home / "corpus")
                log.unlink()
        subprocess.run(command, check=True)
        pieces = log.read_text().splitlines()
        start = time.monotonic()
        log.rename(home / "log of the killed runs")
        curate(videos, home / "undisturbed", stages(log), Processes(WORKERS), work=home / "fresh")
        seconds = time.monotonic() - start
        same = bytes_of(home / "corpus") == bytes_of(home / "undisturbed")
        ids = Corpus.open(home / "corpus").ids
        print(f"Measured {date.today()} on {os.cpu_count()} cores, {WORKERS} workers.\n")
        print("| what | figure |\n| --- | --- |")
        print(f"| clips, and files that are empty, broken or there twice | {clips}, 3 |")
        print(f"| kills while at work | {done} |")
        print(f"| conversations | {len(ids)} |")
        print(f"| lost or doubled | {2 * clips - len(set(ids))}, {len(ids) - len(set(ids))} |")
        print(f"| records | {len(read_records(home / 'corpus'))} |")
        print(f"| the corpus equals the undisturbed one byte for byte | {'yes' if same else 'NO'} |")
        print(f"| pieces of slow work needed, and done since the work last began | {len(set(pieces))}, {len(pieces)} |")
        print(f"| seconds of the undisturbed run | {seconds:.0f} |")
        if not same or len(set(ids)) != 2 * clips:
            sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one-run"]:
        run(*(Path(argument) for argument in sys.argv[2:5]))
    else:
        given = [int(argument) for argument in sys.argv[1:3]]
        main(*given, *(20, 30)[len(given) :])

"""How long a recording takes to become motion, where the time goes, and how much memory it takes.

    python -m benchmarks.speed [--minutes 60]

Each recording is animated in a process of its own, so that its peak memory is its own. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TARGETS = {60: (15.0, 2.5), 3600: (None, 3.0)}
"""Seconds of recording -> (seconds to motion, GB of memory at the peak)."""


def make_recording(path: Path, seconds: float) -> None:
    """A mixed track of two simulated voices, repeated to the length asked for."""
    import soundfile

    from visavis.simulation.dyads import simulate

    conversation = simulate(seed=5, duration=60.0)
    assert conversation.mixed is not None
    once = conversation.mixed.samples
    samples = np.tile(once, int(np.ceil(seconds * conversation.mixed.sample_rate / len(once))))
    soundfile.write(path, samples[: round(seconds * conversation.mixed.sample_rate)], conversation.mixed.sample_rate)


def measure(path: Path) -> dict[str, float]:
    """Animates in this process: seconds per stage, peak memory in GB."""
    from visavis.bodies import default_appearances
    from visavis.conversation.from_recording import conversation_of
    from visavis.features.audio import get_encoder
    from visavis.generation.apply import apply
    from visavis.media import Audio, open_recording
    from visavis.models import from_pretrained
    from visavis.perception.speaking import Diarizer
    from visavis.scene.layout import layout_from

    clock = time.perf_counter
    model = from_pretrained("duet")
    get_encoder(str(model.config.model_dump()["encoder"]))(Audio.silence(1.0))
    Diarizer()(conversation_of(open_recording([path]), "warm-up").window(0, 5))
    default_appearances()
    spent = {}
    start = clock()
    conversation = conversation_of(open_recording([path]), "speed")
    spent["reading"] = clock() - start
    start = clock()
    conversation = Diarizer()(conversation)
    spent["who speaks"] = clock() - start
    seats = layout_from(None).seats
    from dataclasses import replace

    a, b = (replace(p, seat=s) for p, s in zip(conversation.participants, seats, strict=True))
    start = clock()
    apply(conversation.with_participants(a, b), model)
    spent["features and motion"] = clock() - start
    spent["all"] = sum(spent.values())
    spent["GB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return spent


def main() -> None:
    """Measures in child processes and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60, help="length of the long recording")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(measure(arguments.child)))
        return
    print("| recording | reading | who speaks | features and motion | all | peak memory |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for seconds in (60.0, arguments.minutes * 60):
            path = Path(folder) / "recording.wav"
            make_recording(path, seconds)
            command = [sys.executable, "-m", "benchmarks.speed", "--child", str(path)]
            spent = json.loads(
                subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
            )
            cells = [f"{spent[name]:.1f} s" for name in ("reading", "who speaks", "features and motion", "all")]
            print(f"| {seconds:.0f} s | {' | '.join(cells)} | {spent['GB']:.2f} GB |")
            wanted, memory = TARGETS.get(round(seconds), (None, None))
            if wanted and spent["all"] > wanted:
                print(f"missed: {spent['all']:.1f} s instead of {wanted} s", file=sys.stderr)
            if memory and spent["GB"] > memory:
                print(f"missed: {spent['GB']:.2f} GB instead of {memory} GB", file=sys.stderr)


if __name__ == "__main__":
    main()

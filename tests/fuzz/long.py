"""Thousands of faulty inputs of every kind through the executable, counted; writes docs/results/robustness.md.

    make fuzz                                                 # about half an hour on two cores
    python tests/fuzz/long.py --inputs 5000 --seed 1          # others, and more of them
    python tests/fuzz/long.py --kind checkpoints --out /dev/null

Every kind is tried in a process of its own, which is started again when it dies. What went wrong is listed on standard
error as it is found, with what is needed to find it again.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from fuzz_inputs import Inputs
from fuzz_kinds import KINDS, Bench
from fuzz_watch import LONGEST, quiet_place

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = 4 * 2**30
"""Bytes of memory that no input may take the process beyond."""
ADDRESSES = 16 * 2**30
"""Bytes of address space of a process, so that what goes beyond the above does not take the machine with it."""
ENDS = ("served", "refused", "traceback", "hang", "unclear")


@dataclass
class Count:
    """What came of one kind."""

    ends: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    memory: int = 0

    @property
    def inputs(self) -> int:
        return sum(self.ends.values())


def main() -> int:
    """Tries all kinds; the exit code is 0 where nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=3000, help="of all kinds together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=KINDS, action="append", help="only these")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results" / "robustness.md")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return work(options.kind[0], options.inputs, options.seed, Path(options.worker))
    counts: dict[str, Count] = {}
    kinds = options.kind or list(KINDS)
    each = -(-options.inputs // len(kinds))
    with tempfile.TemporaryDirectory(prefix="visavis-fuzz-") as place:
        for kind in kinds:
            counts[kind] = tried(kind, each, options.seed, place)
            print(f"{kind:<20} {counts[kind].inputs:5} inputs: {dict(counts[kind].ends)}", flush=True)
    options.out.write_text("\n".join(page(counts, options.inputs, options.seed)), "utf-8")
    bad = sum(count.ends[end] for count in counts.values() for end in ENDS[2:])
    return int(bad > 0 or max(count.memory for count in counts.values()) > ALLOWED)


def tried(kind: str, inputs: int, seed: int, place: str) -> Count:
    """So many inputs of a kind, in processes that are started again where they die or hang."""
    count = Count()
    while count.inputs < inputs:
        for said in _worker(kind, inputs - count.inputs, seed, place):
            count.ends[said["end"]] += 1
            count.slowest = max(count.slowest, said["seconds"])
            count.memory = max(count.memory, said.get("memory", 0))
            if said["end"] in ENDS[2:]:
                print(f"{said['end']}: {kind}, seed {seed}: {said['what']}", file=sys.stderr, flush=True)
        seed += 1_000_000
    return count


def _worker(kind: str, inputs: int, seed: int, place: str) -> Iterator[dict[str, Any]]:
    """What a process reports of its inputs, and how it ended where it did not come to an end."""
    command = [sys.executable, "-W", "ignore", __file__, "--worker", place, "--kind", kind]
    complaints = Path(place) / "complaints.txt"
    with (
        complaints.open("w") as errors,
        subprocess.Popen(
            [*command, "--inputs", str(inputs), "--seed", str(seed)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        lines: SimpleQueue[str] = SimpleQueue()
        assert process.stdout is not None
        threading.Thread(target=lambda pipe: [lines.put(row) for row in (*pipe, "")], args=(process.stdout,)).start()
        started = ""
        while True:
            try:
                row = lines.get(timeout=5 * LONGEST)
            except Empty:
                process.kill()
                yield {"end": "hang", "what": f"in C, after {started}", "seconds": 5 * LONGEST}
                return
            if not row:
                break
            said = json.loads(row)
            if "end" in said:
                yield said
            started = str(said)
    if process.returncode:
        last = complaints.read_text("utf-8", "replace")[-500:]
        what = f"the process died ({process.returncode}, {last!r}) after {started}"
        yield {"end": "traceback", "what": what, "seconds": 0.0}


def work(kind: str, inputs: int, seed: int, place: Path) -> int:
    """The process: tries inputs and reports each."""
    import hypothesis
    from hypothesis import strategies as st

    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    report = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries that print from C
    folder = Path(tempfile.mkdtemp(dir=place))
    for name in ("temporary", "work"):
        (folder / name).mkdir()
    bench = Bench(Inputs(place / "inputs"), folder / "work")
    tries = 0

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=inputs, database=None, deadline=None, phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(st.data())
    def attempt(data: Any) -> None:
        nonlocal tries
        outcome = KINDS[kind](data.draw, bench)
        tries += 1
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({**asdict(outcome), "memory": memory}), file=report, flush=True)

    with quiet_place(folder / "temporary"):
        attempt()
    return 0


def page(counts: dict[str, Count], inputs: int, seed: int) -> list[str]:
    """The document."""
    total = Count(
        sum((count.ends for count in counts.values()), Counter()), max(count.slowest for count in counts.values()),
        max(count.memory for count in counts.values()),
    )  # fmt: skip
    head = [
        "kind",
        "inputs",
        "served",
        "refused in one line",
        "tracebacks",
        "hangs",
        "unclear",
        "slowest (s)",
        "memory (GB)",
    ]
    rows = [
        [kind, count.inputs, *(count.ends[end] for end in ENDS), f"{count.slowest:.1f}", f"{count.memory / 1e9:.2f}"]
        for kind, count in (*counts.items(), ("**all**", total))
    ]
    return [
        "# Faulty and hostile input", "",
        "How the executable takes files with flipped, missing, repeated and foreign bytes, values that are null, huge, "
        "not finite or of another kind, names that are no text, things that are no files, and servers that do not keep "
        "to their protocol. Every input is a small valid one with a few faults, drawn by "
        "[Hypothesis](https://hypothesis.readthedocs.io), and goes through the verbs that read it.", "",
        f"Made by `make fuzz INPUTS={inputs} SEED={seed}`.", "",
        "| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |",
        *("| " + " | ".join(map(str, row)) + " |" for row in rows), "",
        "- *served*: exit code 0; *refused*: exit code 2 with a line that says what is wrong.",
        "- *tracebacks*: exit code 1, which is an error of ours, or a process that died.",
        f"- *hangs*: longer than {LONGEST:.0f} s. *Unclear*: refused without a line, or control characters printed.",
        f"- *memory*: the largest resident size of the process, networks included; at most {ALLOWED / 2**30:.0f} GiB "
        "are allowed.", "",
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

"""Measures DIM against its baselines and ablations and writes docs/results/dim.md.

    python benchmarks/results_dim.py [--part simulated|video-calls|rig-speech|cost]

What every method generated lies in --work (default runs/results-dim) and is not made again: a run that was stopped
goes on, and the document is written anew from what there is after each part.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))

import dim_cost
import dim_rig_speech
import dim_simulated
import dim_video_calls
from document import write_parts

ROOT = Path(__file__).resolve().parents[1]
PARTS = {
    "simulated": dim_simulated, "video-calls": dim_video_calls, "rig-speech": dim_rig_speech, "cost": dim_cost,
}  # fmt: skip


def write_document(work: Path, path: Path) -> None:
    """Joins the parts that there are."""
    head = ["# DIM: what it can do, measured", ""]
    head += ["Written by `make results-dim`; what each measure is stands in [evaluation](../evaluation.md)."]
    write_parts(path, head, {part.TITLE: work / f"{name}.json" for name, part in PARTS.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, help="only this part; the document has what is there of all")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="real recordings")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "results-dim")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results" / "dim.md")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for name in [options.part] if options.part else PARTS:
        print(f"== {name}", flush=True)
        lines = PARTS[name].report(options.work / name, options.data)
        if lines is None:
            print(f"{name}: its recordings are not under {options.data}; left out", file=sys.stderr)
            continue
        command = f"python benchmarks/results_dim.py --part {name}"
        (options.work / f"{name}.json").write_text(json.dumps({"command": command, "lines": lines}, indent=1), "utf-8")
        write_document(options.work, options.out)
    write_document(options.work, options.out)
    print(options.out)


if __name__ == "__main__":
    main()

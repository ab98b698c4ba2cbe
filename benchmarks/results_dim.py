"""Measures DIM against its baselines and ablations and writes docs/results/dim.md.

    python -m benchmarks.results_dim [--part simulated|video-calls|rig-speech|cost]

What every method generated lies in --work (default runs/results-dim) and is not made again: a run that was stopped
goes on, and the document is written anew from what there is after each part.
"""

from __future__ import annotations

import torch

from benchmarks import dim_cost, dim_rig_speech, dim_simulated, dim_video_calls
from benchmarks.document import measure_parts

PARTS = {
    "simulated": dim_simulated, "video-calls": dim_video_calls, "rig-speech": dim_rig_speech, "cost": dim_cost,
}  # fmt: skip
HEAD = [
    "# DIM: what it can do, measured", "",
    "Written by `make results-dim`; what each measure is stands in [evaluation](../evaluation.md).",
]  # fmt: skip

if __name__ == "__main__":
    torch.set_num_threads(1)
    measure_parts("dim", __doc__, HEAD, PARTS)

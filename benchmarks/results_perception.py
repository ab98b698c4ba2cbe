"""Measures what is read off videos and writes docs/results/perception.md.

    python -m benchmarks.results_perception [--part faces|active-speaker|words|bodies|speed|hour|scaling]

Finished pieces lie in --work (default runs/results-perception); the document is written anew after each part.
"""

from __future__ import annotations

import torch

from benchmarks import (
    perception_active_speaker,
    perception_bodies,
    perception_faces,
    perception_scaling,
    perception_words,
)
from benchmarks.document import Part, measure_parts
from benchmarks.perception_speed import Speed

PARTS: dict[str, Part] = {
    "faces": perception_faces, "active-speaker": perception_active_speaker, "words": perception_words,
    "bodies": perception_bodies, "speed": Speed("Speed: a minute", 60.0), "hour": Speed("Speed: an hour", 3600.0),
    "scaling": perception_scaling,
}  # fmt: skip
HEAD = [
    "# Perception: what is read off videos, measured", "",
    "Written by `make results-perception`. Who speaks when, without a picture, is measured in "
    "[who speaks](who-speaks.md); what killed curations lose, by `python -m benchmarks.curation_kill`.",
]  # fmt: skip

if __name__ == "__main__":
    torch.set_num_threads(1)
    measure_parts("perception", __doc__, HEAD, PARTS)

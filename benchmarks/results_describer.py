"""Measures the describer of listeners and writes docs/results/describer.md.

    python -m benchmarks.results_describer

The model's answers lie in --work (default runs/results-describer), so that it resumes where it was stopped.
"""

from __future__ import annotations

from benchmarks import describer
from benchmarks.document import measure_parts

PARTS = {"emotion": describer}
HEAD = [
    "# The describer of listeners, measured", "",
    "Written by `make results-describer`. What it is, and how it asks a language model, is told in "
    "[decisions](../decisions.md#a-small-language-model-is-asked-step-by-step).",
]  # fmt: skip

if __name__ == "__main__":
    measure_parts("describer", __doc__, HEAD, PARTS)

"""Checks intervals and tests on conversations of which the truth is known, and writes docs/results/statistics.md.

python -m benchmarks.results_statistics [--part numbers|gaussian|flat|listeners|tests]
"""

from __future__ import annotations

from benchmarks.document import measure_parts
from benchmarks.statistics_intervals import FLAT, GAUSSIAN, LISTENERS, NUMBERS
from benchmarks.statistics_tests import TESTS

PARTS = {"numbers": NUMBERS, "gaussian": GAUSSIAN, "flat": FLAT, "listeners": LISTENERS, "tests": TESTS}
HEAD = [
    "# Statistics: how often intervals and tests are right", "",
    "Written by `make results-statistics`; how they are computed stands in "
    "[evaluation](../evaluation.md#confidence-intervals-and-tests).",
]  # fmt: skip

if __name__ == "__main__":
    measure_parts("statistics", __doc__, HEAD, PARTS)

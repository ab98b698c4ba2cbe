"""Measures the codes of face and body that MARS speaks, and writes docs/results/mars-codes.md.

    python -m benchmarks.results_mars_codes [--part built-in|ablations-face|ablations-body]

Every row that was measured lies in --work (default runs/results-mars-codes) and is not measured again.
"""

from __future__ import annotations

from benchmarks import mars_codes_built_in
from benchmarks.document import Part, measure_parts
from benchmarks.mars_codes_ablations import Ablations
from benchmarks.mars_codes_data import CONVERSATIONS, SECONDS

HEAD = [
    "# The codes of MARS: face and body",
    "",
    f"By `make results-mars-codes`, on {CONVERSATIONS} dialogues of up to {SECONDS:g} s in motion space `arkit-body`",
    "(`visavis simulate --dialogues`): words and times of real calls, meetings and chats, simulated motion. Of each",
    "source, about 5% of the sessions are held out for choosing checkpoints and 5% for the figures here.",
]
PARTS: dict[str, Part] = {
    "built-in": mars_codes_built_in, **{f"ablations-{name}": Ablations(name) for name in ("face", "body")}
}  # fmt: skip


def main() -> None:
    """Measures."""
    measure_parts("mars-codes", __doc__, HEAD, PARTS)


if __name__ == "__main__":
    main()

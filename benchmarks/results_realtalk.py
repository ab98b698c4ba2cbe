"""Measures retrieval of listeners and writes docs/results/realtalk.md.

    python -m benchmarks.results_realtalk [--part NAME] [--clip FOLDER] [--queries N] [--language-model NAME]

Clips, vectors, faces and descriptions lie in --work (default runs/results-realtalk) and are not made again: a run that
was stopped goes on. --clip FOLDER measures CLIP ViT-B/32 as well, or a visual prompt for it. --queries N has fewer
descriptions made by language models, which take seconds of computing for each; --language-model NAME (an address, a
folder or a Hub id) measures another one beside that which is built in. The same measures on any corpus:
visavis benchmark retrieval.
"""

from __future__ import annotations

import argparse
import sys

import torch

from benchmarks import realtalk_pictures
from benchmarks.document import Part, measure_parts
from benchmarks.realtalk_real import Real
from benchmarks.realtalk_simulated import QUERIES, Simulated, WithLanguageModel

HEAD = [
    "# RealTalk: retrieved listeners, measured", "",
    "Written by `make results-realtalk`; measures are explained in [evaluation](../evaluation.md). Brackets hold 95% "
    "intervals over queries.",
]  # fmt: skip

if __name__ == "__main__":
    torch.set_num_threads(1)
    own = argparse.ArgumentParser(add_help=False)
    own.add_argument("--clip")
    own.add_argument("--queries", type=int, default=QUERIES)
    own.add_argument("--language-model")
    given, rest = own.parse_known_args()
    sys.argv[1:] = rest
    parts: dict[str, Part] = {
        "simulated": Simulated(given.clip),
        "language-model": WithLanguageModel(given.queries, given.language_model),
        "real": Real(),
        "pictures": realtalk_pictures,
    }
    measure_parts("realtalk", __doc__, HEAD, parts)

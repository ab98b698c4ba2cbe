"""How fast the built-in language model reads token by token: as transformers does, and as MARS does.

    python -m benchmarks.mars_reading [--threads 1 2]

Prints Markdown; and how far rounded weights move the probabilities of the next word.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from unittest.mock import patch

import torch

from visavis.models.mars import line as lines
from visavis.models.mars.adapted import AdaptedModel
from visavis.models.mars.base_model import load_base
from visavis.models.mars.config import LoraConfig
from visavis.models.mars.line import Line

TEXT = (
    "I was thinking about my job last week. People there hardly talk to each other, and I do not know whether I want "
    "to stay. What would you do? Well, I would look for something else, but first I would ask them what is wrong. My "
    "sister had the same trouble years ago, and in the end she opened a small shop near the lake, where she sells "
    "bread and cheese to people who come from the city on weekends. She says that she has never been happier."
)
CODES = 3074
"""New rows: two books of the body and one of the face, 1,024 codes each, and two marks."""
BEFORE, TOKENS = 300, 40


def seconds_per_token(line: Line) -> float:
    """On the clock on the wall, after some context."""
    line.read(list(range(BEFORE)))
    line.push(1000)
    start = time.perf_counter()
    for token in range(TOKENS):
        line.push(1000 + token)
    return (time.perf_counter() - start) / TOKENS


def moved(model: AdaptedModel, ids: list[int]) -> float:
    """Mean Kullback-Leibler divergence in nats of rounded weights' predictions from those of exact ones."""
    exact, light = Line(model, exactly=True), Line(model)
    for line in (exact, light):
        line.read(ids[:8])
    apart = []
    for token in ids[8:]:
        true, found = (line.push(token).log_softmax(-1) for line in (exact, light))
        apart.append(float((true.exp() * (true - found)).sum()))
    return sum(apart) / len(apart)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    base = load_base("built-in")
    model = AdaptedModel(base, len(base.tokenizer), CODES, LoraConfig(rank=8, alpha=16, dropout=0.0)).eval()
    model.merge()
    print("| threads | transformers, tokens/s | exact weights | weights as bytes |\n| ---: | ---: | ---: | ---: |")
    for threads in options.threads:
        torch.set_num_threads(threads)
        rows: list[Callable[[], Line]] = [lambda: Line(model, exactly=True), lambda: Line(model)]
        rates = [1 / min(seconds_per_token(make()) for _ in range(3)) for make in rows]
        with patch.object(lines, "reads", lambda model: False):
            rates.insert(0, 1 / min(seconds_per_token(Line(model)) for _ in range(3)))
        print(f"| {threads} | " + " | ".join(f"{rate:.1f}" for rate in rates) + " |")
    print(f"\nRounding moves what is expected by {moved(model, base.tokenizer(TEXT)['input_ids']):.4f} nats.")


if __name__ == "__main__":
    main()

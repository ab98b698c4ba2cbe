"""How long a talk's user waits: until the first word, and whether codes come as fast as they are played.

    python -m benchmarks.talk [MODEL] [--threads 2] [--books 1]

MODEL is a checkpoint folder, ``mars`` for the built-in one, or ``untrained`` (default): new rows and adapters on the
built-in language model, whose speed is that of trained ones. Ten typed turns are answered, each with all that was said
before; every answer is of 120 tokens at most. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from visavis.generation.talk.delivery import Event, Made
from visavis.generation.talk.talk import Talk
from visavis.generation.talk.voices import voices_of_talk
from visavis.models.mars.base_model import load_base
from visavis.models.mars.config import MarsConfig
from visavis.models.mars.model import Mars
from visavis.motion import ARKIT_BODY
from visavis.tokenizers.checkpoint import build

FIRST_WORD, AS_PLAYED = 1.5, 1.0
"""Seconds until the first word at most; seconds of codes per second at least."""
TURNS = (
    "Why did the chicken cross the road? To get to the other side!", "My dog died this morning.",
    "What would you like to do tomorrow?", "That is not true, and you know it.", "Thank you so much for your help.",
    "Nice weather today, isn't it?", "Last summer we went to the lake and it rained for a whole week.", "Hm.", "Yes.",
    "I have been thinking about my job for a while, and I am not sure that I still want it, because the people there "
    "do not talk to each other, and whenever I ask a question they look at me as if I had fallen from the moon.",
)  # fmt: skip
SPOKEN = 4.2
"""Tokens of words in a second of speech: 3.3 words in telephone calls, 1.3 tokens each."""


@dataclass(frozen=True)
class Now:
    """A moment, by the clock on the wall and by what all cores have computed, in seconds."""

    wall: float
    computed: float

    @classmethod
    def read(cls) -> Now:
        """Reads both clocks."""
        return cls(time.perf_counter(), sum(os.times()[:4]))  # what synthesisers compute included

    def since(self, before: Now) -> Now:
        """What has passed."""
        return Now(self.wall - before.wall, self.computed - before.computed)


def untrained(books: int) -> Mars:
    """MARS on the built-in language model, with codebooks of 256 codes."""
    tokenizer: dict[str, Any] = {
        "family": "conv", "window": 64, "downsample_factor": 8, "network": {"width": 128, "depth": 2},
        "codebook": {"size": 256, "dim": 32, "num_codebooks": books},
    }  # fmt: skip
    config = MarsConfig.model_validate(
        {
            "answer": 120,
            "face": {"groups": ["expression"], "tokenizer": tokenizer},
            "body": {"groups": ["neck", "head", "eyes", "body", "hands"], "tokenizer": tokenizer},
        }
    )
    parts = [build(part.tokenizer, None, ARKIT_BODY.part(part.groups), 25.0) for part in (config.face, config.body)]
    return Mars(config, load_base(config.base), parts[0], parts[1], ARKIT_BODY, 25.0).eval()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="untrained")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--books", type=int, default=1, help="codebooks of face and of body, of the untrained model")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    mars = untrained(given.books) if given.model == "untrained" else Mars.from_pretrained(given.model)
    talk = Talk(mars, voices_of_talk())
    talk.warm_up()
    face, body = mars.codec.books
    needed = mars.vocabulary.step_length / mars.codec.clock.step + SPOKEN
    print(
        f"{given.model}, {given.threads} threads, others' load {os.getloadavg()[0]:.1f}; a step of {face.books} + "
        f"{body.books} tokens; {needed:.1f} tokens a second are played\n"
    )
    print("| turn | tokens before | first word, s | computed, s | tokens a second | computed at |")
    print("| --- | --- | --- | --- | --- | --- |")
    waits: list[tuple[float, float]] = []
    rates: list[tuple[int, float, float]] = []
    for number, text in enumerate(TURNS, 1):
        begun, first = Now.read(), [Now(0.0, 0.0)]

        def hear(event: Event, begun: Now = begun, first: list[Now] = first) -> None:
            if isinstance(event, Made) and len(first) == 1:
                first.append(Now.read().since(begun))

        answer = talk.exchange(text, hear)
        whole = Now.read().since(begun)
        assert answer is not None
        tokens = len(mars.chat().content(answer.turn.items)[0])
        before = len(mars.chat().encode(talk.turns[:-1], answer=True))
        rest = whole.since(first[-1])
        waits.append((first[-1].wall, first[-1].computed))
        rates.append((tokens, rest.wall, rest.computed))
        print(
            f"| {number} | {before:,} | {first[-1].wall:.2f} | {first[-1].computed:.2f} | {tokens / rest.wall:.1f} | "
            f"{tokens / rest.computed:.1f} |"
        )
    median, longest = np.median(waits, axis=0), np.max(waits, axis=0)
    tokens, wall, computed = np.sum(rates, axis=0)
    print(
        f"\nFirst word: median {median[0]:.2f} s, longest {longest[0]:.2f} s; of computing {median[1]:.2f} and "
        f"{longest[1]:.2f} s (at most {FIRST_WORD:g} s). Answers at {tokens / wall / needed:.2f} times the speed at "
        f"which they are played; by computing alone {tokens / computed / needed:.2f} (at least {AS_PLAYED:g})."
    )


if __name__ == "__main__":
    main()

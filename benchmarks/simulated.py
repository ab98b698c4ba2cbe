"""Simulated conversations with a split: some to train on, and others, of other seeds, kept for testing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.simulation.dyads.generate import generate

SEEDS = {"train": 500_000, "test": 900_000}
"""From which no built-in weights were trained."""


def split_corpus(
    work: Path,
    *,
    train: int,
    test: int,
    seconds: float,
    voices: Sequence[str] = ("builtin",),
    given: Path | None = None,
) -> Path:
    """The folder of the corpus, made at the first time.

    Args:
        work: Where it and its parts lie.
        train: Conversations to train on.
        test: Conversations kept for testing.
        seconds: Length of each.
        voices: Who speaks.
        given: Conversations to train on instead of simulated ones.
    """
    name = "-".join([f"{train}x{test}x{seconds:g}", *(voice.replace(":", "_") for voice in voices)])
    final = work / f"split-{name}{'' if given is None else f'-{given.name}'}"
    if final.is_dir():
        return final
    parts = {}
    for part, count in (("train", train), ("test", test)):
        if part == "test" or given is None:
            parts[part] = generate(
                work / f"{part}-{name}", conversations=count, seconds=seconds, seed=SEEDS[part], voices=list(voices)
            )
    if given is not None:
        parts = {"train": given, **parts}
    working = final.with_name(f".{final.name}.tmp")
    write_corpus(_marked(parts), working)
    working.rename(final)
    return final


def _marked(parts: dict[str, Path]) -> Iterator[Conversation]:
    for part, folder in parts.items():
        for each in Corpus.open(folder):
            yield replace(each, id=f"{part}-{each.id}", provenance={**each.provenance, "split": part})

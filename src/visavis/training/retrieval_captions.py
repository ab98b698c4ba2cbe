"""Captions for training an encoder: many paraphrases of what each clip shows, clause by clause."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.models.retrieval.captions import Caption, contrary, split_clauses, word
from visavis.models.retrieval.facts import FACTS, Facts
from visavis.models.retrieval.motion_text import Sentences, with_denials
from visavis.reading import read_arrays
from visavis.reporter import Update

MOST = 10
"""Clauses of a caption that are kept."""
FILLER_CHANCE = 0.25
EMBEDDED_AT_ONCE = 512

_FILLERS = (
    "Alex is sharing sad news", "Alex is sharing good news", "Alex is telling a joke", "Alex talks about work",
    "Alex is angry about something", "Alex is happy about an achievement", "Alex says that a pet has died",
    "Alex confesses a mistake", "Alex is proud of what happened", "Alex tells a story", "Alex complains",
    "Given that Sam wants to be supportive", "Given that Sam wants to behave in a socially appropriate way",
    "Given that Sam wants to be rude", "Since Sam is shy", "Sam wants to build rapport", "Sam wants to be polite",
    "in this situation", "in response", "at first", "as Alex speaks", "after hearing this", "at the end of the story",
    "to let Alex go on", "as a listener", "during the conversation", "when the news comes", "in this moment",
    "Sam's facial expression", "Sam's reaction", "the listener's face", "for example", "which is what one would expect",
    "Alex did not get what was hoped for", "Sam does not know what to say", "nothing can be done about it",
    "Alex can't believe it", "as people do", "on hearing the words", "Alex is communicating something personal",
    "to answer Alex",
)  # fmt: skip
"""What descriptions also say, and what no clip shows."""


@dataclass
class CaptionSet:
    """Captions and their words' vectors.

    Attributes:
        vectors: Of all clauses, and whether they deny (U, S + 1), float16.
        clauses: Clauses of each caption (N, MOST), -1 beyond the last.
        claimed: Strength of each fact claimed (N, F).
        weight: 1 where a fact is claimed (N, F).
        whole: Captions of each clip's whole (M, K), numbers of rows.
        contrary: What contradicts these (M, K).
        parts: A caption of each part of each clip (M, P).
    """

    vectors: NDArray[np.float16]
    clauses: NDArray[np.int32]
    claimed: NDArray[np.float32]
    weight: NDArray[np.float32]
    whole: NDArray[np.int32]
    contrary: NDArray[np.int32]
    parts: NDArray[np.int32]


def make_captions(
    facts: Sequence[Sequence[Facts]], each: int, seed: int, sentences: Sentences, cache: Path,
    update: Update = lambda _share: None,
) -> CaptionSet:  # fmt: skip
    """Captions for clips.

    Args:
        facts: Of each clip's whole and parts.
        each: K, captions of each whole; the first says one fact, the next two and so on.
        seed: Chooses the words.
        sentences: Embeds clauses.
        cache: Folder in which their vectors are kept.
        update: Takes the share done.
    """
    said: list[Caption] = []
    places = {"whole": [], "contrary": [], "parts": []}  # type: dict[str, list[list[int]]]

    def add(caption: Caption, rng: np.random.Generator) -> int:
        said.append(_with_filler(caption, rng) if rng.random() < FILLER_CHANCE else caption)
        return len(said) - 1

    for number, (whole, *parts) in enumerate(facts):
        rng = np.random.default_rng([seed, number])
        captions = [word(whole, rng, most) for most in (1, 2, 4, 6, 3, 8)[:each]]
        places["whole"].append([add(caption, rng) for caption in captions])
        places["contrary"].append([add(contrary(caption, rng), rng) for caption in captions])
        places["parts"].append([add(word(part, rng, int(rng.integers(1, 4))), rng) for part in parts])
    claimed = np.zeros((len(said), len(FACTS)), np.float32)
    weight = np.zeros_like(claimed)
    clauses = np.full((len(said), MOST), -1, np.int32)
    known: dict[str, int] = {}
    column = {name: i for i, name in enumerate(FACTS)}
    for row, caption in enumerate(said):
        for name, strength in caption.says.items():
            claimed[row, column[name]], weight[row, column[name]] = strength, 1.0
        numbers = [known.setdefault(text, len(known)) for text in split_clauses(caption.text)[:MOST]]
        clauses[row, : len(numbers)] = numbers
    vectors = with_denials(embed_once(list(known), sentences, cache, update), list(known))
    where = {name: np.array(rows, np.int32) for name, rows in places.items()}
    return CaptionSet(vectors, clauses, claimed, weight, **where)


def _with_filler(caption: Caption, rng: np.random.Generator) -> Caption:
    filler = str(rng.choice(_FILLERS))
    text = f"{filler}, {caption.text}" if rng.random() < 0.6 else f"{caption.text}, {filler}"
    return Caption(text, caption.says)


def embed_once(
    texts: Sequence[str], sentences: Sentences, cache: Path, update: Update = lambda _share: None
) -> NDArray[np.float16]:
    """Vectors of clauses (N, S); what has been embedded before lies in the cache, whatever it was embedded for."""
    cache.mkdir(parents=True, exist_ok=True)
    found: dict[str, NDArray[np.float16]] = {}
    for path in sorted(cache.glob("clauses-*.npz")):
        stored = read_arrays(path, largest=sys.maxsize)
        found.update(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
    missing = sorted({text for text in texts if text not in found}, key=lambda text: (len(text), text))
    for at in range(0, len(missing), EMBEDDED_AT_ONCE):
        some = missing[at : at + EMBEDDED_AT_ONCE]
        vectors = sentences.embed(some).astype(np.float16)
        digest = hashlib.sha256("\n".join(some).encode()).hexdigest()[:16]
        working = cache / f".{digest}.tmp.npz"
        np.savez(working, texts=some, vectors=vectors)
        working.replace(cache / f"clauses-{digest}.npz")
        found.update(zip(some, vectors, strict=True))
        update((at + len(some)) / len(missing))
    return np.stack([found[text] for text in texts])

"""Long dialogues cut into pieces, where nobody is speaking if that can be."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.curves import FPS
from visavis.conversation import Conversation

SHORTEST = 5.0
"""Seconds that a piece lasts at least; a shorter rest of a dialogue is left out."""
FEWEST = 8
"""Words that both people together say in a piece at least."""
EARLY = 0.6
"""Share of the length asked for that a piece has at least, so that it ends in silence."""


def pieces_of(conversation: Conversation, seconds: float) -> Iterator[tuple[int, Conversation]]:
    """The pieces of a dialogue one after the other, numbered from 0, each at most `seconds` long.

    Edges lie on frames, in the latest silence of both people that leaves a piece long enough; where there is none, at
    the latest boundary of words; a word that lasts through is cut.
    """
    frames = int(conversation.duration * FPS + 1e-6)
    busy, starts = _words_on_frames(conversation, frames)
    most, number, at = int(seconds * FPS), 0, 0
    least = max(int(EARLY * most), int(SHORTEST * FPS))
    while frames - at >= SHORTEST * FPS:
        stop = frames if frames - at <= most else _edge(busy, starts, at + least, at + most)
        piece = conversation.window(at / FPS, stop / FPS)
        if stop - at >= SHORTEST * FPS and sum(len(person.words) for person in piece) >= FEWEST:
            yield number, piece
            number += 1
        at = stop


def _words_on_frames(conversation: Conversation, frames: int) -> tuple[NDArray[np.int_], NDArray[np.bool_]]:
    """Where each frame begins: between utterances (0), within one (1) or within a word (2); and whether a word does."""
    busy, starts = np.zeros(frames + 1, int), np.zeros(frames + 1, bool)
    for person in conversation:
        for utterance in person.utterances:
            spans = [(utterance.start, utterance.end, 1), *((w.start, w.end, 2) for w in utterance.words)]
            for start, end, level in spans:
                inside = slice(int(np.floor(start * FPS)) + 1, int(np.ceil(end * FPS)))
                busy[inside] = np.maximum(busy[inside], level)
            starts[[min(frames, round(w.start * FPS)) for w in utterance.words]] = True
    return busy, starts


def _edge(busy: NDArray[np.int_], starts: NDArray[np.bool_], first: int, last: int) -> int:
    """The best frame from `first` to `last` to cut at."""
    here = np.arange(first, last + 1)
    for fits in (busy[here] == 0, busy[here] == 1, starts[here]):
        if fits.any():
            return int(here[fits][-1])
    return last

"""Conversations in the number of tokens there is: histories shortened, several conversations packed into one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.models.mars.chat import Chat, Encoded
from visavis.models.mars.messages import Turn
from visavis.models.mars.vocabulary import Kind

TRAINING_TOKENS, ANSWER_TOKENS = 4096, 512
"""Of a row in training, and of an answer (appendix C)."""


def fit(chat: Chat, turns: Sequence[Turn], most: int, answer: bool = False) -> tuple[Turn, ...]:
    """The latest turns that fit, whole, together with the system prompt.

    Args:
        chat: Of the model.
        turns: In order.
        most: Tokens.
        answer: Whether the assistant's next turn is to be opened; its own tokens are not counted.

    Raises:
        InputError: Not even the last turn fits.
    """
    encoded = chat.encode(turns, answer)
    kept = tuple(turns)
    while len(encoded) > most:
        if len(kept) <= 1:
            raise InputError(f"a turn takes {len(encoded):,} tokens; {most:,} fit: make it shorter")
        kept = kept[_too_many(encoded, most) :]
        encoded = chat.encode(kept, answer)
    return kept


def _too_many(encoded: Encoded, most: int) -> int:
    """How many turns to leave out at the front, one at least and one less than there are at most."""
    starts = np.asarray([start for start, _ in encoded.turns])
    saved = starts - starts[0]  # tokens that go where turns before this one do
    enough = np.flatnonzero(saved >= len(encoded) - most)
    return max(1, min(int(enough[0]) if len(enough) else len(starts), len(starts) - 1))


def stretches(chat: Chat, turns: Sequence[Turn], most: int) -> list[tuple[Turn, ...]]:
    """A long conversation as consecutive stretches of whole turns that each fit: every turn is learnt once.

    A turn that does not fit by itself is left out, and the stretch before it ends there.
    """
    encoded = chat.encode(turns)
    begins, ends = zip(*encoded.turns, strict=True)
    around = begins[0] + len(encoded) - ends[-1]  # system prompt, and what is before and after the turns
    found: list[tuple[Turn, ...]] = []
    start = 0
    while start < len(turns):
        stop = start + 1
        while stop < len(turns) and around + ends[stop] - begins[start] <= most:
            stop += 1
        part = tuple(turns[start:stop])
        while part and len(chat.encode(part)) > most:  # templates may write the first turn in another way
            part = part[:-1]
        found += [part] if part else []
        start += max(1, len(part))
    return found


@dataclass(frozen=True, eq=False)
class Packed:
    """A row of several conversations that know nothing of each other.

    Attributes:
        ids: (N,) int64.
        kinds: (N,) uint8 of `Kind`.
        positions: (N,) int64, which begin at 0 with every conversation.
        documents: (N,) int64 number of the conversation in the row.
    """

    ids: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    positions: NDArray[np.int64]
    documents: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def labels(self) -> NDArray[np.int64]:
        """(N,) what is to be learnt, -100 elsewhere; never the first token of a conversation."""
        return np.where((self.kinds == Kind.CONTEXT) | (self.positions == 0), -100, self.ids)

    @property
    def attends(self) -> NDArray[np.bool_]:
        """(N, N) bool: whether a token (row) sees another (column): itself and those before it in its conversation."""
        same = self.documents[:, None] == self.documents[None, :]
        return np.tril(same)


def pack(documents: Sequence[Encoded], most: int = TRAINING_TOKENS) -> list[Packed]:
    """Rows of at most `most` tokens, each conversation whole in one of them.

    The longest are placed first, each where the least room is left over (best fit decreasing); the order of rows
    follows from the documents alone.

    Raises:
        InputError: One is longer than a row.
    """
    rows: list[list[int]] = []
    room: list[int] = []
    for number in sorted(range(len(documents)), key=lambda i: (-len(documents[i]), i)):
        length = len(documents[number])
        if length > most:
            raise InputError(f"a conversation takes {length:,} tokens; {most:,} fit into a row: part it first")
        fitting = [row for row in range(len(rows)) if room[row] >= length]
        if fitting:
            row = min(fitting, key=lambda row: room[row])
            rows[row].append(number)
            room[row] -= length
        else:
            rows.append([number])
            room.append(most - length)
    return [_row([documents[number] for number in row]) for row in rows]


def _row(documents: Sequence[Encoded]) -> Packed:
    return Packed(
        np.concatenate([d.ids for d in documents]),
        np.concatenate([d.kinds for d in documents]),
        np.concatenate([np.arange(len(d)) for d in documents]),
        np.repeat(np.arange(len(documents)), [len(d) for d in documents]),
    )

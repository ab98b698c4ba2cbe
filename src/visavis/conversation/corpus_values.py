"""What whole tables of a corpus say, checked column by column, by the rules that hold for a conversation that is read.

Whoever counts through a corpus sees what nobody has made a `Conversation` of, which would refuse what is impossible.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from visavis.conversation.conversation import LONGEST, need_id
from visavis.errors import InputError
from visavis.motion.motion import FASTEST

Flags = NDArray[np.bool_]
KINDS = ("motion", "speaking", "track")


def check_conversations(table: pa.Table) -> None:
    """Checks ids and durations.

    Raises:
        InputError: One is impossible; the message names the conversation.
    """
    for name in table["conversation"].to_pylist():
        need_id(name)
    seconds = table["duration"].to_numpy()
    fine = (seconds >= 0) & (seconds <= LONGEST)
    _need(fine, table["conversation"], lambda row: f"a duration of {seconds[row]} s; 0 to {LONGEST:,} are possible")


def check_participants(table: pa.Table, conversations: pa.Table, spaces: Collection[str]) -> None:
    """Checks that there are two people for each conversation, and signals that fit it.

    Args:
        table: The people of one part.
        conversations: Its conversations, checked.
        spaces: Names of the motion spaces that the index describes.

    Raises:
        InputError: Somebody is missing or a signal is impossible; the message names the conversation.
    """
    ids = conversations["conversation"].to_pylist()
    people = [*zip(table["conversation"].to_pylist(), table["participant"].to_pylist(), strict=True)]
    for row, person in enumerate((id, letter) for id in ids for letter in "AB"):
        if people[row : row + 1] != [person]:
            raise InputError(f"row {row} is not participant {person[1]} of conversation {person[0]!r}")
    if len(people) > 2 * len(ids):
        raise InputError(f"row {2 * len(ids)} belongs to no conversation")
    nested = table["signals"].combine_chunks()
    owner = pc.list_parent_indices(nested).to_numpy()
    signals = nested.flatten()
    kinds, names = (signals.field(name).to_pylist() for name in ("kind", "name"))
    fps, frames = (signals.field(name).to_numpy(zero_copy_only=False) for name in ("fps", "frames"))
    rows = table["conversation"].take(owner)
    known = [kind in KINDS and (kind != "motion" or name in spaces) for kind, name in zip(kinds, names, strict=True)]
    _need(np.array(known, bool), rows, lambda at: f"{kinds[at][:60]!r} {names[at][:60]!r} is not in the index")
    _need((fps > 0) & (fps <= FASTEST), rows, lambda at: f"{names[at][:60]!r} has a frame rate of {fps[at]}")
    there = conversations["duration"].to_numpy()[owner // 2]
    fits = (frames >= 0) & (np.abs(frames / fps - there) <= 1 / fps + 0.1)
    _need(fits, rows, lambda at: f"{names[at][:60]!r} has {frames[at]} frames at {fps[at]}/s; {there[at]} s are needed")


def check_times(table: pa.Table, conversations: pa.Table, *, within: bool) -> None:
    """Checks whose utterances or events these are, and that each begins before it ends.

    Args:
        table: One part's, of either.
        conversations: Its conversations, checked.
        within: Whether they have to end with the conversation, give or take half a second.

    Raises:
        InputError: One is impossible; the message names the conversation.
    """
    ids = table["conversation"]
    at = pc.index_in(ids, conversations["conversation"].combine_chunks())
    _need(at.is_valid().to_numpy(), ids, lambda row: "is not in the table of conversations")
    letters = table["participant"].to_pylist()
    _need(np.isin(letters, ["A", "B"]), ids, lambda row: f"has no participant {letters[row][:60]!r}")
    start, end = table["start"].to_numpy(), table["end"].to_numpy()
    _need(_in_order(start, end), ids, lambda row: f"something runs from {start[row]} to {end[row]} s")
    if within:
        longest = conversations["duration"].to_numpy()[at.to_numpy()] + 0.5
        _need(end <= longest, ids, lambda row: f"an utterance ends at {end[row]} s, after the conversation")
    if "words" in table.column_names:
        nested = table["words"].combine_chunks()
        words, rows = nested.flatten(), ids.take(pc.list_parent_indices(nested))
        start, end = (words.field(name).to_numpy() for name in ("start", "end"))
        _need(_in_order(start, end), rows, lambda row: f"a word runs from {start[row]} to {end[row]} s")


def _in_order(start: NDArray[np.float64], end: NDArray[np.float64]) -> Flags:
    return (start >= 0) & (start <= end) & np.isfinite(end)


def _need(fine: Flags, ids: pa.ChunkedArray, say: Callable[[int], str]) -> None:
    """Raises `InputError` about the first row that is not."""
    if not fine.all():
        row = int(np.argmin(fine))
        raise InputError(f"conversation {ids[row].as_py()!r}: {say(row)}")

"""Switchboard's telephone calls as words with times: no sound, no pictures.

    words.parquet     call, side (A or B), start, end (s), word

Mississippi State's corrected word alignments of Switchboard (MS98; Deshmukh et al. 1998, "Resegmentation of
Switchboard", ICSLP; Godfrey et al. 1992, "SWITCHBOARD", ICASSP) as one table. Words are kept as they were transcribed,
without punctuation; of a word that was broken off (``h[ow]-``) what was said is kept (``h-``), a variant's number
(``because_1``) is dropped. Laughter, alone or through words, is in the events ``heard_laugh``; noises are left out.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from visavis.conversation import Conversation, Interval, Participant, Word
from visavis.corpora.reading import Recordings, need_file, need_folder, provenance
from visavis.corpora.spoken_words import merged, one_after_the_other, utterances_of
from visavis.errors import InputError
from visavis.parquet import open_parquet, read_parquet

LICENCE = "MS98 transcripts of Switchboard, public; table under MIT"
REAL = ("words", "times", "laughter")
COLUMNS = ("call", "side", "start", "end", "word")
LATEST = 100_000.0
"""Seconds at which no call still goes on."""

_LAUGHTER, _LAUGHED = "[laughter]", re.compile(r"^\[laughter-(.+)\]$")
_MEANT = re.compile(r"\[[^\]]*\]")
"""What of a word was not said."""
_SAID_FOR = re.compile(r"^\[([^/\]]+)/[^\]]+\]-?$")
"""What was said instead of what was meant."""
_SOUND = re.compile(r"^\[[\w-]+\]$")
_VARIANT = re.compile(r"_\d+$")


def read(folder: Path) -> Recordings:
    """One conversation per call, ``sw<call>``; every call is a session of its own.

    Raises:
        InputError: The table or a column is missing, or a time is impossible.
    """
    need_folder(folder, "words.parquet")
    path = need_file(folder / "words.parquet", "pass the folder of the calls' words")
    rows, vocabulary = _rows(path)
    order = np.lexsort((rows["start"], rows["call"]))
    rows = {name: column[order] for name, column in rows.items()}
    edges = np.r_[0, np.flatnonzero(np.diff(rows["call"])) + 1, len(order)]
    return {
        f"sw{int(rows['call'][a])}": partial(
            _call, int(rows["call"][a]), {name: column[a:b] for name, column in rows.items()}, vocabulary
        )
        for a, b in pairwise(edges)
        if b > a
    }


def _rows(path: Path) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """The columns, words and sides as numbers: the word's place among all different ones, 1 for side B."""
    file = open_parquet(path)
    for name in COLUMNS:
        if file.schema_arrow.names.count(name) != 1:
            raise InputError(
                f"{path}: has no column {name!r}, or two; it has {', '.join(file.schema_arrow.names[:99])}"
            )
    table = read_parquet(file, path, COLUMNS)
    try:
        words = table["word"].cast(pa.large_string()).combine_chunks().dictionary_encode()
        sides = table["side"].cast(pa.string()).to_pylist()
        rows: dict[str, NDArray[Any]] = {
            "call": table["call"].cast(pa.int64()).to_numpy(),
            "start": table["start"].cast(pa.float64()).to_numpy(),
            "end": table["end"].cast(pa.float64()).to_numpy(),
            "word": words.indices.to_numpy(zero_copy_only=False),
        }
    except (pa.ArrowException, ValueError) as error:
        raise InputError(f"{path}: not words of calls ({str(error).splitlines()[0][:80]})") from None
    if strange := set(sides) - {"A", "B"}:
        raise InputError(f"{path}: has a side {str(min(strange, key=str))[:20]!r}; the sides of a call are A and B")
    rows["side"] = np.array([side == "B" for side in sides])
    bad = ~((rows["start"] >= 0) & (rows["end"] < LATEST) & (rows["start"] < LATEST) & np.isfinite(rows["end"]))
    if bad.any() or words.indices.null_count:
        at = int(np.argmax(bad))
        raise InputError(f"{path}, row {at + 1}: a word from {rows['start'][at]} to {rows['end'][at]} s is impossible")
    return rows, words.dictionary.to_pylist()


def _call(call: int, rows: dict[str, NDArray[Any]], vocabulary: list[str]) -> Conversation:
    people = []
    duration = float(max(rows["start"].max(), rows["end"].max()))
    for side in (False, True):
        mine = rows["side"] == side
        words, laughs = _side([vocabulary[i] for i in rows["word"][mine]], rows["start"][mine], rows["end"][mine])
        people.append(Participant("AB"[side], utterances=utterances_of(words), events={"heard_laugh": tuple(laughs)}))
    about = provenance("switchboard-turns", LICENCE, session=f"sw{call}", real=list(REAL))
    return Conversation(f"sw{call}", (people[0], people[1]), duration, provenance=about)


def _side(texts: list[str], starts: NDArray[Any], ends: NDArray[Any]) -> tuple[list[Word], tuple[Interval, ...]]:
    """One side's words and laughter."""
    words: list[Word] = []
    laughs: list[Interval] = []
    for text, start, end in zip(texts, starts.tolist(), ends.tolist(), strict=True):
        end = max(start, end)
        laughed = _LAUGHED.match(text)
        if text == _LAUGHTER or laughed:
            laughs.append(Interval("laugh", start, end))
        if spoken := spelling(laughed[1] if laughed else text):
            words.append(Word(spoken, start, end))
    return one_after_the_other(words), merged(laughs)


def spelling(text: str) -> str:
    """A transcribed word as it is written; empty for noises and marks of the transcribers."""
    bare = _VARIANT.sub("", text)
    if said := _SAID_FOR.match(bare):
        return said[1]
    if bare.startswith("<") or _SOUND.match(bare):
        return ""
    return _MEANT.sub("", bare).strip("{}")

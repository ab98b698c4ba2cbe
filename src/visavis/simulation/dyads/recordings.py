"""The recordings of real conversations that the simulator is fitted to and compared with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from visavis.behavior.curves import Array
from visavis.conversation import Word
from visavis.errors import InputError
from visavis.motion.runs import runs
from visavis.reading import read_json
from visavis.simulation.dyads.turn_statistics import TurnStatistics, count_turns

VIDEO_FPS = 30.0
"""Frame rate of the video calls."""
GAZE_PARTNER = 3
"""Code of the partner among the gaze targets of the video calls (2 is a card, 1 the room).

Found by comparing with the seconds per target in ``individuals.csv``; see `visavis.corpora.video_calls`.
"""

_LAUGHTER = "[laughter]"
_NO_WORDS = frozenset({_LAUGHTER, "[noise]", "[vocalized-noise]", "[silence]"})


def telephone_calls(data: Path, every: int = 1) -> Iterator[TurnStatistics]:
    """Turn statistics of the Switchboard calls (MS98 word times), one call after the other.

    Args:
        data: The folder of recordings.
        every: Take only each n-th call.
    """
    for words, _, seconds in _sides(data, every):
        yield count_turns(words, seconds)


Sides = tuple[tuple[list[Word], list[Word]], tuple[list[tuple[float, float]], list[tuple[float, float]]], float]


def _sides(data: Path, every: int) -> Iterator[Sides]:
    """Words and laughs of both people of each call, in order of start, and its length (s)."""
    table = pq.read_table(there(data / "turn-taking" / "words.parquet"))
    call, start, end = (table[name].to_numpy() for name in ("call", "start", "end"))
    side = np.array([1 if s == "B" else 0 for s in table["side"].to_pylist()])
    texts = table["word"].to_pylist()
    order = np.lexsort((start, side, call))
    edges = np.flatnonzero(np.diff(call[order])) + 1
    for rows in np.split(order, edges)[::every]:
        people: tuple[list[Word], list[Word]] = ([], [])
        laughs: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
        for row in rows:
            text, first, last = texts[row], float(start[row]), float(max(start[row], end[row]))
            if text == _LAUGHTER:
                laughs[side[row]].append((first, last))
            elif text not in _NO_WORDS:
                people[side[row]].append(Word(text.removeprefix("[laughter-").strip("[]{}"), first, last))
        yield people, laughs, float(end[rows].max())


@dataclass(frozen=True)
class LaughCounts:
    """Laughter in calls, apart from words that are laughed.

    Attributes:
        per_minute: Laughs of one person.
        lengths: Seconds.
        after_own: Share of the laughs that begin within `SOON` seconds of an end of the person's own speech.
        after_other: Share of the rest that do so of the other's.
        shared: Share of the laughs during which, or up to `SOON` after which, the other laughs, too.
    """

    per_minute: float
    lengths: Array
    after_own: float
    after_other: float
    shared: float


SOON = 1.0
"""Seconds."""


def laughter(data: Path, every: int = 1) -> LaughCounts:
    """Counts laughter in the Switchboard calls.

    Args:
        data: The folder of recordings.
        every: Take only each n-th call.
    """
    lengths: list[float] = []
    minutes, own, other, shared = 0.0, 0, 0, 0
    for words, laughs, seconds in _sides(data, every):
        minutes += 2 * seconds / 60
        ends = [np.array([w.end for w in side]) for side in words]
        for i in (0, 1):
            for start, end in laughs[i]:
                lengths.append(end - start)
                mine, theirs = (_soon(ends[k], start) for k in (i, 1 - i))
                own, other = own + mine, other + (theirs and not mine)
                shared += any(a < end + SOON and b > start for a, b in laughs[1 - i])
    count = max(1, len(lengths))
    return LaughCounts(count / minutes, np.array(lengths), own / count, other / max(1, count - own), shared / count)


def _soon(ends: Array, start: float) -> bool:
    last = ends[ends <= start + 0.2]
    return bool(len(last)) and start - last.max() <= SOON


@dataclass(frozen=True)
class VideoCall:
    """One video call of three minutes: AU12 and gaze target per frame of both people."""

    au12: tuple[Array, Array]
    gaze: tuple[Array, Array]


def video_calls(data: Path) -> list[VideoCall]:
    """All video calls."""
    table = pq.read_table(there(data / "video-calls" / "frames.parquet"))
    keys = list(zip(table["session"].to_pylist(), table["resolution"].to_pylist(), strict=True))
    columns = {n: table[n].to_numpy().astype(float) for n in ("frame", "au12_a", "au12_b", "gaze_a", "gaze_b")}
    rows: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    calls = []
    for where in rows.values():
        index = np.array(where)[np.argsort(columns["frame"][where])]
        a12, b12, a_gaze, b_gaze = (columns[n][index] for n in ("au12_a", "au12_b", "gaze_a", "gaze_b"))
        calls.append(VideoCall((a12, b12), (a_gaze, b_gaze)))
    return calls


def dwell_times(codes: Array, code: float, fps: float) -> list[float]:
    """Seconds of each stay at `code`."""
    return [float(stop - start) / fps for start, stop in runs(codes == code)]


@dataclass(frozen=True)
class SignalCounts:
    """One kind of signal over all annotated people: how often per minute, and how long (s)."""

    per_minute: float
    lengths: Array


def signal_intervals(data: Path) -> dict[str, SignalCounts]:
    """Rates and lengths of ``smile``, ``laugh``, ``nod`` and ``shake`` among the annotated people.

    The annotations are of one person each; a person's time is taken to last until the last annotation.
    """
    people = read_json(there(data / "signal-intervals" / "annotations.json"))
    minutes = sum(max(row[1] for rows in person.values() for row in rows) for person in people.values()) / 60_000
    result = {}
    for name, label in (("smile", "smile"), ("laugh", "laughter"), ("nod", "head_nod"), ("shake", "head_shake")):
        lengths = [(row[1] - row[0]) / 1000 for person in people.values() for row in person.get(label, [])]
        result[name] = SignalCounts(len(lengths) / minutes, np.array(lengths))
    return result


def there(path: Path) -> Path:
    """The path of a recording; `InputError` where it is not there."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; pass the folder of the recordings with --data")
    return path

"""Timecodes of rows into seconds, and uneven seconds into a steady rate.

Programs write ``hh:mm:ss:ff.fff`` and do not say how many frames ff a second has: Live Link Face counts 60 whatever
the rate of its rows, others count the video's frames, and some write thousandths. What it is follows from evenness
alone: the step from one second to the next is as long as the steps within a second. The largest ff that occurs says
little, as one stray row can have it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from visavis.errors import InputError
from visavis.tables import decimal

Array = NDArray[np.float64]

BASE = 60
"""Frames per second of Live Link Face's timecodes, and of those that do not tell."""
_BASES = (10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 72, 90, 100, 120, 144, 240, 1000)
_CODE = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2})(?:([:;.,])(\d{1,9})(?:[.,](\d{1,9}))?)?")
_STEADY, _FAR = 0.05, 8
"""Spread of the even steps, in frames, from which on they are jittered, and rows over which jitter matters less."""
_LONE = 10
"""Usual steps, and at least a second, by which a single row at either end is off that is a stray."""
_MANY = 10
"""Gaps that no accident spreads evenly."""
_DAY = 86_400
_NTSC = 1000 / 1001
_EVEN = 0.51
"""Share of the usual step by which an even one differs at most: one and two may be rounded from one and a half."""
_SLOW = 0.0015
"""Share by which a clock that is told in whole frames may differ from them: NTSC's rates do by a thousandth."""


def parse(text: str) -> tuple[float, ...] | None:
    """Hours, minutes, seconds, frames with their fraction and whether frames are dropped; or seconds alone.

    ``hh:mm:ss.fff`` is a time of day and a plain number are seconds, or some thousandth of them; whether ``.ff`` are
    hundredths or frames is told by their evenness.

    Returns:
        None if it is nothing of the kind.
    """
    text = text.strip()
    found = _CODE.fullmatch(text)
    if found is None:
        value = decimal(text)
        return (value,) if abs(value) < 1e20 else None
    hours, minutes, seconds = (int(part) for part in found.groups()[:3])
    mark, frames, part = found.groups()[3:]
    if frames is None or (mark in ".," and part is None and len(frames) != 2):
        return ((hours * 60 + minutes) * 60 + seconds + float(f"0.{frames or 0}"),)
    return hours, minutes, seconds, int(frames) + float(f"0.{part or 0}"), float(mark == ";")


def seconds_of(codes: Sequence[tuple[float, ...]]) -> Array:
    """Seconds (N,) of what `parse` gave, going on over midnight.

    Raises:
        InputError: They are not all of one kind, or numbers that count frames.
    """
    if len({len(code) for code in codes}) > 1:
        raise InputError("some timecodes are hh:mm:ss:ff and others are not; write all in one way")
    values = np.array(codes, np.float64)
    if values.shape[1] == 1:
        return _over_midnight(_scaled(values[:, 0]))
    hours, minutes, seconds, frames, dropped = values.T
    whole = _over_midnight((hours * 60 + minutes) * 60 + seconds)
    frames = _without_counter(frames)
    base = _base(whole, frames)
    if base in (30, 60) and (dropped.any() or _drops_frames(whole, frames, base)):
        return _drop_frame(whole, frames, base)
    return whole + frames / base


def filled(times: Array, known: Sequence[int], lines: Sequence[int]) -> Array:
    """Seconds of all rows, of which some have no timecode.

    Args:
        times: Seconds (K,) of the rows that have one.
        known: Their places in a file (K,).
        lines: The places of all rows (N,).

    Raises:
        InputError: Fewer than two rows have one.
    """
    if len(times) < 2:
        raise InputError(f"only {len(times)} of {len(lines)} rows have a timecode")
    at, step = np.asarray(lines), float(np.median(np.diff(times) / np.diff(known)))
    outside = np.minimum(at - known[0], 0) + np.maximum(at - known[-1], 0)
    seconds: Array = np.interp(at, known, times) + step * outside
    return seconds


def steady(times: Array, lines: Sequence[int]) -> tuple[float, NDArray[np.intp]]:
    """The rate of rows, and the frame that each row is at that rate.

    Rows that were lost leave gaps; a stamp that is out of order, repeated or jittered does not move its row.

    Args:
        times: Seconds (N,), two or more.
        lines: Where each row is in its file, for messages.

    Returns:
        Frames per second, and frames (N,) from 0, all different and in order.

    Raises:
        InputError: The times stand still or run backwards.
    """
    kept = _without_lone_ends(times, _in_order(times))
    if len(kept) < 2:
        raise InputError(f"the timecode does not advance from line {lines[0]} to line {lines[1]}")
    rate, jitter, even = _even_rate(times[kept], kept, 1)
    _need_forward(times, kept, 1 / rate, lines)
    if jitter > _STEADY and len(kept) > 4 * _FAR:
        rate, _, even = _even_rate(times[kept], kept, _FAR, 1 / rate)
    late = (times[kept] - times[kept[0]]) * rate - (kept - kept[0])
    gaps = np.rint(isotonic_regression(late).x).astype(np.intp)
    # All rows may also lie on one line: at another rate than that of the even steps, which are rounded or jittered.
    line = float(np.polyfit(times[kept] - times[0], kept, 1)[0])
    off = abs(line / rate - 1)
    fits = np.ptp((times[kept] - times[0]) * line - kept) < 1.25 + 4 * jitter
    regular = gaps[-1] - gaps[0] >= _MANY or (len(np.unique(gaps)) > 2 and off < _SLOW)
    if fits and (off <= 3 * jitter / np.sqrt(even) or regular):
        return _told(line, len(times)), np.arange(len(times))
    frames = _between(len(times), kept, kept + gaps)
    return _told(rate, int(frames[-1])), frames


def _even_rate(
    times: Array, rows: NDArray[np.intp], apart: int, usual: float | None = None
) -> tuple[float, float, int]:
    """Rows per second by the even ones among the steps over `apart` rows, their spread in frames, and how many."""
    rows, steps = rows[apart:] - rows[:-apart], times[apart:] - times[:-apart]
    each = steps / rows
    usual = float(np.quantile(each, 0.5, method="lower")) if usual is None else usual
    nearest = np.argmin(np.abs(each - usual))
    even = (np.abs(each - usual) <= max(_EVEN / apart * usual, abs(each[nearest] - usual))) & (rows == rows[nearest])
    rate = float(rows[even].sum() / steps[even].sum())
    return rate, float(each[even].std()) * rate, int(even.sum())


def _scaled(values: Array) -> Array:
    """Seconds of plain numbers, which may be milliseconds, microseconds or nanoseconds."""
    step = float(np.median(np.abs(np.diff(values)))) if len(values) > 1 else 0.0
    if step == 1 and np.array_equal(values, np.rint(values)):
        raise InputError("the timecodes count frames and do not say how many a second has")
    while step > 2:
        values, step = values / 1000, step / 1000
    return values


def _over_midnight(seconds: Array) -> Array:
    unwrapped: Array = np.unwrap(seconds, period=_DAY)
    return unwrapped


def _without_counter(frames: Array) -> Array:
    """Face Landmark Link writes the number of the row, modulo 1000, where the thousandths of a frame belong."""
    thousandths = np.rint(1000 * (frames % 1))
    counts = thousandths[0] < 2 and len(frames) > 3 and (np.diff(thousandths) % 1000 == 1).mean() > 0.9
    return np.floor(frames) if counts else frames


def _base(whole: Array, frames: Array) -> float:
    """Frames in a second: that which makes steps across seconds as long as those within."""
    ahead, steps = np.diff(whole), np.diff(frames)
    within = steps[(ahead == 0) & (steps > 0)]
    crossing = ahead == 1
    if not len(within) or not crossing.any():
        most = np.sort(frames)[-2:][0]  # of which one may be a stray
        return float(next((base for base in (BASE, 100, 120, 240, 1000) if base > most), 10 ** len(str(int(most)))))
    least, most = np.quantile(within, (0.1, 0.9)) + 0.25 * np.median(within) * np.array([-1, 1])
    told = float(np.mean(within[within <= most])) - steps[crossing]

    def agreement(base: int) -> tuple[float, float]:
        across = steps[crossing] + base
        return float(((least <= across) & (across <= most)).mean()), -abs(base - float(np.median(told)))

    usual, unusual = max(_BASES, key=agreement), max(1, round(float(np.median(told))))
    is_unusual = len(told) > 2 and agreement(usual)[0] < 0.2 and agreement(unusual)[0] > 0.8
    return float(unusual if is_unusual else usual)


def _drops_frames(whole: Array, frames: Array, base: float) -> bool:
    """Whether the numbers leave out the first frames of each minute but every tenth, as NTSC's do (SMPTE ST 12-1)."""
    if base not in (30, 60):
        return False
    left_out = base / 15
    minute = np.floor(whole / 60)
    begins = np.flatnonzero((np.diff(minute) == 1) & (minute[1:] % 10 != 0)) + 1
    if not len(begins):
        return False
    usual = float(np.median(np.diff(whole + frames / base))) * base
    steps = frames[begins] + base - frames[begins - 1]
    return bool((np.abs(steps - left_out - usual) < 0.5 * usual).all())


def _drop_frame(whole: Array, frames: Array, base: float) -> Array:
    minutes = np.floor(whole / 60)
    count: Array = whole * base + frames - base / 15 * (minutes - np.floor(minutes / 10))
    return count / (base * _NTSC)


def _in_order(times: Array) -> NDArray[np.intp]:
    """Rows of the longest part of the times that increases: the others are strays.

    Source: Fredman 1975, On computing the length of longest increasing subsequences. Of equal times the first counts.
    """
    ends: list[float] = []
    rows: list[int] = []
    before = np.full(len(times), -1, np.intp)
    for i, time in enumerate(times.tolist()):
        at = bisect_left(ends, time)
        if at < len(ends) and ends[at] == time:
            continue
        before[i] = rows[at - 1] if at else -1
        ends[at : at + 1] = [time]
        rows[at : at + 1] = [i]
    kept = [rows[-1]]
    while before[kept[-1]] >= 0:
        kept.append(int(before[kept[-1]]))
    return np.array(kept[::-1], np.intp)


def _without_lone_ends(times: Array, kept: NDArray[np.intp]) -> NDArray[np.intp]:
    """Without a first or last row that is far from all others, as of a device that sets its clock late."""
    if len(kept) < 4:
        return kept
    steps = np.diff(times[kept])
    far = max(1.0, _LONE * float(np.median(steps)))
    return kept[int(steps[0] > far) : len(kept) - int(steps[-1] > far)]


def _need_forward(times: Array, kept: NDArray[np.intp], usual: float, lines: Sequence[int]) -> None:
    """Strays come one by one; where they follow each other for half a second, another recording begins."""
    lost = np.setdiff1d(np.arange(len(times)), kept)
    latest = np.maximum.accumulate(times)
    back = lost[times[lost] < latest[lost] - usual]
    ahead = lost[times[lost] > np.interp(lost, kept, times[kept]) + usual]
    for strays in (back, ahead):
        runs = np.split(strays, np.flatnonzero(np.diff(strays) > 1) + 1)
        longest = max(runs, key=len)
        if len(longest) > max(2, 0.5 / usual):
            at = min(int(longest[0]) if strays is back else int(longest[-1]) + 1, len(times) - 1)
            raise InputError(
                f"the timecode runs backwards from line {lines[at - 1]} to line {lines[at]}; cut the recording there"
            )


def _told(fps: float, frames: int) -> float:
    """A rate in as few digits as move the last frame by less than a quarter; NTSC's rates exactly."""
    for rate in (*range(1, 1001), *(whole * _NTSC for whole in (24, 30, 48, 60, 120))):
        if abs(fps / rate - 1) * frames < 0.01 and abs(fps / rate - 1) < 1e-4:
            return float(rate)
    digits = next(d for d in range(2, 12) if abs(round(fps, d) / fps - 1) * frames < 0.25)
    return round(fps, digits)


def _between(count: int, kept: NDArray[np.intp], frames: NDArray[np.intp]) -> NDArray[np.intp]:
    """Frames of all rows: of strays, evenly between those of their neighbours."""
    known = np.interp(np.arange(count), kept, frames)
    first, last = kept[0], kept[-1]
    known[:first] = frames[0] - np.arange(first, 0, -1)
    known[last:] = frames[-1] + np.arange(count - last)
    whole: NDArray[np.intp] = np.rint(known - known[0]).astype(np.intp)
    return whole

"""Things that happen in time: intervals, words, utterances, and signals sampled on the conversation's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.motion.motion import FASTEST


@dataclass(frozen=True)
class Interval:
    """A labelled stretch of time: a nod, a smile, a phone.

    Attributes:
        label: What it is.
        start: Seconds from the conversation's start.
        end: Seconds, not before `start`.
        details: Further plain values by name, such as how strong it is.
    """

    label: str
    start: float
    end: float
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Validates."""
        _check_times(repr(self.label), self.start, self.end)


@dataclass(frozen=True)
class Word:
    """A spoken word.

    Attributes:
        text: As it is written.
        start: Seconds from the conversation's start.
        end: Seconds, not before `start`.
    """

    text: str
    start: float
    end: float

    def __post_init__(self) -> None:
        """Validates."""
        _check_times(repr(self.text), self.start, self.end)


@dataclass(frozen=True)
class Utterance:
    """What one person says in one go.

    Attributes:
        start: Seconds.
        end: Seconds.
        words: Its words in order of time; may be empty when only the times are known.
        kind: ``turn`` or ``backchannel``.
    """

    start: float
    end: float
    words: tuple[Word, ...] = ()
    kind: str = "turn"

    def __post_init__(self) -> None:
        """Validates."""
        _check_times("an utterance", self.start, self.end)

    def __repr__(self) -> str:
        said = f"{len(self.words)} words {shorten(self.text, 60)!r}" if self.words else "words unknown"
        return f"<Utterance {self.start:.2f}-{self.end:.2f} s, {self.kind}: {said}>"

    @property
    def text(self) -> str:
        """The words, joined by spaces."""
        return " ".join(word.text for word in self.words)


def shorten(text: str, length: int) -> str:
    """A text of so many characters at most; what is left out at its end is an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _check_times(what: str, start: float, end: float) -> None:
    if not (np.isfinite([start, end]).all() and 0 <= start <= end):
        raise InputError(f"{what} runs from {start} to {end} s; 0 <= start <= end is needed")


Timed = TypeVar("Timed", Interval, Word)


def within(parts: Iterable[Timed], start: float, end: float) -> tuple[Timed, ...]:
    """What of some words or intervals lies between `start` and `end` seconds, on a clock that begins at `start`.

    Those that lie partly within are cut at the edges.
    """
    inside = (part for part in parts if part.end > start and part.start < end)
    return tuple(replace(p, start=max(p.start, start) - start, end=min(p.end, end) - start) for p in inside)


@dataclass(frozen=True, eq=False)
class Track:
    """A signal on the conversation's clock: frame i is what holds from i/fps to (i+1)/fps seconds.

    Attributes:
        values: float32 (T, D).
        fps: Frames per second.
        columns: D names.
        valid: bool (T,), False where the values mean nothing; all True unless given.
    """

    values: NDArray[np.float32]
    fps: float
    columns: tuple[str, ...] = ("value",)
    valid: NDArray[np.bool_] = field(default=None)  # type: ignore[arg-type]

    def __post_init__(self) -> None:
        """Converts and validates."""
        with np.errstate(over="ignore", invalid="ignore"):  # what float32 cannot hold is found below
            values = np.ascontiguousarray(self.values, dtype=np.float32)
        if values.ndim == 1:
            values = values[:, None]
        valid = np.ones(len(values), bool) if self.valid is None else np.asarray(self.valid, bool)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "valid", valid)
        object.__setattr__(self, "fps", float(self.fps))
        object.__setattr__(self, "columns", tuple(self.columns))
        if values.ndim != 2 or values.shape[1] != len(self.columns):
            raise InputError(f"a track of shape {values.shape} cannot have the columns {self.columns}")
        if valid.shape != (len(values),):
            raise InputError(f"a track of {len(values)} frames has a validity mask of shape {valid.shape}")
        if not 0 < self.fps <= FASTEST:
            raise InputError(f"a track has a frame rate of {self.fps}; it must be above 0 and at most {FASTEST:,}")
        bad = ~np.isfinite(values) & valid[:, None]
        if bad.any():
            frame, column = np.argwhere(bad)[0]
            raise InputError(f"a track is not finite at frame {frame}, column {self.columns[column]!r}")

    def __repr__(self) -> str:
        columns = shorten(", ".join(self.columns), 60)
        valid = f"{self.valid.mean():.0%} valid" if len(self) else "no frames"
        return f"<Track {columns}: {self.duration:.2f} s, {len(self)} frames at {self.fps:g}/s, {valid}>"

    def __len__(self) -> int:
        return len(self.values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Track):
            return NotImplemented
        return (
            self.fps == other.fps
            and self.columns == other.columns
            and np.array_equal(self.valid, other.valid)
            and np.array_equal(self.values, other.values, equal_nan=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, column: str) -> NDArray[np.float32]:
        """One column, (T,)."""
        if column not in self.columns:
            raise InputError(f"a track has no column {column!r}; it has {', '.join(self.columns)}")
        return self.values[:, self.columns.index(column)]

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self) / self.fps

    def slice(self, start: int, stop: int) -> Track:
        """Frames `start` to `stop` (exclusive)."""
        return Track(self.values[start:stop], self.fps, self.columns, self.valid[start:stop])

    def at(self, fps: float, frames: int | None = None) -> Track:
        """The signal at another frame rate.

        Frame centres are linearly interpolated and the ends are held; going to a lower rate averages over
        each new frame first, so that nothing aliases.

        Args:
            fps: The new rate.
            frames: The new number of frames; the track's duration decides unless given.
        """
        count = round(self.duration * fps) if frames is None else frames
        if len(self) == 0:
            return Track(np.zeros((count, len(self.columns)), np.float32), fps, self.columns, np.zeros(count, bool))
        if fps == self.fps and count == len(self):
            return self
        # The integral of the held signal, sampled at the new frames' edges, gives exact means per new frame.
        values = np.where(self.valid[:, None], self.values, 0.0).astype(np.float64)
        weight = self.valid.astype(np.float64)
        if fps < self.fps:
            edges = np.clip(np.arange(count + 1) * self.fps / fps, 0, len(self))
            grid = np.arange(len(self) + 1)
            integral = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, 0)])
            mass = np.concatenate([[0.0], np.cumsum(weight)])
            total = np.diff(np.interp(edges, grid, mass))
            summed = np.diff(np.stack([np.interp(edges, grid, c) for c in integral.T], 1), axis=0)
            means = np.divide(summed, total[:, None], out=np.zeros_like(summed), where=total[:, None] > 1e-9)
            past = np.arange(count) * self.fps / fps >= len(self)
            means[past] = values[-1]
            return Track(means.astype(np.float32), fps, self.columns, (total > 1e-9) | (past & self.valid[-1]))
        where = (np.arange(count) + 0.5) * self.fps / fps - 0.5
        grid = np.arange(len(self))
        new = np.stack([np.interp(where, grid, c) for c in values.T], 1)
        nearest = np.clip(np.rint(where).astype(int), 0, len(self) - 1)
        return Track(new.astype(np.float32), fps, self.columns, self.valid[nearest])

"""Duplicate videos."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from visavis.corpora.curation.stage import Item, Outcome, Stage
from visavis.media import Video, open_video

FINGERPRINT = "fingerprint"


class Duplicates(Stage):
    """Keeps one of several videos that show the same (VENUS, A.2).

    The same bytes are the same video; so are two of the same length whose pictures, at places spread over it, have
    nearly the same difference hashes, whatever their size and codec. The first by id is kept.

    Attributes:
        pictures: How many are compared.
        seconds: By which lengths may differ.
        bits: Of 64 by which hashes may differ on average.
    """

    name: ClassVar[str] = "duplicates"
    about: ClassVar[str] = "removes duplicate videos (A.2)"
    compares: ClassVar[bool] = True

    pictures: int = Field(8, ge=1, le=1000)
    seconds: float = Field(1.0, ge=0)
    bits: float = Field(6.0, ge=0, le=64)

    def __call__(self, item: Item) -> Outcome:
        """Takes the fingerprint; dropping is for `among`."""
        video = open_video(item.source.path)
        print_ = [format(number, "016x") for number in hashes(video, self.pictures)]
        return Outcome(
            (replace(item, facts={**item.facts, FINGERPRINT: print_, "length": video.duration}),), "not a duplicate"
        )

    def among(self, items: Sequence[Item]) -> list[Outcome]:
        """Drops what an earlier item is already."""
        by_length: defaultdict[int, list[Item]] = defaultdict(list)
        return [self._judged(item, by_length) for item in items]

    def _judged(self, item: Item, by_length: defaultdict[int, list[Item]]) -> Outcome:
        step = max(self.seconds, 1e-3)
        place = int(item.facts["length"] / step)
        for other in (o for near in (-1, 0, 1) for o in by_length[place + near]):
            if abs(other.facts["length"] - item.facts["length"]) <= self.seconds:
                apart = _apart(item.facts[FINGERPRINT], other.facts[FINGERPRINT])
                if apart <= self.bits:
                    return item.dropped(f"duplicate of {other.source.name}", bits=apart)
        by_length[place].append(item)
        return item.kept("not a duplicate")


def hashes(video: Video, count: int) -> list[int]:
    """64-bit difference hashes of pictures at the middles of `count` equal parts.

    Source: the difference hash of a 9x8 grey picture: whether each pixel is brighter than the one to its left.
    """
    times = (np.arange(count) + 0.5) / count * max(0.0, np.floor(video.duration * 5) / 5)
    return [_hash(next(iter(video.frames(25.0, t, t + 0.04, 64)))) for t in times.tolist()]


def _hash(picture: NDArray[np.uint8]) -> int:
    from PIL import Image

    grey = np.asarray(Image.fromarray(picture).convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    bits = (grey[:, 1:] > grey[:, :-1]).ravel()
    return int("".join("1" if bit else "0" for bit in bits), 2)


def _apart(a: list[str], b: list[str]) -> float:
    """Bits that differ, on average."""
    return float(np.mean([(int(x, 16) ^ int(y, 16)).bit_count() for x, y in zip(a, b, strict=True)]))

"""Two tracks beside each other: whether they are one sound, and each one's own voice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from visavis.media.audio import Audio
from visavis.media.crosstalk.copies import AT_ONCE, Copies
from visavis.media.crosstalk.sameness import Same, find_same
from visavis.media.crosstalk.spectrogram import Spectrogram, turned_down
from visavis.media.crosstalk.suppression import find_suppression

_FAINT_DB = -12.0
"""What leaks in at once, and so quietly, can be told by its level, and leaves the sound as it is."""


@dataclass(frozen=True)
class Carried:
    """That one track carries the other's voice.

    Attributes:
        track: Which one, 0 or 1.
        copies: How late and how loud.
    """

    track: int
    copies: Copies

    def __str__(self) -> str:
        """How late and how loud, in words."""
        late, louder = round(100 * self.copies.seconds) * 10, round(self.copies.decibels)
        words = [f"{abs(late)} ms {'late' if late > 0 else 'early'}"] if late else []
        return ", ".join([*words, f"{abs(louder)} dB {'louder' if louder > 0 else 'quieter'}"])


class Pair:
    """Two tracks on about the same clock, which may differ in length."""

    def __init__(self, first: Audio, second: Audio) -> None:
        self.tracks = (first, second)

    @cached_property
    def _spectrograms(self) -> tuple[Spectrogram, Spectrogram]:
        first, second = (Spectrogram.of(track.samples) for track in self.tracks)
        return first, second

    @cached_property
    def same(self) -> Same | None:
        """How the two are the same sound; None where they are not."""
        first, second = (track.samples for track in self.tracks)
        if np.array_equal(first, second) and first.any():
            return Same(0.0, 0.0)
        return find_same(*self._spectrograms)

    def own_voices(self, delayed: bool = False) -> tuple[tuple[Audio, Audio], list[Carried]]:
        """Each track less the other's voice, and which of them carried it.

        Args:
            delayed: Whether only to care for what comes late or early.
        """
        voices, carried = list(self.tracks), []
        for me, found in enumerate(find_suppression(self._spectrograms)):
            if found is None:
                continue
            at_once = abs(found.copies.seconds) <= AT_ONCE
            if at_once and (delayed or found.copies.decibels < _FAINT_DB):
                continue
            voices[me] = Audio(turned_down(self.tracks[me].samples, found.gains))
            carried.append(Carried(me, found.copies))
        return (voices[0], voices[1]), carried

"""Packs stretches of speech into short tracks, and maps times back to the recording's clock.

Whisper hears 30 s at a time and is apt to invent words in long silence, to repeat itself there, and to write down the
other person where he or she is faintly heard. It therefore gets nothing but one person's own speech, pauses cut short.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.motion.runs import runs
from visavis.perception.words.whisper import Heard

LONGEST = 28.0
"""Seconds of a track; Whisper takes 30."""
BETWEEN = 0.5
"""Seconds of silence between two stretches."""
_JOIN, _MARGIN, _SHORTEST = 0.6, 0.2, 0.1

Stretch = tuple[float, float]


@dataclass(frozen=True)
class Pieces:
    """A track of several stretches of a recording, each followed by a short silence.

    Attributes:
        audio: What there is to hear, 16 kHz.
        stretches: Where in the recording the stretches lie, in seconds, in order.
    """

    audio: Audio
    stretches: tuple[Stretch, ...]

    def share(self, heard: Sequence[Heard]) -> list[tuple[Stretch, list[Heard]]]:
        """The words of each stretch, on a clock that begins with the stretch; a word goes where its middle lies."""
        lengths = np.array([end - start for start, end in self.stretches])
        begins = np.concatenate([[0.0], np.cumsum(lengths[:-1] + BETWEEN)])
        shared: list[tuple[Stretch, list[Heard]]] = [(stretch, []) for stretch in self.stretches]
        for found in heard:
            word = found.word
            middle = (word.start + word.end) / 2
            at = int(np.searchsorted(begins[1:] - BETWEEN / 2, middle))
            first, last = np.clip([word.start - begins[at], word.end - begins[at]], 0.0, lengths[at]).tolist()
            shared[at][1].append(replace(found, word=replace(word, start=first, end=last)))
        return shared


def stretches_of(speaking: NDArray[np.float32], fps: float) -> list[Stretch]:
    """Seconds in which somebody speaks, pauses of up to 0.6 s included, with a margin of 0.2 s.

    Args:
        speaking: (T,) probability.
        fps: Frames per second.
    """
    joined = (runs(speaking > 0.5, bridge=_JOIN * fps) / fps).tolist()
    return [
        (max(0.0, start - _MARGIN), min(len(speaking) / fps, end + _MARGIN))
        for start, end in joined
        if end - start >= _SHORTEST
    ]


def packed(audio: Audio, speaking: NDArray[np.float32], fps: float) -> Iterator[Pieces]:
    """The speech of a recording as tracks of at most 28 s.

    A stretch that is longer is cut where the probability of speech is least.

    Args:
        audio: 16 kHz.
        speaking: (T,) probability that the wanted person speaks.
        fps: Of `speaking`.
    """
    held: list[Stretch] = []
    for stretch in (part for whole in stretches_of(speaking, fps) for part in _cut(whole, speaking, fps)):
        if held and sum(end - start + BETWEEN for start, end in (*held, stretch)) > LONGEST:
            yield _join(audio, held)
            held = []
        held.append(stretch)
    if held:
        yield _join(audio, held)


def _cut(stretch: Stretch, speaking: NDArray[np.float32], fps: float) -> Iterator[Stretch]:
    start, end = stretch
    most = LONGEST - BETWEEN
    while end - start > most:
        first = round((start + most / 2) * fps)
        window = speaking[first : round((start + most) * fps)]
        at = (first + int(np.argmin(window)) + 0.5) / fps
        yield start, at
        start = at
    yield start, end


def _join(audio: Audio, stretches: list[Stretch]) -> Pieces:
    silence = np.zeros(round(BETWEEN * SAMPLE_RATE), np.float32)
    sound = [part for start, end in stretches for part in (audio.slice(start, end).samples, silence)]
    return Pieces(Audio(np.concatenate(sound)), tuple(stretches))

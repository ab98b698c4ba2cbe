"""Words and gapless phones of a synthesiser without timing information, by forced alignment."""

from __future__ import annotations

from visavis.conversation import Interval, Word
from visavis.media.audio import Audio
from visavis.perception.words import alignment
from visavis.simulation.voices.speech import gapless


def align(audio: Audio, words: list[str]) -> tuple[tuple[Word, ...], tuple[Interval, ...]]:
    """Words and phones with times.

    Args:
        audio: 16 kHz speech.
        words: What is said, as from `words_of`.

    Returns:
        The words, and the phones from 0 to the end of the audio with ``SIL`` between them.

    Raises:
        InputError: PocketSphinx is not installed, or the words do not fit the sound.
    """
    times, phones = alignment.align(audio, words)
    return times, gapless([(p.label, p.start, p.end) for p in phones], audio.duration)

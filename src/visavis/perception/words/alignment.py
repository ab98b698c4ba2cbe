"""Forced alignment of known English words, by PocketSphinx."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from visavis.conversation import Interval, Word
from visavis.errors import InputError, MissingExtraError
from visavis.media.audio import Audio
from visavis.perception.words.letters import pronounce
from visavis.perception.words.phones import SILENCE, normalise

_FRAME = 0.01
_LEAD, _TRAIL, _SHORTEST = 0.45, 0.3, 0.3
_PAUSE = 1.0
_FARTHEST = 1.0
"""Seconds by which Whisper's times are hardly ever off."""
_LETTERS = re.compile(r"[^a-z']")


@lru_cache(maxsize=1)
def _decoder() -> Any:
    try:
        from pocketsphinx import Decoder
    except ImportError:
        raise MissingExtraError("forced alignment of words", "perception") from None
    # The best-path pass squeezes words into impossible times that the second alignment then refuses.
    return Decoder(lm=None, loglevel="FATAL", bestpath=False, cmn="batch")


def refined(audio: Audio, words: list[Word]) -> list[Word]:
    """English words with better times: aligned with their sound, all together or, failing that, in halves.

    A recogniser's own times are off by more than a tenth of a second; aligned ones mostly lie within three hundredths.
    What is heard well before the first word or after the last, or in a long pause, laughter say, is left out, or it
    would be taken for a word. A word that fits nowhere near keeps its time.

    Args:
        audio: 16 kHz speech, best a few seconds of it.
        words: On its clock, in order of time.

    Raises:
        MissingExtraError: PocketSphinx is not installed.
    """
    pauses = [after.start - before.end for before, after in pairwise(words)]
    spoken = [_LETTERS.sub("", word.text.lower().replace("’", "'")).strip("'") for word in words]
    start = max(0.0, words[0].start - _LEAD)
    end = min(audio.duration, max(words[-1].end + _TRAIL, start + _SHORTEST))
    if max(pauses, default=0.0) < _PAUSE and all(spoken):
        try:
            found, _ = align(audio.slice(start, end), spoken)
            moved = [Word(word.text, a.start + start, a.end + start) for word, a in zip(words, found, strict=True)]
            if max(abs(m.start - w.start) for m, w in zip(moved, words, strict=True)) <= _FARTHEST:
                return moved
        except MissingExtraError:
            raise
        except InputError:
            pass
    if len(words) == 1:
        return words
    at = int(np.argmax(pauses)) + 1
    return refined(audio, words[:at]) + refined(audio, words[at:])


def align(audio: Audio, words: list[str]) -> tuple[tuple[Word, ...], tuple[Interval, ...]]:
    """Words and phones with times, in steps of 10 ms.

    Args:
        audio: 16 kHz speech.
        words: What is said: lower-case letters and apostrophes.

    Returns:
        The words, and their phones (ARPAbet) without the pauses between.

    Raises:
        MissingExtraError: PocketSphinx is not installed.
        InputError: The words do not fit the sound.
    """
    decoder = _decoder()
    decoder.reinit_feat()  # or what was aligned before would move words by a frame
    for word in words:
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, " ".join(pronounce(word)), True)
    peak = max(float(np.abs(audio.samples).max()), 1e-4)
    # Digital silence has no spectrum; a little noise lets it be recognised as silence.
    floor = 1e-3 * np.random.default_rng(0).standard_normal(len(audio))
    sound = ((audio.samples / peak + floor) * 20_000).astype(np.int16).tobytes()

    def listen() -> None:
        decoder.start_utt()
        decoder.process_raw(sound, full_utt=True)
        decoder.end_utt()

    try:
        decoder.set_align_text(" ".join(words))
        listen()
        decoder.set_alignment()  # second pass: states and phones within the words found
        listen()
        # The alignment is freed with its owner, so it must be held while its items are read.
        alignment = decoder.get_alignment()
        if alignment is None:
            raise RuntimeError("no alignment")
        found = [
            (w.name, w.start, w.start + w.duration, [(p.name, p.start, p.start + p.duration) for p in w])
            for w in alignment
        ]
    except RuntimeError as error:
        raise InputError(f"cannot align {' '.join(words)[:60]!r} with the audio: {error}") from None
    spoken = [f for f in found if not f[0].startswith(("<", "[", "+"))]
    if len(spoken) != len(words):
        raise InputError(f"only {len(spoken)} of {len(words)} words of {' '.join(words)[:60]!r} were found")

    def seconds(first: int, last: int) -> tuple[float, float]:
        return min(first * _FRAME, audio.duration), min(last * _FRAME, audio.duration)

    phones = (Interval(normalise(name), *seconds(a, b)) for _, _, _, inner in spoken for name, a, b in inner)
    return (
        tuple(Word(word, *seconds(a, b)) for word, (_, a, b, _) in zip(words, spoken, strict=True)),
        tuple(phone for phone in phones if phone.label != SILENCE),
    )

"""When is what said: forced alignment of known words, by PocketSphinx."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from visavis.conversation import Word
from visavis.corpora.simulated.phones import SILENCE, normalise
from visavis.corpora.simulated.voices.letters import pronounce
from visavis.corpora.simulated.voices.speech import gapless
from visavis.errors import InputError
from visavis.media.audio import Audio


@lru_cache(maxsize=1)
def _decoder() -> Any:
    try:
        from pocketsphinx import Decoder
    except ImportError:
        raise InputError(
            "aligning speech needs pocketsphinx, which is not installed: pip install pocketsphinx==5.1.1"
        ) from None
    # The best-path pass squeezes words into impossible times that the second alignment then refuses.
    return Decoder(lm=None, loglevel="FATAL", bestpath=False, cmn="batch")


def align(audio: Audio, words: list[str]) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Words and phones with times.

    Args:
        audio: 16 kHz speech.
        words: What is said, as from `words_of`.

    Returns:
        The words, and the phones from 0 to the end of the audio with ``SIL`` between them.

    Raises:
        InputError: PocketSphinx is not installed, or the words do not fit the sound.
    """
    decoder = _decoder()
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
        raise InputError(f"cannot align {' '.join(words)[:60]!r} with its sound: {error}") from None
    end = audio.duration
    spoken = [f for f in found if not f[0].startswith(("<", "[", "+"))]
    if len(spoken) != len(words):
        raise InputError(f"only {len(spoken)} of {len(words)} words of {' '.join(words)[:60]!r} were found")
    frame = 0.01
    times = tuple(
        Word(word, min(a * frame, end), min(b * frame, end)) for word, (_, a, b, _) in zip(words, spoken, strict=True)
    )
    phones = [
        (normalise(name), a * frame, b * frame)
        for _, _, _, inner in spoken
        for name, a, b in inner
        if normalise(name) != SILENCE
    ]
    return times, gapless(phones, end)

"""Whisper through faster-whisper: audio to words with approximate times, and the language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from visavis.cancellation import check_cancelled
from visavis.conversation import Word
from visavis.errors import InputError, MissingExtraError
from visavis.media.audio import Audio

BUILT_IN = "whisper-tiny.en"
"""The model that is an asset of ours and needs no Hub."""

_LOOPS = 2.4
"""Text that gzip shortens more than this many times is a repetition, not speech (Radford et al. 2022, 4.5)."""
_FIGURES = frozenset("0123456789%$£€#&+=")
_UNSPACED = frozenset(("zh", "yue", "ja", "th", "lo", "my", "km"))
"""Languages that write no spaces between words."""


@dataclass(frozen=True)
class Heard:
    """A word as Whisper gives it.

    Attributes:
        word: On the clock of the sound that was given; times are off by 0.1 s and more.
        probability: Whisper's own.
    """

    word: Word
    probability: float


class Whisper:
    """A Whisper model (Radford et al. 2022).

    Decoding is by beam search without sampling, so that the same sound always gives the same words.

    Args:
        name: ``whisper-tiny.en``, a size that faster-whisper knows (``small``, ``large-v3``, ``distil-large-v3``), the
            Hub id or the folder of a model converted for CTranslate2.
        device: ``auto``, ``cpu`` or ``cuda``.

    Attributes:
        network: faster-whisper's model.

    Raises:
        MissingExtraError: faster-whisper is not installed.
        InputError: The model is not available.
    """

    def __init__(self, name: str = BUILT_IN, device: str = "auto") -> None:
        try:
            from faster_whisper import WhisperModel
        except ImportError:
            raise MissingExtraError("recognising words", "perception") from None
        from visavis.assets import resolve

        self.name = name
        self._figure_tokens: list[int] | None = None
        place = str(resolve(name)) if name == BUILT_IN else name
        on_gpu = device == "cuda" or (device == "auto" and _has_gpu())
        try:
            self.network = WhisperModel(
                place, device="cuda" if on_gpu else "cpu", compute_type="float16" if on_gpu else "int8"
            )
        except Exception as error:  # the Hub's client, the network and CTranslate2 each have errors of their own
            line = " ".join(str(error).split())[:160]
            raise InputError(
                f"Whisper model {name!r} cannot be loaded ({line}); pass a size, a Hub id or a folder"
            ) from error

    @property
    def multilingual(self) -> bool:
        """Whether the model knows languages besides English."""
        return bool(self.network.model.is_multilingual)

    def _figures(self) -> list[int]:
        """Tokens with figures and signs, so that numbers are written as they are said and can be aligned."""
        if self._figure_tokens is None:
            vocabulary = self.network.hf_tokenizer.get_vocab()
            figures = (at for token, at in vocabulary.items() if not token.startswith("<|") and _FIGURES & {*token})
            self._figure_tokens = sorted(figures)
        return self._figure_tokens

    def language(self, audio: Audio) -> dict[str, float]:
        """Probability of each language, by ISO 639-1 code, in the first 30 s of some speech."""
        if not self.multilingual:
            raise InputError(f"Whisper model {self.name!r} supports English only and cannot detect languages")
        _, _, probabilities = self.network.detect_language(audio=audio.samples)
        return {code: float(probability) for code, probability in probabilities}

    def __call__(self, audio: Audio, language: str, *, repeat: bool = True) -> list[Heard] | None:
        """The words in up to 30 s of speech.

        Args:
            audio: 16 kHz.
            language: ISO 639-1 code.
            repeat: Whether three words may be said again in the same order; without, there are no loops.

        Returns:
            The words, or None where Whisper got caught in a loop.
        """
        check_cancelled()
        segments, _ = self.network.transcribe(
            audio.samples, language=language, word_timestamps=True, temperature=0.0, condition_on_previous_text=False,
            no_repeat_ngram_size=0 if repeat else 3, suppress_tokens=[-1, *self._figures()],
        )  # fmt: skip
        heard: list[Heard] = []
        for segment in segments:  # each is heard when it is asked for
            check_cancelled()
            if segment.compression_ratio > _LOOPS:
                return None
            for i, found in enumerate(segment.words or ()):
                _add(heard, found, whole=i == 0 or language in _UNSPACED or found.word.startswith(" "))
        return heard


def _add(heard: list[Heard], found: Any, *, whole: bool) -> None:
    """Adds a word, or the rest of the last one (``-huh`` after ``uh``)."""
    start = max(0.0, float(found.start))
    end = max(start, float(found.end))
    text, probability = found.word.strip(), float(found.probability)
    if not text:
        return
    if heard and not whole:
        last = heard.pop()
        text, start = last.word.text + text, last.word.start
        probability = min(probability, last.probability)
    heard.append(Heard(Word(text, start, max(start, end)), probability))


def _has_gpu() -> bool:
    import ctranslate2

    return bool(ctranslate2.get_cuda_device_count())


@lru_cache(maxsize=1)
def whisper(name: str, device: str) -> Whisper:
    """A model, kept for the next recording."""
    return Whisper(name, device)


def likely_language(found: list[dict[str, float]]) -> tuple[str, float]:
    """The language that several samples speak for together, and its mean probability."""
    codes = sorted({code for sample in found for code in sample})
    means = [float(np.mean([sample.get(code, 0.0) for sample in found])) for code in codes]
    best = int(np.argmax(means))
    return codes[best], means[best]

"""The words extractor: what both people say, word by word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.cancellation import check_cancelled
from visavis.conversation import Conversation, Word
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.perception.protocol import add_notes
from visavis.perception.speaking import Diarizer
from visavis.perception.words.alignment import refined
from visavis.perception.words.pieces import Pieces, Stretch, packed
from visavis.perception.words.utterances import speakers_of, utterances_of
from visavis.perception.words.whisper import BUILT_IN, Heard, Whisper, likely_language, whisper

ENGLISH = "en"
_SAMPLES = 3
"""Tracks of up to 30 s of each voice that the language is told from."""
_UNSURE = 0.7
"""Mean probability of the words below which the user is warned: with `whisper-tiny.en` it is 0.87 on an English
telephone call and 0.51 on Mandarin, which it writes down as English."""


@dataclass(frozen=True)
class FasterWhisper:
    """Fills `Participant.utterances` of both people, and ``provenance["language"]`` and ``provenance["words"]``.

    Of separate voices each is heard by itself, where its own person speaks and not where the other leaks in. Of a
    mixed track each word goes to who speaks. `speaking` is found first where it is not known. Times of English words
    come from forced alignment, others from Whisper.

    ``provenance["language"]`` has ``code`` (ISO 639-1), ``probability`` (None unless the model can tell) and ``by``:
    the model, ``given``, or ``assumed`` where the model supports English only. ``provenance["words"]`` has the
    ``model`` and ``confidence``, the mean of its words' probabilities.

    Source: VM, section 3 (P2, F4): WhisperX (Bain et al. 2023), that is Whisper on speech alone, then aligned.

    Attributes:
        model: See `visavis.perception.words.whisper.Whisper`.
        language: ISO 639-1 code; told by the model, or English, unless given.
        device: ``auto``, ``cpu`` or ``cuda``.
    """

    model: str = BUILT_IN
    language: str | None = None
    device: str = "auto"

    def __call__(self, conversation: Conversation) -> Conversation:
        """A copy with `utterances` filled; those that were there are replaced.

        Raises:
            MissingExtraError: faster-whisper or PocketSphinx is not installed.
            InputError: There is no sound, or the model is not available or does not know the language.
        """
        if any(person.speaking is None for person in conversation):
            conversation = Diarizer()(conversation)
        sounds = _sounds(conversation)
        network = whisper(self.model, self.device)
        language = self._language(network, sounds)
        said = [_Said(*words) for words in (_words(network, sound, language["code"]) for sound in sounds)]
        if len(said) == 1:
            both = _speaking(conversation)
            owners = speakers_of(said[0].words, both, sounds[0].fps)
            words = [[w for w, owner in zip(said[0].words, owners, strict=True) if owner == p] for p in (0, 1)]
        else:
            words = [side.words for side in said]
        a, b = (
            replace(person, utterances=utterances_of(words[p], words[1 - p]))
            for p, person in enumerate(conversation)
        )  # fmt: skip
        sure = [p for side in said for p in side.probabilities]
        if not sure and language["by"] == "assumed":
            language = {"code": None, "probability": None, "by": network.name}
        confidence = round(float(np.mean(sure)), 3) if sure else None
        done = replace(
            conversation.with_participants(a, b),
            provenance={
                **conversation.provenance,
                "language": language,
                "words": {"model": network.name, "confidence": confidence},
            },
        )
        return add_notes(done, _notes(language, confidence, network))

    def _language(self, network: Whisper, sounds: list[_Sound]) -> dict[str, Any]:
        if not network.multilingual:
            if self.language not in (None, ENGLISH):
                raise InputError(
                    f"Whisper model {self.model!r} supports English only, not {self.language!r}; choose another model"
                )
            return {"code": ENGLISH, "probability": None, "by": "given" if self.language else "assumed"}
        if self.language:
            return {"code": self.language, "probability": None, "by": "given"}
        samples = [pieces.audio for sound in sounds for pieces, _ in zip(sound.pieces(), range(_SAMPLES), strict=False)]
        if not samples:
            return {"code": None, "probability": None, "by": network.name}
        code, probability = likely_language([network.language(sample) for sample in samples])
        return {"code": code, "probability": round(probability, 4), "by": network.name}


@dataclass(frozen=True)
class _Sound:
    """A track to be heard, and when its speech is, (T,)."""

    audio: Audio
    speaking: NDArray[np.float32]
    fps: float

    def pieces(self) -> Iterator[Pieces]:
        return packed(self.audio, self.speaking, self.fps)


@dataclass(frozen=True)
class _Said:
    """Words on the recording's clock, and Whisper's probabilities."""

    words: list[Word]
    probabilities: list[float]


def _speaking(conversation: Conversation) -> NDArray[np.float32]:
    """(2, T) probabilities at the first person's frame rate."""
    a, b = (person.speaking for person in conversation)
    assert a is not None
    assert b is not None
    return np.stack([a.values[:, 0], b.at(a.fps, len(a)).values[:, 0]])


def _sounds(conversation: Conversation) -> list[_Sound]:
    """Each person's own voice, or the mixed track."""
    speaking = _speaking(conversation)
    fps = conversation.a.speaking.fps  # type: ignore[union-attr]
    a, b = conversation.a.audio, conversation.b.audio
    if a is not None and b is not None:
        return [_Sound(a, speaking[0], fps), _Sound(b, speaking[1], fps)]
    if conversation.mixed is None:
        raise InputError(f"conversation {conversation.id!r}: has no audio, which speech recognition needs")
    return [_Sound(conversation.mixed, speaking.max(0), fps)]


def _words(network: Whisper, sound: _Sound, language: str | None) -> tuple[list[Word], list[float]]:
    words: list[Word] = []
    sure: list[float] = []
    for pieces in sound.pieces():
        for (start, end), heard in _heard(network, sound.audio, pieces, language or ENGLISH):
            check_cancelled()
            own = [h.word for h in heard]
            if language == ENGLISH and own:
                own = refined(sound.audio.slice(start, end), own)
            words += [replace(w, start=min(start + w.start, end), end=min(start + w.end, end)) for w in own]
            sure += [h.probability for h in heard]
    return words, sure


def _heard(network: Whisper, audio: Audio, pieces: Pieces, language: str) -> Iterator[tuple[Stretch, list[Heard]]]:
    """The words of each stretch, on its own clock; where Whisper loops, stretch by stretch."""
    heard = network(pieces.audio, language)
    if heard is not None:
        yield from pieces.share(heard)
        return
    for start, end in pieces.stretches:
        alone = audio.slice(start, end)
        again = network(alone, language)
        yield (start, end), again if again is not None else network(alone, language, repeat=False) or []


def _notes(language: dict[str, Any], confidence: float | None, network: Whisper) -> list[str]:
    notes = []
    if language["by"] == "assumed":
        notes.append(f"the language is assumed to be English, the only one {network.name} supports")
    if confidence is None:
        notes.append("no words were recognised")
    elif confidence < _UNSURE:
        notes.append(f"the words are uncertain (mean probability {confidence:.2f}): poor audio or a different language")
    return notes

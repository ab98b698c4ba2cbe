"""A bank of pre-synthesised utterances, so that many corpora can be simulated without synthesising again.

Each voice has a folder; each utterance is a FLAC file and a JSON file of the same number with its text, kind, words and
phones. `visavis.simulation.voices.fill_bank` makes one.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from visavis.conversation import Interval, Word
from visavis.errors import InputError, plainly
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.reading import files_in, read_json, regular_file
from visavis.simulation.voices.speech import Speech, words_of

LONGEST = 600.0
"""Seconds that an utterance may last."""


class SpeechBank:
    """Stored utterances by speaker.

    Attributes:
        folder: Where they are.
        speakers: The voices they were spoken by, sorted.
    """

    def __init__(self, folder: Path | str) -> None:
        """Reads the index; raises InputError if there is no bank in `folder`."""
        self.folder = Path(folder)
        self._entries: dict[str, list[dict[str, Any]]] = {}
        for path in files_in(self.folder, "*/*.json"):
            entry = read_json(path)
            try:
                count, kind = len(entry["words"]), str(entry["kind"])
                self._entries.setdefault(str(entry["voice"]), []).append({"path": path, "words": count, "kind": kind})
            except (KeyError, TypeError) as error:
                raise InputError(f"{path} is not an utterance of a speech bank: {error!r}") from None
        if not self._entries:
            raise InputError(
                f"{self.folder}: no speech bank; create one with python -m visavis.simulation.voices.fill_bank"
            )
        self.speakers = tuple(sorted(self._entries))

    def draw(self, speaker: str, kind: str, words: int, rng: np.random.Generator) -> Speech:
        """An utterance of `speaker` of this `kind` with about this many `words`.

        One of the eight nearest in length is taken, so that long searches do not repeat themselves.

        Raises:
            InputError: The bank has no such speaker.
        """
        if speaker not in self._entries:
            raise InputError(f"the bank {self.folder} has no {speaker!r}; it has {', '.join(self.speakers)}")
        entries = self._entries[speaker]
        fitting = [e for e in entries if e["kind"] == kind] or entries
        nearest = sorted(fitting, key=lambda e: abs(e["words"] - words))[:8]
        return read_utterance(nearest[int(rng.integers(len(nearest)))]["path"])


class BankVoice:
    """A speaker of a bank as a `Voice`: it says something of the length and kind it was asked to say.

    The words are its own, not those asked for; use the words of what it returns.
    """

    def __init__(self, name: str) -> None:
        """Args: name: ``<folder>:<speaker>``. Raises InputError if the bank or the speaker is not there."""
        folder, _, speaker = name.partition(":")
        self._bank = _open(folder)
        if speaker not in self._bank.speakers:
            raise InputError(f"the bank {folder} has no {speaker!r}; it has {', '.join(self._bank.speakers)}")
        self._speaker = speaker
        self.name = f"bank:{name}"

    def say(self, text: str, seed: int) -> Speech:
        """See `Voice.say`; the kind is guessed from the text."""
        count = len(words_of(text))
        kind = "question" if text.rstrip().endswith("?") else "backchannel" if count <= 3 else "turn"
        return self._bank.draw(self._speaker, kind, count, np.random.default_rng([seed, 5]))


@lru_cache(maxsize=4)
def _open(folder: str) -> SpeechBank:
    return SpeechBank(folder)


def read_utterance(path: Path) -> Speech:
    """The stored utterance whose JSON file is `path`.

    Raises:
        InputError: Its files are missing or broken.
    """
    entry = read_json(path)
    try:
        audio = _sound(regular_file(path.with_suffix(".flac")))
        words = tuple(Word(str(text), *_span(start, end, audio)) for text, start, end in entry["words"])
        phones = tuple(Interval(str(label), *_span(start, end, audio)) for label, start, end in entry["phones"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, soundfile.LibsndfileError) as error:
        raise InputError(f"{path} is not an utterance of a speech bank: {plainly(error)}") from None
    return Speech(audio, words, phones)


def _sound(path: Path) -> Audio:
    with soundfile.SoundFile(path) as file:
        if len(file) > LONGEST * file.samplerate:
            raise ValueError(f"it lasts {len(file) / file.samplerate:.0f} s, and at most {LONGEST:.0f} are read")
        return Audio(file.read(dtype="float32"), file.samplerate)


def _span(start: Any, end: Any, audio: Audio) -> tuple[float, float]:
    """Seconds within the sound."""
    if not 0 <= float(start) <= float(end) <= audio.duration + 0.1:
        raise ValueError(f"from {start} s to {end} s of {audio.duration:.2f}")
    return float(start), float(end)


def write_utterance(path: Path, speech: Speech, voice: str, kind: str, text: str) -> None:
    """Stores one utterance as `path` (``.json``) and the FLAC file beside it; the JSON comes last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    entry = {
        "voice": voice,
        "kind": kind,
        "text": text,
        "words": [[w.text, round(w.start, 4), round(w.end, 4)] for w in speech.words],
        "phones": [[p.label, round(p.start, 4), round(p.end, 4)] for p in speech.phones],
    }
    for target in (path.with_suffix(".flac"), path):
        part = target.with_name(f".{target.name}.part")
        if target is path:
            part.write_text(json.dumps(entry))
        else:
            soundfile.write(part, speech.audio.samples, SAMPLE_RATE, format="FLAC")
        part.replace(target)

"""eSpeak NG's library, which says at which sample each word of a text begins, in all of its languages.

The executable does not tell, so that `espeak.EspeakVoice` finds its words by alignment, which knows English only.
"""

from __future__ import annotations

import json
import subprocess
import sys
from ctypes.util import find_library
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError, shown
from visavis.reading import parse_json

LONGEST = 60.0
"""Seconds that it may take to say something; hours of speech take less."""


class Mark(NamedTuple):
    """Where a word begins.

    Attributes:
        letter: Number of its first letter in the text, from 0; numbers and abbreviations have several marks.
        sample: Of the sound.
    """

    letter: int
    sample: int


def is_installed() -> bool:
    """Whether the library is here."""
    return _library() is not None


def synthesise(text: str, voice: str, rate: int, pitch: int) -> tuple[NDArray[np.float32], int, tuple[Mark, ...]]:
    """Speaks a text, which sounds the same every time; nothing in it is taken for mark-up or phones.

    Args:
        text: In any language that the voice knows.
        voice: As eSpeak NG calls it, such as ``en-us+f3``.
        rate: Words per minute.
        pitch: 0 to 99.

    Returns:
        Samples (N,) from -1 to 1, samples per second, and the words in order of sound.

    Raises:
        InputError: The library is not installed, or does not know the voice.
    """
    found = _library()
    if found is None:
        raise InputError("speech needs the library libespeak-ng, which is not installed: apt install espeak-ng")
    asked = {"library": found[0], "data": found[1], "voice": voice, "rate": rate, "pitch": pitch, "text": text}
    script = Path(__file__).with_name("espeak_process.py")
    try:
        done = subprocess.run(
            [sys.executable, "-S", "-E", str(script)], input=json.dumps(asked).encode(), capture_output=True,
            check=False, timeout=LONGEST,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise InputError(f"espeak-ng could not say {shown(text)[:60]!r} in {LONGEST:g} s") from None
    line, _, sound = done.stdout.partition(b"\n")
    told = parse_json(line, "espeak-ng") if line else {"error": done.stderr.decode(errors="replace").strip()[-120:]}
    if told.get("error") == "voice":
        raise InputError(f"espeak-ng has no voice {shown(voice)!r}; see espeak-ng --voices")
    if "error" in told:
        raise InputError(f"espeak-ng could not say {shown(text)[:60]!r}: {told['error']}")
    samples = np.frombuffer(sound, np.int16).astype(np.float32) / np.float32(32768)
    return samples, int(told["sample_rate"]), tuple(Mark(*mark) for mark in told["marks"])


@lru_cache(maxsize=1)
def _library() -> tuple[str, str] | None:
    """The library and its data: the system's, with its own data, else the one that kokoro-onnx brings with it."""
    name = find_library("espeak-ng")
    if name is not None:
        return name, ""
    try:
        import espeakng_loader
    except ImportError:
        return None
    return str(espeakng_loader.get_library_path()), str(espeakng_loader.get_data_path())

"""Voices by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from visavis.errors import InputError
from visavis.simulation.voices import builtin, espeak, flite, kokoro
from visavis.simulation.voices.bank import BankVoice
from visavis.simulation.voices.speech import Voice


class Engine(NamedTuple):
    """What speaks in one or several voices.

    Attributes:
        make: One of its voices by name.
        default: Name of the voice where none is said.
        installed: Names of the voices that can speak here.
    """

    make: Callable[[str], Voice]
    default: str
    installed: Callable[[], Sequence[str]]


ENGINES: Mapping[str, Engine] = {
    "builtin": Engine(builtin.BuiltinVoice, "ada", lambda: tuple(builtin.VARIANTS)),
    "flite": Engine(flite.FliteVoice, "slt", flite.installed_voices),
    "espeak": Engine(espeak.EspeakVoice, "en-us", espeak.installed_voices),
    "kokoro": Engine(kokoro.KokoroVoice, "af_heart", kokoro.installed_voices),
    "bank": Engine(BankVoice, "", tuple),
}


@lru_cache(maxsize=64)
def get_voice(name: str) -> Voice:
    """A voice: ``engine`` or ``engine:voice``.

    - ``builtin`` or ``builtin:<variant>``: our own simple formant voice; always there.
    - ``flite:<voice>``, ``espeak:<voice>``, ``kokoro:<voice>``: free synthesisers, where they are installed.
    - ``bank:<folder>:<speaker>``: utterances that were spoken before and stored (`voices.bank`).

    Raises:
        InputError: There is no such engine or voice, or what it needs is not installed.
    """
    engine, _, voice = name.partition(":")
    if engine not in ENGINES:
        raise InputError(f"there is no voice named {name!r}; voices start with {', '.join(e + ':' for e in ENGINES)}")
    return ENGINES[engine].make(voice or ENGINES[engine].default)


def available_voices() -> tuple[str, ...]:
    """The names of all voices that can speak here, the built-in ones first."""
    return tuple(f"{name}:{voice}" for name, engine in ENGINES.items() for voice in engine.installed())

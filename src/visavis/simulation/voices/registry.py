"""Voices by name."""

from __future__ import annotations

from functools import lru_cache

from visavis.errors import InputError
from visavis.simulation.voices.speech import Voice

ENGINES = ("builtin", "flite", "espeak", "kokoro", "bank")


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
    if engine == "builtin":
        from visavis.simulation.voices.builtin import BuiltinVoice

        return BuiltinVoice(voice or "ada")
    if engine == "flite":
        from visavis.simulation.voices.flite import FliteVoice

        return FliteVoice(voice or "slt")
    if engine == "espeak":
        from visavis.simulation.voices.espeak import EspeakVoice

        return EspeakVoice(voice or "en-us")
    if engine == "kokoro":
        from visavis.simulation.voices.kokoro import KokoroVoice

        return KokoroVoice(voice or "af_heart")
    if engine == "bank":
        from visavis.simulation.voices.bank import BankVoice

        folder, _, speaker = voice.partition(":")
        return BankVoice(folder, speaker)
    raise InputError(f"no voice is called {name!r}; voices start with {', '.join(e + ':' for e in ENGINES)}")


def available_voices() -> tuple[str, ...]:
    """The names of all voices that can speak here, the built-in ones first."""
    import shutil

    from visavis.simulation.voices.builtin import VARIANTS
    from visavis.simulation.voices.espeak import ESPEAK_VOICES
    from visavis.simulation.voices.flite import FLITE_VOICES
    from visavis.simulation.voices.kokoro import installed_voices

    names = [f"builtin:{v}" for v in VARIANTS]
    if shutil.which("flite"):
        names += [f"flite:{v}" for v in FLITE_VOICES]
    if shutil.which("espeak-ng"):
        names += [f"espeak:{v}" for v in ESPEAK_VOICES]
    return (*names, *(f"kokoro:{v}" for v in installed_voices()))

"""eSpeak NG: a robotic but clear voice in many accents, from the ``espeak-ng`` executable; phones by alignment."""

from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
import soundfile
import soxr

from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE
from visavis.simulation.voices.align import align
from visavis.simulation.voices.speech import Speech, levelled, words_of

# Name -> (accent and variant as eSpeak NG calls them, usual pitch on its scale from 0 to 99).
ESPEAK_VOICES: dict[str, tuple[str, int]] = {
    "en-us": ("en-us", 45),
    "en-us-f": ("en-us+f3", 55),
    "en-gb": ("en-gb", 42),
    "en-gb-f": ("en-gb+f4", 52),
    "scotland": ("en-gb-scotland", 48),
    "rp": ("en-gb-x-rp", 44),
    "rp-f": ("en-gb-x-rp+f2", 52),
    "lancashire": ("en-gb-x-gbclan", 44),
    "west-midlands": ("en-gb-x-gbcwmd", 44),
    "caribbean": ("en-029", 46),
}


def installed_voices() -> tuple[str, ...]:
    """The voices, where the program is installed."""
    return tuple(ESPEAK_VOICES) if shutil.which("espeak-ng") else ()


class EspeakVoice:
    """One of `ESPEAK_VOICES`."""

    def __init__(self, name: str) -> None:
        """Raises InputError if the voice or the program is not here."""
        if name not in ESPEAK_VOICES:
            raise InputError(f"there is no espeak voice {name!r}; there are {', '.join(ESPEAK_VOICES)}")
        executable = shutil.which("espeak-ng")
        if executable is None:
            raise InputError(
                f"the voice espeak:{name} needs the program espeak-ng, which is not installed: apt install espeak-ng"
            )
        self._executable = executable
        self._accent, self._pitch = ESPEAK_VOICES[name]
        self.name = f"espeak:{name}"

    def say(self, text: str, seed: int) -> Speech:
        """See `Voice.say`."""
        words = words_of(text)
        rng = np.random.default_rng([seed, 4])
        rate = round(165 * float(np.exp(rng.normal(0.0, 0.12))))
        pitch = int(np.clip(self._pitch + rng.normal(0, 6), 5, 95))
        done = subprocess.run(
            [self._executable, "-v", self._accent, "-s", str(rate), "-p", str(pitch), "--stdin", "--stdout"],
            input=text.encode(), capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode or not done.stdout:
            raise InputError(f"espeak-ng could not say {text[:60]!r}: {done.stderr.decode(errors='replace')[:200]}")
        samples, source_rate = soundfile.read(io.BytesIO(done.stdout), dtype="float32")
        samples = soxr.resample(samples, source_rate, SAMPLE_RATE)
        audio = levelled(samples, rng)
        return Speech(audio, *align(audio, words))

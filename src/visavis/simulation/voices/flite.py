"""CMU Flite: six small voices with exact phone times, from the ``flite`` executable (Debian package ``flite``)."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE
from visavis.perception.words.letters import pronounce
from visavis.perception.words.phones import normalise
from visavis.simulation.voices.speech import Speech, gapless, levelled, words_of, words_over_phones

# Name -> usual pitch (Hz). The sixth voice of the package, awb_time, can only tell the time.
FLITE_VOICES: dict[str, float] = {"slt": 180.0, "rms": 100.0, "awb": 120.0, "kal16": 105.0, "kal": 105.0}


def installed_voices() -> tuple[str, ...]:
    """The voices, where the program is installed."""
    return tuple(FLITE_VOICES) if shutil.which("flite") else ()


class FliteVoice:
    """One of Flite's voices, as it is or as a person with a shorter or longer vocal tract.

    ``slt`` is the voice itself; ``slt@1.08`` is played 8% faster, which raises pitch and formants alike (a smaller
    person) while the speaking rate is kept by asking Flite for slower speech.
    """

    def __init__(self, name: str) -> None:
        """Args: name: ``slt``, ``rms``, ``awb``, ``kal16``, ``kal``, with or without ``@scale`` (0.8 to 1.25)."""
        base, _, scale = name.partition("@")
        try:
            self._scale = float(scale or 1.0)
        except ValueError:
            self._scale = 0.0
        if base not in FLITE_VOICES or not 0.8 <= self._scale <= 1.25:
            raise InputError(
                f"flite has no voice {name!r}; there are {', '.join(FLITE_VOICES)}, each also with @0.8 to @1.25"
            )
        executable = shutil.which("flite")
        if executable is None:
            raise InputError(
                f"the voice flite:{name} needs the program flite, which is not installed: apt install flite"
            )
        self._executable = executable
        self._base = base
        self.name = f"flite:{name}"

    def say(self, text: str, seed: int) -> Speech:
        """See `Voice.say`."""
        words = words_of(text)
        rng = np.random.default_rng([seed, 1])
        stretch = float(np.exp(rng.normal(0.0, 0.13))) * self._scale
        pitch = FLITE_VOICES[self._base] * float(np.exp(rng.normal(0.0, 0.08)))
        spread = float(rng.uniform(8, 30))
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "speech.wav"
            done = subprocess.run(
                [self._executable, "-voice", self._base,
                 "--setf", f"duration_stretch={stretch:.3f}", "--setf", f"int_f0_target_mean={pitch:.1f}",
                 "--setf", f"int_f0_target_stddev={spread:.1f}", "-psdur", "-t", f"{text} ", "-o", str(wav)],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode or not wav.is_file():
                raise InputError(f"flite could not say {text[:60]!r}: {done.stderr.strip()[:200]}")
            samples, rate = soundfile.read(wav, dtype="float32")
        # Taking the sample rate for a higher one is what makes the person smaller.
        samples = soxr.resample(samples, rate * self._scale, SAMPLE_RATE).astype(np.float32)
        audio = levelled(samples, rng)
        phones = gapless(_phone_times(done.stdout, self._scale), audio.duration)
        return Speech(audio, words_over_phones(words, [pronounce(w) for w in words], phones), phones)


def _phone_times(printed: str, scale: float) -> list[tuple[str, float, float]]:
    """Flite prints ``phone:end`` for every segment; each of its sentences starts again at 0."""
    out: list[tuple[str, float, float]] = []
    offset = last = 0.0
    for label, end in re.findall(r"([a-z#]+):([0-9.]+)", printed):
        time = float(end) / scale
        if time < last:
            offset, last = offset + last, 0.0
        out.append((normalise(label), offset + last, offset + time))
        last = time
    return out

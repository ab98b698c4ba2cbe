"""How people say things: everyone at an own pitch and pace, and by mood; whoever is aroused talks faster and louder.

What was synthesised is played faster or slower, which moves pace, pitch and formants together: all three rise with
arousal (Juslin and Laukka 2003, "Communication of emotions in vocal expression and music performance", Psychological
Bulletin 129(5)), and a small person's pitch and formants are both higher than a large one's. It works for every voice,
stored ones too, and turns each of them into many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import soxr

from visavis.behavior.curves import FPS, Array
from visavis.conversation.timeline import Timed
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.simulation.voices import Speech

SPREAD = 0.06
"""Of people's factors about 1, on a logarithmic scale."""
LARGEST = 2.0
"""Times `SPREAD` by which anybody differs at most."""
QUICKER, LOUDER = 0.06, 4.0
"""What an arousal of 1 adds to the factor, and to the loudness in decibels."""


@dataclass(frozen=True)
class Delivery:
    """How two people speak in a conversation.

    Attributes:
        factors: How much faster, and higher, than the voice each person speaks.
        arousal: Of each person, (T,) at `FPS`, about -1 to 1.
    """

    factors: tuple[float, float]
    arousal: tuple[Array, Array]

    @classmethod
    def draw(cls, rng: np.random.Generator, moods: tuple[Array, Array]) -> Delivery:
        """Args: rng: Decides who speaks how. moods: Valence and arousal of both people, (T, 2) each."""
        a, b = np.exp(SPREAD * np.clip(rng.standard_normal(2), -LARGEST, LARGEST))
        return cls((float(a), float(b)), (moods[0][:, 1], moods[1][:, 1]))

    def __call__(self, speech: Speech, person: int, at: float) -> Speech:
        """What `person` says at second `at`, as it sounds then."""
        curve = self.arousal[person]
        arousal = float(curve[min(int(at * FPS), len(curve) - 1)])
        return played(speech, self.factors[person] * (1 + QUICKER * arousal), 10 ** (LOUDER * arousal / 20))


def played(speech: Speech, factor: float, gain: float) -> Speech:
    """Speech `factor` times as fast and as high and `gain` times as loud, as far as full scale allows."""
    samples = soxr.resample(speech.audio.samples, SAMPLE_RATE * factor, SAMPLE_RATE)
    peak = float(np.abs(samples).max(initial=1e-6))
    audio = Audio((samples * min(gain, max(1.0, 0.98 / peak))).astype(np.float32))

    def moved(parts: tuple[Timed, ...]) -> tuple[Timed, ...]:
        end = audio.duration
        return tuple(replace(p, start=min(p.start / factor, end), end=min(p.end / factor, end)) for p in parts)

    return Speech(audio, moved(speech.words), moved(speech.phones))

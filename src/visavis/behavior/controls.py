"""What one can ask of a person's behaviour: a state, a personality, an emotion, how much of it, how much gaze.

Each is a set of factors on how often something is done and on how large it is, raised to the power of how much is
asked: the response grows with the dose and is 1 at none. Directions follow the literature; how strong they are at a
dose of 1 is set by hand.

Extraverts gesture, nod, smile and look more (Riggio & Friedman 1986, "Impression formation: the role of expressive
behavior"; Argyle & Cook 1976, "Gaze and mutual gaze"), shy people look away more (Cheek & Buss 1981, "Shyness and
sociability"). Attentive listeners nod and look (Bavelas et al. 2000, "Listeners as co-narrators"); bored ones look
away, shift and stop responding (Bull 1987, "Posture and gesture"); confused ones tilt the head and move the brows
(Rozin & Cohen 2003, "High frequency of facial expressions corresponding to confusion"); agreeing goes with nods,
disagreeing with shakes (Poggi et al. 2010, "Types of nods"; Kendon 2002, "Some uses of the head shake"). Sadness and
shame avert the eyes, and anger looks on (Kleinke 1986, "Gaze and eye contact"); sad people move little, angry and
happy ones much (Wallbott 1998, "Bodily expression of emotion"); surprise raises the brows (Ekman & Friesen 1978).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

from visavis.errors import InputError

Factors = Mapping[str, float]
"""By kind and label, or by kind alone for all its labels."""

STATES: Mapping[str, Factors] = MappingProxyType({
    "none": {},
    "attentive": {"nod.concord": 1.5, "look.away": 0.7, "look.partner": 1.3, "posture": 0.7, "brow": 1.2},
    "bored": {"nod": 0.4, "smile": 0.4, "laugh": 0.4, "look.away": 1.8, "look.partner": 0.6, "posture": 2.0,
              "brow": 0.6},
    "confused": {"nod.concord": 0.5, "tilt": 4.0, "brow": 2.0, "smile": 0.6, "look.away": 1.2},
    "agreeing": {"nod.concord": 2.0, "shake": 0.4, "smile": 1.4},
    "disagreeing": {"nod.concord": 0.4, "shake": 4.0, "smile": 0.5, "laugh": 0.5, "brow": 1.3, "look.away": 1.2},
})  # fmt: skip
"""Factors on rates."""
EMOTIONS: Mapping[str, Factors] = MappingProxyType({
    "neutral": {},
    "happy": {"smile": 2.2, "laugh": 2.2, "nod": 1.2, "brow": 1.2, "look.away": 0.85},
    "sad": {"smile": 0.3, "laugh": 0.2, "nod": 0.7, "look.away": 1.5, "look.partner": 0.75, "brow": 0.7,
            "posture": 0.7},
    "angry": {"smile": 0.25, "laugh": 0.25, "nod.emphasis": 1.8, "nod.concord": 0.6, "shake": 2.0, "look.away": 0.6,
              "posture": 1.3},
    "surprised": {"brow": 2.5, "look.away": 0.7, "look.partner": 1.2, "smile": 1.1},
    "afraid": {"smile": 0.4, "laugh": 0.3, "brow": 1.6, "look.away": 1.3, "posture": 1.4, "nod": 0.8},
    "disgusted": {"smile": 0.3, "laugh": 0.4, "shake": 1.6, "look.away": 1.4, "look.partner": 0.85},
})  # fmt: skip
"""Factors on rates."""
MOODS: Mapping[str, tuple[float, float]] = MappingProxyType({
    "neutral": (0.0, 0.0), "happy": (0.7, 0.4), "sad": (-0.6, -0.5), "angry": (-0.6, 0.7), "surprised": (0.1, 0.8),
    "afraid": (-0.6, 0.6), "disgusted": (-0.6, 0.3),
})  # fmt: skip
"""Valence and arousal of each emotion (Russell 1980, "A circumplex model of affect")."""
PERSONALITY: Mapping[str, Factors] = MappingProxyType({
    "extraversion": {"nod": 1.3, "smile": 1.5, "laugh": 1.5, "brow": 1.3, "posture": 1.2, "look.away": 0.85,
                     "look.partner": 1.15},
    "shyness": {"look.away": 1.4, "look.partner": 0.8, "smile": 0.9, "laugh": 0.7, "nod.emphasis": 0.8},
})  # fmt: skip
"""Factors on rates at one standard deviation above people's average."""
SIZES: Mapping[str, float] = MappingProxyType({
    "extraversion": 1.2, "shyness": 0.8, "happy": 1.2, "sad": 0.75, "angry": 1.25, "surprised": 1.15, "afraid": 0.9,
    "disgusted": 0.95, "bored": 0.8, "attentive": 1.05,
})  # fmt: skip
"""Factors on the size of movements."""
MOST_INTENSE = 2.0
FURTHEST = 3.0
"""Standard deviations of a personality that can be asked for."""


@dataclass(frozen=True)
class Controls:
    """What is asked of one person.

    Attributes:
        state: Of `STATES`.
        emotion: Of `EMOTIONS`.
        extraversion: Standard deviations above people's average.
        shyness: The same.
        intensity: How strongly state and emotion are shown, 0 to 2; 0 is not at all.
        gaze: Share of the time that the partner is looked at; None leaves it to the model.
    """

    state: str = "none"
    emotion: str = "neutral"
    extraversion: float = 0.0
    shyness: float = 0.0
    intensity: float = 1.0
    gaze: float | None = None

    def __post_init__(self) -> None:
        """Validates."""
        for name, value, known in (("state", self.state, STATES), ("emotion", self.emotion, EMOTIONS)):
            if value not in known:
                raise InputError(f"there is no {name} {value!r}; there are {', '.join(known)}")
        for name in PERSONALITY:
            value = getattr(self, name)
            if not abs(value) <= FURTHEST:
                raise InputError(f"{name} {value} is not possible; {-FURTHEST:g} to {FURTHEST:g} is")
        if not 0 <= self.intensity <= MOST_INTENSE:
            raise InputError(f"intensity {self.intensity} is not possible; 0 to {MOST_INTENSE:g} is")
        if self.gaze is not None and not 0 <= self.gaze <= 1:
            raise InputError(f"a gaze share of {self.gaze} is not possible; 0 to 1 is")

    def rate(self, kind: str) -> float:
        """Factor on the rate of a kind of `visavis.behavior.rates.KINDS`."""
        return math.exp(sum(dose * math.log(_factor(factors, kind)) for factors, dose in self._doses()))

    def size(self) -> float:
        """Factor on the size of movements."""
        named = ((self.state, self.intensity), (self.emotion, self.intensity), *self._personality())
        return math.exp(sum(dose * math.log(SIZES.get(name, 1.0)) for name, dose in named))

    @property
    def mood(self) -> tuple[float, float]:
        """Valence and arousal, -1 to 1, that the emotion adds."""
        valence, arousal = MOODS[self.emotion]
        most = 1 / max(abs(valence), abs(arousal), 1e-9)
        dose = min(self.intensity, most)
        return dose * valence, dose * arousal

    def _doses(self) -> list[tuple[Factors, float]]:
        found = [(STATES[self.state], self.intensity), (EMOTIONS[self.emotion], self.intensity)]
        return found + [(PERSONALITY[name], dose) for name, dose in self._personality()]

    def _personality(self) -> list[tuple[str, float]]:
        return [(name, getattr(self, name)) for name in PERSONALITY]


NUMBERS = tuple(field.name for field in fields(Controls) if field.name not in ("state", "emotion"))
"""What is asked for in numbers."""


def _factor(factors: Factors, kind: str) -> float:
    return factors.get(kind, factors.get(kind.partition(".")[0], 1.0))

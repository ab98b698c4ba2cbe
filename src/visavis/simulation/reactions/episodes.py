"""Expression episodes: when which expression is on a listener's face, and how strongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from visavis.behavior.curves import FPS, Array, frame_times, wander
from visavis.motion.easing import ease
from visavis.simulation.reactions.expressions import Expression, get_expression

FLASH = 0.8
"""Strength of what flashes over the face before the reaction proper, relative to that."""
_LAG = (0.35, 1.1)
# Seconds from the critical word to the first movement: faces answer emotional pictures after 0.3 to 0.4 s (Dimberg,
# Thunberg and Elmehed 2000), and words have to be understood first.


@dataclass(frozen=True)
class ExpressionEpisode:
    """One expression comes, holds and fades to a rest that stays.

    Attributes:
        expression: Which.
        start: Seconds.
        attack: Seconds of rise.
        hold: Seconds at full strength.
        release: Seconds of the fall to `sustain`.
        height: Strength at the full.
        sustain: Share of `height` that stays.
        end: Seconds at which nothing stays any more.
    """

    expression: Expression
    start: float
    attack: float
    hold: float
    release: float
    height: float
    sustain: float
    end: float = np.inf

    def level(self, frames: int) -> Array:
        """Strength (T,)."""
        times = frame_times(frames) - self.start
        fall = ease((times - self.attack - self.hold) / self.release)
        gone = ease((times + self.start - self.end) / self.release) if np.isfinite(self.end) else 0.0
        return self.height * ease(times / self.attack) * (1 - (1 - self.sustain) * fall) * (1 - gone)


def draw_episodes(
    rng: np.random.Generator, name: str, onset: float, frames: int, *, first: str | None = None, begin: float = 0.0
) -> list[ExpressionEpisode]:
    """A reaction as it might be performed.

    A hint of the expression may show as soon as the tone is clear; it comes in full a moment after the critical word;
    a flash of something else may precede it (surprise before sympathy), and a weaker second component accompany it.

    Args:
        rng: Where chance comes from.
        name: Of the expression.
        onset: Seconds at which the critical word has been heard.
        frames: T.
        first: An expression that flashes over the face before.
        begin: Seconds at which the speaker begins.

    Raises:
        InputError: No expression has the name.
    """
    main = get_expression(name)
    start = onset + rng.uniform(*_LAG)
    strength = float(np.clip(np.exp(rng.normal(0.0, 0.22)), 0.55, 1.25))
    episodes = []
    if rng.random() < 0.5 and onset - begin > 2.0:  # what is coming can be told from the voice
        lead = rng.uniform(0.3, 0.9) * (onset - begin)
        hint = strength * rng.uniform(0.08, 0.25)
        episodes.append(ExpressionEpisode(main, start - lead, 1.2, lead, 1.0, hint, 0.0))
    if first is not None:
        flash = get_expression(first)
        episodes.append(
            _episode(rng, flash, start, FLASH * strength * rng.uniform(0.6, 1.0), hold=rng.uniform(0.4, 1.2))
        )
        start += rng.uniform(0.8, 1.6)
    episodes.append(_episode(rng, main, start, strength))
    if rng.random() < 0.35:
        second = get_expression(str(rng.choice(_MIXED.get(name, ("interest", "warm smile", "concern")))))
        episodes.append(_episode(rng, second, start + rng.uniform(-0.3, 2.0), strength * rng.uniform(0.15, 0.35)))
    again = episodes[-1].start + main.attack[1] + main.hold[1] + rng.uniform(0.5, 2.5)
    if again < frames / FPS - 1.5 and rng.random() < 0.5:  # it wells up once more
        episodes.append(_episode(rng, main, again, strength * rng.uniform(0.6, 1.0)))
    return episodes


def strengths(rng: np.random.Generator, episodes: Sequence[ExpressionEpisode], frames: int) -> dict[str, Array]:
    """Strength (T,) of each expression; the largest where it is wanted twice, never quite steady."""
    levels: dict[str, Array] = {}
    for episode in episodes:
        name = episode.expression.name
        levels[name] = np.maximum(levels.get(name, 0.0), episode.level(frames))
    for level in levels.values():
        level *= 1 + 0.1 * np.clip(wander(rng, frames, 1.2)[:, 0], -2, 2)
    return levels


_MIXED = {
    "laughter": ("grin", "delight", "embarrassment"), "grin": ("delight", "warm smile", "interest"),
    "delight": ("grin", "tenderness", "surprise"), "warm smile": ("interest", "agreement", "tenderness"),
    "tenderness": ("warm smile", "sympathy", "embarrassment"), "sympathy": ("concern", "tenderness", "fear"),
    "concern": ("sympathy", "scepticism", "interest"), "surprise": ("interest", "scepticism", "concern"),
    "fear": ("surprise", "concern", "disgust"), "disgust": ("concern", "scepticism", "surprise"),
    "anger": ("disgust", "contempt", "concern"), "contempt": ("scepticism", "anger", "boredom"),
    "boredom": ("scepticism", "contempt", "neutral"), "scepticism": ("concern", "contempt", "interest"),
    "embarrassment": ("warm smile", "concern", "tenderness"),
}  # fmt: skip
"""What mixes with what."""


def _episode(
    rng: np.random.Generator, expression: Expression, start: float, height: float, hold: float | None = None
) -> ExpressionEpisode:
    brief = hold is not None
    return ExpressionEpisode(
        expression,
        start,
        attack=float(rng.uniform(*expression.attack)) * (0.7 if brief else 1.0),
        hold=float(rng.uniform(*expression.hold)) if hold is None else hold,
        release=float(rng.uniform(0.6, 1.6)),
        height=height,
        sustain=0.05 if brief else expression.sustain * float(rng.uniform(0.6, 1.2)),
    )

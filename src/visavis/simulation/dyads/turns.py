"""Turn-taking: one continuous-time process that passes the floor back and forth.

A turn is a run of spurts with pauses between; it ends in an offset, often negative (overlap), after which the other
person's turn begins. Meanwhile the listener acknowledges (backchannels), mostly just after a spurt of the speaker
ends, and sometimes interjects. All distributions are fitted to telephone calls (`fitted.yaml`); lengths come out of
the speech itself, since a spurt lasts as long as the voice takes to say it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from visavis.behavior.people import Habits
from visavis.simulation.dyads.parameters import draw, parameters
from visavis.simulation.voices import Speech

Say = Callable[[int, str, float, float], Speech]
"""What a person says: (person, ``turn``, ``question``, ``answer`` or ``backchannel``, wished seconds, second at which
it begins)."""


QUESTION_CHANCE = 0.14
"""That a turn ends in a question; about every seventh utterance of telephone talk asks (Stolcke et al. 2000)."""


@dataclass(frozen=True)
class Planned:
    """A spurt on the clock.

    Attributes:
        person: 0 or 1.
        start: Seconds.
        speech: What is said.
        kind: ``turn`` or ``backchannel``.
        opens: Whether a turn begins with it.
        closes: Whether a turn ends with it.
        asks: Whether it is a question.
    """

    person: int
    start: float
    speech: Speech
    kind: str = "turn"
    opens: bool = False
    closes: bool = False
    asks: bool = False

    @property
    def end(self) -> float:
        """Seconds."""
        return self.start + self.speech.audio.duration


@dataclass(frozen=True)
class Turn:
    """One person holds the floor from `start` to `end` seconds."""

    person: int
    start: float
    end: float


@dataclass
class Plan:
    """Spurts in order of start, turns in order."""

    spurts: list[Planned] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)


def plan_turns(rng: np.random.Generator, duration: float, habits: tuple[Habits, Habits], say: Say) -> Plan:
    """Draws a conversation of `duration` seconds.

    Args:
        rng: Where chance comes from.
        duration: Seconds; what would end later is not said.
        habits: Of both people.
        say: Makes the speech.
    """
    fitted = parameters()["turns"]
    plan = Plan()
    free = [0.0, 0.0]  # when each person's last speech ended
    holder = int(rng.integers(2))
    talk = _talk_factors(habits)
    clock = float(rng.uniform(0.1, 0.8))
    asked = False
    while clock < duration - 0.4:
        spurts = _one_turn(rng, fitted, holder, clock, duration, talk[holder], asked, say)
        if not spurts:
            break
        plan.spurts += spurts
        plan.turns.append(Turn(holder, spurts[0].start, spurts[-1].end))
        _listen(rng, fitted, plan, spurts, 1 - holder, free, say)
        end, asked = spurts[-1].end, spurts[-1].asks
        free[holder] = end
        offset = draw(rng, fitted["offset"])
        # The next turn may begin before this one ends, but not before it has got going.
        clock = max(end + offset, spurts[-1].start + 0.4 * (end - spurts[-1].start), free[1 - holder] + 0.15)
        holder = 1 - holder
    plan.spurts.sort(key=lambda s: s.start)
    return plan


def _talk_factors(habits: tuple[Habits, Habits]) -> tuple[float, float]:
    """On the length of turns, with a mean of 1 so that the pair as a whole talks as pairs do."""
    a, b = habits[0].talkativeness, habits[1].talkativeness
    return 2 * a / (a + b), 2 * b / (a + b)


def _one_turn(
    rng: np.random.Generator,
    fitted: dict[str, Any],
    person: int,
    start: float,
    duration: float,
    talk: float,
    asked: bool,
    say: Say,
) -> list[Planned]:
    """The spurts of one turn, as far as they end before `duration`."""
    count = max(1, round(draw(rng, fitted["spurts_per_turn"]) * talk))
    lengths = fitted["single_spurt" if count == 1 else "spurt"]
    spurts: list[Planned] = []
    for i in range(count):
        left = duration - start
        wished = min(draw(rng, lengths), 0.8 * left)
        asks = i == count - 1 and rng.random() < QUESTION_CHANCE and not asked
        kind = "question" if asks else "answer" if asked and i == 0 else "turn"
        speech = say(person, kind, wished, start)
        if speech.audio.duration > left:
            break
        spurts.append(Planned(person, start, speech, opens=i == 0, asks=asks))
        start = spurts[-1].end + draw(rng, fitted["pause"])
        if duration - start < 0.4:
            break
    if spurts:
        spurts[-1] = replace(spurts[-1], closes=True)
    return spurts


def _listen(
    rng: np.random.Generator,
    fitted: dict[str, Any],
    plan: Plan,
    spurts: list[Planned],
    listener: int,
    free: list[float],
    say: Say,
) -> None:
    """What the listener says during a turn: acknowledgements near the ends of spurts, and interjections."""
    turn_end = spurts[-1].end
    for spurt in spurts[:-1]:
        acknowledges = rng.random() < fitted["backchannel_chance"]
        if not acknowledges and rng.random() >= fitted["interjection_chance"]:
            continue
        kind = "backchannel" if acknowledges else "turn"
        offset = fitted["backchannel_offset"] if acknowledges else [-1.5] * 6 + [-0.4] * 7
        start = spurt.end + np.clip(draw(rng, offset), -0.6 * (spurt.end - spurt.start), 1.0)
        wished = draw(rng, fitted["backchannel" if acknowledges else "interjection"])
        speech = say(listener, kind, wished, start)
        # Backchannels keep apart from the listener's own other speech, before and after.
        room = turn_end - fitted["backchannel_apart"] if acknowledges else spurt.end
        if start < free[listener] + fitted["backchannel_apart"] or start + speech.audio.duration > room:
            continue
        plan.spurts.append(Planned(listener, float(start), speech, kind))
        free[listener] = start + speech.audio.duration

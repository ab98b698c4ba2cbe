"""Dose and response of what one can ask of people: a table and a picture for docs/results/life.md.

States, emotions, personality and gaze are asked of the plan, and what is counted is planned; stillness and intensity
are asked of motion, and what is measured is the motion. All doses have the same speech and the same random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from visavis.behavior.context import people_of
from visavis.behavior.controls import Controls
from visavis.behavior.events import Event
from visavis.behavior.people import USUAL
from visavis.behavior.planner import Chance, draw_events
from visavis.conversation import Conversation
from visavis.evaluation.life import head_speed
from visavis.files import atomic_write
from visavis.generation.liveliness import scale_motion
from visavis.motion import Motion

SIGMAS = (-2.0, -1.0, 0.0, 1.0, 2.0)
INTENSITIES = (0.0, 0.5, 1.0, 1.5, 2.0)
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
STILL = (0.0, 0.25, 0.5, 0.75, 1.0)
DRAWS = 3
"""Plans of each conversation at each dose."""


@dataclass(frozen=True)
class Asked:
    """What is asked, and what should come of it.

    Attributes:
        name: Of what is asked.
        counted: What is counted.
        doses: What is asked in turn.
        ask: Makes controls of a dose.
        kind: Of the events that are counted; `look` is the share of the time at the partner.
        grows: Whether the response should grow.
        label: Of the events, any unless given.
    """

    name: str
    counted: str
    doses: Sequence[float]
    ask: Callable[[float], Controls]
    kind: str
    grows: bool = True
    label: str = ""


def _state(name: str) -> Callable[[float], Controls]:
    return lambda dose: Controls(state=name, intensity=dose)


def _emotion(name: str) -> Callable[[float], Controls]:
    return lambda dose: Controls(emotion=name, intensity=dose)


ASKED = (
    Asked("state agreeing", "nods of concord a minute", INTENSITIES, _state("agreeing"), "nod", label="concord"),
    Asked("state disagreeing", "shakes a minute", INTENSITIES, _state("disagreeing"), "shake"),
    Asked("state confused", "tilts a minute", INTENSITIES, _state("confused"), "tilt"),
    Asked("state attentive", "share of looks", INTENSITIES, _state("attentive"), "look"),
    Asked("state bored", "share of looks", INTENSITIES, _state("bored"), "look", grows=False),
    Asked("emotion happy", "smiles a minute", INTENSITIES, _emotion("happy"), "smile"),
    Asked("emotion sad", "smiles a minute", INTENSITIES, _emotion("sad"), "smile", grows=False),
    Asked("emotion angry", "shakes a minute", INTENSITIES, _emotion("angry"), "shake"),
    Asked("emotion surprised", "brows raised a minute", INTENSITIES, _emotion("surprised"), "brow", label="raise"),
    Asked("emotion afraid", "share of looks", INTENSITIES, _emotion("afraid"), "look", grows=False),
    Asked("emotion disgusted", "share of looks", INTENSITIES, _emotion("disgusted"), "look", grows=False),
    Asked("extraversion", "smiles a minute", SIGMAS, lambda dose: Controls(extraversion=dose), "smile"),
    Asked("extraversion", "gestures a minute", SIGMAS, lambda dose: Controls(extraversion=dose), "gesture"),
    Asked("shyness", "share of looks", SIGMAS, lambda dose: Controls(shyness=dose), "look", grows=False),
    Asked("gaze share", "share of looks", SHARES, lambda dose: Controls(gaze=dose), "look"),
)


@dataclass(frozen=True)
class Response:
    """A curve.

    Attributes:
        name: Of what is asked.
        counted: What is counted.
        doses: What was asked.
        values: What came.
        grows: Whether it should grow.
    """

    name: str
    counted: str
    doses: list[float]
    values: list[float]
    grows: bool

    @property
    def monotone(self) -> bool:
        """Whether every step of the dose moves the response in the right direction."""
        steps = np.diff(self.values)
        return bool((steps > 0).all() if self.grows else (steps < 0).all())


def responses(conversations: Sequence[Conversation]) -> list[Response]:
    """All curves.

    Args:
        conversations: With speech, seats and motion.
    """
    found = [_planned(asked, conversations) for asked in ASKED]
    motions = [person.motion for conversation in conversations for person in conversation if person.motion is not None]
    for name, doses in (("stillness", STILL), ("intensity", INTENSITIES)):
        scaled = [[_scaled(motion, name, dose) for motion in motions] for dose in doses]
        speed = [float(np.mean([head_speed(m).mean() for m in each])) for each in scaled]
        smile = [float(np.mean([m["mouthSmileLeft"].std() for m in each])) for each in scaled]
        grows = name == "intensity"
        found += [Response(name, "head speed (deg/s)", list(doses), speed, grows),
                  Response(name, "standard deviation of the smile", list(doses), smile, grows)]  # fmt: skip
    return found


def _planned(asked: Asked, conversations: Sequence[Conversation]) -> Response:
    values = []
    for dose in asked.doses:
        total = seconds = 0.0
        for n, conversation in enumerate(conversations):
            people = people_of(conversation)
            for draw in range(DRAWS):
                controls = asked.ask(dose)
                plan = draw_events(Chance(1000 * n + draw, "life "), people, (USUAL, USUAL), (controls, controls))
                total += sum(_amount(asked, event) for events in plan for event in events)
                seconds += 2 * conversation.duration
        values.append(total / seconds if asked.kind == "look" else 60 * total / seconds)
    return Response(asked.name, asked.counted, list(asked.doses), values, asked.grows)


def _amount(asked: Asked, event: Event) -> float:
    """What an event counts for: 1, or of a look at the partner its seconds."""
    if event.kind != asked.kind or (asked.label and event.label != asked.label):
        return 0.0
    return (event.length if event.label == "partner" else 0.0) if asked.kind == "look" else 1.0


def _scaled(motion: Motion, name: str, dose: float) -> Motion:
    options = {name: dose}
    values = scale_motion(motion.values, motion.values.mean(0), motion.space, motion.fps, **options)
    return Motion(values, motion.fps, motion.space)


def table(found: Sequence[Response]) -> list[str]:
    """Lines of Markdown."""
    lines = ["| asked | counted | dose: response | rank correlation | monotone |", "| --- | --- | --- | ---: | --- |"]
    for each in found:
        pairs = ", ".join(f"{dose:g}: {value:.2f}" for dose, value in zip(each.doses, each.values, strict=True))
        rank = float(spearmanr(each.doses, each.values).statistic)
        verdict = "yes" if each.monotone else "**no**"
        lines.append(f"| {each.name} | {each.counted} | {pairs} | {rank:+.2f} | {verdict} |")
    return lines


def draw(found: Sequence[Response], path: Path) -> None:
    """The curves as a picture."""
    from matplotlib.figure import Figure

    columns = 5
    rows = -(-len(found) // columns)
    figure = Figure(figsize=(2.7 * columns, 2.1 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, each in zip(axes, found, strict=False):
        axis.plot(each.doses, each.values, "o-", color="#1f6f78" if each.monotone else "#d1603d", markersize=4)
        axis.set_title(each.name, fontsize=9)
        axis.set_ylabel(each.counted, fontsize=7)
        axis.set_ylim(0, 1.1 * max(each.values))
        axis.tick_params(labelsize=7)
    for axis in axes[len(found) :]:
        axis.set_visible(False)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100)

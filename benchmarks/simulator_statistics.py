"""The simulator's statistics beside those of real conversations: writes docs/results/simulator.md and a picture.

    python -m benchmarks.simulator_statistics --data ../shared/data

Everything is counted by the same code on both sides. Where no recording here shows something (gaze in a room,
blinks), the figure beside it is from the literature, and says so.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Participant
from visavis.motion.gaze import gaze_angle_to_partner
from visavis.simulation.dyads.face_statistics import AU12_OF_SMILE, smile_statistics
from visavis.simulation.dyads.generate import expand_voices, one
from visavis.simulation.dyads.recordings import (
    GAZE_PARTNER,
    VIDEO_FPS,
    dwell_times,
    signal_intervals,
    telephone_calls,
    video_calls,
)
from visavis.simulation.dyads.simulator import VERSION
from visavis.simulation.dyads.turn_statistics import TurnStatistics, merge, turns_of

Figure = Callable[[TurnStatistics], float | np.floating]

FPS = 25.0
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Row:
    """One line of the table: what, in which unit, real, simulated, and where the real figure is from."""

    name: str
    real: float
    ours: float
    source: str
    digits: int = 2

    @property
    def differs(self) -> bool:
        """By more than a quarter of the real figure, and visibly at the digits shown."""
        return abs(self.ours - self.real) > max(0.25 * abs(self.real), 1.5 * 10.0**-self.digits)

    def line(self) -> str:
        """As a row of a Markdown table."""
        real, ours = (f"{value:.{self.digits}f}" for value in (self.real, self.ours))
        return f"| {self.name} | {real} | {ours} | {'**yes**' if self.differs else ''} | {self.source} |"


def turn_rows(real: TurnStatistics, ours: TurnStatistics) -> list[Row]:
    def both(name: str, value: Figure, digits: int = 2) -> Row:
        return Row(name, float(value(real)), float(value(ours)), "telephone calls", digits)

    def quantile(field: str, level: float) -> Figure:
        return lambda s: np.quantile(getattr(s, field), level)

    return [
        both("offset between turns, median (s)", quantile("offsets", 0.5)),
        both("offset between turns, lower quartile (s)", quantile("offsets", 0.25)),
        both("offset between turns, upper quartile (s)", quantile("offsets", 0.75)),
        both("turns that begin in overlap (share)", lambda s: np.mean(np.array(s.offsets) < 0)),
        both("speech in overlap (share of speech time)", lambda s: s.overlap_share, 3),
        both("turn length, median (s)", quantile("turns", 0.5)),
        both("turn length, mean (s)", lambda s: np.mean(s.turns)),
        both("spurt length, median (s)", lambda s: np.median(s.spurts + s.single_spurts)),
        both("pause within turns, median (s)", quantile("pauses", 0.5)),
        both("backchannels per minute, both people", lambda s: s.backchannels_per_minute),
        both("backchannel length, median (s)", quantile("backchannels", 0.5)),
        both("backchannel after the end of the nearest spurt, median (s)", quantile("backchannel_offsets", 0.5)),
        both("interjections per minute, both people", lambda s: 60 * len(s.interjections) / s.seconds),
        both("speech of both (share of time)", lambda s: sum(s.speech) / s.seconds),
    ]


def smile_rows(data: Path, conversations: list[Conversation]) -> list[Row]:
    real = smile_statistics([v.au12 for v in video_calls(data)], VIDEO_FPS)
    curves = [(_smiling(c.a), _smiling(c.b)) for c in conversations]
    ours = smile_statistics(curves, FPS)
    source = "video calls (AU12)"
    return [
        Row("smiles per minute and person", real.per_minute, ours.per_minute, source),
        Row("smile length, median (s)", float(np.median(real.lengths)), float(np.median(ours.lengths)), source),
        Row("smile height, median (AU12, 0-5)", float(np.median(real.heights)), float(np.median(ours.heights)), source),
        Row("mean AU12 above rest", real.mean, ours.mean, source),
        Row("correlation of the two people's smiles", real.correlation, ours.correlation, source),
        Row("the same, re-paired", real.repaired, ours.repaired, source),
        Row("lag at which it is highest (s)", real.lag[0], ours.lag[0], source),
    ]


def _smiling(person: Participant) -> NDArray[np.float64]:
    """AU12 over time."""
    assert person.motion is not None
    return AU12_OF_SMILE * person.motion["mouthSmileLeft"].astype(np.float64)


def signal_rows(data: Path, conversations: list[Conversation]) -> list[Row]:
    minutes = sum(2 * c.duration for c in conversations) / 60
    rows = []
    for name, counted in signal_intervals(data).items():
        lengths = [w.end - w.start for c in conversations for p in c for w in p.events[name]]
        rows.append(
            Row(f"{name}s per minute and person", counted.per_minute, len(lengths) / minutes, "annotated dyads")
        )
        real, ours = float(np.median(counted.lengths)), float(np.median(lengths))
        rows.append(Row(f"{name} length, median (s)", real, ours, "annotated dyads"))
    return rows


def _talking(person: Participant) -> NDArray[np.bool_]:
    """Whether the person speaks, over time."""
    assert person.speaking is not None
    return person.speaking["speaking"] > 0.5


def gaze_rows(data: Path, conversations: list[Conversation]) -> list[Row]:
    speaking, listening, mutual, starts, blinks, stays, mutual_stays = [], [], [], [], [], [], []
    for c in conversations:
        codes = [p.tracks["gaze_target"]["code"] for p in c]
        talks = [_talking(p) for p in c]
        mutual.append(float((codes[0] * codes[1]).mean()))
        mutual_stays += dwell_times(codes[0] * codes[1], 1, FPS)
        for i, p in enumerate(c):
            speaking.append(codes[i][talks[i]])
            listening.append(codes[i][talks[1 - i] & ~talks[i]])
            stays += dwell_times(codes[i], 1, FPS)
            blinks.append(60 * len(p.events["blink"]) / c.duration)
            for u in p.utterances:
                if u.kind == "turn" and u.end - u.start > 2:
                    starts.append(codes[i][int(u.start * FPS) : int(u.start * FPS) + 12].mean())
    real_stays = [t for v in video_calls(data) for codes in v.gaze for t in dwell_times(codes, GAZE_PARTNER, VIDEO_FPS)]
    return [
        Row("looking at the partner while speaking (share)", 0.41, float(np.concatenate(speaking).mean()),
            "Argyle & Ingham 1972, 1.8 m apart"),
        Row("looking at the partner while listening (share)", 0.75, float(np.concatenate(listening).mean()),
            "Argyle & Ingham 1972"),
        Row("mutual gaze (share of time)", 0.31, float(np.mean(mutual)), "Argyle & Ingham 1972"),
        Row("mutual gaze, mean length (s)", 1.2, float(np.mean(mutual_stays)), "Argyle & Cook 1976"),
        Row("stay at the partner, median (s)", float(np.median(real_stays)), float(np.median(stays)), "video calls"),
        Row("blinks per minute", 26.0, float(np.mean(blinks)), "Bentivoglio et al. 1997, conversation", 1),
    ]  # fmt: skip


def draw_minute(conversation: Conversation, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(8, 1, figsize=(14, 13), sharex=True, layout="constrained")
    people = [(conversation.a, conversation.b), (conversation.b, conversation.a)]
    for (p, q), rows in zip(people, (axes[:4], axes[4:]), strict=True):
        assert p.motion is not None and q.motion is not None  # noqa: PT018
        assert p.seat is not None and q.seat is not None  # noqa: PT018
        t = p.motion.times
        for u in p.utterances:
            rows[0].axvspan(u.start, u.end, color="C0" if u.kind == "turn" else "C1", alpha=0.4, lw=0)
        angle = np.degrees(gaze_angle_to_partner(p.motion, p.seat, q.motion, q.seat))
        rows[0].plot(t, angle, "k", lw=0.8)
        rows[0].set_ylabel(f"{p.name}: speech and\ngaze off partner (°)")
        head = np.degrees(p.motion["neck"] + p.motion["head"])
        for i, name in enumerate(("pitch (down)", "yaw (left)", "roll")):
            rows[1].plot(t, head[:, i] - np.median(head[:, i]), lw=0.9, label=name)
        for w in p.events["nod"]:
            rows[1].axvspan(w.start, w.end, color="C0", alpha=0.2, lw=0)
        for w in p.events["shake"]:
            rows[1].axvspan(w.start, w.end, color="C1", alpha=0.3, lw=0)
        rows[1].set_ylabel("head (°)\nnods shaded")
        for name in ("jawOpen", "mouthPucker", "mouthSmileLeft", "cheekSquintLeft"):
            rows[2].plot(t, p.motion[name], lw=0.9, label=name)
        rows[2].set_ylabel("mouth")
        for name in ("browInnerUp", "browDownLeft", "eyeBlinkLeft"):
            rows[3].plot(t, p.motion[name], lw=0.9, label=name)
        rows[3].set_ylabel("brows, lids")
        for axis in rows[1:]:
            axis.legend(loc="upper right", ncols=4, fontsize=7)
    axes[-1].set_xlabel("seconds")
    axes[-1].set_xlim(0, 60)
    figure.savefig(path, dpi=70)
    plt.close(figure)


NOTES = """
## What it does not do

- Sentences are grammatical and unrelated: nobody answers what was asked, apart from a yes or no after a question, and
  nobody smiles at a joke. Behaviour follows the timing and the sound of speech, negations and questions.
- Laughter moves face and head and makes no sound; people do not talk while they laugh.
- The figures that the simulator was fitted to are the ones it is compared with here: this shows how well the fit
  holds once everything works together, not that it predicts other recordings. Gaze was set to the literature's shares.
- Telephone calls decide the timing of turns, though people on the telephone do not see each other; nods come on top
  of the calls' spoken acknowledgements.
- Nods and shakes are one to three short bursts; annotators mark longer stretches, in which the head also rests.
- The annotated dyads do not say which two people belong together, so how their nods go together is not fitted.
  Annotated smiles are rarer and longer than those counted from AU12: annotators mark what one sees as a smile, and the
  simulator is fitted to AU12.
- The video calls have gaze at a partner on a screen with a card to talk about. Only the length of looks at the partner
  is taken from them; shares of looking come from people in a room (literature).
- The correlation of real smiles is measured on automatic, noisy action units, so that real people's true agreement is
  higher than what is measured and simulated.
- Hands and torso rotation are not simulated; the torso only sways, leans and shifts.
- Texts, voices and rooms are simple: default voices are the built-in synthesiser's.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the recordings")
    parser.add_argument("--conversations", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--voices", default="builtin")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    given = parser.parse_args()
    voices = expand_voices(given.voices.split(","))
    conversations = [one(10_000 + i, given.seconds, voices) for i in range(given.conversations)]
    sections = {
        "Turns": turn_rows(merge(telephone_calls(given.data)), merge(turns_of(c) for c in conversations)),
        "Smiles": smile_rows(given.data, conversations),
        "Signals as people annotate them": signal_rows(given.data, conversations),
        "Gaze and blinks": gaze_rows(given.data, conversations),
    }
    given.out.mkdir(parents=True, exist_ok=True)
    draw_minute(one(10_003, 60.0, voices), given.out / "simulator.png")
    minutes = given.conversations * given.seconds / 60
    text = [
        "# The simulator beside real conversations",
        "",
        f"Simulator version {VERSION}; {given.conversations} conversations, {minutes:.0f} minutes, voices",
        f"`{given.voices}`, seeds from 10000. Written by `python -m benchmarks.simulator_statistics`; definitions are",
        "in `visavis.simulation.dyads.turn_statistics` and `face_statistics`. The column *off* says yes where the",
        "simulator is off by more than a quarter.",
    ]
    head = ["| | real | simulated | off | real figure from |", "| --- | --- | --- | --- | --- |"]
    for title, rows in sections.items():
        text += ["", f"## {title}", "", *head, *(row.line() for row in rows)]
    off = [row.name for rows in sections.values() for row in rows if row.differs]
    listed = "; ".join(off) if off else "nothing"
    text += ["", "## Where it differs", "", f"Off by more than a quarter: {listed}."]
    text += [NOTES.rstrip(), "", "## One simulated minute", "", "![Curves of one simulated minute](simulator.png)", ""]
    part = given.out / ".simulator.md.part"
    part.write_text("\n".join(text), encoding="utf-8")
    part.replace(given.out / "simulator.md")


if __name__ == "__main__":
    main()

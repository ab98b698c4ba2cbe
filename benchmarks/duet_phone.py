"""A real telephone call: do the lips of the person who speaks move, and those of the other not?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.who_speaks import phone_truth
from visavis.conversation import Conversation, Participant
from visavis.evaluation.lip_activity import activity_auc, lip_activity, who_auc
from visavis.media import read_audio
from visavis.media.audio import SAMPLE_RATE, Audio

SEEDS = (0, 1, 2)
TARGETS = {"separate channels": 0.90, "mono mix": 0.80}


def load_call(folder: Path) -> tuple[Audio, Audio]:
    """Both sides at 16 kHz, equally long."""
    import soxr

    sides = [read_audio(folder / f"speaker_{side}.wav").channels[0] for side in "ab"]
    samples = [
        s.samples if s.sample_rate == SAMPLE_RATE else soxr.resample(s.samples, s.sample_rate, SAMPLE_RATE)
        for s in sides
    ]
    length = min(map(len, samples))
    return Audio(samples[0][:length]), Audio(samples[1][:length])


def conversations(folder: Path) -> dict[str, Conversation]:
    """The call with each person's own voice, and as one mono track."""
    a, b = load_call(folder)
    power = [np.sqrt(np.mean(x.samples**2)) for x in (a, b)]
    mix = a.samples / power[0] + b.samples / power[1]
    mixed = Audio((0.5 * mix / np.abs(mix).max()).astype(np.float32))
    return {
        "separate channels": Conversation("phone", (Participant("A", audio=a), Participant("B", audio=b)), a.duration),
        "mono mix": Conversation("phone", (Participant("A"), Participant("B")), a.duration, mixed),
    }


def spans_to_frames(spans: Sequence[tuple[float, float]], frames: int, fps: float) -> np.ndarray:
    """Frames in which somebody speaks for at least half of the time."""
    share = np.zeros(frames)
    edges = np.arange(frames + 1) / fps
    for start, stop in spans:
        share += np.clip(np.minimum(edges[1:], stop) - np.maximum(edges[:-1], start), 0, None) * fps
    return share >= 0.5


@dataclass(frozen=True)
class Heard:
    """How well the right person's lips move in one kind of sound.

    Attributes:
        scores: AUC of lip activity of each seed, mean over both people.
        who: AUC of A's minus B's activity of each seed, where one of them speaks.
        known: AUC of the speaking probabilities, mean over both people.
        seconds: Of an animation.
    """

    scores: list[float]
    who: list[float]
    known: float
    seconds: float


def measured(folder: Path, model_name: str | None, seeds: Sequence[int] = SEEDS) -> dict[str, Heard]:
    """By kind of sound."""
    from visavis.generation.apply import apply
    from visavis.models import from_pretrained
    from visavis.perception.speaking import Diarizer

    model = from_pretrained(model_name or "duet")
    truth = phone_truth(folder)
    found = {}
    for name, conversation in conversations(folder).items():
        heard = Diarizer()(conversation)
        frames = round(heard.duration * model.fps)
        speaks = [spans_to_frames(truth[side], frames, model.fps) for side in "AB"]
        known = [p.speaking.at(model.fps, frames).values[:, 0] for p in heard.participants if p.speaking is not None]
        own = float(np.mean([activity_auc(known[i], speaks[i]) for i in (0, 1)]))
        crossed = float(np.mean([activity_auc(known[i], speaks[1 - i]) for i in (0, 1)]))
        if name == "mono mix" and crossed > own:
            heard, own = heard.swapped(), crossed
        scores, who = [], []
        start = time.monotonic()
        for seed in seeds:
            (moved,) = apply(heard, model, seed=seed)
            activity = [lip_activity(p.motion) for p in moved.participants if p.motion is not None]
            scores.append(float(np.mean([activity_auc(activity[i], speaks[i]) for i in (0, 1)])))
            who.append(who_auc(activity[0], activity[1], speaks[0], speaks[1]))
        found[name] = Heard(scores, who, own, (time.monotonic() - start) / len(seeds))
    return found


def report(folder: Path, model_name: str | None) -> list[str]:
    """Markdown."""
    lines = [
        "Frame AUC of lip activity (standard deviation of the lip columns over 0.5 s) against the true turns of the",
        "call, mean over both people and three seeds (lowest to highest); `who` is the AUC of A's minus B's activity",
        "where exactly one of them speaks; the last column is the AUC of the speaking probabilities themselves. A mono",
        "mix does not say which voice is A's: the assignment that fits better counts, as in diarization.", "",
        "| sound | AUC | target | who | speaking probability |", "| --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for name, heard in measured(folder, model_name).items():
        print(f"{name}: {heard.seconds:.1f} s per animation", flush=True)
        scores = heard.scores
        lines.append(
            f"| {name} | {np.mean(scores):.3f} ({min(scores):.3f} to {max(scores):.3f}) | {TARGETS[name]:.2f} |"
            f" {np.mean(heard.who):.3f} | {heard.known:.3f} |"
        )
    return lines

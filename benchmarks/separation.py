"""Two people on one track, measured: who of them moves the lips, whose voice is on which track, what it costs.

Run ``python -m benchmarks.separation [FOLDER]``; it prints Markdown. FOLDER holds ``phone-call/`` (default
``../shared/data``).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.duet_phone import SEEDS, conversations, load_call, spans_to_frames
from benchmarks.who_speaks import phone_truth
from visavis.conversation import Conversation, Participant
from visavis.evaluation.lip_activity import activity_auc, lip_activity, who_auc
from visavis.generation.apply import apply
from visavis.media import SAMPLE_RATE, Audio
from visavis.models import from_pretrained
from visavis.models.preprocessing import mixed_track
from visavis.perception.separation import FPS, Voices, separate, tell_apart
from visavis.perception.speaking import Diarizer
from visavis.simulation.dyads import simulate

Turns = list[np.ndarray]
_CONDITION = "visavis.models.duet.sampling.conditioning_audio"
_EVIDENCE = "visavis.perception.speaking.tell_apart"


def heard(conversation: Conversation, truth: Turns, evidence: bool = True) -> Conversation:
    """With speaking probabilities, and the people in the order that fits the truth better."""
    with patch(_EVIDENCE, tell_apart if evidence else lambda _sound, speaking, _voices: speaking):
        found = Diarizer()(conversation)
    rows = probabilities(found, len(truth[0]))
    own, crossed = (sum(activity_auc(rows[i ^ k], truth[i]) for i in (0, 1)) for k in (0, 1))
    return found if own >= crossed else found.swapped()


def probabilities(conversation: Conversation, frames: int) -> np.ndarray:
    """(2, T) at 25 frames/s."""
    return np.stack([p.speaking.at(FPS, frames).values[:, 0] for p in conversation if p.speaking is not None])


def lips(conversation: Conversation, truth: Turns, mixed: bool) -> str:
    """Cells of the call's table: with `mixed`, both streams of Duet hear the mixed track."""
    model = from_pretrained("duet")
    rows: list[list[float]] = []
    together = truth[0] & truth[1]
    for seed in SEEDS:
        if mixed:
            with patch(_CONDITION, lambda talk: (mixed_track(talk),) * 2):
                (moved,) = apply(conversation, model, seed=seed)
        else:
            (moved,) = apply(conversation, model, seed=seed)
        motions = [p.motion for p in moved if p.motion is not None]
        active = [lip_activity(motion) for motion in motions]
        jaws = [motion.values[:, motion.space.index("jawOpen")] for motion in motions]
        differ = np.abs(jaws[0] - jaws[1])[together] > 0.05
        quiet = [a[~t].mean() / a[t].mean() for a, t in zip(active, truth, strict=True)]
        auc = np.mean([activity_auc(a, t) for a, t in zip(active, truth, strict=True)])
        alike = np.corrcoef(jaws[0][together], jaws[1][together])[0, 1]
        who = who_auc(active[0], active[1], truth[0], truth[1])
        rows.append([float(x) for x in (auc, who, alike, differ.mean(), np.mean(quiet))])
    known = probabilities(conversation, len(truth[0]))
    speaking = np.mean([activity_auc(known[i], truth[i]) for i in (0, 1)])
    means, spread = np.mean(rows, 0), [f(row[0] for row in rows) for f in (min, max)]
    return (
        f"{means[0]:.3f} ({spread[0]:.3f} to {spread[1]:.3f}) | {means[1]:.3f} | {means[2]:.2f} | {means[3]:.2f} |"
        f" {means[4]:.2f} | {speaking:.3f}"
    )


def ratio(estimate: np.ndarray, truth: np.ndarray) -> float:
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux et al., SDR - half-baked or well done?, 2019)."""
    target = truth * (estimate @ truth) / (truth @ truth)
    return float(10 * np.log10((target @ target + 1e-9) / (np.sum((estimate - target) ** 2) + 1e-9)))


def overlapping(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Two simulated people, 40 s each, of different conversations: the second begins 20 s after the first."""
    talks = [simulate(seed=9000 + number + k, duration=40.0) for k in (0, 1)]
    voices = [max((p.audio.samples for p in talk if p.audio is not None), key=lambda s: float(s @ s)) for talk in talks]
    first, second = (0.05 * voice / np.sqrt(np.mean(voice**2)) for voice in voices)
    gap = np.zeros(20 * SAMPLE_RATE, np.float32)
    return np.concatenate([first, gap]), np.concatenate([gap, second])


def loud(samples: np.ndarray) -> np.ndarray:
    """(T,) where a voice is within 30 dB of its loud frames."""
    size = SAMPLE_RATE // FPS
    power = 10 * np.log10(np.square(samples[: len(samples) // size * size].reshape(-1, size)).mean(1) + 1e-10)
    audible: np.ndarray = power > np.percentile(power[power > -70], 95) - 30
    return audible


def separation(a: np.ndarray, b: np.ndarray, truth: Turns) -> str:
    """Cells of the table of voices."""
    mix = (a + b).astype(np.float32)
    talk = heard(Conversation("x", (Participant("A"), Participant("B")), len(mix) / SAMPLE_RATE, Audio(mix)), truth)
    rows = probabilities(talk, len(truth[0]))
    start = time.process_time()
    found = separate(Audio(mix), rows)
    seconds = time.process_time() - start
    voices = Voices.learn(mix, rows)
    together = np.repeat(truth[0] & truth[1], SAMPLE_RATE // FPS)
    together = np.pad(together, (0, len(mix) - len(together)))
    gains = [
        ratio(track.samples[together], own[together]) - ratio(mix[together], own[together])
        for track, own in zip(found.tracks, (a, b), strict=True)
    ]
    clarity = "-" if voices is None else f"{voices.clarity.mean():.2f}"
    return (
        f"{together.sum() / SAMPLE_RATE:.0f} | {clarity} | {'yes' if found.in_overlap else 'no'} | {gains[0]:.1f} |"
        f" {gains[1]:.1f} | {seconds * SAMPLE_RATE / len(mix):.4f}"
    )


def main(folder: Path) -> None:
    """Prints both tables."""
    call = conversations(folder)
    frames = round(call["mono mix"].duration * FPS)
    spans = phone_truth(folder)
    truth = [spans_to_frames(spans[side], frames, FPS) for side in "AB"]
    print("| voices | overlap (s) | clarity | taken apart | A, SI-SDR gain (dB) | B | CPU s per s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for number in range(8):
        a, b = overlapping(number)
        speaks = [loud(a), loud(b)]
        if (speaks[0] & speaks[1]).sum() >= FPS:
            print(f"| simulated {number} | {separation(a, b, speaks)} |", flush=True)
    sides = [side.samples / np.sqrt(np.mean(side.samples**2)) for side in load_call(folder)]
    scale = 0.5 / np.abs(sides[0] + sides[1]).max()
    print(f"| telephone | {separation(scale * sides[0], scale * sides[1], truth)} |\n", flush=True)
    print("| sound | AUC | who | jaws alike in overlap | jaws differ | silent / speaking | speaking probability |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    mono = call["mono mix"]
    before = heard(mono, truth, evidence=False)
    print(f"| mono mix, both hear the mix, probabilities without evidence | {lips(before, truth, True)} |", flush=True)
    after = heard(mono, truth)
    print(f"| mono mix, both hear the mix | {lips(after, truth, True)} |", flush=True)
    print(f"| mono mix | {lips(after, truth, False)} |", flush=True)
    with patch.object(Voices, "unlike", True):
        print(f"| mono mix, taken apart where both speak, too | {lips(after, truth, False)} |", flush=True)
    print(f"| separate channels | {lips(heard(call['separate channels'], truth), truth, False)} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data") / "phone-call")

"""Do the lips follow real voices: predicted mouth coefficients against tracked ones, clean and with music.

    python -m benchmarks.lipsync [--model FOLDER] [--data FOLDER]

The clips are recordings that are not part of the project. Which of them are English speech was decided by
transcribing them: the two WDA clips are speeches, and flame-dyad is one side of a conversation whose only track is a
FLAME jaw angle. `latentsync` is speech that an English recogniser makes nothing of; `d6` and `d10` are singing over
music. Clips without sound, or with silence, are left out and named. Prints Markdown.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from visavis.conversation import Conversation, Participant, Track
from visavis.evaluation.intervals import mean_interval
from visavis.evaluation.lipsync import LIP_COLUMNS, LipSync, LipSyncScore, log_energy
from visavis.media.audio import Audio
from visavis.simulation.dyads.acoustics import add_at
from visavis.simulation.dyads.music import make_music

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
ENGLISH = ("WDA_AlexandriaOcasioCortez_000", "WDA_KatieHill_000", "flame-dyad")
MUSIC_SEEDS = (900, 901)

Predictor = Callable[[Audio], Track]


@dataclass(frozen=True)
class Clip:
    """A talking face: its sound, its tracked mouth, and whether it is English speech."""

    name: str
    audio: Audio
    tracked: Track
    english: bool


def load_clips(data: Path) -> tuple[list[Clip], list[str]]:
    """The clips, and the names of those without sound."""
    clips, mute = [], []
    for path in sorted((data / "one-face" / "tracks").glob("*.npz")):
        with np.load(path, allow_pickle=False) as stored:
            audio, names = Audio(stored["audio"]), [str(n) for n in stored["names"]]
            values, fps = stored["bs"], float(stored["fps"])
        if not len(audio) or np.abs(audio.samples).max() < 1e-4:
            mute.append(path.stem)
            continue
        tracked = Track(values[:, [names.index(c) for c in LIP_COLUMNS]], fps, LIP_COLUMNS)
        clips.append(Clip(path.stem, audio, tracked, path.stem in ENGLISH))
    dyad = data / "flame-dyad"
    if dyad.is_dir():
        samples, rate = soundfile.read(dyad / "speaker2.wav", dtype="float32")
        with np.load(dyad / "speaker2.npz") as stored:
            jaw = Track(stored["pose"][:, 3], 25.0, ("jawOpen",))
        clips.append(Clip("flame-dyad", Audio(samples, rate), jaw, True))
    return clips, mute


def with_music(audio: Audio, seed: int) -> Audio:
    """The clip with music of the same mean power."""
    music = make_music(audio.duration + 0.1, seed).samples.astype(np.float64)
    mixed = add_at(audio.samples.astype(np.float64), music, 0.0)
    return Audio((mixed / max(1.0, float(np.abs(mixed).max()) / 0.98)).astype(np.float32), audio.sample_rate)


def measure(predict: Predictor, clips: Sequence[Clip], music: int | None = None) -> dict[str, LipSyncScore]:
    """Scores `predict` on `clips`, with music of seed `music` unless None."""
    metric = LipSync()
    for clip in clips:
        metric.update(clip.name, predict(clip.audio if music is None else with_music(clip.audio, music)), clip.tracked)
    return metric.compute()


def duet_predictor(folder: str | None) -> Predictor:
    """Animates the clip as one side of a conversation whose other side is silent; the speaker's mouth."""
    from visavis.generation.apply import apply
    from visavis.models import from_pretrained

    model = from_pretrained(folder or "duet")

    def predict(audio: Audio) -> Track:
        speaker, listener = Participant("A", audio=audio), Participant("B", audio=Audio.silence(audio.duration))
        (moved,) = apply(Conversation("clip", (speaker, listener), audio.duration), model)
        motion = moved.a.motion
        assert motion is not None
        columns = [motion.space.index(c) for c in LIP_COLUMNS]
        return Track(motion.values[:, columns], motion.fps, LIP_COLUMNS)

    return predict


def summary(name: str, runs: Sequence[dict[str, LipSyncScore]]) -> list[str]:
    """A row per column: mean over clips at each clip's best lag, its interval, the null, one lag for all."""
    rows = []
    for column in LIP_COLUMNS:
        scores = [run[column] for run in runs if column in run]
        if not scores:
            continue
        best, low, high = mean_interval(np.mean([s.best for s in scores], 0), least=-1.0, most=1.0)  # over clips
        null, common = (np.mean([x.mean() for x in xs]) for xs in (
            [s.null for s in scores], [s.common for s in scores]))  # fmt: skip
        lags = "/".join(f"{s.common_lag:+d}" for s in scores)
        rows.append(
            f"| {name} | {column} | {best:.2f} [{low:.2f}, {high:.2f}] | {null:.2f} | {common:.2f} ({lags}) |"
            f" {len(scores[0].clips)} |"
        )
    return rows


HEADER = [
    "| what | column | best lag, mean [95% CI] | wrong clip | one lag for all (lag) | clips |",
    "| --- | --- | --- | --- | --- | --- |",
]


def report(predictors: dict[str, Predictor], clips: Sequence[Clip]) -> list[str]:
    """Tables for English speech and for the other clips, then jawOpen clip by clip."""
    lines: list[str] = []
    for title, chosen in (
        ("English speech", [c for c in clips if c.english]),
        ("Other speech and singing", [c for c in clips if not c.english]),
    ):
        if not chosen:
            continue
        lines += [f"### {title}", "", *HEADER]
        details = []
        for name, predict in predictors.items():
            clean = measure(predict, chosen)
            noisy = [measure(predict, chosen, seed) for seed in MUSIC_SEEDS]
            lines += summary(name, [clean]) + summary(f"{name}, music at 0 dB", noisy)
            jaw = clean["jawOpen"]
            details += [
                f"| {name} | {clip} | {best:.2f} | {lag:+d} | {null:.2f} |"
                for clip, best, lag, null in zip(jaw.clips, jaw.best, jaw.lags, jaw.null, strict=True)
            ]
        lines += ["", "| what | clip | jawOpen | lag | wrong clip |", "| --- | --- | --- | --- | --- |", *details, ""]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="checkpoint folder; the built-in weights unless given")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    clips, mute = load_clips(arguments.data)
    print("\n".join(report({"Duet": duet_predictor(arguments.model), "log energy": log_energy}, clips)))
    print(f"Left out, no sound: {', '.join(mute)}.")


if __name__ == "__main__":
    main()

"""Which audio features lips should be driven by: small networks on each, trained on synthetic speech, scored on faces.

    python -m visavis.simulation.voices.fill_bank --out BANK --voices flite:slt,... --minutes 5
    python -m benchmarks.audio_features --bank BANK [--windows 400] [--out docs/results/audio-features.md]

Every network is the same but for its input: dilated convolutions over +-0.3 s, about 0.2 million parameters, trained
on the same windows of speech from the bank, three in four of them with a room, noise, music or a telephone line.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.lipsync import DATA, HEADER, MUSIC_SEEDS, Predictor, load_clips, measure, summary
from visavis.conversation import Interval, Track
from visavis.evaluation.lipsync import LIP_COLUMNS, lag_correlations, log_energy
from visavis.features.audio import AudioEncoder, get_encoder
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.motion.spaces import ARKIT_SHAPES
from visavis.simulation.dyads.acoustics import degrade
from visavis.simulation.dyads.lips import lip_curves
from visavis.simulation.voices.bank import SpeechBank

ENCODERS = ("log-mel", "moonshine-tiny", "whisper-tiny.en", "log-mel+moonshine-tiny", "log-mel+whisper-tiny.en")
SECONDS = 8.0
FPS = 50.0
# rig-speech's column names are not reliable; this column is the jaw's by what it does (see the results).
RIG_JAW = 74
MARK = "## Figures"


def make_windows(bank: SpeechBank, count: int, seed: int) -> tuple[list[Audio], NDArray[np.float32]]:
    """`count` windows of one speaker each, and the four lip curves of each at 50 Hz, (count, 400, 4)."""
    rng = np.random.default_rng(seed)
    columns = [ARKIT_SHAPES.index(c) for c in LIP_COLUMNS]
    sounds, curves = [], []
    for index in range(count):
        speaker = bank.speakers[int(rng.integers(len(bank.speakers)))]
        samples = np.zeros(round(SECONDS * SAMPLE_RATE), np.float32)
        phones: list[Interval] = []
        at = float(rng.uniform(0, 1))
        while at < SECONDS - 1:
            kind = "backchannel" if rng.random() < 0.2 else "turn"
            speech = bank.draw(speaker, kind, int(rng.integers(3, 25)), rng)
            start = round(at * SAMPLE_RATE)
            length = min(len(speech.audio), len(samples) - start)
            samples[start : start + length] = speech.audio.samples[:length]
            phones += [
                Interval(p.label, p.start + at, min(p.end + at, SECONDS))
                for p in speech.phones
                if p.start + at < SECONDS
            ]
            at += speech.audio.duration + float(rng.exponential(0.5))
        audio = Audio(samples)
        curves.append(lip_curves(phones, audio, SECONDS, FPS, seed=int(rng.integers(2**31)))[:, columns])
        sounds.append(audio if index % 4 == 0 else degrade(audio, rng))
    return sounds, np.stack(curves)


class LipNet(nn.Module):
    """Features at 50 Hz to four curves at 50 Hz."""

    def __init__(self, mean: Tensor, scale: Tensor, width: int = 96) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.enter = nn.Sequential(nn.Dropout(0.1), nn.Conv1d(len(mean), width, 1))
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.GroupNorm(1, width), nn.Conv1d(width, width, 3, padding=d, dilation=d), nn.GELU())
            for d in (1, 2, 3, 4)
        )
        self.leave = nn.Conv1d(width, len(LIP_COLUMNS), 1)

    def forward(self, features: Tensor) -> Tensor:
        """(N, T, D) to (N, T, 4)."""
        mean, scale = self.get_buffer("mean"), self.get_buffer("scale")
        hidden = self.enter(((features - mean) / scale).transpose(1, 2))
        for block in self.blocks:
            hidden = hidden + block(hidden)
        movements: Tensor = self.leave(hidden).transpose(1, 2)
        return movements


def train(features: Tensor, targets: Tensor, steps: int, seed: int) -> LipNet:
    """Mean squared error on curves of unit variance."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    flat = features.reshape(-1, features.shape[-1]).float()
    net = LipNet(flat.mean(0), flat.std(0) + 1e-3)
    targets = targets / targets.reshape(-1, len(LIP_COLUMNS)).std(0)
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for _ in range(steps):
        chosen, start = rng.choice(len(features), 16), int(rng.integers(features.shape[1] - 200))
        part = slice(start, start + 200)
        loss = (net(features[chosen, part].float()) - targets[chosen, part]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return net.eval()


def predictor(nets: Sequence[LipNet], encoder: AudioEncoder) -> Predictor:
    """The nets' mean as a `lipsync.Predictor`."""

    def predict(audio: Audio) -> Track:
        with torch.inference_mode():
            features = torch.from_numpy(encoder(audio).values)[None]
            curves = torch.stack([net(features)[0] for net in nets]).mean(0)
        return Track(curves.numpy(), FPS, LIP_COLUMNS).at(25.0)

    return predict


def rig_score(predict: Predictor, data: Path) -> float:
    """Mean correlation of the predicted jaw with the rig's, over the Mandarin recordings, best lag within 3 frames."""
    scores = []
    for path in sorted((data / "rig-speech").glob("*.wav")):
        samples, rate = soundfile.read(path, dtype="float32")
        rig = Track(np.load(path.with_suffix(".npy"))[:, RIG_JAW], 30.0).at(25.0)
        scores.append(lag_correlations(predict(Audio(samples, rate))["jawOpen"], rig["value"]).max())
    return float(np.mean(scores))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--windows", type=int, default=400)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=Path("docs/results/audio-features.md"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    bank = SpeechBank(arguments.bank)
    sounds, curves = make_windows(bank, arguments.windows, 0)
    clips, _ = load_clips(arguments.data)
    groups = {"English": [c for c in clips if c.english], "other": [c for c in clips if not c.english]}
    single = {part for name in ENCODERS for part in name.split("+")}
    stored: dict[str, Tensor] = {}
    cost: dict[str, float] = {}
    for name in sorted(single):
        encoder, begun = get_encoder(name), time.perf_counter()
        stored[name] = torch.from_numpy(np.stack([encoder(sound).values for sound in sounds]).astype(np.float16))
        cost[name] = (time.perf_counter() - begun) / len(sounds)
        print(f"{name}: {1000 * cost[name]:.0f} ms per window", flush=True)
    rows: dict[str, list[str]] = {title: list(HEADER) for title in groups}
    short = ["| features | dim | jaw, English | with music | jaw, other | with music | rig, Mandarin | ms per 8 s |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    candidates: dict[str, Predictor] = {"log energy": log_energy}
    for name in (*candidates, *ENCODERS):
        if name in candidates:
            predict, dim, spent = candidates[name], 1, 0.0
        else:
            parts = name.split("+")
            features = torch.cat([stored[part] for part in parts], -1)
            nets = [train(features, torch.from_numpy(curves), arguments.steps, s) for s in range(arguments.seeds)]
            predict, dim = predictor(nets, get_encoder(name)), features.shape[-1]
            spent = sum(cost[part] for part in parts)
        cells = []
        for title, chosen in groups.items():
            clean = measure(predict, chosen)
            noisy = [measure(predict, chosen, seed) for seed in MUSIC_SEEDS]
            rows[title] += summary(name, [clean]) + summary(f"{name}, music at 0 dB", noisy)
            cells += [clean["jawOpen"].best.mean(), np.mean([n["jawOpen"].best.mean() for n in noisy])]
        rig = "-" if name == "log energy" else f"{rig_score(predict, arguments.data):.2f}"
        short.append(f"| {name} | {dim} | {' | '.join(f'{c:.2f}' for c in cells)} | {rig} | {1000 * spent:.0f} |")
        print(short[-1], flush=True)
    made = (
        f"Made by `python -m benchmarks.audio_features --bank BANK --windows {arguments.windows} --steps "
        f"{arguments.steps} --seeds {arguments.seeds}` on a bank of {len(bank.speakers)} speakers; milliseconds on a "
        "machine as busy as it was."
    )
    lines = [made, "", *short, ""]
    for title, table in rows.items():
        lines += [f"### {title} clips, all columns", "", *table, ""]
    # What a person wrote above the figures stays.
    written = arguments.out.read_text() if arguments.out.is_file() else "# Audio features\n\n"
    part = arguments.out.with_suffix(".part")
    part.write_text(written.split(MARK)[0] + MARK + "\n".join(["", "", *lines]))
    part.replace(arguments.out)


if __name__ == "__main__":
    main()

"""Trains the detector of laughter: ``python -m visavis.training.laughter -o FILE``.

All of the sound is simulated: sentences by the free voices that are installed, laughter by
`visavis.simulation.voices.laughter` in pitches of women and men, alone, together, beside and over speech, in rooms and
over telephones. No recording is used.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.files import atomic_write
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.perception.laughter.detector import scored, with_neighbours
from visavis.perception.laughter.features import FPS, laugh_features
from visavis.simulation.dyads.acoustics import add_at, coloured_noise, degrade
from visavis.simulation.voices import available_voices, get_voice
from visavis.simulation.voices.laughter import laughter
from visavis.simulation.voices.script import utterance
from visavis.simulation.voices.source_filter import VoiceTraits

SCENES, HELD_OUT = 160, 40
SECONDS = 20.0
ENGINES = ("builtin", "flite")
"""Voices that need no alignment, which takes longer than all else."""
HIDDEN = 24
"""Units of the network."""


def draw_scene(rng: np.random.Generator) -> tuple[Audio, NDArray[np.bool_]]:
    """Two people who talk and laugh, and in which windows of `laugh_features` laughter sounds."""
    able = [name for name in available_voices() if name.partition(":")[0] in ENGINES]
    voices = [str(v) for v in rng.choice(able, 2, replace=False)]
    laughers = [_laugher(rng) for _ in voices]
    total = round(SECONDS * SAMPLE_RATE)
    sound, labels = np.zeros(total), np.zeros(total, bool)
    at, who = float(rng.uniform(0, 2)), 0
    while at < SECONDS - 1:
        if rng.random() < 0.3:
            end = at
            for person in range(1 + (rng.random() < 0.4)):
                start = at + (0 if person == 0 else float(rng.uniform(0, 0.6)))
                seconds = float(np.clip(rng.lognormal(0.0, 0.6), 0.4, 4.0))
                laugh = laughter(rng, laughers[who ^ person], seconds).samples * 10 ** (rng.uniform(-9, 3) / 20)
                a, b = _put(sound, laugh, start)
                labels[a:b] = True
                end = max(end, start + seconds)
            at = end + float(rng.uniform(0, 0.6))
        else:
            spoken = (
                get_voice(voices[who])
                .say(utterance(rng, words=int(rng.integers(2, 16))), int(rng.integers(1 << 30)))
                .audio
            )
            _put(sound, spoken.samples, at)
            if rng.random() < 0.15:  # the other laughs over it
                seconds = float(rng.uniform(0.5, 2.0))
                start = at + float(rng.uniform(0, max(0.1, spoken.duration - seconds)))
                a, b = _put(sound, laughter(rng, laughers[1 - who], seconds).samples, start)
                labels[a:b] = True
            at += spoken.duration + float(rng.uniform(0, 0.8))
            who ^= int(rng.random() < 0.6)
    quiet = add_at(sound, coloured_noise(total, float(rng.uniform(0.5, 2)), rng), float(rng.uniform(15, 50)))
    audio = degrade(Audio((quiet / max(1.0, np.abs(quiet).max())).astype(np.float32)), rng)
    centres = np.minimum(np.arange(-(-total // round(SAMPLE_RATE / FPS))) * SAMPLE_RATE / FPS, total - 1).astype(int)
    return audio, labels[centres]


def _laugher(rng: np.random.Generator) -> VoiceTraits:
    woman = bool(rng.random() < 0.5)
    pitch = (200.0 if woman else 115.0) * float(np.exp(rng.normal(0, 0.12)))
    return VoiceTraits(pitch, (1.16 if woman else 1.0) * float(rng.uniform(0.94, 1.06)), float(rng.uniform(0.05, 0.4)))


def _put(sound: NDArray[np.float64], samples: NDArray[np.float32], start: float) -> tuple[int, int]:
    """Adds samples from `start` seconds on, in place; returns the first sample and the one after the last."""
    a = min(len(sound), round(start * SAMPLE_RATE))
    b = min(len(sound), a + len(samples))
    sound[a:b] += samples[: b - a]
    return a, b


def fit(features: list[NDArray[np.float32]], labels: list[NDArray[np.bool_]]) -> dict[str, NDArray[np.float16]]:
    """Weights of the detector from scenes: features (T, F) and whether laughter sounds (T,) of each."""
    from sklearn.neural_network import MLPClassifier

    x, y = np.concatenate([with_neighbours(f) for f in features]), np.concatenate(labels)
    mean, spread = x.mean(0), x.std(0) + 1e-6
    network = MLPClassifier((HIDDEN,), activation="tanh", alpha=1.0, max_iter=25, early_stopping=True, random_state=0)
    network.fit(np.clip((x - mean) / spread, -4, 4), y)
    found = {
        "mean": mean, "spread": spread, "hidden": network.coefs_[0], "hidden_bias": network.intercepts_[0],
        "out": network.coefs_[1], "out_bias": network.intercepts_[1],
    }  # fmt: skip
    return {name: np.asarray(values, np.float16) for name, values in found.items()}


def main() -> None:
    """The command line."""
    from sklearn.metrics import roc_auc_score

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-o", "--out", type=Path, required=True, help="the file of weights to write (.npz)")
    parser.add_argument("--scenes", type=int, default=SCENES, help="simulated scenes to learn from")
    given = parser.parse_args()
    features, labels = [], []
    for i in range(given.scenes + HELD_OUT):
        sound, laughing = draw_scene(np.random.default_rng([7, i]))
        features.append(laugh_features(sound.samples))
        labels.append(laughing)
    weights = fit(features[HELD_OUT:], labels[HELD_OUT:])
    with atomic_write(given.out) as path, path.open("wb") as file:
        np.savez(file, **weights)  # type: ignore[arg-type]  # its stubs take a name for an option
    stored = {name: values.astype(np.float32) for name, values in weights.items()}
    scores = np.concatenate([scored(f, stored) for f in features[:HELD_OUT]])
    area = roc_auc_score(np.concatenate(labels[:HELD_OUT]), scores)
    print(f"{given.out}: area under the ROC curve on {HELD_OUT} scenes held out {area:.3f}")


if __name__ == "__main__":
    main()

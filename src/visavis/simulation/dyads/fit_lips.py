"""Fits the size of mouth movements to real faces: ``python -m visavis.simulation.dyads.fit_lips --data DIR``.

Conversations are simulated with all voices that are installed, or with ``--bank DIR`` those of a speech bank, and the
gains of the lip rules corrected until the simulated people's mouths, smiles and laughter included, have the statistics
of real ones. What is aimed at:

- ``jaw``: the mean over the tracked people and the animated rig, which counts as one more person. Our tracker's jaw is
  taken, because the landmarker's score misses mouths that are a little open.
- ``openings``: the mean over people of the landmarker's score, which counts clear openings only; it decides the power.
- lips: the median over people, since the landmarker takes smiles for raised lips in some of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from visavis.behavior.curves import FPS
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.simulation.dyads import parameters as fitted_file
from visavis.simulation.dyads.lip_recordings import Mouth, filmed_mouths, rig_jaws
from visavis.simulation.dyads.lip_statistics import LipStatistics, lip_statistics, mean_of, median_of
from visavis.simulation.dyads.simulator import simulate
from visavis.simulation.voices import available_voices
from visavis.simulation.voices.bank import SpeechBank

ROUNDS = 5
CONVERSATIONS, SECONDS, SEED = 24, 60.0, 40_000
PER_ENGINE = {"kokoro": 13, "flite": 7, "espeak": 2, "builtin": 2}
"""Shares of the conversations, about as in training; who speaks in which voice is the same every time."""
LIPS = ("pucker", "funnel", "upper_lip", "lower_lip", "press", "stretch")


class Wanted(NamedTuple):
    """Mean jaw opening and openings per second of people, and the medians of how their lips spread."""

    jaw: float
    openings: float
    lips: LipStatistics


def wanted(mouths: Sequence[Mouth], rig: Sequence[tuple[float, float]]) -> Wanted:
    """What real mouths do.

    Args:
        mouths: As from `filmed_mouths`.
        rig: As from `rig_jaws`.
    """
    return Wanted(
        float(np.mean([*(m.tracked.jaw for m in mouths), np.mean([jaw for jaw, _ in rig])])),
        mean_of([m.scores for m in mouths]).openings,
        median_of([m.tracked for m in mouths]),
    )


def fit(want: Wanted, voices: Sequence[str]) -> dict[str, float]:
    """The gains with which people of some voices speak as is wanted, found from those in use."""
    gains = fitted_file.lip_gains()  # the same object that the simulator reads, so that corrections take hold
    for round_ in range(ROUNDS):
        people = rehearse(voices)
        mean, median = mean_of(people), median_of(people)
        gains["power"] *= (mean.openings / want.openings) ** 0.5
        # A higher power makes loud vowels' openings smaller as well, which the gain makes good in the next round.
        gains["jaw"] *= want.jaw / mean.jaw
        for name in LIPS:
            gains[name] *= getattr(want.lips, name) / getattr(median, name)
        print(f"round {round_ + 1} of {ROUNDS}: jaw {mean.jaw:.3f}, openings {mean.openings:.2f}", flush=True)
    return {name: round(value, 3) for name, value in gains.items()}


def rehearse(voices: Sequence[str]) -> list[LipStatistics]:
    """Both people of `CONVERSATIONS` conversations, the same ones every time."""
    people = []
    for i, pair in enumerate(_pairs(voices)):
        conversation = simulate(SEED + i, SECONDS, pair)
        for person in conversation:
            assert person.motion is not None and person.speaking is not None  # noqa: PT018
            speaking = person.speaking["speaking"] > 0.5
            if speaking.sum() >= 5 * FPS:
                people.append(lip_statistics(person.motion.values[:, :52].astype(float), FPS, speaking))
    return people


def _pairs(voices: Sequence[str]) -> list[tuple[str, str]]:
    """The voices of each conversation: of each engine as often as `PER_ENGINE` says, two different ones."""
    rng = np.random.default_rng(SEED)
    engines = {e: [v for v in voices if f":{v}".rpartition(f":{e}:")[1]] for e in PER_ENGINE}
    cast = [e for e, share in PER_ENGINE.items() for _ in range(share) if engines[e]]
    pairs = []
    for i in range(CONVERSATIONS):
        a, b = rng.choice(engines[cast[i % len(cast)]], 2, replace=False)
        pairs.append((str(a), str(b)))
    return pairs


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with one-face/ and rig-speech/")
    parser.add_argument("--out", type=Path, default=Path(fitted_file.__file__).with_name("fitted_lips.yaml"))
    parser.add_argument("--bank", type=Path, help="speech bank whose voices speak; otherwise those installed do")
    given = parser.parse_args()
    try:
        spoken = [f"bank:{given.bank}:{name}" for name in SpeechBank(given.bank).speakers] if given.bank else []
        want = wanted(filmed_mouths(given.data), rig_jaws(given.data))
    except InputError as error:
        raise SystemExit(str(error)) from None
    lips = {name: round(value, 3) for name, value in asdict(want.lips).items() if name in LIPS}
    print(f"wanted: jaw {want.jaw:.3f}, openings {want.openings:.2f}, spreads {lips}", flush=True)
    text = (
        "# Written by `python -m visavis.simulation.dyads.fit_lips --data DIR --bank runs/duet/bank`; see there for "
        "what comes from where.\n" + yaml.safe_dump(fit(want, spoken or available_voices()), sort_keys=False)
    )
    with atomic_write(given.out) as part:
        part.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

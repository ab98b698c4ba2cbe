"""Synthesises utterances into a bank (`visavis.simulation.voices.bank`).

``python -m visavis.simulation.voices.fill_bank --out DIR --voices flite:slt,kokoro:af_heart --minutes 20`` fills DIR
with 20 minutes per voice and resumes where it was stopped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import cast

import numpy as np
import soundfile

from visavis.errors import InputError
from visavis.simulation.voices.bank import write_utterance
from visavis.simulation.voices.registry import get_voice
from visavis.simulation.voices.script import Kind, utterance
from visavis.simulation.voices.speech import Voice

_KINDS: tuple[Kind, ...] = ("turn", "question", "answer", "backchannel")
_SHARES = (0.58, 0.12, 0.10, 0.20)


def fill(folder: Path, voice: Voice, minutes: float, seed: int) -> float:
    """Adds utterances of `voice` to the bank until it holds `minutes` of them; the rest is skipped that exists.

    Returns:
        The minutes it holds.
    """
    target = folder / voice.name.replace(":", "-").replace("+", "_")
    total, number = 0.0, 0
    while total < 60 * minutes:
        path = target / f"{number:05d}.json"
        if path.is_file():
            total += soundfile.info(path.with_suffix(".flac")).duration
        else:
            rng = np.random.default_rng([seed, number, *voice.name.encode()])
            kind = cast(Kind, str(rng.choice(_KINDS, p=_SHARES)))
            length = int(np.clip(rng.lognormal(2.5, 0.6), 3, 40))
            text = utterance(rng, kind, length)
            try:
                speech = voice.say(text, int(rng.integers(2**31)))
            except InputError as error:
                # An aligner may fail on one sentence in a hundred; the next number is another sentence.
                print(f"{voice.name} {number}: {error}", file=sys.stderr)
                if number > 50 and total == 0.0:
                    raise
            else:
                write_utterance(path, speech, voice.name, kind, text)
                total += speech.audio.duration
        number += 1
    return total / 60


def main() -> None:
    """Reads the command line and fills a bank."""
    parser = argparse.ArgumentParser(description="Fill a bank of speech with known phone times.")
    parser.add_argument("--out", type=Path, required=True, help="the bank's folder")
    parser.add_argument("--voices", required=True, help="voices, separated by commas")
    parser.add_argument("--minutes", type=float, required=True, help="minutes per voice")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for name in arguments.voices.split(","):
        held = fill(arguments.out, get_voice(name.strip()), arguments.minutes, arguments.seed)
        print(f"{name}: {held:.1f} min", flush=True)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")

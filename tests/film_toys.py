"""VideoSource of a second, and extractors that find something simple in them."""

from dataclasses import dataclass, replace

import numpy as np

from visavis.conversation import Track, Utterance, Word
from visavis.media.audio import Audio
from visavis.media.video import VideoWriter
from visavis.motion import ARKIT, Motion


def film(path, seconds=1.0, sound=1.0):
    tone = Audio(0.3 * np.sin(np.arange(round(sound * 16_000)) / 7)) if sound else None
    with VideoWriter(path, (64, 48), 25.0, tone) as video:
        for i in range(round(seconds * 25)):
            video.write(np.full((48, 64, 3), 20 + 8 * (i % 25), np.uint8))
    return path


@dataclass(frozen=True)
class ToyExtractor:
    """Writes down what it was given, and finds something simple."""

    step: str
    calls: list
    word: str = "hello"

    def __call__(self, conversation):
        self.calls.append((self.step, conversation.id))
        a, b = conversation.participants
        if self.step == "faces":
            frames = round(conversation.duration * 25)
            a = replace(a, motion=Motion.zeros(frames, 25.0, ARKIT))
        if self.step == "speaking":
            frames = round(conversation.duration * 25)
            a, b = (replace(p, speaking=Track(np.zeros(frames), 25.0, ("speaking",))) for p in (a, b))
        if self.step == "words":
            a = replace(a, utterances=(Utterance(0.0, 0.5, (Word(self.word, 0.0, 0.5),)),))
        return conversation.with_participants(a, b)

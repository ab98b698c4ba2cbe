"""A model that streams, written as a stranger would write one, and such as break what a stream promises."""

from contextlib import contextmanager
from types import MappingProxyType

import numpy as np
import torch
from scipy.signal import lfilter

from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE
from visavis.models.base import BehaviorModel, Capabilities, chosen_options
from visavis.models.cues import check_cues, seat_of, words_known
from visavis.models.preprocessing import conditioning_audio, frame_count, placed_motion
from visavis.models.samples import sample_seed, with_motion
from visavis.motion import ARKIT
from visavis.settings import Section

FPS = 25.0
SAMPLES = round(SAMPLE_RATE / FPS)
"""Per frame."""
AHEAD = 2
"""Frames that the jaw is ahead of the smoothed loudness."""


class JawConfig(Section):
    """How much of a frame's loudness is that of the frame before."""

    memory: float = 0.6


class LoudJaw(BehaviorModel):
    """The jaw follows the loudness of the own voice, smoothed over what was heard until two frames later."""

    name = "loud-jaw"

    def __init__(self, config, space=ARKIT, fps=FPS):
        super().__init__()
        self.config, self.space, self.fps = config, space, fps
        self.provenance = {"model": self.name}
        self.scale = torch.nn.Parameter(torch.tensor(4.0))

    @classmethod
    def build(cls, config, space, fps, statistics, state):
        return cls(config, space, fps)

    @property
    def capabilities(self):
        return Capabilities(frozenset({"speaker"}), frozenset({"audio"}), self.space, lookahead=AHEAD / FPS)

    def generate(
        self, conversation, people=(0, 1), *, samples=1, seed=0, options=MappingProxyType({}),
        update=lambda _share: None,
    ):  # fmt: skip
        check_cues(conversation, people, self.capabilities, self.name)
        chosen_options(self.capabilities, options, self.name)
        moved = {person: self.offline(conversation, person) for person in people}
        made = [{**self.provenance, "seed": sample_seed(seed, number)} for number in range(samples)]
        return [with_motion(conversation, moved, each) for each in made]

    def offline(self, conversation, person):
        """All frames at once."""
        frames = frame_count(conversation, self.fps)
        heard = conditioning_audio(conversation)[person].lasting((frames + AHEAD) / self.fps).samples
        loud = np.sqrt(np.square(heard.reshape(-1, SAMPLES)).mean(1))
        keep = self.config.memory
        return self.placed(lfilter([1 - keep], [1, -keep], loud)[AHEAD:], seat_of(conversation, person, self.space))

    def placed(self, smooth, seat):
        """Motion of the jaw's frames, at a seat."""
        values = np.zeros((len(smooth), self.space.dim), np.float32)
        values[:, self.space.index("jawOpen")] = self.scale.item() * np.asarray(smooth)
        return placed_motion(values, seat, self.space, self.fps)

    @contextmanager
    def open_stream(self, people=(0, 1), *, seed=0, seats=(None, None)):
        if any(seats[person] is None for person in people):
            raise InputError(f"model {self.name!r} needs the seats of those whom it moves")
        yield self.Stream(self, people, seats)

    class Stream:
        """Frame by frame, from what is left of the chunk before and the smoothed loudness."""

        def __init__(self, model, people, seats):
            self.model, self.people = model, people
            self.seats = [None if seat is None else np.array([*seat.position, seat.yaw], np.float32) for seat in seats]
            self.rest = [np.zeros(0, np.float32)] * 2
            self.smooth, self.heard = [0.0, 0.0], [0, 0]

        def push(self, cues):
            return tuple(
                self.model.placed(self.follow(i, cues.audio[i]), self.seats[i]) if i in self.people else None
                for i in (0, 1)
            )

        def follow(self, i, samples):
            """Smoothed loudness of the frames that are now decided."""
            sound = np.concatenate([self.rest[i], samples])
            keep, decided = self.model.config.memory, []
            while len(sound) >= SAMPLES:
                frame, sound = sound[:SAMPLES], sound[SAMPLES:]
                self.smooth[i] = keep * self.smooth[i] + (1 - keep) * float(np.sqrt(np.square(frame).mean()))
                self.heard[i] += 1
                if self.heard[i] > AHEAD:
                    decided.append(self.smooth[i])
            self.rest[i] = sound
            return decided


class Forgetful(LoudJaw):
    """Starts to smooth anew with every chunk."""

    class Stream(LoudJaw.Stream):
        def follow(self, i, samples):
            self.smooth[i] = 0.0
            return super().follow(i, samples)


class Choosy(LoudJaw):
    """Fills up chunks that are no whole frames with silence."""

    class Stream(LoudJaw.Stream):
        def follow(self, i, samples):
            return super().follow(i, np.pad(samples, (0, -len(samples) % SAMPLES)))


class Late(LoudJaw):
    """Waits for a frame more than it says."""

    class Stream(LoudJaw.Stream):
        def __init__(self, *given):
            super().__init__(*given)
            self.waiting = [[], []]

        def follow(self, i, samples):
            frames = self.waiting[i] + super().follow(i, samples)
            self.waiting[i] = frames[-1:]
            return frames[:-1]


class Unseated(LoudJaw):
    """Streams motion that is not at the seats."""

    class Stream(LoudJaw.Stream):
        def __init__(self, model, people, _seats):
            super().__init__(model, people, (None, None))
            self.seats = [np.zeros(4, np.float32)] * 2


class Eavesdropper(LoudJaw):
    """Opens the mouth only while the other does not speak, which it says it does not know."""

    def offline(self, conversation, person):
        motion, other = super().offline(conversation, person), conversation.participants[1 - person].speaking
        if other is None:
            return motion
        quiet = 1 - other.at(self.fps, len(motion)).values[:, 0]
        return motion.with_columns("jawOpen", motion["jawOpen"] * quiet * 0.5)


class Dependent(LoudJaw):
    """Cannot do without words, which it says it does not know."""

    def offline(self, conversation, person):
        assert words_known(conversation), "no words"
        return super().offline(conversation, person)

"""RT6: clips in which one person speaks and the other, masked, is the listener to retrieve."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from visavis.conversation import Conversation, Track
from visavis.corpora.curation.stage import Item, Outcome, Stage
from visavis.errors import InputError

FPS = 25.0
MASKED = "masked"


class Clips(Stage):
    """Cuts out clips of equal length in which a single person speaks (RealTalk, section 4.2).

    In each clip ``provenance["clip"]`` names ``speaker`` and ``listener`` (A or B), ``provenance["split"]`` is
    ``train`` or ``eval``, the same for all clips of a video, and the listener has the track ``masked``. The listener's
    motion stays in the corpus, as it is both the answer and part of the databank; `masked` gives what a method may see.

    Attributes:
        frames: Of a clip, at 25 per second; the paper's 384 are 15.36 s.
        speech: Share of the frames in which the speaker speaks, at least; the rest are pauses.
        interjections: Share of the frames in which the listener may speak.
        seen: Share of the frames in which both faces are seen, at least.
        evaluation: Share of the videos whose clips are for evaluation; the paper has 407 of 1896.
    """

    name: ClassVar[str] = "clips"
    about: ClassVar[str] = "cuts clips of 384 frames in which one person speaks and the other listens (RealTalk)"
    splits: ClassVar[bool] = True

    frames: int = Field(384, ge=1, le=100_000)
    speech: float = Field(0.5, ge=0, le=1)
    interjections: float = Field(0.0, ge=0, le=1)
    seen: float = Field(0.95, ge=0, le=1)
    evaluation: float = Field(0.215, ge=0, le=1)

    def __call__(self, item: Item) -> Outcome:
        """The clips, in order of time; none overlaps another."""
        talk = item.found
        count = round(talk.duration * FPS)
        if any(person.speaking is None for person in talk):
            raise InputError("voice activity is unknown; put the stage 'speaking' before this one")
        speaking = np.stack([p.speaking.at(FPS, count).values[:, 0] > 0.5 for p in talk if p.speaking is not None])
        seen = np.stack([_seen(person.tracks.get("face"), count) for person in talk])
        split = "eval" if _fraction(item.facts.get("content", "")) < self.evaluation else "train"
        parts = tuple(
            item.part(f"c{number:02d}", start / FPS, (start + self.frames) / FPS, self._clip(talk, start, who, split))
            for number, (start, who) in enumerate(self.windows(speaking, seen))
        )
        figures = {"clips": len(parts), "alone": round(float((speaking.sum(0) == 1).mean()), 4)}
        if not parts:
            return item.dropped(
                f"no {self.frames} frames in which one person speaks alone and both faces are visible", **figures
            )
        return Outcome(parts, f"{len(parts)} clips with a single speaker", figures)

    def windows(self, speaking: NDArray[np.bool_], seen: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
        """First frame and speaker (0 or 1) of each clip, from (2, T) who speaks and who is seen."""
        sums = np.concatenate([np.zeros((2, 1), int), speaking.cumsum(1)], 1)
        both = np.concatenate([[0], seen.all(0).cumsum()])
        start = 0
        while start + self.frames <= speaking.shape[1]:
            heard = (sums[:, start + self.frames] - sums[:, start]) / self.frames
            shown = (both[start + self.frames] - both[start]) / self.frames
            who = int(np.argmax(heard))
            if heard[who] >= self.speech and heard[1 - who] <= self.interjections and shown >= self.seen:
                yield start, who
                start += self.frames
            else:
                start += 1

    def _clip(self, talk: Conversation, start: int, who: int, split: str) -> Conversation:
        clip = talk.window(start / FPS, (start + self.frames) / FPS)
        people = list(clip.participants)
        hidden = Track(np.ones(self.frames, np.float32), FPS, (MASKED,))
        people[1 - who] = replace(people[1 - who], tracks={**people[1 - who].tracks, MASKED: hidden})
        roles = {"clip": {"speaker": "AB"[who], "listener": "BA"[who]}, "split": split}
        return replace(clip.with_participants(people[0], people[1]), provenance={**clip.provenance, **roles})


def masked(clip: Conversation) -> Conversation:
    """What a method may see of a clip: nothing of whoever has the track ``masked`` but name and seat.

    The mixed sound stays, as the listener does not speak in it; the video, which shows both, does not.
    """
    people = [
        replace(p, audio=None, utterances=(), speaking=None, motion=None, tracks={}, events={})
        if MASKED in p.tracks
        else p
        for p in clip
    ]
    return replace(clip.with_participants(people[0], people[1]), video=None)


def _seen(face: Track | None, count: int) -> NDArray[np.bool_]:
    return face.at(FPS, count).valid if face is not None else np.zeros(count, bool)


def _fraction(content: str) -> float:
    """A number from 0 to 1 that depends on the video alone."""
    return int(hashlib.sha256(content.encode()).hexdigest()[:12], 16) / 16**12

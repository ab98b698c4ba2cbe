"""P1 and F2: videos are cut into segments of equal length."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from visavis.conversation import Conversation, Participant
from visavis.corpora.curation.stage import Item, Outcome, Stage
from visavis.media import Audio, open_recording, open_video

FPS = 25.0


class Segments(Stage):
    """Drops the beginning of a video and cuts the rest into conversations (VENUS, 3.1: P1 and F2).

    Times are those of whole pictures at 25 frames per second, the rate that everything after works at. The sound is
    rounded to 16 bits, in which a corpus holds it losslessly in a quarter of the space.

    Attributes:
        skip: Seconds to drop at the beginning: opening music and introductions.
        length: Seconds of a segment.
        shortest: Seconds that the last segment needs at least; as long as the others unless given.
    """

    name: ClassVar[str] = "segments"
    about: ClassVar[str] = "drops the first minute and cuts the rest into segments of 10 minutes (P1, F2)"
    splits: ClassVar[bool] = True

    skip: float = Field(60.0, ge=0)
    length: float = Field(600.0, ge=1)
    shortest: float | None = Field(None, ge=0.2)

    def __call__(self, item: Item) -> Outcome:
        """The segments, numbered from 0."""
        video = open_video(item.source.path)
        recording = open_recording([item.source.path])
        duration = np.floor(min(video.duration, recording.mixed.duration) * FPS + 0.01) / FPS
        shortest = self.length if self.shortest is None else self.shortest
        figures = {"duration": round(float(duration), 3), "pictures_per_second": round(video.fps, 3)}
        spans = self.spans(float(duration), shortest)
        if not spans:
            return item.dropped(f"{duration:.1f} s leave no segment of {shortest:.0f} s", **figures)
        sounds = (recording.mixed, *(recording.voices or (None, None)))
        mixed, a, b = (None if sound is None else _16_bits(sound) for sound in sounds)
        conversation = Conversation(
            item.id,
            (Participant("A", audio=_to(a, duration)), Participant("B", audio=_to(b, duration))),
            float(duration),
            _to(mixed, duration),
            {"notes": _plain([*recording.notes, *video.notes], item)},
        ).with_video(video)
        parts = tuple(
            item.part(f"{number:03d}", start, stop, conversation.window(start, stop))
            for number, (start, stop) in enumerate(spans)
        )
        return Outcome(parts, f"{len(parts)} segments of up to {self.length:.0f} s", figures)

    def spans(self, duration: float, shortest: float) -> list[tuple[float, float]]:
        """Start and stop of each segment, in seconds, on whole frames."""
        edges = np.rint(np.arange(self.skip, duration, self.length) * FPS) / FPS
        stops = np.minimum(np.append(edges[1:], np.rint((edges[-1:] + self.length) * FPS) / FPS), duration)
        return [
            (float(a), float(b)) for a, b in zip(edges, stops, strict=True) if b - a >= max(shortest - 1e-6, 1 / FPS)
        ]


def _16_bits(audio: Audio) -> Audio:
    rounded = np.clip(np.rint(audio.samples * 32768), -32768, 32767).astype(np.float32)
    return Audio(rounded / np.float32(32768), audio.sample_rate)


def _to(audio: Audio | None, duration: float) -> Audio | None:
    return audio.slice(0, duration) if audio is not None else None


def _plain(notes: list[str], item: Item) -> list[str]:
    """Notes without the file's name, which is no part of what they say and may change."""
    return [note.removeprefix(f"{item.source.path.name}: ") for note in notes]

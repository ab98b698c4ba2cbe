"""Diarization by a pyannote.audio pipeline from the Hub."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.cancellation import check_cancelled
from visavis.conversation import Conversation, Track
from visavis.errors import InputError, MissingExtraError
from visavis.media.audio import Audio
from visavis.perception.protocol import add_notes
from visavis.perception.speaking import FPS, Diarizer

PIPELINE = "pyannote/speaker-diarization-community-1"


@dataclass(frozen=True)
class Pyannote:
    """Fills `Participant.speaking` from a mixed track, at 25 fps, for the two people whom the pipeline hears.

    The one who speaks first is A. Where voices are known apart there is nothing to tell apart, and
    `visavis.perception.speaking.Diarizer` serves.

    Source: H. Bredin, pyannote.audio 2.1 speaker diarization pipeline, Interspeech 2023.

    Attributes:
        pipeline: Hub id (the Hub asks to accept terms and for ``HF_TOKEN``) or the folder of a pipeline.
    """

    pipeline: str = PIPELINE

    def __call__(self, conversation: Conversation) -> Conversation:
        """A copy with `speaking` filled.

        Raises:
            MissingExtraError: pyannote.audio is not installed.
            InputError: There is no sound, or the pipeline is not available.
        """
        a, b = conversation.participants
        if conversation.mixed is None or (a.audio is not None and b.audio is not None):
            return Diarizer()(conversation)
        frames = max(1, round(conversation.duration * FPS))
        rows = _rows(load_pipeline(self.pipeline), conversation.mixed, frames)
        first, second = (Track(row, FPS, ("speaking",)) for row in rows)
        heard = rows.max(1) > 0
        notes = [] if heard.all() else ["only one voice is detected" if heard.any() else "no speech is detected"]
        return add_notes(conversation.with_participants(replace(a, speaking=first), replace(b, speaking=second)), notes)


@lru_cache(maxsize=1)
def load_pipeline(name: str) -> Any:
    """A pipeline by Hub id or folder, kept for the next recording.

    Raises:
        MissingExtraError: pyannote.audio is not installed.
        InputError: The pipeline is not available.
    """
    try:
        from pyannote.audio import Pipeline
    except ImportError:
        raise MissingExtraError("diarization by pyannote.audio", "diarization") from None
    try:
        found = Pipeline.from_pretrained(name)
    except Exception as error:  # the Hub's client, the network and pyannote each have errors of their own
        line = " ".join(str(error).split())[:160]
        raise InputError(f"pyannote pipeline {name!r} cannot be loaded: {line}") from error
    if found is None:  # what pyannote.audio 3 answers where the Hub refuses
        raise InputError(f"pyannote pipeline {name!r} is gated: accept its terms on the Hub and set HF_TOKEN")
    import torch

    if torch.cuda.is_available():
        found.to(torch.device("cuda"))
    return found


def _rows(pipeline: Any, audio: Audio, frames: int) -> NDArray[np.float32]:
    """Share of each frame in which each of two people speaks, the first to speak first; (2, frames)."""
    import torch

    sound = {"waveform": torch.from_numpy(audio.samples)[None], "sample_rate": audio.sample_rate}
    answer = pipeline(sound, num_speakers=2, hook=lambda *_step, **_progress: check_cancelled())
    annotation = getattr(answer, "speaker_diarization", answer)  # pyannote.audio 4 and 3
    rows: dict[str, NDArray[np.float32]] = {}
    turns = sorted(
        (turn.start * FPS, turn.end * FPS, label) for turn, _, label in annotation.itertracks(yield_label=True)
    )
    for start, end, label in turns:
        first, last = max(int(start), 0), min(int(np.ceil(end)), frames)
        frame = np.arange(first, last)
        row = rows.setdefault(str(label), np.zeros(frames, np.float32))
        row[first:last] += np.minimum(frame + 1, end) - np.maximum(frame, start)
    silent = np.zeros(frames, np.float32)
    both = [*rows.values(), silent, silent][:2]
    return np.clip(np.stack(both), 0.0, 1.0)

"""The retrieval listener stores a corpus's listener clips with their vectors; nothing is trained by gradients."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch import nn

from visavis.errors import InputError
from visavis.models.retrieval.clips import FPS as CLIP_FPS
from visavis.models.retrieval.clips import SHORTEST, listening
from visavis.models.retrieval.encoders import get_encoder
from visavis.models.retrieval.listener.config import RetrievalConfig
from visavis.models.retrieval.listener.model import RetrievalListener, need_served
from visavis.models.retrieval.pictures import RenderedFaces
from visavis.models.retrieval.protocol import Clip
from visavis.motion import Motion
from visavis.reporter import Update
from visavis.training.learner import Learner
from visavis.training.needs import DataNeeds
from visavis.training.store import Store


class RetrievalLearner(Learner):
    """Finds clips of listeners and embeds them."""

    config: RetrievalConfig

    def needs(self) -> DataNeeds:
        """Who speaks when, and where people sit."""
        return DataNeeds(self.data.space, self.data.fps, must=frozenset({"speaking", "seats"}))

    def fit(self, data: Store, *, seed: int, update: Update) -> nn.Module:
        """The listener; nothing is random.

        Raises:
            InputError: The motion is of a space that cannot be told in words, nobody is seen to listen, or the encoder
                is not available.
        """
        need_served(data.space)
        encoder = get_encoder(self.config.encoder)
        clips = list(listeners(data.part(held_out=False), pictures=encoder.sees))
        if not clips:
            raise InputError(
                f"no one listens on camera for {SHORTEST / CLIP_FPS:g} s while the other speaks; use longer "
                "conversations"
            )
        most = min(len(clips), self.config.clips)
        model = RetrievalListener(self.config, data.space, data.fps)
        model.fill([clips[i * len(clips) // most] for i in range(most)], encoder)
        update(1.0)
        return model.eval()


def listeners(data: Store, *, pictures: bool) -> Iterator[Clip]:
    """The clips of a corpus in which somebody listens, in order; motion is in the frame of the seat.

    Args:
        data: The corpus.
        pictures: Whether faces are to be drawn, for encoders that look at pictures.
    """
    looks = RenderedFaces()
    for entry in data.entries:
        speaks = data.speaking[entry.rows] > 0.5
        for person in range(2):
            if not entry.moves[person]:
                continue
            seen = np.array(data.valid[entry.rows, person])
            for start, stop in listening(speaks[:, 1 - person], speaks[:, person], seen, data.fps):
                values = np.array(data.motion[entry.start + start : entry.start + stop, person])
                motion = Motion(values, data.fps, data.space)
                drawn = looks.pictures({}, None, start / data.fps, motion) if pictures else None
                yield Clip(entry.id, "AB"[person], start / data.fps, stop / data.fps, motion, drawn)

"""Settings of the built-in encoder of motion and text."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from visavis.settings import MOST_CHANNELS, Section


class MotionTextConfig(Section):
    """Sizes of both towers.

    Attributes:
        dim: Length of the vectors in the space that both share.
        portions: Equal parts in time into which a clip is embedded besides the whole.
        width: Channels of the motion tower.
        dilations: Of its blocks, one after the other; a frame of theirs is four of the motion.
        heads: Of the pooling over time.
        sentence: Length of a sentence embedding.
        hidden: Width of the text tower.
        dropout: In both towers, in training.
    """

    dim: int = Field(64, ge=4, le=MOST_CHANNELS)
    portions: int = Field(4, ge=0, le=16)
    width: int = Field(192, ge=8, le=MOST_CHANNELS)
    dilations: tuple[Annotated[int, Field(ge=1, le=1024)], ...] = Field((1, 2, 4, 8), min_length=1, max_length=32)
    heads: int = Field(8, ge=1, le=MOST_CHANNELS)
    sentence: int = Field(384, ge=4, le=MOST_CHANNELS)
    hidden: int = Field(256, ge=8, le=MOST_CHANNELS)
    dropout: float = Field(0.1, ge=0, lt=1)

    @model_validator(mode="after")
    def _heads_fit(self) -> MotionTextConfig:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} must be a multiple of the {self.heads} heads")
        return self

"""The settings of the baselines."""

from __future__ import annotations

from pydantic import Field, model_validator

from visavis.models.blocks.segments import BLEND, POOL
from visavis.settings import MOST_CHANNELS, MOST_FRAMES, MOST_LAYERS, Section

SEGMENT_MIN = max(2 * BLEND, POOL)


class MeanPoseConfig(Section):
    """Nothing to choose."""


class RandomConfig(Section):
    """Of "random".

    Attributes:
        noise: Standard deviation of the disturbance, in standard deviations of each column.
    """

    noise: float = Field(0.1, ge=0)


class MirrorConfig(Section):
    """Of "mirror".

    Attributes:
        seconds: Of the partner's motion that one frame averages. What is copied lags by half of that.
    """

    seconds: float = Field(0.6, gt=0, le=10)


class NearestMotionConfig(Section):
    """Of "nearest motion".

    Attributes:
        segment: Frames of a retrieved segment.
    """

    segment: int = Field(50, ge=SEGMENT_MIN, le=MOST_FRAMES)


class NearestAudioConfig(NearestMotionConfig):
    """Of "nearest audio" and "nearest own audio".

    Attributes:
        encoder: Audio features, by `visavis.features.audio` name.
    """

    encoder: str = "log-mel"


class ListenConfig(Section):
    """Of Listen-R and Listen-M.

    Attributes:
        segment: Frames of a retrieved segment.
    """

    segment: int = Field(100, ge=SEGMENT_MIN, le=MOST_FRAMES)


class ListenAudioConfig(ListenConfig):
    """Of Listen-A.

    Attributes:
        encoder: Audio features, by `visavis.features.audio` name.
        role_weight: How much who speaks counts beside each audio feature.
    """

    encoder: str = "log-mel"
    role_weight: float = Field(10.0, ge=0)


class TrainedConfig(Section):
    """Of all that are trained.

    Attributes:
        encoder: Audio features, by `visavis.features.audio` name; None for a listener who does not hear.
        window: Frames of a training window.
        width: Channels of the network.
        heads: Attention heads, where there is attention.
        layers: Layers of the decoder, where there is attention.
        velocity: Weight of the error of the changes from frame to frame.
    """

    encoder: str | None = None
    window: int = Field(64, ge=16, le=MOST_FRAMES, multiple_of=8)
    width: int = Field(64, ge=8, le=MOST_CHANNELS)
    heads: int = Field(4, ge=1, le=MOST_CHANNELS)
    layers: int = Field(1, ge=1, le=MOST_LAYERS)
    velocity: float = Field(1.0, ge=0)

    @model_validator(mode="after")
    def _heads_fit(self) -> TrainedConfig:
        if self.width % (2 * self.heads):
            raise ValueError(f"width {self.width} must be a multiple of twice the {self.heads} heads")
        return self


class RLHGConfig(TrainedConfig):
    """Of the RLHG-like regression."""

    width: int = Field(128, ge=8, le=MOST_CHANNELS)


class CodebookConfig(TrainedConfig):
    """Of those that have a codebook of motion.

    Attributes:
        codes: Size of the codebook.
        step: Frames per code.
    """

    codes: int = Field(200, ge=2, le=MOST_CHANNELS)
    step: int = Field(8, ge=1, le=8)


class L2LConfig(CodebookConfig):
    """Of the L2L-like listener; codes and frames per code as in the original."""

    layers: int = Field(2, ge=1, le=MOST_LAYERS)


class ELPConfig(TrainedConfig):
    """Of the ELP-like listener.

    Attributes:
        step: Frames per composition of codewords.
        words: Codewords per composition.
        choices: How many there are to choose from for each.
        emotions: Kinds of listener; the original has positive, neutral and negative.
        kl: Weight of what the posterior says beyond the prior, in nats per codeword.
    """

    step: int = Field(8, ge=1, le=8)
    words: int = Field(8, ge=1, le=MOST_CHANNELS)
    choices: int = Field(16, ge=2, le=MOST_CHANNELS)
    emotions: int = Field(3, ge=1, le=MOST_CHANNELS)
    kl: float = Field(0.02, ge=0)

    @model_validator(mode="after")
    def _steps_fit(self) -> ELPConfig:
        if self.window % self.step:
            raise ValueError(f"a window of {self.window} frames is not a multiple of the step of {self.step}")
        return self


class FaceFormerConfig(TrainedConfig):
    """Of the FaceFormer-like speaker.

    Attributes:
        encoder: A speaker is moved by sound alone, so there is one.
        period: Frames after which positions repeat.
    """

    encoder: str = "log-mel"
    period: int = Field(25, ge=1, le=MOST_CHANNELS)


class CodeTalkerConfig(CodebookConfig):
    """Of the CodeTalker-like speaker; codes as in the original, which has several for every frame.

    Attributes:
        encoder: A speaker is moved by sound alone, so there is one.
        period: Frames after which positions repeat.
    """

    encoder: str = "log-mel"
    codes: int = Field(256, ge=2, le=MOST_CHANNELS)
    step: int = Field(4, ge=1, le=8)
    period: int = Field(25, ge=1, le=MOST_CHANNELS)

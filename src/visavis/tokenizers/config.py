"""The settings of tokenizers: family, architecture and losses."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from visavis.settings import MOST_CHANNELS, MOST_FRAMES, MOST_TIMES, Section


class NetworkConfig(Section):
    """Sizes of the encoder and, mirrored, of the decoder.

    Attributes:
        width: Channels.
        depth: Residual blocks between two changes of length (convolutions), in all (lapped), or layers (transformer).
        heads: Attention heads (transformer).
        feed_forward: Width inside the layers (transformer).
        dropout: Share of features withheld in training (transformer).
    """

    width: int = Field(512, ge=4, le=MOST_CHANNELS, multiple_of=2)
    depth: int = Field(3, ge=1, le=24)
    heads: int = Field(8, ge=1, le=MOST_CHANNELS)
    feed_forward: int = Field(768, ge=4, le=MOST_CHANNELS)
    dropout: float = Field(0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _heads_fit(self) -> NetworkConfig:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} must be a multiple of the {self.heads} heads")
        return self


class CodebookConfig(Section):
    """The codebook of a VQ-VAE.

    Attributes:
        size: Codes, K.
        dim: Length of each, C; with several codebooks for slices, of all their codes together.
        num_codebooks: Q: a step has Q codes. 1 in both papers.
        residual: Whether each further codebook is for what the ones before left over of the whole vector, and their
            codes add up, or each is for its own slice of the vector.
        unit: Whether codes and what is compared with them have length 1 (L2-normalised).
        update: Codes follow the moving average of what chooses them, or the gradient of the codebook loss.
        ema_decay: Of the moving averages.
        commitment: beta, the weight of the encoder's distance to its code.
        weight: gamma, the weight of both, commitment and codebook loss.
        revive: A code that is chosen less often than this share of its even share is dead: it takes the place of an
            encoder's output.
        warm_up: Training steps before anything is quantized: the codes then begin where the encoder already puts
            motion.
    """

    size: int = Field(512, ge=2, le=65_536)
    dim: int = Field(8, ge=1, le=MOST_CHANNELS)
    num_codebooks: int = Field(1, ge=1, le=32)
    residual: bool = False
    unit: bool = True
    update: Literal["average", "gradient"] = "average"
    ema_decay: float = Field(0.99, gt=0, lt=1)
    commitment: float = Field(0.02, ge=0)
    weight: float = Field(1.0, ge=0)
    revive: float = Field(0.1, ge=0, lt=1)
    warm_up: int = Field(0, ge=0, le=MOST_TIMES)

    @model_validator(mode="after")
    def _updates_fit(self) -> CodebookConfig:
        if self.unit and self.update == "gradient":
            raise ValueError("codes of length 1 follow moving averages; set codebook.update=average")
        if self.residual and self.unit:
            raise ValueError("codes of length 1 do not add up; set codebook.unit=false")
        if not self.residual and self.dim % self.num_codebooks:
            raise ValueError(f"dim {self.dim} must be a multiple of the {self.num_codebooks} codebooks")
        return self


class LossConfig(Section):
    """What is compared, on normalised columns.

    Attributes:
        kind: L1, L2 (squared) or smooth L1.
        groups: Weight of each of the space's groups, 1 where it is not named.
        mean_over: Whether each group is a mean of its own and these are added up (MARS, equation 7), so that three
            columns of a jaw weigh as much as fifty of an expression, or all columns are one mean (DIM, equation 1).
        velocity: Weight of the same comparison of changes from frame to frame.
    """

    kind: Literal["l1", "l2", "smooth-l1"] = "l1"
    groups: dict[str, float] = Field(default_factory=dict)
    mean_over: Literal["groups", "columns"] = "groups"
    velocity: float = Field(0.5, ge=0)


class TokenizerConfig(Section):
    """All of a tokenizer; motion space and frame rate are those of the corpus it is trained on.

    Attributes:
        family: Convolutional VQ-VAE by halvings, or at the codes' rate (lapped), transformer VQ-VAE, or bins.
        window: Frames per training window; a transformer also encodes in stretches of this size.
        downsample_factor: Frames per step, a power of 2.
        smooth: Frames of the Savitzky-Golay filter (order 2) that training motion goes through; 0 for none.
        bins: Of each column, for the family ``actions``.
        network: Sizes, for the VQ-VAEs.
        codebook: For the VQ-VAEs.
        losses: For the VQ-VAEs.
    """

    family: Literal["conv", "lapped", "transformer", "actions"]
    window: int = Field(512, ge=8, le=MOST_FRAMES)
    downsample_factor: int = Field(8, ge=1, le=64)
    smooth: int = Field(0, ge=0, le=MOST_FRAMES)
    bins: int = Field(256, ge=2, le=65_536)
    network: NetworkConfig = NetworkConfig()  # type: ignore[call-arg]
    codebook: CodebookConfig = CodebookConfig()  # type: ignore[call-arg]
    losses: LossConfig = LossConfig()  # type: ignore[call-arg]

    @model_validator(mode="after")
    def _consistent(self) -> TokenizerConfig:
        if self.downsample_factor & (self.downsample_factor - 1):
            raise ValueError(f"factor {self.downsample_factor} is not a power of 2")
        if self.window % self.downsample_factor:
            raise ValueError(
                f"a window of {self.window} frames is not a multiple of the factor {self.downsample_factor}"
            )
        if self.family == "lapped" and self.downsample_factor == 1:
            raise ValueError("windows of single frames do not overlap; set downsample_factor to 2 or more")
        if self.smooth and (self.smooth % 2 == 0 or self.smooth < 3):
            raise ValueError(f"smooth must be 0 or an odd number of at least 3 frames, not {self.smooth}")
        if self.family == "actions" and self.downsample_factor != 1:
            raise ValueError("binning works on single frames; set downsample_factor=1")
        return self

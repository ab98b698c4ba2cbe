"""The settings of DIM: network, masking, losses and sampling."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from visavis.settings import MOST_CHANNELS, MOST_FRAMES, MOST_LAYERS, Section
from visavis.tokenizers import config as tokenizers

STAGES = ("tokenizers", "pretrain", "listener", "speaker")
"""In the order of training; `listener` and `speaker` both follow `pretrain`."""
Stage = Literal["tokenizers", "pretrain", "listener", "speaker"]


class TokenizerSection(Section):
    """Settings of both tokenizers; space, frame rate and window are those of the model.

    Attributes:
        family: The paper's transformer, or convolutions.
        downsample_factor: Frames per unit, a power of 2.
        network: Sizes.
        codebook: Codes.
        losses: What is compared.
    """

    family: Literal["transformer", "conv"] = "transformer"
    downsample_factor: int = Field(1, ge=1, le=64)
    network: tokenizers.NetworkConfig = tokenizers.NetworkConfig()  # type: ignore[call-arg]
    codebook: tokenizers.CodebookConfig = tokenizers.CodebookConfig()  # type: ignore[call-arg]
    losses: tokenizers.LossConfig = tokenizers.LossConfig()  # type: ignore[call-arg]


class NetworkConfig(Section):
    """Sizes and switches of the network.

    Attributes:
        width: Of both role-specific encoders, the joint encoder and the joint decoder.
        layers: Of each of the four.
        heads: Attention heads.
        feed_forward: Width inside the layers.
        dropout: Share of features withheld in training.
        audio: Width of the sound in the decoder.
        audio_blocks: Dilated convolutions over the audio features; 0 takes them as they are, as with HuBERT.
        audio_dropout: Share of the audio features withheld in training, against learning few voices by heart.
        decodes_from: What a person's units are predicted from, beside the sound: the partner's features alone
            (equation 7 to the letter) or both people's.
        autoregressive: Whether a unit's codes are predicted one given the other, where there are several codebooks.
        branches: 1 leaves out the listener's branch (ablation): only the speaker's motion is encoded, only the
            listener's units are predicted, and nothing is contrasted.
    """

    width: int = Field(768, ge=8, le=MOST_CHANNELS, multiple_of=2)
    layers: int = Field(8, ge=1, le=MOST_LAYERS)
    heads: int = Field(8, ge=1, le=MOST_CHANNELS)
    feed_forward: int = Field(768, ge=8, le=MOST_CHANNELS)
    dropout: float = Field(0.0, ge=0, lt=1)
    audio: int = Field(768, ge=8, le=MOST_CHANNELS)
    audio_blocks: int = Field(0, ge=0, le=12)
    audio_dropout: float = Field(0.0, ge=0, lt=1)
    decodes_from: Literal["partner", "both"] = "partner"
    autoregressive: bool = False
    branches: Literal[1, 2] = 2

    @model_validator(mode="after")
    def _heads_fit(self) -> NetworkConfig:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} must be a multiple of the {self.heads} heads")
        return self


class MaskingConfig(Section):
    """What is hidden in training.

    Attributes:
        mask_ratio: In pre-training, the share p of each person's units that is hidden: drawn between these two.
        mask_span: Units that are hidden together.
        seen: In fine-tuning, the share of samples in which part of the motion to generate is seen; 0 in the paper.
            Sampling in several rounds, and one window after the other, asks for it.
        absent: In fine-tuning, the share of samples in which the speaker's motion is not seen at all; 0 in the paper.
        unheard: Share of samples without sound, in every stage; 0 in the paper.
    """

    mask_ratio: tuple[float, float] = (0.15, 0.15)
    mask_span: int = Field(1, ge=1, le=MOST_FRAMES)
    seen: float = Field(0.0, ge=0, le=1)
    absent: float = Field(0.0, ge=0, le=1)
    unheard: float = Field(0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _shares_fit(self) -> MaskingConfig:
        low, high = self.mask_ratio
        if not 0 < low <= high <= 1:
            raise ValueError(f"mask_ratio {list(self.mask_ratio)} must increase within 0 to 1")
        return self


class LossConfig(Section):
    """Weights of the losses.

    Attributes:
        contrastive: lambda_1 of equation 10; 0 leaves it out (ablation).
        reconstruction: lambda_2 of equation 10.
        motion: The squared error's part in equation 9, beside the cross-entropy.
        velocity: Weight, within it, of the error of changes from frame to frame, which fast lips need; 0 in the paper.
        expected: Whether that error is of the expected codewords' motion, as generated with `sampling.expected`,
            instead of the likeliest codewords' with gradients straight through; not in the paper.
        temperature: tau of equation 5.
        compared: What of the two people is contrasted: the mean of their features over time (equation 5), or how
            their features change over time, moment by moment. Means tell who smiles much, changes tell who smiles
            with whom; on an hour of recordings only the latter carries over to people who were not seen in training.
    """

    contrastive: float = Field(1.0, ge=0)
    reconstruction: float = Field(1.0, gt=0)
    motion: float = Field(1.0, ge=0)
    velocity: float = Field(0.0, ge=0)
    expected: bool = False
    temperature: float = Field(0.05, gt=0)
    compared: Literal["means", "changes"] = "means"


class SamplingConfig(Section):
    """How motion is generated.

    Attributes:
        rounds: Passes in which the units of a window are filled in; 1 draws all at once.
        order: Which units come first: the surest, which fit together best but are the dull ones, so that people rest
            more than they do; or any, which keeps to how often people do what.
        temperature: Of the draw; 0 takes the likeliest unit.
        overlap: Frames of a window that the window before has already decided.
        expected: At temperature 0, decode the mean of all codewords, weighted by their probabilities, instead of the
            likeliest one: about the average of all motion that would fit, which has the least squared error and moves
            less than people do. Not in the paper.
    """

    rounds: int = Field(1, ge=1, le=100)
    temperature: float = Field(1.0, ge=0, le=10)
    overlap: int = Field(16, ge=0, le=MOST_FRAMES)
    order: Literal["surest", "any"] = "surest"
    expected: bool = False


class DimConfig(Section):
    """All of DIM.

    Attributes:
        window: Frames per training window; longer recordings are made of overlapping windows of this size.
        encoder: Audio features, by `visavis.features.audio` name; None for a model that hears nothing.
        tokenizer: Of both tokenizers.
        vq: Whether motion is predicted as units; without, its values are predicted directly (ablation).
        vq_decoder: Whether the tokenizers' decoders learn on after the first stage, or are frozen (ablation).
        pretraining: Whether fine-tuning starts from pre-training, or from the tokenizers alone (ablation).
        network: Sizes and switches.
        masking: What is hidden in training.
        losses: Weights.
        sampling: How motion is generated.
        plan: Whether listeners follow a plan of their behaviour (`visavis.behavior`). Units then are of what listeners
            do beyond it: the part of their motion that its curves explain linearly is taken out before, and put back
            after. Not in the paper.
    """

    window: int = Field(128, ge=8, le=MOST_FRAMES)
    encoder: str | None = "hubert:facebook/hubert-base-ls960"
    tokenizer: TokenizerSection = TokenizerSection()  # type: ignore[call-arg]
    vq: bool = True
    vq_decoder: Literal["trained", "frozen"] = "trained"
    pretraining: bool = True
    network: NetworkConfig = NetworkConfig()  # type: ignore[call-arg]
    masking: MaskingConfig = MaskingConfig()  # type: ignore[call-arg]
    losses: LossConfig = LossConfig()  # type: ignore[call-arg]
    sampling: SamplingConfig = SamplingConfig()  # type: ignore[call-arg]
    plan: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> DimConfig:
        if self.window % self.tokenizer.downsample_factor:
            raise ValueError(f"a window of {self.window} frames is not a multiple of tokenizer.downsample_factor")
        if 2 * self.sampling.overlap > self.window:
            raise ValueError(f"an overlap of {self.sampling.overlap} frames is more than half of {self.window}")
        return self

"""The settings of Duet: network, losses, diffusion and sampling."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from visavis.settings import MOST_CHANNELS, MOST_FRAMES, MOST_TIMES, Section


class NetworkConfig(Section):
    """Sizes and switches of the network (Talking Together, 3.3 and suppl. 2.1).

    Attributes:
        width: Channels of the U-Net.
        condition: Channels that carry the condition into FiLM.
        heads: Attention heads.
        audio_blocks: Dilated convolutions over the audio features (dilations 1, 2, 4, 1, 2, 4, ...).
        role: Channels of the two role embeddings; 0 leaves them and the speaking masks out (ablation).
        cross_attention: Where one stream attends to the other: after every sub-block of the decoder, only of its
            strided block, or nowhere (ablation).
        identity: Length of the identity vector; 0 for none.
        plan: Whether the motion follows a plan of both people's behaviour (`visavis.behavior`). Its curves go into the
            condition and straight to the output, so that a planned blink or nod keeps its shape and the network learns
            what goes beyond. Not in the paper.
    """

    width: int = Field(512, ge=8, le=MOST_CHANNELS, multiple_of=2)
    condition: int = Field(512, ge=8, le=MOST_CHANNELS)
    heads: int = Field(8, ge=1, le=MOST_CHANNELS)
    audio_blocks: int = Field(3, ge=0, le=12)
    role: int = Field(64, ge=0, le=MOST_CHANNELS)
    cross_attention: Literal["all", "strided", "none"] = "all"
    identity: int = Field(50, ge=0, le=MOST_CHANNELS)
    plan: bool = False

    @model_validator(mode="after")
    def _heads_fit(self) -> NetworkConfig:
        if self.width % (2 * self.heads):
            raise ValueError(f"width {self.width} must be a multiple of twice the {self.heads} heads")
        return self


class LossConfig(Section):
    """Weights of the losses (section 4.1), each on a mean over normalised columns.

    Attributes:
        expression: Expression coefficients.
        rotation: All rotation vectors.
        translation: Offset from the first frame.
        lips: Extra weight on the lip columns; not in the paper, 0 there.
        velocity: Change from frame to frame.
        velocity_of: Of mesh vertices, through a linear basis of the body, or of the normalised columns themselves.
        gaze: 1 - cosine between the gaze directions, on the samples whose heads turn most.
        gaze_through_head: Whether neck and head turn the gaze, too, which makes it the direction that the person looks
            in; the paper's gaze is that of the eyes alone (3.5).
        gaze_share: The share of samples that counts as such.
    """

    expression: float = Field(1.0, ge=0)
    rotation: float = Field(8.0, ge=0)
    translation: float = Field(1.0, ge=0)
    lips: float = Field(0.0, ge=0)
    velocity: float = Field(1.0, ge=0)
    velocity_of: Literal["vertices", "columns"] = "vertices"
    gaze: float = Field(5.0, ge=0)
    gaze_through_head: bool = False
    gaze_share: float = Field(0.2, gt=0, le=1)


class DiffusionConfig(Section):
    """Noise and sampling.

    Attributes:
        train_steps: Steps of the noise schedule.
        sampler: How noise becomes motion: ``ddim`` at evenly spaced steps, as in the paper, or ``dpm++`` at steps
            spaced evenly in log-SNR (`visavis.models.duet.schedule`).
        sample_steps: Denoising steps.
        articulation: Whether the columns that articulate (set ``articulation`` of the motion space) are sampled like
            all others, as in the paper, or take the mean of what fits the sound (`visavis.models.duet.sampling`).
        guidance_scale: Classifier-free guidance weight; 1 is none.
        condition_dropout: Share of training samples whose audio is withheld.
        noise_emphasis: Training draws step t with a density that grows as t to this power; 0 is uniform, as in the
            paper. What the sound alone says is learnt at the noisy steps.
    """

    train_steps: int = Field(1000, ge=2, le=MOST_TIMES)
    sampler: Literal["ddim", "dpm++"] = "ddim"
    sample_steps: int = Field(8, ge=1, le=MOST_TIMES)
    guidance_scale: float = Field(2.0, ge=0)
    articulation: Literal["sample", "mean"] = "sample"
    condition_dropout: float = Field(0.1, ge=0, lt=1)
    noise_emphasis: float = Field(0.0, ge=0)


class DuetConfig(Section):
    """All of Duet; motion space and frame rate are those of the corpus it is trained on.

    Attributes:
        window: Frames per training window; longer recordings are made of overlapping windows of this size.
        overlap: Frames that neighbouring windows share in generation.
        encoder: Audio features, by `visavis.features.audio` name.
        audio_dim: Features per motion frame: two half-frames of the encoder's dimension.
        network: Sizes and switches.
        losses: Weights.
        diffusion: Noise and sampling.
    """

    window: int = Field(250, ge=8, le=MOST_FRAMES)
    overlap: int = Field(50, ge=2, le=MOST_FRAMES)
    encoder: str = "wav2vec2:facebook/wav2vec2-base"
    audio_dim: int = Field(1536, ge=1, le=MOST_CHANNELS)
    network: NetworkConfig = NetworkConfig()  # type: ignore[call-arg]
    losses: LossConfig = LossConfig()  # type: ignore[call-arg]
    diffusion: DiffusionConfig = DiffusionConfig()  # type: ignore[call-arg]

    @model_validator(mode="after")
    def _consistent(self) -> DuetConfig:
        if 2 * self.overlap > self.window:
            raise ValueError(f"an overlap of {self.overlap} frames is more than half the window of {self.window}")
        return self

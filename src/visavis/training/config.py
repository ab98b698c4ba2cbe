"""How a model is trained, whatever the model."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from visavis.settings import Section, validate


class LoopConfig(Section):
    """Settings of the loop, for any model.

    Attributes:
        batch: Windows at a time.
        accumulate: Batches whose gradients are added up before a step.
        steps: Steps of the whole training.
        rate: Highest learning rate.
        warm_up: Steps of linear warm-up.
        decay: What follows: a cosine down to a hundredth, a tenth from half of the steps and a hundredth from three
            quarters on, or the same rate to the end.
        weight_decay: Of AdamW.
        clip: Greatest norm of the gradient.
        average: Decay of the exponential moving average of the weights, which is what gets used.
        precision: Arithmetic of the network.
        save_every: Steps between checkpoints.
    """

    batch: int = Field(16, ge=1)
    accumulate: int = Field(1, ge=1)
    steps: int = Field(6000, ge=1)
    rate: float = Field(1e-3, gt=0)
    warm_up: int = Field(300, ge=0)
    decay: Literal["cosine", "steps", "constant"] = "cosine"
    weight_decay: float = Field(0.01, ge=0)
    clip: float = Field(1.0, gt=0)
    average: float = Field(0.999, ge=0, lt=1)
    precision: Literal["32", "bf16"] = "32"
    save_every: int = Field(200, ge=1)


class TrainingConfig(LoopConfig):
    """Settings of the loop and of Duet's data.

    Attributes:
        separate: Share of conversations in which each stream hears its own person's voice, where voices are known
            apart; in the others both hear the mixed track.
        variants: How many versions of each conversation's sound are kept.
        degraded: Share of tracks that are as recordings come: rooms, telephone lines, noise, music.
        mask_noise: Whether the speaking masks are disturbed, as real ones are.
        single_person: Ablation: only one stream counts and it learns nothing of the other person.
        lips_only: Stage 2: share of samples on which only the speaker's lips count, beside those of conversations
            that are marked as dubbing, all of which count so.
    """

    separate: float = Field(0.5, ge=0, le=1)
    variants: int = Field(1, ge=1)
    degraded: float = Field(0.5, ge=0, le=1)
    mask_noise: bool = True
    single_person: bool = False
    lips_only: float = Field(0.5, ge=0, le=1)


def parse_training(values: Any, where: str) -> TrainingConfig:
    """Validates plain values.

    Raises:
        InputError: One line that names `where`, the field and what is wrong with it.
    """
    return validate(TrainingConfig, values or {}, where, "training")

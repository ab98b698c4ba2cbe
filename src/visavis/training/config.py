"""Training settings common to all models: the sections ``training`` and ``data`` of a preset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from visavis.errors import InputError
from visavis.settings import Section, validate

MOST_STEPS = 100_000_000


class LoopConfig(Section):
    """The section ``training``.

    In a training in stages, a mapping under a stage's name changes settings for that stage::

        training: {batch_size: 12, learning_rate: 1.0e-3, lips: {learning_rate: 3.0e-4}}

    A change such as ``--set training.learning_rate=1.0e-5`` holds for all stages, ``--set training.lips.max_steps=9``
    for one.

    Attributes:
        batch_size: Windows at a time.
        accumulate_grad_batches: Batches whose gradients are added up before a step.
        max_steps: Steps of the whole training.
        learning_rate: The highest.
        warmup_steps: Steps of linear warm-up.
        lr_schedule: What follows: a cosine down to a hundredth, a tenth from half of the steps and a hundredth from
            three quarters on, or the same rate to the end.
        weight_decay: Of AdamW.
        max_grad_norm: Greatest norm of the gradient; 0 for any.
        ema_decay: Of the exponential moving average of the weights, which is what gets used; 0 for the weights
            themselves.
        precision: Arithmetic of the network; ``auto`` is bf16 where the GPU or the processor computes with it, or else
            32.
        save_every: Steps between saves; the held-out loss is measured at each.
    """

    batch_size: int = Field(16, ge=1, le=65_536)
    accumulate_grad_batches: int = Field(1, ge=1, le=65_536)
    max_steps: int = Field(6000, ge=1, le=MOST_STEPS)
    learning_rate: float = Field(1e-3, gt=0)
    warmup_steps: int = Field(300, ge=0, le=MOST_STEPS)
    lr_schedule: Literal["cosine", "steps", "constant"] = "cosine"
    weight_decay: float = Field(0.01, ge=0)
    max_grad_norm: float = Field(1.0, ge=0)
    ema_decay: float = Field(0.999, ge=0, lt=1)
    precision: Literal["32", "bf16", "auto"] = "32"
    save_every: int = Field(200, ge=1, le=MOST_STEPS)


class DataConfig(Section):
    """The section ``data`` of whatever learns from motion.

    Attributes:
        space: Motion space to train in; that of the corpus unless given. `arkit-body` motion can be read as `arkit`.
        fps: Frames per second that the corpus must have; whatever it has unless given.
    """

    space: str | None = None
    fps: float | None = Field(None, gt=0)


class SoundConfig(DataConfig):
    """The section ``data`` of whatever hears, too.

    Attributes:
        separate: Share of conversations in which people are heard by their own voices, where voices are known apart;
            in the others both are heard by the mixed track.
        degraded: Share of tracks that are as recordings come: rooms, telephone lines, noise, music.
    """

    separate: float = Field(0.5, ge=0, le=1)
    degraded: float = Field(0.0, ge=0, le=1)


def parse_loops(values: Any, stages: tuple[str, ...], where: str) -> dict[str, LoopConfig]:
    """The section ``training``, by stage; under the empty name where there is one unnamed stage.

    Raises:
        InputError: One line that names `where`, the field and what is wrong with it.
    """
    if not isinstance(values or {}, Mapping):
        raise InputError(f"{where}: training: expected a mapping of settings, not {type(values).__name__}")
    common = {name: value for name, value in (values or {}).items() if name not in stages}
    if not stages:
        return {"": validate(LoopConfig, common, where, "training")}
    validate(LoopConfig, common, where, "training")
    loops = {}
    for stage in stages:
        own = (values or {}).get(stage) or {}
        if not isinstance(own, Mapping):
            raise InputError(f"{where}: training.{stage}: expected a mapping of settings, not {type(own).__name__}")
        loops[stage] = validate(LoopConfig, {**common, **own}, where, "training", stage)
    return loops

"""The settings of MARS: its base model, how that is tuned, its motion tokenizers, and how answers are drawn."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from visavis.models.mars.messages import SYSTEM_PROMPT
from visavis.models.mars.packing import ANSWER_TOKENS, TRAINING_TOKENS
from visavis.motion.space import Group
from visavis.settings import Section
from visavis.tokenizers.config import TokenizerConfig

BUILT_IN, TINY = "built-in", "tiny"
"""Names of base models that are neither a folder nor a Hub id: that of the assets, and a random one for tests."""


class LoraConfig(Section):
    """Low-rank adapters of all linear layers but the one that gives words (Hu et al. 2021).

    Attributes:
        rank: Of the change of each layer.
        alpha: Times ``1 / rank``, how much the change counts.
        dropout: Share of inputs withheld from it in training.
    """

    rank: int = Field(8, ge=1, le=1024)
    alpha: float = Field(16.0, gt=0)
    dropout: float = Field(0.0, ge=0, lt=1)


class PartConfig(Section):
    """What of a person one of the two codes tells.

    Attributes:
        groups: Groups of the motion space; those that a space does not have are left out.
        tokenizer: Settings of its tokenizer.
    """

    groups: tuple[Group, ...]
    tokenizer: TokenizerConfig


class DrawnConfig(Section):
    """Temperatures of words and codes, unless others are asked for.

    Attributes:
        text: Of words.
        face: Of the face's codes.
        body: Of the body's.
    """

    text: float = Field(0.7, ge=0, lt=100)
    face: float = Field(1.0, ge=0, lt=100)
    body: float = Field(1.0, ge=0, lt=100)


class GuardConfig(Section):
    """For how many steps at most a code may be held.

    Attributes:
        face: Of the face.
        body: Of the body.
    """

    face: int = Field(25, ge=1)
    body: int = Field(50, ge=1)


class MarsConfig(Section):
    """All of MARS; motion space and frame rate are those of the corpus it is trained on.

    Attributes:
        base: A causal language model of transformers: ``built-in``, a Hub id, a folder, or a GGUF file.
        tuning: What is learnt besides the rows of new tokens: low-rank adapters, or all weights.
        lora: Of the adapters.
        context: Tokens of a row in training, and at most of what an answer is given to (appendix C: 4,096).
        answer: Tokens of an answer at most (appendix C: 512).
        listening: Whether listeners' turns are learnt, too, under a system prompt that says so.
        system: The system prompt.
        face: What the face's codes tell.
        body: What the body's codes tell.
        sampling: Temperatures.
        guard: Against frozen faces.
    """

    base: str = BUILT_IN
    tuning: Literal["lora", "full"] = "lora"
    lora: LoraConfig = LoraConfig()  # type: ignore[call-arg]
    context: int = Field(TRAINING_TOKENS, ge=64, le=1_000_000)
    answer: int = Field(ANSWER_TOKENS, ge=16, le=1_000_000)
    listening: bool = True
    system: str = SYSTEM_PROMPT
    face: PartConfig
    body: PartConfig
    sampling: DrawnConfig = DrawnConfig()  # type: ignore[call-arg]
    guard: GuardConfig = GuardConfig()  # type: ignore[call-arg]

    @model_validator(mode="after")
    def _fits(self) -> MarsConfig:
        if self.answer > self.context // 2:
            raise ValueError(f"an answer of {self.answer} tokens leaves too little of a context of {self.context}")
        both = set(self.face.groups) & set(self.body.groups)
        if both:
            raise ValueError(f"group {min(both)!r} is of the face and of the body: name it once")
        factors = self.face.tokenizer.downsample_factor, self.body.tokenizer.downsample_factor
        if factors[0] != factors[1]:
            raise ValueError(f"face and body need the same downsample_factor, not {factors[0]} and {factors[1]}")
        return self

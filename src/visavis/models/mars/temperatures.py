"""How boldly words, faces and gestures are drawn, each apart from the others."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from visavis.errors import InputError
from visavis.models.mars.vocabulary import Kind


@dataclass(frozen=True)
class Temperatures:
    """Of each modality; 0 takes the likeliest. Marks and ends of turns go with the text.

    Attributes:
        text: Of words.
        face: Of codes of the face.
        body: Of codes of the body.
    """

    text: float = 1.0
    face: float = 1.0
    body: float = 1.0

    def __post_init__(self) -> None:
        """Validates."""
        for name in ("text", "face", "body"):
            if not 0 <= getattr(self, name) < 100:  # not NaN either
                raise InputError(f"a temperature of the {name} of {getattr(self, name)}; 0 to 100 is needed")


def tempered(logits: Tensor, kinds: Tensor, temperatures: Temperatures) -> Tensor:
    """Log probabilities (..., V) with each modality at its own temperature.

    How likely a modality is as a whole stays what the model says: a colder face is a surer choice among faces, not
    more or fewer codes to a word, which would change the rhythm of speech.

    Args:
        logits: (..., V); minus infinity where the grammar forbids a token.
        kinds: (V,) of `Kind`, from `Vocabulary.kinds`.
        temperatures: Of each.
    """
    chances = logits.float().log_softmax(-1)
    for where, temperature in (
        ((kinds == Kind.TEXT) | (kinds == Kind.MARK), temperatures.text),
        (kinds == Kind.FACE, temperatures.face),
        (kinds == Kind.BODY, temperatures.body),
    ):
        if temperature != 1:
            own = chances[..., where]
            chances[..., where] = torch.where(own.isfinite(), _within(own, temperature), -torch.inf)
    return chances


def _within(chances: Tensor, temperature: float) -> Tensor:
    """One modality's log probabilities (..., n) at a temperature, with the same sum as before."""
    mass = chances.logsumexp(-1, keepdim=True)
    if temperature == 0:
        best = torch.full_like(chances, -torch.inf)
        return best.scatter(-1, chances.argmax(-1, keepdim=True), mass)
    return (chances / temperature).log_softmax(-1) + mass

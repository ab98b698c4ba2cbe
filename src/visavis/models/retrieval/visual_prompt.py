"""A visual prompt that adapts a frozen CLIP to listeners' faces (RealTalk, section 3.4 and appendix A.3).

Pixels are learnt that are added along the border of every picture (Bahng et al. 2022, Exploring visual prompts for
adapting large-scale models), and tokens that join those of the picture before the first layer (shallow prompts of Jia
et al. 2022, Visual prompt tuning).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn

from visavis.checkpoint import Header, load_weights, model_card, no_larger_than_stored, read_header, write_checkpoint
from visavis.errors import InputError
from visavis.settings import MOST_CHANNELS, Section, validate

MODEL = "visual-prompt"


class PromptConfig(Section):
    """Sizes; the paper's for CLIP ViT-B/32 unless given.

    Attributes:
        size: Height and width of the pictures, pixels.
        border: Width of the learnt border, pixels.
        tokens: How many are learnt.
        width: Of CLIP's vision transformer.
    """

    size: int = Field(224, ge=8, le=4096)
    border: int = Field(30, ge=1, le=2048)
    tokens: int = Field(10, ge=0, le=10_000)
    width: int = Field(768, ge=1, le=MOST_CHANNELS)


class VisualPrompt(nn.Module):
    """What is learnt: 2 C p (H + W - 2p) pixels of the border, 69,840 by default, and tokens x width, 7,680."""

    def __init__(self, config: PromptConfig | None = None) -> None:
        super().__init__()
        self.config = config or PromptConfig()  # type: ignore[call-arg]
        size, border = self.config.size, self.config.border
        if 2 * border >= size:
            raise InputError(f"a border of {border} pixels covers a whole image of {size} pixels")
        self.across = nn.Parameter(0.1 * torch.randn(2, 3, border, size))
        self.upright = nn.Parameter(0.1 * torch.randn(2, 3, size - 2 * border, border))
        self.tokens = nn.Parameter(0.02 * torch.randn(self.config.tokens, self.config.width))

    def padded(self, pixels: Tensor) -> Tensor:
        """Prepared pictures (N, 3, H, W) with the border added."""
        inner = self.config.size - 2 * self.config.border
        middle = torch.cat([self.upright[0], self.upright.new_zeros(3, inner, inner), self.upright[1]], dim=2)
        return pixels + torch.cat([self.across[0], middle, self.across[1]], dim=1)

    def with_tokens(self, hidden: Tensor) -> Tensor:
        """A picture's tokens (N, 1 + patches, width) with those learnt after them."""
        return torch.cat([hidden, self.tokens.expand(len(hidden), -1, -1)], dim=1)

    def check(self, model: Any) -> None:
        """Raises `InputError` unless the prompt fits a CLIP."""
        vision = model.config.vision_config
        if (vision.image_size, vision.hidden_size) != (self.config.size, self.config.width):
            raise InputError(
                f"the visual prompt is for images of {self.config.size} pixels and a width of {self.config.width}; "
                f"this CLIP has {vision.image_size} and {vision.hidden_size}"
            )


def prompt_for(model: Any, **changes: int) -> VisualPrompt:
    """An untrained prompt that fits a CLIP."""
    vision = model.config.vision_config
    return VisualPrompt(PromptConfig(size=vision.image_size, width=vision.hidden_size, **changes))


def contrast(images: Tensor, fitting: Tensor, contrary: Tensor, given: Tensor) -> Tensor:
    """Equations 3 and 4: how much nearer pictures are to what fits than to what does not; at most 0, least is best.

    log a(g) / (a(g) + sum of a(not g)), where a is the exponential of the distance between picture and words.

    Args:
        images: Unit vectors (N, D).
        fitting: Of the fitting descriptions (N, D).
        contrary: Of counterfactual descriptions (N, K, D).
        given: bool (N, K), False for padding.
    """
    near = (images - fitting).norm(dim=-1)
    far = (images[:, None] - contrary).norm(dim=-1).masked_fill(~given, -torch.inf)
    loss: Tensor = (near - torch.logsumexp(torch.cat([near[:, None], far], dim=1), dim=1)).mean()
    return loss


def load_prompt(folder: Path) -> VisualPrompt:
    """A trained prompt.

    Raises:
        InputError: The folder is no intact checkpoint of a visual prompt.
    """
    values = prompt_settings(folder)
    config = validate(PromptConfig, values["prompt"], f"{folder}/config.yaml", "prompt")
    with no_larger_than_stored(folder):
        prompt = VisualPrompt(config)
    load_weights(prompt, folder)
    return prompt.eval()


def prompt_settings(folder: Path) -> dict[str, Any]:
    """Of a checkpoint: ``prompt``, ``clip`` (name or folder of the CLIP it was trained for) and ``training``.

    Raises:
        InputError: It is no checkpoint of a visual prompt.
    """
    header = read_header(folder, MODEL)
    if not isinstance(header.config.get("clip"), str):
        raise InputError(f"{folder}: does not name the CLIP model it is for")
    return {"prompt": {}, **header.config, "training": header.training}


def save_prompt(prompt: VisualPrompt, folder: Path, *, clip: str, training: dict[str, Any] | None = None) -> Path:
    """Writes a checkpoint folder, replacing one that is there.

    Args:
        prompt: What to store.
        folder: Where.
        clip: Name or folder of the CLIP it is for.
        training: How it was trained (plain values).
    """
    training = training or {}
    header = Header(MODEL, {"clip": clip, "prompt": prompt.config.model_dump()}, training=training)
    border = prompt.across.numel() + prompt.upright.numel()
    about = (
        f"Adapts the frozen CLIP `{clip}` to listeners' faces: {border:,} pixels of a border and "
        f"{prompt.tokens.numel():,} values of tokens.",
    )
    card = model_card("Visual prompt", ("retrieval", "visual-prompt"), about, training)
    return write_checkpoint(folder, header, prompt.state_dict(), {}, card)

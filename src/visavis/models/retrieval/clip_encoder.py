"""The reference encoder: CLIP on the key frames of a listener (RealTalk, section 3.3, equation 2)."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from visavis.checkpoint import CONFIG
from visavis.errors import InputError, MissingExtraError
from visavis.models.retrieval.captions import split_clauses
from visavis.models.retrieval.keyframes import FRAMES, key_frames, uniform_frames
from visavis.models.retrieval.protocol import Array, Clip

if TYPE_CHECKING:
    from visavis.models.retrieval.visual_prompt import VisualPrompt

REFERENCE = "openai/clip-vit-base-patch32"
"""CLIP ViT-B/32, as in the paper."""
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""Of CLIP's training pictures, RGB (Radford et al. 2021)."""
BATCH = 32
"""Pictures that are embedded at once."""


class ClipFrames:
    """CLIP as a `ClipEncoder`: phi is the mean over key frames of the cosine between words and picture.

    A clip's vector is the mean of its key frames' unit vectors and not scaled to length 1, as in equation 2: frames
    that say different things make it shorter.

    Attributes:
        name: CLIP's and the prompt's weights, and how frames are chosen.
        dim: CLIP's projection, 512 for ViT-B/32.
        portions: 0: only whole clips are known.
        sees: True.
    """

    portions = 0
    sees = True

    def __init__(
        self, model: Any, tokenizer: Any, *, frames: int = FRAMES, uniform: bool = False,
        prompt: VisualPrompt | None = None, device: str | torch.device = "cpu",
    ) -> None:  # fmt: skip
        """Wraps a CLIP.

        Args:
            model: A `transformers.CLIPModel`.
            tokenizer: Its tokenizer.
            frames: Key frames of a clip.
            uniform: Whether frames are evenly spaced instead (the paper's ablation).
            prompt: A trained visual prompt.
            device: Where to compute.

        Raises:
            InputError: The prompt was trained for another CLIP.
        """
        self.model = model.to(device).eval().requires_grad_(False)
        self.frames, self.uniform, self.prompt = frames, uniform, prompt
        self._tokenizer, self._device = tokenizer, torch.device(device)
        self.size: int = model.config.vision_config.image_size
        self.dim: int = model.config.projection_dim
        digest = digest_of(model)
        if prompt is not None:
            prompt.check(model)
            self.prompt = prompt.to(device).eval().requires_grad_(False)
            digest = hashlib.sha256((digest + digest_of(prompt)).encode()).hexdigest()
        self.name = f"clip-{digest[:12]}-{'uniform' if uniform else 'key'}{frames}"

    @classmethod
    def from_pretrained(
        cls, name: str | Path = REFERENCE, *, frames: int = FRAMES, uniform: bool = False,
        prompt: Path | None = None, device: str | torch.device = "cpu",
    ) -> ClipFrames:  # fmt: skip
        """A CLIP from a folder or the Hub.

        Args:
            name: Folder with model and tokenizer, or Hub id; or the checkpoint folder of a visual prompt, which knows
                for which CLIP it was trained.
            frames: Key frames of a clip.
            uniform: Whether frames are evenly spaced instead.
            prompt: Checkpoint folder of a visual prompt.
            device: Where to compute.

        Raises:
            InputError: It is not available.
            MissingExtraError: transformers is missing.
        """
        from visavis.models.retrieval.visual_prompt import load_prompt, prompt_settings

        if prompt is None and (Path(name) / CONFIG).is_file():
            prompt = Path(name)
            name = prompt_settings(prompt)["clip"]
        model, tokenizer = load_clip(name)
        trained = load_prompt(prompt) if prompt else None
        return cls(model, tokenizer, frames=frames, uniform=uniform, prompt=trained, device=device)

    def without_prompt(self) -> ClipFrames:
        """The same without its visual prompt (the paper's ablation)."""
        return ClipFrames(self.model, self._tokenizer, frames=self.frames, uniform=self.uniform, device=self._device)

    def with_uniform_frames(self) -> ClipFrames:
        """The same with frames that are evenly spaced (the paper's ablation)."""
        return ClipFrames(
            self.model, self._tokenizer, frames=self.frames, uniform=True, prompt=self.prompt, device=self._device
        )

    def embed_texts(self, texts: Sequence[str]) -> Array:
        """Unit vectors (N, D); of a text longer than CLIP reads, the mean of its parts.

        Raises:
            InputError: A text has no words.
        """
        return text_vectors(self.model, self._tokenizer, texts).cpu().numpy()

    def embed_clips(self, clips: Sequence[Clip]) -> Array:
        """Vectors (N, 1, D), at most of length 1.

        Raises:
            InputError: A clip has no pictures.
        """
        out = np.zeros((len(clips), 1, self.dim), np.float32)
        for row, clip in enumerate(clips):
            if clip.pictures is None:
                raise InputError(
                    f"{clip.conversation}: there are no images of listener {clip.listener}, which CLIP needs; "
                    "pass the folder of the videos, or use the built-in encoder, which reads motion"
                )
            chosen = (uniform_frames if self.uniform else key_frames)(clip.motion, self.frames)
            pixels = prepared(clip.pictures([int(frame) for frame in chosen]), self.size)
            with torch.inference_mode():
                parts = [
                    image_vectors(self.model, pixels[at : at + BATCH].to(self._device), self.prompt)
                    for at in range(0, len(pixels), BATCH)
                ]
            out[row, 0] = torch.cat(parts).mean(0).cpu().numpy()
        return out


def load_clip(name: str | Path) -> tuple[Any, Any]:
    """Model and tokenizer of a CLIP.

    Raises:
        InputError: It is not available.
        MissingExtraError: transformers is missing.
    """
    try:
        import transformers
    except ImportError:
        raise MissingExtraError("CLIP", "llm") from None
    transformers.logging.set_verbosity_error()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # one line of ours instead of one for each attempt
    transformers.logging.disable_progress_bar()
    folder = Path(name).is_dir()
    try:
        model = transformers.CLIPModel.from_pretrained(name)
        tokenizer = transformers.CLIPTokenizer.from_pretrained(name)
    except Exception as error:  # the Hub's client raises many kinds; all mean that it is not available
        reason = " ".join(str(error).split()).partition(". ")[0].partition(", and")[0][:120]
        do = "pass the folder of a CLIP model saved by transformers" if folder else "download it and pass its folder"
        raise InputError(f"CLIP {str(name)!r} is not available; {do} ({reason})") from None
    return model, tokenizer


def text_vectors(model: Any, tokenizer: Any, texts: Sequence[str]) -> Tensor:
    """Unit vectors (N, D) of texts.

    Raises:
        InputError: A text has no words.
    """
    most = model.config.text_config.max_position_embeddings
    out = torch.zeros(len(texts), model.config.projection_dim)
    for row, text in enumerate(texts):
        if not split_clauses(text):
            raise InputError(f"{text[:40]!r} contains no words; describe a reaction in words")
        batch = tokenizer(_chunks(text, tokenizer, most), padding=True, truncation=True, max_length=most,
                          return_tensors="pt")  # fmt: skip
        inputs = {key: batch[key].to(model.device) for key in ("input_ids", "attention_mask")}
        with torch.inference_mode():
            vectors = model.text_projection(model.text_model(**inputs).pooler_output)
        out[row] = functional.normalize(functional.normalize(vectors, dim=-1).mean(0), dim=-1).cpu()
    return out


def _chunks(text: str, tokenizer: Any, most: int) -> list[str]:
    """The text, or as few pieces as CLIP can read whole, parted between clauses."""

    def long(part: str) -> bool:
        return len(tokenizer(part)["input_ids"]) > most

    if not long(text):
        return [text]
    pieces: list[str] = []
    for clause in split_clauses(text):
        if pieces and not long(f"{pieces[-1]}, {clause}"):
            pieces[-1] += f", {clause}"
        else:
            pieces.append(clause)
    return pieces


def prepared(pictures: NDArray[np.uint8], size: int) -> Tensor:
    """Pictures (N, H, W, 3) as CLIP was trained on them: the middle square at `size`, scaled (N, 3, size, size)."""
    pixels = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float()
    height, width = pixels.shape[2:]
    short = min(height, width)
    wanted = (max(size, size * height // short), max(size, size * width // short))
    pixels = functional.interpolate(pixels, wanted, mode="bicubic", antialias=True).clamp(0, 255)
    top, left = (wanted[0] - size) // 2, (wanted[1] - size) // 2
    pixels = pixels[:, :, top : top + size, left : left + size] / 255
    mean, std = (torch.tensor(values)[:, None, None] for values in (MEAN, STD))
    return (pixels - mean) / std


def image_vectors(model: Any, pixels: Tensor, prompt: VisualPrompt | None = None) -> Tensor:
    """Unit vectors (N, D) of prepared pictures, with a visual prompt where there is one."""
    vision = model.vision_model
    hidden = vision.embeddings(pixels if prompt is None else prompt.padded(pixels))
    if prompt is not None:
        hidden = prompt.with_tokens(hidden)
    hidden = vision.encoder(inputs_embeds=vision.pre_layrnorm(hidden)).last_hidden_state
    return functional.normalize(model.visual_projection(vision.post_layernorm(hidden[:, 0])), dim=-1)


def digest_of(module: torch.nn.Module) -> str:
    """sha256 of a module's weights."""
    found = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        found.update(name.encode())
        found.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return found.hexdigest()

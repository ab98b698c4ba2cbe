"""Trains a visual prompt for CLIP: ``python -m visavis.training.train_visual_prompt --pairs FILE --out DIR``.

The same as ``visavis train retrieval --model visual-prompt`` (RealTalk, section 3.4): one epoch over listeners' key
frames, each pulled towards the description that fits and away from counterfactual ones. FILE has a line of JSON per
listener::

    {"pictures": ["a/0012.png", "a/0080.png"], "fitting": "Sam looks sad.", "contrary": ["Sam looks amused."]}

Pictures lie relative to the file; `visavis.training.prompt_pairs` writes one from a corpus. A run's folder holds
settings, log.csv, last.ckpt (to go on from) and model/.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field, ValidationError
from torch import Tensor, nn

from visavis.errors import InputError, MissingExtraError
from visavis.models.retrieval.clip_encoder import (
    REFERENCE,
    digest_of,
    image_vectors,
    load_clip,
    prepared,
    text_vectors,
)
from visavis.models.retrieval.visual_prompt import PromptConfig, VisualPrompt, contrast, save_prompt
from visavis.settings import Section
from visavis.training.config import LoopConfig
from visavis.training.retrieval_learner import Losses
from visavis.training.run import MODEL, open_run_dir


class Pair(Section):
    """A listener with words.

    Attributes:
        pictures: Files of key frames.
        fitting: What the listener shows.
        contrary: What a listener would show who wants the opposite.
        clip: Which clip of a corpus it is; not read.
    """

    pictures: tuple[str, ...] = Field(min_length=1)
    fitting: str = Field(min_length=1)
    contrary: tuple[str, ...] = Field(min_length=1)
    clip: str | None = None


@dataclass
class PromptBatch:
    """Pictures with words: (N, 3, H, W), (N, D), (N, K, D) and bool (N, K)."""

    pixels: Tensor
    fitting: Tensor
    contrary: Tensor
    given: Tensor

    def to(self, device: torch.device) -> PromptBatch:
        """To a device."""
        return PromptBatch(*(getattr(self, field.name).to(device) for field in fields(self)))


class _Frozen:
    """A CLIP that copies of a learner share, and that is in no list of parameters."""

    def __init__(self, model: Any) -> None:
        self.model = model.eval().requires_grad_(False)

    def __deepcopy__(self, memo: dict[int, Any]) -> _Frozen:
        return self


class PromptLearner(nn.Module):
    """A visual prompt and the frozen CLIP that it is for."""

    def __init__(self, model: Any, prompt: VisualPrompt) -> None:
        super().__init__()
        self.prompt, self._frozen = prompt, _Frozen(model)

    def loss(self, batch: PromptBatch, generator: torch.Generator) -> Losses:
        """Equation 3, per frame."""
        model = self._frozen.model.to(batch.pixels.device)
        images = image_vectors(model, batch.pixels, self.prompt)
        total = contrast(images, batch.fitting, batch.contrary, batch.given)
        nearer = (images - batch.fitting).norm(dim=-1)[:, None] < (images[:, None] - batch.contrary).norm(dim=-1)
        share = (nearer | ~batch.given).all(dim=1).float().mean()
        return Losses(total, {"contrast": total.detach(), "fitting_nearest": share.detach()})


class PairSampler:
    """One epoch of frames in an order that the seed decides; batch after batch by the step's number."""

    def __init__(
        self, pairs: Sequence[Pair], folder: Path, model: Any, tokenizer: Any, batch: int, seed: int
    ) -> None:  # fmt: skip
        self._folder, self._batch = folder, batch
        self._size: int = model.config.vision_config.image_size
        self._fitting = text_vectors(model, tokenizer, [pair.fitting for pair in pairs])
        against = [text_vectors(model, tokenizer, pair.contrary) for pair in pairs]
        self._contrary = nn.utils.rnn.pad_sequence(against, batch_first=True)
        self._given = torch.arange(self._contrary.shape[1]) < torch.tensor([[len(texts)] for texts in against])
        frames = [(row, name) for row, pair in enumerate(pairs) for name in pair.pictures]
        order = np.random.default_rng(seed).permutation(len(frames))
        self._frames = [frames[i] for i in order]

    @property
    def steps(self) -> int:
        """Batches of the epoch."""
        return -(-len(self._frames) // self._batch)

    def batch(self, step: int) -> PromptBatch:
        """The batch of step `step`; a second epoch would repeat the first."""
        at = step % self.steps * self._batch
        chosen = self._frames[at : at + self._batch]
        rows = torch.tensor([row for row, _ in chosen])
        pixels = torch.cat([prepared(_picture(self._folder / name)[None], self._size) for _, name in chosen])
        return PromptBatch(pixels, self._fitting[rows], self._contrary[rows], self._given[rows])


def train_visual_prompt(
    pairs: Path, out: Path, *, clip: str | Path = REFERENCE, border: int = 30, tokens: int = 10,
    loop: LoopConfig | None = None, seed: int = 0, quiet: bool = False,
) -> Path:  # fmt: skip
    """Trains for one epoch, or goes on with the training that `out` holds.

    Args:
        pairs: File of listeners with words.
        out: Folder of the run.
        clip: Folder or Hub id of the CLIP, which stays as it is.
        border: Pixels.
        tokens: How many.
        loop: Settings of the loop; how many steps an epoch has is found out.
        seed: Decides the prompt's beginning and the order.
        quiet: No progress bar.

    Returns:
        The checkpoint folder.

    Raises:
        InputError: The file, a picture, the CLIP or the run's folder cannot be used.
    """
    try:
        import lightning  # noqa: F401
    except ImportError:
        raise MissingExtraError("training", "train") from None
    from visavis.training.loop import LAST, Trained, train
    from visavis.training.windows import Batches

    rows = read_pairs(pairs)
    loop = loop or LoopConfig(batch=32, rate=1e-2, warm_up=5, average=0.9, weight_decay=0.0, save_every=10)  # type: ignore[call-arg]
    model, tokenizer = load_clip(clip)
    vision = model.config.vision_config
    config = PromptConfig(size=vision.image_size, border=border, tokens=tokens, width=vision.hidden_size)
    torch.manual_seed(seed)
    prompt = VisualPrompt(config)
    started = {
        "pairs": str(pairs), "clip": digest_of(model), "prompt": config.model_dump(), "seed": seed,
        "training": loop.model_dump(exclude={"steps"}),
    }  # fmt: skip
    resume = open_run_dir(out, started, LAST)
    sampler = PairSampler(rows, pairs.parent, model, tokenizer, loop.batch, seed)
    loop = loop.model_copy(update={"steps": sampler.steps})
    module = Trained(PromptLearner(model, prompt), loop, lambda begin: Batches(sampler, begin), seed, None)

    def write(module: Trained) -> None:
        record = {
            "pairs": pairs.name, "listeners": len(rows), "seed": seed, "steps": module.global_step,
            "minutes": round(module.minutes, 2), "loop": loop.model_dump(),
            "command": " ".join(["visavis.training.train_visual_prompt", *sys.argv[1:]]),
        }  # fmt: skip
        average: Any = module.average
        save_prompt(average.prompt, out / MODEL, clip=str(clip), training=record)

    train(module, out, max_steps=sampler.steps, write=write, resume=resume, quiet=quiet)
    return out / MODEL


def read_pairs(path: Path) -> list[Pair]:
    """The listeners of a file.

    Raises:
        InputError: It cannot be read, or a line is not as it should be; the line is named.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    pairs = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            pair = Pair.model_validate(json.loads(line))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "line"
            raise InputError(f"{path}, line {number}: {field}: {first['msg']}") from None
        except ValueError:
            raise InputError(f"{path}, line {number}: is no JSON") from None
        for name in pair.pictures:
            if not (path.parent / name).is_file():
                raise InputError(f"{path}, line {number}: {name}: no such picture")
        pairs.append(pair)
    if not pairs:
        raise InputError(f"{path}: has no listeners; a line of JSON for each is needed")
    return pairs


def _picture(path: Path) -> np.ndarray:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return np.array(image.convert("RGB"))
    except (OSError, UnidentifiedImageError):
        raise InputError(f"{path}: is no readable picture") from None


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m visavis.training.train_visual_prompt", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--clip", default=REFERENCE, help="folder or Hub id")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quiet", action="store_true")
    options = vars(parser.parse_args())
    try:
        print(train_visual_prompt(options.pop("pairs"), options.pop("out"), **options))
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from the last save")


if __name__ == "__main__":
    main()

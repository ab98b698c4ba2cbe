"""Training of a visual prompt (RealTalk, section 3.4): one epoch over listeners' key frames.

Each is pulled towards the description that fits and away from counterfactual ones, which are read from a file
(`visavis.training.prompt_pairs`) or made from a corpus.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from visavis.errors import InputError
from visavis.files import alone
from visavis.media.stills import opened_still
from visavis.models.base import Losses
from visavis.models.retrieval.clip_encoder import (
    REFERENCE,
    digest_of,
    image_vectors,
    load_clip,
    prepared,
    text_vectors,
)
from visavis.models.retrieval.visual_prompt import PromptConfig, VisualPrompt, contrast, load_prompt, save_prompt
from visavis.reporter import Reporter
from visavis.settings import Section
from visavis.training.corpora import Corpora
from visavis.training.learner import Learner
from visavis.training.prompt_pairs import Pair, make_pairs, read_pairs
from visavis.training.stored import waiting


class PromptData(Section):
    """The section ``data``.

    Attributes:
        clip: Folder or Hub id of the CLIP, which stays as it is.
        pairs: File of listeners with words; made from the corpus unless given, into ``pairs/`` beside the run.
        videos: Folder of the corpus's videos; unless given, pictures are of the neutral character.
        language_model: What says what would fit each listener, and what would be rude: built-in, an http(s) address,
            a folder or a Hub id.
    """

    clip: str = REFERENCE
    pairs: Path | None = None
    videos: Path | None = None
    language_model: str = "built-in"


@dataclass(frozen=True)
class Pictured:
    """Listeners with words, and the CLIP that reads them."""

    pairs: Sequence[Pair]
    folder: Path
    model: Any
    tokenizer: Any

    @property
    def pictures(self) -> int:
        """How many there are."""
        return sum(len(pair.pictures) for pair in self.pairs)


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


class VisualPromptLearner(Learner):
    """Trains a visual prompt."""

    data_config = PromptData
    data: PromptData
    config: PromptConfig

    def needs(self) -> None:
        """A corpus is read only to make pairs."""

    def prepare(self, corpora: Corpora | None, folder: Path, seed: int, reporter: Reporter) -> Pictured:
        """Reads pairs, or makes them."""
        if (self.data.pairs is None) == (corpora is None):
            raise InputError(
                f"{self.entry.name} learns from images with captions; pass either --set data.pairs=FILE or --corpus"
            )
        model, tokenizer = load_clip(self.data.clip)  # pairs may take hours, and are for nothing where it is missing
        path = self.data.pairs
        if corpora is not None:
            path = self._made(corpora, folder, seed, reporter)
        assert path is not None
        data = Pictured(read_pairs(path), path.parent, model, tokenizer)
        loop = self.loops[""]
        epoch = -(-data.pictures // loop.batch_size)
        self.loops = {"": loop.model_copy(update={"max_steps": min(loop.max_steps, epoch)})}
        return data

    def _made(self, corpora: Corpora, folder: Path, seed: int, reporter: Reporter) -> Path:
        from visavis.models.retrieval.describer import Describer

        if len(corpora.folders) != 1:
            raise InputError(f"{self.entry.name} makes pairs from a single corpus, not {len(corpora.folders)}")
        pairs = folder / "pairs"
        with alone(pairs, waits=waiting(pairs, reporter)), reporter.progress("pairs") as update:
            return make_pairs(
                corpora.folders[0], pairs, Describer(self.data.language_model), videos=self.data.videos,
                seed=seed, update=update,
            )  # fmt: skip

    def facts(self, data: Pictured) -> dict[str, Any]:
        """What was read, and by which CLIP."""
        return {"listeners": len(data.pairs), "pictures": data.pictures, "clip": digest_of(data.model)}

    def start(self, data: Pictured, stage: str, before: Path | None) -> PromptTraining:
        """A fresh prompt for the CLIP, or that of a checkpoint."""
        if before is not None:
            prompt = load_prompt(before)
            prompt.check(data.model)
            return PromptTraining(data.model, prompt)
        vision = data.model.config.vision_config
        fitting = self.config.model_copy(update={"size": vision.image_size, "width": vision.hidden_size})
        return PromptTraining(data.model, VisualPrompt(fitting))

    def sampler(
        self, data: Pictured, module: Any, stage: str, seed: int, *, held_out: bool = False
    ) -> PictureSampler | None:
        """One epoch; nothing is held out."""
        return None if held_out else PictureSampler(data, self.loop(stage).batch_size, seed)

    def save(self, module: Any, folder: Path, record: Mapping[str, Any]) -> Path:
        """The prompt, with the name of its CLIP."""
        return save_prompt(module.prompt, folder, clip=self.data.clip, training=dict(record))


class PromptTraining(nn.Module):
    """A visual prompt and the frozen CLIP that it is for."""

    def __init__(self, model: Any, prompt: VisualPrompt) -> None:
        super().__init__()
        self.prompt, self._frozen = prompt, _Frozen(model)

    def loss(self, batch: PromptBatch, generator: torch.Generator | None = None) -> Losses:
        """Equation 3, per frame."""
        model = self._frozen.model.to(batch.pixels.device)
        images = image_vectors(model, batch.pixels, self.prompt)
        total = contrast(images, batch.fitting, batch.contrary, batch.given)
        nearer = (images - batch.fitting).norm(dim=-1)[:, None] < (images[:, None] - batch.contrary).norm(dim=-1)
        share = (nearer | ~batch.given).all(dim=1).float().mean()
        return Losses(total, {"contrast": total.detach(), "fitting_nearest": share.detach()})


class _Frozen:
    """A CLIP that copies of a training share, and that is in no list of parameters."""

    def __init__(self, model: Any) -> None:
        self.model = model.eval().requires_grad_(False)

    def __deepcopy__(self, memo: dict[int, Any]) -> _Frozen:
        return self


class PictureSampler:
    """One epoch of pictures in an order that the seed decides; batch after batch by the step's number."""

    def __init__(self, data: Pictured, batch_size: int, seed: int) -> None:
        self._folder, self._batch_size = data.folder, batch_size
        self._size: int = data.model.config.vision_config.image_size
        self._fitting = text_vectors(data.model, data.tokenizer, [pair.fitting for pair in data.pairs])
        against = [text_vectors(data.model, data.tokenizer, pair.contrary) for pair in data.pairs]
        self._contrary = nn.utils.rnn.pad_sequence(against, batch_first=True)
        self._given = torch.arange(self._contrary.shape[1]) < torch.tensor([[len(texts)] for texts in against])
        frames = [(row, name) for row, pair in enumerate(data.pairs) for name in pair.pictures]
        order = np.random.default_rng(seed).permutation(len(frames))
        self._frames = [frames[i] for i in order]

    def batch(self, step: int) -> PromptBatch:
        """The batch of a step; a second epoch would repeat the first."""
        at = step * self._batch_size % (-(-len(self._frames) // self._batch_size) * self._batch_size)
        chosen = self._frames[at : at + self._batch_size]
        rows = torch.tensor([row for row, _ in chosen])
        pixels = torch.cat([prepared(_picture(self._folder / name)[None], self._size) for _, name in chosen])
        return PromptBatch(pixels, self._fitting[rows], self._contrary[rows], self._given[rows])


def _picture(path: Path) -> NDArray[np.uint8]:
    with opened_still(path) as image:
        return np.array(image.convert("RGB"))

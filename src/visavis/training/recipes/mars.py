"""Training of MARS: tokenizers of face and body, then the language model by supervised fine-tuning (appendix C).

In between, a language model may learn words alone: it is the one to compare with, and the one to start from and to be
taught by (`visavis.models.mars.teaching`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import Field
from torch import nn

from visavis.checkpoint import locate, read_header
from visavis.errors import InputError
from visavis.models.checkpoint import from_pretrained
from visavis.models.mars.base_model import load_base
from visavis.models.mars.codes import load_tokenizer
from visavis.models.mars.config import MarsConfig, PartConfig
from visavis.models.mars.model import Mars
from visavis.models.mars.teaching import Teacher
from visavis.models.registry import get_entry
from visavis.motion import MotionSpace
from visavis.reporter import Reporter
from visavis.tokenizers.checkpoint import MODEL as TOKENIZER
from visavis.tokenizers.vq import VQTokenizer
from visavis.training.config import DataConfig
from visavis.training.corpora import Corpora
from visavis.training.learner import Learner, Sampler
from visavis.training.mars_rows import Chats, Learns, RowSampler, open_chats
from visavis.training.needs import DataNeeds
from visavis.training.recipes.tokenizer import MEASURED, TokenizerLearner
from visavis.training.store import Store, open_store

FACE, BODY, WORDS, LANGUAGE = "face", "body", "words", "language"


class MarsData(DataConfig):
    """The section ``data``.

    Attributes:
        face: The face's tokenizer: a built-in one's name, a checkpoint folder or a Hub id; trained here unless given.
        body: The body's tokenizer.
        learns: Whose turns are learnt: the assistant's, so that each conversation is learnt as either of its people,
            or both people's in one go, as either of them, which takes half the time.
        taught: How much it counts what a model of words alone, which is trained first, expects of words; 0 does
            without one, as the paper.
    """

    face: str | None = None
    body: str | None = None
    learns: Learns = "assistant"
    taught: float = Field(0.0, ge=0)


@dataclass(frozen=True)
class MarsCorpus:
    """Where conversations are, for stages that read them in different ways.

    Attributes:
        whole: All columns of motion.
        part: The columns of some groups.
        chats: As a model's chats, with codes or without.
    """

    whole: Store
    part: Callable[[PartConfig], Store]
    chats: Callable[[Mars, bool], Chats]


class MarsLearner(Learner):
    """Trains MARS."""

    data_config = MarsData
    data: MarsData
    config: MarsConfig
    _teacher: Teacher | None = None

    def default_stages(self) -> tuple[str, ...]:
        """All whose result is needed and not given."""
        needed = {FACE: self.data.face is None, BODY: self.data.body is None, WORDS: self.data.taught > 0}
        return tuple(stage for stage in self.entry.stages if needed.get(stage, True))

    def follows(self, stage: str) -> str | None:
        """The one before it of those that are needed."""
        needed = [each for each in self.entry.stages if each == stage or each in self.default_stages()]
        number = needed.index(stage)
        return needed[number - 1] if number else None

    def needs(self) -> DataNeeds:
        """Motion; words are read with the conversations."""
        return DataNeeds(self.data.space, self.data.fps)

    def prepare(self, corpora: Corpora | None, folder: Path, seed: int, reporter: Reporter) -> MarsCorpus:
        """Motion as arrays; chats are made when tokenizers and base model are there."""
        if corpora is None:
            raise InputError(f"{self.entry.name} is trained on conversations; pass --corpus FOLDER")
        kept = folder / "features"
        parts: dict[Any, Store] = {}
        made: dict[tuple[str, bool], Chats] = {}

        def part(config: PartConfig) -> Store:
            groups, smooth = config.groups, config.tokenizer.smooth
            if groups not in parts:
                needs = DataNeeds(self.data.space, self.data.fps, smooth=smooth, groups=groups)
                parts[groups] = open_store(corpora, needs, kept, reporter)
            return parts[groups]

        def chats(model: Mars, motion: bool) -> Chats:
            key = model.codec.fingerprint, motion
            if key not in made:
                if model.note:
                    reporter.note(model.note)
                made[key] = open_chats(model, corpora, self.data.learns, kept, reporter, motion=motion)
            return made[key]

        return MarsCorpus(open_store(corpora, self.needs(), kept, reporter), part, chats)

    def facts(self, data: MarsCorpus) -> dict[str, Any]:
        """What was read."""
        return data.whole.facts()

    def start(self, data: MarsCorpus, stage: str, before: Path | None) -> nn.Module:
        """A tokenizer, or a language model with the tokenizers that were given or trained before."""
        if stage in (FACE, BODY):
            return self._tokenizer_learner(stage).start(data.part(getattr(self.config, stage)), "", None)
        space, fps = data.whole.space, data.whole.fps
        if before is not None and read_header(locate(before)).model == self.entry.name:
            if stage == LANGUAGE and self.data.taught:
                self._teacher = self._teacher_of(before, space, fps)
            going = self._continued(before, space, fps)
            going.stage = stage
            return going
        face, body = (self._tokenizer(each, before, space) for each in (FACE, BODY))
        config = self.config.model_copy(update={
            name: getattr(self.config, name).model_copy(update={"tokenizer": tokenizer.config})
            for name, tokenizer in ((FACE, face), (BODY, body))
        })  # fmt: skip
        rest = torch.from_numpy(data.whole.part(held_out=False).motion_rows(MEASURED).mean(0))
        fresh = Mars(config, load_base(config.base), face, body, space, fps, rest)
        fresh.stage = stage
        return fresh

    def sampler(
        self, data: MarsCorpus, module: Any, stage: str, seed: int, *, held_out: bool = False
    ) -> Sampler | None:
        """Windows of single people, or rows of chats."""
        if stage in (FACE, BODY):
            part = data.part(getattr(self.config, stage))
            return self._tokenizer_learner(stage).sampler(part, module, "", seed, held_out=held_out)
        chats = data.chats(module, stage == LANGUAGE)
        own = chats.held_out if held_out else chats.learnt
        teacher = self._teacher if stage == LANGUAGE and not held_out else None
        size = self.loop(stage).batch_size
        return RowSampler.of(own, self.config.context, size, seed, teacher, self.data.taught) if own else None

    def save(self, module: Any, folder: Path, record: Mapping[str, Any]) -> Path:
        """A tokenizer, or MARS with both."""
        if isinstance(module, Mars):
            return module.save(folder, training=record)
        return self._tokenizer_learner(FACE).save(module, folder, record)

    # Tokenizers

    def _tokenizer_learner(self, stage: str) -> TokenizerLearner:
        """What trains tokenizers, with this family's settings of one of its parts."""
        part: PartConfig = getattr(self.config, stage)
        data = {"space": self.data.space, "fps": self.data.fps, "groups": part.groups}
        values = {**part.tokenizer.model_dump(), "data": data, "training": self.loop(stage).model_dump()}
        return TokenizerLearner(get_entry(TOKENIZER), values, f"{self.entry.name}, stage {stage}")

    def _tokenizer(self, stage: str, before: Path | None, space: MotionSpace) -> VQTokenizer:
        """The tokenizer that was given, or that of an earlier stage of the same run.

        Raises:
            InputError: There is none, or it is of another motion space.
        """
        given = self.data.face if stage == FACE else self.data.body
        if given is not None:
            where: str | Path = given
        elif before is not None:
            where = _beside(before, stage)
        else:
            raise InputError(
                f"the tokenizer of the {stage} is missing: train stage {stage!r} first, or name one (--set "
                f"data.{stage}=FOLDER)"
            )
        found = load_tokenizer(where)
        if not isinstance(found, VQTokenizer):
            raise InputError(f"{where}: bins columns; a VQ-VAE is needed, which gives few codes a step")
        return found

    def _continued(self, before: Path, space: MotionSpace, fps: float) -> Mars:
        """A MARS that learns on, under the same settings."""
        old = from_pretrained(before)
        assert isinstance(old, Mars)
        if (old.space.columns, old.fps) != (space.columns, fps):
            raise InputError(f"{before}: is for motion space {old.space.name!r} at {old.fps:g}/s, unlike the corpus")
        for name in ("base", "tuning", "lora"):
            if getattr(old.config, name) != getattr(self.config, name):
                raise InputError(f"{before}: was trained with a different {name!r}")
        old.config = self.config.model_copy(update={FACE: old.config.face, BODY: old.config.body})
        return old

    def _teacher_of(self, before: Path, space: MotionSpace, fps: float) -> Teacher:
        """One who has learnt words alone; who has learnt to read codes expects little without them."""
        words = self._continued(before, space, fps)
        if words.stage != WORDS:
            raise InputError(
                f"{before}: is of stage {words.stage[:40]!r}, and stage {LANGUAGE!r} is taught by a model of stage "
                f"{WORDS!r}: begin with one, or go on untaught (--set data.taught=0)"
            )
        return Teacher(words)


def _beside(before: Path, stage: str) -> Path:
    """The checkpoint of another stage of the same run."""
    parts = list(before.parts)
    for number in range(len(parts) - 1, -1, -1):
        if parts[number] in (FACE, BODY):
            parts[number] = stage
            return Path(*parts)
    raise InputError(f"{before}: is of no stage of a training of MARS; name tokenizers by data.face and data.body")

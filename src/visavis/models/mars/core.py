"""What every MARS is: a language model, its tokens, motion tokenizers, and how they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from visavis.checkpoint import (
    CONFIG,
    STATISTICS,
    Header,
    load_weights,
    no_larger_than_stored,
    read_tensors,
    weights_hash,
)
from visavis.conversation import Conversation
from visavis.conversation.observed import observed
from visavis.errors import InputError, about
from visavis.models.base import BehaviorModel
from visavis.models.cues import motion_of
from visavis.models.mars.adapted import AdaptedModel
from visavis.models.mars.base_model import BaseModel, load_base
from visavis.models.mars.chat import Chat
from visavis.models.mars.codec import MotionCodec
from visavis.models.mars.config import MarsConfig
from visavis.models.mars.grammar import Grammar
from visavis.models.mars.line import Line
from visavis.models.mars.turns import CodeTrack
from visavis.models.mars.vocabulary import Vocabulary
from visavis.motion import MotionSpace
from visavis.motion.space import parse_space
from visavis.settings import validate
from visavis.tokenizers.checkpoint import build as build_tokenizer
from visavis.tokenizers.protocol import Tokenizer

LISTENS = "Nonverbal tokens also tell what people show while they listen."
"""Added to the system prompt where listeners' turns are told."""


class MarsCore(BehaviorModel):
    """A language model with face and body, and the tokenizers of its motion.

    Attributes:
        codec: Motion to codes and back.
        language: What was learnt of the language model.
        vocabulary: Its tokens.
        grammar: Which of them may follow in an answer.
        stage: The stage of training that it is of: ``words``, who has learnt words alone, or ``language``.
        note: One line on the base model that a user should know; empty where there is nothing.
    """

    name: ClassVar[str] = "mars"
    statistics_names: ClassVar[tuple[str, ...]] = ("rest",)
    config: MarsConfig

    def __init__(
        self, config: MarsConfig, base: BaseModel, face: Tokenizer, body: Tokenizer, space: MotionSpace, fps: float,
        rest: Tensor | None = None,
    ) -> None:  # fmt: skip
        """An untrained MARS.

        Args:
            config: Its settings.
            base: The language model, which is this model's from now on.
            face: Tokenizer of the face.
            body: Tokenizer of the body.
            space: Of the motion.
            fps: Frames per second of the motion.
            rest: (D,) what columns are that no tokenizer tells; 0 unless given.

        Raises:
            InputError: They do not fit together.
        """
        super().__init__()
        self.config, self.space, self.fps = config, space, fps
        self.stage = "language"
        self.codec = MotionCodec(space, face, body, rest)
        if face.fps != fps:
            raise InputError(f"the tokenizers are for {face.fps:g} frames/s, the motion has {fps:g}")
        self.vocabulary = Vocabulary(base.tokenizer, *self.codec.books)
        most = getattr(base.model.config, "max_position_embeddings", None)
        if most is not None and config.context > most:
            raise InputError(
                f"language model {base.name!r} reads {most:,} tokens; a context of {config.context:,} is more"
            )
        added = self.vocabulary.added
        if len(added) != added[-1] - added[0] + 1:
            raise InputError(f"the tokenizer of {base.name!r} scatters new tokens: use another base model")
        lora = config.lora if config.tuning == "lora" else None
        self.language = AdaptedModel(base, int(added[0]), len(added), lora, self._places())
        self._base = {"name": base.name, "fingerprint": base.fingerprint}
        self._chats: dict[str, Chat] = {}
        self.note = self.chat().note
        self.grammar = Grammar(self.vocabulary, self.chat().end, self.language.size)
        self._kinds = torch.from_numpy(self.vocabulary.kinds(self.language.size))
        self._line: Line | None = None
        self.provenance: dict[str, Any] = {"model": self.name, "weights": "untrained"}

    def _places(self) -> Tensor:
        """(N, P) of all new tokens; the mark for silence is like no code."""
        own, added = self.codec.places(), self.vocabulary.added
        codes = np.concatenate([self.vocabulary.face_ids.ravel(), self.vocabulary.body_ids.ravel()])
        places = own.new_zeros(len(added), own.shape[1])
        places[torch.from_numpy(codes - added[0])] = own
        return places

    @property
    def rest(self) -> Tensor:
        """(D,) the mean pose of the training corpus."""
        return self.codec.rest

    def chat(self, *, listening: bool = False, persona: str | None = None, goal: str | None = None) -> Chat:
        """The base model's chat under a system prompt."""
        parts = [self.config.system, LISTENS if listening and self.config.listening else ""]
        parts += [f"You are: {persona.strip()}" if persona else "", f"Your goal: {goal.strip()}" if goal else ""]
        system = "\n".join(part for part in parts if part)
        if system not in self._chats:
            self._chats[system] = Chat(self.vocabulary, system)
        return self._chats[system]

    def track(self, conversation: Conversation, person: int) -> CodeTrack | None:
        """A person's codes for the whole conversation; None where there is no motion.

        Raises:
            InputError: It is in another space or at another rate.
        """
        values = motion_of(conversation, person, self.space, self.fps)
        if values is None:
            return None
        seen = np.zeros(len(values), bool)
        known = observed(conversation.participants[person])[: len(values)]
        seen[: len(known)] = known
        return self.codec.encode(values, seen)

    # How it is stored

    @property
    def parameter_count(self) -> int:
        """Number of parameters of language model and tokenizers."""
        return self.language.count + sum(p.numel() for p in self.codec.parameters())

    def state(self) -> dict[str, Any]:
        """The base model, its tokens and the motion tokenizers, as plain values."""
        parts = {"face": self.codec.face, "body": self.codec.body}
        return {
            "base": self._base, "vocabulary": self.vocabulary.describe(), "stage": self.stage,
            **{name: {"space": part.space.as_plain()} for name, part in parts.items()},
        }  # fmt: skip

    def card(self) -> list[str]:
        """What it does and where its limits are."""
        face, body = self.codec.books
        learnt = sum(p.numel() for p in self.language.parameters())
        tuned = f"low-rank adapters of rank {self.config.lora.rank}" if self.config.tuning == "lora" else "all weights"
        return [
            "Speaks words with face and body: a language model after *Speaking Beyond Language* (Kim et al.).", "",
            f"- Base model `{self._base['name']}` (weights {self._base['fingerprint']}), which is not in here; "
            f"{learnt:,} numbers were learnt: {tuned}, and rows for new tokens.",
            f"- {face.count} codes of the face, {body.count} of the body, a step every {self.codec.clock.step:g} s; "
            f"{self.config.context:,} tokens of context.", "",
            "It says what its base model and its training corpus make likely, true or not. Motion that a simulated "
            "corpus only imitates is an imitation here too. It should not be used to make real people appear to do "
            "what they did not do.",
        ]  # fmt: skip

    @classmethod
    def build(
        cls, config: MarsConfig, space: MotionSpace, fps: float, statistics: Mapping[str, Tensor],
        state: Mapping[str, Any],
    ) -> Self:  # fmt: skip
        """An untrained MARS on the base model that the settings name; see `BehaviorModel.build`."""
        return cls._on(load_base(config.base), config, space, fps, statistics, state)

    @classmethod
    def _on(
        cls, base: BaseModel, config: MarsConfig, space: MotionSpace, fps: float, statistics: Mapping[str, Tensor],
        state: Mapping[str, Any],
    ) -> Self:  # fmt: skip
        parts = []
        for name, part in (("face", config.face), ("body", config.body)):
            own = parse_space((state.get(name) or {}).get("space"), f"state.{name}")
            parts.append(build_tokenizer(part.tokenizer, None, own, fps))
        return cls(config, base, parts[0], parts[1], space, fps, statistics["rest"])

    @classmethod
    def load(cls, folder: Path, header: Header, config: MarsConfig) -> Self:
        """The model of a checkpoint on its base model, which has to be the same; see `BehaviorModel.load`.

        Raises:
            InputError: The base model is not there, or another one.
        """
        space, fps = header.need_space(str(folder))
        statistics = read_tensors(folder / STATISTICS)
        if set(statistics) != set(cls.statistics_names):
            raise InputError(f"{folder / STATISTICS}: contains {sorted(statistics)[:8]}; ['rest'] is needed")
        if statistics["rest"].shape != (space.dim,):
            raise InputError(
                f"{folder / STATISTICS}: rest has shape {tuple(statistics['rest'].shape)}; ({space.dim},) is needed"
            )
        with about(folder):
            base = load_base(config.base)
            wanted = header.state.get("base") or {}
            if wanted.get("fingerprint") != base.fingerprint:
                raise InputError(
                    f"was trained on base model {str(wanted.get('name'))[:60]!r} with other weights than "
                    f"{config.base!r} has here: name the base model that it was trained on"
                )
            with no_larger_than_stored(folder):
                model = cls._on(base, config, space, fps, statistics, header.state)
            model.vocabulary.check(header.state.get("vocabulary") or {}, str(folder))
        load_weights(model, folder)
        model.stage = str(header.state.get("stage", model.stage))
        model.provenance = {
            "model": cls.name, "weights": weights_hash(folder), "base": dict(wanted), "trained": header.training,
        }  # fmt: skip
        return model.eval()

    @classmethod
    def from_pretrained(
        cls, name: str | Path, *, base: str | None = None, device: str | torch.device = "cpu"
    ) -> Self:  # fmt: skip
        """A trained MARS, ready to talk.

        Args:
            name: ``mars`` for the built-in weights, a checkpoint folder, or a Hub id.
            base: Where its base model is now; where it was in training unless given.
            device: ``cpu``, ``cuda`` or ``auto``.

        Raises:
            InputError: There is none, or its base model is not there or another one.
        """
        from visavis.checkpoint import read_header
        from visavis.models.checkpoint import find
        from visavis.settings import resolve_device

        folder = find(name)
        header = read_header(folder, cls.name)
        config = validate(MarsConfig, header.config, f"{folder / CONFIG}", "config")
        config = config if base is None else config.model_copy(update={"base": base})
        return cls.load(folder, header, config).to(resolve_device(device))

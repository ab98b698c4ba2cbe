"""MARS: a language model that speaks text, face and body (Speaking Beyond Language, section 3.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
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
from visavis.models.base import BehaviorModel, Capabilities, Losses, SamplingOption, chosen_options
from visavis.models.cues import check_cues, content_seed, motion_of, seat_of
from visavis.models.mars.adapted import AdaptedModel
from visavis.models.mars.base_model import BaseModel, load_base
from visavis.models.mars.chat import Chat
from visavis.models.mars.codec import AHEAD, MotionCodec
from visavis.models.mars.config import MarsConfig
from visavis.models.mars.drawing import Draw, answered, items_as_they_come
from visavis.models.mars.grammar import Grammar, Guard
from visavis.models.mars.line import Line
from visavis.models.mars.loss import RowBatch, losses_of
from visavis.models.mars.messages import Item, Step, Turn
from visavis.models.mars.packing import fit
from visavis.models.mars.performing import Performer, numbered, perform
from visavis.models.mars.replying import at_frames, with_reply
from visavis.models.mars.temperatures import Temperatures
from visavis.models.mars.timing import Laid
from visavis.models.mars.turns import CodeTrack, turns_of
from visavis.models.mars.vocabulary import Vocabulary
from visavis.models.preprocessing import frame_count, placed_motion
from visavis.models.samples import sample_seed, with_motion
from visavis.motion import Motion, MotionSpace, Seat
from visavis.motion.space import parse_space
from visavis.reporter import Update, portion
from visavis.settings import validate
from visavis.tokenizers.checkpoint import build as build_tokenizer
from visavis.tokenizers.protocol import Tokenizer

LISTENS = "Nonverbal tokens also tell what people show while they listen."
"""Added to the system prompt where listeners' turns are told."""
WARMEST = 10.0


class Mars(BehaviorModel):
    """A language model with face and body, and the tokenizers of its motion.

    Attributes:
        codec: Motion to codes and back.
        language: What was learnt of the language model.
        vocabulary: Its tokens.
        grammar: Which of them may follow in an answer.
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
        self.language = AdaptedModel(base, int(added[0]), len(added), lora)
        self._base = {"name": base.name, "fingerprint": base.fingerprint}
        self._chats: dict[str, Chat] = {}
        self.note = self.chat().note
        self.grammar = Grammar(self.vocabulary, self.chat().end, self.language.size)
        self._kinds = torch.from_numpy(self.vocabulary.kinds(self.language.size))
        self._line: Line | None = None
        self.provenance: dict[str, Any] = {"model": self.name, "weights": "untrained"}

    @property
    def rest(self) -> Tensor:
        """(D,) the mean pose of the training corpus."""
        return self.codec.rest

    # As any model of behaviour

    @property
    def capabilities(self) -> Capabilities:
        """It moves whoever speaks or listens, in time with words and in view of the other."""
        drawn = self.config.sampling
        return Capabilities(
            roles=frozenset({"speaker", "listener"}),
            needs=frozenset(),
            writes=self.space,
            uses=frozenset({"words", "partner_motion"}),
            reads=self.space,
            options={
                "face": SamplingOption(drawn.face, 0.0, WARMEST, "temperature of the face; 0 takes the likeliest"),
                "body": SamplingOption(drawn.body, 0.0, WARMEST, "temperature of the body; 0 takes the likeliest"),
            },
        )

    def generate(
        self, conversation: Conversation, people: Sequence[int] = (0, 1), *, samples: int = 1, seed: int = 0,
        options: Mapping[str, float] = MappingProxyType({}), update: Update = lambda _share: None,
    ) -> list[Conversation]:  # fmt: skip
        """Moves people in time with what they say, and while they listen; words are given, and codes are drawn.

        Raises:
            InputError: See `BehaviorModel.generate`.
        """
        check_cues(conversation, people, self.capabilities, self.name)
        chosen = chosen_options(self.capabilities, options, self.name)
        warmth = Temperatures(self.config.sampling.text, chosen["face"], chosen["body"])
        seats = {person: seat_of(conversation, person, self.space) for person in people}
        frames = frame_count(conversation, self.fps)
        self._prepare()
        found = []
        for number in range(samples):
            share = portion(update, number / samples, 1 / samples)
            steps = self._performed(conversation, people, sample_seed(seed, number), warmth, share)
            moved = {
                person: placed_motion(self.codec.decode(own)[:frames], seats[person], self.space, self.fps)
                for person, own in steps.items()
            }
            found.append(
                with_motion(conversation, moved, {**self.provenance, "seed": seed, "sample": number, **chosen})
            )
        return found

    def rest_pose(self) -> NDArray[np.float32]:
        """The mean pose of the training corpus."""
        pose: NDArray[np.float32] = self.rest.cpu().numpy()
        return pose

    def loss(self, batch: RowBatch, generator: torch.Generator | None = None) -> Losses:
        """Cross-entropy of what is to be learnt, equation 11; parts of it by kind of token."""
        return losses_of(self.language, batch)

    # As a person to talk with

    def turns(self, conversation: Conversation, person: int | str = "B", *, listening: bool = False) -> list[Turn]:
        """What two people say and show, as the language model reads it.

        Args:
            conversation: With words; motion where it is known, with seats where the space has places.
            person: Whom the language model is to be.
            listening: Also tell what each shows while the other speaks.

        Raises:
            InputError: Motion is in another space or at another rate.
        """
        tracks = [self.track(conversation, i) for i in range(2)]
        return turns_of(conversation, tracks, self.codec.clock, assistant=person_of(person), listening=listening)

    def speak(
        self, turns: Sequence[Turn], *, seed: int = 0, temperatures: Temperatures | None = None,
        max_tokens: int | None = None, silent: bool = False, persona: str | None = None, goal: str | None = None,
        update: Update = lambda _share: None, note: Callable[[str], object] = lambda _line: None,
    ) -> Iterator[Item]:  # fmt: skip
        """The assistant's next turn, word by word with its steps, as it is drawn.

        Keys and values of what was read are kept, so that a conversation that goes on is not read again.

        Args:
            turns: What was said and shown so far, oldest first; those that do not fit any more are left out, whole.
            seed: The same calls with the same seeds give the same answers.
            temperatures: Of words, face and body; the model's own unless given.
            max_tokens: Of the answer; the model's own unless given.
            silent: A listener's turn, of codes alone.
            persona: Whom the assistant is to be, in words.
            goal: What it is to achieve.
            update: Takes the share of `max_tokens` that is drawn.
            note: Takes a line where something was left out, or a frozen face was cut short.

        Returns:
            Items, each when the next one has begun; nothing is drawn before it is asked for.

        Raises:
            InputError: The last turn does not fit into the context.
        """
        config = self.config
        limit = config.answer if max_tokens is None else max_tokens
        if not 0 < limit <= config.context // 2:
            raise InputError(f"an answer of {limit} tokens; 1 to {config.context // 2} are possible")
        chat = self.chat(listening=silent, persona=persona, goal=goal)
        kept = fit(chat, turns, config.context - limit, answer=True)
        if len(kept) < len(turns):
            note(
                f"the conversation is longer than the model's context of {config.context:,} tokens: its first "
                f"{len(turns) - len(kept)} turns are not remembered"
            )
        drawn = config.sampling
        warmth = temperatures or Temperatures(drawn.text, drawn.face, drawn.body)
        answer = self.grammar.begin(listening=silent, limit=limit, guard=self._guard, clock=self.codec.clock)
        ids = chat.encode(kept, answer=True).ids.tolist()

        def tokens() -> Iterator[int]:
            self._prepare()
            line, self._line = self._line or Line(self.language), None
            told = 0
            for count, token in enumerate(answered(line, ids, answer, Draw(self._kinds, warmth, seed)), 1):
                update(count / limit)
                for what in answer.notes[told:]:
                    note(what)
                told = len(answer.notes)
                yield token
            update(1.0)
            self._line = line

        return items_as_they_come(chat, tokens())

    def reply(
        self, conversation: Conversation, person: int | str = "B", *, seed: int = 0,
        temperatures: Temperatures | None = None, max_tokens: int | None = None, persona: str | None = None,
        goal: str | None = None, rate: float = 1.0, update: Update = lambda _share: None,
        note: Callable[[str], object] = lambda _line: None,
    ) -> Conversation:  # fmt: skip
        """The conversation with a person's answer after what was said: words with estimated times, and motion.

        Whoever answers and has no motion yet listens first.

        Args:
            conversation: With words, and seats where the space has places.
            person: Who answers.
            seed: Decides everything.
            temperatures: See `speak`.
            max_tokens: See `speak`.
            persona: See `speak`.
            goal: See `speak`.
            rate: Of speech, relative to telephone calls in English.
            update: Takes the share done.
            note: Takes a line, as in `speak`.

        Raises:
            InputError: Nobody has said or shown anything, or a seat is missing.
        """
        who = person_of(person)
        if conversation.participants[who].motion is None:
            conversation = self.generate(conversation, (who,), seed=seed, update=portion(update, 0.0, 0.3))[0]
        turns = self.turns(conversation, who)
        if not turns:
            raise InputError(
                f"conversation {conversation.id!r}: nobody has said anything, so there is nothing to answer"
            )
        items = tuple(
            self.speak(
                turns, seed=seed, temperatures=temperatures, max_tokens=max_tokens, persona=persona, goal=goal,
                update=portion(update, 0.3, 0.7), note=note,
            )
        )  # fmt: skip
        turn = Turn("assistant", f"{conversation.id}_{len(turns)}", items)
        return with_reply(self, conversation, who, turn, rate, {**self.provenance, "seed": seed})

    def motion(
        self, turn: Turn | Sequence[Step], *, laid: Laid | None = None, seat: Seat | None = None
    ) -> Motion:  # fmt: skip
        """The motion of a turn's steps, in the room.

        Args:
            turn: Or its steps.
            laid: Where its steps lie in time, from `visavis.models.mars.timing.lay`; one after the other unless given.
            seat: Of the person; the frame of the seat unless given.
        """
        steps = turn.steps if isinstance(turn, Turn) else tuple(turn)
        if laid is None:
            values = self.codec.decode(steps)
        else:
            decoded = self.codec.decode([steps[number] for number in laid.numbers])
            values = at_frames(decoded, laid.source())
        where = np.zeros(4, np.float32) if seat is None else np.array([*seat.position, seat.yaw], np.float32)
        return placed_motion(values, where, self.space, self.fps)

    def stream_motion(
        self, steps: Iterable[Step], *, seat: Seat | None = None, ahead: int = AHEAD
    ) -> Iterator[Motion]:  # fmt: skip
        """The motion of each step as soon as `ahead` steps after it are known; see `MotionCodec.stream`.

        Args:
            steps: As they come.
            seat: Of the person; the frame of the seat unless given.
            ahead: Steps that are waited for.
        """
        where = np.zeros(4, np.float32) if seat is None else np.array([*seat.position, seat.yaw], np.float32)
        for values in self.codec.stream(steps, ahead):
            yield placed_motion(values, where, self.space, self.fps)

    def chat(self, *, listening: bool = False, persona: str | None = None, goal: str | None = None) -> Chat:
        """The base model's chat under a system prompt."""
        parts = [self.config.system, LISTENS if listening and self.config.listening else ""]
        parts += [f"You are: {persona.strip()}" if persona else "", f"Your goal: {goal.strip()}" if goal else ""]
        system = "\n".join(part for part in parts if part)
        if system not in self._chats:
            self._chats[system] = Chat(self.vocabulary, system)
        return self._chats[system]

    def merged(self, folder: str | Path) -> Path:
        """Writes base model and adapter as one model of transformers, with its tokenizer.

        Motion tokenizers are not in it.

        Args:
            folder: Where.
        """
        from visavis.models.mars.merging import write_merged

        return write_merged(self, Path(folder))

    # How it is stored

    @property
    def parameter_count(self) -> int:
        """Number of parameters of language model and tokenizers."""
        return self.language.count + sum(p.numel() for p in self.codec.parameters())

    def state(self) -> dict[str, Any]:
        """The base model, its tokens and the motion tokenizers, as plain values."""
        parts = {"face": self.codec.face, "body": self.codec.body}
        return {
            "base": self._base, "vocabulary": self.vocabulary.describe(),
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
    ) -> Mars:  # fmt: skip
        """An untrained MARS on the base model that the settings name; see `BehaviorModel.build`."""
        return cls._on(load_base(config.base), config, space, fps, statistics, state)

    @classmethod
    def _on(
        cls, base: BaseModel, config: MarsConfig, space: MotionSpace, fps: float, statistics: Mapping[str, Tensor],
        state: Mapping[str, Any],
    ) -> Mars:  # fmt: skip
        parts = []
        for name, part in (("face", config.face), ("body", config.body)):
            own = parse_space((state.get(name) or {}).get("space"), f"state.{name}")
            parts.append(build_tokenizer(part.tokenizer, None, own, fps))
        return cls(config, base, parts[0], parts[1], space, fps, statistics["rest"])

    @classmethod
    def load(cls, folder: Path, header: Header, config: MarsConfig) -> Mars:
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
        model.provenance = {
            "model": cls.name, "weights": weights_hash(folder), "base": dict(wanted), "trained": header.training,
        }  # fmt: skip
        return model.eval()

    @classmethod
    def from_pretrained(
        cls, name: str | Path, *, base: str | None = None, device: str | torch.device = "cpu"
    ) -> Mars:  # fmt: skip
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

    # Within

    @property
    def _guard(self) -> Guard:
        return Guard(self.config.guard.face, self.config.guard.body)

    def _prepare(self) -> None:
        """Reading is faster with adapters added to the weights; not while they are learnt."""
        if not self.training:
            self.language.merge()

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

    def _performed(
        self, conversation: Conversation, people: Sequence[int], seed: int, warmth: Temperatures, update: Update
    ) -> dict[int, list[Step]]:
        """Steps of everybody who is moved, for the whole conversation."""
        count = math.ceil(frame_count(conversation, self.fps) / self.codec.clock.factor)
        blank = numbered(count, self.vocabulary)
        tracks = [blank if i in people else self.track(conversation, i) for i in range(2)]
        told = turns_of(conversation, tracks, self.codec.clock, listening=True)
        seen = [track.face for track in tracks if track is not None]
        said = [np.frombuffer(" ".join(turn.words).encode(), np.uint8) for turn in told]
        draw = Draw(self._kinds, warmth, content_seed(seed, [*seen, *said]))
        chat = self.chat(listening=True)
        views = {
            i: Performer(chat, self.grammar, Line(self.language), draw, self._guard, self.config.context)
            for i in people
        }
        return perform(told, views, count, update)


def person_of(person: int | str) -> int:
    """0 for A and 1 for B.

    Raises:
        InputError: Neither is meant.
    """
    if person in (0, "A", "a"):
        return 0
    if person in (1, "B", "b"):
        return 1
    raise InputError(f"person {str(person)[:20]!r}: A or B is needed")

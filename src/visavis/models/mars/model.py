"""MARS: a language model that speaks text, face and body (Speaking Beyond Language, section 3.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.models.base import Capabilities, Losses, SamplingOption, chosen_options
from visavis.models.cues import check_cues, content_seed, seat_of
from visavis.models.mars.codec import AHEAD
from visavis.models.mars.core import MarsCore
from visavis.models.mars.drawing import Draw, answered, items_as_they_come
from visavis.models.mars.grammar import Guard
from visavis.models.mars.line import Line
from visavis.models.mars.loss import RowBatch, losses_of
from visavis.models.mars.messages import Item, Step, Turn
from visavis.models.mars.packing import fit
from visavis.models.mars.performing import Performer, numbered, perform
from visavis.models.mars.replying import at_frames, with_reply
from visavis.models.mars.temperatures import Temperatures
from visavis.models.mars.timing import Laid
from visavis.models.mars.turns import turns_of
from visavis.models.preprocessing import frame_count, placed_motion
from visavis.models.samples import sample_seed, with_motion
from visavis.motion import Motion, Seat
from visavis.reporter import Update, portion

WARMEST = 10.0
"""The highest temperature that can be asked for."""


class Mars(MarsCore):
    """Moves people in time with what they say, and talks; see `MarsCore` for what it is made of."""

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

        Where nobody says a word, all that the other person shows is one turn: a nod may want an answer, too.

        Args:
            conversation: With words; motion where it is known, with seats where the space has places.
            person: Whom the language model is to be.
            listening: Also tell what each shows while the other speaks.

        Raises:
            InputError: Motion is in another space or at another rate.
        """
        tracks = [self.track(conversation, i) for i in range(2)]
        told = partial(turns_of, conversation, tracks, self.codec.clock, assistant=person_of(person))
        found = told(listening=listening)
        return found or [turn for turn in told(listening=True) if turn.role == "user"]

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
                f"conversation {conversation.id!r}: nobody has said or shown anything, so there is nothing to answer"
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

    def merged(self, folder: str | Path) -> Path:
        """Writes base model and adapter as one model of transformers, with its tokenizer.

        Motion tokenizers are not in it.

        Args:
            folder: Where.
        """
        from visavis.models.mars.merging import write_merged

        return write_merged(self, Path(folder))

    # Within

    @property
    def _guard(self) -> Guard:
        return Guard(self.config.guard.face, self.config.guard.body)

    def _prepare(self) -> None:
        """Reading is faster with adapters added to the weights; not while they are learnt."""
        if not self.training:
            self.language.merge()

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

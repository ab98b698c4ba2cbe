"""A talk with MARS: turns are answered one by one, and what was said before is remembered as far as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from visavis.conversation import Conversation, Participant, Utterance
from visavis.errors import InputError
from visavis.generation.talk.delivery import Begun, Delivered, Tell, deliver
from visavis.generation.talk.scene import Part
from visavis.generation.talk.shown import told
from visavis.language.english import looks_english
from visavis.models.mars.messages import Clock, Item, Turn
from visavis.models.mars.packing import fit
from visavis.models.samples import sample_seed
from visavis.motion import ARKIT_BODY, Motion, Seat, face_to_face
from visavis.motion.mapping import can_become, to_space
from visavis.motion.resampling import resample
from visavis.reporter import SILENT, Reporter
from visavis.simulation.dialogues.simulator import act_out
from visavis.simulation.voices.marks import Synthesiser

if TYPE_CHECKING:
    from visavis.models.mars.model import Mars

USER, ANSWERING = 0, 1
FILLED = 0.5
"""Share of the room that earlier turns take up after some were dropped: a model reads all that is left anew, which
takes time, so that it should not happen at every turn."""


def nothing(_event: object) -> None:
    """Tells nobody."""


@dataclass
class Talk:
    """A talk, so far.

    Attributes:
        mars: Answers.
        voices: The user's and the answering one's.
        seed: Decides all that is left to chance; the same turns and seed give the same answers.
        persona: Who answers, in words.
        goal: What the answering one is after, in words.
        seats: Where the two are.
        reporter: Is told what is fulfilled with limitations.
        id: Of the conversation.
        turns: What the model is told, the latest last; the oldest may be gone.
        parts: All that was said and shown.
        cut: Where codes that were held for too long were changed, a line each.
    """

    mars: Mars
    voices: tuple[Synthesiser, Synthesiser]
    seed: int = 0
    persona: str | None = None
    goal: str | None = None
    seats: tuple[Seat, Seat] = field(default_factory=face_to_face)
    reporter: Reporter = SILENT
    id: str = "talk"
    turns: list[Turn] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)

    @property
    def clock(self) -> Clock:
        """Of the codes."""
        return self.mars.codec.clock

    @property
    def now(self) -> float:
        """When the last turn is over, in seconds."""
        return self.parts[-1].end if self.parts else 0.0

    @property
    def _step(self) -> int:
        return round(self.now / self.clock.step)

    def warm_up(self) -> None:
        """Loads what is loaded when it is first needed, so that the first answer need not wait."""
        turn, part = self.hear("Hello, I am glad to see you.")
        looks_english("Hello")
        if part.motion is not None:
            told(part.motion)
        next(self.mars.speak([turn], persona=self.persona, goal=self.goal), None)

    def exchange(self, text: str, tell: Tell = nothing) -> Delivered | None:
        """A typed turn and its answer; where it cannot be answered, the talk stays as it was.

        Args:
            text: What the user says; nothing in it is taken for codes or for control tokens.
            tell: Is told the answer as it comes.

        Returns:
            The answer; None if it was stopped before its first word.

        Raises:
            InputError: The turn is empty, or longer than the model can read.
        """
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InputError("the turn is not UTF-8 text") from None
        if not text.split():
            raise InputError("the turn is empty: say something")
        self._fitting([Turn.typed(text)])  # what is too long is not spoken first
        if not looks_english(text[:2000]):
            self._note_once("this does not look like English, the language that gestures and answers were learnt in")
        turn, part = self.hear(text)
        return self._answered([*self.turns, turn], [*self.parts, part], tell)

    def hear(self, text: str) -> tuple[Turn, Part]:
        """A typed turn as it is said and shown: words with times, and what people do who say them."""
        said = deliver(map(Item, text.split()), self.clock, self.voices[USER], role="user")
        if said is None or said.stopped:
            raise KeyboardInterrupt
        lasting = max(said.duration, 2 * self.clock.step)
        first = Participant("A", utterances=(Utterance(said.words[0].start, said.words[-1].end, said.words),))
        alone = Conversation(self.id, (first, Participant("B")), lasting)
        acted = act_out(alone, sample_seed(self.seed, len(self.parts)), ARKIT_BODY, self.seats)
        (turn, *_) = self.mars.turns(in_space(acted, self.mars), "B")
        turn = replace(turn, name=f"{self.id}_{len(self.parts)}", first=self._step)
        return turn, Part(USER, self.now, said, acted.a.motion, ARKIT_BODY.names)

    def reply(self, tell: Tell = nothing) -> Delivered | None:
        """An answer to the turns so far; see `exchange`."""
        return self._answered(self.turns, self.parts, tell)

    def _answered(self, turns: Sequence[Turn], parts: Sequence[Part], tell: Tell) -> Delivered | None:
        turns = self._fitting(turns)
        items = self.mars.speak(
            turns, seed=sample_seed(self.seed, len(parts)), persona=self.persona, goal=self.goal, note=self.cut.append
        )  # fmt: skip
        start = parts[-1].end if parts else 0.0
        tell(Begun(start))
        answer = deliver(items, self.clock, self.voices[ANSWERING], name=f"{self.id}_{len(parts)}", tell=tell)
        self.turns, self.parts = list(turns), list(parts)
        if answer is not None:
            self.turns.append(replace(answer.turn, first=self._step))
            motion = motion_of(self.mars, answer)
            self.parts.append(Part(ANSWERING, start, answer, motion, told_columns(self.mars)))
        return answer

    def _fitting(self, turns: Sequence[Turn]) -> tuple[Turn, ...]:
        """Without the oldest turns, where the model has no room for all."""
        chat = self.mars.chat(persona=self.persona, goal=self.goal)
        room = self.mars.config.context - self.mars.config.answer
        try:
            kept = fit(chat, turns, room, answer=True)
        except InputError:
            raise InputError(
                f"the turn has {len(turns[-1].words):,} words, more than the model can read with its context of "
                f"{self.mars.config.context:,} tokens: say it in several turns"
            ) from None
        if len(kept) == len(turns):
            return kept
        self._note_once("the talk is longer than the model can remember: its oldest turns are forgotten")
        with suppress(InputError):  # the last turn alone may be longer than that
            return fit(chat, turns, round(FILLED * room), answer=True)
        return kept

    def _note_once(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self.reporter.note(line)


def in_space(conversation: Conversation, mars: Mars) -> Conversation:
    """The same with motion as the model knows it; without motion where it knows another kind of people."""
    people = []
    for person in conversation:
        motion = person.motion
        if motion is not None and motion.space.columns != mars.space.columns:
            motion = to_space(motion, mars.space) if can_become(motion.space, mars.space) else None
        people.append(replace(person, motion=None if motion is None else resample(motion, mars.fps)))
    return conversation.with_participants(people[0], people[1])


def motion_of(mars: Mars, said: Delivered) -> Motion | None:
    """What a turn's codes show on its clock, in the frame of the seat; None of a turn without codes."""
    return mars.motion(said.turn, laid=said.laid) if said.turn.steps else None


def told_columns(mars: Mars) -> tuple[str, ...]:
    """The columns of motion that codes tell; the others are at rest."""
    return (*mars.codec.face.space.names, *mars.codec.body.space.names)

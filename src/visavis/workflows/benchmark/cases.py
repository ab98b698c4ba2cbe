"""The people generated in a benchmark, hidden from the methods, and what each method generates for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Participant
from visavis.conversation.observed import observed
from visavis.errors import InputError
from visavis.evaluation.clip import Clip
from visavis.models.preprocessing import seat_vector
from visavis.motion import Motion, MotionSpace, Seat
from visavis.motion.mapping import project_to_space
from visavis.motion.resampling import resample
from visavis.reporter import SILENT, Reporter
from visavis.workflows.benchmark.kept import Kept

SAMPLES = 3
"""How often a method generates everybody, with other noise, unless told otherwise."""


@dataclass(frozen=True)
class Case:
    """Somebody held out.

    Attributes:
        conversation: As it really was.
        people: Who is to be generated, 0 for A and 1 for B.
        unit: What is independent of other units: the conversation, or the people who call.
    """

    conversation: Conversation
    people: tuple[int, ...]
    unit: str

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{self.conversation.id}-{''.join('ab'[person] for person in self.people)}"

    @property
    def hidden(self) -> Conversation:
        """The conversation without the people's motion, so that nobody can peep; where they sit stays known."""
        shown = (hide(self.conversation, i) if i in self.people else p for i, p in enumerate(self.conversation))
        return self.conversation.with_participants(*shown)

    def truth(self, person: int, space: MotionSpace) -> Motion:
        """What one of them did.

        Raises:
            InputError: It is not known, or in another space.
        """
        motion = self.conversation.participants[person].motion
        where = f"conversation {self.conversation.id!r}, participant {'AB'[person]}"
        if motion is None:
            raise InputError(f"{where}: has no motion to compare with")
        return brought(motion, space, where)


def hide(conversation: Conversation, person: int) -> Participant:
    """A participant without motion, in the seat that it was in."""
    known = conversation.participants[person]
    seat = known.seat
    if seat is None and known.motion is not None and known.motion.space.has("translation") and len(known.motion):
        *position, yaw = seat_vector(known, "AB"[person], conversation.id).tolist()
        seat = Seat(tuple(position), yaw)
    return replace(known, motion=None, seat=seat)


def brought(motion: Motion, space: MotionSpace, where: str) -> Motion:
    """Motion in the space that all methods are measured in.

    Raises:
        InputError: It cannot be brought there; `where` begins the message.
    """
    found = project_to_space(motion, space)
    if found.space.columns != space.columns:
        raise InputError(f"{where}: motion is in space {motion.space.name!r}; measured is {space.name!r}")
    return found


Move = Callable[[Case, int], Sequence[Conversation]]
"""Moves a case's people, as often as is said."""


@dataclass(frozen=True)
class Method:
    """A row of a benchmark.

    Attributes:
        name: In the tables.
        key: What decides its motion, besides the case.
        make: Loads or trains it; called only if some of its motion is not there yet.
        samples: How often it is asked; 1 where the answer is always the same.
    """

    name: str
    key: tuple[object, ...]
    make: Callable[[], Move]
    samples: int = SAMPLES


@dataclass(frozen=True)
class Moved:
    """What a method generated for a case: by person in the order of `Case.people`, its samples."""

    case: Case
    motions: tuple[tuple[Motion, ...], ...]

    def clips(self, space: MotionSpace, samples: int) -> Iterator[Clip]:
        """Clips to measure, one per person; a motion a frame longer or shorter than the truth is cut with it.

        Only frames in which the truth was observed count; who was seen in fewer than two is left out.

        Args:
            space: That is measured.
            samples: Of every clip; the one sample of a method that always answers the same stands for all.
        """
        for person, motions in zip(self.case.people, self.motions, strict=True):
            truth = self.case.truth(person, space)
            other = self.case.conversation.participants[1 - person].motion
            partner = [brought(other, space, self.case.name)] if other is not None else []
            frames = min(len(m) for m in (truth, *motions, *partner))
            seen = observed(self.case.conversation.participants[person])[:frames]
            if seen.sum() < 2:
                continue
            cut = [m.slice(0, frames) for m in (truth, *partner, *motions)]
            generated = tuple(cut[1 + len(partner) :])
            repeated = generated * samples if len(generated) == 1 else generated
            name = f"{self.case.conversation.id}-{'ab'[person]}"
            yield Clip(
                name, repeated, cut[0], cut[1] if partner else None, frames=None if seen.all() else seen,
                conversation=self.case.unit,
            )  # fmt: skip


@dataclass(frozen=True)
class Bench:
    """What all methods of a benchmark share.

    Attributes:
        cases: Reads whoever is held out, anew for each method, so that few are in memory.
        count: Of the cases.
        space: What is measured.
        kept: What need not be made again.
        state: Changes when the corpus does.
        reporter: Shows progress.
    """

    cases: Callable[[], Iterable[Case]]
    count: int
    space: MotionSpace
    kept: Kept
    state: str
    reporter: Reporter = SILENT

    def moved(self, method: Method) -> Iterator[Moved]:
        """What a method generates for each case; what is kept is not made again.

        Raises:
            InputError: The method cannot be used here.
        """
        move: Move | None = None
        with nullcontext() if self._finished(method) else self.reporter.progress(method.name) as update:
            for number, case in enumerate(self.cases(), start=1):

                def generate(case: Case = case) -> NDArray[np.float32]:
                    nonlocal move
                    move = move or method.make()
                    found = move(case, method.samples)
                    return np.stack([[self._values(c, case, i) for i in case.people] for c in found])

                values = self.kept.arrays(f"{method.name}/{case.name}", self._keys(method), generate)
                fps = case.truth(case.people[0], self.space).fps
                motions = tuple(
                    tuple(Motion(values[sample, turn], fps, self.space) for sample in range(method.samples))
                    for turn in range(len(case.people))
                )
                yield Moved(case, motions)
                if update is not None:
                    update(number / self.count)
        self.kept.values(f"{method.name}/finished", self._keys(method), lambda: True)

    def _keys(self, method: Method) -> list[object]:
        return [self.state, self.space.name, method.samples, *method.key]

    def _finished(self, method: Method) -> bool:
        return self.kept.place(f"{method.name}/finished", self._keys(method), ".json").is_file()

    def _values(self, conversation: Conversation, case: Case, person: int) -> NDArray[np.float32]:
        """(T, D) of one person, as long as the truth of all."""
        truths = [case.truth(i, self.space) for i in case.people]
        fps, frames = truths[0].fps, min(map(len, truths))
        motion = conversation.participants[person].motion
        assert motion is not None
        motion = brought(motion, self.space, "the method's")
        motion = motion if motion.fps == fps else resample(motion, fps)
        missing = frames - len(motion)
        values = motion.values[:frames]
        return np.concatenate([values, np.repeat(values[-1:], missing, 0)]) if missing > 0 else values

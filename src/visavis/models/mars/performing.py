"""Codes for words that are given: people who speak or listen, each as the language model sees the conversation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from visavis.models.mars.chat import Chat
from visavis.models.mars.drawing import Draw
from visavis.models.mars.grammar import Grammar, Guard, Runs
from visavis.models.mars.line import Line
from visavis.models.mars.messages import Item, Step, Turn
from visavis.models.mars.packing import fit
from visavis.models.mars.turns import CodeTrack
from visavis.models.mars.vocabulary import Kind, Vocabulary

CODES = (Kind.FACE, Kind.BODY)


def numbered(count: int, vocabulary: Vocabulary) -> CodeTrack:
    """Codes that are not known yet: the face's first says which step of the conversation it is."""
    face = np.zeros((count, vocabulary.face.books), np.int64)
    face[:, 0] = np.arange(count)
    return CodeTrack(face, np.zeros((count, vocabulary.body.books), np.int64), np.ones(count, bool))


def perform(
    turns: Sequence[Turn], views: Mapping[int, Performer], count: int, update: Callable[[float], object]
) -> dict[int, list[Step]]:
    """The steps of everybody who is moved, turn by turn; whoever is moved hears and sees what the other does.

    Args:
        turns: Of both people, A as the user and B as the assistant; steps of whoever is moved are `numbered`.
        views: By person, of those who are moved.
        count: Steps of the conversation.
        update: Takes the share done.

    Returns:
        By person `count` steps; where no turn tells what one shows, what was shown before goes on.
    """
    shown: dict[int, dict[int, Step]] = {person: {} for person in views}
    for number, turn in enumerate(turns):
        person = int(turn.role == "assistant")
        if person in views:
            made = views[person].perform(replace(turn, role="assistant"))
            shown[person] |= zip((step.face[0] for step in turn.steps), made.steps, strict=True)
            turn = made
        for other, view in views.items():
            if other != person:
                view.hear(replace(turn, role="user"))
        update((number + 1) / len(turns))
    return {person: _gapless(steps, count) for person, steps in shown.items()}


def _gapless(steps: Mapping[int, Step], count: int) -> list[Step]:
    last = steps[min(steps)]
    found = []
    for number in range(count):
        last = steps.get(number, last)
        found.append(last)
    return found


@dataclass
class Performer:
    """Gives words that are known the codes of whoever says them: one person's view of a conversation.

    Attributes:
        chat: With this person as the assistant.
        grammar: Of the model.
        line: What was read so far.
        draw: Draws.
        guard: Against frozen faces.
        context: Tokens at most.
        turns: What was said and shown so far, as far as it fits.
    """

    chat: Chat
    grammar: Grammar
    line: Line
    draw: Draw
    guard: Guard
    context: int
    turns: tuple[Turn, ...] = ()

    def hear(self, turn: Turn) -> None:
        """Takes a whole turn of either person."""
        self.turns = (*self.turns, turn)

    def perform(self, turn: Turn) -> Turn:
        """The turn with its steps' codes drawn; it is heard, too.

        Long turns are performed in pieces of at most a quarter of the context, so that something is remembered.

        Args:
            turn: Of the assistant; how many steps go with each word is kept, what they are is not looked at.
        """
        runs = Runs(self.chat.vocabulary, self.guard)
        done: tuple[Item, ...] = ()
        remembered: tuple[Item, ...] = ()
        for piece in _pieces(self.chat, _blank(self.chat, turn.items), self.context // 4):
            made = self._piece(replace(turn, items=remembered + piece), remembered, runs)
            done += made
            remembered = (remembered + made) if len(self.chat.content(remembered)[0]) < self.context // 4 else made
        performed = replace(turn, items=done)
        self.hear(performed)
        return performed

    def _piece(self, turn: Turn, before: tuple[Item, ...], runs: Runs) -> tuple[Item, ...]:
        """The items of a turn after those that were made `before`, with codes."""
        turns = self.turns
        if len(self.chat.encode([*turns, turn])) > self.context:  # half of it is kept, so that not every turn shifts it
            least = len(self.chat.encode([turn]))
            self.turns = turns = fit(self.chat, [*turns, turn], max(least, self.context // 2))[:-1]
        encoded = self.chat.encode([*turns, turn])
        start, stop = encoded.turns[-1]
        ids, kinds = encoded.ids.tolist(), encoded.kinds
        known = sum(len(item.steps) for item in before) * self.chat.vocabulary.step_length
        logits: Tensor | None = None
        count = 0
        for position in range(start, stop):
            if kinds[position] not in CODES:
                logits = None
                continue
            count += 1
            if count <= known:
                continue
            logits = self.line.read(ids[:position]) if logits is None else logits
            book = (count - 1) % self.chat.vocabulary.step_length
            mask = self.grammar.codes[book]
            over = runs.over(book)
            if over is not None:
                mask = mask.clone()
                mask[over] = False
            face = kinds[position] == Kind.FACE
            warmth = self.draw.temperatures.face if face else self.draw.temperatures.body
            token = self.draw.code(logits, mask, warmth)
            code = self.chat.vocabulary.code(token)
            assert code is not None
            runs.see(book, code[2])
            ids[position] = token
            logits = self.line.push(token, codes=True) if position + 1 < stop and kinds[position + 1] in CODES else None
        return _filled(self.chat, turn.items, ids[start:stop])[len(before) :]


def _pieces(chat: Chat, items: Sequence[Item], most: int) -> Iterator[tuple[Item, ...]]:
    """Items in order, about `most` tokens at a time; long silences are cut."""
    steps = max(1, most // chat.vocabulary.step_length)
    piece: list[Item] = []
    size = 0
    for part in (part for item in items for part in _cut(item, steps)):
        length = len(chat.content([part])[0])
        if piece and size + length > most:
            yield tuple(piece)
            piece, size = [], 0
        piece.append(part)
        size += length
    if piece:
        yield tuple(piece)


def _cut(item: Item, most: int) -> Iterator[Item]:
    for start in range(0, max(1, len(item.steps)), most):
        yield Item(item.word if not start else None, item.steps[start : start + most])


def _blank(chat: Chat, items: Sequence[Item]) -> tuple[Item, ...]:
    """The same words with as many steps, of codes that every vocabulary has."""
    step = Step((0,) * chat.vocabulary.face.books, (0,) * chat.vocabulary.body.books)
    return tuple(Item(item.word, (step,) * len(item.steps)) for item in items)


def _filled(chat: Chat, items: Sequence[Item], ids: Sequence[int]) -> tuple[Item, ...]:
    """Items with the steps that stand in the tokens of their turn."""
    books = chat.vocabulary.face.books
    codes = [code[2] for code in map(chat.vocabulary.code, ids) if code is not None]
    size = chat.vocabulary.step_length
    steps = [Step(tuple(codes[i : i + books]), tuple(codes[i + books : i + size])) for i in range(0, len(codes), size)]
    found, first = [], 0
    for item in items:
        found.append(Item(item.word, tuple(steps[first : first + len(item.steps)])))
        first += len(item.steps)
    return tuple(found)

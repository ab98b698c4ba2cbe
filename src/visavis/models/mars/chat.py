"""Turns as the tokens that a language model reads and writes.

Nothing that a person says, is called, or is told to be goes through the chat template as text: the template is filled
with slots, and what belongs there is encoded as plain text, so that it cannot open or close a turn.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError, plainly
from visavis.models.mars.messages import SYSTEM_PROMPT, Item, Step, Turn
from visavis.models.mars.vocabulary import Kind, Vocabulary

_SLOT = "\u27e6{}\u27e7"
_SLOTS = re.compile("\u27e6([a-z]+[0-9]*)\u27e7")

_DAY = "26 Jul 2024"
"""For templates that tell the model what day it is (Llama 3.2), so that the same conversation is the same every day."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Tokens of a conversation.

    Attributes:
        ids: (L,) int64.
        kinds: (L,) uint8 of `Kind`; all but ``CONTEXT`` are learnt.
        turns: First and one past the last token of each turn's content.
    """

    ids: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    turns: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def labels(self) -> NDArray[np.int64]:
        """(L,) what is to be learnt, -100 elsewhere, as losses of transformers expect it."""
        return np.where(self.kinds == Kind.CONTEXT, -100, self.ids)


class Chat:
    """The chat of one base model: its template, or a plain one where it has none.

    Attributes:
        vocabulary: Of the model.
        end: Id of the token that ends a turn.
        note: One line that says what a user should know of the template; empty where there is nothing.
    """

    def __init__(self, vocabulary: Vocabulary, system: str = SYSTEM_PROMPT) -> None:
        """Reads the template.

        Args:
            vocabulary: Of the model.
            system: What the model is told to be, such as the paper's system prompt, then a persona and a goal.

        Raises:
            InputError: The template does not do what chats need, or there is no token that ends a turn.
        """
        self.vocabulary, self._system = vocabulary, system
        self._tokenizer: Any = vocabulary.tokenizer
        self.note = ""
        if not self._tokenizer.chat_template:
            self.note = (
                "the base model has no chat template: turns are written as 'user: ...' and 'assistant: ...', which it "
                "has to learn; a model for chats (Instruct) starts ahead"
            )
        bare = vocabulary.plain("a")
        first = self._tokenizer.convert_ids_to_tokens(bare)[0] if bare else ""
        self._space = "" if first.startswith("\u2581") else " "  # unigram models put the space before words themselves
        self.end = self._find_end()

    def encode(self, turns: Sequence[Turn], answer: bool = False) -> Encoded:
        """The tokens of a conversation.

        Args:
            turns: In order.
            answer: Whether the assistant's next turn is to be opened at the end.

        Raises:
            InputError: The template refuses these turns, or a code is in no codebook.
        """
        ids: list[int] = []
        kinds: list[int] = []
        spans: list[tuple[int, int]] = []
        filled = {"system": self.vocabulary.plain(self._system)}
        filled |= {f"name{i}": self.vocabulary.plain(turn.name) for i, turn in enumerate(turns)}
        after = ""
        for text, slot in self._pieces([turn.role for turn in turns], answer):
            piece = self._tokenizer.encode(text, add_special_tokens=False) if text else []
            if spans and after == "assistant":  # this piece begins with what ends the turn
                piece = piece if piece[:1] == [self.end] else [self.end, *piece]
                kinds += [Kind.TEXT] + [Kind.CONTEXT] * (len(piece) - 1)
            else:
                kinds += [Kind.CONTEXT] * len(piece)
            ids += piece
            after = ""
            if slot in filled:
                ids += filled[slot]
                kinds += [Kind.CONTEXT] * len(filled[slot])
            elif slot:
                turn = turns[len(spans)]
                own, what = self.content(turn.items, space=bool(text) and not text[-1].isspace())
                spans.append((len(ids), len(ids) + len(own)))
                ids += own
                kinds += what if turn.role == "assistant" else [Kind.CONTEXT] * len(own)
                after = turn.role
        return Encoded(np.asarray(ids, np.int64), np.asarray(kinds, np.uint8), tuple(spans))

    def content(self, items: Sequence[Item], space: bool = False) -> tuple[list[int], list[int]]:
        """Ids and kinds of a turn's words and codes.

        Args:
            items: Of the turn.
            space: Whether the first word needs a space before it, too.
        """
        ids: list[int] = []
        kinds: list[int] = []
        words: list[str] = []

        def write(more: list[int], kind: Sequence[int]) -> None:
            ids.extend(more)
            kinds.extend(kind)

        def speak() -> None:
            if words:
                own = self.vocabulary.plain((self._space if ids or space else "") + " ".join(words))
                write(own, [Kind.TEXT] * len(own))
                words.clear()

        step_kinds = [Kind.FACE] * self.vocabulary.face.books + [Kind.BODY] * self.vocabulary.body.books
        for item in items:
            if item.word is None:
                speak()
                write([self.vocabulary.silence], [Kind.MARK])
            else:
                words.append(item.word)
            if item.steps:
                speak()
            for step in item.steps:
                write(self.vocabulary.step_ids(*step), step_kinds)
        speak()
        return ids, kinds

    def read(self, ids: Sequence[int]) -> tuple[Item, ...]:
        """The words and codes of a turn's tokens, with or without the one that ends it.

        Raises:
            InputError: A step is not whole, or something comes after the end.
        """
        order = [(Kind.FACE, book) for book in range(self.vocabulary.face.books)]
        order += [(Kind.BODY, book) for book in range(self.vocabulary.body.books)]
        found: list[tuple[str | None, list[Step]]] = []
        text: list[int] = []
        half: list[int] = []
        ids = list(map(int, ids))
        if ids and ids[-1] == self.end:
            ids.pop()
        for token in [*ids, None]:
            code = None if token is None else self.vocabulary.code(token)
            if code is None and half:
                raise InputError("a time step is not whole: a code of the body is missing after that of the face")
            if code is None and token not in (None, self.vocabulary.silence, self.end):
                text.append(token)
                continue
            found += [(word, []) for word in self._text(text).split()]
            text.clear()
            if token == self.end:
                raise InputError("there are tokens after the end of the turn")
            if token == self.vocabulary.silence:
                found.append((None, []))
            elif code is not None:
                if code[:2] != order[len(half)]:
                    raise InputError("a time step is not whole: its codes are not the face's and then the body's")
                half.append(code[2])
                if len(half) == len(order):
                    found = found or [(None, [])]  # letters that are no word
                    books = self.vocabulary.face.books
                    found[-1][1].append(Step(tuple(half[:books]), tuple(half[books:])))
                    half.clear()
        return tuple(Item(word, tuple(steps)) for word, steps in found if word is not None or steps)

    def _text(self, ids: list[int]) -> str:
        how = {"skip_special_tokens": False, "clean_up_tokenization_spaces": False}
        return str(self._tokenizer.decode(ids, **how)) if ids else ""

    def _pieces(self, roles: Sequence[str], answer: bool) -> list[tuple[str, str]]:
        """Text of the template and the slot after it, in order; the last slot is empty."""
        if not self._tokenizer.chat_template:
            rendered = self._plain(roles, answer)
        else:
            turns = [
                {"role": role, "name": _SLOT.format(f"name{i}"), "content": _SLOT.format(f"turn{i}")}
                for i, role in enumerate(roles)
            ]
            rendered = self._render(turns, answer)
        parts = _SLOTS.split(rendered)
        slots = [slot for slot in parts[1::2] if not slot.startswith("name")]
        wanted = [*(["system"] if self._system else []), *(f"turn{i}" for i in range(len(roles)))]
        if slots != wanted:
            raise InputError("the base model's chat template does not show all turns in order: use another base model")
        return list(zip(parts[::2], [*parts[1::2], ""], strict=True))

    def _render(self, turns: list[dict[str, str]], answer: bool) -> str:
        def rendered(messages: list[dict[str, str]]) -> str:
            return str(
                self._tokenizer.apply_chat_template(
                    messages, tokenize=False, add_generation_prompt=answer, date_string=_DAY
                )
            )

        if not self._system:
            return self._or_refuse(rendered, turns)
        slot = _SLOT.format("system")
        try:
            return rendered([{"role": "system", "content": slot}, *turns])
        except Exception:  # some templates know no system prompt; the first turn may then begin with it
            first = {**turns[0], "content": f"{slot}\n\n{turns[0]['content']}"}
            return self._or_refuse(rendered, [first, *turns[1:]])

    def _or_refuse(self, rendered: Any, messages: list[dict[str, str]]) -> str:
        try:
            return str(rendered(messages))
        except Exception as error:  # templates are programs of others
            raise InputError(f"the base model's chat template refuses these turns: {plainly(error)[:120]}") from None

    def _plain(self, roles: Sequence[str], answer: bool) -> str:
        end = self._tokenizer.eos_token or ""
        parts = [self._tokenizer.bos_token or "", _SLOT.format("system") + "\n" if self._system else ""]
        parts += [f"{role}:{_SLOT.format(f'turn{i}')}{end}\n" for i, role in enumerate(roles)]
        return "".join(parts) + ("assistant:" if answer else "")

    def _find_end(self) -> int:
        """What the template has after the assistant's turn, else the tokenizer's own end."""
        tail = self._pieces(["user", "assistant"], False)[-1][0]
        ids = self._tokenizer.encode(tail, add_special_tokens=False) if tail else []
        if ids and ids[0] in self.vocabulary.plain.control:
            return int(ids[0])
        if self._tokenizer.eos_token_id is None:
            raise InputError("the base model's tokenizer has no token that ends a turn: use another base model")
        return int(self._tokenizer.eos_token_id)

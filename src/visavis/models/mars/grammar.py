"""Which tokens may follow in an answer: words, then whole time steps, then the end.

    answer   = group { group } end
    group    = word { word } { step } | silence step { step }
    step     = face of each codebook, body of each codebook

A listener's turn is one silence. All masks are made before the first token, so that a step of decoding looks one up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, IntFlag, auto
from typing import Any

import numpy as np
import torch
from torch import Tensor

from visavis.errors import InputError
from visavis.models.mars.messages import Clock
from visavis.models.mars.vocabulary import Kind, Vocabulary

_SPACES = ("\u2581", "\u0120", " ")
"""How tokens begin that begin a word: in unigram models, in byte-level models, and in neither."""

_BLANK = "\u2581\u0120\u010a\u0109\u010d \n\t\r"
"""Letters of tokens that are white space only."""


class _May(IntFlag):
    """Sets of tokens that a mask is made of."""

    ANY = auto()  # text of any kind
    SOLID = auto()  # text that is not white space
    STARTER = auto()  # text that begins a word
    SOLID_STARTER = auto()
    STEP = auto()  # the first code of a time step
    SILENCE = auto()
    END = auto()


class _At(Enum):
    """Where an answer is."""

    START = auto()
    OPEN = auto()  # in a word that has no letter yet, or half of one
    WORD = auto()
    SILENCE = auto()  # just after the mark
    CODES = auto()  # within a step
    PAUSE = auto()  # after a step of silence
    SHOWN = auto()  # after a step that goes with a word
    END = auto()


@dataclass(frozen=True)
class Guard:
    """How long a face or body may hold still: the longest run of one code, in steps.

    Small models fall into loops of one code, which is a frozen face. People rest, too, so limits should be what is
    longest in the training data but for a thousandth.

    Attributes:
        face: Steps with the same code of one codebook of the face at most.
        body: Of the body.
    """

    face: int = 25
    body: int = 50

    def __post_init__(self) -> None:
        """Validates."""
        if min(self.face, self.body) < 1:
            raise InputError(f"runs of {self.face} and {self.body} steps: codes need one step at least")


class Runs:
    """Which code each codebook has shown for how long."""

    def __init__(self, vocabulary: Vocabulary, guard: Guard) -> None:
        """No code has been shown."""
        self.vocabulary, self.guard = vocabulary, guard
        self._runs = [(-1, 0)] * vocabulary.step_length

    def see(self, book: int, code: int) -> None:
        """Takes a code of a codebook, the face's before the body's."""
        last, length = self._runs[book]
        self._runs[book] = (code, length + 1 if code == last else 1)

    def length(self, book: int) -> int:
        """For how many steps a codebook's code has been held."""
        return self._runs[book][1]

    def over(self, book: int) -> int | None:
        """The token that must not come again, as it was held for as long as codes may be; None where there is none."""
        code, length = self._runs[book]
        faces = self.vocabulary.face.books
        if length < (self.guard.face if book < faces else self.guard.body):
            return None
        table = self.vocabulary.face_ids[book] if book < faces else self.vocabulary.body_ids[book - faces]
        return int(table[code])


class Grammar:
    """The masks of one vocabulary.

    Attributes:
        vocabulary: Whose.
        end: Id of the token that ends a turn.
        size: V, logits of the model, which may have more rows than there are tokens.
    """

    def __init__(self, vocabulary: Vocabulary, end: int, size: int | None = None) -> None:
        """Sorts the vocabulary, which takes a second or two where it is large.

        Raises:
            InputError: The model has fewer logits than there are tokens.
        """
        self.vocabulary, self.end, self.size = vocabulary, end, size or vocabulary.size
        if self.size < vocabulary.size:
            raise InputError(f"the model has {self.size} logits for {vocabulary.size} tokens: resize its embeddings")
        text, blank, starter, self.halves = _sorted_text(vocabulary)
        parts = {
            _May.ANY: text,
            _May.SOLID: text & ~blank,
            _May.STARTER: text & starter,
            _May.SOLID_STARTER: text & starter & ~blank,
            _May.STEP: _only(vocabulary.size, vocabulary.face_ids[0]),
            _May.SILENCE: _only(vocabulary.size, [vocabulary.silence]),
            _May.END: _only(vocabulary.size, [end]),
        }
        self._parts = {name: torch.from_numpy(np.pad(p, (0, self.size - len(p)))) for name, p in parts.items()}
        self._unions: dict[_May, Tensor] = {}
        self.blank = frozenset(np.flatnonzero(text & blank).tolist())
        rows = [*vocabulary.face_ids, *vocabulary.body_ids]
        self.codes = tuple(torch.from_numpy(_only(self.size, row)) for row in rows)

    def begin(self, *, listening: bool = False, limit: int = 512, guard: Guard | None = None,
              clock: Clock | None = None) -> Answer:  # fmt: skip
        """A new answer.

        Args:
            listening: Codes only.
            limit: Tokens at most, the one that ends the turn included; the answer is whole at the limit.
            guard: Against frozen faces; `Guard` of its defaults unless given.
            clock: Of the codes, for what is said of runs.

        Raises:
            InputError: Nothing fits within the limit.
        """
        least = self.vocabulary.step_length + 2 if listening else 2
        if limit < least:
            raise InputError(f"an answer of {limit} tokens has no room for anything: {least} are needed")
        return Answer(self, listening, limit, guard or Guard(), clock or Clock())

    def union(self, may: _May) -> Tensor:
        """(V,) bool of some sets; made once for each combination."""
        mask = self._unions.get(may)
        if mask is None:
            mask = torch.zeros(self.size, dtype=torch.bool)
            for name, part in self._parts.items():
                if name in may:
                    mask |= part
            self._unions[may] = mask
        return mask


@dataclass
class Answer:
    """Where one answer is in the grammar; `mask`, choose a token, `push` it, and so on until `ended`.

    Attributes:
        grammar: Its rules.
        listening: Codes only.
        limit: Tokens at most.
        guard: Longest runs.
        clock: Of the codes.
        notes: What the guard did and why, a line each time that a run was cut.
    """

    grammar: Grammar
    listening: bool
    limit: int
    guard: Guard
    clock: Clock
    notes: list[str] = field(default_factory=list)
    _at: _At = _At.START
    _count: int = 0
    _book: int = 0
    _silent: bool = False
    _chunk: list[int] = field(default_factory=list)
    _runs: Runs = field(init=False)

    def __post_init__(self) -> None:
        """No code has been shown."""
        self._runs = Runs(self.grammar.vocabulary, self.guard)

    @property
    def ended(self) -> bool:
        """Whether the turn is over."""
        return self._at is _At.END

    @property
    def whole(self) -> bool:
        """Whether all steps are whole so far."""
        return self._at is not _At.CODES

    def mask(self) -> Tensor:
        """(V,) bool, the tokens that may come next; after the end, the end only. Not to be written to."""
        if self._at is _At.CODES:
            return self._guarded(self.grammar.codes[self._book], self._book)
        may = self._may()
        mask = self.grammar.union(may)
        return self._guarded(mask, 0) if _May.STEP in may else mask

    def push(self, token: int) -> None:
        """Takes the token that was chosen.

        Raises:
            ValueError: It is not one of `mask`.
        """
        if not 0 <= token < self.grammar.size or not self.mask()[token]:
            raise ValueError(f"token {token} may not come here ({self._at.name.lower()})")
        self._count += 1
        code = self.grammar.vocabulary.code(token)
        if token == self.grammar.end:
            self._at = _At.END
        elif token == self.grammar.vocabulary.silence:
            self._at, self._silent = _At.SILENCE, True
        elif code is not None:
            self._show(code[2])
        else:
            self._speak(token)

    def _may(self) -> _May:
        """The sets that may come next, of those that leave room for a whole answer."""
        left, step = self.limit - self._count, self.grammar.vocabulary.step_length
        text = _May(0)
        if self._at is _At.END or left <= 1:
            return _May.END
        if not self.listening:
            text = {
                _At.START: _May.ANY if left > 2 else _May.SOLID,
                _At.OPEN: _May.SOLID,
                _At.WORD: _May.ANY,
                _At.PAUSE: _May.STARTER if left > 2 else _May.SOLID_STARTER,
                _At.SHOWN: _May.STARTER if left > 2 else _May.SOLID_STARTER,
            }.get(self._at, _May(0))
        may = text
        if self._at in (_At.WORD, _At.SHOWN, _At.PAUSE, _At.SILENCE) and left > step:
            may |= _May.STEP
        if self._at in (_At.START, _At.WORD, _At.SHOWN) and left > step + 1:
            may |= _May.SILENCE
        if self._at in (_At.WORD, _At.SHOWN, _At.PAUSE):
            may |= _May.END
        return may

    def _show(self, code: int) -> None:
        self._runs.see(self._book, code)
        self._chunk.clear()
        self._book = (self._book + 1) % len(self.grammar.codes)
        self._at = _At.CODES if self._book else _At.PAUSE if self._silent else _At.SHOWN

    def _speak(self, token: int) -> None:
        inside = self._at in (_At.WORD, _At.OPEN)
        blank = token in self.grammar.blank and (not inside or (self._at is _At.OPEN and not self._chunk))
        self._silent = False
        self._at = _At.OPEN if blank else _At.WORD
        if blank:
            return
        self._chunk.append(token)
        if token in self.grammar.halves:  # bytes of a letter; the word goes on until it is one
            text = self.grammar.vocabulary.tokenizer.decode(self._chunk[-8:], clean_up_tokenization_spaces=False)
            self._at = _At.OPEN if text.endswith("\ufffd") else _At.WORD

    def _guarded(self, mask: Tensor, book: int) -> Tensor:
        """Without the code that was held for as long as codes may be."""
        token, length = self._runs.over(book), self._runs.length(book)
        if token is None:
            return mask
        name = self.grammar.vocabulary.tokenizer.convert_ids_to_tokens(token)
        note = (
            f"after {self._count} tokens: {name} was held for {length} steps ({length * self.clock.step:.1f} s), as "
            "long as a code may be, so another follows"
        )
        if not self.notes or self.notes[-1] != note:
            self.notes.append(note)
        mask = mask.clone()
        mask[token] = False
        return mask


def _only(size: int, ids: Any) -> Any:
    mask = np.zeros(size, bool)
    mask[np.asarray(ids)] = True
    return mask


def _sorted_text(vocabulary: Vocabulary) -> tuple[Any, Any, Any, frozenset[int]]:
    """Masks (size,) of text, of white space and of what begins words; and the tokens that are parts of a letter."""
    tokenizer: Any = vocabulary.tokenizer
    size = vocabulary.size
    names: Sequence[str | None] = tokenizer.convert_ids_to_tokens(list(range(size)))
    decoded = tokenizer.batch_decode([[i] for i in range(size)], clean_up_tokenization_spaces=False)
    unknown = {tokenizer.unk_token_id} - {None}
    text = vocabulary.kinds() == Kind.TEXT
    blank, starter = np.zeros(size, bool), np.zeros(size, bool)
    halves: list[int] = []
    for i, (name, shown) in enumerate(zip(names, decoded, strict=True)):
        blank[i] = bool(name) and not (name or "").strip(_BLANK)
        starter[i] = bool(name) and (name or "").startswith(_SPACES)
        if i in vocabulary.plain.control or i in unknown or not (shown.strip() or blank[i]):
            text[i] = False
        elif "\ufffd" in shown:
            halves.append(i)
    if not (text & starter).any():
        starter |= text  # a tokenizer of single letters has no token that begins a word
    if not (text & starter & ~blank).any():
        starter |= text
    return text, blank, starter, frozenset(halves)

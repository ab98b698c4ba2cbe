"""The tokens that a language model gets in addition to its words: codes of face and body, and a mark for silence."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.models.mars.plain_text import PlainText

if TYPE_CHECKING:
    from visavis.tokenizers import Tokenizer

SILENCE = "<SILENCE>"
"""Stands before time steps in which the person says nothing: a pause, or all of a listener's turn. Not in the paper,
whose codes all stand after words; without it, a pause could not be told from a word that is drawn out."""

_OURS = re.compile(r"<(FACE|BODY)_(\d+)>|<SILENCE>")


class Kind(IntEnum):
    """What a token is, so that losses can be told apart.

    ``CONTEXT`` is given and not learnt: the template, the system prompt and what others say and show. ``TEXT`` includes
    the token that ends a turn. ``MARK`` is the mark for silence.
    """

    CONTEXT = 0
    TEXT = 1
    FACE = 2
    BODY = 3
    MARK = 4


@dataclass(frozen=True)
class Codebook:
    """What a motion tokenizer can say at one time step.

    Attributes:
        size: Codes in each codebook.
        books: Codebooks; one code of each makes a step (1 in the paper).
    """

    size: int
    books: int = 1

    def __post_init__(self) -> None:
        """Validates."""
        if self.size < 2 or self.books < 1:
            raise InputError(f"{self.books} codebooks of {self.size} codes: at least 1 of 2 codes is needed")

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Codebook:
        """That of a tokenizer of motion."""
        return cls(tokenizer.codebook_size, tokenizer.num_codebooks)

    @property
    def count(self) -> int:
        """Codes in all codebooks."""
        return self.size * self.books


class Vocabulary:
    """A tokenizer of transformers with ``<FACE_i>``, ``<BODY_i>`` and the mark for silence (appendix C, table 5).

    With several codebooks, code c of codebook b is token number ``b * size + c``. The tokens are added to the given
    tokenizer, unless they are there already; the model needs rows of embeddings for all ids below `size`.

    Attributes:
        tokenizer: Of text, fast or slow.
        face: Codebooks of the face.
        body: Codebooks of the body.
        face_ids: (books, size) int64 ids of tokens.
        body_ids: (books, size) int64.
        silence: Id of the mark.
        plain: Encodes what people say, so that it never becomes a control token.
    """

    def __init__(self, tokenizer: Any, face: Codebook, body: Codebook) -> None:
        """Adds the tokens.

        Raises:
            InputError: The tokenizer has tokens of these names, for other codebooks.
        """
        self.tokenizer, self.face, self.body = tokenizer, face, body
        names = [f"<FACE_{i}>" for i in range(face.count)] + [f"<BODY_{i}>" for i in range(body.count)] + [SILENCE]
        there = {token for token in tokenizer.get_vocab() if _OURS.fullmatch(token)}
        if there and there != set(names):
            counts = [sum(token.startswith(f"<{what}_") for token in there) for what in ("FACE", "BODY")]
            raise InputError(
                f"the tokenizer already has {counts[0]} codes of the face and {counts[1]} of the body; "
                f"{face.count} and {body.count} are needed: use the base model's own tokenizer"
            )
        self.fingerprint = _fingerprint(tokenizer)
        if not there:
            _add(tokenizer, names)
        ids = np.asarray(tokenizer.convert_tokens_to_ids(names), np.int64)
        self.face_ids = ids[: face.count].reshape(face.books, face.size)
        self.body_ids = ids[face.count : -1].reshape(body.books, body.size)
        self.silence = int(ids[-1])
        self.plain = PlainText(tokenizer)
        self._codes = {
            int(token): (kind, book, code)
            for kind, table in ((Kind.FACE, self.face_ids), (Kind.BODY, self.body_ids))
            for (book, code), token in np.ndenumerate(table)
        }

    @property
    def size(self) -> int:
        """One more than the largest id."""
        return len(self.tokenizer)

    @property
    def step_length(self) -> int:
        """Tokens of one time step."""
        return self.face.books + self.body.books

    @property
    def added(self) -> NDArray[np.int64]:
        """The ids of all tokens that are not the base model's, in ascending order."""
        return np.sort(np.concatenate([self.face_ids.ravel(), self.body_ids.ravel(), [self.silence]]))

    def code(self, token: int) -> tuple[Kind, int, int] | None:
        """Of a code: `Kind.FACE` or `Kind.BODY`, the codebook and the number in it; None for any other token."""
        return self._codes.get(token)

    def kinds(self, size: int | None = None) -> NDArray[np.uint8]:
        """The `Kind` (`size`,) of every id as part of an answer: whatever is no code and no mark is text."""
        kinds = np.full(size or self.size, Kind.TEXT, np.uint8)
        kinds[self.face_ids.ravel()] = Kind.FACE
        kinds[self.body_ids.ravel()] = Kind.BODY
        kinds[self.silence] = Kind.MARK
        return kinds

    def step_ids(self, face: Sequence[int], body: Sequence[int]) -> list[int]:
        """The tokens of one time step, the face's before the body's.

        Raises:
            InputError: Codes are missing, or not in their codebook.
        """
        ids: list[int] = []
        for what, codes, table in (("face", face, self.face_ids), ("body", body, self.body_ids)):
            if len(codes) != len(table):
                raise InputError(f"a time step has {len(codes)} codes of the {what}; {len(table)} are needed")
            for code, row in zip(codes, table, strict=True):
                if not 0 <= code < len(row):
                    raise InputError(
                        f"code {code} of the {what} is not in its codebook, which has 0 to {len(row) - 1}; "
                        "the codes come from a different tokenizer"
                    )
                ids.append(int(row[code]))
        return ids

    def describe(self) -> dict[str, Any]:
        """What an adapter keeps of the vocabulary it was trained with (plain YAML values)."""
        return {
            "face": [self.face.size, self.face.books],
            "body": [self.body.size, self.body.books],
            "text": self.fingerprint,
            "first": int(self.added[0]),
        }

    def check(self, described: Mapping[str, Any], where: str) -> None:
        """Refuses an adapter that was made for another vocabulary.

        Args:
            described: What `describe` gave when it was trained.
            where: The adapter, for the message.

        Raises:
            InputError: Its tokens are not these.
        """
        own = self.describe()
        for what in ("face", "body"):
            if described.get(what) != own[what]:
                raise InputError(
                    f"{where} speaks {what} codes {described.get(what)} (codes, codebooks), the motion tokenizer has "
                    f"{own[what]}: use the tokenizer it was trained with"
                )
        if described.get("text") != own["text"] or described.get("first") != own["first"]:
            raise InputError(
                f"{where} was trained on a base model with another tokenizer: name that base model with the adapter"
            )


def _add(tokenizer: Any, names: list[str]) -> None:
    from transformers import AddedToken

    exactly = {"normalized": False, "lstrip": False, "rstrip": False, "single_word": False, "special": True}
    tokenizer.add_tokens([AddedToken(name, **exactly) for name in names], special_tokens=True)
    lost = [name for name in names if tokenizer.convert_tokens_to_ids(name) == tokenizer.unk_token_id]
    if lost and tokenizer.unk_token_id is not None:
        raise InputError(f"the tokenizer does not take new tokens, such as {lost[0]}: use another base model")


def _fingerprint(tokenizer: Any) -> str:
    """Tells tokenizers apart by their vocabularies, whether or not ours was added."""
    own = sorted((int(i), token) for token, i in tokenizer.get_vocab().items() if not _OURS.fullmatch(token))
    return hashlib.sha256("\n".join(f"{i} {token}" for i, token in own).encode("utf-8", "replace")).hexdigest()[:16]

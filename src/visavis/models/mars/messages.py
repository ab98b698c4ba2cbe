"""A turn: words, and the codes that stand after the word they co-occur with (appendix C, table 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from visavis.errors import InputError, shown
from visavis.models.mars.vocabulary import SILENCE, Codebook

if TYPE_CHECKING:
    from visavis.tokenizers import Tokenizer

SYSTEM_PROMPT = (
    "You are a helpful assistant. Text includes nonverbal tokens <FACE_*>, <BODY_*> interleaved with language. "
    "Help interpret meaning while considering these cues."
)
"""The system prompt of the paper (table 5)."""

Role = Literal["user", "assistant"]


@dataclass(frozen=True)
class Clock:
    """When codes are: one step every so many frames of motion.

    Attributes:
        factor: q, frames per step (8 in the paper).
        fps: Frames per second (25).
    """

    factor: int = 8
    fps: float = 25.0

    @classmethod
    def of(cls, face: Tokenizer, body: Tokenizer) -> Clock:
        """That of two tokenizers of motion.

        Raises:
            InputError: They have no clock in common.
        """
        if (face.downsample_factor, face.fps) != (body.downsample_factor, body.fps):
            raise InputError(
                f"the face has a code every {face.downsample_factor} frames at {face.fps:g}/s, the body every "
                f"{body.downsample_factor} at {body.fps:g}/s: train both tokenizers with the same factor and rate"
            )
        return cls(face.downsample_factor, face.fps)

    @property
    def step(self) -> float:
        """Seconds per step."""
        return self.factor / self.fps


class Step(NamedTuple):
    """What face and body do in one time step: a code of each codebook."""

    face: tuple[int, ...]
    body: tuple[int, ...]


@dataclass(frozen=True)
class Item:
    """A word, or silence, and the time steps that go with it.

    Attributes:
        word: Without white space; None for silence, which has a step at least.
        steps: Those that co-occur with it, in order; a short word may have none.
    """

    word: str | None
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        """Validates."""
        if self.word is None and not self.steps:
            raise InputError("silence without a time step has no length: leave it out")
        if self.word is not None and self.word.split() != [self.word]:
            raise InputError(f"{shown(self.word)[:60]!r} is not one word")


@dataclass(frozen=True)
class Turn:
    """What one person says and shows until the other one has the floor.

    A listener's turn has codes and no words, typed text has words and no codes.

    Attributes:
        role: Whose turn it is to the language model.
        name: Which one, such as ``<conversation>_<number>`` in the paper.
        items: Words and silences in order; two silences in a row are one.
        first: Number of the first step on the conversation's clock.
    """

    role: Role
    name: str
    items: tuple[Item, ...]
    first: int = 0

    def __post_init__(self) -> None:
        """Validates, and joins neighbouring silences."""
        if not self.items:
            raise InputError(f"the turn of the {self.role} is empty: say or show something")
        object.__setattr__(self, "items", tuple(_joined(self.items)))

    @classmethod
    def typed(cls, text: str, name: str = "", role: Role = "user") -> Turn:
        """A turn of words alone.

        Raises:
            InputError: There is no word in it.
        """
        return cls(role, name, tuple(Item(word) for word in text.split()))

    @property
    def steps(self) -> tuple[Step, ...]:
        """All time steps in order."""
        return tuple(step for item in self.items for step in item.steps)

    @property
    def words(self) -> tuple[str, ...]:
        """All words in order."""
        return tuple(item.word for item in self.items if item.word is not None)

    @property
    def phrases(self) -> tuple[tuple[str, ...], ...]:
        """The words between silences: what is said, or synthesised, in one go."""
        spoken = groupby((item.word for item in self.items), key=lambda word: word is None)
        return tuple(tuple(word for word in words if word is not None) for silent, words in spoken if not silent)

    def message(self, face: Codebook, body: Codebook) -> dict[str, str]:
        """The paper's chat message: role, name, and content as text.

        For reading and for files. The language model gets tokens from `Chat`, in which nothing that somebody types can
        become a code; here, what looks like a code but is a word gets a backslash.

        Args:
            face: Codebooks of the face; those after the first are numbered on.
            body: Of the body.
        """
        parts: list[str] = []
        for item in self.items:
            parts.append(SILENCE if item.word is None else _LOOKS_LIKE.sub(r"\\\g<0>", item.word))
            codes = ""
            for step in item.steps:
                codes += "".join(f"<FACE_{face.size * book + code}>" for book, code in enumerate(step.face))
                codes += "".join(f"<BODY_{body.size * book + code}>" for book, code in enumerate(step.body))
            parts += [codes] if codes else []
        return {"role": self.role, "name": self.name, "content": " ".join(parts)}

    @classmethod
    def from_message(cls, message: dict[str, str], face: Codebook, body: Codebook) -> Turn:
        """What `message` wrote.

        Args:
            message: Role, name and content.
            face: Codebooks of the face.
            body: Of the body.

        Raises:
            InputError: The role is unknown, a step is not whole, or a code is in no codebook.
        """
        role, name, content = (message.get(key, "") for key in ("role", "name", "content"))
        if role not in ("user", "assistant"):
            raise InputError(f"message {shown(name)!r}: role {shown(role)!r} is neither user nor assistant")
        found: list[tuple[str | None, list[Step]]] = []
        half: list[tuple[str, int]] = []
        for part in _PARTS.finditer(content):
            if part["code"] is None and half:
                raise InputError(f"message {shown(name)!r}: {shown(part[0])[:40]!r} comes before a step is whole")
            if part["silence"]:
                found.append((None, []))
            elif part["code"] is None:
                found.append((_ESCAPED.sub(r"\1", part[0]), []))
            else:
                half.append((part["code"], int(part["number"][:10])))
                if len(half) == face.books + body.books:
                    if not found:
                        raise InputError(f"message {shown(name)!r}: codes before any word need {SILENCE} before them")
                    found[-1][1].append(_step(half, face, body, name))
                    half.clear()
        if half:
            raise InputError(f"message {shown(name)!r} ends before a step is whole")
        return cls("user" if role == "user" else "assistant", name, tuple(Item(w, tuple(s)) for w, s in found))


_LOOKS_LIKE = re.compile(rf"\\*(?:<(?:FACE|BODY)_[0-9]+>|{SILENCE})")
_ESCAPED = re.compile(rf"\\(\\*(?:<(?:FACE|BODY)_[0-9]+>|{SILENCE}))")
_PARTS = re.compile(
    rf"(?P<silence>(?<!\\){SILENCE})|(?<!\\)<(?P<code>FACE|BODY)_(?P<number>[0-9]+)>"
    rf"|(?:\\+(?:<(?:FACE|BODY)_[0-9]+>|{SILENCE})|(?!<(?:FACE|BODY)_[0-9]+>|{SILENCE})\S)+"
)


def _joined(items: tuple[Item, ...]) -> list[Item]:
    found: list[Item] = []
    for item in items:
        if item.word is None and found and found[-1].word is None:
            found[-1] = Item(None, found[-1].steps + item.steps)
        else:
            found.append(item)
    return found


def _step(tokens: list[tuple[str, int]], face: Codebook, body: Codebook, name: str) -> Step:
    codes: dict[str, list[int]] = {"FACE": [], "BODY": []}
    order = ["FACE"] * face.books + ["BODY"] * body.books
    for (what, number), wanted in zip(tokens, order, strict=True):
        if what != wanted:
            raise InputError(f"message {shown(name)!r}: <{what}_{number}> stands where a code of {wanted} must")
        book, size = len(codes[what]), (face if what == "FACE" else body).size
        if number // size != book:
            raise InputError(f"message {shown(name)!r}: <{what}_{number}> is not in codebook {book}, which has {size}")
        codes[what].append(number % size)
    return Step(tuple(codes["FACE"]), tuple(codes["BODY"]))

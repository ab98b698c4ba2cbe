"""What a language model learns of a corpus: conversations as chats, packed into rows of tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Literal
from zlib import crc32

import numpy as np

from visavis.conversation import Conversation
from visavis.errors import InputError, about
from visavis.models.mars.chat import Encoded
from visavis.models.mars.loss import RowBatch
from visavis.models.mars.model import Mars
from visavis.models.mars.packing import Packed, pack, stretches
from visavis.models.mars.teaching import Teacher
from visavis.models.mars.turns import turns_of
from visavis.models.mars.vocabulary import Kind
from visavis.reading import read_array, read_json
from visavis.reporter import Reporter
from visavis.training.corpora import Corpora
from visavis.training.stored import INDEX, cached_dir

Learns = Literal["assistant", "both"]
VERSION = 1


def chats(model: Mars, conversation: Conversation, learns: Learns, *, motion: bool = True) -> Iterator[Encoded]:
    """A conversation as chats of at most `MarsConfig.context` tokens in which something is to be learnt.

    It is told once as people speak and, where listening is learnt, once more with what they show while they listen.

    Args:
        model: Encodes motion and words.
        conversation: With words, motion, or both.
        learns: The assistant's turns, with each person as the assistant; or all turns, with either as the assistant.
        motion: Whether codes are told; otherwise words are, and nothing of listeners.
    """
    tracks = [model.track(conversation, person) if motion else None for person in range(2)]
    people = (0, 1) if learns == "assistant" else (crc32(conversation.id.encode()) % 2,)
    kinds = model.vocabulary.kinds()
    for listening in (False, True) if model.config.listening and motion else (False,):
        chat = model.chat(listening=listening)
        for assistant in people:
            turns = turns_of(conversation, tracks, model.codec.clock, assistant=assistant, listening=listening)
            for part in stretches(chat, turns, model.config.context) if turns else ():
                encoded = chat.encode(part)
                for start, stop in encoded.turns if learns == "both" else ():
                    encoded.kinds[start:stop] = kinds[encoded.ids[start:stop]]
                if (encoded.kinds != Kind.CONTEXT).any():
                    yield encoded


@dataclass(frozen=True, eq=False)
class Chats:
    """The chats of a corpus.

    Attributes:
        learnt: Those that may be trained on.
        held_out: The others.
    """

    learnt: list[Encoded]
    held_out: list[Encoded]

    def facts(self) -> dict[str, int]:
        """How much there is to learn: tokens by kind."""
        kinds = np.concatenate([np.zeros(0, np.uint8), *(chat.kinds for chat in self.learnt)])
        counts = {kind: int((kinds == kind).sum()) for kind in Kind}
        return {
            "chats": len(self.learnt), "tokens of text": counts[Kind.TEXT] + counts[Kind.MARK],
            "codes of the face": counts[Kind.FACE], "codes of the body": counts[Kind.BODY],
        }  # fmt: skip


def open_chats(
    model: Mars, corpora: Corpora, learns: Learns, folder: Path, reporter: Reporter, *, motion: bool = True
) -> Chats:  # fmt: skip
    """The chats of a corpus, made once for each base model and pair of motion tokenizers.

    Args:
        model: Encodes motion and words.
        corpora: The conversations.
        learns: Whose turns, see `chats`.
        folder: Where they are kept.
        reporter: Shows progress.
        motion: See `chats`.

    Raises:
        InputError: A conversation's motion does not fit the model.
    """
    described = model.vocabulary.describe()
    template = str(model.vocabulary.tokenizer.chat_template)
    told = [learns, motion, model.config.context, model.config.listening, model.config.system]
    keys = ["chats", VERSION, corpora.contents, model.codec.fingerprint, described, template, *told]
    there = cached_dir(folder, keys, partial(_write, model, corpora, learns, motion, reporter), reporter)
    ids, kinds = (read_array(there / f"{name}.npy", mapped=True) for name in ("ids", "kinds"))
    index = read_json(there / INDEX)
    ends = np.cumsum([0, *index["lengths"]])
    found = [Encoded(ids[a:b].astype(np.int64), np.asarray(kinds[a:b]), ()) for a, b in pairwise(ends)]
    apart = index["held_out"]
    return Chats(
        [chat for chat, kept in zip(found, apart, strict=True) if not kept],
        [chat for chat, kept in zip(found, apart, strict=True) if kept],
    )


def _write(
    model: Mars, corpora: Corpora, learns: Learns, motion: bool, reporter: Reporter, folder: Path
) -> None:  # fmt: skip
    found: list[Encoded] = []
    held_out: list[bool] = []
    with reporter.progress("chats") as update:
        for number, (conversation, kept) in enumerate(zip(corpora, corpora.held_out, strict=True), 1):
            with about(corpora.place or "corpus"):
                own = list(chats(model, conversation, learns, motion=motion))
            found += own
            held_out += [bool(kept)] * len(own)
            update(number / len(corpora))
    if not found:
        raise InputError(f"{corpora.place}: nothing is said or shown in it that a language model could learn")
    np.save(folder / "ids.npy", np.concatenate([chat.ids for chat in found]).astype(np.int32))
    np.save(folder / "kinds.npy", np.concatenate([chat.kinds for chat in found]))
    (folder / INDEX).write_text(json.dumps({"lengths": [len(c) for c in found], "held_out": held_out}), "utf-8")


@dataclass(frozen=True)
class RowSampler:
    """Draws rows, each once before any comes again.

    Attributes:
        rows: Of whole chats.
        batch_size: At a time.
        seed: Decides the order.
        teacher: Says what it expects of words, if it is asked.
        weight: How much that counts.
    """

    rows: tuple[Packed, ...]
    batch_size: int
    seed: int = 0
    teacher: Teacher | None = None
    weight: float = 0.0

    @classmethod
    def of(
        cls, chats: list[Encoded], context: int, batch_size: int, seed: int, teacher: Teacher | None = None,
        weight: float = 0.0,
    ) -> RowSampler:  # fmt: skip
        """Rows of chats, packed as full as they can be."""
        return cls(tuple(pack(chats, context)), batch_size, seed, teacher, weight)

    def batch(self, step: int) -> RowBatch:
        """The batch of a step."""
        places = range(step * self.batch_size, (step + 1) * self.batch_size)
        rows = [self.rows[self._row(place)] for place in places]
        return RowBatch.of(rows, self.teacher.taught(rows) if self.teacher else None, self.weight)

    def _row(self, place: int) -> int:
        epoch, number = divmod(place, len(self.rows))
        return int(np.random.default_rng([self.seed, epoch]).permutation(len(self.rows))[number])

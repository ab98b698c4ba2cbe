"""A corpus of real dialogues with simulated motion.

Which pieces of which dialogues there are, and how people move in each, depends on the sources, the length and the seed
alone, so that the corpus is the same however many processes make it, and a stopped run goes on where it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_schema import INDEX_NAME
from visavis.conversation.corpus_write import CorpusWriter
from visavis.corpora.readers import get_reader
from visavis.corpora.reading import Recordings
from visavis.errors import InputError
from visavis.files import need_room, results_folder
from visavis.motion import ARKIT, MotionSpace
from visavis.motion.mapping import can_become
from visavis.reporter import SILENT, Reporter
from visavis.simulation.dialogues.cutting import pieces_of
from visavis.simulation.dialogues.simulator import VERSION, act_out
from visavis.simulation.parallel import in_order, write_as_made

SOURCES = ("switchboard-turns", "ami-pairs", "topical-chat", "casino", "persona-chat")
"""Readers of `visavis.corpora.readers` whose conversations have the words of two people."""
HELD_OUT = (("test", 5), ("valid", 5))
"""Of a hundred sessions of each source, how many are held out for what; all others are for training."""
BYTES = {"arkit": 12_000, "arkit-body": 30_000}
"""What a second of conversation takes on the disk."""


@dataclass(frozen=True)
class Piece:
    """A part of a dialogue that is to be acted out.

    Attributes:
        heard: Its words and times, with its id and provenance.
        seed: Decides how people move.
    """

    heard: Conversation
    seed: int


def generate_dialogues(
    out: str | Path,
    sources: Mapping[str, Path],
    *,
    conversations: int,
    seconds: float,
    seed: int = 0,
    hold_out: Sequence[str] = (),
    workers: int = 1,
    space: MotionSpace = ARKIT,
    reporter: Reporter = SILENT,
) -> Path:
    """Simulates the motion of dialogues into a corpus in `out`; goes on with one that was begun.

    The sources take turns: first the beginnings of all dialogues, each source in an order of its own, then the rest.

    Args:
        out: Folder of the corpus.
        sources: Folder of each of `SOURCES` that is wanted.
        conversations: How many there shall be in the end.
        seconds: How long each is at most.
        seed: Decides the order of dialogues and how people move.
        hold_out: Sources that are wholly held out for testing.
        workers: How many processes simulate.
        space: `ARKIT` or `ARKIT_BODY`.
        reporter: Shows progress.

    Raises:
        InputError: There is no such source, its files are not as published, the dialogues are too few, `out` holds
            something else, or there is no room for so many.
    """
    out = Path(out)
    for name in (*sources, *hold_out):
        if name not in SOURCES:
            raise InputError(f"there are no dialogues of {name!r}; there are: {', '.join(SOURCES)}")
    if missing := [name for name in hold_out if name not in sources]:
        raise InputError(f"{missing[0]!r} cannot be held out: it is not among the dialogues")
    if not can_become(ARKIT, space):
        raise InputError(f"people cannot be simulated in motion space {space.name!r}; 'arkit' and 'arkit-body' can be")
    recordings = {name: get_reader(name)(folder) for name, folder in sources.items()}
    settings = {
        "sources": sorted(sources), "hold_out": sorted(hold_out), "seconds": seconds, "seed": seed, "space": space.name,
        "dialogue_simulator": VERSION,
    }  # fmt: skip
    with results_folder(out):
        CorpusWriter(out, append=True)  # the folder is found out about before the work, not after it
        done = _begun(out, settings)
        need_room(
            out,
            (conversations - len(done)) * seconds * BYTES[space.name],
            f"{conversations:,} dialogues of {seconds:g} s",
        )
        _need_enough(recordings, conversations, seconds, reporter)
        wanted = islice(schedule(recordings, seconds, seed, hold_out, settings), conversations)
        waiting = (piece for piece in wanted if piece.heard.id not in done)
        stream = in_order(waiting, partial(perform_piece, space=space), workers)
        write_as_made(out, stream, len(done), max(conversations, len(done)), reporter)
    return out


def perform_piece(piece: Piece, space: MotionSpace) -> Conversation:
    """The piece with motion."""
    return act_out(piece.heard, piece.seed, space)


def schedule(
    recordings: Mapping[str, Recordings],
    seconds: float,
    seed: int,
    hold_out: Sequence[str] = (),
    settings: Mapping[str, object] | None = None,
) -> Iterator[Piece]:
    """All pieces of all dialogues, the sources by turns.

    Args:
        recordings: The dialogues of each source, by id.
        seconds: How long a piece is at most.
        seed: Decides order and motion.
        hold_out: Sources that are wholly held out for testing.
        settings: What the provenance tells of how the corpus was made.
    """
    queues = [_of_source(name, found, seconds, seed, name in hold_out) for name, found in recordings.items()]
    while queues:
        for queue in list(queues):
            piece = next(queue, None)
            if piece is None:
                queues.remove(queue)
                continue
            about = {**piece.heard.provenance, "made": dict(settings or {})}
            yield replace(piece, heard=replace(piece.heard, provenance=about))


def _of_source(name: str, dialogues: Recordings, seconds: float, seed: int, held_out: bool) -> Iterator[Piece]:
    """A source's pieces: the first of each dialogue, then the second of each, and so on."""
    left = sorted(dialogues, key=lambda id: _hash(f"{seed}:{name}:{id}"))
    number = 0
    while left:
        longer = []
        for id in left:
            dialogue = dialogues[id]()
            found = next((piece for i, piece in pieces_of(dialogue, seconds) if i == number), None)
            if found is not None:
                longer.append(id)
                yield _piece(name, id, number, found, seed, held_out)
        left, number = longer, number + 1


def _piece(name: str, id: str, number: int, cut: Conversation, seed: int, held_out: bool) -> Piece:
    given = cut.provenance
    about = {
        **given,
        "dialogue": id,
        "piece": number,
        "published_split": given.get("split"),
        "split": "test" if held_out else split_of(name, str(given["session"])),
    }
    whole = f"{name}-{id}-{number:02d}"
    return Piece(replace(cut, id=whole, provenance=about), _hash(f"{seed}:{whole}") % 2**32)


def split_of(source: str, session: str) -> str:
    """``train``, ``valid`` or ``test``: by source and session alone, so that a dialogue is always in the same one."""
    place = _hash(f"{source}:{session}") % 100
    for split, share in HELD_OUT:
        if place < share:
            return split
        place -= share
    return "train"


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _need_enough(recordings: Mapping[str, Recordings], conversations: int, seconds: float, reporter: Reporter) -> None:
    """Raises InputError if the dialogues have fewer pieces than conversations are asked for."""
    count = 0
    with reporter.progress("reading the dialogues") as update:
        for count, _ in enumerate(islice(schedule(recordings, seconds, 0), conversations), start=1):
            update(count / conversations)
    if count < conversations:
        raise InputError(
            f"the dialogues have {count:,} pieces of up to {seconds:g} s; ask for at most {count:,} conversations, "
            "or give more --dialogues"
        )


def _begun(out: Path, settings: Mapping[str, object]) -> set[str]:
    """The ids that an earlier, stopped run has written.

    Raises:
        InputError: They were made in another way.
    """
    if not (out / INDEX_NAME).exists():
        return set()
    begun = Corpus.open(out)
    if not len(begun):
        return set()
    was = begun[begun.ids[0]].provenance.get("made")
    if was != settings:
        told = ", ".join(f"{key} {was[key]}" for key in was) if isinstance(was, dict) else "something else"
        raise InputError(f"{out} was started with {told}; choose another folder or the same settings")
    return set(begun.ids)

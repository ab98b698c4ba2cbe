"""From a corpus to dialogues dubbed from it, for the second stage of Duet's training (Talking Together, 3.6.2)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_schema import INDEX_NAME
from visavis.conversation.corpus_write import CorpusWriter
from visavis.corpora.dubbing import DUBBING, dub, dubbing_id, segments_to_learn_from
from visavis.errors import InputError, about
from visavis.files import results_folder
from visavis.reading import files_in
from visavis.reporter import SILENT, Reporter

CHUNK = 32
"""Dialogues that are committed together; a stopped run loses fewer than that."""


def dub_corpus(
    corpus: Path, out: Path, *, conversations: int, seconds: float, overlap: float = 0.15, seed: int = 0,
    reporter: Reporter = SILENT,
) -> Path:  # fmt: skip
    """Dubs dialogues from everything that is said in a corpus, into a corpus in `out`; goes on with one begun.

    Dialogue i depends on seed + i and the corpus alone. What the corpus holds out is not used.

    Args:
        corpus: Conversations, or recordings of single people, with sound, speaking probability and motion.
        out: Folder of the new corpus.
        conversations: How many there shall be in the end.
        seconds: How long each is.
        overlap: Share of the changes of turn in which one begins before the other has ended.
        seed: Of the first; the next ones count up.
        reporter: Shows progress.

    Raises:
        InputError: `corpus` is none, fewer than two people talk in it, or `out` holds something else.
    """
    made = {"corpus": _contents(corpus), "seconds": seconds, "overlap": overlap}
    with results_folder(out):
        CorpusWriter(out, append=True)  # the folder is found out about before the work, not after it
        done = _begun(out, made)
        seeds = [s for s in range(seed, seed + conversations) if dubbing_id(s) not in done]
        if not seeds:
            return out
        with about(corpus):
            segments = segments_to_learn_from(corpus)
            first = dub(segments, seeds[0], seconds, overlap=overlap, made=made)
        reporter.note(
            f"{len(segments)} stretches of speech, {sum(s.motion.duration for s in segments) / 60:.1f} minutes, of "
            f"{len({s.speaker for s in segments})} people"
        )
        with reporter.progress("dubbing") as update:
            for start in range(0, len(seeds), CHUNK):
                with CorpusWriter(out, append=True) as writer:
                    for number, each in enumerate(seeds[start : start + CHUNK], start):
                        writer.add(dub(segments, each, seconds, overlap=overlap, made=made) if number else first)
                        update((len(done) + number + 1) / (len(done) + len(seeds)))
    return out


def _contents(corpus: Path) -> str:
    """Changes when the corpus does."""
    known = [[str(path.relative_to(corpus)), path.stat().st_size] for path in files_in(corpus, "**/*.parquet")]
    opened = Corpus.open(corpus)
    known += [[id, opened.record(id)[0].get("split")] for id in opened.ids]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:16]


def _begun(out: Path, made: dict[str, object]) -> set[str]:
    """The ids that are in `out` already.

    Raises:
        InputError: They were made in another way.
    """
    if not (out / INDEX_NAME).exists():
        return set()
    begun = Corpus.open(out)
    for id in begun.ids:
        provenance = begun.record(id)[0]
        if provenance.get("source") != DUBBING or provenance.get("made") != made:
            raise InputError(f"{out}: holds other conversations; choose another folder or the same settings")
    return set(begun.ids)

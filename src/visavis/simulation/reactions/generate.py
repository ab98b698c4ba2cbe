"""A corpus of simulated reactions."""

from __future__ import annotations

from pathlib import Path

from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_schema import INDEX_NAME
from visavis.conversation.corpus_write import CorpusWriter
from visavis.errors import InputError
from visavis.files import need_room, results_folder
from visavis.reporter import SILENT, Reporter
from visavis.simulation.reactions.simulator import VERSION, conversation_id, simulate_reaction

CHUNK = 100
"""Clips that are committed together; a stopped run loses fewer than that."""
BYTES = {False: 130_000, True: 2_000_000}
"""What a clip takes on the disk, without and with sound."""


def generate_reactions(
    out: str | Path,
    *,
    clips: int,
    seed: int = 0,
    sound: bool = False,
    reporter: Reporter = SILENT,
) -> Path:
    """Simulates clips into a corpus in `out`; goes on with one that was begun.

    Args:
        out: Folder of the corpus.
        clips: How many there shall be in the end; RealTalk has 1896.
        seed: Of the first; the next ones count up, and each depends on its own alone.
        sound: Whether the speakers are heard.
        reporter: Shows progress.

    Raises:
        InputError: `out` holds something else, or there is no room for so many.
    """
    out = Path(out)
    with results_folder(out):
        CorpusWriter(out, append=True)  # the folder is found out about before the work, not after it
        done: set[str] = set()
        if (out / INDEX_NAME).exists():
            begun = Corpus.open(out)
            done = set(begun.ids)
            _check_same(begun, out, sound=sound)
        need_room(out, (clips - len(done)) * BYTES[sound], f"{clips:,} clips")
        seeds = [s for s in range(seed, seed + clips) if conversation_id(s) not in done]
        made = clips - len(seeds)
        with reporter.progress("simulating") as update:
            update(made / clips)
            for at in range(0, len(seeds), CHUNK):
                with CorpusWriter(out, append=True) as writer:
                    for one in seeds[at : at + CHUNK]:
                        writer.add(simulate_reaction(one, sound=sound))
                        made += 1
                        update(made / clips)
    return out


def _check_same(begun: Corpus, out: Path, *, sound: bool) -> None:
    """Raises InputError if `out` was begun in another way."""
    if not len(begun):
        return
    first = begun[begun.ids[0]]
    if first.provenance.get("source") != "visavis simulated reactions":
        raise InputError(f"{out} contains conversations other than simulated reactions; choose another folder")
    if first.provenance["simulator"] != VERSION or (first.mixed is not None) != sound:
        raise InputError(f"{out} was started by another version or with other audio settings; choose another folder")

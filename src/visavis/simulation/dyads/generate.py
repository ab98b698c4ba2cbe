"""A corpus of simulated conversations.

Conversation `i` is made from seed `seed` + i and depends on nothing else, so that the corpus is the same however
many processes make it, and a stopped run goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_schema import INDEX_NAME
from visavis.conversation.corpus_write import CorpusWriter
from visavis.errors import InputError
from visavis.files import need_room, results_folder
from visavis.motion import ARKIT, MotionSpace
from visavis.reporter import SILENT, Reporter
from visavis.simulation.dyads.simulator import VERSION, simulate, spoken_by
from visavis.simulation.parallel import in_order, write_as_made
from visavis.simulation.voices import available_voices

BYTES = 200_000
"""What a second of conversation takes on the disk: three tracks of sound, and motion."""


def generate(
    out: str | Path,
    *,
    conversations: int,
    seconds: float,
    seed: int = 0,
    voices: Sequence[str] | None = None,
    workers: int = 1,
    space: MotionSpace = ARKIT,
    reporter: Reporter = SILENT,
) -> Path:
    """Simulates conversations into a corpus in `out`; goes on with one that was begun.

    Args:
        out: Folder of the corpus.
        conversations: How many there shall be in the end.
        seconds: How long each is.
        seed: Of the first conversation; the next ones count up.
        voices: What to draw A's and B's voices from: names of voices, ``builtin``, ``flite``, ``espeak`` or ``kokoro``
            for all of a kind, ``bank:<folder>`` for all speakers of a speech bank. The built-in voices unless given.
        workers: How many processes simulate.
        space: `ARKIT` or `ARKIT_BODY`.
        reporter: Shows progress.

    Raises:
        InputError: A voice is not available, `out` holds something else, or there is no room for so many.
    """
    out = Path(out)
    pool = expand_voices(voices or ["builtin"])
    with results_folder(out):
        CorpusWriter(out, append=True)  # the folder is found out about before the work, not after it
        done: set[str] = set()
        if (out / INDEX_NAME).exists():
            begun = Corpus.open(out)
            done = set(begun.ids)
            _check_same(begun, out, seconds, pool, space)
        need_room(
            out, (conversations - len(done)) * seconds * BYTES, f"{conversations:,} conversations of {seconds:g} s"
        )
        seeds = [s for s in range(seed, seed + conversations) if conversation_id(s) not in done]
        made = conversations - len(seeds)
        stream = in_order(seeds, partial(one, seconds=seconds, voices=tuple(pool), space=space), workers)
        write_as_made(out, stream, made, conversations, reporter)
    return out


def one(seed: int, seconds: float, voices: Sequence[str], space: MotionSpace = ARKIT) -> Conversation:
    """The conversation of one seed, between two different voices where there are two."""
    rng = np.random.default_rng([seed, 7])
    pair = rng.choice(len(voices), 2, replace=len(voices) < 2)
    return simulate(seed, seconds, (voices[int(pair[0])], voices[int(pair[1])]), space=space)


def conversation_id(seed: int) -> str:
    """The id that `simulate` gives."""
    return f"sim-{seed:06d}"


def expand_voices(voices: Sequence[str]) -> list[str]:
    """Names of single voices: those of an engine for an engine's name, the speakers for ``bank:<folder>``.

    Raises:
        InputError: There is none of a kind.
    """
    names: list[str] = []
    for voice in voices:
        engine, _, rest = voice.strip().partition(":")
        if engine == "bank" and ":" not in rest:
            from visavis.simulation.voices.bank import SpeechBank

            found = [f"bank:{rest}:{speaker}" for speaker in SpeechBank(rest).speakers]
        elif rest:
            found = [voice.strip()]
        else:
            found = [name for name in available_voices() if name.startswith(f"{engine}:")]
        if not found:
            raise InputError(f"there is no voice of kind {voice!r} here; there are {', '.join(available_voices())}")
        names += found
    return names


def _check_same(begun: Corpus, out: Path, seconds: float, voices: list[str], space: MotionSpace) -> None:
    """Raises InputError if `out` was begun in another way."""
    if not len(begun):
        return
    first = begun[begun.ids[0]]
    made = first.provenance
    if (
        made.get("simulator") != VERSION
        or abs(first.duration - seconds) > 0.05
        or (first.a.motion and first.a.motion.space.columns != space.columns)
        or not set(made["voices"]) <= {spoken_by(voice) for voice in voices}
    ):
        was = json.dumps({key: made.get(key) for key in ("simulator", "voices")})
        was += f" in {first.a.motion.space.name!r}" if first.a.motion else ""
        raise InputError(
            f"{out} was started with {first.duration:.1f} s and {was}; choose another folder or the same settings"
        )

"""A baseline without words: an L2L-like listener that sees the speaker move, then the clips nearest to its output."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.models.base import BehaviorModel
from visavis.models.retrieval.clips import FPS, served
from visavis.motion import ARKIT, Motion
from visavis.motion.mapping import project_to_space
from visavis.motion.resampling import resample
from visavis.reading import read_array
from visavis.reporter import SILENT, Reporter, Update
from visavis.workflows.benchmark.databank import Databank, evenly

STEPS = 500
"""Optimizer steps of each of its two stages."""
MOST = 2000
"""Clips that it learns from at most, evenly spread."""

Array = NDArray[np.float32]


def l2l_scores(
    bank: Databank, folder: Path, *, steps: int = STEPS,
    reporter: Reporter = SILENT,
) -> NDArray[np.float32]:  # fmt: skip
    """How near all M clips are to the listener that is made for each of N queries.

    Nearness is the negative mean over the frames that both have of the Euclidean distance between expressions, neck
    and head. What was made for a query was learnt without it (`Databank.folds`).

    Args:
        bank: Clips and queries.
        folder: Where scores are kept.
        steps: Optimizer steps of each of the two stages.
        reporter: Shows progress.

    Returns:
        (N, M), mapped from a file.

    Raises:
        InputError: It is not known how the speakers move, or there is nothing to learn from.
    """
    known = f"{bank.fingerprint} {bank.queries.tolist()} {steps} {MOST}"
    path = folder / f"l2l-{hashlib.sha256(known.encode()).hexdigest()[:16]}.npy"
    if not path.is_file():
        made = _made(bank, steps, reporter)
        with (
            atomic_write(path) as temporary,
            temporary.open("wb") as file,
            reporter.progress("L2L-like, nearest") as update,
        ):
            np.save(file, _nearness(bank, made, update))
    return read_array(path, mapped=True)


def _made(bank: Databank, steps: int, reporter: Reporter) -> list[Array]:
    """Postures (T, D) of the listener that is made for each query."""
    made: dict[int, Array] = {}
    with reporter.progress("L2L-like") as update:
        for learnt, asked in bank.folds():
            if not asked:
                continue
            listener = _trained(bank, [learnt[i] for i in evenly(len(learnt), MOST)], steps)
            for query in asked:
                number = int(bank.queries[query])
                (talk,) = _pairs(bank, [number])
                if talk.a.motion is None:
                    raise InputError(f"how the speaker of {talk.id!r} moves is not known")
                (moved,) = listener.generate(talk, (1,), seed=number)
                assert moved.b.motion is not None
                made[query] = _posture(moved.b.motion)
                update(len(made) / len(bank.queries))
    return [made[query] for query in range(len(bank.queries))]


def _trained(bank: Databank, numbers: Sequence[int], steps: int) -> BehaviorModel:
    """A listener that has learnt from the listeners of some clips."""
    from visavis.models import from_pretrained
    from visavis.training.corpora import Corpora
    from visavis.training.train import train

    clips = Corpora.listed(list(_pairs(bank, numbers)))
    changes = ("data.people=B", f"data.space={ARKIT.name}")
    with TemporaryDirectory() as folder:
        return from_pretrained(train("l2l", clips, Path(folder) / "run", overrides=changes, max_steps=steps))


def _pairs(bank: Databank, numbers: Sequence[int]) -> Iterator[Conversation]:
    """Clips with the speaker first, both on the clock and in the space that the baseline knows, without sound."""
    talk: Conversation | None = None
    for number in numbers:
        entry = bank.entries[number]
        if talk is None or talk.id != entry.conversation:
            talk = bank.corpus[entry.conversation]
        whole = entry.start == 0 and entry.stop == talk.duration
        clip = talk if whole else talk.window(entry.start, entry.stop)
        clip = clip if entry.listener == "B" else clip.swapped()
        yield replace(clip.with_participants(*(_in_arkit(person) for person in clip)), mixed=None)


def _in_arkit(person: Participant) -> Participant:
    motion = person.motion
    known = resample(project_to_space(motion, ARKIT), FPS) if served(motion) else None
    return replace(person, motion=known, audio=None)


def _nearness(bank: Databank, made: Sequence[Array], update: Update) -> Array:
    lengths = np.array([len(each) for each in made])
    padded = np.zeros((len(made), lengths.max(), made[0].shape[1]), np.float32)
    for row, each in zip(padded, made, strict=True):
        row[: len(each)] = each
    out = np.empty((len(made), len(bank)), np.float32)
    for number in range(len(bank)):
        shown = _posture(resample(project_to_space(bank.clip(number).motion, ARKIT), FPS))[: padded.shape[1]]
        apart = np.linalg.norm(padded[:, : len(shown)] - shown, axis=2)
        both = np.arange(len(shown)) < lengths[:, None]
        out[:, number] = -(apart * both).sum(1) / both.sum(1)
        update((number + 1) / len(bank))
    return out


def _posture(motion: Motion) -> Array:
    return np.concatenate([motion["expression"], motion["neck"], motion["head"]], 1)

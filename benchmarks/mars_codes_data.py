"""The talk that MARS's codes are measured on: real words with simulated motion, held out by conversation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from visavis.conversation.corpus import Corpus
from visavis.conversation.splits import TRAINING
from visavis.motion import ARKIT_BODY, MotionSpace
from visavis.simulation.dialogues.generate import generate_dialogues
from visavis.workflows.benchmark.codecs import MotionData, people_of

SOURCES = {
    "switchboard-turns": "turn-taking", "ami-pairs": "ami", "topical-chat": "topical-chat", "casino": "casino",
    "persona-chat": "synthetic-persona-chat",
}  # fmt: skip
"""Dialogues of `visavis.simulation.dialogues.generate`, and the folders they lie in."""
CONVERSATIONS, SECONDS, FPS = 224, 60.0, 25.0
FITTED = 60
"""Conversations that principal components are fitted on."""
PARTS = {"face": ("expression", "eyes", "jaw"), "body": ("neck", "head", "translation", "body", "hands")}

Whole = dict[str, list[NDArray[np.float32]]]


def corpus_of(work: Path, data: Path) -> Path | None:
    """The simulated dialogues, made if they are not there; None where their words are missing."""
    folder = work.parent / "corpus"
    if not all((data / name).is_dir() for name in SOURCES.values()):
        return None
    sources = {source: data / name for source, name in SOURCES.items()}
    return generate_dialogues(folder, sources, conversations=CONVERSATIONS, seconds=SECONDS, space=ARKIT_BODY)


def motion_of(corpus: Path) -> tuple[Whole, Whole]:
    """Everybody's motion in `arkit-body`, seen from the seat, by conversation: some to fit on, and all held out.

    Reading a corpus takes minutes; what was read lies beside it.
    """
    found = []
    opened = Corpus.open(corpus)
    splits = {id: opened.record(id)[0].get("split") for id in opened.ids}
    learnt = list(islice((id for id in opened.ids if splits[id] in TRAINING), FITTED))
    for name, ids in (("fitted", learnt), ("test", [id for id in opened.ids if splits[id] == "test"])):
        path = corpus.parent / f"{name}-{len(opened.ids)}.safetensors"
        if not path.is_file():
            people = people_of((opened[id] for id in ids), ARKIT_BODY, FPS)
            save_file({f"{id}|{i}": clip for id, clips in people.items() for i, clip in enumerate(clips)}, path)
        found.append(_read(path))
    return found[0], found[1]


def _read(path: Path) -> Whole:
    people: Whole = {}
    for name, clip in sorted(load_file(path).items()):
        people.setdefault(name.partition("|")[0], []).append(clip)
    return people


def part_data(fitted: Whole, test: Whole, groups: Sequence[str]) -> MotionData:
    """The columns of some groups alone."""
    space = ARKIT_BODY.part(groups)
    return MotionData(space, FPS, _columns(fitted, space), _columns(test, space))


def _columns(people: Whole, space: MotionSpace) -> Whole:
    where = ARKIT_BODY.indices(space.names)
    return {id: [clip[:, where] for clip in clips] for id, clips in people.items()}

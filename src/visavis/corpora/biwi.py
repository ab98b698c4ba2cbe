"""BIWI (Fanelli et al. 2010) as FaceFormer, CodeTalker and DIM use it: sentences read by 14 people, as vertices.

    vertices_npy/<subject>_<sentence>.npy    (frames, 70110): 23,370 vertices, 25 frames per second
    wav/<subject>_<sentence>.wav             the speech
    templates.pkl                            each subject's face at rest, (23370, 3)

as the preprocessing of those releases writes them. 70,110 columns are far more than the faces have freedom: the motion
here is the displacement from the template in 64 principal components (`BIWI64`), fitted on frames of the training
sentences by the method of snapshots (Sirovich 1987). They are not centred, so that zero is the template. ``biwi64.npz``
beside the imported corpus has what is needed to get vertices back (`vertices_of`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.model_files import read_model_file
from visavis.conversation import Conversation, Participant
from visavis.corpora.reading import (
    Recordings,
    load_array,
    need_file,
    need_folder,
    plain_id,
    provenance,
    speaks_all_along,
)
from visavis.errors import InputError, plainly
from visavis.media.decode import read_audio
from visavis.motion import BIWI64, Motion
from visavis.reading import LARGEST_ARRAYS, files_in, read_arrays

LICENCE = "research only, on request from ETH Zurich (Biwi 3D Audiovisual Corpus of Affective Communication)"
FPS = 25.0
VERTICES = 23_370
SNAPSHOTS = 2_000
"""Frames that the components are fitted on, drawn evenly from the training sentences."""
COMPONENTS_FILE = "biwi64.npz"

TRAINING_SUBJECTS = frozenset({"F2", "F3", "F4", "M3", "M4", "M5"})
"""Those of FaceFormer's split; sentences 1-32 train, 33-36 validate, 37-40 test (A: these subjects, B: the others)."""


@dataclass(frozen=True)
class Components:
    """What turns weights into vertices.

    Attributes:
        basis: float32 (64, 70110), orthonormal rows, in order of weight.
        templates: Each subject's face at rest, float32 (70110,).
        explained: Share of the displacement's energy that the components hold, on the frames they were fitted on.
    """

    basis: NDArray[np.float32]
    templates: dict[str, NDArray[np.float32]]
    explained: float


def read(folder: Path) -> Recordings:
    """One conversation per sentence: A speaks, B is not there; the session is the subject.

    Raises:
        InputError: A sound or template is missing, an array is mis-shaped, or there are no training sentences.
    """
    need_folder(folder, "vertices_npy/, wav/ and templates.pkl")
    names = [path.stem for path in files_in(folder / "vertices_npy", "*.npy")]
    if not names:
        raise InputError(f"{folder}: contains no vertices_npy/SUBJECT_SENTENCE.npy; preprocess BIWI as CodeTalker does")
    for name in names:
        need_file(folder / "wav" / f"{name}.wav", f"vertices_npy/{name}.npy needs its audio")
    return {plain_id(name): partial(_conversation, folder, name) for name in names}


def write_beside(folder: Path, out: Path) -> None:
    """Writes ``biwi64.npz`` into the imported corpus."""
    fitted = components(folder)
    subjects = sorted(fitted.templates)
    temporary = out / f".{COMPONENTS_FILE}.tmp"
    with temporary.open("wb") as file:
        np.savez(
            file, allow_pickle=False, basis=fitted.basis, subjects=np.array(subjects),
            templates=np.stack([fitted.templates[subject] for subject in subjects]),
        )  # fmt: skip
    temporary.replace(out / COMPONENTS_FILE)


def vertices_of(motion: Motion, subject: str, corpus: str | Path) -> NDArray[np.float32]:
    """The vertices (T, 23370, 3) of a motion in `BIWI64` on a subject's face, in the units of the published files.

    Raises:
        InputError: The motion is in another space, or the corpus has no components or no such subject.
    """
    if motion.space.columns != BIWI64.columns:
        raise InputError(f"motion in space {motion.space.name!r} has no vertices of BIWI")
    path = need_file(Path(corpus) / COMPONENTS_FILE, "import BIWI to have it written")
    stored = read_arrays(path)
    subjects = stored["subjects"].tolist() if "subjects" in stored else []
    if subject not in subjects:
        raise InputError(f"{path}: there is no subject {subject!r}; it has {', '.join(map(str, subjects))}")
    try:
        vertices: NDArray[np.float32] = stored["templates"][subjects.index(subject)] + motion.values @ stored["basis"]
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise InputError(f"{path}: is damaged ({plainly(error)[:80]}); import BIWI again") from None
    return vertices.reshape(len(motion), VERTICES, 3)


@lru_cache(maxsize=1)
def components(folder: Path) -> Components:
    """Fits the components on the training sentences in `folder`; the same files give the same components.

    Raises:
        InputError: There are none, or a file is mis-shaped.
    """
    names = [path.stem for path in files_in(folder / "vertices_npy", "*.npy")]
    templates = _templates(folder / "templates.pkl", sorted({_parts(name)[0] for name in names}))
    training = [name for name in names if split_of(name) == "train"]
    if not training:
        raise InputError(f"{folder}: contains no training sentence (e.g. F2_e01) to fit the components on")
    sequences = [_sequence(folder, name) for name in training]
    step = max(1, -(-sum(map(len, sequences)) // SNAPSHOTS))
    snapshots = np.concatenate(
        [
            np.asarray(sequence[::step], np.float32) - templates[_parts(name)[0]]
            for name, sequence in zip(training, sequences, strict=True)
        ]
    )
    if not np.isfinite(snapshots).all():
        raise InputError(f"{folder}: a training sentence or its template is not finite; get an intact copy")
    energies, mixing = np.linalg.eigh((snapshots @ snapshots.T).astype(np.float64))
    order = [i for i in np.argsort(energies)[::-1][: BIWI64.dim] if energies[i] > 1e-9 * max(energies[-1], 1e-30)]
    basis = np.zeros((BIWI64.dim, 3 * VERTICES), np.float32)
    if order:
        found = np.linalg.qr(snapshots.T.astype(np.float64) @ mixing[:, order])[0].T
        basis[: len(order)] = found
    explained = float(energies[order].sum() / energies.clip(0).sum()) if order else 1.0
    return Components(basis, templates, explained)


def split_of(name: str) -> str | None:
    """Which part of FaceFormer's split a sentence is in; None for what the split leaves out."""
    subject, sentence = _parts(name)
    if subject not in TRAINING_SUBJECTS:
        return "test-b" if sentence > 36 else None
    return "train" if sentence <= 32 else "val" if sentence <= 36 else "test-a"


def _conversation(folder: Path, name: str) -> Conversation:
    subject, sentence = _parts(name)
    fitted = components(folder)
    vertices = _sequence(folder, name)
    voice = read_audio(folder / "wav" / f"{name}.wav").channels[0]
    frames = min(len(vertices), int(voice.duration * FPS))
    if frames == 0:
        raise InputError(f"{folder / 'wav' / name}.wav: lasts less than one frame")
    duration = frames / FPS
    weights = (np.asarray(vertices[:frames], np.float32) - fitted.templates[subject]) @ fitted.basis.T
    speaker = Participant(
        "A",
        audio=voice.slice(0, duration),
        motion=Motion(weights.astype(np.float32), FPS, BIWI64),
        speaking=speaks_all_along(duration, yes=True),
    )
    return Conversation(
        id=plain_id(name),
        participants=(speaker, Participant("B")),
        duration=duration,
        provenance=provenance(
            "biwi", LICENCE, session=subject, split=split_of(name), sentence=sentence,
            explained=round(fitted.explained, 4),
        ),
    )  # fmt: skip


def _sequence(folder: Path, name: str) -> NDArray[Any]:
    path = folder / "vertices_npy" / f"{name}.npy"
    vertices = load_array(path, (None, 3 * VERTICES), "f", mapped=True)
    if vertices.nbytes > LARGEST_ARRAYS:
        raise InputError(f"{path}: has {len(vertices)} frames, more than a sentence; get an intact copy")
    return vertices


def _parts(name: str) -> tuple[str, int]:
    """Subject and number of ``F2_e01``."""
    subject, _, sentence = name.rpartition("_")
    if not subject or not sentence[-2:].isdecimal():
        raise InputError(f"vertices_npy/{name}.npy: not named SUBJECT_SENTENCE like F2_e01")
    return subject, int(sentence[-2:])


def _templates(path: Path, subjects: list[str]) -> dict[str, NDArray[np.float32]]:
    need_file(path, "preprocess BIWI as CodeTalker does")
    found = {}
    for subject in subjects:
        try:
            template = read_model_file(path, [subject])[subject]
        except InputError as error:
            if isinstance(error.__context__, KeyError) or "has no array" in str(error):
                raise InputError(f"{path}: has no template of {subject!r}") from None
            raise
        if template.size != 3 * VERTICES:
            raise InputError(
                f"{path}: the template of {subject!r} has shape {template.shape}; ({VERTICES}, 3) is needed"
            )
        found[subject] = np.asarray(template, np.float32).reshape(-1)
    return found

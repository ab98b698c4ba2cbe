"""The same figures of real people: tracked faces, one side of a dyad, video calls, annotated dyads, an eye tracker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.behavior.fit import fixations
from visavis.corpora.reading import need_file
from visavis.evaluation.life import coupling, smiles_with_laughs
from visavis.media.audio import Audio
from visavis.motion import ARKIT, Motion
from visavis.motion.events import nods
from visavis.motion.gaze import FULL_LOOK, LOOK_SHAPES
from visavis.perception.faces.motion import lids
from visavis.perception.voice_activity import FPS as VOICE_FPS
from visavis.perception.voice_activity import voice_activity
from visavis.reading import read_arrays, read_json
from visavis.simulation.dyads.fit_lips import wanted
from visavis.simulation.dyads.lip_recordings import VOICED, filmed_mouths, landmarker_scores, rig_jaws
from visavis.simulation.dyads.recordings import video_calls
from visavis.workflows.benchmark.life import Figures, faces_of, heads_of

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]

DYAD = "flame-dyad"


def real_figures(data: Path) -> Figures:
    """Of real people what `visavis.workflows.benchmark.life.counted` counts, as far as recordings here show it.

    Heads of the clips in which nobody speaks count as those of listeners, which these people may have been.

    Args:
        data: The folder of recordings.

    Raises:
        InputError: A recording is missing.
    """
    faces = dict(tracked_faces(data))
    heard = {name: _voiced(data, name, faces[name]) for name in VOICED}
    dyad, mine, other = dyad_head(data)
    moves = [(faces[name], {"speaking": speaks}) for name, speaks in heard.items()]
    moves += [(face, {"listening": np.ones(len(face), bool)}) for name, face in faces.items() if name not in VOICED]
    moves.append((dyad, {"speaking": mine & ~other, "listening": other & ~mine}))
    together, crossed = coupling([call.au12 for call in video_calls(data)])
    nodded = {state: _nods_in([(m, f[state]) for m, f in moves if state in f]) for state in ("speaking", "listening")}
    return {
        **{f"nods {state}": rate for state, rate in nodded.items()},
        **faces_of(list(faces.values())), **heads_of(moves),
        **eye_tracked(data),
        "smile r": together, "smile r re-paired": crossed, "smiles with laughs": annotated_smiles(data),
    }  # fmt: skip


def real_mouths(data: Path) -> Figures:
    """How far and how often real mouths open, as the simulator's are fitted to; faces are tracked for that."""
    mouths = wanted(filmed_mouths(data), rig_jaws(data))
    return {"jaw": mouths.jaw, "openings": mouths.openings}


def _nods_in(moves: Sequence[tuple[Motion, Mask]]) -> float:
    """Nods a minute that begin in some frames (T,)."""
    begun = sum(int(frames[np.round(nods(m)[:, 0] * m.fps).astype(int)].sum()) for m, frames in moves)
    return 60 * begun / max(sum(float(frames.sum()) / m.fps for m, frames in moves), 1e-9)


def tracked_faces(data: Path) -> Iterator[tuple[str, Motion]]:
    """Each clip of ``one-face/``: the landmarker's scores and the head's pose as motion.

    Lids are told from the face at rest as the tracker tells them, and both eyes turn as their ``eyeLook`` scores say.
    Nothing is smoothed: the tracks are the landmarker's.
    """
    for path in sorted((data / "one-face" / "tracks").glob("*.npz")):
        _, shapes, fps = landmarker_scores(data, path.stem)
        pose = read_arrays(path)["M"].astype(np.float64)
        values = np.zeros((len(shapes), ARKIT.dim), np.float32)
        values[:, ARKIT.indices("expression")] = shapes
        both = ARKIT.indices(["eyeBlinkLeft", "eyeBlinkRight"])
        values[:, both] = lids(values[:, both])
        values[:, ARKIT.indices("head")] = Rotation.from_matrix(pose[:, :3, :3]).as_rotvec()
        values[:, ARKIT.indices("eyes")] = np.tile(_eyes(shapes), 2)
        yield path.stem, Motion(values, fps, ARKIT)


def _eyes(shapes: Array) -> Array:
    """Rotation vectors (T, 3) that both eyes share, from ``eyeLook`` scores."""
    look = {name: shapes[:, ARKIT.index(name)] for name in LOOK_SHAPES}
    down = sum(
        look[f"eyeLookDown{s}"] * FULL_LOOK["down"] - look[f"eyeLookUp{s}"] * FULL_LOOK["up"] for s in ("Left", "Right")
    )
    left = look["eyeLookOutLeft"] * FULL_LOOK["out"] - look["eyeLookInLeft"] * FULL_LOOK["in"]
    right = look["eyeLookOutRight"] * FULL_LOOK["out"] - look["eyeLookInRight"] * FULL_LOOK["in"]
    return np.stack([np.asarray(down) / 2, (left - right) / 2, np.zeros(len(shapes))], 1)


def _voiced(data: Path, name: str, motion: Motion) -> Mask:
    """Frames in which a clip's own voice is heard; all of a song, in which no voice is found by itself."""
    if VOICED[name]:
        return np.ones(len(motion), bool)
    return speech(landmarker_scores(data, name)[0], motion.fps, len(motion))


def dyad_head(data: Path) -> tuple[Motion, Mask, Mask]:
    """The head of one side of ``flame-dyad/``, whether that person speaks, and whether the other does."""
    pose = read_arrays(need_file(data / DYAD / "speaker2.npz", "pass the folder of the recordings"))["pose"]
    motion = Motion.zeros(len(pose), 25.0, ARKIT).with_columns("head", pose[:, :3])
    voices = []
    for side in (2, 1):
        samples, rate = soundfile.read(
            need_file(data / DYAD / f"speaker{side}.wav", "pass the folder of the recordings"), dtype="float32"
        )
        voices.append(speech(Audio(samples, rate), 25.0, len(pose)))
    return motion, voices[0], voices[1]


def speech(audio: Audio, fps: float, frames: int) -> Mask:
    """Frames in which a voice is heard (T,)."""
    voice = voice_activity(audio.samples)
    at = (np.arange(frames) + 0.5) / fps
    speaks: Mask = np.interp(at, (np.arange(len(voice)) + 0.5) / VOICE_FPS, voice) > 0.5
    return speaks


def annotated_smiles(data: Path) -> float:
    """How much likelier annotated people smile around their own laughter, see `smiles_with_laughs`."""
    path = need_file(data / "signal-intervals" / "annotations.json", "pass the folder of the recordings")
    people = read_json(path).values()
    marked = [[np.array([row[:2] for row in p.get(kind, [])]) / 1000 for p in people] for kind in ("smile", "laughter")]
    seconds = [max(row[1] for rows in person.values() for row in rows) / 1000 for person in people]
    return smiles_with_laughs(marked[0], marked[1], seconds)


def eye_tracked(data: Path) -> Figures:
    """Fixations of ``psyberlab-gaze/``, by the times between them: a stretch begins and ends with one."""
    between = fixations(data)
    return {"fixations": 1 / float(between.mean()), "fixation ms": 1000 * float(np.median(between))}

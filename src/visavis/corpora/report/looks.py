"""Frames of the sampled people, and how well they were tracked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Track
from visavis.conversation.corpus import Corpus
from visavis.corpora.report.survey import Person
from visavis.motion import Motion, MotionSpace
from visavis.motion.spaces import FLAME_FACE53, SMPLX_UPPER117
from visavis.motion.venus import has_body, has_face, to_body, to_face
from visavis.reporter import Update

FRAMES = 1500
"""Frames that are looked at."""
QUALITIES = ("size", "sharpness", "visible")
"""Columns of the track ``face`` that tell how well a face is seen (see `visavis.perception.faces.quality`)."""
_FACE, _BODY = ("expression", "jaw"), ("body", "hands")
_GAZE = "eyeLook"


@dataclass(frozen=True)
class SampledMotion:
    """What was looked at.

    Attributes:
        space: The space in which most of the sampled people move; None where nobody does.
        faces: Frames in which a face was seen.
        bodies: Frames in which a body was seen.
        left_out: Sampled people who move in other spaces.
        face_columns: Of `faces`: expression and jaw, without where the eyes look.
        body_columns: Of `bodies`: body and hands.
        seen: By person with a track ``face``, the share of frames with a valid face.
        quality: By column of `QUALITIES` the values of sampled valid frames.
    """

    space: MotionSpace | None
    faces: Motion | None
    bodies: Motion | None
    left_out: int
    face_columns: NDArray[np.intp]
    body_columns: NDArray[np.intp]
    seen: NDArray[np.float64]
    quality: dict[str, NDArray[np.float64]]


def look(corpus: Corpus, people: Sequence[Person], update: Update = lambda _share: None) -> SampledMotion:
    """Reads a few frames of each person, drawn at random with a fixed seed.

    Raises:
        InputError: A table is broken.
    """
    rng = np.random.default_rng(0)
    spaces = Counter(person.space for person in people if person.space)
    space = corpus.spaces[spaces.most_common(1)[0][0]] if spaces else None
    share = max(1, -(-FRAMES // max(len(people), 1)))
    faces: list[NDArray[np.float32]] = []
    bodies: list[NDArray[np.float32]] = []
    seen: list[float] = []
    quality: dict[str, list[NDArray[np.float32]]] = {name: [] for name in QUALITIES}
    fps = 25.0
    for number, person in enumerate(people, start=1):
        face, body = (_track(corpus, person, name) for name in ("face", "body"))
        if face is not None:
            seen.append(float(face.valid.mean()))
            chosen = _drawn(rng, face.valid, share)
            for name in set(QUALITIES) & set(face.columns):
                quality[name].append(face[name][chosen])
        if space is not None and person.space == space.name:
            motion = corpus.signal(person.conversation, person.letter, "motion", space.name)
            assert isinstance(motion, Motion)
            fps = motion.fps
            faces.append(motion.values[_drawn(rng, _mask(face, len(motion)), share)])
            bodies.append(motion.values[_drawn(rng, _mask(body, len(motion)), share)])
        update(number / len(people))
    face_frames, face_columns = _part(space, faces, fps, _FACE)
    body_frames, body_columns = _part(space, bodies, fps, _BODY)
    return SampledMotion(
        space,
        face_frames,
        body_frames,
        sum(n for name, n in spaces.items() if space and name != space.name),
        face_columns,
        body_columns,
        np.array(seen),
        {name: np.concatenate(parts).astype(np.float64) for name, parts in quality.items() if parts},
    )


def _part(
    space: MotionSpace | None, frames: list[NDArray[np.float32]], fps: float, groups: tuple[str, ...]
) -> tuple[Motion | None, NDArray[np.intp]]:
    """Frames and those of their columns that belong to a part of the person; None where the space has none.

    Of VENUS's annotations, which also tell how a person is built and stands to the camera, what moves is taken.
    """
    if space is None or not any(space.has(group) for group in groups):
        return None, np.zeros(0, np.intp)
    motion = Motion(np.concatenate(frames), fps, space)
    if space.has("shape") and groups == _FACE and has_face(space):
        motion = to_face(motion, FLAME_FACE53)
    elif space.has("shape") and groups == _BODY and has_body(space):
        motion = to_body(motion, SMPLX_UPPER117)
    named = enumerate(motion.space.columns)
    return motion, np.array([i for i, c in named if c.group in groups and not c.name.startswith(_GAZE)], np.intp)


def _track(corpus: Corpus, person: Person, name: str) -> Track | None:
    if name not in person.tracks:
        return None
    track = corpus.signal(person.conversation, person.letter, "track", name)
    return track if isinstance(track, Track) else None


def _mask(track: Track | None, frames: int) -> NDArray[np.bool_]:
    """Where the motion was seen: everywhere, unless a track of the same frames says otherwise."""
    return track.valid if track is not None and len(track) == frames else np.ones(frames, bool)


def _drawn(rng: np.random.Generator, mask: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
    """Up to `count` of the frames where `mask` holds, in order."""
    there = np.flatnonzero(mask)
    return np.sort(rng.choice(there, min(count, len(there)), replace=False)) if len(there) else there

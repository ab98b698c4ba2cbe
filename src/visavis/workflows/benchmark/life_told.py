"""Can a small classifier tell generated people from real ones, by what is known of both?

By signals of video calls: smile (AU12), looking at the partner, how much the body moves. By tracked faces: how the head
turns, and lids. Everything is smoothed alike, brought to one frame rate and cut into stretches; what a unit or a
tracker's noise would give away is taken out: smiles are above rest, bodies are ranked within each person, lids are open
or shut.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, sosfiltfilt
from scipy.spatial.transform import Rotation

from visavis.conversation import Conversation
from visavis.corpora import video_calls
from visavis.evaluation.life import SMOOTH, at_partner
from visavis.evaluation.two_sample import Told, ranks, stretches, tell_apart
from visavis.motion import Motion
from visavis.motion.resampling import resample
from visavis.motion.runs import runs
from visavis.workflows.benchmark.life import Side, au12_of, sides_of
from visavis.workflows.benchmark.life_real import tracked_faces

Array = NDArray[np.float64]
Group = list[Array]
"""Features (n, F) of the stretches of each recording of a dyad, or of a face."""

FPS = 25.0
CALL, FACE = 10.0, 4.0
"""Seconds of a stretch of a call, and of a tracked face, of which there are only seconds."""
SMOOTHED = 0.4
"""Seconds over which bodies' energies are smoothed: those of the calls have been already, by how little they change
from frame to frame, and what is left of that would tell them apart."""
SHUT = 0.5
JOINTS = ("neck", "head", "spine", "Clavicle", "UpperArm", "LowerArm", "Wrist")
"""Whose speeds are added up to the energy of a body: what a camera sees move above a table."""
CURVES = ("smile", "looks", "body")
"""What is known of people in video calls."""


def told_from_calls(data: Path, conversations: Sequence[Conversation], by: tuple[str, ...] = CURVES) -> Told:
    """Generated conversations against video calls.

    Args:
        data: Folder of the real recordings.
        conversations: Generated.
        by: Which of `CURVES` they are told by.

    Raises:
        InputError: A recording is missing, or there are too few conversations.
    """
    return tell_apart(call_groups(data, by), [_sides(conversation, by) for conversation in conversations])


def told_from_faces(data: Path, conversations: Sequence[Conversation]) -> Told:
    """Generated heads and lids against tracked faces; see `told_from_calls`."""
    made = [[_face(side.motion) for side in sides_of(conversation)] for conversation in conversations]
    return tell_apart([[_face(motion)] for _, motion in tracked_faces(data)], made)


def calls_told_apart(data: Path) -> Told:
    """Half of the dyads of the video calls against the other half: what the test says of people who are all real."""
    groups = call_groups(data)
    return tell_apart(groups[::2], groups[1::2])


def faces_told_apart(data: Path) -> Told:
    """Every other tracked face against the rest."""
    groups = [[_face(motion)] for _, motion in tracked_faces(data)]
    return tell_apart(groups[::2], groups[1::2])


@cache
def call_groups(data: Path, by: tuple[str, ...] = CURVES) -> list[Group]:
    """By dyad the stretches of everybody in its calls, of some of `CURVES`."""
    found: dict[str, Group] = {}
    for make in video_calls.read(data / "video-calls").values():
        call = make()
        for person in call:
            assert person.motion is not None
            motion = resample(person.motion, FPS)
            curves = call_curves(*(motion[name].reshape(-1) for name in ("AU12", "gazePartner", "bodyMotion")))
            found.setdefault(str(call.provenance["session"]), []).append(stretches(_of(curves, by), FPS, CALL))
    return list(found.values())


def look_in_calls(data: Path) -> float:
    """Seconds for which the partner is looked at in the calls, median of the looks that begin and end in them."""
    lengths: list[float] = []
    for make in video_calls.read(data / "video-calls").values():
        for person in make():
            assert person.motion is not None
            looks = person.motion["gazePartner"].reshape(-1) > 0.5
            inner = [run for run in runs(looks) if run[0] > 0 and run[1] < len(looks)]
            lengths += [(stop - start) / person.motion.fps for start, stop in inner]
    return float(np.median(lengths))


def call_curves(au12: NDArray[np.floating], looks: NDArray[np.floating], energy: NDArray[np.floating]) -> Array:
    """Smile above rest, whether the partner is looked at, and the body's energy as ranks, (T, 3).

    Args:
        au12: (T,), 0 to 5.
        looks: (T,), 1 where the partner is looked at.
        energy: (T,), in any unit.
    """
    smile = gaussian_filter1d(np.asarray(au12, np.float64), FPS / 6)
    moves = gaussian_filter1d(np.asarray(energy, np.float64), FPS * SMOOTHED)
    return np.stack([smile - np.percentile(smile, 10), np.asarray(looks > 0.5, np.float64), ranks(moves)], 1)


def body_energy(motion: Motion) -> Array:
    """ln(1 + x) (T,) of the sum x of the speeds (rad/s) of neck, head, spine, shoulders, arms and wrists."""
    moved = np.zeros(len(motion) - 1)
    for name in dict.fromkeys(column.rpartition(".")[0] for column in motion.space.names if "." in column):
        if name.endswith(JOINTS):
            turns = Rotation.from_rotvec(motion[[f"{name}.{axis}" for axis in "xyz"]].astype(np.float64))
            moved += (turns[:-1].inv() * turns[1:]).magnitude() * motion.fps
    energy: Array = np.log1p(np.concatenate([moved[:1], moved]))
    return energy


def _of(curves: Array, by: tuple[str, ...]) -> Array:
    return curves[:, [CURVES.index(name) for name in by]]


def _sides(conversation: Conversation, by: tuple[str, ...]) -> Group:
    a, b = sides_of(conversation)
    return [_call(me, other, by) for me, other in ((a, b), (b, a))]


def _call(me: Side, other: Side, by: tuple[str, ...]) -> Array:
    looks = at_partner(me.motion, me.seat, other.motion, other.seat).astype(np.float64)
    curves = call_curves(au12_of(me.motion), looks, body_energy(me.whole))
    return stretches(_of(curves, by), FPS, CALL)


def _face(motion: Motion) -> Array:
    """Turns of the head about its mean (rad) and whether the lids are shut, by stretch."""
    turns = Rotation.from_rotvec(motion["neck"].astype(np.float64)) * Rotation.from_rotvec(motion["head"])
    low = butter(5, SMOOTH, fs=motion.fps, output="sos")
    angles = sosfiltfilt(low, turns.as_rotvec(), axis=0)
    shut = motion[["eyeBlinkLeft", "eyeBlinkRight"]].mean(1) > SHUT
    return stretches(_at(np.column_stack([angles - angles.mean(0), shut]), motion.fps), FPS, FACE)


def _at(curves: Array, fps: float) -> Array:
    """Curves (T, K) at `FPS`."""
    times = np.arange(int(len(curves) / fps * FPS)) / FPS
    return np.stack([np.interp(times, np.arange(len(curves)) / fps, column) for column in curves.T], 1)

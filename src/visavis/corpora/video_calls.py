"""Video calls between two people in one motion space of signals.

    frames.parquet     one row per frame: session, resolution, frame, au06_a, au06_b, au12_a, au12_b,
                       body_motion_a, body_motion_b, gaze_a, gaze_b
    individuals.csv    one row per person and call: participant, A_or_B, resolution, cq, ...

A session is one dyad, named after its participant A; it was recorded at three resolutions of the picture, 30 frames
per second. AU06 and AU12 are OpenFace intensities (0-5), body motion is a motion energy (changed pixels), and gaze is
a code. What the codes mean was found by comparing their counts with the seconds per target in ``individuals.csv``,
which they match to a frame: 3 is the partner, 2 the card, 1 the room, 0 unknown. Smiles are found in AU12; the track
``gaze_target`` is 1 where the partner is looked at.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from visavis.conversation import Conversation, Interval, Participant, Track
from visavis.corpora.reading import Recordings, need_file, need_folder, provenance, read_table
from visavis.errors import InputError
from visavis.motion import VIDEO_CALL, Motion
from visavis.motion.runs import runs
from visavis.parquet import open_parquet, read_parquet
from visavis.tables import decimal

LICENCE = "MIT (daoramey, nonverbal-dynamics-VC-resolution)"
FPS = 30.0
GAZE_CODES = {"gazePartner": 3, "gazeCard": 2, "gazeRoom": 1}
RESOLUTIONS = {"1080p": "high", "480p": "mid", "240p": "low"}
"""Names in the table of frames, and what the table of individuals calls them."""
SMILE_RISE, SMILE_SHORTEST = 1.0, 0.5
"""How far AU12 rises above rest in a smile, and for how many seconds at least."""

_SIGNALS = ("au06", "au12", "body_motion", "gaze")


def read(folder: Path) -> Recordings:
    """The calls, ``<session>-<resolution>``; provenance names the session, by which train and test must be split.

    Raises:
        InputError: A file or column is missing, a frame is missing or out of order, or a value is out of range.
    """
    need_folder(folder, "frames.parquet and individuals.csv")
    path = need_file(folder / "frames.parquet", "pass the folder of the video calls")
    columns = [f"{signal}_{side}" for signal in _SIGNALS for side in "ab"]
    table = _columns(path, ["session", "resolution", "frame", *columns])
    quality = _quality(folder / "individuals.csv")
    keys = np.array([f"{s}-{r}" for s, r in zip(table["session"], table["resolution"], strict=True)])
    found: Recordings = {}
    for key in dict.fromkeys(keys.tolist()):
        rows = np.flatnonzero(keys == key)
        frames = table["frame"][rows]
        if not np.array_equal(frames, np.arange(len(rows))):
            at = int(np.argmax(frames != np.arange(len(rows))))
            raise InputError(f"{path}: call {key}: frame {at} of {len(rows)} is missing or out of order")
        found[key] = partial(_call, key, {name: table[name][rows] for name in columns}, quality, path)
    return found


def _call(
    key: str, values: dict[str, NDArray[Any]], quality: dict[tuple[str, str, str], float], path: Path
) -> Conversation:
    session, _, resolution = key.rpartition("-")
    people = []
    for side in "ab":
        motion = _motion({signal: values[f"{signal}_{side}"] for signal in _SIGNALS}, f"{path}: call {key}", side)
        at_partner = motion["gazePartner"]
        people.append(
            Participant(
                side.upper(),
                motion=motion,
                tracks={"gaze_target": Track(at_partner, FPS, ("code",), motion["gaze"].sum(1) > 0)},
                events={"smile": _smiles(motion["AU12"])},
            )
        )
    rated = {letter: quality.get((session, resolution, letter)) for letter in "AB"}
    return Conversation(
        id=key,
        participants=(people[0], people[1]),
        duration=len(values["gaze_a"]) / FPS,
        provenance=provenance(
            "video-calls", LICENCE, session=session, resolution=resolution, self_rated_quality=rated
        ),
    )  # fmt: skip


def _motion(signals: dict[str, NDArray[Any]], where: str, side: str) -> Motion:
    """One person's columns of `VIDEO_CALL`."""
    for name, lowest, highest in (("au06", 0, 5), ("au12", 0, 5), ("body_motion", 0, np.inf), ("gaze", 0, 3)):
        wrong = ~((signals[name] >= lowest) & (signals[name] <= highest))
        if wrong.any():
            at = int(np.argmax(wrong))
            raise InputError(
                f"{where}: {name}_{side} is {signals[name][at]} at frame {at}; {lowest} to {highest} is needed"
            )
    looks = [signals["gaze"] == code for code in GAZE_CODES.values()]
    # Motion energy spans five orders of magnitude; its logarithm is what one can model and measure.
    columns = [signals["au06"], signals["au12"], np.log1p(signals["body_motion"]), *looks]
    return Motion(np.stack([np.asarray(c, np.float32) for c in columns], 1), FPS, VIDEO_CALL)


def _smiles(au12: NDArray[np.float32]) -> tuple[Interval, ...]:
    """Where AU12, smoothed, lies above the person's resting level (10th percentile) for long enough."""
    curve = gaussian_filter1d(au12.astype(np.float64), FPS / 6)
    raised = (runs(curve > np.percentile(curve, 10) + SMILE_RISE) / FPS).tolist()
    return tuple(Interval("smile", start, end) for start, end in raised if end - start >= SMILE_SHORTEST)


def _quality(path: Path) -> dict[tuple[str, str, str], float]:
    """The quality of the call as each person rated it (1-5), by session, resolution and A or B."""
    rows = read_table(path, ("dyadic", "A_or_B", "participant", "resolution", "cq"))
    sessions = {row["dyadic"]: row["participant"] for _, row in rows if row["A_or_B"] == "A"}
    names = {theirs: ours for ours, theirs in RESOLUTIONS.items()}
    rated = {}
    for number, row in rows:
        if row["resolution"] not in names or row["dyadic"] not in sessions:
            raise InputError(f"{path}, line {number}: resolution {row['resolution']!r} or dyad is unknown")
        key = (sessions[row["dyadic"]], names[row["resolution"]], row["A_or_B"])
        rated[key] = decimal(row["cq"])
        if not abs(rated[key]) < 1e6:
            raise InputError(f"{path}, line {number}: 'cq' is {row['cq'][:40]!r}; a number is needed")
    return rated


def _columns(path: Path, names: list[str]) -> dict[str, NDArray[Any]]:
    file = open_parquet(path)
    schema = file.schema_arrow
    for name in names:
        if schema.names.count(name) != 1:
            raise InputError(f"{path}: has no column {name!r}, or two; it has {', '.join(schema.names[:99])}")
        if not (_is_text if name in ("session", "resolution") else _is_number)(schema.field(name).type):
            raise InputError(f"{path}: column {name!r} cannot have type {schema.field(name).type}")
    table = read_parquet(file, path, names)
    for name in names:
        if table[name].null_count:
            raise InputError(f"{path}: column {name!r} has no value at row {table[name].is_null().to_numpy().argmax()}")
    return {name: table[name].to_numpy() for name in names}


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))

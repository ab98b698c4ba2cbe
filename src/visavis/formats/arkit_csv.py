"""Live Link Face's CSV: what Epic's iPhone app records, and what Unreal, Blender and Maya tools import.

A row holds a timecode, the number of values (61), 52 blendshapes under ARKit's names with a capital, and yaw, pitch
and roll of the head and both eyes. What those nine mean is not documented; the following was found in the app's own
recordings, where `LeftEyeYaw` = -0.60 (`EyeLookOutLeft` - `EyeLookInLeft`) with a correlation of 0.999, `LeftEyePitch`
= 0.55 (`EyeLookDownLeft` - `EyeLookUpLeft`) and `LeftEyeRoll` = `LeftEyeYaw` x `LeftEyePitch`, and agrees with the
conversion of ARKit's transforms to rotators in Unreal's AppleARKit plugin:

* radians;
* yaw is positive to the person's right (about -Y here), pitch is positive downwards (about +X), and roll is positive
  when the head tilts to the person's left shoulder (about -Z);
* the rotation is R = Ry(-yaw) Rx(pitch) Rz(-roll).

The head here is neck and head composed, relative to the torso, as of somebody who sits in front of the phone. Where
the person is in the room has no column. Timecodes are ``hh:mm:ss:ff.fff``, with ff and its thousandths counted in
60ths of a second whatever the rate of the rows, as in the app's recordings at 30 frames per second.

Other programs write much the same: Audio2Face calls its columns ``timeCode`` and ``blendShapes.JawOpen``, Unity's
``eyeBlink_L`` or percent, spreadsheets put semicolons and decimal commas. All of that is read; what timecodes mean is
told by `visavis.formats.timecodes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.formats import timecodes
from visavis.formats.person import Person
from visavis.motion.mapping import project_to_space
from visavis.motion.motion import Motion
from visavis.motion.resampling import at_frames, resample
from visavis.motion.rotations import compose
from visavis.motion.space import MotionSpace
from visavis.motion.spaces import ARKIT, ARKIT_SHAPES
from visavis.reporter import Update
from visavis.tables import Table, decimal, read_table

ANGLES = tuple(f"{part}{angle}" for part in ("Head", "LeftEye", "RightEye") for angle in ("Yaw", "Pitch", "Roll"))
SHAPE_NAMES = tuple(name[0].upper() + name[1:] for name in ARKIT_SHAPES)
HEADER = ("Timecode", "BlendshapeCount", *SHAPE_NAMES, *ANGLES)

MOST_COLUMNS = 5_000
"""Of a table; each is compared with every name that there is."""
_OPTIONAL = {"tongueout", *(name.lower() for name in ANGLES)}  # absent before iOS 12, or with head rotation off
_CLOCKS = ("timecode", "time", "timestamp", "seconds")
"""Names of the column that tells when a row is, letters and digits alone, in order of preference."""
_PERCENT = 2.0
"""Shapes go from 0 to 1, at times a little beyond; where most rows have a larger one, they are percent."""
_LONGEST = 100
"""Times its rows' own length that a recording may last, gaps included."""


def write_csv(motion: Motion, path: str | Path, *, fps: float | None = None) -> Path:
    """Writes the face of `arkit` or `arkit-body` motion as a Live Link Face recording that starts at 00:00:00:00.

    Args:
        motion: In the `arkit` or `arkit-body` space.
        path: The file; it appears when it is complete.
        fps: Resample to this rate first, for tools that take every row for a 60th of a second; as it is unless given.

    Raises:
        InputError: The motion is in another space, or the file cannot be written.
    """
    motion = project_to_space(motion, ARKIT)  # the format has no place for arms
    if motion.space.columns != ARKIT.columns:
        raise InputError(f"Live Link Face CSV needs motion in 'arkit', not {motion.space.name!r}")
    path = Path(path)
    if fps is not None:
        motion = resample(motion, fps)
    angles = [_to_angles(r) for r in (compose(motion["neck"], motion["head"]), *_eyes(motion))]
    values = np.concatenate([motion["expression"], *angles], axis=1)
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(HEADER) + "\n")
        for i, row in enumerate(values.tolist()):
            file.write(f"{_timecode(i / motion.fps)},{len(row)}," + ",".join(f"{v:.10f}" for v in row) + "\n")
    return path


def read_csv(path: str | Path, *, fps: float | None = None) -> Motion:
    """Reads a recording of Live Link Face as `arkit` motion.

    Columns are found by name, in any order and case; others are ignored. The head's rotation becomes that of the
    `head`, the `neck` stays straight and the `translation` zero. Rows without values, where the app lost the face, and
    missing timecodes are filled by interpolation.

    Args:
        path: The file.
        fps: Frames per second of the rows, whatever their timecodes say; the timecodes decide unless given.

    Raises:
        InputError: It is not such a recording; the message names the line and the column.
    """
    path = Path(path)
    table = read_table(path)
    if len(table.header) > MOST_COLUMNS:
        raise InputError(f"{path}: has {len(table.header):,} columns, which no recording has; check the separator")
    columns, clock = _columns(table.header, path, timed=fps is None)
    values, codes, lines = _rows(table, columns, None if fps is not None else clock, path)
    motion = _from_angles(_checked(values, path))
    if fps is not None:
        return Motion(motion, fps, ARKIT)
    if len(motion) < 2:
        return Motion(motion, timecodes.BASE, ARKIT)
    try:
        known = [line for line, code in zip(lines, codes, strict=True) if code is not None]
        times = timecodes.seconds_of([code for code in codes if code is not None]) if known else np.zeros(0)
        rate, frames = timecodes.steady(timecodes.filled(times, known, lines), lines)
    except InputError as error:
        raise InputError(
            f"{path}: {error}; give the rate of the rows (evaluate --fps), or write the timecodes anew (seconds are "
            "read, too)"
        ) from None
    return _on_a_clock(Motion(motion, rate, ARKIT), frames, path, lines)


def write(conversation: Conversation, paths: Sequence[Path], update: Update) -> Sequence[str]:
    """Of the format ``arkit``: a table of each of the two whose motion is known."""
    for i, (person, path) in enumerate(zip(conversation, paths, strict=True)):
        if person.motion is not None:
            write_csv(person.motion, path)
        update((i + 1) / 2)
    return ()


def read_people(path: Path, _space: MotionSpace | None, fps: float | None) -> dict[str, Person]:
    """Of the format ``arkit``."""
    return {"": Person(read_csv(path, fps=fps))}


def _eyes(motion: Motion) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    eyes = motion["eyes"]
    return eyes[:, :3], eyes[:, 3:]


def _to_angles(rotvecs: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rotation vectors (T, 3) to yaw, pitch and roll (T, 3) with the app's signs."""
    y, x, z = Rotation.from_rotvec(np.asarray(rotvecs, np.float64)).as_euler("YXZ").reshape(-1, 3).T
    return np.stack([-y, x, -z], axis=1)


def _from_angles(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows of 61 values to `arkit` values."""
    result = np.zeros((len(values), ARKIT.dim), np.float32)
    result[:, ARKIT.indices("expression")] = values[:, :52]
    for i, joint in enumerate(("head", "leftEye", "rightEye")):
        yaw, pitch, roll = values[:, 52 + 3 * i : 55 + 3 * i].T
        rotation = Rotation.from_euler("YXZ", np.stack([-yaw, pitch, -roll], axis=1))
        result[:, ARKIT.indices([f"{joint}.{axis}" for axis in "xyz"])] = rotation.as_rotvec()
    return result


def _timecode(seconds: float) -> str:
    thousandths = round(seconds * timecodes.BASE * 1000)
    frames, part = divmod(thousandths, 1000)
    minutes, frame = divmod(frames, 60 * timecodes.BASE)
    second, frame = divmod(frame, timecodes.BASE)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}:{frame:02d}.{part:03d}"


def _columns(header: Sequence[str], path: Path, *, timed: bool) -> tuple[list[int | None], int | None]:
    """Where the 61 values are in a row, None for what may be missing, and where the timecode is.

    Names count by their letters and digits, whatever stands before all of them: ``blendShapes.JawOpen`` and
    ``face_jaw_open`` are both jawOpen, and ``eyeBlink_L`` is eyeBlinkLeft.
    """
    plain = ["".join(c for c in name.lower() if c.isalnum()) for name in header]
    known = {
        **{_short(name.lower()): name.lower() for name in SHAPE_NAMES},
        **{n.lower(): n.lower() for n in (*SHAPE_NAMES, *ANGLES)},
    }
    before = Counter(name.removesuffix(ending) for name in plain for ending in known if name.endswith(ending))
    prefix = max(
        before, key=lambda p: (sum(n.removeprefix(p) in known for n in plain if n.startswith(p)), -len(p)), default=""
    )
    found: dict[str, int] = {}
    for i, name in enumerate(plain):
        meant = known.get(name.removeprefix(prefix) if name.startswith(prefix) else name) or known.get(name)
        if meant is not None and found.setdefault(meant, i) != i:
            raise InputError(f"{path}: has two columns for {meant!r}, {header[found[meant]]!r} and {header[i]!r}")
    clock = next((plain.index(name) for name in _CLOCKS if name in plain), None)
    missing = [name for name in SHAPE_NAMES if name.lower() not in found and name.lower() not in _OPTIONAL]
    lacking = [*(["Timecode"] if timed and clock is None else []), *missing[:3]]
    if lacking:
        raise InputError(
            f"{path} is not a recording of Live Link Face: it has no column {', '.join(lacking)}; export all of "
            "ARKit's shapes, with a timecode for each row"
        )
    return [found.get(name.lower()) for name in (*SHAPE_NAMES, *ANGLES)], clock


def _short(name: str) -> str:
    for whole in ("left", "right"):
        if name.endswith(whole):
            return name.removesuffix(whole) + whole[0]
    return name


def _rows(
    table: Table, columns: Sequence[int | None], clock: int | None, path: Path
) -> tuple[NDArray[np.float64], list[tuple[float, ...] | None], list[int]]:
    """Values (N, 61), timecodes if they count and are there, and line numbers, of the rows that have values."""
    shapes = [column for column in columns if column is not None]
    values, lines = [], []
    codes: list[tuple[float, ...] | None] = []
    for line, cells in table.rows:
        if not any(cells[column].strip() for column in shapes if column < len(cells)):
            continue
        if clock is not None:
            text = cells[clock] if clock < len(cells) else ""
            code = timecodes.parse(text)
            if code is None and text.strip():
                raise InputError(f"{path}, line {line}, column 'Timecode': {text[:30]!r} is not hh:mm:ss:ff.fff")
            codes.append(code)
        row = np.array([0.0 if c is None else decimal(cells[c]) if c < len(cells) else np.nan for c in columns])
        if not (np.abs(row) < 1e6).all():
            at = int(np.argmin(np.abs(row) < 1e6))
            column = columns[at]
            text = cells[column].strip() if column is not None and column < len(cells) else ""
            raise InputError(
                f"{path}, line {line}, column {(*SHAPE_NAMES, *ANGLES)[at]!r}: {text[:30]!r} is not a plausible value "
                "for a face"
            )
        values.append(row)
        lines.append(line)
    return np.array(values).reshape(-1, len(columns)), codes, lines


def _checked(values: NDArray[np.float64], path: Path) -> NDArray[np.float64]:
    """Shapes from 0 to 1, of percent too; angles in radians."""
    if not len(values):
        return values
    strongest, widest = (np.median(np.abs(part).max(1)) for part in (values[:, :52], values[:, 52:]))
    if widest > np.pi:
        raise InputError(f"{path}: its angles are not radians, as they go to {widest:.0f}; divide degrees by 57.2958")
    return np.hstack([values[:, :52] / 100, values[:, 52:]]) if strongest > _PERCENT else values


def _on_a_clock(motion: Motion, frames: NDArray[np.intp], path: Path, lines: Sequence[int]) -> Motion:
    """The motion with what is missing between its rows filled."""
    count = int(frames[-1]) + 1
    if count == len(motion):
        return motion
    if count > _LONGEST * len(motion):
        at = int(np.argmax(np.diff(frames)))
        raise InputError(
            f"{path}: its {len(motion)} rows span {count / motion.fps:.0f} s of timecode; cut it after line {lines[at]}"
        )
    return at_frames(motion, np.interp(np.arange(count), frames, np.arange(len(motion))))

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
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.formats.person import Person
from visavis.motion.mapping import project_to_space
from visavis.motion.motion import Motion
from visavis.motion.resampling import at_frames, resample
from visavis.motion.rotations import compose
from visavis.motion.space import MotionSpace
from visavis.motion.spaces import ARKIT, ARKIT_SHAPES
from visavis.reporter import Update

TIMECODE_BASE = 60
ANGLES = tuple(f"{part}{angle}" for part in ("Head", "LeftEye", "RightEye") for angle in ("Yaw", "Pitch", "Roll"))
SHAPE_NAMES = tuple(name[0].upper() + name[1:] for name in ARKIT_SHAPES)
HEADER = ("Timecode", "BlendshapeCount", *SHAPE_NAMES, *ANGLES)

_OPTIONAL = {"tongueout", *(name.lower() for name in ANGLES)}  # absent before iOS 12, or with head rotation off
_TIMECODE = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2}):(\d{1,3})(?:\.(\d{1,9}))?")
_BASES = (60, 24, 25, 30, 48, 50, 100, 120, 240)
_SIZE_LIMIT = 2**30


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
    header, rows, lines = _read_table(path)
    columns = {name.strip().lower(): i for i, name in enumerate(header)}
    missing = [name for name in SHAPE_NAMES if name.lower() not in columns and name.lower() not in _OPTIONAL]
    if "timecode" not in columns or missing:
        lacking = missing[:3] if "timecode" in columns else ["Timecode"]
        raise InputError(f"{path} is not a recording of Live Link Face: it has no column {', '.join(lacking)}")
    wanted = (*SHAPE_NAMES, *ANGLES)
    kept = [i for i, row in enumerate(rows) if any(cell.strip() for cell in row[2:])]
    values = np.zeros((len(kept), len(wanted)))
    for j, name in enumerate(wanted):
        column = columns.get(name.lower())
        if column is not None:
            values[:, j] = [_number(rows[i], column, f"{path}, line {lines[i]}, column {name!r}") for i in kept]
    motion = _from_angles(values)
    if fps is not None:
        return Motion(motion, fps, ARKIT)
    times = [_parse_timecode(rows[i], columns["timecode"], f"{path}, line {lines[i]}") for i in kept]
    return _on_a_clock(motion, np.array(times, np.float64).reshape(-1, 2), path)


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
    thousandths = round(seconds * TIMECODE_BASE * 1000)
    frames, part = divmod(thousandths, 1000)
    minutes, frame = divmod(frames, 60 * TIMECODE_BASE)
    second, frame = divmod(frame, TIMECODE_BASE)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}:{frame:02d}.{part:03d}"


def _read_table(path: Path) -> tuple[list[str], list[list[str]], list[int]]:
    """Header, rows and their line numbers."""
    rows, lines = [], []
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise InputError(f"{path} is larger than {_SIZE_LIMIT >> 30} GiB; face recordings are smaller")
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            for row in reader:
                if any(cell.strip() for cell in row):
                    rows.append(row)
                    lines.append(reader.line_num)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not a CSV file: {str(error)[:100]}") from error
    return header, rows, lines


def _number(row: list[str], column: int, where: str) -> float:
    text = row[column].strip() if column < len(row) else ""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e6:
        raise InputError(f"{where}: {text[:30]!r} is not a plausible value for a face")
    return value


def _parse_timecode(row: list[str], column: int, where: str) -> tuple[int, float]:
    """Whole seconds, and frames with their fraction."""
    text = row[column].strip() if column < len(row) else ""
    found = _TIMECODE.fullmatch(text)
    if not found:
        raise InputError(f"{where}, column 'Timecode': {text[:30]!r} is not hh:mm:ss:ff.fff")
    hours, minutes, seconds, frames = (int(part) for part in found.groups()[:4])
    return (hours * 60 + minutes) * 60 + seconds, frames + float(f"0.{found[5] or 0}")


def _on_a_clock(values: NDArray[np.float32], timecodes: NDArray[np.float64], path: Path) -> Motion:
    """Rows with timecodes (N, 2) to motion at a steady rate."""
    if len(values) < 2:
        return Motion(values, TIMECODE_BASE, ARKIT)
    seconds = timecodes[:, 0] + 86_400 * np.cumsum(np.r_[0, np.diff(timecodes[:, 0]) < -43_200])
    # Frames per second of the timecode: that which makes the steps most even.
    bases = [base for base in _BASES if base > timecodes[:, 1].max()] or [1000]
    times = min((seconds + timecodes[:, 1] / base for base in bases), key=lambda t: round(np.diff(t).std(), 6))
    steps = np.diff(times)
    if (steps <= 0).any():
        at = int(np.argmax(steps <= 0))
        raise InputError(f"{path}: the timecode does not advance from row {at + 1} to row {at + 2}")
    # Sub-frames are rounded to thousandths, so a mean over the even steps tells the rate better than any one of them.
    usual = float(np.quantile(steps, 0.5, method="lower"))
    even = np.abs(steps - usual) < 0.25 * usual
    fps = float(np.round(1 / steps[even].mean(), 2))
    motion = Motion(values, fps, ARKIT)
    if even.all():
        return motion
    count = round((times[-1] - times[0]) * fps) + 1
    if count > 100 * len(values):
        raise InputError(f"{path}: its {len(values)} rows span {times[-1] - times[0]:.0f} s of timecode")
    return at_frames(motion, np.interp(np.arange(count) / fps, times - times[0], np.arange(len(values))))

"""LM_Listener (Ng et al. 2023): segments in which p1 speaks, with words, and p0 listens.

    <host>/segments_<split>.pth    a list of segments, each with
        fname, split_start_frame, split_end_frame     the video, and frames in it, 30 per second
        p0_exp (T, 50), p0_pose (T, 6)                EMOCA codes of the listener; pose is global rotation, jaw
        p1_exp, p1_pose                               those of the speaker
        during_words, before_words                    text and end (and mostly start) in seconds of the video

The files are pickles of tensors: they are opened with PyTorch's restricted loader, which runs nothing. There is no
sound. Shape and skin detail are not motion and left out.
"""

from __future__ import annotations

import math
import zipfile
from functools import partial
from itertools import count
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np

from visavis.conversation import Conversation, Participant, Utterance, Word
from visavis.corpora.reading import Recordings, need_folder, plain_id, provenance, speaks_all_along
from visavis.errors import InputError, about, plainly
from visavis.motion import EMOCA56, Motion
from visavis.pickles import ArrayUnpickler, resolved
from visavis.reading import LARGEST_ARRAYS, files_in, regular_file

LICENCE = "research only, as the authors state at https://github.com/sanjayss34/lm-listener; videos are not included"
FPS = 30.0
_FIELDS = ("fname", "split_start_frame", "p0_exp", "p0_pose", "p1_exp", "p1_pose", "during_words", "before_words")


def read(folder: Path) -> Recordings:
    """One conversation per segment: A speaks, B listens; the session is the video.

    Args:
        folder: That of one host (with the segments), or the one that holds the hosts'.

    Raises:
        InputError: There are no segments, a file holds something else, or a field is missing or mis-shaped.
    """
    need_folder(folder, "the hosts' folders (trevor/, ...), each with segments_train.pth and others")
    paths = sorted({*files_in(folder, "segments_*.pth"), *files_in(folder, "*/segments_*.pth")})
    if not paths:
        raise InputError(f"{folder}: contains no segments_train.pth in HOST/; unpack the data")
    found: Recordings = {}
    for path in paths:
        split = path.stem.removeprefix("segments_")
        for number, segment in enumerate(_load(path)):
            where = f"{path}, segment {number}"
            _check(segment, where)
            id = plain_id(f"{path.parent.name}-{split}-{segment['fname']}-{_frame(segment, where):07d}")
            id = next(i for n in count(1) if (i := id if n == 1 else f"{id}.{n}") not in found)
            found[id] = partial(_conversation, id, segment, path, number, split)
    return found


def _load(path: Path) -> list[dict[str, Any]]:
    import torch

    arrays: list[Any] = [
        (stands_for, f"{module}.{name}") for (module, name), stands_for in ArrayUnpickler.allowed.items()
    ]
    if (size := _size(path)) > LARGEST_ARRAYS:
        raise InputError(
            f"{path}: has {size / 2**30:,.1f} GiB, of which at most {LARGEST_ARRAYS / 2**30:,.1f} are read"
        )
    try:
        with torch.serialization.safe_globals(arrays):
            segments = resolved(torch.load(path, map_location="cpu", weights_only=True))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except UnpicklingError:
        raise InputError(
            f"{path}: contains objects other than tensors, numbers and text, which could run code; it is not loaded"
        ) from None
    except Exception as error:  # a damaged file fails in any way
        raise InputError(f"{path}: not a PyTorch file ({plainly(error)[:100]}); get an intact copy") from None
    if not isinstance(segments, list) or not all(isinstance(segment, dict) for segment in segments):
        raise InputError(f"{path}: contains {type(segments).__name__}; a list of segments is needed")
    return segments


def _size(path: Path) -> int:
    """Bytes that the file takes unpacked."""
    regular_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return path.stat().st_size  # PyTorch's older format


def _frame(segment: dict[str, Any], where: str) -> int:
    start = segment["split_start_frame"]
    try:
        frame = int(start)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        frame = -1
    if not 0 <= frame < 10**9:
        raise InputError(f"{where}: 'split_start_frame' is {str(start)[:40]!r}; a number of frames is needed")
    return frame


def _check(segment: dict[str, Any], where: str) -> None:
    for name in _FIELDS:
        if name not in segment:
            raise InputError(f"{where}: has no field {name!r}")
    frames = None
    for person in ("p0", "p1"):
        for name, columns in (("exp", 50), ("pose", 6)):
            shape = tuple(getattr(segment[f"{person}_{name}"], "shape", ()))
            frames = shape[0] if frames is None and shape else frames
            if shape != (frames, columns) or frames == 0:
                raise InputError(
                    f"{where}: '{person}_{name}' has shape {shape}; ({frames or 'frames'}, {columns}) is needed"
                )
    if (frames or 0) * 4 * 112 > LARGEST_ARRAYS:  # a tensor may repeat one number without holding it
        raise InputError(f"{where}: has {frames:,} frames, more than are read at once")


def _conversation(id: str, segment: dict[str, Any], path: Path, number: int, split: str) -> Conversation:
    where = f"{path}, segment {number}"
    duration = len(segment["p0_exp"]) / FPS
    first = _frame(segment, where)
    words = _words(segment["during_words"], first / FPS, duration, f"{where}: 'during_words'")
    before = _words(segment["before_words"], 0.0, math.inf, f"{where}: 'before_words'")
    speaker = Participant(
        "A",
        motion=_motion(segment, "p1", where),
        speaking=speaks_all_along(duration, yes=True),
        utterances=(Utterance(words[0].start, words[-1].end, words),) if words else (),
    )
    listener = Participant("B", motion=_motion(segment, "p0", where), speaking=speaks_all_along(duration, yes=False))
    return Conversation(
        id=id,
        participants=(speaker, listener),
        duration=duration,
        provenance=provenance(
            "lm-listener", LICENCE, session=str(segment["fname"]), split=split, host=path.parent.name,
            first_frame=first, words_before=" ".join(word.text for word in before),
        ),
    )  # fmt: skip


def _motion(segment: dict[str, Any], person: str, where: str) -> Motion:
    try:
        given = [np.asarray(segment[f"{person}_{name}"]) for name in ("exp", "pose")]
        with np.errstate(invalid="ignore"):  # what is not finite is found when the motion is made
            codes = [values.astype(np.float64, casting="same_kind") for values in given]
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{where}: the codes of {person} are not plain numbers ({plainly(error)[:80]})") from None
    with about(f"{where}, {person}"):
        return Motion(np.concatenate(codes, 1), FPS, EMOCA56)


def _words(found: Any, offset: float, duration: float, where: str) -> tuple[Word, ...]:
    """Words on the segment's clock; what lies partly outside is cut, what lies outside is left out."""
    words = []
    for word in found if isinstance(found, list | tuple) else [found]:
        try:
            text, end = str(word["text"]).strip(), float(word["end"]) - offset
            begin = float(word.get("start", word["end"])) - offset
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, IndexError, RuntimeError):
            raise InputError(f"{where} contains {str(word)[:60]!r}; text and end are needed") from None
        begin, end = max(0.0, begin), min(end, duration)
        if text and begin <= end:
            words.append(Word(text, begin, end))
    return tuple(sorted(words, key=lambda word: word.start))

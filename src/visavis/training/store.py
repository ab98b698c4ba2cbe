"""A corpus as arrays, made once and shared by all training runs on it.

Motion lies in one folder and every draw of the sound in a folder of its own, all along the same time axis, so that
models which hear alike, or move alike, share what takes long to make. Folders are named by their content, appear in
one go, and are memory-mapped: a training step only copies slices.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.performing.performer import COLUMNS, SCALES
from visavis.conversation import Conversation, Participant
from visavis.conversation.observed import observed
from visavis.corpora.dubbing import DUBBING
from visavis.errors import InputError
from visavis.models import preprocessing
from visavis.models.cues import performed_of
from visavis.models.preprocessing import frame_count, seat_vector, speaking_of, to_seat_frame
from visavis.motion import ARKIT, ARKIT_BODY, Motion, MotionSpace, get_space
from visavis.motion.mapping import project_to_space
from visavis.motion.parts import part_of
from visavis.motion.smoothing import savitzky_golay
from visavis.motion.stats import STILL
from visavis.reading import read_json
from visavis.reporter import SILENT, Reporter
from visavis.training.corpora import Corpora
from visavis.training.needs import LARGEST, DataNeeds, Sound
from visavis.training.sound import join_sound, write_sound
from visavis.training.stored import INDEX, about, cached_dir

VERSION = 4
NO_MOTION = "the corpus contains no motion to train on; use a corpus with motion"
STANDS_STILL = "the corpus's motion never changes within any conversation; use a corpus with varying motion"


@dataclass(frozen=True)
class Entry:
    """One conversation in the store; pairs are of A and B.

    Attributes:
        id: Of the conversation.
        start: Its first row.
        frames: Its number of rows.
        seats: (2, 4) positions and yaws; zeros where they are not known, and in spaces that know no places.
        seated: Whose seat is known, or not needed.
        identity: Numbers that describe each person, of any count.
        observed: (D,) which columns were observed.
        moves: Whose motion is known.
        heard: Whether there is sound.
        apart: Whether both voices are known apart.
        roles: Whether it is known who speaks.
        dubbing: Whether only the speaker's lips may be learnt from it.
        sharpness: Of the faces that its motion was read off (see `visavis.perception.faces.quality`), the less sharp
            of the two; None where it was read off no picture.
        held_out: Whether it must not be trained on.
    """

    id: str
    start: int
    frames: int
    seats: list[list[float]]
    seated: list[bool]
    identity: list[list[float]]
    observed: list[bool]
    moves: list[bool]
    heard: bool
    apart: bool
    roles: bool
    dubbing: bool
    sharpness: float | None
    held_out: bool

    @property
    def rows(self) -> slice:
        """Where it lies."""
        return slice(self.start, self.start + self.frames)


@dataclass(frozen=True)
class Store:
    """Conversations along one time axis of N rows; on axes of length 2 stand A and B.

    Attributes:
        space: Motion space of D columns.
        fps: Frames per second.
        entries: Where each conversation lies that has anybody's motion.
        motion: float32 (N, 2, D), translation as offset from the seat in the torso's frame.
        valid: bool (N, 2), where motion means something.
        speaking: float16 (N, 2), zero where it is not known.
        audio: float16 (N, 2, F) for each draw of the sound: what is heard of each person; F is 0 without an encoder.
        performed: float16 (N, 2, C), curves of the plan that people follow, in units of their scales; C is 0 unless
            they are read.
        name: Of the corpora, for records.
        whole: The space that `space` is a part of; `space` itself where all groups were read.
    """

    space: MotionSpace
    fps: float
    entries: tuple[Entry, ...]
    motion: NDArray[np.float32]
    valid: NDArray[np.bool_]
    speaking: NDArray[np.float16]
    audio: tuple[NDArray[np.float16], ...]
    performed: NDArray[np.float16]
    name: str = ""
    whole: MotionSpace | None = None

    @property
    def audio_dim(self) -> int:
        """F."""
        return int(self.audio[0].shape[-1])

    @property
    def hours(self) -> float:
        """Of all entries."""
        return sum(entry.frames for entry in self.entries) / self.fps / 3600

    def part(self, *, held_out: bool) -> Store:
        """The conversations held out, or all others, over the same arrays."""
        return replace(self, entries=tuple(entry for entry in self.entries if entry.held_out == held_out))

    def motion_rows(self, most: int) -> NDArray[np.float32]:
        """Valid frames (M, D) of both people, `most` at most, evenly spread."""
        every = max(1, -(-sum(int(self.valid[entry.rows].sum()) for entry in self.entries) // most))
        people = [(entry, person) for entry in self.entries for person in range(2) if entry.moves[person]]
        parts = [self.motion[e.rows, p][self.valid[e.rows, p]][::every] for e, p in people]
        return np.concatenate([np.zeros((0, self.space.dim), np.float32), *parts])[:most]

    def audio_rows(self, most: int) -> NDArray[np.float32]:
        """Features (M, F) of what is heard, about `most` at most, evenly spread."""
        heard = [entry for entry in self.entries if entry.heard and self.audio_dim]
        every = max(1, 2 * len(self.audio) * sum(entry.frames for entry in heard) // most)
        parts = [audio[e.rows].reshape(-1, self.audio_dim)[::every] for e in heard for audio in self.audio]
        return np.concatenate([np.zeros((0, self.audio_dim), np.float32), *parts]).astype(np.float32)

    def facts(self) -> dict[str, Any]:
        """What a record of a training says of its data."""
        return {
            "corpus": self.name, "space": self.space.name, "fps": self.fps, "conversations": len(self.entries),
            "held_out": sum(entry.held_out for entry in self.entries), "hours": round(self.hours, 2),
        }  # fmt: skip


def open_store(corpora: Corpora, needs: DataNeeds, folder: Path, reporter: Reporter = SILENT) -> Store:
    """Makes the arrays under `folder`, or opens those made earlier from the same conversations in the same way.

    Args:
        corpora: The conversations.
        needs: What is read of them.
        folder: Parent of the arrays' folders.
        reporter: For notes and progress.

    Raises:
        InputError: There is no motion, nothing moves, motion is of several spaces or rates, or a conversation lacks
            what it must have; it is named.
    """
    with about(corpora.place):
        if not len(corpora):
            kept = f" ({corpora.tests} are held out for testing)" if corpora.tests else ""
            raise InputError(f"the corpus contains no conversations to train on{kept}; use a corpus with motion")
        whole, fps = _space_of(corpora, needs)
        space = whole.part(needs.groups) if needs.groups else whole
        keys = [VERSION, preprocessing.VERSION, fps, corpora.contents]
        motion = cached_dir(
            folder, ["motion", *keys, whole.as_plain(), space.names, needs.smooth],
            lambda working: _write(corpora, whole, space, fps, needs, working, reporter), reporter,
        )  # fmt: skip
        entries = tuple(Entry(**entry) for entry in read_json(motion / INDEX))
        _check(entries, needs)
        rows = entries[-1].start + entries[-1].frames
        sound = needs.sound
        if sound is None:
            audio: tuple[NDArray[np.float16], ...] = (np.zeros((rows, 2, 0), np.float16),)
        else:
            from visavis.features.audio import get_encoder

            shape = (rows, 2, 2 * get_encoder(sound.encoder).dim)
            draws = [_heard(folder, corpora, sound, variant, fps, reporter) for variant in range(sound.variants)]
            audio = tuple(_mapped(draw / "audio.bin", np.float16, shape) for draw in draws)
        performed: NDArray[np.float16] = np.zeros((rows, 2, 0), np.float16)
        if needs.plan:
            keys += [COLUMNS, SCALES.tolist()]
            planned = cached_dir(folder, ["plan", *keys], partial(_write_plans, corpora, fps, reporter), reporter)
            performed = _mapped(planned / "performed.bin", np.float16, (rows, 2, len(COLUMNS)))
    unmoved = sum(not any(entry.moves) for entry in entries)
    if unmoved:
        reporter.note(f"{unmoved} of {len(entries)} conversations have no motion and are skipped")
    return Store(
        space, fps, tuple(entry for entry in entries if any(entry.moves)),
        _mapped(motion / "motion.bin", np.float32, (rows, 2, space.dim)),
        _mapped(motion / "valid.bin", np.bool_, (rows, 2)), _mapped(motion / "speaking.bin", np.float16, (rows, 2)),
        audio, performed, corpora.name, whole,
    )  # fmt: skip


def _heard(folder: Path, corpora: Corpora, sound: Sound, variant: int, fps: float, reporter: Reporter) -> Path:
    """The folder of one draw of the sound; of several corpora each is heard once, whatever it is trained on with."""
    keys = [VERSION, preprocessing.VERSION, fps, corpora.contents]
    parts = corpora.parts()
    if len(parts) == 1:
        write = partial(write_sound, corpora, sound, variant, fps, reporter)
    else:
        write = partial(
            join_sound, [_heard(folder, part, sound, variant, fps, reporter) for part in parts if len(part)]
        )
    return cached_dir(
        folder, ["sound", *keys, sound.encoder, sound.separate, sound.degraded, variant], write, reporter
    )  # fmt: skip


def _write_plans(corpora: Corpora, fps: float, reporter: Reporter, folder: Path) -> None:
    with (folder / "performed.bin").open("wb") as file, reporter.progress("plans") as update:
        for number, conversation in enumerate(corpora, 1):
            curves = performed_of(conversation, fps, frame_count(conversation, fps))
            np.ascontiguousarray(curves.swapaxes(0, 1), np.float16).tofile(file)
            update(number / len(corpora))
    (folder / INDEX).write_text(json.dumps({"conversations": len(corpora)}), "utf-8")


def _mapped(path: Path, kind: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    return np.memmap(path, kind, "r", shape=shape)


def _space_of(corpora: Corpora, needs: DataNeeds) -> tuple[MotionSpace, float]:
    """Those asked for; otherwise those of the first motion there is."""
    for conversation in corpora:
        for person in conversation.participants:
            if person.motion is not None:
                space = person.motion.space
                if needs.space is not None and needs.space != space.name:
                    space = get_space(needs.space)
                return space, person.motion.fps if needs.fps is None else needs.fps
    raise InputError(NO_MOTION)


def _write(
    corpora: Corpora, whole: MotionSpace, space: MotionSpace, fps: float, needs: DataNeeds, folder: Path,
    reporter: Reporter,
) -> None:  # fmt: skip
    entries: list[Entry] = []
    start, varies = 0, False
    files = {name: (folder / f"{name}.bin").open("wb") for name in ("motion", "valid", "speaking")}
    try:
        with reporter.progress("motion") as update:
            for number, (conversation, kept) in enumerate(zip(corpora, corpora.held_out, strict=True), 1):
                entry = _describe(conversation, space, fps, start, kept)
                arrays = _arrays(conversation, entry, whole, space, fps, needs)
                for name, array in arrays.items():
                    np.ascontiguousarray(array).tofile(files[name])
                varies = varies or any(_varies(arrays["motion"][arrays["valid"][:, p], p]) for p in range(2))
                entries.append(entry)
                start += entry.frames
                update(number / len(corpora))
    finally:
        for file in files.values():
            file.close()
    if not any(any(entry.moves) for entry in entries):
        raise InputError(NO_MOTION)
    if not varies:
        raise InputError(STANDS_STILL)
    (folder / INDEX).write_text(json.dumps([asdict(entry) for entry in entries]), "utf-8")


def _describe(conversation: Conversation, space: MotionSpace, fps: float, start: int, held_out: bool) -> Entry:
    people = conversation.participants
    voices = [person.audio is not None for person in people]
    seats = [_seat(person, "AB"[i], conversation.id, space) for i, person in enumerate(people)]
    return Entry(
        id=conversation.id,
        start=start,
        frames=frame_count(conversation, fps),
        seats=[[0.0] * 4 if seat is None else seat for seat in seats],
        seated=[seat is not None for seat in seats],
        identity=[_identity(person, "AB"[i], conversation.id) for i, person in enumerate(people)],
        observed=_observed(conversation, space),
        moves=[person.motion is not None and len(person.motion) > 0 for person in people],
        heard=conversation.mixed is not None or any(voices),
        apart=all(voices),
        roles=all(person.speaking is not None for person in people),
        dubbing=conversation.provenance.get("source") == DUBBING,
        sharpness=_sharpness(conversation),
        held_out=held_out,
    )


def _seat(person: Participant, letter: str, id: str, space: MotionSpace) -> list[float] | None:
    if not space.has("translation"):
        return [0.0] * 4
    try:
        seat: list[float] = seat_vector(person, letter, id).tolist()
    except InputError:
        return None
    return seat


def _identity(person: Participant, letter: str, id: str) -> list[float]:
    try:
        numbers = np.asarray(person.appearance.get("identity", ()), np.float64).ravel()
    except (TypeError, ValueError):
        numbers = np.full(1, np.nan)
    if not (np.abs(numbers) <= LARGEST).all():
        raise InputError(
            f"conversation {id!r}, participant {letter}: appearance 'identity' is no list of finite numbers; correct it"
        )
    known: list[float] = numbers.tolist()
    return known


def _sharpness(conversation: Conversation) -> float | None:
    tracks = [person.tracks["face"] for person in conversation.participants if "face" in person.tracks]
    seen = [track["sharpness"][track.valid] for track in tracks if "sharpness" in track.columns and track.valid.any()]
    return min((float(np.median(values)) for values in seen), default=None)


def _observed(conversation: Conversation, space: MotionSpace) -> list[bool]:
    """Which columns count: those that the conversation's provenance names, all where it names none."""
    names = conversation.provenance.get("observed_columns")
    if names is None:
        return [True] * space.dim
    if not isinstance(names, list | tuple) or not set(names) & set(space.names):
        raise InputError(
            f"conversation {conversation.id!r}: its observed_columns list no column of space {space.name!r}; correct "
            "them, or leave them out if all were observed"
        )
    return [name in names for name in space.names]


def _arrays(
    conversation: Conversation, entry: Entry, whole: MotionSpace, space: MotionSpace, fps: float, needs: DataNeeds
) -> dict[str, NDArray[Any]]:
    motion = np.zeros((entry.frames, 2, space.dim), np.float32)
    valid = np.zeros((entry.frames, 2), bool)
    for i, person in enumerate(conversation.participants):
        if not entry.moves[i] or person.motion is None:
            continue
        where = f"conversation {conversation.id!r}, participant {'AB'[i]}"
        _need_usual(person.motion, where)
        known = part_of(_fitting(person.motion, whole, fps, needs, where), space)
        values = (savitzky_golay(known, needs.smooth) if needs.smooth else known).values[: entry.frames]
        motion[: len(values), i] = to_seat_frame(values, np.array(entry.seats[i], np.float32), space)
        valid[: len(values), i] = observed(person)[: len(values)]
    speaking = np.zeros((entry.frames, 2), np.float16)
    if entry.roles:
        speaking = np.nan_to_num(speaking_of(conversation, fps, entry.frames)).T.astype(np.float16)
    return {"motion": motion, "valid": valid, "speaking": speaking}


def _need_usual(motion: Motion, where: str) -> None:
    """Refuses numbers that no person's motion has, in whatever unit; `Motion` itself refuses those that are none."""
    wild = np.abs(motion.values) > LARGEST
    if wild.any():
        frame, column = np.argwhere(wild)[0]
        raise InputError(
            f"{where}: motion is {motion.values[frame, column]:.3g} at frame {frame}, column "
            f"{motion.space.names[column]!r}; interpolate there, or cut it out"
        )


def _fitting(motion: Motion, space: MotionSpace, fps: float, needs: DataNeeds, where: str) -> Motion:
    """The motion in the store's space."""
    motion = project_to_space(motion, space)
    if motion.space.columns != space.columns:
        both = {motion.space.columns, space.columns} == {ARKIT.columns, ARKIT_BODY.columns}
        advice = (
            "--set data.space=arkit reads both" if both
            else f"--set data.space={motion.space.name}" if needs.space is not None
            else "train on conversations in a single space"
        )  # fmt: skip
        raise InputError(f"{where}: motion is in space {motion.space.name!r}, not in {space.name!r}; {advice}")
    if motion.fps != fps:
        advice = f"--set data.fps={motion.fps:g}" if needs.fps is not None else "resample it first"
        raise InputError(f"{where}: motion is at {motion.fps:g} frames/s, not at {fps:g}; {advice}")
    return motion


def _varies(values: NDArray[np.floating]) -> bool:
    """Whether any column of (T, D) changes over time."""
    return len(values) > 1 and bool((values.std(0) >= STILL).any())


def _check(entries: tuple[Entry, ...], needs: DataNeeds) -> None:
    """Raises `InputError` where a conversation lacks what it must have."""
    lacking: dict[str, tuple[Callable[[Entry], bool], str]] = {
        "sound": (lambda entry: not entry.heard, "has no audio, which this model is trained on"),
        "speaking": (lambda entry: not entry.roles, "has no voice activity for both people; extract it first"),
        "seats": (lambda entry: not all(entry.seated), "has no seats for both people; set a layout"),
    }
    for entry in entries:
        for name in sorted(needs.must):
            if any(entry.moves) and lacking[name][0](entry):
                raise InputError(f"conversation {entry.id!r} {lacking[name][1]}")

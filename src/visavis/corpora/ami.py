"""AMI meetings of four as conversations of one person with the rest: words, laughter, head, gaze and posture.

    words.parquet     meeting, person, start, end, kind (word, punctuation, vocalsound), text
    head.parquet      meeting, person, start, end, type (concord_signal, emphasis_signal, ..., off_camera)
    gaze.parquet      meeting, person, start, end, target_kind (person, place, unspecified), target
    posture.parquet   meeting, person, start, end, type (sit, take_notes, move, ..., off_camera)

People's annotations of the AMI corpus (Carletta 2007, "Unleashing the killer corpus"), as tables; times in seconds.
A conversation ``MEETING-P`` has person P as A and the other three as B: to P it is all the same which of them speaks.
B's words and laughs are everybody's; B's head signals and looks are those of whoever of the three spoke last, whom P
would look at. Head signals become events by form: ``nod`` (concord, emphasis, turn), ``shake`` (discord) and ``tilt``
(deixis; and as turn those communicative movements whose form the annotators left open). ``gaze_target`` is 1 where
P looks at whoever spoke last, or while P speaks at anybody; between two people looked at it is 0 for a frame. What is
annotated when is in the events ``head_seen`` and ``posture_seen``, and in the track's validity: time off camera is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from visavis.conversation import Conversation, Interval, Participant, Track, Utterance, Word
from visavis.conversation.pauses import between_pauses
from visavis.corpora.reading import Recordings, need_file, need_folder, plain_id, provenance
from visavis.errors import InputError
from visavis.parquet import open_parquet, read_parquet

LICENCE = "CC BY 4.0 (AMI corpus, AMI Consortium)"
FPS = 25.0
HEAD = {
    "concord_signal": ("nod", "concord"), "emphasis_signal": ("nod", "emphasis"), "turn_signal": ("nod", "turn"),
    "discord_signal": ("shake", "discord"), "negative_signal": ("shake", "discord"),
    "deixis_signal": ("tilt", "deixis"), "other_comm_head": ("tilt", "turn"),
}  # fmt: skip
"""Which event each type of head signal becomes."""
UNSEEN = "off_camera"
PAUSE = 0.5
"""Seconds of silence that end an utterance."""

Rows = dict[str, NDArray[Any]]
_COLUMNS = {
    "words": ("kind", "text"), "head": ("type",), "gaze": ("target_kind", "target"), "posture": ("type",),
}  # fmt: skip


def read(folder: Path) -> Recordings:
    """Everybody whose head, gaze or posture is annotated, by meeting; provenance names the meeting.

    Raises:
        InputError: A file or column is missing, or has no times.
    """
    need_folder(folder, "words.parquet, head.parquet, gaze.parquet and posture.parquet")
    tables = {name: rows_by_meeting(folder / f"{name}.parquet", extra) for name, extra in _COLUMNS.items()}
    found: Recordings = {}
    for meeting in sorted(tables["words"]):
        here = {name: by_meeting.get(meeting, {}) for name, by_meeting in tables.items()}
        for person in sorted(set().union(*(here[name] for name in ("head", "gaze", "posture")))):
            found[plain_id(f"{meeting}-{person}")] = partial(_one_and_the_rest, meeting, person, here)
    return found


def _one_and_the_rest(meeting: str, person: str, here: dict[str, dict[str, Rows]]) -> Conversation:
    others = sorted({*here["words"], *here["head"], *here["gaze"]} - {person})
    ends = [rows["end"].max() for by_person in here.values() for rows in by_person.values() if len(rows["end"])]
    duration = float(max(ends, default=0.0))
    frames = round(duration * FPS)
    words = {who: words_of(here["words"].get(who)) for who in (person, *others)}
    latest = _latest([words[who] for who in others], frames)
    a = Participant(
        person,
        utterances=_utterances(words[person]),
        events={
            "heard_laugh": laughs_of(here["words"].get(person)),
            **_signals(here["head"].get(person)),
            "head_seen": _seen(here["head"].get(person)),
            "posture": _postures(here["posture"].get(person)),
            "posture_seen": _seen(here["posture"].get(person)),
        },
        tracks=_gaze(here["gaze"].get(person), others, latest, words[person], frames),
    )
    signals = [_signals(here["head"].get(who)) for who in others]
    b = Participant(
        "others",
        utterances=tuple(sorted((u for who in others for u in _utterances(words[who])), key=lambda u: u.start)),
        events={
            "heard_laugh": _ordered(laugh for who in others for laugh in laughs_of(here["words"].get(who))),
            **{kind: _of_latest([s.get(kind, ()) for s in signals], latest) for kind in ("nod", "shake", "tilt")},
        },
        tracks=_looks_at(person, [here["gaze"].get(who) for who in others], latest),
    )
    about = provenance("ami", LICENCE, session=meeting, person=person, others=others)
    return Conversation(plain_id(f"{meeting}-{person}"), (a, b), duration, provenance=about)


def words_of(rows: Rows | None) -> list[Word]:
    """Words with the punctuation after them."""
    words: list[Word] = []
    if rows is not None:
        for kind, text, start, end in zip(*(rows[n].tolist() for n in ("kind", "text", "start", "end")), strict=True):
            if kind == "word":
                words.append(Word(text, start, end))
            elif kind == "punctuation" and words:
                words[-1] = Word(words[-1].text + text, words[-1].start, words[-1].end)
    return words


def _utterances(words: list[Word]) -> tuple[Utterance, ...]:
    return tuple(Utterance(g[0].start, max(w.end for w in g), tuple(g)) for g in between_pauses(words, PAUSE))


def laughs_of(rows: Rows | None) -> tuple[Interval, ...]:
    """Laughter that stands in the table of words."""
    if rows is None:
        return ()
    hits = np.flatnonzero((rows["kind"] == "vocalsound") & (rows["text"] == "laugh"))
    return tuple(Interval("laugh", float(rows["start"][i]), float(rows["end"][i])) for i in hits)


def _signals(rows: Rows | None) -> dict[str, tuple[Interval, ...]]:
    found: dict[str, list[Interval]] = {"nod": [], "shake": [], "tilt": []}
    if rows is not None:
        for kind, start, end in zip(*(rows[name].tolist() for name in ("type", "start", "end")), strict=True):
            if kind in HEAD:
                name, label = HEAD[kind]
                found[name].append(Interval(label, start, end))
    return {name: tuple(intervals) for name, intervals in found.items()}


def _seen(rows: Rows | None) -> tuple[Interval, ...]:
    """When a person is on camera and annotated; neighbouring stretches are one."""
    spans: list[list[float]] = []
    if rows is not None:
        for kind, start, end in zip(*(rows[name].tolist() for name in ("type", "start", "end")), strict=True):
            if kind == UNSEEN:
                continue
            if spans and start - spans[-1][1] < 1e-3:
                spans[-1][1] = max(end, spans[-1][1])
            else:
                spans.append([start, end])
    return tuple(Interval("seen", start, end) for start, end in spans)


def _postures(rows: Rows | None) -> tuple[Interval, ...]:
    if rows is None:
        return ()
    named = zip(*(rows[name].tolist() for name in ("type", "start", "end")), strict=True)
    return tuple(Interval(kind, start, end) for kind, start, end in named if kind != UNSEEN)


def _latest(words: list[list[Word]], frames: int) -> NDArray[np.int_]:
    """Which of some people spoke last, or speaks, at each frame (T,); -1 before anybody has."""
    latest = np.full(frames, -1)
    for start, who in sorted((word.start, i) for i, spoken in enumerate(words) for word in spoken):
        latest[round(start * FPS) :] = who
    return latest


def _of_latest(each: list[Iterable[Interval]], latest: NDArray[np.int_]) -> tuple[Interval, ...]:
    """Of everybody's intervals those that begin while the person is the one who spoke last."""
    frames = len(latest)
    return _ordered(
        interval
        for i, intervals in enumerate(each)
        for interval in intervals
        if frames and latest[min(frames - 1, int(interval.start * FPS))] == i
    )


def _ordered(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    return tuple(sorted(intervals, key=lambda interval: interval.start))


def _gaze(
    rows: Rows | None, others: list[str], latest: NDArray[np.int_], own: list[Word], frames: int
) -> dict[str, Track]:
    """Whether a person looks at whoever spoke last, or while speaking at anybody."""
    if rows is None:
        return {}
    target = _targets(rows, others, frames)
    speaks = np.zeros(frames, bool)
    for word in own:
        speaks[round(word.start * FPS) : round(word.end * FPS)] = True
    looks = (target >= 0) & ((target == latest) | speaks)
    # Somebody else is looked at: that look has ended, and another begins.
    changes = np.r_[False, (target[1:] != target[:-1]) & looks[1:] & looks[:-1]]
    return {"gaze_target": Track((looks & ~changes).astype(np.float32)[:, None], FPS, ("code",), target >= -1)}


def _looks_at(person: str, each: list[Rows | None], latest: NDArray[np.int_]) -> dict[str, Track]:
    """Whether whoever of the others spoke last looks at `person`."""
    frames = len(latest)
    codes = [np.full(frames, -2) if rows is None else _targets(rows, [person], frames) for rows in each]
    if all(rows is None for rows in each):
        return {}
    chosen = np.where(latest < 0, -2, np.stack(codes)[np.maximum(latest, 0), np.arange(frames)])
    return {"gaze_target": Track((chosen == 0).astype(np.float32)[:, None], FPS, ("code",), chosen >= -1)}


def _targets(rows: Rows, people: list[str], frames: int) -> NDArray[np.int_]:
    """Index of the person looked at (T,); -1 is elsewhere, -2 not annotated."""
    codes = np.full(frames, -2)
    names = ("target_kind", "target", "start", "end")
    for kind, target, start, end in zip(*(rows[name].tolist() for name in names), strict=True):
        at = people.index(target) if kind == "person" and target in people else -1
        codes[round(start * FPS) : round(end * FPS)] = -2 if kind == "unspecified" else at
    return codes


def rows_by_meeting(path: Path, extra: tuple[str, ...]) -> dict[str, dict[str, Rows]]:
    """The rows of a table by meeting and person, in order of start; ends before starts are put there."""
    names = ["meeting", "person", "start", "end", *extra]
    file = open_parquet(need_file(path, "pass the folder of the AMI tables"))
    schema = file.schema_arrow
    for name in names:
        if schema.names.count(name) != 1:
            raise InputError(f"{path}: has no column {name!r}, or two; it has {', '.join(schema.names[:99])}")
        kind = schema.field(name).type
        if not (_is_number if name in ("start", "end") else _is_text)(kind):
            raise InputError(f"{path}: column {name!r} cannot have type {kind}")
    table = read_parquet(file, path, names)
    texts = {name: _texts(table[name]) for name in names if name not in ("start", "end")}
    places = {name: _place_in_order(texts[name]) for name in ("meeting", "person")}
    rows: Rows = {
        name: texts[name].to_numpy(zero_copy_only=False) if name in texts else table[name].to_numpy().astype(float)
        for name in names
    }
    # A few words lack a time or end before they begin, as published.
    kept = np.flatnonzero(np.isfinite(rows["start"]) & (rows["start"] >= 0))
    rows["end"] = np.fmax(rows["start"], rows["end"])
    if len(kept) and not rows["end"][kept].max() < 1e6:
        raise InputError(f"{path}: a row ends at {rows['end'][kept].max():g} s; seconds are needed")
    order = kept[np.lexsort((rows["start"][kept], places["person"][kept], places["meeting"][kept]))]
    rows = {name: column[order] for name, column in rows.items()}
    found: dict[str, dict[str, Rows]] = {}
    changed = np.any([np.diff(place[order]) != 0 for place in places.values()], axis=0)
    edges = np.unique([0, *(np.flatnonzero(changed) + 1), len(order)])
    for start, end in pairwise(edges.tolist()):
        part = {name: column[start:end] for name, column in rows.items()}
        found.setdefault(part["meeting"][0], {})[part["person"][0]] = part
    return found


def _texts(column: pa.ChunkedArray) -> pa.Array:
    """A column of texts; what is missing is the empty text."""
    whole = column.combine_chunks()
    plain = whole.dictionary_decode() if pa.types.is_dictionary(whole.type) else whole
    return plain.cast(pa.large_string()).fill_null("")


def _place_in_order(texts: pa.Array) -> NDArray[np.int_]:
    """Where each text stands among all that occur, in alphabetical order (N,)."""
    encoded = texts.dictionary_encode()
    each = np.array(encoded.dictionary.to_pylist(), object)
    places: NDArray[np.int_] = np.argsort(np.argsort(each))[encoded.indices.to_numpy(zero_copy_only=False)]
    return places


def _is_text(kind: pa.DataType) -> bool:
    text = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(text) or pa.types.is_large_string(text))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))

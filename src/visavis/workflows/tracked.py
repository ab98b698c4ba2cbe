"""People as tracked in their recordings, in the seats of a layout: what is visible is kept, the rest is generated."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from visavis.behavior.plan import TRACK
from visavis.behavior.seen import as_seen
from visavis.conversation import Conversation, Participant, Track
from visavis.errors import InputError
from visavis.models.preprocessing import seat_vector, to_seat_frame, to_world_frame
from visavis.motion import ARKIT, ARKIT_BODY, Motion
from visavis.motion.mapping import can_become, on_body, to_space
from visavis.motion.resampling import resample
from visavis.motion.runs import runs
from visavis.perception.protocol import add_notes, get_extractor

if TYPE_CHECKING:
    from visavis.media.frames import Video

_LONG_ENOUGH, _AWAY = 2.0, 1.0
"""Seconds: a face has to be seen for so long for its motion to be kept, and may be out of sight so long meanwhile."""
_PASSING = 0.4
"""Seconds in which tracked motion passes into generated motion."""
_TRACK = "face"


def open_videos(inputs: Sequence[Path], begins: Sequence[float] = (0.0, 0.0)) -> dict[int, Video]:
    """The moving pictures of those recordings that have any, by their number, beginning at those seconds."""
    from visavis.media.frames import open_video

    found = {}
    for i, (path, begin) in enumerate(zip(inputs, begins, strict=False)):
        with suppress(InputError):  # sound alone; what is wrong with a file is said when its sound is read
            video = open_video(path)
            found[i] = video.slice(-begin, video.duration) if begin else video
    return found


def track_faces(conversation: Conversation, shown: dict[int, Video], people: int) -> Conversation:
    """Adds the motion of whoever is seen, and to whoever is but a still picture the track that says so.

    Where both people are in one picture everybody is given the own voice, too. Where a picture cannot be used, a note
    says why.

    Args:
        conversation: The recordings' sound, with who speaks when.
        shown: From `open_videos`.
        people: In each picture: 2, or 1 where A and B have one each.
    """
    found = list(conversation.participants)
    notes: list[str] = []
    for i, video in shown.items():
        notes += video.notes
        try:
            seen = get_extractor("faces")(conversation.with_video(video)).participants
        except InputError as error:
            notes.append(f"{video.path.name}: the video track is not used: {error}")
            continue
        chosen = seen if people == 2 else (max(seen, key=lambda person: _kept(person).sum()),)
        if not any(_kept(person).any() or _still(person) for person in chosen):
            notes.append(f"{video.path.name}: no face is visible for long; motion is generated from the audio alone")
        for to, person in enumerate(chosen, i):
            if _kept(person).any():
                found[to] = replace(found[to], motion=person.motion, seat=person.seat, tracks=person.tracks)
            elif _still(person):
                found[to] = replace(found[to], tracks={**found[to].tracks, _TRACK: person.tracks[_TRACK]})
    tracked = add_notes(conversation.with_participants(found[0], found[1]), notes)
    if people == 2 and any(person.motion is not None for person in tracked):
        return get_extractor("active-speaker")(tracked)
    return tracked


def merge_tracked(seen: Conversation, moved: Conversation) -> Conversation:
    """Generated motion, and where people were seen theirs, moved into the seats they have now.

    Args:
        seen: With the motion that was tracked and the seats that it was tracked in.
        moved: With seats, and generated motion of both.
    """
    people, letters = [], ""
    for letter, person, new in zip("AB", seen, moved, strict=True):
        motion = _merged(person, new, letter, moved.id)
        if motion is None:
            people.append(replace(new, tracks={name: t for name, t in new.tracks.items() if name != _TRACK}))
            continue
        if TRACK in new.tracks:  # what was planned is not what the video shows
            partner = moved.participants["BA".index(letter)].seat
            new = replace(new, events=as_seen(new, motion, partner)) if partner is not None else new
        people.append(replace(new, motion=motion, tracks=person.tracks))
        letters += letter
    notes = _told(seen, letters)
    merged = moved.with_participants(people[0], people[1])
    if letters:
        merged = replace(merged, provenance={**merged.provenance, "tracked": letters})
    return add_notes(merged, notes)


def _merged(person: Participant, new: Participant, letter: str, id: str) -> Motion | None:
    """Tracked motion where it is kept and generated motion elsewhere; None where all of it is generated.

    Between spaces that cannot become each other no motion passes: there, only whoever is seen throughout is kept.
    """
    kept = _kept(person)
    if person.motion is None or person.seat is None or new.seat is None or new.motion is None or not kept.any():
        return None
    motion = resample(person.motion, new.motion.fps, len(new.motion))
    there, here = (seat_vector(p, letter, id) for p in (person, new))
    values = to_world_frame(to_seat_frame(motion.values, there, motion.space), here, motion.space)
    motion = replace(motion, values=values)
    if motion.space.columns == ARKIT.columns and new.motion.space.columns == ARKIT_BODY.columns:
        motion = on_body(motion, new.motion)  # of the body nothing was seen
    if kept.all():
        return motion
    if not can_become(motion.space, new.motion.space):
        return None
    motion = to_space(motion, new.motion.space)
    width = max(1, round(_PASSING * motion.fps))
    share = Track(kept.astype(np.float32), person.motion.fps).at(motion.fps, len(motion)).values
    share = uniform_filter1d(share, width, axis=0, mode="nearest")
    return replace(motion, values=new.motion.values + share * (motion.values - new.motion.values))


def _kept(person: Participant) -> NDArray[np.bool_]:
    """Frames (T,) of the person's tracked motion that are kept; with short times out of sight between and around."""
    face = person.tracks.get(_TRACK)
    if person.motion is None or face is None:
        return np.zeros(1, bool)
    kept = np.zeros(len(face), bool)
    for start, stop in runs(face.valid, bridge=_AWAY * face.fps):
        kept[start:stop] = stop - start >= min(_LONG_ENOUGH * face.fps, len(face))
    return kept | (kept.any() and (~kept).sum() < _AWAY * face.fps)


def _still(person: Participant) -> bool:
    """Whether a still picture of the face was seen."""
    face = person.tracks.get(_TRACK)
    return face is not None and "still" in face.columns and bool(face["still"].any())


def _told(seen: Conversation, letters: str) -> list[str]:
    """What the user should know: who follows the video, and who does not though a face is in it."""
    whole = [letter for letter, person in zip("AB", seen, strict=True) if letter in letters and _kept(person).all()]
    notes = [f"{' and '.join(whole)} {'follow' if len(whole) > 1 else 'follows'} the video"] if whole else []
    for letter, person in zip("AB", seen, strict=True):
        picture = "a still picture" if _still(person) else "out of sight"
        if letter in letters and letter not in whole:
            kept, face = _kept(person), person.tracks[_TRACK]
            notes.append(
                f"{letter} follows the video for {kept.sum() / face.fps:.1f} s of {face.duration:.1f} s; for the rest "
                f"the face is {picture} and {letter} is moved from the sound"
            )
        elif letter not in letters and _still(person):
            notes.append(f"{letter}'s face is a still picture in the video; {letter} is moved from the sound")
    return notes

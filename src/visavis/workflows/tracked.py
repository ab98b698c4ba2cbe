"""People as tracked in their recordings, in the seats of a layout: what is visible is kept, the rest is generated."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.models.preprocessing import seat_vector, to_seat_frame, to_world_frame
from visavis.motion.resampling import resample
from visavis.perception.protocol import add_notes, get_extractor

if TYPE_CHECKING:
    from visavis.media.frames import Video

SEEN = 0.5
"""Share of the frames in which a face has to be seen for its motion to be kept."""
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
    """Adds the motion of whoever is shown for most of the time.

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
            seen = get_extractor("faces")(conversation.with_video(video))
        except InputError as error:
            notes.append(f"{video.path.name}: the video track is not used: {error}")
            continue
        if not any(_is_seen(person) for person in seen.participants[:people]):
            notes.append(f"{video.path.name}: no face is visible for long; motion is generated from the audio alone")
        for j, person in enumerate(seen.participants[:people]):
            if _is_seen(person):
                to = i + j
                found[to] = replace(found[to], motion=person.motion, seat=person.seat, tracks=person.tracks)
    tracked = add_notes(conversation.with_participants(found[0], found[1]), notes)
    if people == 2 and any(person.motion is not None for person in tracked):
        return get_extractor("active-speaker")(tracked)
    return tracked


def merge_tracked(seen: Conversation, moved: Conversation) -> Conversation:
    """Generated motion, but for those who were seen: theirs, moved into the seats they have now.

    Args:
        seen: With the motion that was tracked and the seats that it was tracked in.
        moved: With seats, and generated motion of both.
    """
    people, letters = [], ""
    for letter, person, new in zip("AB", seen, moved, strict=True):
        if person.motion is None or person.seat is None or new.seat is None or new.motion is None:
            people.append(new)
            continue
        motion = resample(person.motion, new.motion.fps, len(new.motion))
        there, here = (seat_vector(p, letter, moved.id) for p in (person, new))
        values = to_world_frame(to_seat_frame(motion.values, there, motion.space), here, motion.space)
        people.append(replace(new, motion=replace(motion, values=values), tracks=person.tracks))
        letters += letter
    if not letters:
        return moved
    moved = moved.with_participants(people[0], people[1])
    note = f"{' and '.join(letters)} {'follow' if len(letters) > 1 else 'follows'} the video"
    return add_notes(replace(moved, provenance={**moved.provenance, "tracked": letters}), [note])


def _is_seen(person: Participant) -> bool:
    track = person.tracks.get(_TRACK)
    return person.motion is not None and track is not None and float(track.valid.mean()) >= SEEN

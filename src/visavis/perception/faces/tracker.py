"""Faces of a video into motion of two people."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from visavis.conversation import Conversation, Track
from visavis.errors import InputError
from visavis.perception.faces.following import FaceFollower
from visavis.perception.faces.motion import FPS, to_motion, to_track
from visavis.perception.faces.people import two_people
from visavis.perception.faces.placing import place
from visavis.perception.protocol import add_notes


@dataclass(frozen=True)
class FaceTracker:
    """Fills both people's `motion` (space ``arkit``, 25 fps), `seat` and the track ``face`` from the video.

    Everybody's face is followed through each shot, faces become people by how they look, and the two who are seen most
    become A, on the left where both are first seen, and B. Who else is seen, who is not, and damaged packets are said
    in ``provenance["notes"]``. How cameras become one room is explained in `visavis.perception.faces.placing`.

    Still pictures of faces, such as covers, photos in place of a camera, and calls that froze, are not motion: there
    the face counts as not seen, and whoever is never seen otherwise has no motion and no seat. See
    `visavis.perception.faces.stillness`.

    The track ``face`` has ``x0, y0, x1, y1`` (the face's box in pixels of the video), ``size`` (pixels between the
    eyes), ``sharpness`` and ``visible`` (see `visavis.perception.faces.quality`), and ``still``, 1 where it was a still
    picture; its mask says where the living face was seen.

    Memory does not grow with the video, but for about a kilobyte per face and frame.

    Attributes:
        field_of_view: Of the camera's longer side in degrees, which no file tells; it decides how far away people are.
        longest: Pictures are made no larger than this many pixels on the longer side.
    """

    field_of_view: float = 45.0
    longest: int = 1280

    def __call__(self, conversation: Conversation) -> Conversation:
        """A copy with motion, seats and tracks; without, where no face is seen.

        Raises:
            InputError: The conversation has no video, or a setting makes no sense.
            MissingExtraError: MediaPipe is not installed.
        """
        video = conversation.video
        if video is None:
            raise InputError(f"conversation {conversation.id!r}: has no video, which face tracking needs")
        if not 1 <= self.field_of_view <= 170:
            raise InputError(f"a field of view of {self.field_of_view} degrees; expected 1 to 170")
        count = max(1, round(conversation.duration * FPS))
        pictures = video.frames(FPS, stop=count / FPS, longest=self.longest)
        scale = max(video.width, video.height) / max(pictures.size)
        with FaceFollower(pictures.size, np.radians(self.field_of_view), scale) as follower:
            tracklets = list(follower.follow(pictures))
        people, notes = two_people(tracklets, count)
        if pictures.damaged:
            notes.append(f"{video.path.name}: {pictures.damaged} damaged video packets are skipped")
        if count - len(pictures) > FPS:
            notes.append(
                f"{video.path.name}: the audio continues for {(count - len(pictures)) / FPS:.1f} s after the video"
            )
        participants = list(conversation.participants)
        for i, (person, placed) in enumerate(zip(people, place(people), strict=True)):
            before, track = participants[i], to_track(person)
            if placed is not None:
                before = replace(before, motion=to_motion(person, placed), seat=placed.seat)
            participants[i] = replace(before, tracks={**before.tracks, "face": track})
            notes += _stillness("AB"[i], track)
        return add_notes(conversation.with_participants(participants[0], participants[1]), notes)


def _stillness(letter: str, face: Track) -> list[str]:
    """Whether, or for how long, somebody was a still picture."""
    still = face["still"] > 0
    if not still.any():
        return []
    if not face.valid.any():
        return [f"person {letter}: the face is a still picture; no motion is taken from it"]
    return [
        f"person {letter}: the face is a still picture for {still.sum() / FPS:.1f} s of {len(still) / FPS:.1f} s; no "
        "motion is taken from it there"
    ]

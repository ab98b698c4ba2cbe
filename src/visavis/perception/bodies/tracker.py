"""Bodies of a video into motion of two people."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from visavis.conversation import Conversation, Participant, Track
from visavis.errors import InputError
from visavis.motion import ARKIT, Motion, Seat, face_to_face
from visavis.motion.mapping import project_to_space
from visavis.perception.bodies.following import follow
from visavis.perception.bodies.motion import SEEN, to_motion
from visavis.perception.protocol import add_notes

FPS = 25.0


@dataclass(frozen=True)
class BodyTracker:
    """Adds spine, arms and fingers to both people's `motion` (space ``arkit-body``), and the track ``body``.

    The track ``face`` says where each person is; where nobody has one, the picture is taken to show A alone. Whose face
    is only ever a still picture has no body either. Motion that is there keeps its rate; where there is none, a still
    face at 25 fps takes its place.

    The track ``body`` has ``torso``, ``leftArm``, ``rightArm``, ``leftHand`` and ``rightHand``: how surely each was
    seen, 0 to 1. Its mask says where the torso was. Above 0.75 arms and hands follow what was seen; otherwise they
    rest, in the lap of those who sit. Where one's own hands are before the face, less of ``face`` is ``visible``.

    Attributes:
        rate: Pictures per second that are looked at; gestures need ten, and every picture costs.
        longest: Pictures are made no larger than this many pixels on the longer side.
    """

    rate: float = 12.5
    longest: int = 1280

    def __call__(self, conversation: Conversation) -> Conversation:
        """A copy with bodies.

        Raises:
            InputError: The conversation has no video, motion is in a space without arms to add, or a setting makes no
                sense.
            MissingExtraError: MediaPipe is not installed.
        """
        video = conversation.video
        if video is None:
            raise InputError(f"conversation {conversation.id!r}: has no video, which body tracking needs")
        if not 1 <= self.rate <= 120:
            raise InputError(f"a body tracking rate of {self.rate} per second; expected 1 to 120")
        still = [_face(conversation, i) for i in (0, 1)]
        count = max(1, round(conversation.duration * self.rate))
        pictures = video.frames(self.rate, stop=count / self.rate, longest=self.longest)
        scale = max(video.width, video.height) / max(pictures.size)
        faces = [_boxes(person, self.rate, count) for person in conversation]
        known = any("face" in person.tracks for person in conversation)
        followed = [face is not None for face in faces] if known else [True, False]
        if not any(followed):
            return conversation
        people = follow(pictures, count, faces, scale)
        participants, notes = list(conversation.participants), []
        for i, person in enumerate(participants):
            if not followed[i]:
                continue
            lap = person.seat is not None and person.seat.seated
            motion, track = to_motion(people[i], self.rate, still[i], lap)
            tracks = {**person.tracks, "body": track}
            if (face := person.tracks.get("face")) is not None:
                tracks["face"] = _behind(face, Track(people[i].covered, self.rate, ("covered",)))
            participants[i] = replace(person, motion=motion, tracks=tracks)
            notes += _notes("AB"[i], track)
        return add_notes(conversation.with_participants(participants[0], participants[1]), notes)


def _face(conversation: Conversation, i: int) -> Motion:
    """The motion to which a body is added."""
    person = conversation.participants[i]
    if person.motion is not None:
        motion = project_to_space(person.motion, ARKIT)
        if motion.space.columns != ARKIT.columns:
            raise InputError(
                f"conversation {conversation.id!r}, participant {'AB'[i]}: motion is in {motion.space.name!r}, which "
                "cannot be extended by arms; map it to 'arkit' first"
            )
        return motion
    seat: Seat = person.seat or face_to_face()[i]
    still = Motion.zeros(max(1, round(conversation.duration * FPS)), FPS, ARKIT)
    return still.with_columns("translation", np.array(seat.position))


def _boxes(person: Participant, fps: float, count: int) -> Track | None:
    face = person.tracks.get("face")
    return face.at(fps, count) if face is not None and face.valid.any() else None


def _behind(face: Track, hands: Track) -> Track:
    """The face's track with less of it ``visible`` where hands are before it."""
    if "visible" not in face.columns:
        return face
    values = face.values.copy()
    values[:, face.columns.index("visible")] *= 1 - hands.at(face.fps, len(face)).values[:, 0]
    return replace(face, values=values)


def _notes(letter: str, track: Track) -> list[str]:
    """What was never seen of a person."""
    if not track.valid.any():
        return [f"person {letter}: the body is never visible; it stays at rest"]
    arms = [side for side in ("left", "right") if not (track[f"{side}Arm"] > SEEN[1]).any()]
    if len(arms) == 2:
        return [f"person {letter}: no arm is fully visible; both stay at rest"]
    return [f"person {letter}: the {side} arm is never fully visible; it stays at rest" for side in arms]

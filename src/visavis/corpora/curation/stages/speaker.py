"""F5 and P4: the speaker is visible, and is cropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from visavis.conversation import Conversation, Participant, Track, Utterance
from visavis.corpora.curation.reidentify import align_speaker
from visavis.corpora.curation.stage import Item, Outcome, Stage
from visavis.formats.venus import SPEAKER_BOX

FPS = 25.0
_COLUMNS = ("x0", "y0", "x1", "y1")


class SpeakerFrames(Stage):
    """Keeps what shows the speaker often enough (VENUS, 3.1: F5).

    Attributes:
        per_word: Frames in which somebody is seen speaking, at least, per word that is said; the paper asks for one.
    """

    name: ClassVar[str] = "speaker-frames"
    about: ClassVar[str] = "keeps items with at least as many frames of a visible speaker as words (F5)"

    per_word: float = Field(1.0, ge=0)

    def __call__(self, item: Item) -> Outcome:
        """Frames and words."""
        frames = int(sum(speaks_and_is_seen(person, item.found.duration).sum() for person in item.found))
        words = sum(len(person.words) for person in item.found)
        return item.kept_if(
            frames >= self.per_word * words,
            "the speaker is visible often enough",
            "too few frames of the visible speaker for the number of words",
            frames=frames,
            words=words,
        )


def speaks_and_is_seen(person: Participant, duration: float) -> NDArray[np.bool_]:
    """(T,) frames at 25 fps in which the person speaks and the face is seen; by the mouth, too, where that is known."""
    count = round(duration * FPS)
    face, active = person.tracks.get("face"), person.tracks.get("active_speaker")
    if active is not None and face is not None:
        heard = active.at(FPS, count)
        return (heard.values[:, 0] > 0.5) & heard.valid & face.at(FPS, count).valid
    if person.speaking is None or face is None:
        return np.zeros(count, bool)
    return (person.speaking.at(FPS, count).values[:, 0] > 0.5) & face.at(FPS, count).valid


class SpeakerCrops(Stage):
    """Finds where the speaker is in each frame of each utterance (VENUS, 3.1 and A.3: P4, Algorithm 1).

    Those who are seen speaking in a frame are cropped by the detector's box around their face; of two, the one who
    looks like the crop before is taken. The track ``speaker`` of both people gets the boxes of the frames in which they
    were taken.

    Attributes:
        rate: Pictures per second that are looked at; a box holds until the next.
        longest: Pixels that pictures are shrunk to.
    """

    name: ClassVar[str] = "speaker-crops"
    about: ClassVar[str] = "finds the speaker's box in each frame of each utterance (P4, Algorithm 1)"

    rate: float = Field(5.0, gt=0, le=25)
    longest: int = Field(640, ge=64, le=8192)

    def prepare(self) -> None:
        """Fetches the detector."""
        from visavis.perception.people import person_finder

        person_finder()

    def __call__(self, item: Item) -> Outcome:
        """The boxes, and how often Algorithm 1 took whoever the utterance is of."""
        talk = item.found
        count = round(talk.duration * FPS)
        boxes = np.full((2, count, 4), np.nan, np.float32)
        frames = taken = own = 0
        for who, person in enumerate(talk):
            for utterance in person.utterances:
                found = list(self._utterance(talk, utterance, who))
                choices = align_speaker([[crop for _, _, crop in candidates] for _, candidates in found])
                for (span, candidates), choice in zip(found, choices, strict=True):
                    frames += 1
                    if choice is not None:
                        shown, box, _ = candidates[choice]
                        boxes[shown, span] = box
                        taken, own = taken + 1, own + (shown == who)
        figures = {"pictures": frames, "with_speaker": taken, "of_the_utterance": own}
        people = [self._with_boxes(person, box) for person, box in zip(talk, boxes, strict=True)]
        done = talk.with_participants(people[0], people[1])
        return item.kept("the speaker is cropped" if taken else "no speaker is visible", done, **figures)

    def _utterance(
        self, talk: Conversation, utterance: Utterance, owner: int
    ) -> Iterator[tuple[slice, list[tuple[int, NDArray[np.float32], NDArray[np.uint8]]]]]:
        """For each picture the frames it stands for and the candidates: who, box in the video's pixels, crop."""
        from visavis.perception.people import person_finder

        # Line 1 of Algorithm 1: frames floor(start * FPS) to floor(end * FPS).
        first, last = (int(t * FPS) for t in (utterance.start, min(utterance.end, talk.duration)))
        video = talk.video
        if video is None or last <= first:
            return
        pictures = video.frames(self.rate, first / FPS, last / FPS, self.longest)
        scale = max(video.width, video.height) / max(pictures.size)
        speaking = [speaks_and_is_seen(person, talk.duration) for person in talk]
        for number, picture in enumerate(pictures):
            begin, end = (first + round((number + i) * FPS / self.rate) for i in (0, 1))
            span = slice(begin, min(end, last))
            middle = min((begin + end) // 2, len(speaking[0]) - 1)
            who = [w for w in (owner, 1 - owner) if speaking[w][middle]]
            found = person_finder()(picture) if who else np.zeros((0, 4), np.float32)
            faces = [talk.participants[w].tracks["face"].at(FPS, len(speaking[w])).values[middle, :4] for w in who]
            boxes = [around(face / scale, found, pictures.size) for face in faces]
            yield (
                span,
                [
                    (w, box * scale, picture[box[1] : box[3], box[0] : box[2]])
                    for w, box in zip(who, boxes, strict=True)
                    if box[2] > box[0] and box[3] > box[1]
                ],
            )

    def _with_boxes(self, person: Participant, boxes: NDArray[np.float32]) -> Participant:
        valid = ~np.isnan(boxes[:, 0])
        track = Track(np.where(valid[:, None], boxes, 0), FPS, _COLUMNS, valid)
        return replace(person, tracks={**person.tracks, SPEAKER_BOX: track})


def around(face: NDArray[np.float32], people: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.int32]:
    """The box of the person whom a face belongs to: the narrowest that has the face's middle in its upper half.

    Args:
        face: Left, top, right, bottom in pixels.
        people: (N, 4) boxes of people; without one that fits, the face's own box three times as wide and high.
        size: The picture's width and height, which the box is cut to.
    """
    x, y = (face[0] + face[2]) / 2, (face[1] + face[3]) / 2
    fits = [b for b in people if b[0] <= x <= b[2] and b[1] <= y <= (b[1] + b[3]) / 2 + 1]
    if fits:
        box = min(fits, key=lambda b: b[2] - b[0])
    else:
        w, h = face[2] - face[0], face[3] - face[1]
        box = np.array([x - 1.5 * w, y - h, x + 1.5 * w, y + 2 * h])
    cut: NDArray[np.int32] = np.clip(np.rint(box), 0, [*size, *size]).astype(np.int32)
    return cut

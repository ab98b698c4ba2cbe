"""Results of other systems as extractors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.perception.imported.systems import SYSTEMS, read_result


@dataclass(frozen=True)
class Imported:
    """Gives both people, or one, the motion that another system found in the same video.

    It replaces `Participant.motion`, and ``tracks["tracked"]`` says where there was a result.

    Attributes:
        system: One of `visavis.perception.imported.systems.SYSTEMS`.
        a: What the system wrote about person A, who is on the left of the picture.
        b: What it wrote about person B.
        fps: Frame rate of the video that it saw; that of the conversation's video unless given.
    """

    system: str = ""
    a: Path | str | None = None
    b: Path | str | None = None
    fps: float | None = None

    def __post_init__(self) -> None:
        """Checks what can be told before there is a conversation."""
        if self.system not in SYSTEMS or not (self.a or self.b):
            raise InputError(
                f"imported results need 'system' ({', '.join(SYSTEMS)}) and the path of 'a', of 'b' or of both"
            )

    def __call__(self, conversation: Conversation) -> Conversation:
        """A copy with the motion.

        Raises:
            InputError: The files do not fit, or the frame rate is not known.
        """
        fps = self.fps or (conversation.video.fps if conversation.video else None)
        if not fps:
            raise InputError(
                f"conversation {conversation.id!r}: has no video; set 'fps', the frame rate of {self.system}'s"
            )
        frames = max(1, round(conversation.duration * fps))
        a, b = (
            self._given(person, path, fps, frames)
            for person, path in zip(conversation, (self.a, self.b), strict=True)
        )  # fmt: skip
        return conversation.with_participants(a, b)

    def _given(self, person: Participant, path: Path | str | None, fps: float, frames: int) -> Participant:
        if path is None:
            return person
        motion, tracked = read_result(self.system, path, fps, frames)
        return replace(person, motion=motion, tracks={**person.tracks, "tracked": tracked})

"""P2, P3, P5, P6: what extractors find is added to the conversation."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from visavis.corpora.curation.stage import Item, Outcome, Stage
from visavis.perception.protocol import get_extractor


class Extraction(Stage):
    """Runs an extractor (see `visavis.perception.protocol`).

    Attributes:
        use: The extractor's name; the kind's first unless given.
        settings: The extractor's.
    """

    use: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)

    def prepare(self) -> None:
        """Checks that there is such an extractor."""
        get_extractor(self.name, self.use, **self.settings)

    def __call__(self, item: Item) -> Outcome:
        """The conversation with what was found; the notes that the extractor made are the reason."""
        before = list(item.found.provenance.get("notes", []))
        conversation = get_extractor(self.name, self.use, **self.settings)(item.found)
        new = [note for note in conversation.provenance.get("notes", []) if note not in before]
        return item.kept("; ".join(new) or "found", conversation)


class Speaking(Extraction):
    """Who speaks when."""

    name: ClassVar[str] = "speaking"
    about: ClassVar[str] = "voice activity and diarization (for F3)"


class Words(Extraction):
    """What is said."""

    name: ClassVar[str] = "words"
    about: ClassVar[str] = "transcription with word times, and language (P2)"


class Faces(Extraction):
    """How faces move."""

    name: ClassVar[str] = "faces"
    version: ClassVar[int] = 3
    about: ClassVar[str] = "face tracking: boxes, identities, motion (P3's boxes, P5)"


class ActiveSpeaker(Extraction):
    """Which face speaks."""

    name: ClassVar[str] = "active-speaker"
    about: ClassVar[str] = "active speaker: assigns voices to faces (P3)"


class Bodies(Extraction):
    """How bodies and hands move."""

    name: ClassVar[str] = "bodies"
    version: ClassVar[int] = 2
    about: ClassVar[str] = "body and hand tracking (P6)"

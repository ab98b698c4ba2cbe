"""A recording as a conversation."""

from __future__ import annotations

from visavis.conversation.conversation import Conversation, Participant
from visavis.media.recording import Recording


def conversation_of(recording: Recording, id: str) -> Conversation:
    """A conversation that holds the recording's sound and nothing else yet."""
    a, b = recording.voices or (None, None)
    return Conversation(
        id=id,
        participants=(Participant("A", audio=a), Participant("B", audio=b)),
        duration=recording.mixed.duration,
        mixed=recording.mixed,
        provenance={"sources": [path.name for path in recording.sources], "notes": list(recording.notes)},
    )

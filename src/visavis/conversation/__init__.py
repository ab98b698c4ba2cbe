"""The conversation: two participants on one clock."""

from visavis.conversation.conversation import Conversation, Participant, validate
from visavis.conversation.timeline import Interval, Track, Utterance, Word

__all__ = ["Conversation", "Interval", "Participant", "Track", "Utterance", "Word", "validate"]

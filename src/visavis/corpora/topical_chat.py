"""Topical-Chat: chats of two people about articles, each turn with the sentiment that its writer chose.

    valid_freq.json, valid_rare.json, test_freq.json, test_rare.json    conversations by id; each has `content`, turns
                                                                        with `message`, `agent` and `sentiment`

Gopalakrishnan et al. 2019, "Topical-Chat: towards knowledge-grounded open-domain conversations", Interspeech.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from visavis.conversation import Conversation
from visavis.corpora.chat_timing import Message, timed_chat
from visavis.corpora.reading import Recordings, need_file, need_folder, plain_id, provenance
from visavis.errors import InputError
from visavis.reading import read_json

LICENCE = "CDLA-Sharing-1.0"
REAL = ("words", "emotions")
SPLITS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {part: (f"{part}_freq.json", f"{part}_rare.json") for part in ("train", "valid", "test")}
)
"""Files of each split. A conversation is in one of them only."""
SENTIMENTS: Mapping[str, str] = MappingProxyType({
    "Happy": "happy", "Sad": "sad", "Angry": "angry", "Surprised": "surprised", "Fearful": "afraid",
    "Disgusted": "disgusted", "Curious to dive deeper": "curious", "Neutral": "neutral",
})  # fmt: skip
"""The corpus's names of what `visavis.perception.emotion` calls by an adjective."""


@dataclass(frozen=True)
class Turn:
    """One message.

    Attributes:
        conversation: Of which conversation, unique in a split.
        agent: 0 or 1, who wrote it.
        text: The message.
        emotion: One of `visavis.perception.emotion.classifier.EMOTIONS`.
    """

    conversation: str
    agent: int
    text: str
    emotion: str


def turns(folder: Path, split: str) -> list[Turn]:
    """All turns of a split, conversation after conversation.

    Raises:
        InputError: There is no such split, or a file is missing or has something else.
    """
    if split not in SPLITS:
        raise InputError(f"Topical-Chat has no split {split!r}; choose from: {', '.join(SPLITS)}")
    need_folder(folder, " and ".join(SPLITS[split]))
    found = []
    for name in SPLITS[split]:
        path = need_file(folder / name, "pass the folder of Topical-Chat")
        content = read_json(path)
        try:
            for key, conversation in content.items():
                for turn in conversation["content"]:
                    agent = {"agent_1": 0, "agent_2": 1}[turn["agent"]]
                    emotion = SENTIMENTS[turn["sentiment"]]
                    found.append(Turn(f"{name}:{key}", agent, str(turn["message"]), emotion))
        except (AttributeError, KeyError, TypeError) as error:
            raise InputError(f"{path}: not conversations of Topical-Chat ({type(error).__name__}: {error})") from None
    return found


def read(folder: Path) -> Recordings:
    """The chats of all splits that are there, as if they were spoken (`timed_chat`); each is a session of its own.

    Raises:
        InputError: No split is whole, or a file has something else.
    """
    need_folder(folder, "valid_freq.json and the others")
    there = [split for split, names in SPLITS.items() if any((folder / name).exists() for name in names)]
    if not there:
        raise InputError(f"{folder}: contains none of {', '.join(n for names in SPLITS.values() for n in names)}")
    found: Recordings = {}
    for split in there:
        chats: dict[str, list[Message]] = {}
        for turn in turns(folder, split):
            chats.setdefault(turn.conversation, []).append(Message(turn.agent, turn.text, turn.emotion))
        for name, messages in chats.items():
            id = plain_id(f"{split}-{name.partition(':')[2]}")
            found[id] = partial(_chat, id, split, messages)
    return found


def _chat(id: str, split: str, messages: list[Message]) -> Conversation:
    return timed_chat(id, messages, provenance("topical-chat", LICENCE, session=id, split=split, real=list(REAL)))

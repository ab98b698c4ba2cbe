"""CaSiNo: two people bargain over food, water and firewood for a camping trip, in writing.

    casino_train.json, casino_valid.json, casino_test.json    lists of dialogues: `dialogue_id`, `chat_logs` (`id`,
                                                              `text`), `participant_info`

Chawla et al. 2021, "CaSiNo: a corpus of campsite negotiation dialogues for automatic negotiation systems", NAACL.
Offers and what became of them (``Submit-Deal`` and its like) are buttons, not words, and are left out. Writers could
put in one of four emoticons, which then say what the message's emotion is; other messages have none. How content each
was with the outcome, and how much they liked each other, is in the provenance.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from visavis.conversation import Conversation
from visavis.corpora.chat_timing import Message, timed_chat
from visavis.corpora.reading import Recordings, need_file, need_folder, plain_id, provenance
from visavis.errors import InputError
from visavis.reading import read_json

LICENCE = "CC BY 4.0 (CaSiNo, Chawla et al. 2021)"
REAL = ("words", "emotions of messages with an emoticon")
SPLITS = ("train", "valid", "test")
EMOTICONS: Mapping[str, str] = MappingProxyType({"🙂": "happy", "☹": "sad", "😮": "surprised", "😡": "angry"})
BUTTONS = frozenset(("Submit-Deal", "Accept-Deal", "Reject-Deal", "Walk-Away"))
_WRITERS = ("mturk_agent_1", "mturk_agent_2")


def read(folder: Path) -> Recordings:
    """The dialogues of all splits that are there, as if they were spoken (`timed_chat`); each is a session of its own.

    Raises:
        InputError: There is no split, or a file has something else.
    """
    need_folder(folder, "casino_train.json and the others")
    there = [split for split in SPLITS if (folder / f"casino_{split}.json").exists()]
    if not there:
        raise InputError(f"{folder}: contains none of {', '.join(f'casino_{split}.json' for split in SPLITS)}")
    found: Recordings = {}
    for split in there:
        path = need_file(folder / f"casino_{split}.json", "pass the folder of CaSiNo")
        try:
            for dialogue in read_json(path):
                id = plain_id(f"{split}-{int(dialogue['dialogue_id'])}")
                messages = [
                    _message(_WRITERS.index(m["id"]), str(m["text"]))
                    for m in dialogue["chat_logs"]
                    if m["text"] not in BUTTONS
                ]
                outcomes = [dict(dialogue["participant_info"][writer]["outcomes"]) for writer in _WRITERS]
                found[id] = partial(_dialogue, id, split, messages, outcomes)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}: not dialogues of CaSiNo ({type(error).__name__}: {error})") from None
    return found


def _message(person: int, text: str) -> Message:
    """A message without its emoticons; the first one is its emotion."""
    shown = [EMOTICONS[c] for c in text if c in EMOTICONS]
    bare = "".join(c for c in text if c not in EMOTICONS and c != "\ufe0f")
    return Message(person, bare, shown[0] if shown else None)


def _dialogue(id: str, split: str, messages: list[Message], outcomes: list[dict[str, Any]]) -> Conversation:
    known = [
        {key: each.get(key) for key in ("satisfaction", "opponent_likeness", "points_scored")} for each in outcomes
    ]
    about = provenance("casino", LICENCE, session=id, split=split, real=list(REAL), outcomes=known)
    return timed_chat(id, messages, about)

"""Synthetic-Persona-Chat: chats of two invented people about themselves, written by a language model.

    train.csv, valid.csv, test.csv    columns `user 1 personas`, `user 2 personas`, `Best Generated Conversation`; lines
                                      of a conversation begin with "User 1: " or "User 2: "

Jandaghi et al. 2023, "Faithful persona-based conversational dataset generation with large language models",
arXiv:2312.10007. Who the two are is in the provenance (`personas`).
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from visavis.conversation import Conversation
from visavis.corpora.chat_timing import Message, timed_chat
from visavis.corpora.reading import Recordings, need_folder, provenance, read_table
from visavis.errors import InputError

LICENCE = "CC BY 4.0 (Synthetic-Persona-Chat, Jandaghi et al. 2023)"
REAL = ("words, of a language model",)
SPLITS = ("train", "valid", "test")
CHAT = "Best Generated Conversation"
PERSONAS = ("user 1 personas", "user 2 personas")
_LINE = re.compile(r"^[\s*]*User ?([12]):[\s*]*(.*?)[\s*]*$", re.IGNORECASE)
"""A few chats were published with asterisks around what is bold."""


def read(folder: Path) -> Recordings:
    """The chats of all splits that are there, as if they were spoken (`timed_chat`); each is a session of its own.

    Raises:
        InputError: There is no split, or a file has something else.
    """
    need_folder(folder, "train.csv, valid.csv or test.csv")
    there = [split for split in SPLITS if (folder / f"{split}.csv").exists()]
    if not there:
        raise InputError(f"{folder}: contains none of {', '.join(f'{split}.csv' for split in SPLITS)}")
    found: Recordings = {}
    for split in there:
        path = folder / f"{split}.csv"
        before = len(found)
        for number, (_, row) in enumerate(read_table(path, (*PERSONAS, CHAT))):
            messages = _messages(row[CHAT])
            if len({message.person for message in messages}) < 2:  # two of the published chats name nobody
                continue
            id = f"{split}-{number:05d}"
            personas = [[said.strip() for said in row[name].splitlines() if said.strip()] for name in PERSONAS]
            found[id] = partial(_chat, id, split, messages, personas)
        if len(found) == before:
            raise InputError(f"{path}: no {CHAT!r} has lines that begin with 'User 1: ' and 'User 2: '")
    return found


def _messages(text: str) -> list[Message]:
    """The messages of a chat; what stands before the first one is left out, further lines belong to the last one."""
    found: list[Message] = []
    for line in text.splitlines():
        if begins := _LINE.match(line):
            found.append(Message(int(begins[1]) - 1, begins[2].strip()))
        elif found and line.strip():
            found[-1] = Message(found[-1].person, f"{found[-1].text} {line.strip()}")
    return found


def _chat(id: str, split: str, messages: list[Message], personas: list[list[str]]) -> Conversation:
    about = provenance("persona-chat", LICENCE, session=id, split=split, real=list(REAL), personas=personas)
    return timed_chat(id, messages, about)

"""Chats of invented people."""

import csv

import pytest

from visavis.corpora.persona_chat import read
from visavis.errors import InputError

CHAT = "User 1: Hi!\nUser 2: Hello, I bake\ncookies.\n*User 1:* Nice. *"


def write(folder, *chats, column="Best Generated Conversation"):
    with (folder / "valid.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["user 1 personas", "user 2 personas", column])
        writer.writerows([["I have dogs.\nI knit.", "I bake.", chat] for chat in chats])


def test_messages_and_personas(tmp_path):
    write(tmp_path, CHAT, "Hi, I am nobody.")
    found = read(tmp_path)
    assert list(found) == ["valid-00000"]  # the second chat does not say who speaks
    talk = found["valid-00000"]()
    assert [u.text for u in talk.a.utterances] == ["Hi!", "Nice."]
    assert [u.text for u in talk.b.utterances] == ["Hello, I bake cookies."]
    assert talk.provenance["personas"] == [["I have dogs.", "I knit."], ["I bake."]]


def test_other_tables_are_refused_in_one_line(tmp_path):
    write(tmp_path, CHAT, column="Chat")
    with pytest.raises(InputError, match="has no column 'Best Generated Conversation'"):
        read(tmp_path)
    write(tmp_path, "nobody speaks")
    with pytest.raises(InputError, match="has lines that begin with 'User 1: '"):
        read(tmp_path)


def test_the_real_chats(real_data):
    found = read(real_data / "synthetic-persona-chat")
    assert len(found) == 1966  # of 1,968, two say nobody's name
    assert all(person.words for make in list(found.values())[::100] for person in make())

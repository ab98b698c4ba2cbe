"""Topical-Chat."""

import json
from pathlib import Path

import pytest

from visavis.corpora.topical_chat import SENTIMENTS, turns
from visavis.errors import InputError
from visavis.perception.emotion.classifier import EMOTIONS


def _write(folder: Path, **changed: str) -> Path:
    turn = {"message": "Hi!", "agent": "agent_2", "sentiment": "Curious to dive deeper", **changed}
    for name in ("test_freq.json", "test_rare.json"):
        (folder / name).write_text(json.dumps({"t_1": {"content": [turn, turn]}}))
    return folder


def test_turns_are_read_in_order_and_conversations_are_kept_apart(tmp_path: Path) -> None:
    found = turns(_write(tmp_path), "test")
    assert [(turn.agent, turn.text, turn.emotion) for turn in found] == [(1, "Hi!", "curious")] * 4
    assert len({turn.conversation for turn in found}) == 2


@pytest.mark.parametrize("changed", [{"sentiment": "Bored"}, {"agent": "agent_3"}])
def test_what_is_not_the_corpus_is_one_line(tmp_path: Path, changed: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"test_freq\.json: not conversations of Topical-Chat"):
        turns(_write(tmp_path, **changed), "test")


def test_missing_files_and_splits_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"valid_freq\.json"):
        turns(_write(tmp_path), "valid")
    with pytest.raises(InputError, match="no split 'dev'"):
        turns(tmp_path, "dev")


def test_every_sentiment_is_an_emotion() -> None:
    assert set(SENTIMENTS.values()) == set(EMOTIONS)


def test_no_conversation_is_in_two_splits(real_data: Path) -> None:
    held_out, learnt = (
        {turn.conversation.partition(":")[2] for turn in turns(real_data / "topical-chat", split)}
        for split in ("test", "valid")
    )
    assert len(held_out) == len(learnt) == 1078
    assert not held_out & learnt

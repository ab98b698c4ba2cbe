"""Negotiations in writing."""

import json

import pytest

from visavis.corpora.casino import read
from visavis.corpora.chat_timing import LABELS
from visavis.errors import InputError


def dialogue(**changed):
    outcome = {"points_scored": 17, "satisfaction": "Slightly satisfied", "opponent_likeness": "Slightly like"}
    return {
        "dialogue_id": 157,
        "chat_logs": [
            {"id": "mturk_agent_1", "text": "Hello! 🙂 Do you need water?"},
            {"id": "mturk_agent_2", "text": "No \u2639\ufe0f I need food."},
            {"id": "mturk_agent_1", "text": "Then take 2."},
            {"id": "mturk_agent_2", "text": "Submit-Deal"},
        ],
        "participant_info": {f"mturk_agent_{i}": {"outcomes": outcome} for i in (1, 2)},
        **changed,
    }


def write(folder, *dialogues):
    (folder / "casino_valid.json").write_text(json.dumps(dialogues))


def test_words_emoticons_and_outcomes(tmp_path):
    write(tmp_path, dialogue())
    talk = read(tmp_path)["valid-157"]()
    assert [u.text for u in talk.a.utterances] == ["Hello! Do you need water?", "Then take 2."]
    assert [u.text for u in talk.b.utterances] == ["No I need food."]
    assert [i.label for i in talk.a.events[LABELS]] == ["happy"]
    assert [i.label for i in talk.b.events[LABELS]] == ["sad"]
    assert talk.provenance["outcomes"][0]["satisfaction"] == "Slightly satisfied"
    assert talk.provenance["split"] == "valid"


@pytest.mark.parametrize(
    "content",
    [{}, dialogue(chat_logs=None), dialogue(chat_logs=[{"id": "me", "text": "x"}]), dialogue(participant_info={}), 3],
)
def test_what_is_not_the_corpus_is_one_line(tmp_path, content):
    write(tmp_path, content)
    with pytest.raises(InputError, match=r"casino_valid\.json: not dialogues of CaSiNo") as caught:
        read(tmp_path)
    assert "\n" not in str(caught.value)


def test_an_empty_folder_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"contains none of casino_train\.json"):
        read(tmp_path)


def test_the_real_negotiations(real_data):
    found = read(real_data / "casino")
    assert len(found) == 1030
    talks = [make() for make in list(found.values())[::50]]
    assert all(person.words for talk in talks for person in talk)
    labels = {i.label for talk in talks for person in talk for i in person.events.get(LABELS, ())}
    assert {"happy", "sad"} <= labels <= {"happy", "sad", "surprised", "angry"}
    assert not any("Deal" in u.text and "-" in u.text for talk in talks for p in talk for u in p.utterances)

"""Written chats on a clock."""

import json
from itertools import pairwise

import numpy as np
import pytest

from visavis.corpora.chat_timing import LABELS, Message, spoken_texts, timed_chat, usual_seconds
from visavis.corpora.readers import get_reader

TALK = [
    Message(0, "Hello! How are you doing today?", "curious"), Message(1, "I am fine , thanks.", "happy"),
    Message(1, "🙂"), Message(1, "My dog is here; he is brown."), Message(0, "Oh, that is wonderful to hear!", "happy"),
]  # fmt: skip


def test_words_marks_and_emotions_stay_and_emoticons_go():
    talk = timed_chat("t", TALK, {"session": "t"})
    assert [u.text for u in talk.a.utterances] == [TALK[0].text, TALK[4].text]
    assert [u.text for u in talk.b.utterances] == ["I am fine, thanks.", TALK[3].text]
    assert [(e.label, e.start) for e in talk.b.events[LABELS]] == [("happy", talk.b.utterances[0].start)]
    assert spoken_texts("🙂 ... ok ? :)") == ["ok?"]
    assert spoken_texts("half\ud800 a character") == ["half", "a", "character"]


def test_the_id_decides_the_times():
    same, other = timed_chat("t", TALK, {}), timed_chat("u", TALK, {})
    assert timed_chat("t", TALK, {}).participants == same.participants
    assert other.a.words[0].end != same.a.words[0].end


@pytest.mark.parametrize("seed", range(20))
def test_times_are_possible(seed):
    talk = timed_chat(f"t{seed}", TALK, {})
    for person in talk:
        words = person.words
        assert all(b.start >= a.end - 1e-9 for a, b in pairwise(words))
        assert all(0.05 < w.end - w.start < 2.5 for w in words)
    assert talk.b.utterances[0].start > talk.a.utterances[0].start
    assert talk.duration > max(w.end for p in talk for w in p.words)


def test_long_words_last_longer_and_meaning_takes_time():
    assert (
        usual_seconds("the") < usual_seconds("cat") < usual_seconds("wonderful") < usual_seconds("internationalization")
    )


def test_nobody_says_anything():
    talk = timed_chat("t", [Message(0, "🙂"), Message(1, "...")], {})
    assert not talk.a.words
    assert not talk.b.words


def test_chats_are_as_fast_as_calls(real_data):
    """Words a second of speech, pauses left out: within a tenth."""

    def pace(name, folder):
        dialogues = list(get_reader(name)(real_data / folder).values())[::40]
        words = [w for make in dialogues for person in make() for w in person.words]
        return len(words) / sum(w.end - w.start for w in words)

    calls, chats = pace("switchboard-turns", "turn-taking"), pace("topical-chat", "topical-chat")
    # Written words are longer than spoken ones: 4.1 letters against 3.6.
    assert 0.75 * calls < chats < 1.05 * calls


def test_gaps_between_turns_are_those_of_calls(real_data):
    gaps = []
    for make in list(get_reader("persona-chat")(real_data / "synthetic-persona-chat").values())[::40]:
        turns = sorted(((u.start, u.end, i) for i, person in enumerate(make()) for u in person.utterances))
        gaps += [b[0] - a[1] for a, b in pairwise(turns) if a[2] != b[2]]
    assert np.median(gaps) == pytest.approx(0.134, abs=0.05)


def topical(folder, **changed):
    turn = {"message": "Hi there!", "agent": "agent_2", "sentiment": "Happy", **changed}
    for name in ("test_freq.json", "test_rare.json"):
        (folder / name).write_text(json.dumps({f"t_{name[5]}": {"content": [turn, {**turn, "agent": "agent_1"}]}}))


def test_topical_chat_is_imported_with_its_emotions(tmp_path):
    topical(tmp_path)
    found = get_reader("topical-chat")(tmp_path)
    assert list(found) == ["test-t_f", "test-t_r"]
    talk = found["test-t_f"]()
    assert talk.b.events[LABELS][0].label == "happy"
    assert talk.provenance["split"] == "test"
    assert talk.provenance["real"] == ["words", "emotions"]
    assert talk.provenance["estimated"] == ["times"]

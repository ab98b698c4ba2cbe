"""What was extracted against what is known: errors that were put there are found again."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from duet_toys import toy_conversation
from visavis.conversation import Track, Utterance, Word
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.motion import Motion
from visavis.workflows.benchmark import perception
from visavis.workflows.benchmark.perception import PerceptionRequest, run

TEXT = "well that was a long day at the old house by the sea"


def said(conversation, text=TEXT, late=0.0):
    words = tuple(Word(w, 0.5 * i + late, 0.5 * i + late + 0.3) for i, w in enumerate(text.split()))
    utterance = Utterance(words[0].start, words[-1].end, words)
    return conversation.with_participants(replace(conversation.a, utterances=(utterance,)), conversation.b)


def truth(count=4):
    return [said(toy_conversation(seed)) for seed in range(count)]


def shifted(conversation, by):
    """Everybody's head is turned by so many radians, which changes no correlation."""
    people = []
    for person in conversation:
        values = person.motion.values.copy()
        values[:, person.motion.space.indices("head")] += by
        people.append(replace(person, motion=Motion(values, person.motion.fps, person.motion.space)))
    return conversation.with_participants(*people)


def compared(tmp_path, found, true=None):
    write_corpus(found, tmp_path / "found")
    write_corpus(true or truth(len(found)), tmp_path / "truth")
    report = run(PerceptionRequest(tmp_path / "found", tmp_path / "truth"), tmp_path / "out")
    return report, {section.title: section.rows for section in report.sections}


def test_what_is_right_has_no_errors(tmp_path):
    _, tables = compared(tmp_path, truth())
    assert list(tables) == ["Motion", "Who speaks when", "Words"]
    assert tables["Motion"]["head"]["mean absolute error"] == pytest.approx((0, 0, 0))
    assert tables["Motion"]["head"]["correlation"][0] == pytest.approx(1)
    assert tables["Who speaks when"]["both people"]["error rate, no collar"][0] == 0
    assert tables["Words"]["both people"]["word error rate"][0] == 0


def test_errors_are_as_large_as_they_were_made(tmp_path):
    found = [shifted(said(toy_conversation(i), TEXT.replace("old ", "").replace("sea", "lake"), 0.1), 0.2)
             for i in range(4)]  # fmt: skip
    report, tables = compared(tmp_path, found)
    head = tables["Motion"]["head"]
    assert head["mean absolute error"][0] == pytest.approx(0.2, abs=1e-5)
    assert head["correlation"][0] == pytest.approx(1)
    words = tables["Words"]["both people"]
    assert words["word error rate"][0] == pytest.approx(2 / 13)
    assert words["missed"][0] == words["wrong"][0] == pytest.approx(1 / 13)
    assert words["time error, s"][0] == pytest.approx(0.1)
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    assert written["tables"]["Motion"]["head"]["mean absolute error"]["value"] == pytest.approx(0.2, abs=1e-5)
    rows = list(csv.DictReader((tmp_path / "out" / "report.csv").open()))
    assert {row["table"] for row in rows} == set(tables)
    assert "## Words" in (tmp_path / "out" / "report.md").read_text()
    assert any("active_speaker" in note for note in report.notes)


def test_people_in_the_other_order_are_the_same_people(tmp_path):
    report, tables = compared(tmp_path, [conversation.swapped() for conversation in truth()])
    assert tables["Motion"]["expression"]["mean absolute error"][0] == pytest.approx(0)
    assert tables["Words"]["both people"]["word error rate"][0] == 0
    assert any("exchanged" in note and "4 times" in note for note in report.notes)


def test_frames_in_which_nobody_was_seen_do_not_count(tmp_path):
    found = []
    for conversation in (shifted(c, 1.0) for c in truth(3)):
        valid = np.arange(len(conversation.a.motion)) >= 150
        people = []
        for person, right in zip(conversation, next(t for t in truth(3) if t.id == conversation.id), strict=True):
            values = np.where(valid[:, None], right.motion.values, person.motion.values)
            seen = Track(valid.astype(np.float32), 25.0, ("value",), valid)
            people.append(replace(person, motion=replace(person.motion, values=values), tracks={"motion_valid": seen}))
        found.append(conversation.with_participants(*people))
    _, tables = compared(tmp_path, found)
    assert tables["Motion"]["head"]["mean absolute error"][0] == pytest.approx(0, abs=1e-6)


def test_a_face_that_is_heard_is_told(tmp_path):
    def tracked(conversation, right):
        people = [
            replace(p, tracks={"active_speaker": Track(p.speaking.values if right else 1 - p.speaking.values, 25.0,
                                                       ("speaking",))}) for p in conversation
        ]  # fmt: skip
        return conversation.with_participants(*people)

    _, tables = compared(tmp_path, [tracked(c, True) for c in truth(3)])
    assert tables["Which face speaks"]["faces"]["AUC"][0] > 0.99


def test_what_was_compared_is_not_compared_again(tmp_path, monkeypatch):
    compared(tmp_path, truth(3))
    asked = []
    real = perception.compared
    monkeypatch.setattr(perception, "compared", lambda *pair: asked.append(1) or real(*pair))
    request = PerceptionRequest(tmp_path / "found", tmp_path / "truth")
    run(request, tmp_path / "out")
    assert not asked
    next((tmp_path / "out" / "kept").glob("toy-1-*.json")).unlink()
    run(request, tmp_path / "out")
    assert len(asked) == 1


def test_corpora_of_other_conversations_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"has no conversation of .*'toy-0' there and 'toy-9' here"):
        compared(tmp_path, [toy_conversation(9)], [toy_conversation(0)])

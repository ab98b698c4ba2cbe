"""Corpora of real dialogues with simulated motion: resumable, the same however many make them, splits kept apart."""

from collections import Counter

import pytest

from dialogue_toys import dialogue
from reporters import Recorded
from visavis.conversation.corpus import Corpus
from visavis.errors import InputError
from visavis.simulation.dialogues.generate import SOURCES, generate_dialogues, schedule, split_of


def toys(name, number, turns=6):
    return {f"{name}{i}": (lambda i=i: dialogue(f"{name}{i}", turns)) for i in range(number)}


@pytest.fixture
def readers(monkeypatch):
    made = {"casino": toys("c", 4), "topical-chat": toys("t", 2, turns=12)}
    monkeypatch.setattr("visavis.simulation.dialogues.generate.get_reader", lambda name: lambda folder: made[name])
    return dict.fromkeys(made, "there")


def test_sources_take_turns_and_every_dialogue_begins_before_any_goes_on():
    pieces = list(schedule({"casino": toys("c", 3), "topical-chat": toys("t", 2, turns=12)}, 30.0, 0))
    made = [(p.heard.id.split("-")[0], p.heard.provenance["piece"]) for p in pieces]
    assert made[:4] == [("casino", 0), ("topical", 0), ("casino", 0), ("topical", 0)]
    assert Counter(made) == {("casino", 0): 3, ("topical", 0): 2, ("topical", 1): 2}
    assert len({p.heard.id for p in pieces}) == len({p.seed for p in pieces}) == 7


def test_pieces_of_a_dialogue_are_in_one_split():
    pieces = list(schedule({"casino": toys("c", 40, turns=12)}, 30.0, 0))
    by_dialogue = {}
    for piece in pieces:
        by_dialogue.setdefault(piece.heard.provenance["dialogue"], set()).add(piece.heard.provenance["split"])
    assert len(pieces) == 80
    assert all(len(splits) == 1 for splits in by_dialogue.values())


def test_a_twentieth_is_held_out_for_each():
    shares = Counter(split_of("casino", f"train-{i}") for i in range(4000))
    assert shares["test"] / 4000 == pytest.approx(0.05, abs=0.012)
    assert shares["valid"] / 4000 == pytest.approx(0.05, abs=0.012)


def test_a_source_can_be_held_out_whole():
    pieces = list(schedule({"casino": toys("c", 30), "topical-chat": toys("t", 30)}, 60.0, 0, ("casino",)))
    splits = Counter((p.heard.provenance["session"][0], p.heard.provenance["split"]) for p in pieces)
    assert splits["c", "test"] == 30
    assert splits["t", "train"] > 20


def test_a_stopped_run_goes_on_and_ends_the_same(readers, tmp_path, monkeypatch):
    whole = Corpus.open(generate_dialogues(tmp_path / "whole", readers, conversations=4, seconds=60))
    generate_dialogues(tmp_path / "parts", readers, conversations=2, seconds=60)
    told = Recorded()
    parts = Corpus.open(generate_dialogues(tmp_path / "parts", readers, conversations=4, seconds=60, reporter=told))
    assert parts.ids == whole.ids
    assert [parts[id].a.motion for id in parts.ids] == [whole[id].a.motion for id in whole.ids]
    assert told.shares[-1] == 1.0


def test_several_processes_make_the_same(readers, tmp_path):
    alone = Corpus.open(generate_dialogues(tmp_path / "1", readers, conversations=3, seconds=60))
    together = Corpus.open(generate_dialogues(tmp_path / "2", readers, conversations=3, seconds=60, workers=2))
    assert alone.ids == together.ids
    assert [alone[id].b.motion for id in alone.ids] == [together[id].b.motion for id in alone.ids]


def test_what_is_real_is_said_in_every_conversation(readers, tmp_path):
    corpus = Corpus.open(generate_dialogues(tmp_path / "c", readers, conversations=2, seconds=60))
    about = corpus[corpus.ids[0]].provenance
    assert (about["real"], about["licence"]) == (["words"], "made up")
    assert "motion" in about["simulated"]
    assert about["split"] in ("train", "valid", "test")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"conversations": 99}, "have 6 pieces of up to 60 s; ask for at most 6 conversations"),
        ({"hold_out": ("persona-chat",)}, "'persona-chat' cannot be held out"),
        ({"hold_out": ("venus",)}, "there are no dialogues of 'venus'; there are: switchboard-turns"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(readers, tmp_path, change, told):
    with pytest.raises(InputError, match=told):
        generate_dialogues(tmp_path / "c", readers, **{"conversations": 2, "seconds": 60, **change})
    assert not (tmp_path / "c").exists()


def test_another_corpus_is_not_gone_on_with(readers, tmp_path):
    generate_dialogues(tmp_path / "c", readers, conversations=1, seconds=60)
    with pytest.raises(InputError, match=r"was started with .*seconds 60.*; choose another folder"):
        generate_dialogues(tmp_path / "c", readers, conversations=1, seconds=30)


def test_all_sources_are_importable_corpora():
    from visavis.cli.simulate import DIALOGUES
    from visavis.corpora.readers import READERS

    assert set(SOURCES) <= set(READERS)
    assert DIALOGUES == SOURCES

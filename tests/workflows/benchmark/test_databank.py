"""Which clips of a corpus are queries, what they are told, and what may be learnt from."""

from dataclasses import replace

import numpy as np
import pytest

from listener_toys import FACES, ColumnEncoder, told_clip, told_corpus
from visavis.conversation import Conversation, Participant, Track
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models.retrieval.indexing import open_or_build
from visavis.workflows.benchmark.databank import Databank


def bank(folder, most=None):
    return Databank.of(Corpus.open(folder), open_or_build(folder, ColumnEncoder()), most)


def mixed(folder, splits, **more):
    clips = [told_clip(f"clip-{i}", FACES[i % 4], "oh dear", split=split, **more) for i, split in enumerate(splits)]
    write_corpus(clips, folder)
    return folder


def test_queries_are_the_clips_for_evaluation_and_all_clips_are_searched(tmp_path):
    found = bank(mixed(tmp_path / "c", ["train", "eval", "val", "test", "train", None]))
    assert (len(found), found.split) == (6, True)
    assert found.queries.tolist() == [1, 3]
    assert found.said == ("oh dear", "oh dear")
    assert list(found.folds()) == [([0, 4, 5], range(2))]


def test_without_a_split_all_are_queries_and_nobody_learns_from_their_own_recording(tmp_path):
    clips = [told_clip(f"clip-{i}", FACES[i % 4], "oh dear", session=f"room {i // 2}") for i in range(8)]
    write_corpus(clips, tmp_path / "c")
    found = bank(tmp_path / "c")
    assert not found.split
    assert found.queries.tolist() == list(range(8))
    answered = []
    for learnt, asked in found.folds():
        rooms = {found.queries[n] // 2 for n in asked}
        assert rooms.isdisjoint({number // 2 for number in learnt})
        assert {*learnt, *found.queries[list(asked)].tolist()} == set(range(8))
        answered += asked
    assert sorted(answered) == list(range(8))


def test_a_listener_who_is_told_nothing_is_searched_but_not_asked_for(tmp_path):
    words = ["hello", "", "...", "so"]
    write_corpus((told_clip(f"clip-{i}", FACES[i], said) for i, said in enumerate(words)), tmp_path / "c")
    found = bank(tmp_path / "c")
    assert len(found) == 4
    assert found.said == ("hello", "so")


def test_a_mined_clip_is_told_what_is_said_while_it_lasts(tmp_path):
    first, second = told_clip("a", FACES[0], "one two three"), told_clip("b", FACES[1], "four five six")
    frames = 250
    speaks = np.zeros((2, frames), np.float32)
    speaks[0, :100] = speaks[1, 125:225] = 1
    later = replace(second.a.utterances[0], start=5.0, end=6.0, words=tuple(
        replace(word, start=word.start + 5, end=word.end + 5) for word in second.a.utterances[0].words))  # fmt: skip
    track = [Track(row, 25.0, ("speaking",)) for row in speaks]
    long = replace(first.b.motion, values=np.tile(first.b.motion.values, (3, 1))[:frames])
    people = (
        Participant("A", utterances=first.a.utterances, speaking=track[0], motion=long),
        Participant("B", utterances=(later,), speaking=track[1], motion=long),
    )
    write_corpus([Conversation("talk", people, 10.0)], tmp_path / "c")
    found = bank(tmp_path / "c")
    assert [(entry.listener, said) for entry, said in zip(found.entries, found.said, strict=True)] == [
        ("B", "one two three"), ("A", "four five six"),
    ]  # fmt: skip


def test_fewer_queries_are_evenly_spread(tmp_path):
    assert bank(told_corpus(tmp_path / "c", 8), 4).queries.tolist() == [0, 2, 4, 6]
    assert bank(tmp_path / "c", 100).queries.tolist() == list(range(8))


def test_reactions_are_known_where_all_provenance_has_them(tmp_path):
    known = {"reaction": "smile", "fitting": {"smile": 2}, "rude": ["grin"]}
    found = bank(told_corpus(tmp_path / "c", 4, **known)).reactions
    assert found is not None
    assert found.shown.tolist() == ["smile"] * 4
    assert (found.fitting[0], found.offending[0]) == (["smile"], ["grin"])
    assert bank(told_corpus(tmp_path / "d", 4, reaction="smile")).reactions is None


@pytest.mark.parametrize(
    ("clips", "words"),
    [
        ([told_clip("one", FACES[0], "hello")], "has one clip of a listener"),
        ([told_clip(f"{i}", FACES[i], "") for i in range(3)], "in none of its 3 clips words are said"),
        (
            [told_clip("a", FACES[0], "hi", split="train"), told_clip("b", FACES[1], "", split="eval")],
            "in none of the 1 clips for evaluation words are said",
        ),
    ],
)
def test_a_corpus_that_can_answer_nothing_is_refused(tmp_path, clips, words):
    write_corpus(clips, tmp_path / "c")
    with pytest.raises(InputError, match=words):
        bank(tmp_path / "c")

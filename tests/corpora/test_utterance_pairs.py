"""Utterances cut out of conversations."""

import numpy as np
import pytest

import layouts
from visavis.conversation import Conversation, Participant, Utterance, Word
from visavis.conversation.corpus import Corpus
from visavis.corpora.importing import import_corpus
from visavis.corpora.utterance_pairs import utterance_pairs
from visavis.errors import InputError
from visavis.motion import EMOCA56, Motion


@pytest.fixture
def talk():
    def moving(offset):
        return Motion(np.arange(250)[:, None] + np.full(56, offset), 25.0, EMOCA56)

    said_a = (
        Utterance(1.0, 3.0, (Word("hello", 1.0, 1.5),)),
        Utterance(6.0, 6.4),
        Utterance(7.0, 9.0, (), "backchannel"),
    )
    said_b = (Utterance(2.99, 5.01, (Word("hi", 3.2, 3.5),)),)
    a = Participant("A", utterances=said_a, motion=moving(0))
    return Conversation("talk", (a, Participant("B", utterances=said_b, motion=moving(1000))), 10.0)


def test_the_speaker_is_a_on_a_clock_of_the_utterance(talk):
    first, second = utterance_pairs(talk)
    assert (first.id, second.id) == ("talk.u0000", "talk.u0001")
    assert first.a.motion.values[0, 0] == 25
    assert second.a.motion.values[0, 0] == 1075
    assert second.b.motion.values[0, 0] == 75
    assert [word.text for word in second.a.words] == ["hi"]
    assert second.a.words[0].start == pytest.approx(0.2)
    assert second.provenance["conversation"] == "talk"
    assert second.provenance["start"] == 3.0
    assert len(second.a.motion) == len(second.b.motion) == 50


def test_short_ones_and_backchannels_are_left_out(talk):
    assert len(list(utterance_pairs(talk, shortest=0.3))) == 3
    assert list(utterance_pairs(talk, shortest=5.0)) == []


def test_pairs_of_a_corpus_are_written_and_resumed(tmp_path):
    layouts.candor(tmp_path / "raw")
    for _ in range(2):
        pairs = Corpus.open(import_corpus("candor", tmp_path / "raw", tmp_path / "pairs", pairs=True))
        assert len(pairs) == 3  # "Mhm." is too short
        assert [(pair.a.name, pair.a.utterances[0].text) for pair in pairs][-1] == ("alice", "Long and rather wet.")
    with pytest.raises(InputError, match="contains a different corpus than candor"):
        import_corpus("candor", tmp_path / "raw", tmp_path / "pairs")

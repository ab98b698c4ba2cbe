"""``dub_corpus``: dialogues from a corpus on disk, gone on with where it stopped."""

import numpy as np
import pytest

from visavis.conversation.compare import differences
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.corpora.dubbing_corpus import dub_corpus
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE
from visavis.simulation.dyads import simulate

FPS = 25


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dub") / "c"
    write_corpus([simulate(seed, 25.0) for seed in (1, 2)], folder)
    return folder


def test_what_is_heard_is_said_by_whoever_is_said_to_speak(corpus, tmp_path):
    dubbed = Corpus.open(dub_corpus(corpus, tmp_path / "d", conversations=2, seconds=12.0))
    assert dubbed.ids == ("dub-000000", "dub-000001")
    for id in dubbed.ids:
        for person in dubbed[id]:
            heard = np.abs(person.audio.samples.reshape(-1, SAMPLE_RATE // FPS)).max(1) > 1e-3
            speaks = person.speaking["speaking"] == 1
            assert not heard[~speaks].any()
            assert heard[speaks].mean() > 0.7


def test_a_run_goes_on_where_it_stopped(corpus, tmp_path):
    dub_corpus(corpus, tmp_path / "part", conversations=1, seconds=12.0)
    part = Corpus.open(dub_corpus(corpus, tmp_path / "part", conversations=2, seconds=12.0))
    whole = Corpus.open(dub_corpus(corpus, tmp_path / "whole", conversations=2, seconds=12.0))
    assert part.ids == whole.ids
    assert not any(differences(part[id], whole[id]) for id in whole.ids)


def test_a_folder_of_other_dialogues_is_left_alone(corpus, tmp_path):
    dub_corpus(corpus, tmp_path / "d", conversations=1, seconds=12.0)
    with pytest.raises(InputError, match="holds other conversations"):
        dub_corpus(corpus, tmp_path / "d", conversations=2, seconds=14.0)
    with pytest.raises(InputError, match="holds other conversations"):
        dub_corpus(corpus, corpus, conversations=2, seconds=12.0)


def test_one_voice_makes_no_dialogue(tmp_path):
    write_corpus([], tmp_path / "empty")
    with pytest.raises(InputError, match="empty: dubbing needs segments of at least two speakers"):
        dub_corpus(tmp_path / "empty", tmp_path / "d", conversations=1, seconds=12.0)
    assert not (tmp_path / "d").exists()


def test_a_corpus_of_the_same_name_is_another(corpus, tmp_path):
    other = tmp_path / "elsewhere" / corpus.name
    write_corpus([simulate(seed, 25.0) for seed in (3, 4)], other)
    dub_corpus(corpus, tmp_path / "d", conversations=1, seconds=12.0)
    with pytest.raises(InputError, match="holds other conversations"):
        dub_corpus(other, tmp_path / "d", conversations=2, seconds=12.0)

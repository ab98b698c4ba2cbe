"""However a corpus came about, it opens by the same call and trains the same models."""

import pytest

from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.corpora.dubbing_corpus import dub_corpus
from visavis.simulation.dyads import simulate
from visavis.training.train import train

SECONDS = 3.0
QUICK = {"preset": "debug", "max_steps": 2}


@pytest.fixture(scope="module")
def talk():
    return simulate(3, SECONDS)


def dubbed(talk, folder):
    write_corpus([simulate(4, 30.0)], folder / "singles")
    dub_corpus(folder / "singles", folder / "corpus", conversations=1, seconds=12.0)


def simulated(talk, folder):
    write_corpus([talk], folder / "corpus")


@pytest.mark.parametrize("made", [simulated, dubbed])
def test_a_corpus_opens_and_trains(made, talk, tmp_path):
    made(talk, tmp_path)
    corpus = Corpus.open(tmp_path / "corpus")
    assert all(person.motion is not None for conversation in corpus for person in conversation)
    duet = train("duet", tmp_path / "corpus", tmp_path / "duet", **QUICK)
    assert (duet / "model.safetensors").is_file()
    dim = train("dim", tmp_path / "corpus", tmp_path / "dim", stage="tokenizers", **QUICK)
    assert (dim / "model.safetensors").is_file()

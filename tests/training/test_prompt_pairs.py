"""Pairs for visual prompts, made from a corpus."""

import json
from dataclasses import replace

import pytest
from PIL import Image

from clip_toys import tiny_clip
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models.retrieval.protocol import Description
from visavis.simulation.reactions.simulator import simulate_reaction
from visavis.training.prompt_pairs import make_pairs, read_pairs
from visavis.training.train import train


class Says:
    """Describes without a model, and may stop after so many descriptions."""

    name = "says"

    def __init__(self, most=1000):
        self.heard, self.most = [], most

    def __call__(self, transcript, goal, *, seed=0, situation=None, before=""):
        if len(self.heard) == self.most:
            raise RuntimeError("the power is cut")
        self.heard.append(transcript)
        return Description("", "", f"Sam would {goal}")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs") / "corpus"
    talks = [simulate_reaction(seed) for seed in range(8)]
    assert {talk.provenance["split"] for talk in talks} == {"train", "eval"}
    write_corpus(talks, folder)
    return folder, talks


def test_listeners_of_the_training_split_get_pictures_and_words(corpus, tmp_path):
    folder, talks = corpus
    describer = Says()
    path = make_pairs(folder, tmp_path / "pairs", describer)
    pairs = read_pairs(path)
    train = [talk for talk in talks if talk.provenance["split"] == "train"]
    assert len(pairs) == len(train)
    for pair, talk in zip(pairs, train, strict=True):
        assert pair.clip == f"{talk.id}-{talk.provenance['clip']['listener']}-0.00"
        assert (pair.fitting, pair.contrary) == ("Sam would be socially correct.", ("Sam would be rude.",))
        for name in pair.pictures:
            assert Image.open(path.parent / name).size == (224, 224)
    said = [" ".join(u.text for person in talk for u in person.utterances) for talk in train]
    assert describer.heard == [text for text in said for _ in range(2)]


def test_what_was_stopped_goes_on(corpus, tmp_path):
    whole = make_pairs(corpus[0], tmp_path / "whole", Says())
    with pytest.raises(RuntimeError):
        make_pairs(corpus[0], tmp_path / "cut", Says(most=5))
    half = tmp_path / "cut" / "pairs.jsonl"
    half.write_text(half.read_text() + '{"clip": "torn')
    describer = Says()
    again = make_pairs(corpus[0], tmp_path / "cut", describer)
    assert [json.loads(line) for line in again.open()] == [json.loads(line) for line in whole.open()]
    assert len(describer.heard) == 2 * len(read_pairs(whole)) - 4
    with pytest.raises(InputError, match="a different 'seed'"):
        make_pairs(corpus[0], tmp_path / "cut", Says(), seed=1)


def test_a_prompt_learns_from_a_corpus(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr("visavis.models.retrieval.describer.Describer", lambda name: Says())
    clip = tiny_clip(tmp_path / "clip")
    overrides = (f"data.clip={clip}", "border=4", "tokens=2")
    model = train("visual-prompt", corpus[0], tmp_path / "run", overrides=overrides)
    assert read_pairs(tmp_path / "pairs" / "pairs.jsonl")
    assert (model / "model.safetensors").is_file()


def test_a_corpus_without_listeners_is_refused(tmp_path):
    talk = simulate_reaction(0)
    write_corpus([talk.with_participants(*(replace(person, motion=None) for person in talk))], tmp_path / "corpus")
    with pytest.raises(InputError, match="contains no clips of listeners"):
        make_pairs(tmp_path / "corpus", tmp_path / "pairs", Says())


def test_listeners_who_are_told_nothing_are_refused(tmp_path):
    talk = next(talk for talk in map(simulate_reaction, range(20)) if talk.provenance["split"] == "train")
    write_corpus([talk.with_participants(*(replace(person, utterances=()) for person in talk))], tmp_path / "corpus")
    with pytest.raises(InputError, match="of 1 clips none has both words and images"):
        make_pairs(tmp_path / "corpus", tmp_path / "pairs", Says())


def test_a_corpus_kept_for_evaluation_is_refused(tmp_path):
    write_corpus([replace(simulate_reaction(0), provenance={"split": "eval"})], tmp_path / "corpus")
    with pytest.raises(InputError, match="held out for evaluation"):
        make_pairs(tmp_path / "corpus", tmp_path / "pairs", Says())

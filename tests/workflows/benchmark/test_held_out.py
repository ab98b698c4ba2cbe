"""What is measured on is never what is trained on."""

from dataclasses import replace

import pytest

from duet_toys import toy_conversation
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.training.corpora import Corpora
from visavis.workflows.benchmark.held_out import HeldOut


def corpus(folder, splits):
    made = (toy_conversation(i, 1.0) for i in range(len(splits)))
    known = (
        replace(c, provenance={} if split is None else {"split": split}) for c, split in zip(made, splits, strict=True)
    )
    write_corpus(known, folder)
    return folder


def test_what_the_corpus_keeps_for_testing_is_measured_on(tmp_path):
    parts = HeldOut.of(corpus(tmp_path / "c", ["train", "train", "val", "test", "train"]))
    assert parts.test == ("toy-3",)
    assert parts.train == ("toy-0", "toy-1", "toy-4")
    assert "for testing" in parts.how


def test_else_what_it_validates_on(tmp_path):
    parts = HeldOut.of(corpus(tmp_path / "c", ["train", "dev", "train"]))
    assert (parts.test, parts.train) == (("toy-1",), ("toy-0", "toy-2"))


def test_else_what_trainings_hold_out(tmp_path):
    folder = corpus(tmp_path / "c", [None] * 40)
    parts, sources = HeldOut.of(folder), Corpora.open(folder)
    out = tuple(s.id for s, held in zip(sources.sources, sources.held_out, strict=True) if held)
    assert parts.test == out
    assert len(out) == 2
    assert not set(parts.train) & set(out)


def test_too_few_conversations_are_refused(tmp_path):
    with pytest.raises(InputError, match="of 3 conversations none is held out"):
        HeldOut.of(corpus(tmp_path / "c", [None] * 3))

"""Every verb that writes a folder: while another run writes to it, it is refused at once, and nothing is done."""

import json
import time

import pytest
import soundfile

from curation_toys import write_talk
from duet_toys import toy_checkpoint, toy_conversation
from venus_figure import figure_9
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.formats.npz import write_npz

PLAN = """
question: Which listener reacts in the more socially appropriate way?
ours: social
against: [l2l]
items:
  - {id: cat, speaker: {text: My cat died.}, options: {social: a.mp4, l2l: b.mp4}}
"""


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """What verbs read, by name."""
    folder = tmp_path_factory.mktemp("given")
    corpus = write_corpus([toy_conversation(seed, 3.0) for seed in range(4)], folder / "corpus")
    one = write_corpus([toy_conversation(9, 2.0)], folder / "one")
    talk = toy_conversation(5, 3.0)
    for name, sound in (("a", talk.a.audio), ("b", talk.b.audio), ("talk", talk.mixed)):
        soundfile.write(folder / f"{name}.wav", sound.samples, sound.sample_rate)
    (folder / "venus").mkdir()
    (folder / "venus" / "x.json").write_text(json.dumps(figure_9()))
    (folder / "motions").mkdir()
    write_npz(talk, folder / "motions" / "talk.npz")
    (folder / "videos").mkdir()
    write_talk(folder / "videos" / "talk.mp4", 2.0)
    (folder / "plan.yaml").write_text(PLAN)
    return {
        "CORPUS": corpus, "ONE": one, "TALK": folder / "talk.wav", "A": folder / "a.wav", "B": folder / "b.wav",
        "VENUS": folder / "venus", "MOTIONS": folder / "motions", "VIDEOS": folder / "videos",
        "PLAN": folder / "plan.yaml", "MODEL": toy_checkpoint(folder / "checkpoint"),
    }  # fmt: skip


VERBS = [
    ("animate", "TALK", "--model", "MODEL", "--only", "motion"),
    ("animate", "A", "B", "--seed", "2", "--only", "motion"),
    ("listen", "TALK", "--only", "motion"),
    ("reenact", "TALK"),
    ("export", "ONE", "--to", "arkit,motion"),
    ("report", "CORPUS"),
    ("evaluate", "--pred", "MOTIONS", "--truth", "MOTIONS"),
    ("retrieve", "My cat died.", "--corpus", "CORPUS"),
    ("simulate", "--seconds", "5"),
    ("simulate", "--reactions"),
    ("import", "venus", "VENUS"),
    ("curate", "VIDEOS", "--config", "talk", "--workers", "1"),
    ("dub", "CORPUS", "--conversations", "1"),
    ("study", "build", "PLAN"),
    ("train", "duet", "--corpus", "CORPUS", "--preset", "debug"),
    ("train", "mean-pose", "--corpus", "CORPUS"),
    ("benchmark", "duet", "--corpus", "CORPUS", "--baseline", "mean-pose", "--model", "MODEL"),
    ("benchmark", "dim", "--corpus", "CORPUS", "--baseline", "mean-pose"),
    ("benchmark", "tokenizers", "--corpus", "CORPUS"),
    ("benchmark", "perception", "--corpus", "CORPUS", "--truth", "CORPUS"),
    ("benchmark", "retrieval", "--corpus", "CORPUS"),
]


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_a_folder_that_another_run_writes_to_is_refused_at_once(visavis, given, tmp_path, held_elsewhere, words):
    out = tmp_path / "out"
    arguments = [given.get(word, word) for word in words]
    if words[0] == "evaluate":
        arguments += ["--report", out]
    else:
        arguments += ["-o", out]
    with held_elsewhere(out):
        start = time.process_time()
        code, told, said = visavis(*arguments)
        took = time.process_time() - start
        assert list(out.iterdir()) == []
    assert (code, told) == (2, ""), said
    assert [line for line in said.splitlines() if "error" in line] == [said.splitlines()[-1]]
    assert "out: another run of visavis is writing to it" in said
    assert took < 10
    assert not list(tmp_path.glob(".*"))
    assert not (tmp_path / "features").exists()


@pytest.mark.parametrize("words", [("info", "CORPUS"), ("export", "CORPUS", "--to", "arkit", "--id", "toy-1")])
def test_reading_is_not_kept_from_anybody(visavis, given, tmp_path, held_elsewhere, words):
    arguments = [given.get(word, word) for word in words]
    with held_elsewhere(given["CORPUS"]):
        code, _, said = visavis(*arguments, *(["-o", tmp_path / "out"] if words[0] == "export" else []))
    assert code == 0, said
    assert len(Corpus.open(given["CORPUS"])) == 4

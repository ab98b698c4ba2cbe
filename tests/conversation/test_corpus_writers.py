"""Several that write to one corpus: one at a time, nothing lost."""

import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from duet_toys import toy_conversation
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import CorpusWriter, write_corpus
from visavis.errors import InputError

TESTS = Path(__file__).resolve().parents[1]
WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from dataclasses import replace
from duet_toys import toy_conversation
from visavis.conversation.corpus_write import CorpusWriter
toy = toy_conversation(int(sys.argv[3]), 1.0)
sys.stdin.readline()
for number in range(4):
    with CorpusWriter(sys.argv[2], append=True) as writer:
        writer.add(replace(toy, id=f"{sys.argv[3]}-{number}"))
"""


def test_processes_that_append_at_once_lose_nothing(tmp_path):
    command = [sys.executable, "-c", WRITER, TESTS, tmp_path / "corpus"]
    writers = [subprocess.Popen([*command, str(n)], stdin=subprocess.PIPE, text=True) for n in range(3)]
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    corpus = Corpus.open(tmp_path / "corpus")
    assert set(corpus.ids) == {f"{n}-{number}" for n in range(3) for number in range(4)}
    for conversation in corpus:
        assert conversation.a.motion == toy_conversation(int(conversation.id[0]), 1.0).a.motion
    assert not list((tmp_path / "corpus").rglob(".*"))


def test_who_waited_sees_what_the_other_has_written(tmp_path):
    write_corpus([toy_conversation(0, 1.0)], tmp_path / "corpus")
    begun, raised = [], []

    def late():
        writer = CorpusWriter(tmp_path / "corpus", append=True)
        begun.append(True)
        try:
            with writer:
                writer.add(toy_conversation(1, 1.0))
        except InputError as error:
            raised.append(str(error))

    with CorpusWriter(tmp_path / "corpus", append=True) as first:
        thread = Thread(target=late)
        thread.start()
        while not begun:
            pass
        first.add(toy_conversation(1, 1.0))
    thread.join(30)
    assert len(raised) == 1
    assert "already has a conversation 'toy-1'" in raised[0]
    assert Corpus.open(tmp_path / "corpus").ids == ("toy-0", "toy-1")


def test_one_that_fails_takes_nothing_of_another_s_away(tmp_path):
    def failing():
        with CorpusWriter(tmp_path / "corpus", append=True) as writer:
            writer.add(toy_conversation(0, 1.0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        failing()
    assert not (tmp_path / "corpus").exists()
    with CorpusWriter(tmp_path / "corpus", append=True) as writer:
        writer.add(toy_conversation(1, 1.0))
    with pytest.raises(KeyboardInterrupt):
        failing()
    assert Corpus.open(tmp_path / "corpus").ids == ("toy-1",)
    with CorpusWriter(tmp_path / "corpus", append=True) as writer:  # and it is let go of
        writer.add(toy_conversation(2, 1.0))
    assert len(Corpus.open(tmp_path / "corpus")) == 2


def test_a_process_that_is_killed_while_it_writes_the_first_part_can_be_followed_by_another(tmp_path):
    killed = WRITER.replace("writer.add(replace(toy", "writer.add(replace(toy, id='x')); __import__('os')._exit(9)\n#")
    command = [sys.executable, "-c", killed, TESTS, tmp_path / "corpus", "0"]
    assert subprocess.run(command, input="go\n", text=True, check=False).returncode == 9
    assert len(Corpus.open(tmp_path / "corpus")) == 0
    with CorpusWriter(tmp_path / "corpus", append=True) as writer:
        writer.add(toy_conversation(1, 1.0))
    (found,) = Corpus.open(tmp_path / "corpus")
    assert found.a.motion == toy_conversation(1, 1.0).a.motion
    assert not list((tmp_path / "corpus").rglob(".*"))

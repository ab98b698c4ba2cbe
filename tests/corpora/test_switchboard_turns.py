"""Made-up telephone calls in the layout of the table, and the real ones where they are there."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from visavis.conversation.corpus import Corpus
from visavis.corpora.importing import import_corpus
from visavis.corpora.switchboard_turns import read, spelling
from visavis.errors import InputError

ROWS = [
    (7, "A", 0.5, 0.9, "h[ow]-"), (7, "A", 0.9, 1.2, "are_1"), (7, "A", 1.2, 1.5, "you"), (7, "B", 3.0, 3.3, "uh-huh"),
    (7, "B", 3.4, 3.6, "[noise]"), (7, "A", 5.0, 5.6, "[laughter]"), (7, "A", 5.7, 6.0, "[laughter-yeah]"),
    (7, "A", 8.0, 8.4, "fine"), (7, "A", 8.3, 8.7, "thanks"), (9, "B", 1.0, 1.4, "hello"), (9, "A", 2.0, 2.4, "hi"),
]  # fmt: skip


def write(folder, rows=ROWS, columns=("call", "side", "start", "end", "word")):
    pq.write_table(pa.table({c: [row[i] for row in rows] for i, c in enumerate(columns)}), folder / "words.parquet")


def test_words_and_laughter_of_both_sides(tmp_path):
    write(tmp_path)
    found = read(tmp_path)
    assert list(found) == ["sw7", "sw9"]
    call = found["sw7"]()
    assert [w.text for w in call.a.words] == ["h-", "are", "you", "yeah", "fine", "thanks"]
    assert (call.a.words[4].end, call.a.words[5].start) == (8.3, 8.3)  # one mouth says one word at a time
    assert [(i.start, i.end) for i in call.a.events["heard_laugh"]] == [(5.0, 6.0)]
    assert [(u.text, u.kind) for u in call.b.utterances] == [("uh-huh", "backchannel")]
    assert call.b.events["heard_laugh"] == ()
    assert call.duration == 8.7
    assert call.provenance["session"] == "sw7"
    assert call.provenance["real"] == ["words", "times", "laughter"]


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("because_1", "because"), ("{alrighty}", "alrighty"), ("<b_aside>", ""), ("[vocalized-noise]", ""),
        ("[it'n/isn't]", "it'n"), ("huh-uh", "huh-uh"), ("-[o]kay", "-kay"), ("20/20", "20/20"),
    ],
)  # fmt: skip
def test_transcribers_marks_are_taken_off(text, spelt):
    assert spelling(text) == spelt


def test_it_is_imported(tmp_path):
    write(tmp_path)
    corpus = Corpus.open(import_corpus("switchboard-turns", tmp_path, tmp_path / "corpus"))
    assert corpus.ids == ("sw7", "sw9")
    assert [w.text for w in corpus["sw9"].b.words] == ["hello"]


@pytest.mark.parametrize(
    ("rows", "columns", "told"),
    [
        ([(1, "A", 0.0, 1.0)], ("call", "side", "start", "end"), "has no column 'word'"),
        ([(1, "C", 0.0, 1.0, "a")], ("call", "side", "start", "end", "word"), "has a side 'C'"),
        ([(1, "A", -1.0, 1.0, "a")], ("call", "side", "start", "end", "word"), "row 1: a word from -1.0 to 1.0 s"),
        ([(1, "A", "x", 1.0, "a")], ("call", "side", "start", "end", "word"), "not words of calls"),
    ],
)
def test_other_tables_are_refused_in_one_line(tmp_path, rows, columns, told):
    write(tmp_path, rows, columns)
    with pytest.raises(InputError, match=told) as caught:
        read(tmp_path)
    assert "\n" not in str(caught.value)


def test_the_real_calls(real_data):
    found = read(real_data / "turn-taking")
    assert len(found) == 2194
    call = found["sw2005"]()
    assert len(call.a.words) + len(call.b.words) > 1000
    assert sum(u.kind == "backchannel" for u in call.b.utterances) > 10
    assert not any(set("[]{}<>_") & set(w.text) for person in call for w in person.words)

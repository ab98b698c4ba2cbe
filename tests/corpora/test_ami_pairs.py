"""Two people who talk in a meeting of three, and the real ones where they are there."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from visavis.corpora.ami_pairs import read
from visavis.errors import InputError


def rows(person, start, count, *, step=0.5, text="well"):
    return [(person, start + i * step, start + (i + 1) * step, "word", text) for i in range(count)]


def write(folder, words):
    columns = ("person", "start", "end", "kind", "text")
    table = {"meeting": ["M1a"] * len(words), **{c: [row[i] for row in words] for i, c in enumerate(columns)}}
    pq.write_table(pa.table(table), folder / "words.parquet")


@pytest.fixture
def folder(tmp_path):
    write(
        tmp_path,
        [
            # Half a minute of A and B with a laugh, the next of all three, then a minute of B and C.
            *rows("A", 0.0, 30), *rows("B", 15.0, 25), ("B", 28.0, 29.0, "vocalsound", "laugh"), *rows("C", 10.0, 1),
            *rows("A", 31.0, 15), *rows("B", 40.0, 15), *rows("C", 50.0, 15),
            *rows("B", 61.0, 50, step=1.0), *rows("C", 86.0, 50),
        ],
    )  # fmt: skip
    return tmp_path


def test_runs_of_two_are_found_and_joined(folder):
    found = read(folder)
    assert list(found) == ["M1a-AB-00000", "M1a-BC-00060"]
    assert found["M1a-BC-00060"]().duration == 60.0


def test_words_and_laughs_are_on_the_stretchs_clock(folder):
    talk = read(folder)["M1a-AB-00000"]()
    assert (talk.a.name, talk.b.name) == ("A", "B")
    assert (talk.b.words[0].start, len(talk.b.words)) == (15.0, 25)
    assert [(i.start, i.end) for i in talk.b.events["heard_laugh"]] == [(28.0, 29.0)]
    assert talk.provenance["session"] == "M1"
    late = read(folder)["M1a-BC-00060"]()
    assert late.a.words[0].start == pytest.approx(1.0)


def test_a_word_does_not_last_through_the_silence_after_it(tmp_path):
    write(tmp_path, [*rows("A", 0.0, 20), *rows("B", 12.0, 6, step=3.0)])
    write(tmp_path, [*rows("A", 0.0, 30), *rows("B", 15.0, 5, step=3.0)])
    words = read(tmp_path)["M1a-AB-00000"]().b.words
    assert max(w.end - w.start for w in words) < 1.0


def test_a_missing_table_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"words\.parquet: missing"):
        read(tmp_path)


def test_the_real_meetings(real_data):
    found = read(real_data / "ami")
    assert len(found) > 2000
    talk = found["ES2002a-" + next(id for id in found if id.startswith("ES2002a-")).partition("ES2002a-")[2]]()
    both = sorted(w.start for person in talk for w in person.words)
    assert len(both) >= 30
    assert both[-1] <= talk.duration

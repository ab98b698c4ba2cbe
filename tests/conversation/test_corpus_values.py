"""Whole tables of a corpus are checked as a conversation that is read is, so that what counts them sees no nonsense."""

import copy
import math
import shutil
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract_toys import talk
from visavis.conversation import Interval
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.corpora.report.survey import survey
from visavis.errors import InputError


def nodding(seed):
    made = talk(seed, 2.0)
    return made.with_participants(replace(made.a, events={"nod": (Interval("deep", 0.2, 0.4),)}), made.b)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write_corpus(map(nodding, range(2)), tmp_path_factory.mktemp("corpus") / "c")


def change(folder, table, column, row, value):
    """Another value in one cell; a function is given a copy of the one that is there."""
    path = folder / table / "00000.parquet"
    old = pq.read_table(path)
    cells = old[column].to_pylist()
    cells[row] = value(copy.deepcopy(cells[row])) if callable(value) else value
    at = old.schema.names.index(column)
    pq.write_table(old.set_column(at, old.schema.field(at), pa.array(cells, old.schema.field(at).type)), path)


def signal(**fields):
    return lambda signals: [{**signals[0], **fields}, *signals[1:]]


def word(**fields):
    return lambda words: [{**(words or [{"text": "yes", "start": 0.0, "end": 0.1}])[0], **fields}]


IMPOSSIBLE = [
    ("conversations", "duration", math.nan, "a duration of nan s; 0 to 1,000,000"),
    ("conversations", "duration", math.inf, "a duration of inf s"),
    ("conversations", "duration", -1.0, "a duration of -1.0 s"),
    ("conversations", "conversation", "other", "is not participant A of conversation 'other'"),
    ("conversations", "conversation", "../up", "an id needs letters"),
    ("participants", "conversation", "other", "row 1 is not participant B of conversation 'talk-0'"),
    ("participants", "participant", "C", "row 1 is not participant B"),
    ("participants", "signals", signal(kind="motion", name="elsewhere"), "'elsewhere' is not in the index"),
    ("participants", "signals", signal(kind="wrong"), "'wrong'"),
    ("participants", "signals", signal(fps=math.nan), "has a frame rate of nan"),
    ("participants", "signals", signal(fps=1e300), r"has a frame rate of 1e\+300"),
    ("participants", "signals", signal(frames=10**15), "has 1000000000000000 frames"),
    ("participants", "signals", signal(frames=-1), "has -1 frames"),
    ("utterances", "start", math.nan, "something runs from nan"),
    ("utterances", "end", -1.0, "to -1.0 s"),
    ("utterances", "end", math.inf, "to inf s"),
    ("utterances", "end", 1e6, "after the conversation"),
    ("utterances", "conversation", "other", "is not in the table of conversations"),
    ("utterances", "participant", "nobody", "has no participant 'nobody'"),
    ("utterances", "words", word(end=math.nan), "a word runs from .* to nan s"),
    ("utterances", "words", word(start=5.0, end=1.0), "a word runs from 5.0 to 1.0 s"),
    ("events", "end", math.inf, "to inf s"),
    ("events", "start", -0.5, "runs from -0.5"),
    ("events", "participant", "", "has no participant ''"),
]


@pytest.mark.parametrize(("table", "column", "value", "message"), IMPOSSIBLE)
def test_counting_refuses_what_reading_refuses(whole, tmp_path, table, column, value, message):
    folder = copied(whole, tmp_path)
    change(folder, table, column, 1 if table == "participants" else 0, value)
    with pytest.raises(InputError, match=message) as caught:
        survey(Corpus.open(folder))
    assert f"{table}/00000.parquet" in str(caught.value) or "participants/00000.parquet" in str(caught.value)
    assert "\n" not in str(caught.value)


def copied(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "c")


def test_a_whole_corpus_is_counted(whole):
    assert survey(Corpus.open(whole)).seconds == pytest.approx(4.0)


@pytest.mark.parametrize("row", [4, 3])
def test_people_have_to_be_as_many_as_conversations_need(whole, tmp_path, row):
    folder = copied(whole, tmp_path)
    path = folder / "participants" / "00000.parquet"
    table = pq.read_table(path)
    pq.write_table(pa.concat_tables([table, table.slice(0, 1)]) if row == 4 else table.slice(0, 3), path)
    with pytest.raises(InputError, match=f"row {row} "):
        survey(Corpus.open(folder))


@pytest.mark.parametrize(("id", "letter"), [("none", "A"), ("talk-0", "C"), ("talk-0", ""), ("talk-0", "AB")])
def test_a_signal_of_nobody_is_refused(whole, id, letter):
    with pytest.raises(InputError, match=r"has no conversation 'none'|there are A and B"):
        Corpus.open(whole).signal(id, letter, "motion", "arkit")


@pytest.mark.parametrize("seconds", [math.nan, -1.0, 1e12])
def test_the_record_of_a_conversation_has_a_possible_duration(whole, tmp_path, seconds):
    folder = copied(whole, tmp_path)
    change(folder, "conversations", "duration", 0, seconds)
    with pytest.raises(InputError, match="a duration of"):
        Corpus.open(folder).record("talk-0")

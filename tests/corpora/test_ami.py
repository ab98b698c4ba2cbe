"""A made-up meeting of three in the layout of the tables, and the real ones where they are there."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from visavis.conversation.corpus import Corpus
from visavis.corpora.ami import read
from visavis.corpora.importing import import_corpus
from visavis.errors import InputError

WORDS = [
    ("A", 1.0, 1.4, "word", "Hello"), ("A", 1.4, 1.4, "punctuation", ","), ("A", 1.5, 1.9, "word", "there"),
    ("A", 1.9, 1.9, "punctuation", "?"), ("B", 3.0, 3.5, "word", "Yes"), ("B", 3.6, 4.2, "vocalsound", "laugh"),
    ("B", 4.3, 4.4, "vocalsound", "cough"), ("C", 5.0, 6.0, "word", "Right"), ("C", float("nan"), 6.2, "word", "lost"),
    ("C", 7.0, 6.5, "word", "short"),
]  # fmt: skip
HEAD = [
    ("A", 0.0, 3.2, "no_comm_head"), ("A", 3.2, 3.8, "concord_signal"), ("A", 3.8, 6.0, "no_comm_head"),
    ("A", 6.0, 9.0, "off_camera"), ("A", 9.0, 10.0, "discord_signal"), ("B", 0.0, 3.2, "no_comm_head"),
    ("B", 3.2, 3.4, "emphasis_signal"), ("B", 5.5, 5.9, "concord_signal"),
]  # fmt: skip
GAZE = [
    ("A", 0.0, 3.4, "place", "table"), ("A", 3.4, 5.2, "person", "B"), ("A", 5.2, 7.0, "person", "C"),
    ("A", 7.0, 8.0, "unspecified", ""), ("B", 0.0, 10.0, "person", "A"),
]  # fmt: skip
POSTURE = [("A", 0.0, 4.0, "sit"), ("A", 4.0, 8.0, "move"), ("A", 8.0, 10.0, "off_camera")]


def write(folder, name, rows, columns):
    table = {"meeting": ["M1"] * len(rows), **{c: [row[i] for row in rows] for i, c in enumerate(columns)}}
    pq.write_table(pa.table(table), folder / f"{name}.parquet")


@pytest.fixture
def folder(tmp_path):
    times = ("person", "start", "end")
    write(tmp_path, "words", WORDS, (*times, "kind", "text"))
    write(tmp_path, "head", HEAD, (*times, "type"))
    write(tmp_path, "gaze", GAZE, (*times, "target_kind", "target"))
    write(tmp_path, "posture", POSTURE, (*times, "type"))
    return tmp_path


def test_one_person_and_the_rest(folder):
    found = read(folder)
    assert list(found) == ["M1-A", "M1-B"]
    talk = found["M1-A"]()
    assert (talk.a.name, talk.b.name, talk.duration) == ("A", "others", 10.0)
    assert [w.text for w in talk.a.words] == ["Hello,", "there?"]
    assert [(w.text, w.start, w.end) for w in talk.b.words] == [
        ("Yes", 3.0, 3.5), ("Right", 5.0, 6.0), ("short", 7.0, 7.0),
    ]  # fmt: skip
    assert [(i.start, i.end) for i in talk.b.events["heard_laugh"]] == [(3.6, 4.2)]
    assert not talk.a.events["heard_laugh"]
    assert talk.provenance["session"] == "M1"
    assert "CC BY" in talk.provenance["licence"]


def test_head_signals_are_events_and_time_off_camera_is_left_out(folder):
    talk = read(folder)["M1-A"]()
    assert [(i.label, i.start) for i in talk.a.events["nod"]] == [("concord", 3.2)]
    assert [i.label for i in talk.a.events["shake"]] == ["discord"]
    assert [(i.start, i.end) for i in talk.a.events["head_seen"]] == [(0.0, 6.0), (9.0, 10.0)]
    assert [(i.start, i.end) for i in talk.a.events["posture_seen"]] == [(0.0, 8.0)]
    # B nodded while B was the last to speak, and again after C had begun, which A does not see in B.
    assert [(i.label, i.start) for i in talk.b.events["nod"]] == [("emphasis", 3.2)]


def test_a_look_counts_at_whoever_spoke_last(folder):
    talk = read(folder)["M1-A"]()
    track = talk.a.tracks["gaze_target"]
    at = track["code"].reshape(-1)
    assert [at[round(t * 25)] for t in (2.0, 4.0, 5.1, 6.0)] == [0, 1, 0, 1]
    assert track.valid[round(6.9 * 25)]
    assert not track.valid[round(7.5 * 25)]
    theirs = talk.b.tracks["gaze_target"]
    assert theirs["code"].reshape(-1)[round(4.0 * 25)] == 1
    assert not theirs.valid[round(6.0 * 25)]


def test_it_is_imported(folder, tmp_path):
    corpus = Corpus.open(import_corpus("ami", folder, tmp_path / "corpus"))
    assert corpus.ids == ("M1-A", "M1-B")
    assert [i.label for i in corpus["M1-A"].a.events["nod"]] == ["concord"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: (f / "gaze.parquet").unlink(), "gaze.parquet: missing; pass the folder of the AMI tables"),
        (lambda f: write(f, "head", [("A", 0.0, 1.0)], ("person", "start", "end")), "has no column 'type'"),
        (lambda f: write(f, "head", [("A", "0", 1.0, "x")], ("person", "start", "end", "type")), "'start' cannot have"),
        (lambda f: write(f, "head", [("A", 0.0, 1e9, "x")], ("person", "start", "end", "type")), "seconds are needed"),
    ],
)
def test_other_tables_are_refused_in_one_line(folder, change, told):
    change(folder)
    with pytest.raises(InputError, match=told):
        read(folder)


def test_the_published_meetings(real_data):
    found = read(real_data / "ami")
    assert len(found) == 468
    talk = found["IS1001a-A"]()
    assert len(talk.a.events["nod"]) > 10
    assert talk.a.tracks["gaze_target"].valid.any()
    assert all(np.diff([w.start for w in talk.b.words]) >= 0)

"""Corpora on disk: exact, bounded, atomic, and not to be broken by what they read."""

import json
import os
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from visavis.conversation import Conversation, Interval, Participant, Track, Utterance, Word
from visavis.conversation.compare import differences
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_media import load_exactly, save_exactly
from visavis.conversation.corpus_write import CorpusWriter, write_corpus
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.motion import ARKIT, FLAME, Column, Motion, MotionSpace, Seat

OWN_SPACE = MotionSpace("tail/wag", (Column("tail", "rad", "body"),), {"rear": ("tail",)}, "a dog's")


def full(name: str, seconds: float = 2.0, seed: int = 0) -> Conversation:
    rng = np.random.default_rng(seed)
    frames, samples = round(seconds * 25), round(seconds * 16_000)
    emotion = rng.normal(size=(frames, 2)).astype(np.float32)
    valid = rng.random(frames) > 0.3
    emotion[~valid] = np.nan
    a = Participant(
        name="Ана 😀",
        audio=Audio(rng.normal(size=samples).astype(np.float32)),
        utterances=(
            Utterance(0.1, 0.7, (Word("héllo", 0.1, 1 / 3), Word("", 1 / 3, 0.7)), "turn"),
            Utterance(0.9, 0.9, (), "backchannel"),
        ),
        speaking=Track(rng.random(frames), 25, ("speaking",)),
        motion=Motion(rng.normal(size=(frames, 67)), 25, ARKIT),
        seat=Seat((-0.5, 1.6, 0.1), np.pi / 3, seated=True),
        tracks={
            "emotion": Track(emotion, 25, ("valence", "arousal"), valid),
            "pitch/Hz": Track(np.ones(round(20 * seconds)), 20),
        },
        events={"nod": (), "blink": (Interval("b", 0.2, 0.3),)},
        appearance={"gender": 0.2, "eyes": [0.1, 0.2, 0.3], "nested": {"x": None}},
    )
    b = Participant(
        name="",
        audio=Audio((rng.integers(-(2**15), 2**15, samples) / 2**15).astype(np.float32)),
        motion=Motion(rng.normal(size=(round(seconds * 30), 118)), 30, FLAME),
        tracks={"emotion": Track(rng.normal(size=(frames, 1)), 25, ("joy",))},
    )
    mixed = Audio((rng.integers(-(2**23), 2**23, samples) / 2**23).astype(np.float32))
    return Conversation(name, (a, b), seconds, mixed, {"seed": 3, "source": "тест", "list": [1, 2.5, None, True]})


def bare(name: str) -> Conversation:
    return Conversation(name, (Participant("A"), Participant("B")), 0.0)


def empty_parts(name: str) -> Conversation:
    nothing = Participant(
        "A",
        audio=Audio(np.zeros(0)),
        speaking=Track(np.zeros((0, 1)), 25, ("speaking",)),
        motion=Motion.zeros(0, 25, ARKIT),
        tracks={"x": Track(np.zeros((0, 1)), 10)},
    )
    own = replace(nothing, name="B", motion=Motion.zeros(0, 12.5, OWN_SPACE))
    return Conversation(name, (nothing, own), 0.0, Audio(np.zeros(0), 44_100))


CONVERSATIONS = [full("first"), bare("second-2"), empty_parts("third"), full("4.x", 1.0, seed=5), bare("..")]


@pytest.fixture
def corpus(tmp_path):
    return Corpus.open(write_corpus(iter(CONVERSATIONS), tmp_path / "corpus"))


def test_round_trip_is_exact(corpus):
    assert corpus.ids == tuple(c.id for c in CONVERSATIONS)
    assert len(corpus) == 5
    for original, read in zip(CONVERSATIONS, corpus, strict=True):
        assert differences(original, read) == []
        assert original == read


def test_one_is_read_by_id(corpus):
    assert corpus["4.x"] == CONVERSATIONS[3]
    assert "4.x" in corpus
    assert "5" not in corpus
    with pytest.raises(InputError, match="no conversation '5'"):
        corpus["5"]


def test_differences_are_found():
    one = full("x")
    other = one.with_participants(replace(one.a, events={"nod": (), "blink": (Interval("b", 0.2, 0.31),)}), one.b)
    assert differences(one, other) == ["a.events['blink']"]
    assert differences(one, one.swapped()) != []


def test_built_in_spaces_are_themselves_and_others_are_kept(corpus):
    assert corpus["first"].a.motion.space is ARKIT
    own = corpus["third"].b.motion.space
    assert (own.name, own.columns, dict(own.sets), own.description) == (
        "tail/wag", OWN_SPACE.columns, {"rear": ("tail",)}, "a dog's",
    )  # fmt: skip


def test_sound_is_flac_where_that_is_exact(corpus):
    names = sorted(p.name for p in (corpus.folder / "media").iterdir())
    assert {"first.a.wav", "first.b.flac", "first.mixed.flac"} <= set(names)


def test_pandas_reads_it_without_us(corpus):
    frames = pd.read_parquet(corpus.folder / "frames" / "arkit")
    one = frames[(frames.conversation == "first") & (frames.participant == "A")]
    assert np.array_equal(one["jawOpen"], CONVERSATIONS[0].a.motion["jawOpen"])
    speaking = pd.read_parquet(corpus.folder / "tracks" / "speaking")
    joined = one.merge(speaking, on=["conversation", "participant", "frame"])
    assert np.array_equal(joined["speaking"], CONVERSATIONS[0].a.speaking["speaking"])
    words = pd.read_parquet(corpus.folder / "utterances").explode("words")
    assert words.words.iloc[0]["text"] == "héllo"


def test_events_keep_the_columns_that_corpora_have_always_had(corpus):
    table = pd.read_parquet(corpus.folder / "events")
    assert list(table.columns)[:6] == ["conversation", "participant", "name", "text", "start", "end"]
    assert table.iloc[0].tolist()[:6] == ["first", "A", "blink", "b", 0.2, 0.3]


def test_events_of_earlier_versions_have_no_details(corpus):
    path = corpus.folder / "events" / "00000.parquet"
    file = pq.ParquetFile(path)
    groups = [file.read_row_group(i).drop_columns(["details"]) for i in range(file.num_row_groups)]
    with pq.ParquetWriter(path, groups[0].schema) as writer:
        for group in groups:
            writer.write_table(group)
    found = Corpus.open(corpus.folder)["first"]
    assert found.a.events == CONVERSATIONS[0].a.events


def test_a_row_group_per_conversation(corpus):
    assert pq.ParquetFile(corpus.folder / "frames/arkit/00000.parquet").num_row_groups == 2


def test_parts_and_appending(tmp_path, monkeypatch):
    monkeypatch.setattr("visavis.conversation.corpus_write.PART_SIZE", 2)
    folder = tmp_path / "c"
    with CorpusWriter(folder) as writer:
        for i in range(5):
            writer.add(full(f"c{i}", 0.4, seed=i))
    with CorpusWriter(folder, append=True) as writer:
        writer.add(full("c5", 0.4, seed=5))
        with pytest.raises(InputError, match="already has a conversation 'c2'"):
            writer.add(full("c2", 0.4))
    assert len(list((folder / "conversations").iterdir())) == 4
    assert [c == full(f"c{i}", 0.4, seed=i) for i, c in enumerate(Corpus.open(folder))] == [True] * 6
    with pytest.raises(InputError, match="already contains a corpus"):
        CorpusWriter(folder)


def test_a_failure_keeps_what_was_committed(tmp_path, monkeypatch):
    monkeypatch.setattr("visavis.conversation.corpus_write.PART_SIZE", 2)

    def interrupted():
        with CorpusWriter(tmp_path / "c") as writer:
            for i in range(3):
                writer.add(full(f"c{i}", 0.4))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert Corpus.open(tmp_path / "c").ids == ("c0", "c1")
    assert Corpus.open(tmp_path / "c")["c1"].a == full("c1", 0.4).a
    assert not [p for p in (tmp_path / "c").rglob("*") if p.name.endswith(".tmp") or "c2" in p.name]


@pytest.mark.parametrize("part_size", [256, 1])
def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch, part_size):
    monkeypatch.setattr("visavis.conversation.corpus_write.PART_SIZE", part_size)

    def broken():
        yield full("fine", 0.4)
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_corpus(broken(), tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_replaced_stays(tmp_path, monkeypatch):
    write_corpus([full("a", 0.4)], tmp_path / "c")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(InputError, match="no permission"):
        write_corpus([bare("b")], tmp_path / "c", replace=True)
    assert Corpus.open(tmp_path / "c").ids == ("a",)
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_replacing(tmp_path):
    write_corpus([full("a", 0.4)], tmp_path / "c")
    with pytest.raises(InputError, match="already contains a corpus"):
        write_corpus([bare("b")], tmp_path / "c")
    write_corpus([bare("b")], tmp_path / "c", replace=True)
    assert Corpus.open(tmp_path / "c").ids == ("b",)
    assert [p.name for p in tmp_path.iterdir()] == ["c"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match="not an empty folder"):
        write_corpus([bare("b")], tmp_path / "mine", replace=True)
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_an_empty_corpus(tmp_path):
    assert list(Corpus.open(write_corpus([], tmp_path / "c"))) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: replace(c, provenance={"x": object()}), "provenance contains a value that JSON cannot"),
        (lambda c: replace(c, provenance={"x": float("nan")}), "provenance contains a value that JSON cannot"),
        (lambda c: c.with_participants(replace(c.a, name="\ud800"), c.b), "conversation 'bad'"),
        (
            lambda c: c.with_participants(replace(c.a, tracks={"t": Track(np.zeros(0), 25, ("frame",))}), c.b),
            "track 't' cannot have a column called 'frame'",
        ),
    ],
)
def test_what_cannot_be_stored_is_said(tmp_path, change, message):
    with pytest.raises(InputError, match=message) as caught:
        write_corpus([change(bare("bad"))], tmp_path / "c")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        write_corpus([bare("a")], tmp_path / "file" / "c")


def space(**fields):
    entry = {"table": "x", "columns": [{"name": "a", "unit": "m", "group": "jaw"}], **fields}
    return json.dumps({"format": "visavis corpus", "schema_version": 1, "spaces": {"x": entry}})


HOSTILE = {
    "empty": "",
    "not json": "{]",
    "deep": "[" * 200_000 + "]" * 200_000,
    "list": "[]",
    "other format": '{"format": "something"}',
    "newer": '{"format": "visavis corpus", "schema_version": 99}',
    "version of another type": '{"format": "visavis corpus", "schema_version": {"a": [1]}}',
    "parts": '{"format": "visavis corpus", "schema_version": 1, "parts": "many"}',
    "huge parts": '{"format": "visavis corpus", "schema_version": 1, "parts": 1e30}',
    "huge number": '{"format": "visavis corpus", "schema_version": 1, "parts": ' + "9" * 10_000 + "}",
    "missing part": '{"format": "visavis corpus", "schema_version": 1, "parts": 1, "conversations": 1}',
    "spaces": '{"format": "visavis corpus", "schema_version": 1, "spaces": [1, 2]}',
    "space": '{"format": "visavis corpus", "schema_version": 1, "spaces": {"arkit": {"table": 3}}}',
    "traversal": '{"format": "visavis corpus", "schema_version": 1, "spaces": {"a": {"table": "../x", "columns": []}}}',
    "binary": "\x00\x01\x02",
    "bounds": space(bounds={"nothing": [0, 1]}),
    "columns": space(columns=[{"name": name, "unit": "m", "group": "jaw"} for name in ("a", "a")]),
    "key": space(columns=[{"name": "frame", "unit": "m", "group": "jaw"}]),
    "track": '{"format": "visavis corpus", "schema_version": 1, "tracks": [{"table": "t", "name": "t", '
    '"columns": ["participant"]}]}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_index(tmp_path, name):
    (tmp_path / "corpus.json").write_text(HOSTILE[name])
    with pytest.raises(InputError) as caught:
        Corpus.open(tmp_path)
    message = str(caught.value)
    assert str(tmp_path) in message
    assert "\n" not in message
    assert len(message) < 500


def test_a_huge_index_is_refused(tmp_path):
    with (tmp_path / "corpus.json").open("wb") as file:
        file.truncate(2**33)  # sparse
    with pytest.raises(InputError, match="at most 16"):
        Corpus.open(tmp_path)


def test_no_corpus(tmp_path):
    with pytest.raises(InputError, match=r"no corpus\.json"):
        Corpus.open(tmp_path)


def rewrite(path, change):
    """Replaces a Parquet file by a changed one with the same row groups."""
    file = pq.ParquetFile(path)
    tables = [change(file.read_row_group(i)) for i in range(file.num_row_groups)]
    path.unlink()
    with pq.ParquetWriter(path, tables[0].schema) as writer:
        for table in tables:
            writer.write_table(table, row_group_size=len(table))


def with_column(table: pa.Table, name: str, values) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, [values])


def with_value(table: pa.Table, name: str, row: int, value) -> pa.Table:
    values = table[name].to_pylist()
    values[row] = value
    return with_column(table, name, pa.array(values, table.schema.field(name).type))


def with_field(table: pa.Table, name: str, **fields) -> pa.Table:
    return with_value(table, name, 0, {**table[name].to_pylist()[0], **fields})


def with_signal(rows: pa.Table, **fields) -> pa.Table:
    first, *others = rows["signals"].to_pylist()[0]
    return with_value(rows, "signals", 0, [{**first, **fields}, *others])


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("frames/arkit", lambda t: with_value(t, "jawOpen", 7, float("nan")), "frame 7, column 'jawOpen'"),
        ("frames/arkit", lambda t: with_value(t, "jawOpen", 7, None), "'jawOpen' has no value at row 7"),
        ("frames/arkit", lambda t: with_value(t, "frame", 9, 3), "frame 9 of 50 is missing or out of order"),
        ("frames/arkit", lambda t: t.slice(0, 30), "frame 30 of 50 is missing"),
        ("frames/arkit", lambda t: t.drop_columns(["head.x"]), "column 'head.x' is missing"),
        (
            "frames/arkit",
            lambda t: with_column(t, "head.x", pa.array(["a"] * len(t))),
            "'head.x' has type string",
        ),
        ("frames/arkit", lambda t: with_value(t, "participant", 0, "B"), "another participant"),
        (
            "tracks/speaking",
            lambda t: with_value(t, "speaking", 4, 7.0),
            "speaking is not a probability at frame 4",
        ),
        ("tracks/emotion", lambda t: with_value(t, "valid", 3, None), "'valid' has no value at row 3"),
        ("utterances", lambda t: with_value(t, "start", 1, -3.0), "utterance runs from -3.0"),
        (
            "utterances",
            lambda t: with_value(t, "words", 0, [{"text": None, "start": 0.0, "end": 1.0}]),
            "'text'",
        ),
        (
            "participants",
            lambda t: with_value(t, "appearance", 0, "[" * 100_000),
            "appearance.*nested too deeply",
        ),
        ("participants", lambda t: with_value(t, "appearance", 0, "[]"), "a JSON object is needed"),
        ("participants", lambda t: t.slice(1, len(t) - 1), "A and B in order"),
        ("conversations", lambda t: with_value(t, "provenance", 0, "{"), "provenance.*not valid JSON"),
        ("conversations", lambda t: with_value(t, "duration", 0, 1e12), "a duration of 1000000000000.0 s; 0 to"),
        ("conversations", lambda t: with_value(t, "duration", 0, float("nan")), "a duration of nan s"),
        ("conversations", lambda t: with_value(t, "utterances_row_group", 0, 99), "has no row group 99"),
        ("conversations", lambda t: with_field(t, "mixed", file="media/a\0b.wav"), "has a zero in it"),
        ("conversations", lambda t: with_field(t, "mixed", sample_rate=None), "'sample_rate' has no value"),
        ("conversations", lambda t: with_field(t, "mixed", samples=-1), "the corpus says 1, -1 at"),
        ("participants", lambda t: with_field(t, "seat", x=None), "'seat', field 'x' has no value at row 0"),
        ("participants", lambda t: with_field(t, "seat", yaw=float("inf")), "a yaw of at most 10,000 radians"),
        ("participants", lambda t: with_field(t, "audio", samples=None), "'audio', field 'samples' has no value"),
        ("participants", lambda t: with_value(t, "signals", 0, None), "'signals' has no value at row 0"),
        ("participants", lambda t: with_value(t, "signals", 0, [None]), "column 'signals'"),
        ("participants", lambda t: with_value(t, "events", 0, [None]), "'events' has no value at row 0"),
        ("participants", lambda t: with_signal(t, fps=None), "field 'fps' has no value"),
        ("participants", lambda t: with_signal(t, fps=0.0), "a frame rate of 0.0"),
        ("participants", lambda t: with_signal(t, fps=1e9), "a frame rate of 1000000000.0"),
        ("participants", lambda t: with_signal(t, fps=float("nan")), "a frame rate of nan"),
        ("participants", lambda t: with_signal(t, first_row=-3), "50 frames from row -3 on"),
        ("participants", lambda t: with_signal(t, first_row=None), "field 'first_row' has no value"),
        ("participants", lambda t: with_signal(t, frames=-1), "-1 frames from row 0"),
        ("participants", lambda t: with_signal(t, frames=10**12), "frame 50 of 1000000000000 is missing"),
        ("participants", lambda t: with_signal(t, name="elsewhere"), "does not describe the motion space 'elsewhere'"),
        ("participants", lambda t: with_signal(t, table="frames/../x"), "does not describe the table"),
        ("participants", lambda t: with_signal(t, row_group=-1), "has no row group -1"),
        ("events", lambda t: with_value(t, "end", 0, float("inf")), "runs from 0.2 to inf"),
        ("utterances", lambda t: with_value(t, "words", 0, None), "'words' has no value at row 0"),
        ("utterances", lambda t: t.append_column("start", t["start"]), "column 'start' is there twice"),
    ],
)
def test_broken_tables_name_file_field_and_frame(tmp_path, file, change, message):
    folder = write_corpus([full("first")], tmp_path / "c")
    path = folder / file / "00000.parquet"
    rewrite(path, change)
    with pytest.raises(InputError, match=message) as caught:
        Corpus.open(folder)["first"]
    assert "\n" not in str(caught.value)
    assert f"{file}/00000.parquet" in str(caught.value) or "first" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"x" * 1000])
def test_broken_files(tmp_path, content):
    folder = write_corpus([full("first")], tmp_path / "c")
    for path in folder.rglob("*.parquet"):
        original = path.read_bytes()
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"\.parquet") as caught:
            Corpus.open(folder)["first"]
        assert "\n" not in str(caught.value)
        path.write_bytes(original)
    for path in (folder / "media").iterdir():
        original = path.read_bytes()
        path.write_bytes(content)
        with pytest.raises(InputError, match=path.name):
            Corpus.open(folder)["first"]
        path.write_bytes(original)
    assert Corpus.open(folder)["first"] == full("first")


@pytest.mark.parametrize("where", ["/etc/passwd", "../../secret.wav", "media/../../secret.wav"])
def test_media_outside_of_the_corpus_is_not_read(tmp_path, where):
    folder = write_corpus([full("first")], tmp_path / "x" / "c")
    (tmp_path / "x" / "secret.wav").write_bytes((folder / "media" / "first.a.wav").read_bytes())
    rewrite(
        folder / "conversations" / "00000.parquet",
        lambda t: with_value(t, "mixed", 0, {"file": where, "sample_rate": 16_000, "samples": 32_000}),
    )
    with pytest.raises(InputError, match="outside the corpus"):
        Corpus.open(folder)["first"]


def test_a_link_out_of_the_corpus_is_not_followed(tmp_path):
    folder = write_corpus([full("first")], tmp_path / "c")
    media = folder / "media" / "first.a.wav"
    media.rename(tmp_path / "outside.wav")
    media.symlink_to(tmp_path / "outside.wav")
    with pytest.raises(InputError, match="outside the corpus"):
        Corpus.open(folder)["first"]


def test_index_describes_every_column(corpus):
    index = json.loads((corpus.folder / "corpus.json").read_text())
    assert [c["name"] for c in index["spaces"]["arkit"]["columns"]] == list(ARKIT.names)
    assert index["spaces"]["arkit"]["fps"] == [25.0]
    assert {(t["name"], *t["columns"]) for t in index["tracks"]} >= {
        ("emotion", "valence", "arousal"),
        ("emotion", "joy"),
    }


def test_equal_sounds_are_equal_files(tmp_path):
    noise = Audio(np.random.default_rng(0).normal(size=16_000).astype(np.float32))  # which takes floating point
    first = save_exactly(noise, tmp_path / "first")
    time.sleep(1.1)  # libsndfile's own clock tells seconds
    second = save_exactly(noise, tmp_path / "second")
    assert first.suffix == ".wav"
    assert first.read_bytes() == second.read_bytes()
    assert b"PEAK" not in first.read_bytes()[:200]
    assert load_exactly(tmp_path, first.name, 16_000, 16_000) == noise


def test_sounds_are_refused_by_what_they_would_take(tmp_path, monkeypatch):
    folder = write_corpus([full("first")], tmp_path / "c")
    monkeypatch.setattr("visavis.conversation.corpus_media.LARGEST_ARRAYS", 100_000)
    with pytest.raises(InputError, match=r"first\.a\.wav: lasts 0\.0 h, which is more than is read at once"):
        Corpus.open(folder)["first"]


def test_a_pipe_in_a_corpus_is_refused_at_once(tmp_path):
    folder = write_corpus([full("first")], tmp_path / "c")
    for name in ("corpus.json", "frames/arkit/00000.parquet", "media/first.a.wav"):
        original = (folder / name).read_bytes()
        (folder / name).unlink()
        os.mkfifo(folder / name)
        with pytest.raises(InputError, match="is a pipe"):
            Corpus.open(folder)["first"]
        (folder / name).unlink()
        (folder / name).write_bytes(original)

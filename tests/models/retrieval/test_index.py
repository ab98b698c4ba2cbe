"""The index beside a corpus: built once, found again, brought up to date, refused where it does not fit."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from listener_toys import FACES, ColumnEncoder, clip_corpus, cut_clip
from reporters import Recorded
from visavis.conversation.corpus_write import CorpusWriter, write_corpus
from visavis.errors import InputError
from visavis.models.retrieval import indexing
from visavis.models.retrieval.index import ClipIndex, index_folder
from visavis.models.retrieval.indexing import open_or_build


@pytest.fixture
def corpus(tmp_path):
    return clip_corpus(tmp_path / "corpus", 6)


def test_the_clip_that_shows_it_comes_first(corpus):
    encoder = ColumnEncoder()
    index = open_or_build(corpus, encoder)
    rows, scores = index.search(encoder.embed_texts(["browInnerUp"])[0], 3)
    assert index.entry(rows[0]).conversation == "clip-2"
    assert (index.entry(0).listener, index.entry(0).start, index.entry(0).stop) == ("B", 0.0, 4.0)
    assert scores[0] == pytest.approx(1.0, abs=1e-4)
    assert (np.diff(scores) <= 0).all()


def test_more_than_there_are_gives_all(corpus):
    encoder = ColumnEncoder()
    rows, _ = open_or_build(corpus, encoder).search(encoder.embed_texts(["jawOpen"])[0], 99)
    assert sorted(rows) == list(range(6))


def test_less_than_one_is_refused(corpus):
    with pytest.raises(InputError, match="at least 1"):
        open_or_build(corpus, ColumnEncoder()).search(np.ones(4, np.float32), 0)


def test_portions_tell_the_order_of_expressions(tmp_path):
    folder = tmp_path / "corpus"
    there_and_back = [FACES[:2], FACES[1::-1]]
    write_corpus((cut_clip(f"c{i}", faces) for i, faces in enumerate(there_and_back)), folder)
    encoder = ColumnEncoder()
    index = open_or_build(folder, encoder)
    rows, scores = index.search_portions(encoder.embed_texts([FACES[1], FACES[0]]), 2)
    assert rows.tolist() == [1, 0]
    assert scores[0] == pytest.approx(1.0, abs=0.01)
    assert scores[1] == pytest.approx(0.0, abs=0.01)
    whole, _ = index.search(encoder.embed_texts([FACES[0]])[0], 2)
    assert whole.tolist() == [0, 1]  # alike as wholes


def test_what_is_there_is_not_built_again(corpus):
    open_or_build(corpus, ColumnEncoder())
    again = ColumnEncoder()
    told = Recorded()
    open_or_build(corpus, again, reporter=told)
    assert not told.titles  # there is nothing to do
    assert again.seen == 0


def test_encoders_have_an_index_each(corpus):
    open_or_build(corpus, ColumnEncoder("one"))
    open_or_build(corpus, ColumnEncoder("two/weights:3", portions=0))
    assert {ClipIndex.open(corpus, ColumnEncoder("one")).encoder} == {"one"}
    with pytest.raises(InputError, match=r"no index for encoder 'three'; there are indexes for 'one', 'two/weights:3'"):
        ClipIndex.open(corpus, ColumnEncoder("three"))


def test_the_index_of_another_encoder_is_refused(corpus):
    open_or_build(corpus, ColumnEncoder("one"))
    index_folder(corpus, "one").rename(index_folder(corpus, "two"))
    with pytest.raises(InputError, match=r"of encoder 'one'.*not of 'two'.*or delete the folder"):
        open_or_build(corpus, ColumnEncoder("two"))


def test_only_what_is_new_is_embedded(corpus):
    open_or_build(corpus, ColumnEncoder())
    with CorpusWriter(corpus, append=True) as writer:
        writer.add(cut_clip("new", FACES[3:]))
    encoder = ColumnEncoder()
    index = open_or_build(corpus, encoder)
    assert encoder.seen == 1
    assert len(index) == 7
    assert index.entry(6).conversation == "new"
    fresh = open_or_build(corpus, ColumnEncoder("fresh"))
    np.testing.assert_array_equal(index.vectors(range(7)), fresh.vectors(range(7)))
    assert len(list(index.folder.glob("whole-*.npy"))) == 1


def test_a_corpus_that_is_another_is_indexed_again(corpus):
    open_or_build(corpus, ColumnEncoder())
    write_corpus([cut_clip("other", FACES[1:3])], corpus, replace=True)
    index = open_or_build(corpus, ColumnEncoder())
    assert [index.entry(i).conversation for i in range(len(index))] == ["other"]


def test_a_build_that_was_stopped_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(indexing, "UNIT", 2)
    corpus = clip_corpus(tmp_path / "corpus", 6)

    class Stopped(ColumnEncoder):
        def embed_clips(self, clips):
            if self.seen >= 4:
                raise KeyboardInterrupt
            return super().embed_clips(clips)

    with pytest.raises(KeyboardInterrupt):
        open_or_build(corpus, Stopped())
    with pytest.raises(InputError, match="has no index"):
        ClipIndex.open(corpus, ColumnEncoder())
    encoder = ColumnEncoder()
    index = open_or_build(corpus, encoder)
    assert (encoder.seen, len(index)) == (2, 6)
    assert not (index.folder / "building").exists()
    whole = open_or_build(corpus, ColumnEncoder("unstopped"))
    np.testing.assert_array_equal(index.vectors(range(6)), whole.vectors(range(6)))


def test_a_unit_cut_off_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(indexing, "UNIT", 2)
    corpus = clip_corpus(tmp_path / "corpus", 4)
    work = index_folder(corpus, "columns") / "building"
    work.mkdir(parents=True)
    for unit in indexing.corpus_units(corpus):
        (work / f"{unit.key}.npz").write_bytes(b"PK\x03\x04 cut off")
    encoder = ColumnEncoder()
    assert len(open_or_build(corpus, encoder)) == 4
    assert encoder.seen == 4


def test_nothing_is_left_where_nothing_was_built(tmp_path):
    write_corpus([], tmp_path / "empty")
    with pytest.raises(InputError, match="the corpus is empty"):
        open_or_build(tmp_path / "empty", ColumnEncoder())
    assert not index_folder(tmp_path / "empty", "columns").exists()


def test_progress_rises_to_one(corpus):
    told = Recorded()
    open_or_build(corpus, ColumnEncoder(), reporter=told)
    assert told.shares == sorted(told.shares)
    assert 0.9 < told.shares[-1] <= 1


@pytest.mark.parametrize("name", ["index.json", "whole", "portions", "clips"])
@pytest.mark.parametrize("harm", ["empty", "gone", "cut"])
def test_a_damaged_index_is_refused_and_left(corpus, name, harm):
    folder = open_or_build(corpus, ColumnEncoder()).folder
    (path,) = folder.glob(f"{name}*")
    before = path.read_bytes()
    if harm == "gone" and name == "index.json":
        return  # that is an index that was never finished
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(b"" if harm == "empty" else before[: len(before) // 2])
    others = {p: p.read_bytes() for p in folder.iterdir() if p != path}
    with pytest.raises(InputError, match=r"the index is damaged: .*delete .*to rebuild it") as error:
        open_or_build(corpus, ColumnEncoder())
    assert "\n" not in str(error.value)
    assert {p: p.read_bytes() for p in folder.iterdir() if p != path} == others


def test_an_index_whose_parts_do_not_fit_is_refused(corpus):
    folder = open_or_build(corpus, ColumnEncoder()).folder
    about = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps({**about, "clips": 5}))
    with pytest.raises(InputError, match="do not have the 5 rows"):
        open_or_build(corpus, ColumnEncoder())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("name", ["whole", "portions"])
def test_vectors_that_are_not_finite_are_refused_when_they_are_looked_at(corpus, name, value):
    encoder = ColumnEncoder()
    folder = open_or_build(corpus, encoder).folder
    (path,) = folder.glob(f"{name}*.npy")
    rows = np.load(path)
    rows[2] = value
    np.save(path, rows)
    index = open_or_build(corpus, encoder)
    texts = encoder.embed_texts(["browInnerUp", "jawOpen"])
    with pytest.raises(InputError, match=r"not finite; delete .* to rebuild the index"):
        index.search(10 * texts[0], 2) if name == "whole" else index.search_portions(10 * texts, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"clips": float("inf")}, {"clips": None}, {"clips": -1}, {"dim": 10**12}, {"dim": "x"}, {"portions": [2]},
        {"portions": 10**9}, {"fingerprint": "../../x"}, {"fingerprint": None}, {"fingerprint": "a\0b"},
        {"version": "1"}, {"format": None}, {"clips": 10**400},
    ],
    ids=str,
)  # fmt: skip
def test_an_index_that_tells_other_things_than_it_is_is_refused(corpus, change):
    folder = open_or_build(corpus, ColumnEncoder()).folder
    about = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps({**about, **change}))
    with pytest.raises(InputError, match=r"the index is (damaged|of encoder)") as caught:
        open_or_build(corpus, ColumnEncoder())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("start", float("nan")),
        ("start", -1.0),
        ("stop", 0.0),
        ("stop", float("inf")),
        ("conversation", None),
        ("space", None),
    ],
)
def test_clips_without_a_place_are_refused(corpus, column, value):
    folder = open_or_build(corpus, ColumnEncoder()).folder
    (path,) = folder.glob("clips*.parquet")
    table = pq.read_table(path)
    rows = table[column].to_pylist()
    rows[3] = value
    at = table.schema.get_field_index(column)
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(rows, table.schema.field(at).type)), path)
    with pytest.raises(InputError, match="the index is damaged"):
        open_or_build(corpus, ColumnEncoder())


def test_vectors_of_the_wrong_shape_are_the_encoders_fault(corpus):
    class Odd(ColumnEncoder):
        def embed_clips(self, clips):
            return super().embed_clips(clips)[:, :1]

    with pytest.raises(InputError, match="encoder 'columns' returned vectors of"):
        open_or_build(corpus, Odd())


def test_without_faiss_a_large_index_says_so(corpus, monkeypatch):
    monkeypatch.setattr(indexing, "LARGE", 3)
    monkeypatch.setattr(indexing, "find_faiss", lambda: None)
    told = Recorded()
    open_or_build(corpus, ColumnEncoder(), reporter=told)
    (note,) = told.notes
    assert "visavis[search]" in note

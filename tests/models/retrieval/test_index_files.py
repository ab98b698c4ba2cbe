"""The files of an index, and the tables it is made from, are opened with limits and never waited for."""

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from visavis.errors import InputError
from visavis.models.retrieval.index import CLIPS, INDEX_NAME, ClipIndex, read_table
from visavis.models.retrieval.indexing import corpus_units


def pipe(path):
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def sparse(path):
    path.write_bytes(b"")
    os.truncate(path, 20 * 2**30)


def large(path):
    path.write_text(json.dumps({"format": "x" * 20_000_000}))


@pytest.mark.parametrize("spoil", [pipe, sparse, large])
def test_an_index_that_is_no_file_of_its_size_is_damaged(tmp_path, spoil):
    spoil(tmp_path / INDEX_NAME)
    with pytest.raises(InputError, match=r"the index is damaged: .*(pipe|at most 16.0 MiB)"):
        ClipIndex(tmp_path)


def test_a_table_of_clips_that_unpacks_to_gigabytes_is_refused(tmp_path):
    path = tmp_path / "clips.parquet"
    pq.write_table(pa.table({"conversation": pa.nulls(2**28)}), path)
    assert path.stat().st_size < 2**20
    with pytest.raises(InputError, match=r"clips\.parquet: has .* GiB, of which at most"):
        read_table(path, CLIPS)


@pytest.mark.parametrize("spoil", [pipe, lambda path: path.write_bytes(b"PAR1" * 9), lambda path: path.mkdir()])
def test_a_damaged_table_of_conversations_is_named(tmp_path, spoil):
    (tmp_path / "corpus.json").write_text(json.dumps({"format": "visavis corpus", "schema_version": 1, "parts": 1}))
    (tmp_path / "conversations").mkdir()
    spoil(tmp_path / "conversations" / "00000.parquet")
    with pytest.raises(InputError, match=r"conversations/00000\.parquet"):
        corpus_units(tmp_path)

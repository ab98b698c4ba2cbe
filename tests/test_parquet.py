import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from visavis.errors import InputError
from visavis.parquet import open_parquet, read_parquet


def table() -> pa.Table:
    return pa.table({"x": np.arange(9, dtype=np.float32), "said": ["a", "b", "c"] * 3, "at": [[1, 2]] * 9})


def test_rows_are_read_whole_or_by_group_and_column(tmp_path: Path) -> None:
    pq.write_table(table(), tmp_path / "x.parquet", row_group_size=4)
    file = open_parquet(tmp_path / "x.parquet")
    assert read_parquet(file, "x").equals(table())
    assert read_parquet(file, "x", ["said"], group=2).to_pydict() == {"said": ["c"]}
    for group in (-1, 3):
        with pytest.raises(InputError, match=f"x: has no row group {group}"):
            read_parquet(file, "x", group=group)


def test_rows_are_refused_by_what_they_would_take(tmp_path: Path) -> None:
    path = tmp_path / "still.parquet"
    still = pa.table({"x": pa.array(np.zeros(5_000_000, np.float32))})  # takes no room in the file, as all are alike
    with pq.ParquetWriter(path, still.schema, compression="zstd") as writer:
        for _ in range(20):
            writer.write_table(still)
    assert path.stat().st_size < 2**20
    with pytest.raises(InputError, match=r"still\.parquet: has 763\.2 MiB, of which at most 512\.0 MiB"):
        read_parquet(open_parquet(path), path, largest=2**29)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"x" * 1000, b"PAR1" + bytes(99) + b"PAR1"])
def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.parquet: not a readable Parquet table") as caught:
        open_parquet(path)
    assert "\n" not in str(caught.value)


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.parquet")
    with pytest.raises(InputError, match="is a pipe"):
        open_parquet(tmp_path / "x.parquet")


FLIPS = """
import sys
from pathlib import Path
from visavis.errors import InputError
from visavis.parquet import open_parquet, read_parquet
whole = Path(sys.argv[1]).read_bytes()
path = Path(sys.argv[1] + ".flipped")
for at in range(0, len(whole), 5):
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
    try:
        read_parquet(open_parquet(path), path)
    except InputError as error:
        assert "\\n" not in str(error)
"""


def test_no_flipped_bit_ends_the_process(tmp_path: Path) -> None:
    pq.write_table(table(), tmp_path / "x.parquet", row_group_size=4, compression="zstd")
    done = subprocess.run([sys.executable, "-c", FLIPS, tmp_path / "x.parquet"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")

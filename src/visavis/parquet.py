"""Parquet tables that others wrote, with limits as in `visavis.reading`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from visavis.errors import InputError, plainly
from visavis.reading import LARGEST_ARRAYS, as_bytes, regular_file

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


def open_parquet(path: str | Path) -> pq.ParquetFile:
    """A Parquet file, of which only the footer is read.

    Raises:
        InputError: It cannot be read, or is no such file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = regular_file(path)
    try:
        file = pq.ParquetFile(path, memory_map=False)
        _ = file.schema_arrow.names  # which may be no text
        return file
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise InputError(f"{path}: not a readable Parquet table ({plainly(error)[:100]})") from None


def read_parquet(
    file: pq.ParquetFile,
    where: object,
    columns: Sequence[str] | None = None,
    *,
    group: int | None = None,
    largest: int = LARGEST_ARRAYS,
) -> pa.Table:
    """The rows of a Parquet file, or of one of its row groups.

    Args:
        file: From `open_parquet`.
        where: Its path, for the message.
        columns: Which to read; all unless given.
        group: Which row group; all unless given.
        largest: Bytes that the rows may take in memory.

    Raises:
        InputError: There is no such row group, its rows have more than `largest` bytes, or the file is damaged.
    """
    import pyarrow as pa

    groups = list(range(file.num_row_groups)) if group is None else [group]
    if group is not None and not 0 <= group < file.num_row_groups:
        raise InputError(f"{where}: has no row group {group}")
    try:
        # What a footer says of single columns is not asked for: Arrow ends the process where that is damaged.
        told = [file.metadata.row_group(number) for number in groups]
        width = 8 * len(columns or file.schema_arrow.names)
        size = sum(width * max(0, group.num_rows) + max(0, group.total_byte_size) for group in told)
        if size > largest:
            raise InputError(f"{where}: has {as_bytes(size)}, of which at most {as_bytes(largest)} are read")
        return file.read_row_groups(groups, columns=columns)
    except (pa.ArrowException, OSError, UnicodeError, MemoryError) as error:
        raise InputError(f"{where}: {plainly(error)}") from None

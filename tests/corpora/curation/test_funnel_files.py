"""The records of a curation, read from a table that somebody changed."""

import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from visavis.corpora.curation.funnel import RECORDS_NAME, read_records, write_records
from visavis.corpora.curation.walk import Record
from visavis.errors import InputError


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -1.0, 1e300])
def test_impossible_durations_are_refused(tmp_path, seconds):
    path = write_records([Record("a", "a.mp4", "scan", True, "", {}, 2.0)], ["scan"], tmp_path / RECORDS_NAME)
    assert read_records(tmp_path)[0].duration == 2.0
    table = pq.read_table(path)
    at = table.schema.names.index("duration")
    pq.write_table(table.set_column(at, "duration", pa.array([seconds], pa.float64())), path)
    with pytest.raises(InputError, match=r"curation\.parquet: cannot be read \(a duration of .* s\)"):
        read_records(tmp_path)

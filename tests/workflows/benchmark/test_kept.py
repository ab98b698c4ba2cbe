"""What a benchmark has done is not done again, and nothing half-written is ever taken for done."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.workflows.benchmark.kept import Kept


def test_values_are_made_once_for_what_decides_them(tmp_path):
    made = []

    def make():
        made.append(1)
        return {"x": [1.5, None]}

    for _ in range(2):
        assert Kept(tmp_path).values("rows/a b", ["corpus", 3], make) == {"x": [1.5, None]}
    assert len(made) == 1
    Kept(tmp_path).values("rows/a b", ["corpus", 4], make)
    assert len(made) == 2


def test_arrays_come_back_as_they_were(tmp_path):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    for make in (lambda: values, lambda: pytest.fail("made again")):
        assert np.array_equal(Kept(tmp_path).arrays("m/x", [], make), values)


def test_what_fails_leaves_nothing_behind(tmp_path):
    def fails():
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        Kept(tmp_path).arrays("m/x", [], fails)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]

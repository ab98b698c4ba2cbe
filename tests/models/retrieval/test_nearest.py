"""Searching a matrix gives what multiplying it gives."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.models.retrieval import nearest
from visavis.models.retrieval.nearest import Matrix, prepare


def unit_rows(rows, dim, seed=0, spread=1.0):
    """Unit vectors about a common one, as those of CLIP are."""
    numbers = np.random.default_rng(seed)
    found = numbers.standard_normal(dim) * 3 + spread * numbers.standard_normal((rows, dim))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def saved(folder, rows):
    np.save(folder / "rows.npy", rows)
    return folder / "rows.npy"


def by_numpy(rows, query, count):
    """From the definition, in double precision."""
    scores = rows.astype(np.float64) @ query.astype(np.float64)
    order = np.lexsort((np.arange(len(rows)), -scores))[:count]
    return order, scores[order]


@pytest.mark.parametrize("screened", [False, True])
@pytest.mark.parametrize(("dim", "spread"), [(7, 1.0), (64, 1.0), (512, 0.3), (512, 4.0)])
def test_it_is_exact(tmp_path, monkeypatch, screened, dim, spread):
    rows = unit_rows(3000, dim, spread=spread)
    path = saved(tmp_path, rows)
    monkeypatch.setattr(nearest, "SCREENED", 0 if screened else 2**40)
    prepare(path)
    assert nearest.bytes_path(path).is_file() == screened
    matrix = Matrix(path)
    for query in unit_rows(5, dim, seed=1):
        for count in (1, 10, 3000):
            found, scores = matrix.top(query, count)
            order, exact = by_numpy(rows, query, count)
            np.testing.assert_allclose(scores, exact, atol=2e-6)
            if count == 10:
                assert found.tolist() == order.tolist()


def test_bytes_rule_most_rows_out(tmp_path, monkeypatch):
    path = saved(tmp_path, unit_rows(20_000, 256))
    monkeypatch.setattr(nearest, "SCREENED", 0)
    prepare(path)
    assert len(Matrix(path).screened(unit_rows(1, 256, seed=2)[0], 5)) < 2000


def test_equal_rows_come_in_their_order(tmp_path, monkeypatch):
    rows = np.repeat(unit_rows(3, 16), 4, 0)
    path = saved(tmp_path, rows)
    found, _ = Matrix(path).top(rows[4], 4)
    assert found.tolist() == [4, 5, 6, 7]
    monkeypatch.setattr(nearest, "SCREENED", 0)
    prepare(path)
    assert Matrix(path).top(rows[4], 4)[0].tolist() == [4, 5, 6, 7]


def test_a_zero_row_is_no_trouble(tmp_path, monkeypatch):
    rows = np.vstack([np.zeros((1, 8), np.float32), unit_rows(3, 8)])
    path = saved(tmp_path, rows)
    monkeypatch.setattr(nearest, "SCREENED", 0)
    prepare(path)
    assert Matrix(path).top(rows[2], 1)[0].tolist() == [2]


def test_faiss_finds_nearly_all(tmp_path, monkeypatch):
    pytest.importorskip("faiss", reason="needs visavis[search]")
    numbers = np.random.default_rng(3)
    rows = np.concatenate([unit_rows(200, 32, seed=i) for i in range(50)])
    path = saved(tmp_path, rows)
    monkeypatch.setattr(nearest, "LARGE", 1000)
    prepare(path)
    matrix = Matrix(path)
    assert matrix.approximate
    hits = 0
    for row in numbers.choice(len(rows), 20):
        found, scores = matrix.top(rows[row], 10)
        assert found[0] == row
        np.testing.assert_allclose(scores, rows[found] @ rows[row], atol=1e-6)
        hits += len(set(found.tolist()) & set(by_numpy(rows, rows[row], 10)[0].tolist()))
    assert hits >= 0.9 * 200


def test_without_faiss_a_large_matrix_is_searched_exactly(tmp_path, monkeypatch):
    rows = unit_rows(3000, 16)
    path = saved(tmp_path, rows)
    monkeypatch.setattr(nearest, "LARGE", 1000)
    monkeypatch.setattr(nearest, "find_faiss", lambda: None)
    prepare(path)
    matrix = Matrix(path)
    assert not matrix.approximate
    assert matrix.top(rows[17], 1)[0].tolist() == [17]


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"no array at all"])
def test_a_damaged_file_is_said(tmp_path, content):
    path = tmp_path / "rows.npy"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"rows\.npy"):
        Matrix(path)


def test_a_matrix_cut_off_is_said(tmp_path):
    path = saved(tmp_path, unit_rows(100, 16))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"rows\.npy"):
        Matrix(path)

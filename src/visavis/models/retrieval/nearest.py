"""Maximum inner-product search over a large matrix on disk.

Exact: the product of the whole matrix with the query. What that costs is reading the matrix from memory, so matrices
above `SCREENED` numbers have a copy in bytes beside them. A row x is there a scale times whole numbers, x', and

    |q.x - q'.x'|  <=  |q - q'| |x'| + |q| |x - x'|,

so that all rows whose product in bytes is more than twice that below the best ones' are ruled out, and only the others
are multiplied in float32. The result is the same; the bytes read are a quarter.

Above `LARGE` rows, with FAISS: an inverted file whose cells nearest to the query are searched in bytes, and whose best
rows are then multiplied in float32. Rows in other cells are missed; `benchmarks/retrieval_index.py` measures how many.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError, plainly
from visavis.reading import read_array
from visavis.reporter import Update

Array = NDArray[np.float32]

SCREENED = 2**27
"""Numbers in a matrix from which on bytes are looked at first."""
LARGE = 1_000_000
"""Rows above which FAISS is used."""
_BLOCK = 50_000
"""Rows that are copied at a time."""
_PROBED = 8
"""One in so many cells of the inverted file is searched, those nearest to the query."""
_RESCORED = 2_000
"""Rows found by FAISS that are multiplied in float32, at least."""


class Matrix:
    """A matrix (N, D) of float32 on disk, memory-mapped.

    Args:
        path: The ``.npy`` file; its copy in bytes and FAISS's file lie beside it.

    Attributes:
        approximate: Whether FAISS is used.

    Raises:
        InputError: The file is missing or no such matrix.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = _mapped(path, np.float32)
        self._copy = bytes_path(path)
        self.approximate = faiss_path(path).is_file() and find_faiss() is not None

    def __len__(self) -> int:
        return len(self.rows)

    def top(self, query: Array, count: int) -> tuple[NDArray[np.intp], Array]:
        """The `count` rows with the largest products, best first; equal ones in the order of the rows.

        Args:
            query: (D,).
            count: 1 to N.

        Returns:
            Rows (count,) and their products (count,).

        Raises:
            InputError: A number that is looked at is not finite.
        """
        query = np.asarray(query, np.float32)
        candidates: NDArray[np.intp] | None = None
        if self.approximate:
            candidates = self._probed(query, count)
        elif self._copy.is_file():
            candidates = self.screened(query, count)
        with np.errstate(over="ignore", invalid="ignore"):
            scores = (self.rows if candidates is None else self.rows[candidates]) @ query
        if not np.isfinite(scores).all():
            raise InputError(
                f"{self.path}: contains numbers that are not finite; delete {self.path.parent} to rebuild the index"
            )
        return _best(candidates, scores, count)

    @cached_property
    def _bytes(self) -> tuple[NDArray[np.int8], Array, float, float]:
        """The copy (N, D), its scales (N,), the greatest length of a row, the greatest distance to one."""
        copy, about = _mapped(self._copy, np.int8), _mapped(_about_path(self.path), np.float32)
        if copy.shape != self.rows.shape or about.shape != (3, len(copy)):
            raise InputError(f"{self._copy}: does not belong to {self.path.name}")
        return copy, np.array(about[0]), float(about[1].max()), float(about[2].max())

    def screened(self, query: Array, count: int) -> NDArray[np.intp]:
        """All rows (n,) that by their bytes may be among the `count` best for a query (D,), in order."""
        copy, scales, longest, farthest = self._bytes
        whole, scale = _in_bytes(query[None])
        products = _byte_products(copy, whole[0])
        products *= scales * scale[0]
        apart = float(np.linalg.norm(query - scale[0] * whole[0].astype(np.float32)))
        # Float32 itself is off by about 1e-7 of what is summed up.
        doubt = apart * longest + float(np.linalg.norm(query)) * (farthest + 1e-6)
        return np.flatnonzero(products >= _at_rank(products, count) - 2 * doubt)

    def _probed(self, query: Array, count: int) -> NDArray[np.intp]:
        index = self._faiss
        wanted = min(len(self), max(_RESCORED, 4 * count))
        _, found = index.search(query[None], wanted)
        found = found[0][found[0] >= 0]
        if len(found) < min(count, len(self)):  # the probed cells hold too little: all of them
            index.nprobe = index.nlist
            _, found = index.search(query[None], wanted)
            index.nprobe = max(1, index.nlist // _PROBED)
            found = found[0][found[0] >= 0]
        return np.sort(found)

    @cached_property
    def _faiss(self) -> Any:
        faiss = find_faiss()
        path = faiss_path(self.path)
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
        except RuntimeError as error:
            raise InputError(f"{path}: cannot be read: {plainly(error)}; delete it and run retrieve again") from None
        if index.ntotal != len(self) or index.d != self.rows.shape[1]:
            raise InputError(f"{path}: does not belong to {self.path.name}; delete it and run retrieve again")
        index.nprobe = max(1, index.nlist // _PROBED)
        return index


def bytes_path(path: Path) -> Path:
    """Where a matrix's copy in bytes is."""
    return path.with_suffix(".bytes.npy")


def faiss_path(path: Path) -> Path:
    """Where FAISS's file for a matrix is."""
    return path.with_suffix(".faiss")


def _about_path(path: Path) -> Path:
    return path.with_suffix(".scales.npy")


def find_faiss() -> Any:
    """The module, or None where it is not installed."""
    try:
        import faiss
    except ImportError:
        return None
    return faiss


def prepare(path: Path, update: Update = lambda _share: None) -> None:
    """Writes what makes searching a matrix fast, as its size asks for; nothing for small ones.

    Raises:
        InputError: The matrix cannot be read.
    """
    rows = _mapped(path, np.float32)
    if len(rows) > LARGE and find_faiss() is not None:
        _write_faiss(path, rows, update)
    elif rows.size > SCREENED:
        _write_bytes(path, rows, update)


def _write_bytes(path: Path, rows: Array, update: Update) -> None:
    copy = np.lib.format.open_memmap(bytes_path(path), "w+", np.int8, rows.shape)
    about = np.empty((3, len(rows)), np.float32)
    for span in _spans(len(rows)):
        copy[span], about[0, span] = _in_bytes(rows[span])
        there = about[0, span, None] * copy[span].astype(np.float32)
        about[1, span] = np.linalg.norm(there, axis=1)
        about[2, span] = np.linalg.norm(rows[span] - there, axis=1)
        update(span.stop / len(rows))
    copy.flush()
    np.save(_about_path(path), about)


def _write_faiss(path: Path, rows: Array, update: Update) -> None:
    faiss = find_faiss()
    dim = rows.shape[1]
    cells = 2 ** int(np.log2(4 * np.sqrt(len(rows))))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dim), dim, cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    chosen = np.sort(np.random.default_rng(0).choice(len(rows), min(len(rows), 40 * cells), replace=False))
    index.train(rows[chosen])
    for span in _spans(len(rows)):
        index.add(np.ascontiguousarray(rows[span]))
        update(span.stop / len(rows))
    faiss.write_index(index, str(faiss_path(path)))


def _in_bytes(rows: Array) -> tuple[NDArray[np.int8], Array]:
    """Whole numbers from -127 to 127 and the scales (N,) that make them the rows (N, D) again."""
    scales = np.abs(rows).max(1) / 127
    whole = np.rint(rows / np.where(scales > 0, scales, 1)[:, None])
    return whole.astype(np.int8), scales.astype(np.float32)


def _byte_products(copy: NDArray[np.int8], query: NDArray[np.int8]) -> Array:
    """Inner products (N,) of bytes, summed up in whole numbers."""
    import warnings

    import torch

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        rows = torch.from_numpy(copy)
    return torch._int_mm(rows, torch.from_numpy(query)[:, None]).squeeze(1).float().numpy()


def _best(candidates: NDArray[np.intp] | None, scores: Array, count: int) -> tuple[NDArray[np.intp], Array]:
    """The best of some rows, or of all."""
    over = np.flatnonzero(scores >= _at_rank(scores, count))
    rows = over if candidates is None else candidates[over]
    order = np.lexsort((rows, -scores[over]))[:count]
    return rows[order].astype(np.intp), np.asarray(scores[over][order], np.float32)


def _at_rank(scores: Array, count: int) -> float:
    """The score that `count` others reach; torch finds it several times faster than NumPy does."""
    import torch

    return float(torch.topk(torch.from_numpy(scores), min(count, len(scores))).values[-1])


def _spans(count: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK))


def _mapped(path: Path, dtype: type) -> Any:
    rows = read_array(path, mapped=True)
    if rows.ndim != 2 or rows.dtype != dtype:
        raise InputError(f"{path}: has type {rows.dtype} and shape {rows.shape}, not a matrix of {np.dtype(dtype)}")
    return rows

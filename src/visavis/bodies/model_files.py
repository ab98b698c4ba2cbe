"""Reads FLAME and SMPL-X model files, which users download themselves, without running anything in them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError, about, plainly
from visavis.pickles import ArrayUnpickler, load_arrays
from visavis.reading import LARGEST_ARRAYS, is_there, read_arrays, regular_file


class _ChumpyArray:
    """Stands in for ``chumpy.ch.Ch``, in which old files wrap arrays: only the array is kept."""

    x: Any = None

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.x = state.get("x")


class _Sparse:
    """Stands in for SciPy's sparse matrices, whose state is a dictionary of arrays."""

    kind: str

    def dense(self, key: str) -> NDArray[Any]:
        """The whole matrix.

        Raises:
            InputError: It is too large, or its arrays do not belong together.
        """
        from scipy import sparse

        state = vars(self)
        try:
            shape = tuple(int(n) for n in state.get("_shape", state.get("shape", ())))
            if math.prod(shape) * 8 > LARGEST_ARRAYS:
                raise InputError(f"array {key!r} has shape {shape}, which is too large for a body")
            if self.kind == "coo":
                places = state["coords"] if "coords" in state else (state["row"], state["col"])
                matrix = sparse.coo_matrix((state["data"], tuple(places)), shape).tocsr()
            else:
                parts = tuple(state[name] for name in ("data", "indices", "indptr"))
                matrix = getattr(sparse, f"{self.kind}_matrix")(parts, shape)
            matrix.check_format(full_check=True)
            return np.asarray(matrix.todense())
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"array {key!r} is no intact sparse matrix ({plainly(error)[:80]})") from None


def _made(kind: Any, *_: Any) -> Any:
    """What old pickles make objects with."""
    if not isinstance(kind, type) or not issubclass(kind, _ChumpyArray | _Sparse):
        raise InputError("contains an object that is neither array nor matrix; it is not loaded")
    return kind()


class _Reader(ArrayUnpickler):
    """Also knows what else the published files are made of: sparse matrices, old objects and chumpy's arrays."""

    allowed: ClassVar[Mapping[tuple[str, str], Any]] = {
        **ArrayUnpickler.allowed,
        **{(module, "_reconstructor"): _made for module in ("copy_reg", "copyreg")},
        **{(module, "object"): object for module in ("__builtin__", "builtins")},
        **{
            (f"scipy.sparse{module}", f"{kind}_matrix"): type(kind, (_Sparse,), {"kind": kind})
            for kind in ("csc", "csr", "coo")
            for module in ("", f".{kind}", f"._{kind}")
        },
    }

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "chumpy":
            return _ChumpyArray
        return super().find_class(module, name)


def read_model_file(path: Path | str, keys: Iterable[str]) -> dict[str, NDArray[Any]]:
    """The named arrays of an ``.npz`` or ``.pkl`` model file.

    Args:
        path: The file.
        keys: Names of the arrays needed.

    Raises:
        InputError: The file is missing, is no model file, lacks an array, or holds code.
    """
    path = Path(path)
    if not is_there(path):
        raise InputError(
            f"{path}: no such model file; FLAME and SMPL-X are downloaded from their own websites after registration"
        )
    regular_file(path)
    keys = tuple(keys)
    if path.suffix == ".npz":
        found: Any = read_arrays(path, keys)
    else:
        with about(path), path.open("rb") as file:
            found = load_arrays(file, _Reader)
    with about(path):
        return {key: _plain(found, key) for key in keys}


def _plain(found: Any, key: str) -> NDArray[Any]:
    """One of the arrays, dense.

    Raises:
        InputError: It is not there, is none, or has no room in memory.
    """
    if not isinstance(found, Mapping) or key not in found:
        raise InputError(f"has no array {key!r}; is this a FLAME or SMPL-X model file?")
    value = found[key].x if isinstance(found[key], _ChumpyArray) else found[key]
    if isinstance(value, _Sparse):
        value = value.dense(key)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiu":
        raise InputError(f"{key!r} is {type(value).__name__}; an array of numbers is needed")
    return np.asarray(value)

"""Reads FLAME and SMPL-X model files, which users download themselves, without running anything in them."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.pickles import ArrayUnpickler


class _ChumpyArray:
    """Stands in for ``chumpy.ch.Ch``, in which old files wrap arrays: only the array is kept."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.x = state.get("x")


class _Reader(ArrayUnpickler):
    """Also knows what else the published files are made of: sparse matrices, old objects and chumpy's arrays."""

    allowed = ArrayUnpickler.allowed | {
        *((module, "_reconstructor") for module in ("copy_reg", "copyreg")),
        *((module, "object") for module in ("__builtin__", "builtins")),
        *(
            (f"scipy.sparse{module}", f"{kind}_matrix")
            for kind in ("csc", "csr", "coo")
            for module in ("", f".{kind}", f"._{kind}")
        ),
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
    if not path.is_file():
        raise InputError(
            f"{path}: no such model file; FLAME and SMPL-X are downloaded from their own websites after registration"
        )
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as stored:
                return {key: stored[key] for key in keys}
        with path.open("rb") as file:
            found = _Reader(file, encoding="latin1").load()
        return {key: _plain(found[key]) for key in keys}
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except KeyError as error:
        raise InputError(f"{path}: has no array {error}; is this a FLAME or SMPL-X model file?") from None
    except (OSError, ValueError, EOFError, TypeError, AttributeError, ImportError, pickle.UnpicklingError) as error:
        raise InputError(f"{path}: cannot be read as a body model ({error})") from None


def _plain(value: Any) -> NDArray[Any]:
    if isinstance(value, _ChumpyArray):
        value = value.x
    return np.asarray(value.todense() if hasattr(value, "todense") else value)

"""Reads third-party pickles without executing anything in them."""

from __future__ import annotations

import pickle
import pickletools
from typing import IO, Any, ClassVar

import numpy as np

from visavis.errors import InputError


class _ArrayType:
    """Stands for the type that a pickle names when it has an array made; called itself, it makes nothing."""


def _reconstruct(_kind: Any, shape: Any, _dtype: Any) -> Any:
    """An array to be filled; others than empty ones would cost memory that the file does not hold."""
    if shape != (0,):
        raise InputError("has an array made that it does not fill; save plain arrays")
    return np.ndarray.__new__(np.ndarray, (0,), "b")


def _scalar(dtype: Any, value: Any) -> Any:
    return np.frombuffer(value, dtype, count=1)[0] if isinstance(value, bytes) else value


class ArrayUnpickler(pickle.Unpickler):
    """Loads plain containers, numbers, text and NumPy arrays; anything else in a pickle is refused before it is made.

    Attributes:
        allowed: Modules and names that a pickle may refer to.
    """

    allowed: ClassVar[frozenset[tuple[str, str]]] = frozenset(
        {
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("_codecs", "encode"),
            ("collections", "OrderedDict"),
            *((f"numpy.{core}.multiarray", name) for core in ("core", "_core") for name in ("_reconstruct", "scalar")),
            *((f"numpy.{core}.numeric", "_frombuffer") for core in ("core", "_core")),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        """What a pickle refers to.

        Raises:
            InputError: It is not among `allowed`.
        """
        if (module, name) not in self.allowed:
            raise InputError(f"contains {module}.{name}, which is not an array and could run code; it is not loaded")
        return _OURS.get(name) or super().find_class(module, name)


_OURS: dict[str, Any] = {"ndarray": _ArrayType, "_reconstruct": _reconstruct, "scalar": _scalar}
"""What takes the place of functions that would make more than a file holds."""


def load_arrays(file: IO[bytes]) -> Any:
    """What a pickle of arrays in plain containers holds.

    Args:
        file: That can be read again, at the pickle's start.

    Raises:
        InputError: It holds something else, or is damaged.
    """
    try:
        start = file.tell()
        for places, (code, argument, _) in enumerate(pickletools.genops(file)):
            if code.name in ("PUT", "LONG_BINPUT") and int(argument or 0) > places:  # each costs memory up to there
                raise InputError("numbers its parts beyond their count")
        file.seek(start)
        return ArrayUnpickler(file, encoding="latin1").load()
    except InputError:
        raise
    except Exception as error:  # a damaged pickle may fail in any way
        raise InputError(f"not an intact pickle ({' '.join(str(error).split())[:100]})") from None

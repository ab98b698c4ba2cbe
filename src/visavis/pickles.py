"""Reads third-party pickles without executing anything in them."""

from __future__ import annotations

import pickle
from typing import IO, Any, ClassVar

from visavis.errors import InputError


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
        return super().find_class(module, name)


def load_arrays(file: IO[bytes]) -> Any:
    """What a pickle of arrays in plain containers holds.

    Raises:
        InputError: It holds something else, or is damaged.
    """
    try:
        return ArrayUnpickler(file, encoding="latin1").load()
    except InputError:
        raise
    except Exception as error:  # a damaged pickle may fail in any way
        raise InputError(f"not an intact pickle ({' '.join(str(error).split())[:100]})") from None

"""Reads third-party pickles of arrays without executing anything in them, and without more memory than they hold.

NumPy's own functions for unpickling trust what they are given, so none of them is called: what stands for an array, a
type or a number in a pickle is first read as plain values, which are then checked like any others.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Mapping
from typing import IO, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError, plainly
from visavis.reading import LARGEST_ARRAYS


class _Type:
    """What a pickle says of an array's type."""

    def __init__(self, kind: Any = "", *_: Any) -> None:
        self.kind: Any = kind
        self.order: Any = "="

    def __setstate__(self, state: Any) -> None:
        _, self.order, parts, names = state[:4]
        if parts is not None or names is not None:
            raise InputError("contains an array of several fields; save plain arrays, one per part")

    def real(self) -> np.dtype[Any]:
        found = np.dtype(str(self.kind))
        return found.newbyteorder(self.order) if self.order in ("<", ">", "=") else found


class _Array:
    """What a pickle says of an array."""

    array: NDArray[Any] | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, by_columns, content = state
        self.array = _array(content, kind, shape, "F" if by_columns else "C")


def _array(content: Any, kind: _Type, shape: Any, order: str) -> NDArray[Any]:
    """An array of exactly the content that there is."""
    dtype, shape = kind.real(), tuple(int(n) for n in shape)
    if dtype.hasobject:
        if not isinstance(content, list) or math.prod(shape) != len(content):
            raise InputError(f"an array of shape {shape} without its content")
        array = np.empty(len(content), object)
        array[:] = [_resolved(each, {}) for each in content]
    else:
        data = content.encode("latin1") if isinstance(content, str) else bytes(content)
        if not dtype.itemsize or math.prod(shape) * dtype.itemsize != len(data):
            raise InputError(f"an array of shape {shape} without its content")
        array = np.frombuffer(data, dtype).copy()
    return array.reshape(shape, order=order)  # type: ignore[call-overload,no-any-return]


def _scalar(kind: _Type, content: Any = b"") -> Any:
    return _array(content, kind, (), "C")[()]


def _encode(text: str, encoding: str = "latin1") -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise InputError(f"contains text in {encoding!r}, which is not loaded")
    return text.encode("latin1")


class ArrayUnpickler(pickle.Unpickler):
    """Loads plain containers, numbers, text and NumPy arrays; anything else in a pickle is refused before it is made.

    Attributes:
        allowed: Modules and names that a pickle may refer to, and what is taken instead.
    """

    allowed: ClassVar[Mapping[tuple[str, str], Any]] = {
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _Type,
        ("_codecs", "encode"): _encode,
        ("collections", "OrderedDict"): OrderedDict,
        ("__builtin__", "bytes"): lambda: b"",  # how old protocols say nothing
        **{
            (f"numpy.{core}.{module}", name): stand_in
            for core in ("core", "_core")
            for module, name, stand_in in (
                ("multiarray", "_reconstruct", lambda *_: _Array()),
                ("multiarray", "scalar", _scalar),
                ("numeric", "_frombuffer", lambda content, kind, shape, order: _array(content, kind, shape, order)),
            )
        },
    }

    def find_class(self, module: str, name: str) -> Any:
        """What stands for what a pickle refers to.

        Raises:
            InputError: It is not among `allowed`.
        """
        if (module, name) not in self.allowed:
            raise InputError(f"contains {module}.{name}, which is not an array and could run code; it is not loaded")
        return self.allowed[module, name]


def load_arrays(file: IO[bytes], reader: type[ArrayUnpickler] = ArrayUnpickler) -> Any:
    """What a pickle of arrays in plain containers holds.

    Args:
        file: From where the pickle begins to its end.
        reader: What it may refer to.

    Raises:
        InputError: It holds something else, is damaged, or asks for more memory than it has content.
    """
    data = file.read(LARGEST_ARRAYS + 1)
    if len(data) > LARGEST_ARRAYS:
        raise InputError(f"a pickle of more than {LARGEST_ARRAYS / 2**30:g} GiB is not read")
    try:
        _check_memo(data)
        return resolved(reader(io.BytesIO(data), encoding="latin1").load())
    except InputError:
        raise
    except Exception as error:  # a damaged pickle may fail in any way
        raise InputError(f"not an intact pickle ({plainly(error)[:100]})") from None


def _check_memo(data: bytes) -> None:
    """Refuses objects numbered beyond all bounds, for which the unpickler would make a table of that length."""
    for code, argument, _ in pickletools.genops(data):
        if code.name in ("PUT", "BINPUT", "LONG_BINPUT") and not 0 <= int(argument or 0) <= len(data):
            raise InputError("not an intact pickle (it numbers more objects than it holds)")


def resolved(found: Any) -> Any:
    """The same with arrays instead of what stood for them, `ArrayUnpickler.allowed`.

    Raises:
        InputError: An array has no content.
    """
    return _resolved(found, {})


def _resolved(found: Any, known: dict[int, Any]) -> Any:
    """The same with arrays instead of what stood for them; what is there several times is one object still."""
    if id(found) in known:
        return known[id(found)]
    if isinstance(found, _Array):
        if found.array is None:
            raise InputError("has an array made that it does not fill; save plain arrays")
        return found.array
    if isinstance(found, _Type):
        return found.real()
    if isinstance(found, tuple):
        return tuple(_resolved(each, known) for each in found)
    known[id(found)] = found
    if isinstance(found, dict):
        for key in found:
            found[key] = _resolved(found[key], known)
    elif isinstance(found, list):
        found[:] = [_resolved(each, known) for each in found]
    elif hasattr(found, "__dict__") and not isinstance(found, type | np.ndarray):
        _resolved(vars(found), known)
    return found

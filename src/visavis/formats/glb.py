"""The binary side of a glTF file: arrays into accessors of one buffer.

Written against the glTF 2.0 specification, sections 3.6 (binary data) and 5.1 (accessors).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pygltflib as gl
from numpy.typing import NDArray

Kind = Literal["SCALAR", "VEC3", "VEC4", "MAT4"]

_COMPONENTS = {np.dtype(np.float32): gl.FLOAT, np.dtype(np.uint8): gl.UNSIGNED_BYTE,
               np.dtype(np.uint16): gl.UNSIGNED_SHORT, np.dtype(np.uint32): gl.UNSIGNED_INT}  # fmt: skip


class GlbBuilder:
    """Collects arrays and nodes of a glTF document.

    Attributes:
        gltf: The document; nodes, meshes and the rest are appended to it directly.
    """

    def __init__(self, generator: str) -> None:
        self.gltf = gl.GLTF2(asset=gl.Asset(version="2.0", generator=generator), scene=0, scenes=[gl.Scene(nodes=[])])
        self._binary = bytearray()

    def accessor(
        self,
        values: NDArray[Any],
        kind: Kind,
        *,
        normalized: bool = False,
        bounds: bool = False,
        target: int | None = None,
    ) -> int:
        """Stores an array, one element per row.

        Args:
            values: Of a component type that glTF has.
            kind: Shape of an element.
            normalized: Whether integers stand for 0 to 1.
            bounds: Whether to store minimum and maximum, as positions and times need.
            target: `gl.ARRAY_BUFFER` or `gl.ELEMENT_ARRAY_BUFFER` where the specification wants it.

        Returns:
            The accessor's index.
        """
        values = np.ascontiguousarray(values)
        accessor = gl.Accessor(
            bufferView=self._view(values, target),
            componentType=_COMPONENTS[values.dtype],
            count=values.size // {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[kind],
            type=kind,
            normalized=normalized or None,
        )
        if bounds:
            _bound(accessor, values.reshape(accessor.count, -1))
        return _append(self.gltf.accessors, accessor)

    def sparse(self, rows: NDArray[np.integer], values: NDArray[np.float32], count: int) -> int:
        """Stores `count` rows of three that are zero but for some; returns the accessor's index."""
        accessor = gl.Accessor(byteOffset=None, componentType=gl.FLOAT, count=count, type="VEC3")
        dense_rows = np.zeros((1 if len(rows) < count else 0, 3), np.float32)
        _bound(accessor, np.concatenate([values, dense_rows]) if count else np.zeros((1, 3), np.float32))
        if len(rows):
            where = compact_integers(rows, count)
            accessor.sparse = gl.Sparse(
                count=len(rows),
                indices=gl.AccessorSparseIndices(
                    bufferView=self._view(where, None), componentType=_COMPONENTS[where.dtype]
                ),
                values=gl.AccessorSparseValues(bufferView=self._view(values.astype(np.float32), None)),
            )
        return _append(self.gltf.accessors, accessor)

    def node(self, name: str, *, parent: int | None = None, **fields: Any) -> int:
        """Adds a node under `parent`, or to the scene; returns its index."""
        index = _append(self.gltf.nodes, gl.Node(name=name, **fields))
        if parent is None:
            self.gltf.scenes[0].nodes.append(index)
        else:
            owner = self.gltf.nodes[parent]
            owner.children = [*(owner.children or []), index]
        return index

    def to_bytes(self) -> bytes:
        """The finished GLB file."""
        self.gltf.buffers = [gl.Buffer(byteLength=len(self._binary))]
        self.gltf.set_binary_blob(bytes(self._binary))
        return b"".join(self.gltf.save_to_bytes())

    def _view(self, values: NDArray[Any], target: int | None) -> int:
        self._binary.extend(b"\0" * (-len(self._binary) % 4))
        data = np.ascontiguousarray(values).tobytes()
        view = gl.BufferView(buffer=0, byteOffset=len(self._binary), byteLength=len(data), target=target)
        self._binary.extend(data)
        return _append(self.gltf.bufferViews, view)


def compact_integers(values: NDArray[np.integer], count: int) -> NDArray[np.unsignedinteger]:
    """Indices below `count` in as few bytes as glTF allows (65535 is reserved)."""
    return values.astype(np.uint16 if count < 65_535 else np.uint32)


def shares(values: NDArray[Any], dtype: type) -> NDArray[Any]:
    """Numbers from 0 to 1 as normalised unsigned integers."""
    scaled: NDArray[Any] = np.rint(np.clip(values, 0, 1) * np.iinfo(dtype).max).astype(dtype)
    return scaled


def srgb_to_linear(colours: NDArray[Any]) -> NDArray[np.float64]:
    """Screen colours, 0 to 1, to linear light, which glTF's vertex colours are (IEC 61966-2-1)."""
    values = np.asarray(colours, np.float64)
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _bound(accessor: gl.Accessor, rows: NDArray[Any]) -> None:
    accessor.min = rows.min(0).tolist()
    accessor.max = rows.max(0).tolist()


def _append(items: list[Any], item: Any) -> int:
    items.append(item)
    return len(items) - 1

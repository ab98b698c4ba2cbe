"""A figure: one dressed person as a single mesh with parts, colours, shapes and skinning weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.skeleton import BODY, HEAD, Skeleton


@dataclass(frozen=True)
class Figure:
    """A dressed person at rest. Metres, +Y up, looking along +Z, soles at y = 0.

    Attributes:
        rest: float32 (V, 3).
        faces: int64 (F, 3).
        colours: float32 (V, 3), share of red, green and blue, 0 to 1, as in sRGB.
        light: float32 (V,), the share of the light around that reaches the vertex at rest, 0 to 1.
        weights: float32 (V, J), skinning weights of the skeleton's bones.
        joints: float32 (J, 3), where the bones begin.
        heads: float32 (J, 3), where they began in the pose in which the weights were painted, arms half raised.
        bind: float32 (J, 3, 3), how they have been turned from there.
        shaped: int64 (N,), the vertices that any shape moves.
        deltas: float32 (52, N, 3), by how much, in the order of the `arkit` space.
        parts: int64 (V,), index into `PARTS`.
    """

    rest: NDArray[np.float32]
    faces: NDArray[np.int64]
    colours: NDArray[np.float32]
    light: NDArray[np.float32]
    weights: NDArray[np.float32]
    joints: NDArray[np.float32]
    heads: NDArray[np.float32]
    bind: NDArray[np.float32]
    shaped: NDArray[np.int64]
    deltas: NDArray[np.float32]
    parts: NDArray[np.int64]

    def part(self, name: str) -> NDArray[np.intp]:
        """The vertices of a part."""
        return np.flatnonzero(self.parts == PARTS.index(name))

    @property
    def skeleton(self) -> Skeleton:
        """What the weights are of."""
        return HEAD if len(self.joints) == len(HEAD.names) else BODY

    @property
    def arms(self) -> NDArray[np.float32]:
        """(V,), how much of each vertex follows arms that move."""
        moving = [bone.endswith((".L", ".R")) and not bone.startswith("eye") for bone in self.skeleton.names]
        share: NDArray[np.float32] = self.weights[:, moving].sum(1)
        return share

    def unposed(self) -> NDArray[np.float32]:
        """The vertices (V, 3) as they were before arms were lowered, which is from where skinning bends them best."""
        turns = np.einsum("vj,jab->vab", self.weights, self.bind.astype(np.float64))
        shifts = self.joints - np.einsum("jab,jb->ja", self.bind, self.heads)
        rest = self.rest.astype(np.float64)
        bent = np.flatnonzero(np.abs(turns - np.eye(3)).max((1, 2)) > 1e-6)
        rest[bent] = np.linalg.solve(turns[bent], (rest - self.weights @ shifts)[bent][..., None])[..., 0]
        return rest.astype(np.float32)


PARTS: tuple[str, ...] = ("skin", "eyes", "teeth", "tongue", "lashes", "hair", "shirt", "trousers", "shoes")

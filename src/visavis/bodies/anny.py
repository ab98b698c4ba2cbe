"""The built-in body: Anny (CC0), driven by the columns of `arkit` or `arkit-body`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.appearance import complete
from visavis.bodies.figure import Figure
from visavis.bodies.figure_cache import load_figure
from visavis.bodies.identity import JOINTS
from visavis.bodies.skeleton import skeleton_of
from visavis.bodies.turning import turn_about_up
from visavis.errors import InputError
from visavis.motion.space import MotionSpace
from visavis.motion.spaces import ARKIT, ARKIT_SHAPES

if TYPE_CHECKING:
    from torch import Tensor

_UPPER_FACE = ("eyeBlink", "eyeSquint", "eyeWide", "brow")
_LIPS = ("mouth", "jawOpen")


class AnnyBody:
    """One person: identity and clothes from an appearance, posed by `arkit` or `arkit-body` values.

    The chain is torso -> neck -> head -> eyes; the neck's rotation is shared evenly by Anny's three neck bones, so
    that it bends, as the spine's is by four. `translation` is where the head joint of the straight neck is. Eyes turn
    only by their rotations; the eyeLook shapes move the lids (their effect on the eyeball itself would turn it twice).

    In `arkit`, arms rest: they hang, or lie in the lap of somebody who sits. In `arkit-body` they move.

    Attributes:
        space: The motion space.
        appearance: The complete appearance.
        figure: The mesh at rest with its parts, colours, shapes and skinning weights.
    """

    def __init__(
        self,
        appearance: Mapping[str, Any] | None = None,
        *,
        seated: bool = False,
        knees_aside: float = 0.0,
        space: MotionSpace = ARKIT,
    ) -> None:
        """Builds the person (about three seconds), or loads it from the cache.

        Args:
            appearance: As in `default_appearances`; missing keys take neutral values.
            seated: Whether the person sits.
            knees_aside: How far the legs of somebody who sits are turned to their own left, degrees.
            space: `ARKIT` or `ARKIT_BODY`.

        Raises:
            InputError: The appearance has an unknown key or a value out of range, or the space is another one.
        """
        import torch

        self.skeleton = skeleton_of(space)
        self.space = self.skeleton.space
        self.appearance = complete(appearance or {})
        self.figure: Figure = load_figure(self.appearance, seated, knees_aside, self.skeleton)
        self.faces: NDArray[np.int64] = self.figure.faces
        strength = self._shape_strength()
        self.lip_vertices = _where_mostly(strength, _LIPS, self.figure.part("skin"))
        self.upper_face_vertices = _where_mostly(strength, _UPPER_FACE, self.figure.part("skin"))
        moved = np.flatnonzero(self.figure.weights[:, 0] < 1 - 1e-6)
        self._moved = torch.from_numpy(moved)
        self._rest = torch.from_numpy(self.figure.unposed())
        self._weights = torch.from_numpy(self.figure.weights[moved])
        self._joints = torch.from_numpy(self.figure.joints)
        self._heads, self._bind = torch.from_numpy(self.figure.heads), torch.from_numpy(self.figure.bind)
        self._shaped = torch.from_numpy(self.figure.shaped)
        self._deltas = torch.from_numpy(self.figure.deltas)
        self._shapes = torch.from_numpy(self.space.indices("expression"))

    def vertices(self, values: Tensor, yaw: Tensor | float = 0.0, *, subset: NDArray[np.intp] | None = None) -> Tensor:
        """Vertices in metres in the room's frame, differentiable in `values`.

        Args:
            values: (..., D) in the body's space.
            yaw: Which way the torso faces, radians about +Y; a number or (...).
            subset: Indices of the only vertices wanted, (N,): faster, as for losses on the lips.

        Returns:
            (..., V, 3), or (..., N, 3).
        """
        import torch

        dim = self.space.dim
        if values.shape[-1] != dim:
            raise InputError(f"AnnyBody needs {dim} columns of the {self.space.name} space, not {values.shape[-1]}")
        batch = values.shape[:-1]
        flat = values.reshape(-1, dim).to(torch.float32)
        rest, shaped, deltas, moved, weights = self._select(subset, flat)
        points = rest.expand(len(flat), -1, -1)
        offsets = torch.einsum("bk,knc->bnc", flat[:, self._shapes.to(flat.device)], deltas)
        points = points.index_add(1, shaped, offsets)
        joints, heads, bind = (tensor.to(flat.device) for tensor in (self._joints, self._heads, self._bind))
        rotations, places = self.skeleton.pose(flat, joints)
        top = self._top(rotations, places)
        # Blend the bones' rigid transforms per vertex: x' = (sum w R) x + sum w (p - R h).
        rotations = rotations @ bind
        shift = places - torch.einsum("bkij,kj->bki", rotations, heads)
        blend_r = torch.einsum("nk,bkij->bnij", weights, rotations)
        blend_t = torch.einsum("nk,bki->bni", weights, shift)
        bent = torch.einsum("bnij,bnj->bni", blend_r, points[:, moved]) + blend_t
        points = points.index_copy(1, moved, bent)
        points = points - top[:, None]
        turn = yaw.expand(batch).reshape(-1) if isinstance(yaw, torch.Tensor) else yaw
        placed = turn_about_up(points, turn) + flat[:, None, self._columns("translation")]
        return placed.reshape(*batch, *placed.shape[1:])

    def linear_basis(self, subset: NDArray[np.intp]) -> tuple[Tensor, Tensor]:
        """The face at rest and what each shape adds to it, for losses that need no skinning.

        Args:
            subset: Vertex indices (N,), such as `lip_vertices` or every tenth of them.

        Returns:
            Vertices (N, 3) relative to the head joint and deltas (52, N, 3), metres, float32, in the frame of the head.
        """
        import torch

        rest = self._rest[torch.from_numpy(np.asarray(subset))] - self._joints[JOINTS.index("head")]
        return rest, torch.from_numpy(self._dense_deltas()[:, subset])

    def _columns(self, group: str) -> slice:
        indices = ARKIT.indices(group)
        return slice(int(indices[0]), int(indices[-1]) + 1)

    def _select(self, subset: NDArray[np.intp] | None, like: Tensor) -> tuple[Tensor, ...]:
        """Rest vertices, shaped indices, deltas, moved indices and weights, of all vertices or of a subset."""
        import torch

        if subset is None:
            chosen = (self._rest, self._shaped, self._deltas, self._moved, self._weights)
        else:
            index = np.asarray(subset)
            chosen = (
                self._rest[torch.from_numpy(index)],
                torch.arange(len(index)),
                torch.from_numpy(self._dense_deltas()[:, index]),
                torch.arange(len(index)),
                torch.from_numpy(self.figure.weights[index]),
            )
        return tuple(tensor.to(like.device) for tensor in chosen)

    def lean(self, values: Tensor) -> Tensor:
        """By how much the spine moves the head joint of the straight neck, metres in the torso's frame, (B, 3).

        Args:
            values: (B, D).
        """
        return self._top(*self.skeleton.pose(values, self._joints)) - self._joints[JOINTS.index("head")]

    def _top(self, rotations: Tensor, places: Tensor) -> Tensor:
        """Where the head joint of the straight neck is in the torso's frame, (B, 3)."""
        chest = self.skeleton.parents[JOINTS.index("neck01")]
        joints = self._joints.to(places.device)
        return places[:, chest] + rotations[:, chest] @ (joints[JOINTS.index("head")] - joints[chest])

    def _dense_deltas(self) -> NDArray[np.float32]:
        dense = np.zeros((len(ARKIT_SHAPES), len(self.figure.rest), 3), np.float32)
        dense[:, self.figure.shaped] = self.figure.deltas
        return dense

    def _shape_strength(self) -> NDArray[np.float32]:
        """How far each shape moves each vertex, metres, (52, V)."""
        strength = np.zeros((len(ARKIT_SHAPES), len(self.figure.rest)), np.float32)
        strength[:, self.figure.shaped] = np.linalg.norm(self.figure.deltas, axis=-1)
        return strength


def _where_mostly(
    strength: NDArray[np.float32], prefixes: tuple[str, ...], among: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Vertices which these shapes move at least half as far as the most moved, and further than all others do."""
    named = np.array([name.startswith(prefixes) for name in ARKIT_SHAPES])
    ours, others = strength[named].max(0), strength[~named].max(0)
    close = np.zeros(strength.shape[1], bool)
    close[among] = True
    return np.flatnonzero(close & (ours > others) & (ours > 0.25 * ours[among].max()))

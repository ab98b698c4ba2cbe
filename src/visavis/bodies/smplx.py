"""FLAME and SMPL-X bodies: the user's own model files, blended and skinned by the `smplx` package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.model_files import read_model_file
from visavis.bodies.showing import shown_by_flame
from visavis.bodies.turning import turn_about_up
from visavis.errors import InputError, MissingExtraError
from visavis.motion.space import MotionSpace
from visavis.motion.spaces import FLAME, SMPLX_UPPER117

if TYPE_CHECKING:
    from torch import Tensor

_KEYS = ("v_template", "shapedirs", "posedirs", "J_regressor", "kintree_table", "weights", "f")
_SHAPE_COMPONENTS = 300
"""Identity components come first in both models' `shapedirs`, expression follows."""


class _Skinned:
    """What both models share: a template, linear components, joints and skinning weights."""

    def __init__(self, path: Path | str, space: MotionSpace, jaw: int, eyes: tuple[int, int]) -> None:
        try:
            from smplx.lbs import lbs
        except ImportError:
            raise MissingExtraError("a FLAME or SMPL-X body", "bodies") from None
        import torch

        self.space = space
        self._lbs = lbs
        arrays = read_model_file(path, _KEYS)
        _check(arrays, path)
        floats = {key: torch.from_numpy(np.array(arrays[key], np.float32)) for key in _KEYS[:4]}
        self._weights = torch.from_numpy(np.array(arrays["weights"], np.float32))
        self._template, self._regressor = floats["v_template"], floats["J_regressor"]
        self._expressions = floats["shapedirs"][..., min(_SHAPE_COMPONENTS, floats["shapedirs"].shape[-1]) :]
        corrective = floats["posedirs"]
        self._corrective = corrective.reshape(-1, corrective.shape[-1]).T
        self._parents = torch.from_numpy(np.array(arrays["kintree_table"][0], np.int64))
        self._parents[0] = -1
        self.faces: NDArray[np.int64] = np.array(arrays["f"], np.int64)
        needed = max(jaw, *eyes) + 1
        if len(self._parents) < needed:
            raise InputError(
                f"{path}: has {len(self._parents)} joints, at least {needed} are needed; is it a different model?"
            )
        joints = (self._regressor @ self._template).numpy()
        regions = _face_regions(self._template.numpy(), self._weights[:, jaw].numpy(), joints[list(eyes)])
        self.lip_vertices, self.upper_face_vertices = regions

    def _posed(self, expression: Tensor, pose: Tensor, yaw: Tensor | float, translation: Tensor | None) -> Tensor:
        """Vertices (B, V, 3) for expression (B, E) and rotation vectors (B, J * 3)."""
        count = expression.shape[1]
        if count > self._expressions.shape[-1]:
            raise InputError(
                f"space {self.space.name!r} has {count} expression components, "
                f"the model file {self._expressions.shape[-1]}; download the full model"
            )
        vertices, _ = self._lbs(
            expression,
            pose,
            self._template,
            self._expressions[..., :count],
            self._corrective,
            self._regressor,
            self._parents,
            self._weights,
        )
        turned = turn_about_up(vertices, yaw)
        return turned if translation is None else turned + translation[:, None]

    def vertices(self, values: Tensor, yaw: Tensor | float = 0.0) -> Tensor:
        """Vertices in metres in the room's frame, differentiable in `values`; see `BodyModel`."""
        import torch

        if values.shape[-1] != self.space.dim:
            raise InputError(f"space {self.space.name!r} has {self.space.dim} columns, not {values.shape[-1]}")
        flat = values.reshape(-1, self.space.dim).float()
        turn = yaw.reshape(-1) if isinstance(yaw, torch.Tensor) and yaw.ndim else yaw
        vertices = self._posed(*self._parameters(flat), yaw=turn, translation=self._translation(flat))
        return vertices.reshape(*values.shape[:-1], *vertices.shape[1:])

    def _columns(self, flat: Tensor, *names: str) -> Tensor:
        wanted = [f"{name}.{axis}" for name in names for axis in "xyz"]
        return flat[:, self.space.indices(wanted).tolist()]

    def _translation(self, flat: Tensor) -> Tensor | None:
        return self._columns(flat, "translation") if self.space.has("translation") else None

    def _parameters(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError


class FlameBody(_Skinned):
    """FLAME's head (Li et al. 2017) for the spaces `flame` and `emoca56`.

    Joints are global, neck, jaw, left eye, right eye; `translation`, where the space has it, is added to all vertices.

    Args:
        path: The user's ``FLAME_NEUTRAL.pkl``, ``generic_model.pkl`` or an ``.npz`` with the same arrays.
        space: `FLAME`, `EMOCA56` or one with the columns of either.

    Raises:
        MissingExtraError: The `smplx` package is not installed.
        InputError: The file or the space does not fit.
    """

    def __init__(self, path: Path | str, space: MotionSpace = FLAME) -> None:
        shown = shown_by_flame(space)
        if shown is None:
            raise InputError(f"FLAME shows the spaces flame and emoca56, not {space.name!r}")
        super().__init__(path, shown, jaw=2, eyes=(3, 4))

    def _parameters(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        import torch

        expression = flat[:, self.space.indices("expression").tolist()]
        still = torch.zeros((len(flat), 3), dtype=flat.dtype)
        parts = [
            self._columns(flat, name) if f"{name}.x" in self.space.names else still
            for name in ("global", "neck", "jaw", "leftEye", "rightEye")
        ]
        return expression, torch.cat(parts, 1)


class SmplxBody(_Skinned):
    """SMPL-X's body (Pavlakos et al. 2019) for the space `smplx-upper117`; the face rests, the pelvis is the origin.

    Args:
        path: The user's ``SMPLX_NEUTRAL.npz`` (or ``.pkl``).

    Raises:
        MissingExtraError: The `smplx` package is not installed.
        InputError: The file does not fit.
    """

    def __init__(self, path: Path | str) -> None:
        super().__init__(path, SMPLX_UPPER117, jaw=22, eyes=(23, 24))
        from smplx.joint_names import JOINT_NAMES

        names = JOINT_NAMES[: len(self._parents)]
        joints = list(dict.fromkeys(name.rsplit(".", 1)[0] for name in self.space.names))
        missing = [joint for joint in joints if joint not in names]
        if missing:
            raise InputError(f"{path}: has no joints {', '.join(missing[:3])}; is this the full SMPL-X model?")
        self._places = [3 * names.index(joint) + axis for joint in joints for axis in range(3)]

    def _parameters(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        import torch

        pose = torch.zeros((len(flat), 3 * len(self._parents)), dtype=flat.dtype)
        return flat[:, :0], pose.index_copy(1, torch.tensor(self._places), flat)


def _check(arrays: dict[str, NDArray[Any]], path: Path | str) -> None:
    """Raises `InputError` unless the arrays of a model file belong together; the first that does not is named."""
    vertices = np.atleast_1d(arrays["v_template"]).shape[0]
    joints = np.atleast_1d(arrays["kintree_table"]).shape[-1]
    shapes: dict[str, tuple[int | None, ...]] = {
        "v_template": (vertices, 3), "shapedirs": (vertices, 3, None), "posedirs": (vertices, 3, 9 * (joints - 1)),
        "J_regressor": (joints, vertices), "kintree_table": (2, joints), "weights": (vertices, joints), "f": (None, 3),
    }  # fmt: skip
    for key, shape in shapes.items():
        array = arrays[key]
        if array.ndim != len(shape) or any(n not in (None, m) for n, m in zip(shape, array.shape, strict=True)):
            wanted = ", ".join("any" if n is None else str(n) for n in shape)
            raise InputError(f"{path}: {key!r} has shape {array.shape}; ({wanted}) is needed")
        if not np.isfinite(array).all():
            raise InputError(f"{path}: {key!r} is not finite")
    faces, parents = arrays["f"], arrays["kintree_table"][0][1:]
    if faces.size and not 0 <= faces.min() <= faces.max() < vertices:
        raise InputError(f"{path}: 'f' names vertices that are not there")
    if (parents < 0).any() or (parents > np.arange(len(parents))).any():
        raise InputError(f"{path}: 'kintree_table' hangs a joint on one that comes after it")


def _face_regions(template: Any, jaw: Any, eyes: Any) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Lips and upper face from where the jaw's pull ends and where the eyes are.

    Lips lie where vertices that follow the jaw and vertices that do not nearly touch at the front of the face.
    """
    from scipy.spatial import cKDTree

    middle = eyes.mean(0)
    front = template[:, 2] > middle[2] - 0.02
    lower, upper = (
        np.flatnonzero(front & (jaw > 0.6)),
        np.flatnonzero(front & (jaw < 0.3) & (template[:, 1] < middle[1])),
    )
    if len(lower) == 0 or len(upper) == 0:
        mouth = middle - (0, 0.07, 0)
    else:
        apart, nearest = cKDTree(template[lower]).query(template[upper])
        touching = apart <= np.quantile(apart, 0.1)
        mouth = np.concatenate([template[upper[touching]], template[lower[nearest[touching]]]]).mean(0)
    away = (template - mouth) / (0.032, 0.016, 0.04)
    lips = np.flatnonzero(front & (np.linalg.norm(away, axis=1) < 1))
    upper_face = np.flatnonzero(front & (template[:, 1] > middle[1] - 0.02) & (jaw < 0.05))
    return lips, upper_face

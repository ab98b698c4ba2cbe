"""From one motion space to another."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.motion.motion import Motion
from visavis.motion.rotations import compose
from visavis.motion.space import MotionSpace
from visavis.motion.spaces import ARKIT, ARKIT_BODY
from visavis.motion.venus import narrowed
from visavis.reading import regular_file


def with_body(motion: Motion) -> Motion:
    """`arkit` motion as `arkit-body` motion of somebody upright whose arms hang.

    Raises:
        InputError: The motion is in another space.
    """
    if motion.space.columns != ARKIT.columns:
        raise InputError(f"a body can be added to motion in 'arkit', not in {motion.space.name!r}")
    return Motion.zeros(len(motion), motion.fps, ARKIT_BODY).with_columns(ARKIT.names, motion.values)


def on_body(face: Motion, body: Motion) -> Motion:
    """A face on the body of another motion: it looks where it looked, as the neck takes back what the spine turns.

    Args:
        face: (T) frames of `arkit`, or of `arkit-body`, whose own body is left out.
        body: (T) frames of `arkit-body`.

    Raises:
        InputError: One is in another space, or they differ in length or frame rate.
    """
    if body.space.columns != ARKIT_BODY.columns or not can_become(face.space, ARKIT):
        raise InputError(f"a face in {face.space.name!r} cannot be put on a body in {body.space.name!r}")
    if len(face) != len(body) or face.fps != body.fps:
        raise InputError("a face and the body that it is put on differ in length or frame rate")
    if not len(face):
        return body
    face = to_space(face, ARKIT)
    spine = body[("spine.x", "spine.y", "spine.z")]
    return body.with_columns(ARKIT.names, face.values).with_columns("neck", compose(-spine, face["neck"]))


def project_to_space(motion: Motion, space: MotionSpace) -> Motion:
    """Motion in a narrower space, where it is known what to leave out; any other motion as it is.

    Of `arkit-body`, `arkit` is left: the neck then turns as spine and neck together did, so that the face looks the
    same way. Of VENUS's features, those that the space has (`visavis.motion.venus`).
    """
    if space.columns != ARKIT.columns or motion.space.columns != ARKIT_BODY.columns:
        return narrowed(motion, space)
    face = Motion(motion.values[:, : ARKIT.dim], motion.fps, ARKIT)
    spine = motion[("spine.x", "spine.y", "spine.z")]
    return face.with_columns("neck", compose(spine, face["neck"])) if len(face) else face


def can_become(space: MotionSpace, target: MotionSpace) -> bool:
    """Whether `to_space` can bring motion of one space into another."""
    pair = (space.columns, target.columns)
    return pair[0] == pair[1] or set(pair) == {ARKIT.columns, ARKIT_BODY.columns}


def to_space(motion: Motion, target: MotionSpace) -> Motion:
    """Motion in another space, where no more than a body is to be added or left out.

    Raises:
        InputError: The spaces are of different kinds; a learnt mapping is needed.
    """
    if motion.space.columns == target.columns:
        return motion
    if not can_become(motion.space, target):
        raise InputError(f"motion in {motion.space.name!r} cannot be shown as {target.name!r} without a learnt mapping")
    return with_body(motion) if target.columns == ARKIT_BODY.columns else project_to_space(motion, target)


class LinearMapping:
    """Target columns as weighted sums of source columns plus a constant.

    Rotation vectors are taken as numbers, which is good for the small rotations of head, eyes and jaw.
    """

    def __init__(
        self, source: MotionSpace, target: MotionSpace, weights: NDArray[np.float32], offset: NDArray[np.float32]
    ) -> None:
        """Weights are (source columns, target columns), the offset is (target columns,)."""
        self.source = source
        self.target = target
        self.weights = np.asarray(weights, np.float32)
        self.offset = np.asarray(offset, np.float32)
        if self.weights.shape != (source.dim, target.dim) or self.offset.shape != (target.dim,):
            raise InputError(
                f"a mapping from {source.name} to {target.name} needs weights of shape {(source.dim, target.dim)} "
                f"and an offset of {target.dim}, not {self.weights.shape} and {self.offset.shape}"
            )

    @classmethod
    def fit(cls, pairs: Iterable[tuple[Motion, Motion]], ridge: float = 1e-3) -> LinearMapping:
        """Learns the mapping from motions of the same frames in both spaces, by ridge regression.

        Args:
            pairs: Source and target motion of equal length.
            ridge: Weight of the penalty, per frame; holds down columns that the data hardly show.

        Raises:
            InputError: There are no pairs, or two of a pair differ in length.
        """
        from sklearn.linear_model import Ridge

        pairs = list(pairs)
        if not pairs:
            raise InputError("a mapping needs at least one pair to learn from")
        for i, (source, target) in enumerate(pairs):
            if len(source) != len(target):
                raise InputError(f"pair {i} has {len(source)} source frames and {len(target)} target frames")
        inputs = np.concatenate([source.values for source, _ in pairs]).astype(np.float64)
        outputs = np.concatenate([target.values for _, target in pairs]).astype(np.float64)
        model = Ridge(alpha=ridge * len(inputs)).fit(inputs, outputs)
        return cls(pairs[0][0].space, pairs[0][1].space, model.coef_.T, model.intercept_)

    def __call__(self, motion: Motion) -> Motion:
        """The motion in the target space."""
        if motion.space.columns != self.source.columns:
            raise InputError(f"this mapping needs motion in {self.source.name!r}, not {motion.space.name!r}")
        return Motion(motion.values @ self.weights + self.offset, motion.fps, self.target)

    def save(self, path: str | Path) -> Path:
        """Writes the weights as safetensors; the spaces are named, not stored."""
        from safetensors.numpy import save_file

        path = Path(path)
        temporary = path.with_name(f".{path.name}.tmp")
        tensors = {"weights": np.ascontiguousarray(self.weights), "offset": self.offset}
        save_file(tensors, temporary, {"source": self.source.name, "target": self.target.name})
        temporary.replace(path)
        return path

    @classmethod
    def load(cls, path: str | Path) -> LinearMapping:
        """Reads what `save` wrote, between built-in spaces.

        Raises:
            InputError: The file is not such a mapping.
        """
        from safetensors import SafetensorError, safe_open

        from visavis.motion.spaces import get_space

        try:
            with safe_open(str(regular_file(path)), framework="numpy") as file:
                names = file.metadata() or {}
                source, target = (get_space(names.get(key, "")) for key in ("source", "target"))
                return cls(source, target, file.get_tensor("weights"), file.get_tensor("offset"))
        except InputError:
            raise
        except (SafetensorError, OSError, ValueError) as error:
            raise InputError(f"{path} is not a mapping between spaces: {str(error)[:120]}") from error

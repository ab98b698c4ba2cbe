"""The part of Anny's skeleton that motion drives: which bones a joint of a motion space rotates, and the zero pose.

The axes of every bone are the torso's as they lie at zero: +X the person's left, +Y up, +Z ahead. At zero a person
stands upright and the arms hang as `HANGING` says, in the same directions whoever it is; so the same rotations make the
same gesture on everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from visavis.bodies.showing import shown_as
from visavis.bodies.turning import rotation_matrix, without_half_twist
from visavis.errors import InputError
from visavis.motion.space import MotionSpace
from visavis.motion.spaces import ARKIT, ARKIT_BODY, HAND_JOINTS

if TYPE_CHECKING:
    from torch import Tensor

Direction = tuple[float, float, float]

# Where the bones of a left arm point: bone -> (next bone, direction). Those of a right arm are mirrored.
HANGING: dict[str, tuple[str, Direction]] = {
    "upperarm01": ("lowerarm01", (0.17, -1.0, -0.06)),
    "lowerarm01": ("wrist", (0.02, -1.0, 0.30)),
    "wrist": ("finger3-1", (-0.06, -1.0, 0.16)),
}
IN_THE_LAP: dict[str, tuple[str, Direction]] = {
    "upperarm01": ("lowerarm01", (0.20, -1.0, 0.06)),
    "lowerarm01": ("wrist", (-0.30, -0.57, 0.77)),
    "wrist": ("finger3-1", (-0.34, -0.30, 0.90)),
}
"""How the arms of somebody who sits rest."""

SIDES = {"left": "L", "right": "R"}
_FINGERS = ("Thumb", "Index", "Middle", "Ring", "Pinky")


@dataclass(frozen=True)
class Skeleton:
    """The bones that move in a motion space.

    Attributes:
        space: The motion space.
        names: Of the bones; those of `arkit` come first, ``torso`` before all.
        parents: Index of each bone's parent, -1 for ``torso``; not always before its child.
        turns: By joint of the space the bones that share its rotation, and whether they share only its twist. The
            long bones of Anny's arms are in two halves for that.
    """

    space: MotionSpace
    names: tuple[str, ...]
    parents: tuple[int, ...]
    turns: Mapping[str, tuple[tuple[str, ...], Direction | None]]

    @cached_property
    def order(self) -> tuple[int, ...]:
        """All bones but ``torso``, parents before children."""
        found = [0]
        for bone in found:
            found.extend(child for child, parent in enumerate(self.parents) if parent == bone)
        return tuple(found[1:])

    def own_turns(self, values: Tensor) -> dict[str, Tensor]:
        """By bone its rotation vector (B, 3) relative to its parent; bones that do not turn are left out.

        Args:
            values: (B, D) in the space.
        """
        found: dict[str, Tensor] = {}
        for joint, (bones, axis) in self.turns.items():
            turn = values[:, self.space.indices([f"{joint}.{xyz}" for xyz in "xyz"]).tolist()]
            if axis is None:
                found |= dict.fromkeys(bones, turn / len(bones))
            else:
                found |= dict(zip(bones, without_half_twist(turn, axis), strict=True))
        return found

    def pose(self, values: Tensor, joints: Tensor) -> tuple[Tensor, Tensor]:
        """Rotation (B, J, 3, 3) and place (B, J, 3) of every bone, in the torso's frame (forward kinematics).

        Args:
            values: (B, D) in the space.
            joints: (J, 3), where the bones begin at zero.
        """
        import torch

        turns = {bone: rotation_matrix(turn) for bone, turn in self.own_turns(values).items()}
        rotations = [torch.eye(3, device=values.device, dtype=values.dtype).expand(len(values), 3, 3)] * len(joints)
        places = [joints[0].expand(len(values), 3)] * len(joints)
        for bone in self.order:
            parent = self.parents[bone]
            places[bone] = places[parent] + rotations[parent] @ (joints[bone] - joints[parent])
            own = turns.get(self.names[bone])
            rotations[bone] = rotations[parent] if own is None else rotations[parent] @ own
        return torch.stack(rotations, 1), torch.stack(places, 1)


def _arm(word: str) -> tuple[dict[str, tuple[tuple[str, ...], Direction | None]], dict[str, str]]:
    """The joints of one arm, and the parents of its bones."""
    side = SIDES[word]
    mirror = 1 if side == "L" else -1
    upper, lower = ((mirror * x, y, z) for x, y, z in (HANGING["upperarm01"][1], HANGING["lowerarm01"][1]))
    chain = [f"{bone}.{side}" for bone in ("clavicle", "upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist")]
    turns: dict[str, tuple[tuple[str, ...], Direction | None]] = {
        f"{word}Clavicle": ((chain[0],), None),
        f"{word}UpperArm": ((chain[1], chain[2]), upper),
        f"{word}LowerArm": ((chain[3], chain[4]), lower),
        f"{word}Wrist": ((chain[5],), None),
    }
    parents = dict(zip(chain, ("spine01", *chain), strict=False))
    for joint in HAND_JOINTS:
        finger, number = _FINGERS.index(joint[:-1]) + 1, int(joint[-1])
        bone = f"finger{finger}-{number}.{side}"
        turns[word + joint] = ((bone,), None)
        parents[bone] = chain[5] if number == 1 else f"finger{finger}-{number - 1}.{side}"
    return turns, parents


def _skeletons() -> tuple[Skeleton, Skeleton]:
    necks, spine = ("neck01", "neck02", "neck03"), ("spine04", "spine03", "spine02", "spine01")
    parents = dict(zip((*necks, "head"), ("torso", *necks), strict=True)) | {"eye.L": "head", "eye.R": "head"}
    turns: dict[str, tuple[tuple[str, ...], Direction | None]] = {
        "neck": (necks, None), "head": (("head",), None), "leftEye": (("eye.L",), None), "rightEye": (("eye.R",), None),
    }  # fmt: skip
    head = _skeleton(ARKIT, parents, turns)
    parents |= dict(zip(spine, ("torso", *spine), strict=False)) | {"neck01": spine[-1]}
    turns |= {"spine": (spine, None)}
    for word in SIDES:
        own, above = _arm(word)
        turns |= own
        parents |= above
    return head, _skeleton(ARKIT_BODY, parents, turns)


def _skeleton(
    space: MotionSpace, parents: Mapping[str, str], turns: Mapping[str, tuple[tuple[str, ...], Direction | None]]
) -> Skeleton:
    names = ("torso", *parents)
    above = (-1, *(names.index(parent) for parent in parents.values()))
    return Skeleton(space, names, above, dict(turns))


HEAD, BODY = _skeletons()
"""The skeletons of `arkit` and `arkit-body`."""


def skeleton_of(space: MotionSpace) -> Skeleton:
    """The skeleton that shows a motion space.

    Raises:
        InputError: Anny does not show the space.
    """
    shown = shown_as(space)
    for skeleton in (HEAD, BODY):
        if skeleton.space is shown:
            return skeleton
    raise InputError(f"the built-in body shows 'arkit' and 'arkit-body', not {space.name!r}; map the motion first")

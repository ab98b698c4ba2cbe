"""The built-in motion spaces, column by column.

Frame of reference shared by all of them: right-handed, metres, +Y up. A person at rest looks along +Z, so +X is that
person's left and the right-hand side of a camera that faces them. The room's origin lies on the floor midway between
the two people. Rotations are rotation vectors (axis times angle, radians); a positive x component tips the face down.
"""

from __future__ import annotations

from types import MappingProxyType

from visavis.errors import InputError
from visavis.motion.space import Column, Group, MotionSpace

# Apple's ARFaceAnchor.BlendShapeLocation, in the order in which Live Link Face writes them.
ARKIT_SHAPES: tuple[str, ...] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "jawForward", "jawRight", "jawLeft", "jawOpen", "mouthClose", "mouthFunnel",
    "mouthPucker", "mouthRight", "mouthLeft", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft",
    "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft",
    "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip


def _vector(name: str, group: Group, *, metres: bool = False) -> tuple[Column, ...]:
    """Three columns ``name.x``, ``name.y``, ``name.z``."""
    return tuple(Column(f"{name}.{axis}", "m" if metres else "rad", group) for axis in "xyz")


def _numbered(prefix: str, count: int, group: Group = "expression") -> tuple[Column, ...]:
    """`count` coefficients ``prefix00`` and on."""
    width = len(str(count - 1))
    return tuple(Column(f"{prefix}{i:0{width}d}", "coefficient", group) for i in range(count))


def _joints(group: Group, *names: str) -> tuple[Column, ...]:
    return tuple(column for name in names for column in _vector(name, group))


_HEAD_AND_PLACE = (
    *_vector("neck", "neck"),
    *_vector("head", "head"),
    *_vector("leftEye", "eyes"),
    *_vector("rightEye", "eyes"),
    *_vector("translation", "translation", metres=True),
)

# What phones move, and moods hardly: no corners (smile, frown, dimple), no pressing (tension) and nothing sideways.
_ARTICULATION = (
    "jawForward", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthLowerDownLeft",
    "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight",
)  # fmt: skip

ARKIT = MotionSpace(
    name="arkit",
    columns=(*(Column(name, "coefficient", "expression") for name in ARKIT_SHAPES), *_HEAD_AND_PLACE),
    sets=MappingProxyType(
        {
            "lips": tuple(n for n in ARKIT_SHAPES if n.startswith(("jaw", "mouth"))),
            "articulation": _ARTICULATION,
            "upper_face": tuple(n for n in ARKIT_SHAPES if n.startswith(("eye", "brow", "cheekSquint"))),
        }
    ),
    description="52 ARKit blendshapes, neck and head relative to the torso, eyes relative to the head, and where the "
    "head joint of the straight-necked body is in the room.",
    bounds=MappingProxyType({"expression": (0.0, 1.0)}),
)

ARM_JOINTS: tuple[str, ...] = ("Clavicle", "UpperArm", "LowerArm", "Wrist")
HAND_JOINTS: tuple[str, ...] = tuple(
    f"{finger}{i}" for finger in ("Thumb", "Index", "Middle", "Ring", "Pinky") for i in (1, 2, 3)
)

ARKIT_BODY = MotionSpace(
    name="arkit-body",
    columns=(
        *ARKIT.columns,
        *_joints("body", "spine", *(f"{side}{joint}" for side in ("left", "right") for joint in ARM_JOINTS)),
        *_joints("hands", *(f"{side}{joint}" for side in ("left", "right") for joint in HAND_JOINTS)),
    ),
    sets=ARKIT.sets,
    description="arkit, then spine, arms and fingers of the Anny skeleton: rotations of each joint relative to its "
    "parent, about the torso's axes in the zero pose, standing upright with hanging arms "
    "(`visavis.bodies.skeleton`). The neck is relative to the chest; translation is where the head joint of the "
    "straight neck is, whether the spine bends or the whole body leans.",
    bounds=ARKIT.bounds,
)

FLAME = MotionSpace(
    name="flame",
    columns=(
        *_numbered("expression", 100),
        *_vector("global", "head"),
        *_vector("neck", "neck"),
        *_vector("jaw", "jaw"),
        *_vector("leftEye", "eyes"),
        *_vector("rightEye", "eyes"),
        *_vector("translation", "translation", metres=True),
    ),
    sets=MappingProxyType({"lips": ("jaw.x", "jaw.y", "jaw.z")}),
    description="FLAME 2020: 100 expression components and the model's own joints. Components mix face regions, so "
    "only the jaw counts as lips here; measure lips and upper face on vertices.",
)

EMOCA56 = MotionSpace(
    name="emoca56",
    columns=(*_numbered("expression", 50), *_vector("global", "head"), *_vector("jaw", "jaw")),
    sets=MappingProxyType({"lips": ("jaw.x", "jaw.y", "jaw.z")}),
    description="EMOCA / DECA codes as Learning2Listen and DIM use them: 50 expression, 3 global rotation, 3 jaw; "
    "expression comes first (releases that put pose first are converted on reading).",
)

TALKING_TOGETHER78 = MotionSpace(
    name="talking-together78",
    columns=(*_numbered("expression", 63), *_HEAD_AND_PLACE),
    sets=MappingProxyType({"lips": tuple(f"expression{i:02d}" for i in range(20))}),
    description="Talking Together (suppl. 2.1): 63 expression components, neck, head and eye rotations, translation. "
    "The paper does not say which 20 are lip and jaw; here they are the first 20.",
)

_UPPER_BODY = ("spine3", "neck", "head", "left_collar", "right_collar", "left_shoulder", "right_shoulder",
               "left_elbow", "right_elbow")  # fmt: skip
_FINGERS = tuple(f"{finger}{i}" for finger in ("index", "middle", "pinky", "ring", "thumb") for i in (1, 2, 3))

SMPLX_UPPER117 = MotionSpace(
    name="smplx-upper117",
    columns=(
        *_joints("body", *_UPPER_BODY),
        *_joints("hands", *(f"right_{f}" for f in _FINGERS)),
        *_joints("hands", *(f"left_{f}" for f in _FINGERS)),
    ),
    description="SMPL-X upper body as VENUS and MARS use it: nine body joints (27), then the right and the left hand "
    "(45 each), in SMPL-X's finger order. The paper gives the counts; the nine joints are ours.",
)

FLAME_FACE53 = MotionSpace(
    name="flame-face53",
    columns=(*_numbered("expression", 50), *_vector("jaw", "jaw")),
    sets=MappingProxyType({"lips": ("jaw.x", "jaw.y", "jaw.z")}),
    description="The face as VENUS and MARS use it: 50 expression components and the jaw.",
)

VENUS_FACE153 = MotionSpace(
    name="venus-face153",
    columns=(*_numbered("expression", 50), *_vector("jaw", "jaw"), *_numbered("shape", 100, "shape")),
    sets=MappingProxyType({"lips": ("jaw.x", "jaw.y", "jaw.z")}),
    description="A face as VENUS annotates it (appendix A.7): EMOCA's expression, jaw and shape. The paper gives the "
    "parts; the order is that of venus-face156.",
)

VENUS_FACE156 = MotionSpace(
    name="venus-face156",
    columns=(
        *_numbered("expression", 50),
        *_vector("global", "head"),
        *_vector("jaw", "jaw"),
        *_numbered("shape", 100, "shape"),
    ),
    sets=MappingProxyType({"lips": ("jaw.x", "jaw.y", "jaw.z")}),
    description="A face as VENUS extracts it (section 3.1): EMOCA's expression, the head's rotation to the camera, jaw "
    "and shape. The authors' reader takes columns 0-49 as expression and 53-55 as jaw.",
)

_SMPLX_BODY = (
    "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle", "spine3",
    "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip

VENUS_BODY179 = MotionSpace(
    name="venus-body179",
    columns=(
        *_joints("body", "root", *_SMPLX_BODY),
        *_joints("hands", *(f"left_{f}" for f in _FINGERS)),
        *_joints("hands", *(f"right_{f}" for f in _FINGERS)),
        *_vector("jaw", "jaw"),
        *_numbered("shape", 10, "shape"),
        *_numbered("expression", 10),
    ),
    description="A body as VENUS annotates it: OSX's SMPL-X parameters in the order in which OSX gives them: root, 21 "
    "joints, left and right hand, jaw, shape and expression. The authors' reader takes columns 66-155 as hands.",
)


def _face_and_body(name: str, face: MotionSpace, body: MotionSpace, what: str) -> MotionSpace:
    """One person's face and body side by side; what both have is the face's, the body's is called ``body.``."""
    columns = tuple(Column(f"body.{c.name}", c.unit, c.group) for c in body.columns)
    about = f"{face.name}, then {body.name} with every name after 'body.': {what}."
    return MotionSpace(name, (*face.columns, *columns), face.sets, about)


VENUS332 = _face_and_body("venus332", VENUS_FACE153, VENUS_BODY179, "what VENUS tells of one person")
VENUS335 = _face_and_body("venus335", VENUS_FACE156, VENUS_BODY179, "what VENUS tells of one person")
VENUS170 = _face_and_body("venus170", FLAME_FACE53, SMPLX_UPPER117, "what MARS speaks of one person")

VIDEO_CALL = MotionSpace(
    name="video-call",
    columns=(
        Column("AU06", "coefficient", "expression"),
        Column("AU12", "coefficient", "expression"),
        Column("bodyMotion", "coefficient", "body"),
        *(Column(f"gaze{target}", "coefficient", "eyes") for target in ("Partner", "Card", "Room")),
    ),
    sets=MappingProxyType({"smile": ("AU06", "AU12"), "gaze": ("gazePartner", "gazeCard", "gazeRoom")}),
    description="What was measured in video calls, signals and not a pose: cheek raiser and lip corner puller "
    "(OpenFace intensity, 0-5), ln(1 + motion energy) of the body, and where the person looks (one of three is 1, all "
    "are 0 where it is unknown). Nothing can be drawn from it.",
)

RIG_SPEECH = MotionSpace(
    name="rig-speech",
    columns=_numbered("expression", 116),
    description="116 weights (0-1) of the animated face rig of FACEGOOD's recordings. The release's names of the "
    "columns are not reliable, so the columns are numbered and none is called lips; most of them never move.",
)

BIWI64 = MotionSpace(
    name="biwi64",
    columns=_numbered("expression", 64),
    description="Displacement of BIWI's 23,370 vertices from the person's own template, as weights of 64 orthonormal "
    "principal components fitted on the training sentences; the components are stored beside the imported corpus.",
)

SPACES: dict[str, MotionSpace] = {
    space.name: space
    for space in (
        ARKIT, ARKIT_BODY, FLAME, EMOCA56, TALKING_TOGETHER78, SMPLX_UPPER117, FLAME_FACE53, VENUS_FACE153,
        VENUS_FACE156, VENUS_BODY179, VENUS170, VENUS332, VENUS335, VIDEO_CALL, RIG_SPEECH, BIWI64,
    )
}  # fmt: skip


def get_space(name: str) -> MotionSpace:
    """The built-in space called `name`.

    Raises:
        InputError: There is none; the message lists those there are.
    """
    try:
        return SPACES[name]
    except KeyError:
        raise InputError(f"there is no motion space named {name!r}; there are: {', '.join(SPACES)}") from None


def built_in_or_own(space: MotionSpace) -> MotionSpace:
    """The built-in space where name and columns are the same, which knows sets and bounds; otherwise `space` itself."""
    known = SPACES.get(space.name)
    return known if known is not None and known.columns == space.columns else space

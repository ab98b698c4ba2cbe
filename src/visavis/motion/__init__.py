"""Motion: what its columns mean, and operations on it."""

from visavis.motion.motion import Motion
from visavis.motion.seat import Seat, face_to_face
from visavis.motion.space import Column, MotionSpace
from visavis.motion.spaces import (
    ARKIT,
    ARKIT_BODY,
    BIWI64,
    EMOCA56,
    FLAME,
    FLAME_FACE53,
    RIG_SPEECH,
    SMPLX_UPPER117,
    SPACES,
    TALKING_TOGETHER78,
    VIDEO_CALL,
    get_space,
)

__all__ = [
    "ARKIT", "ARKIT_BODY", "BIWI64", "EMOCA56", "FLAME", "FLAME_FACE53", "RIG_SPEECH", "SMPLX_UPPER117", "SPACES",
    "TALKING_TOGETHER78", "VIDEO_CALL", "Column", "Motion", "MotionSpace", "Seat", "face_to_face", "get_space",
]  # fmt: skip

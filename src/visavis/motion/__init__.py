"""Motion: what its columns mean, and what can be done with it."""

from visavis.motion.motion import Motion
from visavis.motion.seat import Seat, face_to_face
from visavis.motion.space import Column, MotionSpace
from visavis.motion.spaces import ARKIT, EMOCA56, FLAME, SMPLX_UPPER117, SPACES, TALKING_TOGETHER78, get_space

__all__ = [
    "ARKIT", "EMOCA56", "FLAME", "SMPLX_UPPER117", "SPACES", "TALKING_TOGETHER78",
    "Column", "Motion", "MotionSpace", "Seat", "face_to_face", "get_space",
]  # fmt: skip

"""Arms, hands and trunk on top of a face."""

from __future__ import annotations

from visavis.behavior.plan import Plan
from visavis.motion import Motion, MotionSpace, Seat
from visavis.motion.mapping import to_space


def add_body(
    motion: Motion, plan: Plan, person: int, seats: tuple[Seat, Seat], space: MotionSpace, seed: int
) -> Motion:
    return to_space(motion, space)

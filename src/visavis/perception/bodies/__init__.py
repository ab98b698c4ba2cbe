"""Body tracking: landmarks over time, converted to rotations of spine, arms and fingers."""

from visavis.perception.bodies.tracker import BodyTracker

__all__ = ["BodyTracker"]

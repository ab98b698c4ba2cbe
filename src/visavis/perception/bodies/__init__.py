"""Bodies: followed by landmarks, and turned into rotations of spine, arms and fingers."""

from visavis.perception.bodies.tracker import BodyTracker

__all__ = ["BodyTracker"]

"""Face tracking: detected, tracked, identified, and converted to motion."""

from visavis.perception.faces.tracker import FaceTracker

__all__ = ["FaceTracker"]

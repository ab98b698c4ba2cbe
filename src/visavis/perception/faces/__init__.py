"""Faces: found, followed, told apart, and turned into motion."""

from visavis.perception.faces.tracker import FaceTracker

__all__ = ["FaceTracker"]

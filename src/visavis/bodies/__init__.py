"""Bodies: motion in, vertices in metres out."""

from visavis.bodies.anny import AnnyBody
from visavis.bodies.appearance import default_appearances
from visavis.bodies.protocol import BodyModel

__all__ = ["AnnyBody", "BodyModel", "default_appearances"]

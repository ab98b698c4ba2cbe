"""Individual differences between simulated people: those of anybody, under the names that the simulator uses."""

from visavis.behavior.people import Habits as Traits
from visavis.behavior.people import draw_habits as draw_traits

__all__ = ["Traits", "draw_traits"]

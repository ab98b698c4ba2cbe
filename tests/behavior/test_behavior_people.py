"""Individual differences."""

import numpy as np
import pytest

from visavis.behavior.people import draw_habits

FACTORS = ("talkativeness", "expressiveness", "smile_rate", "nod_rate", "mirror", "aversion", "head_size", "sway",
           "eye_shift", "gesture_rate")  # fmt: skip


def test_people_differ_and_on_average_do_what_people_do():
    people = [draw_habits(np.random.default_rng(seed)) for seed in range(4000)]
    for name in FACTORS:
        drawn = np.array([getattr(person, name) for person in people])
        assert drawn.mean() == pytest.approx(1.0, abs=0.03), name
        assert drawn.std() > 0.05, name

"""What a moving person does, read off the motion."""

import numpy as np
import pytest

from visavis.behavior.seen import seen_events
from visavis.motion import FLAME, Motion, face_to_face
from visavis.simulation.dyads import simulate


@pytest.fixture(scope="module")
def conversation():
    return simulate(12, 90.0)


def test_most_of_what_simulated_people_do_is_seen(conversation):
    for i, person in enumerate(conversation):
        other = conversation.participants[1 - i]
        found = seen_events(person.motion, person.seat, other.seat)
        looks = [e for e in found if e.kind == "look"]
        assert looks[0].start == 0
        assert looks[-1].end == pytest.approx(90.0)
        at = np.zeros(len(person.motion))
        for look in looks:
            at[round(look.start * 25) : round(look.end * 25)] = look.label == "partner"
        assert np.mean(at == person.tracks["gaze_target"]["code"]) > 0.85
        for kind in ("blink", "smile"):
            planned = [e for e in person.events[kind] if kind != "blink" or e.details.get("strength", 1) > 0.7]
            seen = [e for e in found if e.kind == kind]
            hit = [any(e.start < p.end and p.start < e.end for e in seen) for p in planned]
            assert np.mean(hit) > 0.7, kind


def test_of_other_spaces_nothing_is_seen():
    a, b = face_to_face()
    assert seen_events(Motion.zeros(50, 25, FLAME), a, b) == []

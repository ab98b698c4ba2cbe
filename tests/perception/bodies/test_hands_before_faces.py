"""A hand before the face takes from what is visible of it."""

import numpy as np
import pytest

from visavis.conversation import Conversation, Participant, Track
from visavis.motion import ARKIT, Motion
from visavis.perception.bodies import tracker
from visavis.perception.bodies.following import Followed, covered

FACE = np.array([100.0, 100.0, 200.0, 220.0])
NOBODY = np.full((21, 2), np.nan, np.float32)


def square(x0, y0, x1, y1):
    """A hand's outline that fills a rectangle, its corners among 21 points."""
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32)
    return np.concatenate([corners, np.tile(corners.mean(0), (17, 1))])


@pytest.mark.parametrize(("outline", "share"), [
    (NOBODY, 0.0), (square(0, 0, 90, 90), 0.0), (square(0, 0, 400, 400), 1.0), (square(0, 160, 400, 400), 0.5),
    (square(150, 160, 400, 400), 0.25),
])  # fmt: skip
def test_the_share_of_a_face_behind_a_hand(outline, share):
    assert covered(FACE, np.stack([NOBODY, outline])) == pytest.approx(share, abs=0.04)


def test_hands_that_overlap_count_once():
    both = np.stack([square(0, 160, 400, 400)] * 2)
    assert covered(FACE, both) == covered(FACE, both[:1])


def test_the_mouth_behind_a_hand_lowers_what_is_visible(monkeypatch):
    values = np.tile(np.array([*FACE, 60.0, 1.0, 0.8], np.float32), (50, 1))
    face = Track(values, 25.0, ("x0", "y0", "x1", "y1", "size", "sharpness", "visible"))
    person = Participant("A", motion=Motion.zeros(50, 25.0, ARKIT), tracks={"face": face})

    class Film:
        width, height = 640, 480

        def frames(self, *_args, **_options):
            return type("Pictures", (), {"size": (640, 480)})()

    def follow(_pictures, count, _faces, _scale):
        seen = Followed.nothing(count)
        seen.covered[count // 2 :] = 0.5
        return [seen, Followed.nothing(count)]

    monkeypatch.setattr(tracker, "follow", follow)
    conversation = Conversation("talk", (person, Participant("B")), 2.0)
    object.__setattr__(conversation, "video", Film())
    found = tracker.BodyTracker()(conversation).a.tracks["face"]
    assert found["visible"][:20] == pytest.approx(0.8)
    assert found["visible"][30:] == pytest.approx(0.4)
    assert np.array_equal(found["size"], face["size"])

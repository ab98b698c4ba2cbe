"""Feelings as faces."""

import numpy as np
import pytest

from visavis.behavior.events import Event
from visavis.behavior.performing.feelings import FACES, feeling_shapes, feeling_tilt, shapes_of_moods
from visavis.behavior.performing.moods import FEELINGS
from visavis.evaluation.expressions import emotion_shown
from visavis.motion.spaces import ARKIT_SHAPES

SILENT, TALKING = np.zeros(150, bool), np.ones(150, bool)


def _mood(label: str, strength: float = 1.0) -> list[Event]:
    return [Event("mood", 1.0, 5.0, label, strength)]


@pytest.mark.parametrize("label", FEELINGS)
@pytest.mark.parametrize("speaking", [SILENT, TALKING])
def test_every_feeling_is_read_off_its_face_also_while_speaking(label: str, speaking: np.ndarray) -> None:
    shapes = shapes_of_moods(_mood(label), 150, speaking)
    assert set(shapes) <= set(ARKIT_SHAPES)
    assert emotion_shown({name: curve[50:100] for name, curve in shapes.items()})[0] == label


def test_faces_leave_room_for_speech() -> None:
    assert max(level for face in FACES.values() for level in face.values()) < 0.6
    for label in FEELINGS:
        free, busy = (shapes_of_moods(_mood(label), 150, s) for s in (SILENT, TALKING))
        for shape in FACES[label]:
            if shape == "jawOpen":
                assert busy[shape].max() < 0.01
            elif shape.startswith("mouth"):
                assert busy[shape].max() < 0.5 * free[shape].max()
            else:
                assert np.array_equal(busy[shape], free[shape])


def test_strength_scales_and_feelings_come_and_go_smoothly() -> None:
    strong, weak = (shapes_of_moods(_mood("sad", s), 150, SILENT)["browInnerUp"] for s in (1.0, 0.3))
    assert np.allclose(weak, 0.3 * strong)
    assert strong[:25].max() < 1e-3
    assert strong[126:].max() < 1e-3
    assert np.abs(np.diff(strong)).max() < 0.1


def test_neutral_and_unnamed_moods_have_no_face() -> None:
    for label in ("neutral", ""):
        assert all(not curve.any() for curve in shapes_of_moods(_mood(label), 150, SILENT).values())


def test_curiosity_tilts_the_head_to_the_side_that_is_asked_for() -> None:
    feelings = np.zeros((3, len(FEELINGS)))
    feelings[:, FEELINGS.index("curious")] = (0.0, 0.5, 1.0)
    left, right = feeling_tilt(feelings, 1.0), feeling_tilt(feelings, -1.0)
    assert np.allclose(left, -right)
    assert left[2] == pytest.approx(np.radians(4))
    assert left[0] == 0


def test_no_frames_make_no_curves() -> None:
    assert all(len(curve) == 0 for curve in feeling_shapes(np.zeros((0, 7)), np.zeros(0, bool)).values())

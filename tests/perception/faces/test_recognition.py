"""Faces on one character in the spaces of recognition networks: nearer where the expression is alike."""

import importlib.util

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.motion import ARKIT, Motion

pytestmark = pytest.mark.skipif(importlib.util.find_spec("mediapipe") is None, reason="mediapipe is not installed")
SMILE = {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "cheekSquintLeft": 0.5, "cheekSquintRight": 0.5}
SCOWL = {"browDownLeft": 0.9, "browDownRight": 0.9, "mouthFrownLeft": 0.5, "mouthFrownRight": 0.5}


def face(shapes: dict[str, float], roll: float = 0.0) -> Motion:
    motion = Motion.zeros(1, 25.0, ARKIT).with_columns("head.z", [roll])
    return motion.with_columns(tuple(shapes), [list(shapes.values())])


@pytest.fixture(scope="module")
def seen():
    from visavis.perception.faces.recognition import DlibResNet, Recognition, SFace
    from visavis.rendering.portrait import Portraits

    networks = [SFace()]
    if importlib.util.find_spec("dlib"):
        networks.append(DlibResNet())
    portraits, recognition = Portraits(ARKIT, 224), Recognition(networks)
    faces = {"smile": face(SMILE), "smile again": face(SMILE, 0.1), "scowl": face(SCOWL)}
    pictures = {name: portraits.draw(motion)[0] for name, motion in faces.items()}
    found = {name: recognition(picture) for name, picture in pictures.items()}
    found["anew"] = recognition(pictures["smile"])
    found["wall"] = recognition(np.full((224, 224, 3), 200, np.uint8))
    portraits.close()
    recognition.close()
    return found


def test_the_same_expression_is_nearer_than_another(seen):
    for smile, again, scowl in zip(seen["smile"], seen["smile again"], seen["scowl"], strict=True):
        assert smile.shape == (128,)
        assert np.linalg.norm(smile - again) < 0.6 * np.linalg.norm(smile - scowl)


def test_what_was_seen_before_does_not_matter(seen):
    for once, twice in zip(seen["smile"], seen["anew"], strict=True):
        assert np.array_equal(once, twice)


def test_a_wall_has_no_face(seen):
    assert seen["wall"] is None


@pytest.mark.skipif(importlib.util.find_spec("dlib") is not None, reason="dlib is installed")
def test_without_dlib_the_extra_is_named():
    from visavis.perception.faces.recognition import DlibResNet

    with pytest.raises(InputError, match=r"pip install 'visavis\[faces\]'"):
        DlibResNet()

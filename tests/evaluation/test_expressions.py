"""Emotions read off faces."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.evaluation.expressions import SHOWN, UNITS, emotion_shown


@pytest.mark.parametrize("emotion", SHOWN)
@pytest.mark.parametrize("strength", [0.2, 1.0])
def test_a_prototype_is_told_at_any_strength(emotion: str, strength: float) -> None:
    face = {column: np.full(5, strength) for unit in SHOWN[emotion] for column in UNITS[unit]}
    told, cosines = emotion_shown(face)
    assert told == emotion
    assert cosines.max() == pytest.approx(1.0)


def test_a_face_at_rest_and_talk_alone_are_neutral() -> None:
    assert emotion_shown({"mouthSmileLeft": np.full(4, 0.02)})[0] == "neutral"
    assert emotion_shown({"jawOpen": np.ones(4), "mouthPucker": np.ones(4)})[0] == "neutral"


def test_no_frames_are_one_line() -> None:
    with pytest.raises(InputError, match="no frames"):
        emotion_shown({"jawOpen": np.zeros(0)})

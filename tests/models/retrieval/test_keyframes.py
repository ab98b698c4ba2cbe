"""Key frames are the peaks of the expression's norm."""

import numpy as np
import pytest
from scipy.signal import find_peaks

from visavis.errors import InputError
from visavis.models.retrieval.keyframes import expressiveness, key_frames, uniform_frames
from visavis.motion import ARKIT, EMOCA56, Motion

SMILES = {20: 0.9, 60: 0.5, 90: 0.7}


def moved(name="mouthSmileLeft", bumps=SMILES, frames=120, fps=25.0):
    times = np.arange(frames)
    values = sum(height * np.exp(-(((times - at) / 3) ** 2)) for at, height in bumps.items())
    return Motion.zeros(frames, fps, ARKIT).with_columns(name, values)


def test_the_highest_peaks_are_taken_in_order_of_time():
    assert key_frames(moved(), 2).tolist() == [20, 90]
    assert key_frames(moved(), 3).tolist() == [20, 60, 90]


def test_they_are_those_of_the_papers_algorithm():
    motion = moved(bumps={at: 0.2 + 0.1 * (at % 7) for at in range(10, 115, 11)})
    norm = np.linalg.norm(motion.values[:, : len(ARKIT.indices("expression"))], axis=1)
    peaks, _ = find_peaks(norm)
    best = peaks[np.argsort(-norm[peaks], kind="stable")[:4]]
    assert key_frames(motion, 4).tolist() == sorted(best)


def test_blinks_and_looks_are_no_expression():
    motion = moved().with_columns("eyeBlinkLeft", np.eye(120)[40] * 1.0)
    assert 40 not in key_frames(motion, 3)
    assert not expressiveness(moved("eyeLookDownLeft")).any()


def test_other_spaces_have_an_expression_too():
    values = np.zeros((50, EMOCA56.dim), np.float32)
    values[25, 3] = 2.0
    values[10, -1] = 9.0  # the jaw is no expression
    motion = Motion(values, 25.0, EMOCA56)
    assert key_frames(motion, 1).tolist() == [25]


@pytest.mark.parametrize("motion", [Motion.zeros(100, 25.0, ARKIT), moved(bumps={50: 0.6}), moved(bumps={-40: 500.0})])
def test_a_clip_without_enough_peaks_still_gives_them_all(motion):
    frames = key_frames(motion, 5)
    assert len(set(frames.tolist())) == 5
    assert (np.diff(frames) >= 5).all()


def test_a_face_that_only_falls_is_highest_at_its_beginning():
    motion = moved(bumps={-1: 1.0}, frames=100)
    assert 0 in key_frames(motion, 2)


def test_two_frames_give_five():
    assert key_frames(Motion.zeros(2, 25.0, ARKIT), 5).tolist() == [0, 0, 1, 1, 1]


def test_uniform_frames_are_evenly_spaced():
    assert uniform_frames(moved(), 4).tolist() == [15, 45, 75, 105]


def test_what_cannot_be_had_is_said():
    with pytest.raises(InputError, match="at least 1"):
        key_frames(moved(), 0)
    with pytest.raises(InputError, match="without frames"):
        key_frames(Motion.zeros(0, 25.0, ARKIT), 3)

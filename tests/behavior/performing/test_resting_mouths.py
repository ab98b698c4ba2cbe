"""Mouths of people who are silent rest; who speaks, laughs or gasps moves it."""

import numpy as np

from visavis.behavior.events import Event
from visavis.behavior.people import USUAL
from visavis.behavior.performing.mouths import PARTED, rested
from visavis.behavior.performing.performer import perform
from visavis.behavior.plan import Plan
from visavis.motion import ARKIT, Motion
from visavis.scene.layout import layout_from


def opened(events=()):
    """Somebody whose mouth is wide open for ten seconds, and who speaks from the fourth to the sixth of them."""
    motion = Motion.zeros(250, 25.0, ARKIT).with_columns(["jawOpen", "mouthSmileLeft"], np.full((250, 2), 0.8))
    speaking = np.zeros(250)
    speaking[100:150] = 1.0
    performed, _ = perform(Plan(10.0, (tuple(events), ())), 250, layout_from("face-to-face").seats, (USUAL, USUAL), 0)
    return rested(motion, speaking, performed)


def test_the_mouth_moves_with_speech_and_is_nearly_closed_without():
    found = opened()
    jaw = found["jawOpen"].ravel()
    assert jaw[98:152].min() > 0.75  # it gets ready before speech is heard
    assert jaw[:95].max() < 0.8  # without gaping
    assert jaw[:93].max() < 0.5
    assert jaw[:80].max() < PARTED + 0.01
    assert jaw[170:].max() < PARTED + 0.01
    assert np.allclose(found["mouthSmileLeft"], 0.8)


def test_laughter_and_gasps_open_it():
    laughing = opened([Event("laugh", 7.0, 8.0)])["jawOpen"].ravel()
    assert laughing[178:198].min() > 0.75
    gasping = opened([Event("mood", 1.0, 3.0, "surprised", 1.0, 0.4, 0.7)])["jawOpen"].ravel()
    assert PARTED + 0.1 < gasping[40:60].max() < 0.5

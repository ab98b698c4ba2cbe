"""What people are told about the layout that was made of their words."""

import numpy as np
import pytest

from visavis.language import embedding
from visavis.language.embedding import LexicalSimilarity
from visavis.motion import Seat
from visavis.scene.layout import Layout, layout_from
from visavis.scene.presets import PRESETS
from visavis.scene.telling import told


@pytest.fixture(autouse=True)
def by_letters(monkeypatch):
    monkeypatch.setattr(embedding, "best_similarity", lambda: (LexicalSimilarity(), None))


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (None, "two people, 1.00 m apart, face to face, both standing"),
        ("A sits, B stands, two metres apart, face to face",
         'two people, 2.00 m apart, face to face, A sitting, B standing; as the words say: "A sits", "B stands", '
         '"two metres", "face to face"'),
        ("B on the left, both standing side by side, 80 cm apart, waiting for a bus",
         'two people, 0.80 m apart, side by side, both standing, A on the right; as the words say: "B on the left", '
         '"standing side by side", "80 cm"; only compared with example situations: "waiting for a bus"'),
        ("A sits on the floor, B kneels, 1 m apart", "A sitting on the ground, B kneeling; as the words say"),
        ("at right angles, 1 m apart", "1.00 m apart, at an angle"),
    ],
)  # fmt: skip
def test_one_line_says_what_was_made_of_it(what, says):
    line = told(layout_from(what), table=False)
    assert says in line if what and what.startswith(("A sits on", "at right")) else line == says


def test_words_of_which_nothing_is_read_are_said_to_be_compared_only():
    line = told(layout_from("chess players at a board"), table=True)
    assert ", at a table; the words name none of it outright; only compared with example situations: " in line
    assert line.endswith('"chess players at a board"')


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_told_without_reading_words(name):
    line = told(layout_from(name), table=False)
    assert line.startswith("two people, ")
    assert "words" not in line


@pytest.mark.parametrize("degrees", [0, 14, 16, 44, 46, 100])
def test_any_turn_has_a_word(degrees):
    turn = np.radians(degrees)
    seats = Seat((-0.5, 1.6, 0), np.pi / 2 - turn), Seat((0.5, 1.6, 0), -np.pi / 2 + turn)
    wanted = "face to face" if degrees < 15 else "at an angle" if degrees < 45 else "side by side"
    assert f"1.00 m apart, {wanted}, both standing" in told(Layout(seats, "file"), table=False)


def test_strange_letters_do_not_steer_the_terminal():
    line = told(layout_from("face to face, \x1b[31mred\x07 light"), table=False)
    assert line.isprintable()
    assert "red" in line

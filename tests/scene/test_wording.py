"""What a description says outright."""

import pytest

from visavis.scene.wording import SITTING, read_explicit


@pytest.mark.parametrize(("text", "metres"), [
    ("two metres apart", 2.0), ("2 m apart", 2.0), ("at 2m", 2.0), ("3 feet between them", 0.9144),
    ("half a metre apart", 0.5),
    ("one and a half meters", 1.5), ("80 cm from each other", 0.8), ("1.5 metres", 1.5), ("1,5 metres", 1.5),
    ("a metre apart", 1.0), ("ten yards off", 9.144), ("at arm's length", 0.7), ("an arm's length apart", 0.7),
    ("a two-metre gap", 2.0), ("a two-metre table between them", None), ("A is 1.9 m tall", None),
    ("A is 1.9 m tall, they stand 80 cm apart", 0.8), ("three friends", None), ("in room 12", None),
    ("6 ft apart", 1.8288),
    ("500 metres apart", 500.0), ("2 minutes into the talk", None), ("zero metres apart", 0.0),
    ("a man and a woman", None),
])  # fmt: skip
def test_distances(text, metres):
    found = read_explicit(text).distance
    assert found is None if metres is None else found == pytest.approx(metres)


def test_a_negative_distance_is_said_and_ignored():
    said = read_explicit("-2 metres apart")
    assert said.distance is None
    assert len(said.notes) == 1


@pytest.mark.parametrize(("text", "a", "b"), [
    ("sitting on a sofa", SITTING, SITTING), ("both standing", 0.0, 0.0), ("A sits and B stands", SITTING, 0.0),
    ("A is standing, B is sitting", 0.0, SITTING), ("A stands while B sits", 0.0, SITTING),
    ("A and B are seated", SITTING, SITTING),
    ("They sit on the floor.", -0.85, -0.85), ("A standing desk between them", None, None),
    ("in the sitting room", None, None),
    ("B kneels", None, -0.55), ("with A sitting, B standing", SITTING, 0.0), ("a quiet talk", None, None),
    ("A couple sitting on a bench", SITTING, SITTING),
    ("two friends talking at a table", SITTING, SITTING), ("standing at a table", 0.0, 0.0),
    ("arguing across a table", SITTING, SITTING), ("at the kitchen table, both on their feet", 0.0, 0.0),
])  # fmt: skip
def test_poses(text, a, b):
    poses = read_explicit(text).poses
    assert tuple(p and p[0] for p in poses) == (a, b)


@pytest.mark.parametrize(("text", "kind"), [
    ("face to face", "face-to-face"), ("Face-to-face, close", "face-to-face"),
    ("facing each other", "face-to-face"),
    ("arguing across a table", "face-to-face"), ("side by side", "side-by-side"),
    ("next to each other", "side-by-side"),
    ("at the corner of a table, sitting at right angles", "angled"),
    ("across the corner of a desk", "angled"), ("chatting", None),
])  # fmt: skip
def test_kinds(text, kind):
    assert read_explicit(text).kind == kind


@pytest.mark.parametrize(("text", "left"), [
    ("A on the left", True), ("B on the left", False), ("A is on the right", False), ("B to the right of A", True),
    ("A to B's right", False), ("right in front of each other", None), ("A picture on the left wall", None),
    ("at right angles", None), ("face to face", None),
])  # fmt: skip
def test_sides(text, left):
    assert read_explicit(text).a_on_the_left is left


@pytest.mark.parametrize(("text", "read", "unread"), [
    ("arguing across a table", ["across a table"], ["arguing"]),
    ("A sits, B stands, two metres apart", ["A sits", "B stands", "two metres"], []),
    ("back to back in the rain, 2 m apart", ["2 m"], ["back to back in the rain"]),
    ("three people side by side", ["side by side"], ["three people"]),
    ("A is 1.9 m tall, they stand 80 cm apart", ["stand 80 cm"], ["1.9 m tall"]),
    ("a two-metre table between them", [], ["two-metre table between them"]),
    ("B kneels while A sits on the floor; both whispering", ["B kneels", "A sits on the floor"], ["whispering"]),
    ("side by side on a bench, B on the left", ["side by side", "B on the left"], ["bench"]),
    ("a picture on the left wall", [], ["picture on the left wall"]),
    ("face to face", ["face to face"], []), ("the two of them", [], []), ("", [], []), ("?!", [], []),
    ("Zwei Freunde streiten", [], ["Zwei Freunde streiten"]), ("两个人面对面", [], ["两个人面对面"]),
])  # fmt: skip
def test_what_is_read_outright_and_what_is_not(text, read, unread):
    said = read_explicit(text)
    assert (list(said.read), list(said.unread)) == (read, unread)

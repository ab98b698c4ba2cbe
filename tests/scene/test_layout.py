"""From a name, a file, words or nothing to two seats."""

import json

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.language import embedding
from visavis.language.embedding import LexicalSimilarity
from visavis.motion import Seat, face_to_face
from visavis.scene.checks import correct_seats
from visavis.scene.examples import load_examples
from visavis.scene.layout import layout_from, layout_to_json
from visavis.scene.nearest import make_room_for_knees, place


@pytest.fixture(scope="module")
def meaning():
    """The sentence embedding, where its file can be had."""
    similarity, note = embedding.best_similarity()
    if note:
        pytest.skip(note)
    return similarity


@pytest.fixture
def by_letters(monkeypatch):
    monkeypatch.setattr(embedding, "best_similarity", lambda: (LexicalSimilarity(), None))


def test_nothing_is_face_to_face_at_one_metre():
    layout = layout_from(None)
    assert layout.distance == pytest.approx(1.0)
    assert layout.notes == ()
    for ours, wanted in zip(layout.seats, face_to_face(), strict=True):
        np.testing.assert_allclose(ours.position, wanted.position, atol=1e-12)


def test_a_preset_by_name():
    layout = layout_from("Across a Table")
    assert layout.source == "preset across-a-table"
    assert all(seat.seated for seat in layout.seats)


def test_words_with_numbers(by_letters):
    layout = layout_from("A sits on a chair, B stands, two metres apart")
    assert layout.distance == pytest.approx(2.0)
    assert (layout.seats[0].seated, layout.seats[1].seated) == (True, False)
    assert layout.seats[0].position[1] < layout.seats[1].position[1]


def test_b_on_the_left(by_letters):
    layout = layout_from("side by side on a bench, B on the left")
    assert layout.seats[1].position[0] < layout.seats[0].position[0]


def test_words_that_mean_far_are_farther_than_words_that_mean_near(meaning):
    def distance(text):
        return place(text, meaning)[0].distance

    near, usual, far = map(distance, ("whispering in ear", "an ordinary conversation", "yelling over a big hall"))
    assert near < 0.6 < usual < 2 < far
    assert place("arguing across a table", meaning)[0].beside == 0
    assert place("watching a film together on the couch", meaning)[0].beside > 0.8


def test_an_examples_own_words_give_about_its_own_layout(meaning):
    for example in load_examples():
        placement, _ = place(example.text, meaning, explicit=False)
        wanted = make_room_for_knees(example.placement).distance
        assert abs(np.log(placement.distance / wanted)) < 0.1
        np.testing.assert_allclose(placement.a[1], example.placement.a[1], atol=0.1)


def test_legs_fit_between_people_on_chairs_unless_the_words_say_how_far(by_letters):
    assert layout_from("chess players sit at a board").distance == pytest.approx(1.1)
    assert layout_from("chess players sit at a board, 80 cm apart").distance == pytest.approx(0.8)
    assert layout_from("a couple sits on the sofa, cuddled up side by side").distance < 0.6


def test_two_chairs_that_face_each_other_need_room_but_a_bench_does_not(by_letters):
    layout = layout_from("they sit face to face, 30 cm apart")
    assert layout.distance == pytest.approx(0.65)
    assert "0.65 m is used instead" in layout.notes[0]
    assert layout_from("they stand face to face, 30 cm apart").notes == ()
    assert layout_from("they sit side by side, 50 cm apart").distance == pytest.approx(0.5)


def test_without_the_embedding_a_line_says_so(monkeypatch):
    def gone():
        raise InputError("asset all-MiniLM-L6-v2 is not available")

    monkeypatch.setattr(embedding, "sentence_similarity", gone)
    layout = layout_from("an interview with a desk between them")
    assert len(layout.notes) == 1
    assert "is not available" in layout.notes[0]
    with pytest.raises(InputError, match="strict"):
        layout_from("an interview with a desk between them", strict=True)


@pytest.mark.parametrize("text", ["", "   ", "?!...", "asdf qwer zxcv", "\x00\x01"])
def test_words_that_say_nothing_give_the_default_and_one_line(by_letters, text):
    layout = layout_from(text)
    assert layout.distance == pytest.approx(1.0)
    assert len(layout.notes) == 1
    assert "face to face at 1 m is used instead" in layout.notes[0]
    assert "\n" not in layout.notes[0]
    with pytest.raises(InputError, match="strict"):
        layout_from(text, strict=True)


def test_an_impossible_distance_in_words_is_clamped_or_refused(by_letters):
    layout = layout_from("standing 500 metres apart")
    assert layout.distance == pytest.approx(12.0)
    assert "12.00 m is used instead" in layout.notes[0]
    with pytest.raises(InputError, match=r"500\.00 m apart"):
        layout_from("standing 500 metres apart", strict=True)


def test_a_book_is_refused(by_letters):
    with pytest.raises(InputError, match="1000 characters"):
        layout_from("two people " * 1000)


def write(folder, data):
    path = folder / "layout.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_a_file_in_the_papers_convention(tmp_path):
    layout = layout_from(write(tmp_path, {"A": [0, -0.4, -0.6], "B": [0, 0, 0.6]}))
    assert layout.seats[0].position == pytest.approx((-0.6, 1.2, 0.0))
    assert layout.seats[0].seated
    assert layout.notes == ()


def test_a_file_of_seats_round_trips_exactly(tmp_path):
    layout = layout_from("interview")
    again = layout_from(str(write(tmp_path, layout_to_json(layout))))
    assert again.seats == layout.seats


def test_seats_in_a_file_are_centred(tmp_path):
    seats = [{"position": [9.5, 1.6, 4], "yaw": 1.5708}, {"position": [10.5, 1.6, 4], "yaw": -1.5708}]
    layout = layout_from(write(tmp_path, {"seats": seats}))
    assert layout.seats[0].position == pytest.approx((-0.5, 1.6, 0))


HOSTILE = {
    "huge": "[" + "1," * 100_000 + "1]",
    "deep": "[" * 40_000 + "]" * 40_000,
    "not JSON": "A sits here",
    "empty": "",
    "binary": "\x00\x01\x02",
    "a list": [1, 2, 3],
    "null": "null",
    "missing B": {"A": [0, 0, 0]},
    "two numbers": {"A": [0, 0], "B": [0, 0, 1]},
    "strings": {"A": ["0", "0", "0"], "B": [0, 0, 1]},
    "booleans": {"A": [True, False, True], "B": [0, 0, 1]},
    "NaN": '{"A": [NaN, 0, 0], "B": [0, 0, 1]}',
    "infinite": '{"A": [Infinity, 0, 0], "B": [0, 0, 1]}',
    "1e999": '{"A": [1e999, 0, 0], "B": [0, 0, 1]}',
    "long integer": '{"A": [' + "9" * 400 + ', 0, 0], "B": [0, 0, 1]}',
    "very long integer": '{"A": [' + "9" * 9000 + ', 0, 0], "B": [0, 0, 1]}',
    "objects": {"A": {"x": 0}, "B": {"x": 1}},
    "unknown kind": {"A": [0, 0, 0], "B": [0, 0, 1], "kind": ["face-to-face"]},
    "one seat": {"seats": [{"position": [0, 1.6, 0], "yaw": 0}]},
    "seat without yaw": {"seats": [{"position": [0, 1.6, 0]}] * 2},
    "yaw in words": {"seats": [{"position": [0, 1.6, 0], "yaw": "left"}] * 2},
    "seated in words": {"seats": [{"position": [0, 1.6, 0], "yaw": 0, "seated": "yes"}] * 2},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_get_one_line(tmp_path, name):
    path = write(tmp_path, HOSTILE[name])
    with pytest.raises(InputError) as caught:
        layout_from(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert len(message) < len(str(path)) + 200


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        layout_from(str(tmp_path / "gone.json"))
    with pytest.raises(InputError, match="layout file"):
        layout_from(tmp_path)


def test_nonsense_coordinates_fall_back_with_one_line(tmp_path):
    path = write(tmp_path, {"A": [0, 0, 1e200], "B": [0, 0, 1]})
    layout = layout_from(path)
    assert layout.distance == pytest.approx(1.0)
    assert len(layout.notes) == 1
    with pytest.raises(InputError, match="strict"):
        layout_from(path, strict=True)


def test_whatever_comes_out_is_within_bounds(by_letters):
    rng = np.random.default_rng(0)
    for _ in range(300):
        seats = tuple(Seat(tuple(rng.normal(0, 4, 3)), rng.uniform(-7, 7), bool(rng.integers(2))) for _ in range(2))
        corrected, _ = correct_seats(seats)
        again, notes = correct_seats(corrected)
        assert notes == ()
        assert again == corrected

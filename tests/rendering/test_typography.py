"""Lines fit their width, whatever is written."""

import pytest

from visavis.rendering import typography
from visavis.rendering.typography import broken, can_write, font, font_for

FACE = font(16)


@pytest.mark.parametrize(
    "text",
    ["My cat passed away yesterday and I do not know what to do with her things", "Моя кошка умерла вчера ночью",
     "x" * 200, "今天我的猫死了" * 12, "   spaces    and\nlines\t", ""],
)  # fmt: skip
def test_no_line_is_wider(text):
    lines = broken(text, FACE, 150, 20)
    assert all(FACE.getlength(line) <= 150 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_what_does_not_fit_is_marked():
    lines = broken("word " * 100, FACE, 150, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert FACE.getlength(lines[-1]) <= 150


def test_a_transcript_of_ten_thousand_words_is_cut():
    assert len(broken("word " * 10_000, FACE, 300, 4)) == 4


@pytest.mark.parametrize("text", ["a b\nc", "Ελληνικά", "Привет", "שלום", "مرحبا", "Ünïcödé", "2 ≥ 1 → “yes” …", ""])
def test_dejavu_writes_what_it_can(text):
    assert font_for({text: 1.0}).name == "DejaVuSans.ttf"
    assert font_for({text: 1.0}, bold=True).name == "DejaVuSans-Bold.ttf"
    assert can_write(text, font_for({text: 1.0}))


def test_a_font_that_has_the_letters_is_found(monkeypatch, tmp_path):
    """Two fonts of the machine, of which one has the letters; what only draws boxes is not a font for anything."""
    fonts = {tmp_path / "Half.ttf": {"天"}, tmp_path / "Whole.ttf": {"天", "気", "a"}}
    known = typography.letters_of
    monkeypatch.setattr(typography, "_installed", lambda: tuple(fonts))
    monkeypatch.setattr(
        typography, "letters_of", lambda path: frozenset(map(ord, fonts[path])) if path in fonts else known(path)
    )
    assert font_for({"天気": 1.0}).name == "Whole.ttf"
    assert font_for({"weather": 9.0, "天気": 1.0}).name == "DejaVuSans.ttf"  # as much as possible
    assert font_for({"ไทย": 1.0}).name == "DejaVuSans.ttf"  # nobody has it
    assert not can_write("ไทย", font_for({"ไทย": 1.0}))


def test_fonts_of_boxes_and_of_mathematics_are_not_for_texts():
    names = [path.name.lower() for path in typography._installed()]
    assert not [name for name in names if "lastresort" in name or name.startswith(("cm", "stix"))]

"""Lines fit their width, whatever is written."""

import pytest

from visavis.rendering.typography import broken, font

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

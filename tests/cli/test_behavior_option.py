"""``--behavior``: words for A, B or both, and one line for what is not understood."""

import pytest

from visavis.behavior.controls import Controls
from visavis.cli.behavior import parse_behavior
from visavis.errors import InputError


def test_words_and_numbers_for_either_or_both():
    assert parse_behavior(()) == (Controls(), Controls())
    assert parse_behavior(["attentive"]) == (Controls(state="attentive"), Controls(state="attentive"))
    a, b = parse_behavior(["A: happy, extraversion=1.5", "B:bored,gaze=0.3", "intensity=2"])
    assert a == Controls(emotion="happy", extraversion=1.5, intensity=2.0)
    assert b == Controls(state="bored", gaze=0.3, intensity=2.0)
    assert parse_behavior(["happy", "A:happy"])[0] == Controls(emotion="happy")
    with pytest.raises(InputError, match="asks B for emotion happy and for emotion sad"):
        parse_behavior(["happy", "B:sad"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cheerful", "'cheerful' is unknown"), ("C:happy", "neither A nor B"), ("gaze=much", "not a number"),
        ("gaze=2", "gaze"), ("intensity=-1", "intensity"), 
        ("intensity=2", "of a state or an emotion"), ("extraversion=nan", "extraversion"), ("", "unknown"),
        ("state=bored", "unknown"), ("A:", "unknown"), ("happy,sad", "A for emotion happy and for emotion sad"),
        ("B:bored,attentive", "B for state bored and"), ("gaze=0.1,gaze=0.2", "gaze 0.1 and for gaze 0.2"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_one_line(text, said):
    with pytest.raises(InputError, match=said) as refused:
        parse_behavior([text])
    assert "\n" not in str(refused.value)

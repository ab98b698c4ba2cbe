"""Dialogues in pieces."""

import pytest

from dialogue_toys import dialogue
from visavis.simulation.dialogues.cutting import SHORTEST, pieces_of


def pieces(talk, seconds):
    return [piece for _, piece in pieces_of(talk, seconds)]


@pytest.mark.parametrize("seconds", [6.0, 10.0, 15.0, 60.0])
def test_no_piece_is_too_long_and_no_word_is_lost_or_cut(seconds):
    talk = dialogue(turns=10)
    found = pieces(talk, seconds)
    assert all(SHORTEST <= piece.duration <= seconds + 1e-6 for piece in found)
    assert all(piece.duration * 25 == pytest.approx(round(piece.duration * 25)) for piece in found)
    words = [w for piece in found for person in piece for w in person.words]
    assert all(w.end - w.start == pytest.approx(0.3, abs=0.041) for w in words)
    assert len(words) >= sum(len(p.words) for p in talk) - 13  # but for a rest that is too short


def test_pieces_end_between_utterances_where_that_can_be():
    for piece in pieces(dialogue(turns=10), 12.0)[:-1]:
        assert all(u.end < piece.duration - 0.01 for person in piece for u in person.utterances)


def test_a_short_dialogue_is_one_piece_and_a_silent_one_none():
    assert [round(p.duration, 1) for p in pieces(dialogue(turns=3), 60.0)] == [14.0]
    assert not pieces(dialogue(turns=3).window(0.0, 0.4), 60.0)

"""Cues are at their lags, and the other's only once they happened."""

import numpy as np
from behavior_toys import speaker

from visavis.behavior.context import people_of
from visavis.behavior.cues import OTHER, OWN, columns, cue_matrix, cue_of, lag_bins, share_so_far, state_codes
from visavis.conversation import Conversation, Participant, Utterance, Word


def at(me, other, name):
    """First and last second of each bin of one cue."""
    matrix = cue_matrix(me, other)
    rows = [np.flatnonzero(matrix[:, i]) / 25 for i, (n, _) in enumerate(columns()) if n == name]
    return [(round(r[0], 2), round(r[-1] + 0.04, 2)) if len(r) else None for r in rows]


def test_bins_follow_the_moment_and_overlap_nowhere():
    bins = lag_bins([2.0], (-0.4, 0.0, 1.0), 100)
    assert [(np.flatnonzero(b)[0], np.flatnonzero(b)[-1]) for b in bins.T] == [(40, 49), (50, 74)]
    assert not lag_bins([9.0], (0.0, 1.0), 100).any()


def test_ones_own_phrase_is_known_ahead_and_the_others_is_not():
    me, other = speaker(20, [(5.0, 7.0)]), speaker(20, [(10.0, 12.0)])
    assert at(me, other, "own.phrase_start")[0] == (4.6, 5.0)
    assert at(me, other, "other.phrase_end")[0] == (12.0, 12.24)
    matrix = cue_matrix(me, other)
    others = [i for i, (name, _) in enumerate(columns()) if name.startswith("other.")]
    assert not matrix[:250, others].any()
    assert matrix[:, others].any()


def test_the_other_is_not_known_by_how_long_the_silence_will_be():
    early, late = (speaker(20, [(2.0, 4.0), (again, 19.0)]) for again in (4.4, 9.0))
    me = speaker(20)
    until = round(4.4 * 25)
    assert np.array_equal(cue_matrix(me, early)[:until], cue_matrix(me, late)[:until])


def test_words_are_cues():
    said = (Word("no", 1.0, 1.2), Word("really?", 1.2, 1.6))
    talk = Conversation("t", (Participant("A", utterances=(Utterance(1.0, 1.6, said),)), Participant("B")), 5.0)
    me, other = people_of(talk)
    assert at(me, other, "own.no")[1] == (1.0, 1.24)
    assert at(me, other, "own.stresses")[1] == (1.2, 1.44)
    assert at(other, me, "other.asks")[0] == (1.6, 1.84)
    assert not any(at(other, me, "own.no"))


def test_states_and_names():
    codes = state_codes(speaker(4, [(0, 2)]), speaker(4, [(1, 3)]))
    assert codes[[10, 30, 60, 90]].tolist() == [1, 3, 2, 0]
    assert len(columns()) == sum(len(c.edges) - 1 for group in (OWN, OTHER) for c in group.values())
    assert cue_of("other.no").of_words
    assert not cue_of("own.begins").of_words


def test_a_share_is_of_what_has_been_so_far():
    inside, among = np.array([1, 0, 1, 1], bool), np.array([1, 1, 0, 1], bool)
    assert share_so_far(inside, among, 0.5, 2.0).tolist() == [2 / 3, 0.5, 0.5, 3 / 5]

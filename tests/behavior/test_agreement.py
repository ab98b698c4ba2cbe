"""Drawn people beside real ones who were not used for fitting; needs the recordings."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from visavis.behavior.agreement import Row, agreement, as_text
from visavis.behavior.counting import count_drawn
from visavis.behavior.fit import HELD_OUT, observed_meetings
from visavis.behavior.process import draw

NODS = ("nod.concord", "nod.emphasis", "nod.turn")


def test_a_table_says_what_holds():
    rows = [
        Row("a", 1.0, 1.2, 0.25, True),
        Row("b", 0.5, 0.7, 0.1, False),
        Row("c", 1.0, 9.0, float("inf"), False),
    ]
    assert [row.holds for row in rows] == [True, False, True]
    assert as_text(rows).splitlines()[2:] == [
        "| a | 1.00 | 1.20 | 25%: yes |",
        "| b | 0.50 | 0.70 | 0.1: **no** |",
        "| c | 1.00 | 9.00 |  |",
    ]


def test_people_nod_look_and_answer_as_those_held_out_do(real_data):
    rows = agreement(real_data)  # the table of docs/behavior.md
    assert len(rows) == 21
    assert [row.what for row in rows if not row.holds] == []
    gains = {row.what.split()[2]: row.drawn - row.real for row in rows if row.what.startswith("log-likelihood")}
    assert gains["nod.concord"] > 0.3
    assert gains["shake.discord"] > 0.5


def test_not_knowing_the_words_leaves_the_rates_as_they_are(real_data):
    meetings = observed_meetings(real_data, held_out=True)
    people = list(islice((seen for seen in meetings if "nod.concord" in seen.mine.seen), 12))
    assert all(seen.session.startswith(HELD_OUT) for seen in people)

    def without_words(person):
        return replace(person, words=(), phrases=tuple(replace(p, words=(), asks=False) for p in person.phrases))

    def nods(pairs):
        drawn = [(me, other, draw((me, other), np.random.default_rng(i))[0]) for i, (me, other) in enumerate(pairs)]
        return count_drawn(drawn, [{}] * len(drawn)).overall(*NODS)

    known = [(seen.me, seen.other) for seen in people]
    unknown = [(without_words(me), without_words(other)) for me, other in known]
    assert nods(unknown) == pytest.approx(nods(known), rel=0.15)

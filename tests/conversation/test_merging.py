"""Two copies with different additions become one with both."""

from dataclasses import replace

import numpy as np

from visavis.conversation import Conversation, Interval, Participant, Track
from visavis.conversation.merging import merged
from visavis.motion import ARKIT, Motion

MOTION = Motion.zeros(25, 25.0, ARKIT)
TRACK = Track(np.zeros(25, np.float32), 25.0, ("x",))
BEFORE = Conversation("talk", (Participant("A"), Participant("B")), 1.0, provenance={"notes": ["short"], "n": 1})


def with_b(conversation, notes=(), **parts):
    made = conversation.with_participants(conversation.a, replace(conversation.b, **parts))
    provenance = {**conversation.provenance, "notes": [*conversation.provenance.get("notes", []), *notes]}
    return replace(made, provenance=provenance)


def test_each_gives_what_it_added():
    seen = with_b(BEFORE, ["dark"], motion=MOTION, tracks={"face": TRACK})
    heard = with_b(BEFORE, ["quiet"], tracks={"speaking": TRACK}, events={"harmful": (Interval("x", 0, 1),)})
    heard = replace(heard, provenance={**heard.provenance, "language": "en"})
    both = merged(BEFORE, seen, heard)
    assert both.b.motion is MOTION
    assert set(both.b.tracks) == {"face", "speaking"}
    assert both.b.events["harmful"]
    assert both.a == BEFORE.a
    assert both.provenance == {"notes": ["short", "dark", "quiet"], "n": 1, "language": "en"}


def test_the_second_wins_where_both_changed_the_same():
    first, second = with_b(BEFORE, name="X", tracks={"face": TRACK}), with_b(BEFORE, name="Y")
    assert merged(BEFORE, first, second).b.name == "Y"
    assert merged(BEFORE, second, first).b.name == "X"
    assert "face" in merged(BEFORE, first, second).b.tracks


def test_copies_with_nothing_new_change_nothing():
    assert merged(BEFORE, BEFORE, BEFORE) == BEFORE

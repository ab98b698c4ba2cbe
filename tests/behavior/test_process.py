"""What is drawn happens as often as its rate says, when it may, and never because of what comes later."""

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from behavior_toys import alternating, rates, speaker

from visavis.behavior.context import Phrase
from visavis.behavior.controls import Controls
from visavis.behavior.cues import state_codes
from visavis.behavior.curves import FPS
from visavis.behavior.events import KINDS
from visavis.behavior.people import USUAL
from visavis.behavior.process import draw
from visavis.behavior.rates import KINDS as DRAWN
from visavis.behavior.rates import learnt_rates, rates_over_time


def starts(events, kind, label=None):
    return np.array([e.start for e in events if e.kind == kind and label in (None, e.label)])


def test_a_constant_rate_gives_as_many_events_as_a_poisson_process_with_dead_time():
    people = speaker(6000), speaker(6000)
    a, b = draw(people, np.random.default_rng(0), rates=rates(posture_shift=20.0))
    for events in (a, b):
        found = [e for e in events if e.kind == "posture"]
        dead = float(np.mean([e.length for e in found]))
        expected = 6000 / (60 / 20 + dead)
        assert len(found) == pytest.approx(expected, abs=4 * np.sqrt(expected))
    # Gaps after the last one ended are exponential: the mean is the standard deviation.
    gaps = np.array([y.start - x.end for x, y in itertools.pairwise(found)])
    assert gaps.std() / gaps.mean() == pytest.approx(1.0, abs=0.12)


def test_what_is_done_only_while_listening_is_done_only_then_and_as_often_as_it_should():
    people = alternating(3000)
    per_state = {"silence": 0.0, "speaking": 0.0, "listening": 12.0, "overlap": 0.0}
    a, _ = draw(people, np.random.default_rng(1), rates=rates(nod_turn={"per_minute": per_state}))
    codes = state_codes(*people)
    at = codes[np.round(starts(a, "nod") * FPS).astype(int)]
    assert set(at.tolist()) == {2}
    expected = (codes == 2).sum() / FPS / 60 * 12
    assert len(at) == pytest.approx(expected * 0.92, rel=0.15)  # some of the time a nod is going on


def test_the_same_seed_gives_the_same_and_another_one_something_else():
    people = alternating(60)
    first, again, other = (draw(people, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert first == again
    assert first != other


@pytest.mark.parametrize("seed", range(5))
def test_nothing_depends_on_what_the_other_says_later(seed):
    me, other = alternating(80)
    now = 40.0
    later = [Phrase(44.0, 52.0), Phrase(60.0, 61.0)]
    changed = replace(other, phrases=(*(p for p in other.phrases if p.end < now), *later))
    whole, cut = (draw((me, o), np.random.default_rng(seed)) for o in (other, changed))
    last = max(p.end for p in other.phrases if p.end < now)
    next_start = min(p.start for p in other.phrases if p.end >= now)
    for before, after, known in zip(whole, cut, (0.0, 0.4), strict=True):  # one's own speech is known ahead
        until = min(next_start, 44.0) - known
        assert until > last + 0.5
        assert [(e.kind, e.start) for e in before if e.start < until] == [
            (e.kind, e.start) for e in after if e.start < until
        ]
    assert whole != cut


def test_a_longer_conversation_begins_like_the_shorter_one():
    short, long = alternating(60), alternating(60)
    long = tuple(
        replace(p, frames=p.frames + 500, energy=np.zeros(p.frames + 500), pitch=np.zeros(p.frames + 500)) for p in long
    )
    for a, b in zip(draw(short, np.random.default_rng(0)), draw(long, np.random.default_rng(0)), strict=True):
        assert [(e.kind, e.start) for e in a] == [(e.kind, e.start) for e in b if e.start < 60]


def test_nothing_happens_again_as_long_as_its_rate_is_held_down():
    held = {"per_minute": 120.0, "since_own": {"posture.shift": [-30, -30, -30, 0, 0, 0]}}
    a, _ = draw((speaker(600), speaker(600)), np.random.default_rng(0), rates=rates(posture_shift=held))
    found = [e for e in a if e.kind == "posture"]
    gaps = [y.start - x.end for x, y in itertools.pairwise(found)]
    assert len(gaps) > 100
    assert 1.0 - 1 / FPS <= min(gaps) < 1.2


def test_a_head_does_one_thing_at_a_time():
    a, _ = draw(
        (speaker(300), speaker(300)),
        np.random.default_rng(0),
        rates=rates(nod_concord=60, shake_discord=60, tilt_turn=60),
    )
    heads = sorted((e for e in a if e.kind in ("nod", "shake", "tilt")), key=lambda e: e.start)
    assert {e.kind for e in heads} == {"nod", "shake", "tilt"}
    assert all(x.end <= y.start + 1e-9 for x, y in itertools.pairwise(heads))


def test_the_partners_event_raises_ones_own_rate_by_its_factor():
    answer = {"per_minute": 0.6, "since_partner": {"posture.shift": [np.log(6)] * 5}}
    a, b = draw(
        (speaker(12000), speaker(12000)), np.random.default_rng(0), rates=rates(posture_shift=6.0, brow_raise=answer)
    )
    times, shifts = starts(a, "brow"), starts(b, "posture")
    last = np.searchsorted(shifts, times, side="left") - 1
    within = (times - shifts[np.maximum(last, 0)] < 4.0) & (last >= 0)
    answerable = np.minimum(4.0, np.diff(np.r_[shifts, 12000])).sum()
    ratio = (within.sum() / answerable) / ((~within).sum() / (12000 - answerable))
    assert ratio == pytest.approx(6.0, rel=0.3)


def test_who_mirrors_more_answers_more_smiles():
    people = speaker(3000), speaker(3000)

    def smiles(mirror):
        habits = (replace(USUAL, mirror=mirror), USUAL)
        return np.mean([len(starts(draw(people, np.random.default_rng(s), habits)[0], "smile")) for s in range(2)])

    assert smiles(2.0) > 1.1 * smiles(0.2)


def test_looks_take_turns_and_cover_everything():
    for events in draw(alternating(120), np.random.default_rng(0)):
        looks = [e for e in events if e.kind == "look"]
        assert looks[0].start == 0
        assert looks[-1].end == 120
        assert all(x.end == y.start and x.label != y.label for x, y in itertools.pairwise(looks))
        assert all((e.x, e.y) == (0, 0) for e in looks if e.label == "partner")


@pytest.mark.parametrize(("first", "second"), [(0.2, 0.9), (0.6, None), (0.95, 0.5)])
def test_the_partner_is_looked_at_for_the_share_that_is_asked(first, second):
    people = alternating(120)
    controls = (Controls(gaze=first), Controls(gaze=second))
    drawn = [draw(people, np.random.default_rng(seed), controls=controls) for seed in range(14)]
    for i, share in enumerate((first, second)):
        shares = [sum(e.length for e in events[i] if e.label == "partner") / 120 for events in drawn]
        assert share is None or np.mean(shares) == pytest.approx(share, abs=0.04)


def test_heard_laughs_are_laughed_with_a_smile_and_no_others():
    people = speaker(300, laughs=[(10.02, 11.5), (100.0, 100.2)]), speaker(300)
    a, b = draw(people, np.random.default_rng(0))
    laughs = [e for e in a if e.kind == "laugh"]
    assert [(e.start, e.end) for e in laughs] == [(10.0, 11.5), (100.0, 100.4)]
    assert not [e for e in b if e.kind == "laugh"]
    for laugh in laughs:
        with_it = [
            e for e in a if e.kind == "smile" and laugh.start - 0.4 <= e.start <= laugh.start and e.end > laugh.end
        ]
        assert with_it
        assert max(e.strength for e in with_it) >= 0.6


def test_a_laugh_makes_the_partner_smile():
    laughs = [(t, t + 1.5) for t in np.arange(20.0, 3000.0, 30.0)]
    _, b = draw((speaker(3000, laughs=laughs), speaker(3000)), np.random.default_rng(0))
    smiles = starts(b, "smile")
    after = sum(((smiles >= start) & (smiles < start + 2)).sum() for start, _ in laughs)
    assert after / (2 * len(laughs)) > 2 * (len(smiles) - after) / (3000 - 2 * len(laughs))


def test_accents_move_emphasis_without_making_more_of_it():
    me, other = alternating(600)
    accents = [p.start + k for p in me.phrases for k in (0.3, 1.1, 1.7)]
    stressed = replace(me, accents=tuple((t, 1.0) for t in accents))
    rate = learnt_rates()
    kind = DRAWN.index("nod.emphasis")
    flat, shaped = (rates_over_time(p, other, rate)[:, kind] for p in (me, stressed))
    assert shaped.sum() == pytest.approx(flat.sum(), rel=0.03)
    near = np.zeros(me.frames, bool)
    near[np.round(np.array(accents) * FPS).astype(int)] = True
    assert (shaped[near] / flat[near]).mean() > 1.2


def test_good_moods_bring_smiles():
    people = speaker(600), speaker(600)
    counts = []
    for valence in (0.8, 0.0):
        a, _ = draw(people, np.random.default_rng(0), moods=(np.full(15000, valence), np.zeros(15000)))
        counts.append(len(starts(a, "smile")))
    assert counts[0] > 1.5 * counts[1]


def test_nobody_smiles_at_the_others_bad_news_for_long():
    people = speaker(600), speaker(600)
    bad = (np.arange(15000) // 250 % 2).astype(float)  # ten seconds of good news, ten of bad
    _, b = draw(people, np.random.default_rng(0), moods=(np.where(bad, -0.8, 0.5), np.zeros(15000)))
    laughs = [e for e in b if e.kind == "laugh"]
    smiles = [e for e in b if e.kind == "smile" and all(e.end < laugh.start or e.start > laugh.end for laugh in laughs)]
    at_good, at_bad = (np.array([(e.start, e.end) for e in smiles if bad[int(e.start * FPS)] == k]) for k in (0, 1))
    assert len(at_bad) < 0.2 * len(at_good)
    turns = 10 * (1 + at_good[:, 0] // 10)
    assert (at_good[:, 1] - turns).max() < 0.7


def test_displeasure_is_forgotten_slowly():
    people = speaker(600), speaker(600)
    bad = np.arange(15000) % 500 < 100  # four seconds of bad news, sixteen of nothing
    _, b = draw(people, np.random.default_rng(0), moods=(np.where(bad, -0.8, 0.0), np.zeros(15000)))
    at = starts(b, "smile") % 20
    soon, later = ((at > 4) & (at < 8)).sum(), ((at > 16) & (at < 20)).sum()
    assert soon < 0.5 * later


def test_heads_move_no_faster_than_heads_do():
    people = alternating(1200)
    for events in draw(people, np.random.default_rng(0)):
        for kind, at_most in (("nod", 3.6), ("shake", 2.4)):
            found = [e for e in events if e.kind == kind and e.end < 1199]
            assert found
            assert max(e.cycles / e.length for e in found) <= at_most + 1e-6
            assert min(e.strength for e in found) >= 0.5


def test_no_look_is_too_short_to_see_anything():
    people = alternating(600)
    looks = [e for events in draw(people, np.random.default_rng(0)) for e in events if e.kind == "look"]
    assert min(e.length for e in looks if e.start > 0 and e.end < 600) > 0.19


def test_all_events_are_events_and_two_minutes_take_less_than_a_second():
    people = alternating(120)
    draw(people, np.random.default_rng(0))
    begin = time.process_time()
    drawn = draw(people, np.random.default_rng(1))
    assert time.process_time() - begin < 1.0
    for events in drawn:
        assert all(e.label in KINDS[e.kind] and 0 <= e.start <= e.end <= 120 for e in events)
    assert {"look", "smile", "brow"} <= {e.kind for events in drawn for e in events}


def test_nobody_says_anything_for_no_time():
    assert [len(events) for events in draw((speaker(0.04), speaker(0.04)), np.random.default_rng(0))] == [1, 1]

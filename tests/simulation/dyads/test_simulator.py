"""Simulated conversations: reproducible, plausible, and what they say of themselves is true."""

from itertools import pairwise

import numpy as np
import pytest

from reporters import Recorded
from visavis.conversation.corpus import Corpus
from visavis.errors import InputError
from visavis.motion import ARKIT, ARKIT_BODY, FLAME, face_to_face
from visavis.motion.gaze import LOOK_SHAPES, eye_look_shapes, gaze_angle_to_partner
from visavis.motion.rotations import compose
from visavis.motion.spaces import ARM_JOINTS
from visavis.simulation.dyads import simulate
from visavis.simulation.dyads.generate import generate
from visavis.simulation.dyads.seating import draw_seats

FPS = 25


@pytest.fixture(scope="module")
def conversations():
    return [simulate(seed, 60.0) for seed in range(6)]


@pytest.fixture(scope="module")
def people(conversations):
    """(person, partner) of every conversation, both ways."""
    return [pair for c in conversations for pair in ((c.a, c.b), (c.b, c.a))]


def frames_of(words, frames, before=0.0, after=0.0):
    mask = np.zeros(frames, bool)
    for w in words:
        mask[max(0, int((w.start - before) * FPS)) : int(np.ceil((w.end + after) * FPS))] = True
    return mask


def test_the_seed_decides_everything():
    first, again, other = simulate(4, 12.0), simulate(4, 12.0), simulate(5, 12.0)
    for a, b in zip(first, again, strict=True):
        assert a.motion == b.motion
        assert a.audio == b.audio
        assert a.events == b.events
        assert a.utterances == b.utterances
        assert a.seat == b.seat
    assert first.mixed == again.mixed
    assert first.a.motion != other.a.motion
    assert first.mixed != other.mixed


def test_a_longer_conversation_of_the_same_seed_has_the_same_people():
    assert simulate(4, 12.0).a.seat == simulate(4, 20.0).a.seat


def test_everything_asked_for_is_there(conversations):
    for c in conversations:
        assert c.mixed.duration == pytest.approx(60.0)
        for p in c:
            assert p.motion.space.name == "arkit"
            assert (len(p.motion), p.motion.fps) == (1500, 25.0)
            assert {
                "phone",
                "nod",
                "shake",
                "smile",
                "laugh",
                "blink",
                "look",
                "gesture",
                "mood",
                "backchannel",
            } <= set(p.events)
            assert p.tracks["emotion"].columns == ("valence", "arousal")
            assert set(np.unique(p.tracks["gaze_target"]["code"])) <= {0.0, 1.0}
            assert len(p.words) > 0


def test_values_are_plausible(people):
    for p, _ in people:
        shapes = p.motion.values[:, :52]
        assert shapes.min() >= 0
        assert shapes.max() <= 1
        head = p.motion["neck"] + p.motion["head"]
        assert np.degrees(np.abs(head[:, 0])).max() <= 50
        assert np.degrees(np.abs(head[:, 1])).max() < 95
        assert np.degrees(np.abs(head[:, 2])).max() < 35
        assert np.degrees(np.abs(p.motion["eyes"])).max() < 41
        away_from_seat = np.linalg.norm(p.motion["translation"] - p.seat.position, axis=1)
        assert away_from_seat[0] < 0.02
        assert away_from_seat.max() < 0.25
        # Nothing jumps: no joint turns, and no torso moves, faster than people do.
        assert np.degrees(np.abs(np.diff(head, axis=0))).max() * FPS < 400
        assert np.abs(np.diff(p.motion["translation"], axis=0)).max() * FPS < 0.5


def test_look_shapes_agree_with_the_eyes(people):
    for p, _ in people:
        expected = eye_look_shapes(
            p.motion[[f"leftEye.{x}" for x in "xyz"]], p.motion[[f"rightEye.{x}" for x in "xyz"]]
        )
        assert np.allclose(p.motion[LOOK_SHAPES], expected, atol=1e-5)


def test_who_speaks_is_exact(people):
    """Sound lies where `speaking` says, and nowhere else."""
    for p, _ in people:
        hop = p.audio.sample_rate // FPS
        power = np.sqrt((p.audio.samples.reshape(-1, hop).astype(float) ** 2).mean(1))
        speaking = p.speaking["speaking"]
        near = np.convolve(speaking > 0, np.ones(3), "same") > 0  # a frame's grace for the pad at a spurt's edges
        near |= frames_of(p.events["heard_laugh"], len(speaking), 0.05, 0.05)
        assert power[~near].max(initial=0.0) < 2e-4  # 74 dB down: a last ringing of somebody aroused and loud
        sounding = power > 1e-3
        assert sounding[speaking == 1].mean() > 0.9
        assert set(np.round(np.unique(speaking[1:-1][(speaking[:-2] == 1) & (speaking[2:] == 1)]), 3)) <= {1.0}


def test_phones_cover_the_clock_without_gaps(people):
    for p, _ in people:
        phones = p.events["phone"]
        assert phones[0].start == 0
        assert phones[-1].end == pytest.approx(60.0)
        assert all(abs(a.end - b.start) < 1e-6 for a, b in pairwise(phones))


def test_eyes_on_target_meet_the_partners_eyes(people):
    for p, q in people:
        angle = np.degrees(gaze_angle_to_partner(p.motion, p.seat, q.motion, q.seat))
        code = p.tracks["gaze_target"]["code"]
        settled = (code == 1) & (np.roll(code, 4) == 1) & (np.roll(code, 10) == 1)  # not during the saccade there
        settled[:10] = False
        distance = np.linalg.norm(np.subtract(p.seat.position, q.seat.position))
        # Eyes rest on eyes and, now and then, on the mouth, 0.065 m below.
        assert np.median(angle[settled]) < max(2.0, 3.0 / distance)
        assert np.percentile(angle[settled], 90) < max(3.0, 8.0 / distance)
        assert np.median(angle[code == 0]) > 8.0


def test_mutual_gaze_is_mutual(conversations):
    for c in conversations[:4]:
        both = (c.a.tracks["gaze_target"]["code"] == 1) & (c.b.tracks["gaze_target"]["code"] == 1)
        settled = both & np.roll(both, 8)
        angles = [gaze_angle_to_partner(p.motion, p.seat, q.motion, q.seat) for p, q in ((c.a, c.b), (c.b, c.a))]
        assert np.degrees(np.median(np.maximum(*angles)[settled])) < 8.0


def test_people_look_away_when_they_take_the_turn_and_at_the_partner_while_listening(people):
    starts, listening, speaking = [], [], []
    for p, q in people:
        at = p.tracks["gaze_target"]["code"]
        mine, theirs = p.speaking["speaking"] > 0.5, q.speaking["speaking"] > 0.5
        listening.append(at[theirs & ~mine])
        speaking.append(at[mine])
        turns = [u for u in p.utterances if u.kind == "turn" and u.end - u.start > 2.0]
        starts += [at[int(u.start * FPS) + 10 : int(u.start * FPS) + 50].mean() for u in turns]
    assert 0.62 < np.concatenate(listening).mean() < 0.88
    assert 0.3 < np.concatenate(speaking).mean() < 0.6
    assert np.mean(starts) < np.concatenate(listening).mean() - 0.1


def test_acknowledgements_come_with_nods(people):
    nodded, total, elsewhere = 0, 0, []
    for p, _ in people:
        nods = frames_of(p.events["nod"], len(p.motion))
        elsewhere.append(nods.mean())
        for word in p.events["backchannel"]:
            total += 1
            nodded += nods[max(0, int((word.start - 0.3) * FPS)) : int((word.end + 0.3) * FPS)].any()
    assert total > 10
    assert nodded / total > 1.5 * np.mean(elsewhere)


def test_nods_go_down(people):
    """The head is lower during a nod than just before it."""
    dips = []
    for p, _ in people:
        pitch = p.motion["neck.x"] + p.motion["head.x"]
        for nod in p.events["nod"]:
            a = int(nod.start * FPS)
            if a > 5:
                dips.append(pitch[a : a + 9].max() - pitch[a - 3 : a + 1].mean())
    assert len(dips) > 20
    assert np.degrees(np.mean(dips)) > 3.0
    assert np.mean(np.array(dips) > 0) > 0.85


def test_blinks_close_both_lids_briefly(people):
    rates = []
    for p, _ in people:
        blinks = p.events["blink"]
        rates.append(len(blinks))
        for blink in blinks:
            span = slice(int(blink.start * FPS), int(np.ceil(blink.end * FPS)) + 1)
            left, right = p.motion["eyeBlinkLeft"][span], p.motion["eyeBlinkRight"][span]
            assert left.max() > 0.3
            assert np.array_equal(left, right)
            assert 0.12 < blink.end - blink.start < 0.4
        still = ~frames_of(blinks, len(p.motion), 0.05, 0.1)
        assert p.motion["eyeBlinkLeft"][still].max() < 0.05
    assert 10 < np.mean(rates) < 35  # per minute


def test_smiles_raise_the_cheeks(people):
    smile = np.concatenate([p.motion["mouthSmileLeft"] for p, _ in people])
    cheek = np.concatenate([p.motion["cheekSquintLeft"] for p, _ in people])
    assert np.corrcoef(smile, cheek)[0, 1] > 0.7


def test_lips_still_meet_in_a_smile(people):
    """At the middle of p, b and m the jaw is nearly shut, whatever else the face does."""
    open_, anywhere = [], []
    for p, _ in people:
        gap = p.motion["jawOpen"] - p.motion["mouthClose"]
        anywhere.append(gap[p.speaking["speaking"] == 1])
        for phone in p.events["phone"]:
            if phone.label in ("P", "B", "M") and phone.end - phone.start > 0.05:
                open_.append(gap[min(len(gap) - 1, int((phone.start + phone.end) / 2 * FPS))])
    assert len(open_) > 100
    assert np.median(open_) < 0.04
    assert np.percentile(open_, 90) < 0.12


def test_the_jaw_moves_with_speech_only(people):
    ratios = []
    for p, _ in people:
        speaking = frames_of(p.utterances, len(p.motion), 0.3, 0.3)
        silent = ~(speaking | frames_of(p.events["laugh"], len(p.motion), 0.3, 0.3))
        if silent.sum() > 100 and speaking.sum() > 100:
            ratios.append(p.motion["jawOpen"][silent].std() / p.motion["jawOpen"][speaking].std())
    assert np.median(ratios) < 0.35


def test_seats_vary():
    seats = [draw_seats(np.random.default_rng(seed)) for seed in range(300)]
    distance = np.array([np.linalg.norm(np.subtract(a.position, b.position)) for a, b in seats])
    assert distance.min() >= 0.45
    assert distance.max() <= 3.1
    assert distance.std() > 0.25
    facing = np.degrees(np.arccos([np.clip(a.forward @ -b.forward, -1, 1) for a, b in seats]))
    assert (facing < 25).mean() > 0.4  # across
    assert (facing > 40).mean() > 0.15  # round a corner, side by side
    assert {a.seated for a, _ in seats} == {True, False}
    for a, b in seats:
        middle = (np.array(a.position) + b.position) / 2
        assert np.hypot(middle[0], middle[2]) < 1e-6
        to_partner = np.subtract(b.position, a.position)[[0, 2]]
        assert a.forward[[0, 2]] @ to_partner > -0.25 * np.linalg.norm(to_partner)  # nobody turns the back


def test_a_given_layout_is_used():
    seats = face_to_face(1.4, 1.3)
    c = simulate(3, 6.0, layout=seats)
    assert (c.a.seat, c.b.seat) == seats
    assert c.a.motion["translation"][0] == pytest.approx(seats[0].position, abs=0.02)


@pytest.mark.parametrize("duration", [0.0, -1.0, 1.0, float("nan"), float("inf")])
def test_no_time_is_refused(duration):
    with pytest.raises(InputError, match="at least 2 s"):
        simulate(0, duration)


def test_an_unknown_voice_is_refused():
    with pytest.raises(InputError, match="voice"):
        simulate(0, 5.0, ("nobody:x", "builtin"))


def test_a_corpus_goes_on_where_it_stopped(tmp_path):
    told = Recorded()
    generate(tmp_path / "c", conversations=2, seconds=4, seed=7)
    generate(tmp_path / "c", conversations=3, seconds=4, seed=7, reporter=told)
    corpus = Corpus.open(tmp_path / "c")
    assert corpus.ids == ("sim-000007", "sim-000008", "sim-000009")
    assert told.shares == [pytest.approx(2 / 3), 1.0]
    generate(tmp_path / "all", conversations=3, seconds=4, seed=7)
    assert Corpus.open(tmp_path / "all")["sim-000009"].a.motion == corpus["sim-000009"].a.motion
    with pytest.raises(InputError, match="started with"):
        generate(tmp_path / "c", conversations=4, seconds=9, seed=7)


def test_every_shape_has_a_place():
    assert ARKIT.names[51] == "tongueOut"  # the simulator writes the first 52 columns as shapes


def test_with_a_body_come_gestures_and_nothing_else_changes(conversations):
    gestures = 0
    for seed, plain in enumerate(conversations[:2]):
        whole = simulate(seed, 60.0, space=ARKIT_BODY)
        for me, before in zip(whole, plain, strict=True):
            assert me.events == before.events
            face = [name for name in ARKIT.names if not name.startswith("neck")]
            np.testing.assert_array_equal(me.motion[face], before.motion[face])
            spine, neck = (me.motion[[f"{joint}.{axis}" for axis in "xyz"]] for joint in ("spine", "neck"))
            np.testing.assert_allclose(compose(spine, neck), before.motion["neck"], atol=1e-5)
            arms = me.motion[
                [f"{side}{joint}.{x}" for side in ("left", "right") for joint in ARM_JOINTS for x in "xyz"]
            ]
            speed = np.degrees(np.linalg.norm(np.diff(arms, axis=0), axis=1)) * FPS
            inside = frames_of(me.events["gesture"], len(arms), 0.2, 0.2)[1:]
            gestures += len(me.events["gesture"])
            if me.events["gesture"]:
                assert speed[inside].mean() > 3 * speed[~inside].mean()
    assert gestures > 5


def test_laughter_is_heard_where_it_is_seen(people):
    laughs = 0
    for p, _ in people:
        level = np.abs(p.audio.samples.reshape(-1, p.audio.sample_rate // FPS)).mean(1)
        for laugh in p.events["heard_laugh"]:
            span = slice(int(laugh.start * FPS), int(laugh.end * FPS) + 1)
            assert level[span].max() > 1e-3
            assert p.motion["mouthSmileLeft"][span].max() > 0.4
            laughs += 1
        assert [round(e.start, 1) for e in p.events["laugh"]] == [round(e.start, 1) for e in p.events["heard_laugh"]]
    assert laughs > 3


def test_feelings_change_the_face(people):
    """Brows are the surest sign: the mouth is busy with words."""
    seen = 0
    for label, shape in (("sad", "browInnerUp"), ("angry", "browDownLeft"), ("disgusted", "noseSneerLeft"),
                         ("surprised", "browOuterUpLeft"), ("afraid", "eyeWideLeft")):  # fmt: skip
        curves = [(p.tracks["performed"][label], p.motion[shape]) for p, _ in people]
        felt = np.concatenate([shown[strength > 0.5] for strength, shown in curves])
        if len(felt) > 50:
            seen += 1
            assert felt.mean() > np.concatenate([shown[strength == 0] for strength, shown in curves]).mean() + 0.15, (
                label
            )
    assert seen >= 2


def test_nobody_is_simulated_in_another_space():
    with pytest.raises(InputError, match=r"'flame'.*'arkit' and 'arkit-body'"):
        simulate(0, 5.0, space=FLAME)


def test_a_corpus_keeps_its_space(tmp_path):
    generate(tmp_path / "c", conversations=1, seconds=5.0, space=ARKIT_BODY)
    with pytest.raises(InputError, match="in 'arkit-body'"):
        generate(tmp_path / "c", conversations=2, seconds=5.0)

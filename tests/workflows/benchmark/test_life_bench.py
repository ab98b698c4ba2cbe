"""What is counted of simulated and of real people, and what a table says of it."""

import math
from dataclasses import replace

import numpy as np
import pytest

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.motion import ARKIT, ARKIT_BODY
from visavis.motion.mapping import to_space
from visavis.simulation.dyads.simulator import simulate
from visavis.workflows.benchmark.life import MARKED, au12_of, counted, marked_smiles, sides_of
from visavis.workflows.benchmark.life_lines import Line, at_least, at_most, between, share, within
from visavis.workflows.benchmark.life_real import annotated_smiles, dyad_head, eye_tracked, real_figures, tracked_faces
from visavis.workflows.benchmark.life_told import (
    body_energy,
    call_groups,
    calls_told_apart,
    told_from_calls,
)


@pytest.fixture(scope="module")
def people() -> list[Conversation]:
    return [simulate(77 + i, 30.0, space=ARKIT_BODY) for i in range(2)]


@pytest.fixture(scope="module")
def figures(people):
    return counted(people)


def changed(conversation: Conversation, change) -> Conversation:  # type: ignore[no-untyped-def]
    both = [replace(person, motion=change(person.motion)) for person in conversation]
    return conversation.with_participants(both[0], both[1])


def test_what_simulated_people_planned_is_seen_in_their_motion(people, figures):
    blinks = sum(len(person.events["blink"]) for each in people for person in each)
    assert figures["blinks a minute"] == pytest.approx(blinks / 2, rel=0.15)
    assert figures["nods performed"] > max(0.6, 3 * figures["nods performed by chance"])
    codes = []
    for each in people:
        a, b = sides_of(each)
        for me, other in ((a, b), (b, a)):
            codes.append(me.who.tracks["gaze_target"]["code"][me.speaks & ~other.speaks])
    codes = np.concatenate(codes)
    assert figures["look speaking"] == pytest.approx(codes.mean(), abs=0.15)
    assert figures["stroke ms, performed"] < 60
    assert figures["stroke ms, plan"] < figures["stroke ms, chance"]


def test_a_plan_that_is_not_performed_shows(people, figures):
    still = [changed(c, lambda m: replace(m, values=np.tile(m.values[:1], (len(m), 1)))) for c in people]
    found = counted(still)
    assert found["planned nods speaking"] == figures["planned nods speaking"]
    assert found["nods performed"] == found["nods speaking"] == found["blinks a minute"] == 0
    assert found["head speed speaking"] == pytest.approx(0, abs=1e-3)
    assert math.isinf(found["stroke ms, performed"])


def test_people_without_arms_have_no_strokes_and_the_same_faces(people, figures):
    faces = [changed(c, lambda m: to_space(m, ARKIT)) for c in people]
    found = counted(faces)
    assert math.isnan(found["stroke ms, motion"])
    for name in ("look speaking", "head speed speaking", "smile r", "jaw", "saccades"):
        assert found[name] == pytest.approx(figures[name], rel=1e-3), name


def test_as_much_counts_as_smiling_as_annotators_mark(people):
    sides = [side for conversation in people for side in sides_of(conversation)]
    smiles = marked_smiles(sides)
    share = sum((i[:, 1] - i[:, 0]).sum() for i in smiles) / sum(side.motion.duration for side in sides)
    assert share == pytest.approx(MARKED, abs=0.01)
    lowest = []
    for intervals, side in zip(smiles, sides, strict=True):
        curve = au12_of(side.motion) - np.percentile(au12_of(side.motion), 10)
        inside = np.zeros(len(curve), bool)
        for start, stop in np.round(intervals * side.motion.fps).astype(int):
            inside[start:stop] = True
        lowest.append(curve[inside].mean() > curve[~inside].mean() if inside.any() else True)
    assert all(lowest)


def test_arms_are_part_of_a_bodys_energy(people):
    motion = people[0].a.motion
    arms = [name for name in motion.space.names if "Arm" in name]
    quiet = motion.with_columns(arms, np.zeros((len(motion), len(arms))))
    assert len(body_energy(motion)) == len(motion)
    assert (body_energy(motion) >= body_energy(quiet) - 1e-6).all()
    assert body_energy(motion).mean() > body_energy(quiet).mean() + 0.05


def test_a_row_says_what_misses_its_goal():
    line = Line("blinks", "blinks", between(15, 30), "5.5", 1)
    assert line.text({"real": {"blinks": 26.0}, "simulator": {"blinks": 20.0}, "held-out": {"blinks": 5.0}}) == (
        "| blinks | 26.0 | 15-30 | 20.0 | **5.0** | - | 5.5 |"
    )
    known = Line("looks", "look", within(0.08), real=0.41, source="Argyle & Ingham 1972")
    assert known.text({"held-out": {"look": 0.48}, "recordings": {"look": 0.52}}) == (
        "| looks | 0.41 (Argyle & Ingham 1972) | within 0.08 | - | 0.48 | **0.52** | - |"
    )
    told = Line("told", "told", at_most(0.65))
    assert "**0.90 (0.85-0.95)**" in told.text({"held-out": {"told": 0.9, "told low": 0.85, "told high": 0.95}})
    assert share(0.25).misses(1.3, 1.0)
    assert not share(0.25).misses(1.2, 1.0)
    assert not share(0.25).misses(1.2, math.nan)
    assert at_least(2).misses(1.9, math.nan)
    assert not at_least(2).misses(math.nan, math.nan)


# Real people


def test_real_figures_are_those_that_were_found_before(real_data):
    found = real_figures(real_data)
    assert found["blinks a minute"] == pytest.approx(25, abs=3)
    assert 100 < found["blink ms"] < 300
    assert found["saccades"] == pytest.approx(1.4, abs=0.2)
    assert found["smile r"] == pytest.approx(0.22, abs=0.04)
    assert abs(found["smile r re-paired"]) < 0.03
    assert found["head speed speaking"] == pytest.approx(20, abs=5)
    assert 7 < found["head speed listening"] < 16
    assert found["brow std"] == pytest.approx(0.19, abs=0.03)


def test_an_eye_trackers_fixations(real_data):
    found = eye_tracked(real_data)
    assert 2 < found["fixations"] < 4
    assert 200 < found["fixation ms"] < 320


def test_annotated_people_smile_when_they_laugh(real_data):
    assert annotated_smiles(real_data) > 5


def test_tracked_faces_look_about_where_they_face(real_data):
    faces = dict(tracked_faces(real_data))
    assert len(faces) == 9
    turned = np.degrees(np.abs(np.concatenate([motion["head"] for motion in faces.values()])))
    assert np.median(turned) < 15
    head, mine, other = dyad_head(real_data)
    assert len(head) == len(mine) == len(other)
    assert mine.any()
    assert other.any()


def test_real_dyads_cannot_be_told_apart_and_still_people_can(real_data, people):
    assert calls_told_apart(real_data).auc[0] == pytest.approx(0.5, abs=0.12)
    assert len(call_groups(real_data)) == 15
    still = [changed(c, lambda m: replace(m, values=np.tile(m.values[:1], (len(m), 1)))) for c in people]
    assert told_from_calls(real_data, still).auc[0] > 0.9


def test_missing_recordings_are_named(tmp_path):
    with pytest.raises(InputError, match="folder of the recordings"):
        dyad_head(tmp_path)
    with pytest.raises(InputError, match="fixations"):
        eye_tracked(tmp_path)

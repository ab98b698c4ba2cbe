"""Facts measured on motion whose expression is known, and the captions made of them."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.models.retrieval.captions import (
    Caption,
    caption,
    clause,
    contrary,
    denies,
    fit,
    opposites,
    split_clauses,
    word,
)
from visavis.models.retrieval.facts import FACTS, measure, measure_parts
from visavis.models.retrieval.readings import READINGS
from visavis.motion import ARKIT, ARKIT_BODY, EMOCA56, Motion
from visavis.motion.resampling import resample

FPS = 25.0


def face(frames=150, **levels):
    """A face that holds shapes (both sides unless the name says one) from a third to two thirds of the time."""
    motion = Motion.zeros(frames, FPS, ARKIT)
    rise = np.clip(np.minimum(np.arange(frames) - frames / 4, 3 * frames / 4 - np.arange(frames)) / 10, 0, 1)
    for name, level in levels.items():
        for column in (name,) if name in ARKIT.names else (f"{name}Left", f"{name}Right"):
            motion = motion.with_columns(column, level * rise)
    return motion


def turned(frames=150, **degrees):
    """A head whose rotation vector has these components; the eyes go with it."""
    motion = Motion.zeros(frames, FPS, ARKIT)
    for axis, angle in degrees.items():
        motion = motion.with_columns(f"head.{axis}", np.radians(np.broadcast_to(angle, frames)))
    return motion


KNOWN = [
    ({"mouthSmile": 0.8, "cheekSquint": 0.6}, {"smile", "cheeks raised", "happy", "amused"}, {"sad", "angry"}),
    ({"mouthSmileLeft": 0.6}, {"one-sided smile", "contemptuous"}, {"happy", "sad"}),
    ({"browInnerUp": 0.8, "mouthFrown": 0.5}, {"inner brows raised", "corners down", "sad", "sympathetic"}, {"happy"}),
    ({"browDown": 0.8, "mouthPress": 0.6}, {"brows drawn together", "lips pressed", "angry"}, {"happy", "surprised"}),
    ({"browInnerUp": 0.8, "browOuterUp": 0.8, "eyeWide": 0.6, "jawOpen": 0.5},
     {"brows raised", "eyes wide", "mouth open", "surprised"}, {"inner brows raised", "angry"}),
    ({"noseSneer": 0.8, "mouthUpperUp": 0.6}, {"nose wrinkled", "upper lip raised", "disgusted"}, {"happy"}),
    ({"browOuterUpLeft": 0.8}, {"one brow raised", "sceptical"}, {"brows raised"}),
    ({"browInnerUp": 0.9, "eyeWide": 0.8, "mouthStretch": 0.6}, {"afraid", "lips stretched"}, {"happy", "bored"}),
    ({"mouthSmile": 0.7, "eyeBlink": 0.0, "mouthPucker": 0.0}, {"smile"}, {"shy", "contemptuous"}),
]  # fmt: skip


@pytest.mark.parametrize(("shapes", "there", "absent"), KNOWN)
def test_expressions_are_read_off_shapes(shapes, there, absent):
    facts = measure(face(**shapes))
    assert {name for name in there if facts[name] < 0.4} == set()
    assert {name for name in absent if facts[name] > 0.2} == set()


def test_a_face_at_rest_is_neutral_still_and_attentive_to_nobody_else():
    facts = measure(face())
    assert facts["neutral"] == 1
    assert facts["still"] == 1
    assert facts["eyes on the speaker"] == 1
    assert set(facts.shown) <= {"neutral", "still", "eyes on the speaker", "attentive"}


def test_strength_grows_with_the_shape():
    found = [measure(face(mouthSmile=level))["smile"] for level in (0.0, 0.2, 0.35, 0.5, 0.9)]
    assert found == sorted(found)
    assert found[0] == 0
    assert found[2] == pytest.approx(0.5, abs=0.06)
    assert found[-1] == 1


def test_blinks_are_no_closed_eyes():
    motion = Motion.zeros(150, FPS, ARKIT)
    lids = np.zeros(150)
    for start in range(20, 150, 40):
        lids[start : start + 5] = (0.5, 1.0, 1.0, 0.6, 0.2)
    blinking = motion.with_columns(["eyeBlinkLeft", "eyeBlinkRight"], np.stack([lids, lids], 1))
    facts = measure(blinking)
    assert facts["lids low"] == 0
    assert facts["eyes closed"] == 0
    assert measure(face(eyeBlink=0.45))["lids low"] > 0.4
    assert measure(face(eyeBlink=1.0))["eyes closed"] > 0.8


@pytest.mark.parametrize(("axis", "fact", "other"), [("x", "nod", "head shake"), ("y", "head shake", "nod")])
def test_nods_and_shakes(axis, fact, other):
    times = np.arange(150) / FPS
    swing = 8 * np.sin(2 * np.pi * 2.0 * times) * ((times > 1) & (times < 4))
    facts = measure(turned(**{axis: swing}))
    assert facts[fact] > 0.4
    assert facts[other] == 0


def test_slow_nods_are_told_from_quick_ones():
    times = np.arange(200) / FPS

    def nodding(hertz):
        return measure(turned(200, x=5 * (1 - np.cos(2 * np.pi * hertz * times)) * ((times > 1) & (times < 6))))

    slow, quick = nodding(1.2), nodding(3.2)
    assert slow["slow nod"] > 0.4
    assert slow["quick nod"] == 0
    assert quick["quick nod"] > 0.4
    assert quick["slow nod"] == 0


def test_heads_and_eyes_elsewhere():
    assert measure(turned(z=14.0))["head tilted"] > 0.5
    # First to the speaker, then down for half of the time: a head that stays down is the posture of a short person.
    half = np.arange(150) >= 75
    assert measure(turned(x=25.0 * half))["head down"] > 0.5
    eyes = Motion.zeros(150, FPS, ARKIT).with_columns(
        ["leftEye.y", "rightEye.y"], np.radians(25.0) * np.stack([half, half], 1)
    )
    facts = measure(eyes)
    assert facts["looks away"] > 0.4
    assert facts["head turned"] == 0


def test_parts_have_facts_of_their_own():
    motion = Motion.zeros(200, FPS, ARKIT)
    smile = np.zeros(200)
    smile[150:] = 0.7
    whole, *parts = measure_parts(motion.with_columns(["mouthSmileLeft", "mouthSmileRight"], np.c_[smile, smile]), 4)
    assert [part["smile"] > 0.4 for part in parts] == [False, False, False, True]
    assert whole["smile"] > 0.4


def test_the_frame_rate_and_the_body_make_no_difference():
    motion = face(150, mouthSmile=0.6, browInnerUp=0.4)
    at_60 = measure(resample(motion, 60.0))
    body = Motion.zeros(150, FPS, ARKIT_BODY).with_columns(ARKIT.names, motion.values)
    assert measure(body).strengths == measure(motion).strengths
    assert np.abs(at_60.vector - measure(motion).vector).max() < 0.1


def test_what_cannot_be_put_into_words_is_refused():
    with pytest.raises(InputError, match="emoca56"):
        measure(Motion.zeros(50, FPS, EMOCA56))
    with pytest.raises(InputError, match="too short"):
        measure(Motion.zeros(2, FPS, ARKIT))
    with pytest.raises(InputError, match="too short"):
        measure_parts(Motion.zeros(8, FPS, ARKIT), 4)


def test_captions_say_what_is_there_in_many_ways():
    motion = face(browInnerUp=0.9, mouthFrown=0.6, mouthPress=0.5)
    texts = {caption(motion, seed).text for seed in range(20)}
    assert len(texts) == 20
    assert caption(motion, 3) == caption(motion, 3)
    facts = measure(motion)
    for seed in range(20):
        for name, strength in caption(motion, seed).says.items():
            assert strength == facts[name] if strength else facts[name] < 0.05


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_has_words_for_every_degree_and_something_contrary(name):
    rng = np.random.default_rng(0)
    for strength in (0.0, 0.3, 0.6, 0.95):
        assert {clause(name, strength, rng) for _ in range(20)}
    assert clause(name, 0.0, np.random.default_rng(1)) != clause(name, 0.95, np.random.default_rng(1))
    assert set(opposites(name)) <= set(FACTS) - {name}


def test_a_caption_fits_its_motion_and_the_contrary_does_not():
    faces = [measure(face(**shapes)) for shapes, *_ in KNOWN]
    shown = np.array([facts.vector for facts in faces])
    rng = np.random.default_rng(5)
    said = [word(facts, rng, 5) for facts in faces]
    fits = fit([each.says for each in said], shown)
    assert np.diag(fits) == pytest.approx(1.0)
    against = fit([contrary(each, rng).says for each in said], shown)
    assert (np.diag(against) < np.diag(fits) - 0.3).all()


def test_the_contrary_of_what_is_denied_is_there():
    rng = np.random.default_rng(0)
    denied = Caption("Attentive, without a smile", {"attentive": 0.7, "smile": 0.0})
    assert contrary(denied, rng).says["smile"] >= 0.5


# Some facts are said by what is not: eyes barely open, hardly a movement, eyes that never leave the speaker.
@pytest.mark.parametrize("name", sorted({*FACTS} - {"lids low", "eyes on the speaker", "still", "lively", "neutral"}))
def test_words_that_deny_are_told_from_words_that_do_not(name):
    rng = np.random.default_rng(3)
    assert sum(denies(clause(name, 0.0, rng)) for _ in range(100)) > 50
    assert sum(denies(clause(name, 0.9, rng)) for _ in range(100)) < 10


def test_what_descriptions_deny():
    for text in (
        "listens without a smile",
        "doesn’t nod",
        "no sign of joy",
        "neither amused nor angry",
        "hardly blinks",
    ):
        assert denies(text)
    for text in ("a notable smile", "nodding", "notices the joke", "knows the story", "unhappy"):
        assert not denies(text)


def test_sentences_are_taken_apart_into_what_they_say():
    text = "Sam would look sad and sympathetic, with brows drawn together; lips pressed. (Nodding)"
    assert split_clauses(text) == [
        "Sam would look sad", "sympathetic", "brows drawn together", "lips pressed", "Nodding",
    ]  # fmt: skip
    assert split_clauses(" ,.!? -- ") == []
    assert set(READINGS) <= set(FACTS)

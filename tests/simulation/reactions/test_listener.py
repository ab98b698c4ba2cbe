"""Listeners who react: every expression shows what it is called, when it is due."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.motion import ARKIT
from visavis.motion.events import nods
from visavis.simulation.reactions.episodes import ExpressionEpisode, draw_episodes
from visavis.simulation.reactions.expressions import expressions, get_expression
from visavis.simulation.reactions.listener import draw_manner, draw_reaction

FRAMES = 250

# What observers tell each expression by: a column, and the part of its peak that a face without it does not reach.
TELLS = {
    "warm smile": "mouthSmileLeft", "grin": "cheekSquintLeft", "laughter": "jawOpen", "delight": "browOuterUpLeft",
    "tenderness": "browInnerUp", "sympathy": "mouthFrownLeft", "concern": "browDownLeft", "surprise": "eyeWideLeft",
    "fear": "mouthStretchLeft", "disgust": "noseSneerLeft", "anger": "mouthPressLeft",
    "embarrassment": "mouthPressLeft", "interest": "browOuterUpRight", "agreement": "mouthPressLeft",
}  # fmt: skip


def drawn(name: str, count: int = 12) -> list:
    return [draw_reaction(np.random.default_rng([seed, 4]), name, FRAMES) for seed in range(count)]


@pytest.mark.parametrize("name", TELLS)
def test_the_face_shows_what_the_reaction_is_called(name):
    column = TELLS[name]
    shown = np.mean([motion[column].max() for motion in drawn(name)])
    neutral = np.mean([motion[column].max() for motion in drawn("neutral")])
    assert shown > neutral + 0.4 * get_expression(name).shapes[column]


@pytest.mark.parametrize("name", ["contempt", "scepticism"])
def test_some_expressions_show_on_one_half_of_the_face(name):
    sides = "mouthSmile" if name == "contempt" else "browOuterUp"
    apart = [abs(m[f"{sides}Left"] - m[f"{sides}Right"]).max() for m in drawn(name)]
    assert np.mean(apart) > 0.3
    stronger = {bool((m[f"{sides}Left"] - m[f"{sides}Right"]).sum() > 0) for m in drawn(name)}
    assert stronger == {True, False}  # not the same half in everybody


def test_whoever_is_bored_looks_elsewhere_and_whoever_agrees_nods():
    def nodded(name: str) -> float:
        return float(np.mean([len(nods(m)) for m in drawn(name)]))

    def lids(name: str) -> float:
        return float(np.mean([np.median(m["eyeBlinkLeft"]) for m in drawn(name)]))

    assert nodded("agreement") > 1.5 * nodded("boredom")
    assert lids("boredom") > lids("interest") + 0.1


def test_all_are_faces_and_the_same_seed_gives_the_same():
    for name in expressions():
        motion = draw_reaction(np.random.default_rng(1), name, FRAMES)
        assert motion.values.shape == (FRAMES, ARKIT.dim)
        assert motion.fps == 25
        assert motion["expression"].min() >= 0
        assert motion["expression"].max() <= 1
        assert np.abs(motion["head"]).max() < np.radians(60)
    assert motion == draw_reaction(np.random.default_rng(1), name, FRAMES)
    assert motion != draw_reaction(np.random.default_rng(2), name, FRAMES)


def test_people_differ_in_how_they_show_the_same():
    peaks = [m["mouthSmileLeft"].max() for m in drawn("warm smile", 20)]
    assert np.std(peaks) > 0.05
    gains = draw_manner(np.random.default_rng(0)).gains
    assert abs(np.log(gains["browDownLeft"] / gains["browDownRight"])) < 0.3


def test_the_reaction_comes_after_the_critical_word():
    for seed in range(20):
        episodes = draw_episodes(np.random.default_rng(seed), "laughter", 6.0, 384)
        level = np.max([s.level(384) for s in episodes], 0)
        assert level[: round(6.2 * 25)].max() < 0.35  # nothing but a hint of it before
        assert level[round(6.3 * 25) :].max() > 0.5


def test_a_flash_of_surprise_precedes_sympathy():
    episodes = draw_episodes(np.random.default_rng(0), "sympathy", 5.0, 384, first="surprise")
    surprise, sympathy = (max(s.level(384).argmax() for s in episodes if s.expression.name == n and s.height > 0.5)
                          for n in ("surprise", "sympathy"))  # fmt: skip
    assert surprise < sympathy


def test_a_spell_rises_holds_and_keeps_its_rest():
    episode = ExpressionEpisode(
        get_expression("grin"), start=2.0, attack=0.5, hold=1.0, release=1.0, height=0.8, sustain=0.5
    )
    level = episode.level(250)
    assert level[:49].max() == 0
    assert level[[70, -1]] == pytest.approx([0.8, 0.4])


def test_an_unknown_reaction_is_refused():
    with pytest.raises(InputError, match=r"'joy'; there are: neutral, interest"):
        draw_reaction(np.random.default_rng(0), "joy")

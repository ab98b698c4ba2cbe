"""Profiles by name: what they measure with what there is, and what they say of the rest."""

from dataclasses import replace

import pytest
from metric_toys import FPS, noise

from visavis.errors import InputError
from visavis.evaluation.clip import Clip
from visavis.evaluation.profiles import PROFILES, Setting, get_profile
from visavis.evaluation.protocol import evaluate
from visavis.motion import EMOCA56, TALKING_TOGETHER78, Motion

LENGTHS = (150, 200, 130)


@pytest.fixture(scope="module")
def clips():
    made = []
    for i, frames in enumerate(LENGTHS):
        partner = noise(100 + i, frames)
        true = Motion(0.5 * partner.values + noise(200 + i, frames).values, FPS, EMOCA56)
        samples = tuple(noise(300 + 10 * i + j, frames, scale=0.25 + 0.05 * j, offset=0.05) for j in range(3))
        made.append(Clip(f"clip {i}", samples, true, partner))
    return made


def results(name, clips, **extra):
    setting = Setting(clips[0].true.space, len(clips[0].predicted), clips[0].partner is not None, **extra)
    found = evaluate(clips, get_profile(name), setting, intervals=False)
    return {(r.info.name, r.info.part): r for r in found.results}


def test_the_oracle_flatters(clips):
    oracle, plain = (results(name, clips)["MSE", "expression"].value for name in ("dim-release", "plain"))
    assert oracle < plain
    assert results("plain", clips)["MSE", "all"].info.selection == "expectation over samples"


def test_all_named_profiles_exist():
    named = {
        "lm-listener",
        "dim-release",
        "dim-release-shifted",
        "codetalker",
        "artalk",
        "venus-release",
        "dualtalk",
        "react",
    }
    assert named < set(PROFILES)
    with pytest.raises(InputError, match="there is no profile named 'mine'; there are: plain"):
        get_profile("mine")


def test_what_is_missing_is_said(clips):
    setting = Setting(EMOCA56)
    names = {m.name for m in get_profile("plain").metrics(setting)}
    assert {"FD", "MSE", "L2", "SID", "Var", "Variation", "Diversity"} <= names
    assert "P-FD" not in names
    assert any(note.startswith("P-FD skipped: the partner's motion") for note in setting.notes)
    with pytest.raises(InputError, match="--body"):
        get_profile("codetalker").metrics(Setting(EMOCA56))
    with pytest.raises(InputError, match="--body"):
        get_profile("codetalker").metrics(Setting(replace(EMOCA56, name="my-emoca")))
    with pytest.raises(InputError, match="map the motion"):
        get_profile("codetalker").metrics(Setting(replace(TALKING_TOGETHER78, name="flame")))


def test_nan_of_nobody_is_said_with_its_reason():
    """Nobody listens: every listener's row is undefined, with the reason, and keeps its part."""
    clip = Clip(
        "c", (noise(0),), noise(1), roles={"speaker": noise(0).values[:, 0] < 9, "listener": noise(0).values[:, 0] > 9}
    )
    found = evaluate([clip], get_profile("plain"), Setting(EMOCA56, roles=True)).results
    listening = [r for r in found if r.info.role == "listener"]
    assert {r.info.part for r in listening} >= {"all", "expression", "pose"}
    for result in listening:
        assert result.value != result.value
        assert result.notes == ("undefined: nobody is listener in two frames of any clip",)


def test_who_listens_in_later_clips_alone_is_measured():
    """The first clip has no listener; the others' figures are as if it were not there."""
    everybody = noise(0).values[:, 0] < 9
    clips = [
        Clip(f"{i}", (noise(10 + i),), noise(20 + i), roles={"listener": everybody if i else ~everybody})
        for i in range(3)
    ]
    setting = Setting(EMOCA56, roles=True)
    with_first, without = (
        {
            (r.info.name, r.info.part): r
            for r in evaluate(some, get_profile("plain"), setting).results
            if r.info.role == "listener"
        }
        for some in (clips, clips[1:])
    )
    for key, result in with_first.items():
        assert result.value == pytest.approx(without[key].value, nan_ok=True), key
    assert with_first["FD", "all"].value > 0

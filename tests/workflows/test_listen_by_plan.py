"""`visavis listen` with the built-in Duet and DIM, who perform one plan, with bodies."""

import json

import numpy as np
import pytest
import soundfile

from duet_toys import toy_checkpoint
from visavis.formats.npz import read_npz
from visavis.motion import ARKIT, ARKIT_BODY
from visavis.simulation.dyads import simulate

BODY = slice(ARKIT.dim, None)


@pytest.fixture(scope="module")
def voices(tmp_path_factory):
    """Two files, of two who both speak within three seconds."""
    folder = tmp_path_factory.mktemp("voices")
    talk = simulate(seed=11, duration=12.0)
    changes = [np.flatnonzero(np.diff(person.speaking.values[:, 0] > 0.5)) / person.speaking.fps for person in talk]
    turn = next(t for t in changes[1] if 1.5 < t < 10.5 and np.abs(changes[0] - t).min() < 1.0)
    for name, person in zip("ab", talk, strict=True):
        rate = person.audio.sample_rate
        part = person.audio.samples[int((turn - 1.5) * rate) : int((turn + 1.5) * rate)]
        soundfile.write(folder / f"{name}.wav", part, rate)
    return folder / "a.wav", folder / "b.wav"


def test_two_listeners_with_bodies_and_one_of_them_again_from_its_plan(visavis, voices, tmp_path):
    arguments = ("listen", *voices, "--only", "motion,plan")
    code, _, err = visavis(*arguments, "-o", tmp_path / "out", "--samples", 2, "--behavior", "B:happy")
    assert code == 0, err
    assert "duet animates B, not the listener model" in err  # so motion of both models is joined
    first, second = (tmp_path / "out" / f"listener-{i}" for i in (1, 2))
    one, other = (read_npz(folder / "motion.npz") for folder in (first, second))
    for person in (*one, *other):
        assert person.motion.space == ARKIT_BODY
        assert np.ptp(person.motion.values[:, BODY], axis=0).max() > 0
    assert one.a.motion == other.a.motion
    assert np.abs(one.b.motion.values - other.b.motion.values).max() > 0.01
    assert ("B", "happy") in {(row["person"], row.get("label")) for row in events(first, "mood")}
    assert events(first, "look") != events(second, "look")

    code, _, err = visavis(*arguments, "-o", tmp_path / "again", "--plan", first / "plan.json", "--stillness", 0.5)
    assert code == 0, err
    again = read_npz(tmp_path / "again" / "motion.npz")
    assert [row["start"] for row in events(tmp_path / "again", "blink")] == [
        row["start"] for row in events(first, "blink")
    ]
    np.testing.assert_allclose(again.b.motion["eyeBlinkLeft"], one.b.motion["eyeBlinkLeft"], atol=0.1)
    still, usual = (np.abs(np.diff(c.b.motion.values[:, BODY], axis=0)).mean() for c in (again, one))
    assert still < usual


def events(folder, kind):
    return [row for row in json.loads((folder / "plan.json").read_text())["events"] if row["kind"] == kind]


def test_what_would_have_no_effect_is_refused_in_one_line_before_anything_slow(visavis, voices, tmp_path):
    """Neither recordings are opened nor models loaded: the files below are none."""
    (voices[0].parent / "bad.json").write_text('{"events": [{"person": "A"}]}')
    (voices[0].parent / "good.json").write_text('{"events": []}')
    bad, good = (voices[0].parent / name for name in ("bad.json", "good.json"))
    for verb in ("animate", "listen"):
        for given, said in (
            (("--plan", bad), "bad.json: event 1: kind, start, end is missing"),
            (("--plan", good, "--behavior", "happy"), "--behavior beside --plan would have no effect"),
            (("--behavior", "happy,sad"), "emotion happy and for emotion sad"),
        ):
            code, shown, err = visavis(verb, voices[0], "-o", tmp_path / "out", *given)
            assert (code, shown, err.count("\n")) == (2, "", 1)
            assert said in err
            assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("given", [("--plan", "plan.json"), ("--behavior", "B:happy")])
def test_a_model_that_follows_no_plan_is_named(visavis, voices, tmp_path, given):
    (tmp_path / "plan.json").write_text('{"events": []}')
    model = toy_checkpoint(tmp_path / "duet")
    option, value = given
    value = tmp_path / value if option == "--plan" else value
    for verb in ("animate", "listen"):
        arguments = (voices[0], "-o", tmp_path / "out", "--model", model, option, value)
        code, _, err = visavis(verb, *arguments)
        assert code == 2
        assert f"does not follow a plan; {option} is for models that do" in err
        assert "voice activity" not in err
        assert not (tmp_path / "out").exists()

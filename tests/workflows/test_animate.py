"""The main job from end to end, with a tiny untrained model on log-mel features."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import soundfile

from duet_toys import toy_checkpoint, toy_conversation
from reporters import Recorded
from visavis.errors import InputError
from visavis.motion.mapping import with_body
from visavis.simulation.dyads import simulate
from visavis.workflows.animate import Request, run
from visavis.workflows.run_folder import open_conversation, produce


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """A recording of 2 s of a simulated conversation."""
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    mixed = simulate(seed=2, duration=8.0).mixed
    soundfile.write(path, mixed.samples[: 2 * mixed.sample_rate], mixed.sample_rate)
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(toy_checkpoint(tmp_path_factory.mktemp("model") / "checkpoint"))


@pytest.fixture(scope="module")
def done(talk, model, tmp_path_factory):
    """The folder of a finished run without video."""
    out = tmp_path_factory.mktemp("out")
    run(Request((talk,), model=model, seed=3), out, only="motion,arkit,glb,timeline")
    return out


def test_everything_asked_for_is_there_and_nothing_else(done):
    wanted = {"conversation", "motion.npz", "person_a.arkit.csv", "person_b.arkit.csv", "scene.glb", "timeline.png"}
    assert {path.name for path in done.iterdir()} == wanted | {"provenance.json"}


def test_provenance_says_what_made_it(done, talk):
    made = json.loads((done / "provenance.json").read_text())
    assert made["visavis"]
    assert made["request"]["seed"] == 3
    assert made["request"]["inputs"] == [talk.name]
    assert made["motion"]["weights"]
    assert made["layout"]


def test_both_people_move_for_as_long_as_the_recording(done):
    conversation = open_conversation(done)
    for person in conversation:
        assert len(person.motion) == 50
        assert person.motion.values.std(0).max() > 0
        assert person.seat is not None
        assert person.speaking is not None


def test_what_will_be_done_is_said_before(talk, model, tmp_path, monkeypatch):
    """The layout before anything is computed, the video before it is drawn; what was made before is not told again."""
    reporter = Recorded()
    monkeypatch.setattr("visavis.formats.pictures.render_video", lambda *_, **__: reporter.said.append("drawn"))
    request = Request((talk,), model=model, layout="face to face, 2 m apart, both sitting, as if in a dream")
    run(request, tmp_path, only="video", reporter=reporter)
    assert reporter.said == [
        "layout: two people, 2.00 m apart, face to face, both sitting, at a table; as the words say: "
        '"face to face", "2 m", "sitting"; only compared with example situations: "as if in a dream"',
        "video.mp4: 2.0 s at 25 frames per second, 1280x720",
        "drawn",
    ]
    assert reporter.titles.index("reading") == 0
    reporter.said.clear()
    run(request, tmp_path, only="motion", reporter=reporter)
    assert reporter.said == []


def test_what_no_file_can_hold_is_refused_before_anything_is_stored(tmp_path):
    apart = toy_conversation(3, 2.0)
    apart = apart.with_participants(apart.a, replace(apart.b, motion=with_body(apart.b.motion)))
    with pytest.raises(InputError, match="differ in motion space"):
        produce(lambda: apart, "key", tmp_path / "out", only="motion,arkit")
    assert not (tmp_path / "out").exists()
    done = produce(lambda: apart, "key", tmp_path / "out", only="arkit")
    assert "person_b.arkit.csv" in {path.name for path in done.files}


def test_the_same_seed_gives_the_same_motion_and_another_seed_another(done, talk, model, tmp_path):
    run(Request((talk,), model=model, seed=3), tmp_path / "same", only="motion")
    run(Request((talk,), model=model, seed=4), tmp_path / "other", only="motion")
    first, same, other = (
        open_conversation(folder).a.motion for folder in (done, tmp_path / "same", tmp_path / "other")
    )
    assert np.array_equal(first.values, same.values)
    assert not np.array_equal(first.values, other.values)


def test_a_second_run_keeps_what_is_there_and_adds_what_is_missing(done, talk, model):
    before = (done / "scene.glb").stat().st_mtime_ns
    (done / "motion.npz").unlink()
    started = time.perf_counter()
    run(Request((talk,), model=model, seed=3), done, only="motion,glb")
    assert time.perf_counter() - started < 5
    assert (done / "motion.npz").exists()
    assert (done / "scene.glb").stat().st_mtime_ns == before


def test_results_of_something_else_are_not_overwritten_unasked(done, talk, model):
    before = (done / "motion.npz").read_bytes()
    with pytest.raises(InputError, match="--overwrite"):
        run(Request((talk,), model=model, seed=9), done, only="motion")
    assert (done / "motion.npz").read_bytes() == before


def test_overwriting_when_asked(talk, model, tmp_path):
    run(Request((talk,), model=model, seed=3), tmp_path, only="motion,timeline")
    (tmp_path / "notes.txt").write_text("mine")
    run(Request((talk,), model=model, seed=4), tmp_path, only="motion", overwrite=True)
    assert json.loads((tmp_path / "provenance.json").read_text())["request"]["seed"] == 4
    assert not (tmp_path / "timeline.png").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_what_cannot_be_made_takes_nothing_away_and_leaves_nothing(done, talk, tmp_path):
    before = {path.name: path.stat().st_mtime_ns for path in done.iterdir()}
    request = Request((talk,), model=str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="no such checkpoint folder"):
        run(request, done, overwrite=True)
    assert {path.name: path.stat().st_mtime_ns for path in done.iterdir()} == before
    with pytest.raises(InputError, match="no such checkpoint folder"):
        run(request, tmp_path / "new" / "out")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_a_stopped_run_leaves_nothing_half_written_and_goes_on(visavis, talk, model, tmp_path, name):
    short, out = tmp_path / "short.wav", tmp_path / "out"
    samples, rate = soundfile.read(talk)
    soundfile.write(short, samples[: 4 * rate // 5], rate)  # nothing is written before the encoder has some 15 frames
    arguments = ["animate", str(short), "-o", str(out), "--model", model, "--only", "motion,video"]
    process = subprocess.Popen(
        [sys.executable, "-m", "visavis.cli.main", *arguments],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # ignored where tests run in the background
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not list(out.glob(".video.mp4.*/.*.part")) and process.poll() is None:  # until the video is being drawn
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, getattr(signal, name))
    code = process.wait(timeout=60)
    assert code == (130 if name == "SIGINT" else -signal.SIGKILL)
    assert not (out / "video.mp4").exists()
    assert not (out / "provenance.json").exists()
    kept = (out / "motion.npz").stat().st_mtime_ns
    code, _, err = visavis(*arguments)
    assert code == 0, err
    assert (out / "motion.npz").stat().st_mtime_ns == kept
    assert (out / "video.mp4").stat().st_size > 10_000
    assert (out / "provenance.json").exists()
    assert not [path for path in out.iterdir() if path.name.startswith(".")]

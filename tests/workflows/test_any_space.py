"""A corpus in any motion space goes through training, listening and animating; what can be shown is shown."""

from dataclasses import replace

import av
import numpy as np
import pytest
import soundfile

from duet_toys import toy_conversation
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.formats.npz import read_npz
from visavis.media.video import VideoWriter
from visavis.motion import ARKIT_BODY, FLAME, Column, MotionSpace
from visavis.simulation.dyads import simulate

NINE = MotionSpace(
    "nine", tuple(Column(f"wave{i}", "coefficient", "expression") for i in range(9)), bounds={"expression": (-0.5, 0.5)}
)
"""Nobody's space: nine columns that know no head and no place, but their bounds."""
SPACES = [ARKIT_BODY, FLAME, NINE]
STEPS = ("--max-steps", 4, "--preset", "debug", "--device", "cpu")


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "talk.wav"
    soundfile.write(path, toy_conversation(3, 1.0).a.audio.samples, 16_000)
    return path


@pytest.fixture(scope="module", params=SPACES, ids=lambda space: space.name)
def corpus(request, tmp_path_factory):
    """Six conversations in a space; every column moves in each of them."""
    space, made = request.param, []
    for seed in range(6):
        conversation = toy_conversation(seed, 6.0, space=space)
        waves = 0.05 * np.sin(np.arange(150)[:, None] * 0.3 + np.arange(space.dim) + seed)
        people = []
        for person in conversation:
            values = person.motion.values + waves.astype(np.float32)
            people.append(replace(person, motion=replace(person.motion, values=values)))
        made.append(conversation.with_participants(*people))
    folder = tmp_path_factory.mktemp("any-space") / "corpus"
    write_corpus(made, folder)
    return folder, space


@pytest.fixture(scope="module")
def trained(corpus, executable):
    """A listener and a model of both people, after a few steps."""
    folder, space = corpus
    runs = folder.parent
    executable("train", "dim", "--corpus", folder, "-o", runs / "dim", *STEPS)
    velocity = ("--set", "losses.velocity_of=columns")  # meshes take long to differentiate
    executable("train", "duet", "--corpus", folder, "-o", runs / "duet", *STEPS, *velocity)
    return runs, space


def test_a_listener_answers_in_the_space_of_the_corpus(trained, executable, talk, tmp_path):
    runs, space = trained
    out = tmp_path / "out"
    said = executable("listen", talk, "--model", runs / "dim" / "listener" / "model", "-o", out, *only(space))
    motion = read_npz(out / "motion.npz").b.motion
    check(motion, space)
    if space.columns == ARKIT_BODY.columns:
        assert "rest" not in said  # the speaker is moved, too
        assert (out / "person_b.arkit.csv").is_file()
    else:
        assert "the listener reacts to the voice alone" in said


def test_both_people_are_moved_in_the_space_of_the_corpus(trained, executable, talk, tmp_path):
    runs, space = trained
    out = tmp_path / "out"
    said = executable("animate", talk, "--model", runs / "duet" / "conversations" / "model", "-o", out, *only(space))
    conversation = read_npz(out / "motion.npz")
    for person in conversation:
        check(person.motion, space)
    if space.columns == ARKIT_BODY.columns:  # the video of it is drawn below
        assert (out / "person_a.arkit.csv").is_file()
    else:
        assert "video.mp4 skipped" in said
        assert "scene.glb skipped" in said


def test_what_a_video_shows_trains_models_that_move_people_in_a_video(executable, talk, tmp_path):
    """extract -> train -> listen -> animate -> video, in `arkit-body`, which `extract` writes."""
    pytest.importorskip("mediapipe")
    film(tmp_path / "film.mp4")
    executable("extract", tmp_path / "film.mp4", "-o", tmp_path / "corpus", "--skip", "words")
    (conversation,) = Corpus.open(tmp_path / "corpus")
    for person in conversation:
        assert person.motion.space.columns == ARKIT_BODY.columns
    quick = ("--max-steps", 2, "--preset", "debug", "--device", "cpu")
    executable("train", "dim", "--corpus", tmp_path / "corpus", "-o", tmp_path / "dim", *quick)
    executable("train", "duet", "--corpus", tmp_path / "corpus", "-o", tmp_path / "duet", *quick)
    listener, both = tmp_path / "dim" / "listener" / "model", tmp_path / "duet" / "conversations" / "model"
    executable("listen", talk, "--model", listener, "-o", tmp_path / "answer", "--only", "motion")
    short = tmp_path / "short.wav"
    samples, rate = soundfile.read(talk)
    soundfile.write(short, samples[: 2 * rate // 5], rate)
    executable("animate", short, "--model", both, "-o", tmp_path / "moved", "--only", "motion,video")
    for folder, frames in (("answer", 25), ("moved", 10)):
        check(read_npz(tmp_path / folder / "motion.npz").b.motion, ARKIT_BODY, frames)
    with av.open(tmp_path / "moved" / "video.mp4") as video:
        assert video.streams.video[0].frames == 10


def film(path):
    """Two seconds of the characters' close-ups, side by side."""
    from visavis.rendering.script import Script
    from visavis.rendering.stage import Stage

    talk = simulate(3, 2.0)
    stage = Stage(Script.of(talk), (920, 576))
    left = stage.panels[0].width
    with VideoWriter(path, (920 - left, 576), 25, talk.mixed) as video:
        for picture in stage.frames(0, 50):
            video.write(picture[:, left:])
    stage.close()


def only(space):
    """In spaces that cannot be shown, everything is asked for, and what cannot be written is said."""
    return ("--only", "motion,arkit") if space.columns == ARKIT_BODY.columns else ()


def check(motion, space, frames=25):
    low, high = space.limits()
    assert motion.space.columns == space.columns
    assert len(motion) == frames
    assert np.isfinite(motion.values).all()
    assert (motion.values >= low - 1e-6).all()
    assert (motion.values <= high + 1e-6).all()
    assert np.ptp(motion.values, axis=0).max() > 0


@pytest.fixture(scope="module")
def executable():
    """Runs a verb in this process; gives what it said."""
    from typer.testing import CliRunner

    from visavis.cli.main import app

    def run(*arguments):
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert done.exit_code == 0, f"{done.output}\n{done.exception!r}"
        return done.output + done.stderr

    return run

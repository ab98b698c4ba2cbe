"""`visavis listen`: listeners for recordings, and one line where there can be none."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from dim_toys import PLAIN, toy_model, toy_pair
from duet_toys import toy_conversation
from visavis.conversation import Interval
from visavis.formats.npz import read_npz
from visavis.models import weights
from visavis.models.dim.model import Dim
from visavis.motion import ARKIT, ARKIT_BODY
from visavis.motion.mapping import to_space
from visavis.workflows import animate
from visavis.workflows.listen import speaker_first
from visavis.workflows.listen_motion import moved_as, pauses, planned_while, speaks


@pytest.fixture
def talk(tmp_path):
    """4 s that hold a voice of sorts."""
    path = tmp_path / "talk.wav"
    soundfile.write(path, toy_conversation(3, 4.0).a.audio.samples, 16_000)
    return path


@pytest.fixture
def checkpoint(tmp_path):
    return toy_model(stage="listener", space=ARKIT).save(tmp_path / "dim")


@pytest.fixture
def known_people(monkeypatch):
    """Stands in for Duet, whose part takes long: two people who take turns, and move."""
    conversation = toy_conversation(3, 4.0)
    monkeypatch.setattr(animate, "make_conversation", lambda *_: conversation)
    return conversation


def test_without_weights_one_line_says_what_to_do(visavis, talk, tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "root", lambda: tmp_path / "nothing")
    code, shown, err = visavis("listen", talk, "-o", tmp_path / "out")
    assert (code, shown, err.count("\n")) == (2, "", 1)
    assert "visavis train dim" in err
    assert "--model" in err
    assert not (tmp_path / "out").exists()


def test_three_listeners_with_what_animate_writes(visavis, talk, checkpoint, tmp_path, known_people):
    arguments = ("listen", talk, "-o", tmp_path / "out", "--model", checkpoint, "--samples", 3)
    code, shown, err = visavis(*arguments, "--only", "motion,arkit")
    assert code == 0, err
    assert "duet animates B" in err  # B speaks in the toys
    made = [read_npz(tmp_path / "out" / f"listener-{i}" / "motion.npz") for i in (1, 2, 3)]
    listening = speaks(known_people, known_people.b.motion) == 0
    for i, conversation in enumerate(made):
        assert conversation.a.motion == known_people.a.motion
        head = conversation.b.motion["head"]
        assert (tmp_path / "out" / f"listener-{i + 1}" / "person_b.arkit.csv").is_file()
        assert not np.allclose(head[listening], known_people.b.motion["head"][listening], atol=1e-3)
        assert not np.allclose(head, made[i - 1].b.motion["head"])
    assert shown.count("motion.npz") == 3
    again = visavis(*arguments, "--only", "motion")  # the same request goes on; nothing is made anew
    assert again[0] == 0


def test_where_the_listener_speaks_duet_moves_it(known_people):
    share = speaks(known_people, known_people.b.motion)
    speaking = known_people.b.speaking.values[:, 0]
    assert share[speaking > 0.5].min() > 0.6
    assert 0 < (share == 0).mean() < 1 - speaking.mean()


def test_who_is_at_rest_is_found():
    moving = toy_conversation(3, 4.0).b.motion
    values = moving.values.copy()
    values[30:70] = values[30]  # 1.6 s without any movement
    values[80:84] = values[80]  # too short for a rest
    share = pauses(replace(moving, values=values))
    assert share[36:64].min() == 1
    assert share[:20].max() == share[78:].max() == 0


def test_a_listener_that_pauses_is_moved_by_duet_meanwhile(visavis, talk, checkpoint, tmp_path, known_people):
    """As the retrieved ones, who have nothing to do between their clips."""
    still = np.zeros(ARKIT.dim, np.float32)
    silent = replace(known_people.b.speaking, values=0 * known_people.b.speaking.values)
    alone = known_people.with_participants(known_people.a, replace(known_people.b, speaking=silent))

    def generate(self, conversation, people=(0, 1), **_):
        motion = replace(known_people.b.motion, values=np.tile(still, (len(known_people.b.motion), 1)))
        return [conversation.with_participants(conversation.a, replace(conversation.b, motion=motion))]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(animate, "make_conversation", lambda *_: alone)
        patch.setattr(Dim, "generate", generate)
        for pausing, moved in ((False, False), (True, True)):
            told = replace(toy_model(stage="listener", space=ARKIT).capabilities, pauses=pausing)
            patch.setattr(Dim, "capabilities", told)
            out = tmp_path / str(pausing)
            code, _, err = visavis("listen", talk, "-o", out, "--model", checkpoint, "--only", "motion")
            assert code == 0, err
            assert ("between reactions, duet animates B" in err) is moved
            assert bool(np.ptp(read_npz(out / "motion.npz").b.motion["head"], axis=0).any()) is moved


def test_no_gestures_are_told_of_who_has_no_arms():
    share = np.ones(100, np.float32)
    did = {"gesture": (Interval("beat", 1.0, 2.0),), "blink": (Interval("", 1.0, 1.2),)}
    face, body = (replace(toy_conversation(3, 4.0, space=s).b, events=did) for s in (ARKIT, ARKIT_BODY))
    assert planned_while(face, share, 25.0).events["gesture"] == ()
    assert planned_while(face, share, 25.0).events["blink"] == did["blink"]
    assert planned_while(body, share, 25.0).events["gesture"] == did["gesture"]


def test_who_is_heard_more_is_the_speaker():
    conversation = toy_conversation(3, 4.0)
    a, b = conversation.participants
    quiet = replace(a.speaking, values=0.1 * a.speaking.values)
    swapped = speaker_first(conversation.with_participants(replace(a, speaking=quiet), b))
    assert (swapped.a.speaking, swapped.b.speaking) == (b.speaking, quiet)
    assert (swapped.a.audio, swapped.b.audio) == (b.audio, a.audio)
    assert (swapped.a.name, swapped.b.name) == (a.name, b.name)
    assert speaker_first(swapped) is swapped


def test_any_space_with_the_speakers_motion(visavis, talk, tmp_path):
    model = toy_model(stage="listener").save(tmp_path / "plain")
    np.save(tmp_path / "speaker.npy", toy_pair(0, 100)[0])
    arguments = ("listen", talk, "--model", model, "-o", tmp_path / "out")
    code, _, err = visavis(*arguments, "--speaker-motion", tmp_path / "speaker.npy")
    assert code == 0, err
    assert "scene.glb skipped: scene.glb cannot show motion in" in err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "conversation", "motion.npz", "provenance.json", "timeline.png",
    }  # fmt: skip
    with np.load(tmp_path / "out" / "motion.npz") as stored:
        assert str(stored["space"]) == PLAIN.name
        assert stored["A_motion"] == pytest.approx(toy_pair(0, 100)[0])
        assert stored["B_motion"].shape == (100, PLAIN.dim)
    code, _, err = visavis(*arguments, "--overwrite")
    assert code == 2
    assert "--speaker-motion" in err
    np.save(tmp_path / "long.npy", toy_pair(0, 300)[0])
    code, _, err = visavis(*arguments, "--overwrite", "--speaker-motion", tmp_path / "long.npy")
    assert code == 2
    assert "12.00 s" in err
    assert (tmp_path / "out" / "motion.npz").is_file()  # what could not be made took nothing away
    np.save(tmp_path / "still.npy", np.zeros((100, PLAIN.dim), np.float32))
    code, _, err = visavis(*arguments, "--overwrite", "--speaker-motion", tmp_path / "still.npy")
    assert code == 0
    assert "still.npy: the speaker's motion is constant" in err


def test_a_given_speaker_keeps_the_body_and_a_bare_face_is_given_one():
    conversation = toy_conversation(3, 4.0, space=ARKIT_BODY)
    body, face = conversation.a.motion, toy_conversation(4, 4.0).a.motion
    assert moved_as(body, conversation).a.motion == body
    moved = moved_as(face, conversation).a.motion
    assert np.array_equal(moved.values[:, ARKIT.dim :], body.values[:, ARKIT.dim :])
    np.testing.assert_allclose(to_space(moved, ARKIT).values, face.values, atol=1e-5)


def test_wrong_models_and_motions_get_one_line(visavis, talk, checkpoint, tmp_path, known_people):
    pretrained = toy_model(stage="pretrain", space=ARKIT).save(tmp_path / "pretrained")
    np.save(tmp_path / "five.npy", np.zeros((100, 5), np.float32))
    np.savez(tmp_path / "emoca.npz", motion=np.zeros((100, 56), np.float32), fps=25.0, space="emoca56")
    np.savez(tmp_path / "nan.npz", motion=np.full((100, 67), np.nan, np.float32), fps=25.0, space="arkit")
    np.savez(tmp_path / "one.npz", motion=np.zeros((1, 67), np.float32), fps=25.0, space="arkit")
    out = ("-o", tmp_path / "out", "--only", "motion")
    for arguments, complaint in (
        (("--model", pretrained), "pretrained: model 'dim' generates no motion yet"),
        (("--model", checkpoint, "--speaker-motion", tmp_path / "emoca.npz"), "emoca.npz: is in space 'emoca56'"),
        (("--model", checkpoint, "--speaker-motion", tmp_path / "nan.npz"), "nan.npz: motion is not finite at frame 0"),
        (("--model", checkpoint, "--speaker-motion", tmp_path / "one.npz"), "one.npz: the motion has 1 frame(s)"),
        (("--model", checkpoint, "--speaker-motion", tmp_path / "five.npy"), "five.npy"),
        (("--model", checkpoint, "--speaker-motion", tmp_path / "none.npz"), "none.npz"),
        (("--model", checkpoint, "--speaker-motion", talk), "supported: "),
    ):
        code, shown, err = visavis("listen", talk, *out, *arguments)
        assert (code, shown) == (2, "")
        assert complaint in err
        assert "Traceback" not in err
        assert not (tmp_path / "out").exists()

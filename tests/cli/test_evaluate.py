"""visavis evaluate on anybody's files: pairs, formats, reports, and one line for what cannot be used."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from visavis.conversation import Conversation, Participant
from visavis.evaluation.frechet import FrechetDistance
from visavis.formats.npz import write_npz
from visavis.motion import ARKIT, ARKIT_BODY, EMOCA56, Motion, MotionSpace
from visavis.motion.mapping import to_space

FPS = 25.0


def values(seed, frames=120, scale=0.3, dim=EMOCA56.dim):
    return np.random.default_rng(seed).normal(0, scale, (frames, dim)).astype(np.float32)


def save(path, motion, **extra):
    path.parent.mkdir(exist_ok=True)
    np.savez(path, **{"motion": motion, "fps": FPS, "space": "emoca56"} | extra)
    return path


@pytest.fixture
def folders(tmp_path):
    """Four clips with partners and roles, and a prediction of each."""
    role = np.where(np.arange(120) < 70, "speaker", "listener")
    for i in range(4):
        partner = values(100 + i)
        true = 0.5 * partner + values(i)
        save(tmp_path / "truth" / f"talk{i}.npz", true, partner=partner, role=role)
        save(tmp_path / "pred" / f"talk{i}.npz", 0.8 * true + 0.1 * values(50 + i))
    return tmp_path / "pred", tmp_path / "truth"


def test_bodies_count_only_where_the_truth_has_them(visavis, tmp_path):
    for i in range(3):
        body = Motion(values(i, 50, dim=ARKIT_BODY.dim), FPS, ARKIT_BODY)
        for folder, motion in (("pred", body), ("truth", to_space(body, ARKIT))):
            save(tmp_path / folder / f"{i}.npz", motion.values, space=motion.space.name)
    arguments = ("evaluate", "--pred", tmp_path / "pred", "--truth", tmp_path / "truth", "--report", tmp_path / "out")
    code, _, err = visavis(*arguments)
    assert code == 0, err
    assert "the truth has no bodies ('arkit'); those of the predictions are left out" in err
    rows = {row["name"]: row for row in csv.DictReader((tmp_path / "out" / "report.csv").open())}
    assert float(rows["MSE"]["value"]) < 1e-9


def test_a_report_with_everything_in_it(visavis, folders, tmp_path):
    pred, truth = folders
    code, out, err = visavis("evaluate", "--pred", pred, "--truth", truth, "--report", tmp_path / "out")
    assert code == 0, err
    assert out.startswith("measure")
    assert "L2-Affect skipped" in err
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"report.md", "report.csv", "report.json", "measures.png", "conversations.png"}
    rows = list(csv.DictReader((tmp_path / "out" / "report.csv").open()))
    assert {row["name"] for row in rows} >= {"FD", "P-FD", "MSE", "L2", "SID", "Var", "Variation", "Diversity", "PCC",
                                            "rPCC", "TLCC", "TLCC lag"}  # fmt: skip
    assert {row["role"] for row in rows} == {"both", "speaker", "listener"}
    assert all(row["index_set"] and row["definition"] and row["units"] and row["aggregation"] for row in rows)
    content = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    fd = next(r for r in content["results"] if (r["name"], r["part"], r["role"]) == ("FD", "all", "both"))
    assert fd["columns"] == list(EMOCA56.names)
    assert set(fd["per_conversation"]) == {f"talk{i}" for i in range(4)}
    metric = FrechetDistance()
    for i in range(4):
        loaded = [np.load(folder / f"talk{i}.npz")["motion"] for folder in folders]
        metric.update(*(Motion(v, FPS, EMOCA56) for v in loaded))
    assert fd["value"] == pytest.approx(metric.compute().value)
    speaker = next(r for r in content["results"] if (r["name"], r["part"], r["role"]) == ("MSE", "all", "speaker"))
    assert speaker["frames"] == 4 * 70
    text = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "## P-FD" in text
    assert "visavis evaluate --pred" in text


def test_other_formats_say_the_same(visavis, folders, tmp_path):
    for side, folder in zip(("p", "t"), folders, strict=True):
        (tmp_path / side).mkdir()
        for path in folder.iterdir():
            np.save(tmp_path / side / f"{path.stem}.npy", np.load(path)["motion"])
    arrays = visavis("evaluate", "--pred", tmp_path / "p", "--truth", tmp_path / "t", "--space", "emoca56",
                     "--fps", 25, "--profile", "venus-release")  # fmt: skip
    archives = visavis("evaluate", "--pred", folders[0], "--truth", folders[1], "--profile", "venus-release")
    assert arrays[:2] == archives[:2]


def test_samples_methods_and_oracles(visavis, folders, tmp_path):
    pred, truth = folders
    for i in range(4):
        save(tmp_path / "other" / f"talk{i}.npz", values(70 + i, scale=0.6))
    code, out, _ = visavis("evaluate", "--pred", pred, "--pred", tmp_path / "other", "--truth", truth,
                           "--profile", "dim-release", "--report", tmp_path / "out")  # fmt: skip
    assert code == 0
    assert "oracle: per clip, of 2 samples" in (tmp_path / "out" / "report.md").read_text("utf-8")
    code, out, _ = visavis("evaluate", "--pred", pred, "--truth", truth, "--against", tmp_path / "other",
                           "--profile", "lm-listener", "--report", tmp_path / "out")  # fmt: skip
    assert code == 0
    assert "against: FD all both: -" in out
    assert "of all rows together" in out
    assert "## Against the other method" in (tmp_path / "out" / "report.md").read_text("utf-8")


def test_what_animate_writes_is_read(tmp_path):
    from duet_toys import toy_conversation
    from visavis.formats.arkit_csv import read_csv, write_csv
    from visavis.formats.people import read_people
    from visavis.workflows.evaluate_files import find_files

    conversation = toy_conversation(3, 4.0)
    path = write_npz(conversation, tmp_path / "motion.npz")
    people = read_people(path, None, None)
    assert set(people) == {"A", "B"}
    assert people["A"].partner == people["B"].motion
    assert people["A"].conversation == people["B"].conversation == conversation.id
    assert not (people["A"].roles["speaker"] & people["A"].roles["listener"]).any()
    write_csv(conversation.participants[0].motion, tmp_path / "person_a.arkit.csv")
    assert set(find_files(tmp_path)) == {"motion"}  # the tables hold the same people
    table = tmp_path / "person_a.arkit.csv"
    assert read_people(table, None, None)[""].motion == read_csv(table)
    assert people["A"].motion.space == ARKIT


def evaluated(visavis, folder, space):
    """What `evaluate` says of two conversations whose files define the space: exit code, measures and notes."""
    for i in range(2):
        for name, noise in (("truth", 0.0), ("pred", 0.1)):
            people = [
                Participant(who, motion=Motion(values(seed + i, 60, dim=len(space)) + noise, FPS, space))
                for who, seed in (("A", 0), ("B", 10))
            ]
            (folder / name).mkdir(exist_ok=True)
            write_npz(Conversation(f"talk{i}", (people[0], people[1]), 60 / FPS), folder / name / f"talk{i}.npz")
    code, out, err = visavis("evaluate", "--pred", folder / "pred", "--truth", folder / "truth")
    return code, {line.split()[0] for line in out.splitlines() if line}, err


def test_faces_of_a_space_of_another_name_are_measured_on_the_surface(visavis, tmp_path):
    code, measures, err = evaluated(visavis, tmp_path, replace(ARKIT, name="phone-arkit"))
    assert code == 0, err
    assert measures >= {"FD", "MSE", "vMSE", "LVE", "FDD"}
    assert "no available body" not in err


def test_other_columns_called_arkit_are_measured_without_a_surface(visavis, tmp_path):
    nine = MotionSpace("arkit", ARKIT.columns[:9])
    code, measures, err = evaluated(visavis, tmp_path, nine)
    assert code == 0, err
    assert measures >= {"FD", "MSE"}
    assert not measures & {"vMSE", "LVE", "FDD"}
    assert "LVE skipped: no available body shows 'arkit'" in err


def test_partners_may_be_files(tmp_path):
    from visavis.workflows.evaluate import Request, _Pairs

    for letter, other, seed in (("a", "b", 0), ("b", "a", 1)):
        save(tmp_path / "truth" / f"{letter}.npz", values(seed), partner=f"{other}.npz", conversation="lunch")
        save(tmp_path / "pred" / f"{letter}.npz", values(10 + seed), partner=other)
    pairs = list(_Pairs(Request((tmp_path / "pred",), tmp_path / "truth"), (tmp_path / "pred",)))
    a, b = pairs
    assert a.partner == b.true
    assert a.predicted_partners == (b.predicted[0],)
    assert a.conversation == b.conversation == "lunch"


def nan_at(frame, column):
    motion = values(0)
    motion[frame, column] = np.nan
    return motion


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"space": "arkit"}, ["talk0.npz", "'motion' has shape (120, 56)", "(frames, 67)"]),
        ({"space": "mine"}, ["talk0.npz", "there is no motion space named 'mine'", "emoca56"]),
        ({"motion": values(0, dim=100 + 18), "space": "flame"}, ["talk0.npz", "'flame'", "'emoca56'"]),
        ({"fps": 30.0}, ["talk0.npz", "30 frames/s", "resample"]),
        ({"fps": 0.0}, ["talk0.npz", "'fps' is 0", "above 0"]),
        ({"fps": np.array([25.0, 25.0])}, ["talk0.npz", "'fps'"]),
        ({"motion": nan_at(7, 3)}, ["talk0.npz", "frame 7", "expression03", "interpolate"]),
        ({"motion": values(0, 119)}, ["talk0.npz", "119 frames", "cut both"]),
        ({"motion": values(0, 1)}, ["talk0.npz", "1 frames"]),
        ({"motion": np.array([["a"]])}, ["talk0.npz", "'motion'", "numbers are required"]),
        ({"motion": np.array([{}], dtype=object)}, ["talk0.npz", "Python objects"]),
        ({"role": "boss"}, ["talk0.npz", "'role' must be 'speaker' or 'listener'"]),
        ({"partner": values(0, 50)}, ["talk0.npz", "'partner' has 50 frames"]),
        ({"partner": "nobody"}, ["talk0.npz", "'partner' names 'nobody'"]),
    ],
)
def test_a_bad_prediction_is_one_line(visavis, folders, tmp_path, wrong, words):
    save(folders[0] / "talk0.npz", **{"motion": values(0)} | wrong)
    code, out, err = visavis("evaluate", "--pred", folders[0], "--truth", folders[1], "--profile", "lm-listener",
                             "--report", tmp_path / "out")  # fmt: skip
    lines = [line for line in err.splitlines() if line.startswith("visavis: error:")]
    assert code == 2
    assert len(lines) == 1
    assert "Traceback" not in err
    for word in words:
        assert word in lines[0], lines[0]
    assert out == ""
    assert not (tmp_path / "out").exists()


def test_a_single_true_frame_and_a_true_face_that_never_moves(visavis, tmp_path):
    for name, motion, words in (("one", values(0, 1), "1 frame(s)"), ("still", np.zeros((50, 56)), "is constant")):
        for side in ("pred", "truth"):
            save(tmp_path / f"{name}-{side}" / "x.npz", motion.astype(np.float32)).parent.mkdir(exist_ok=True)
        code, _, err = visavis("evaluate", "--pred", tmp_path / f"{name}-pred", "--truth", tmp_path / f"{name}-truth")
        assert code == 2
        assert "x.npz" in err
        assert words in err


def test_of_several_samples_the_one_that_does_not_fit_is_named(visavis, folders, tmp_path):
    pred, truth = folders
    for i in range(4):
        save(tmp_path / "second" / f"talk{i}.npz", values(i, 119))
    code, _, err = visavis("evaluate", "--pred", pred, "--pred", tmp_path / "second", "--truth", truth)
    assert code == 2
    assert str(tmp_path / "second" / "talk0.npz") in err
    assert "119 frames" in err
    save(truth / "talk0.npz", values(0, 1))
    code, _, err = visavis("evaluate", "--pred", pred, "--truth", truth)
    assert code == 2
    assert f"{truth / 'talk0.npz'}: a clip of 1 frame(s)" in err


def test_a_prediction_that_never_moves_is_served_with_a_note(visavis, folders):
    for path in folders[0].iterdir():
        save(path, np.zeros((120, 56), np.float32))
    code, _, err = visavis("evaluate", "--pred", folders[0], "--truth", folders[1], "--profile", "lm-listener")
    assert code == 0
    assert "talk0.npz: the prediction is constant" in err


def still_but_one(seed):
    """Motion of which one column alone moves."""
    motion = np.zeros((120, 56), np.float32)
    motion[:, 3] = values(seed)[:, 0]
    return motion


ODD = {
    "nobody listens": ({"role": "speaker"}, {}, "nobody is listener in two frames of any clip"),
    "the partner never moves": ({"partner": np.zeros((120, 56), np.float32)}, {}, "no column moves in any true pair"),
    "one column moves": ({"motion": still_but_one(1), "partner": still_but_one(2)}, {}, "no column moves"),
    "nothing is generated": ({}, {"motion": np.zeros((120, 56), np.float32)}, ""),
    "rounding apart": ({"motion": np.full((120, 56), 0.3, np.float32) + 1e-7 * still_but_one(0)}, {}, ""),
    "the truth is generated": ({"motion": values(7)}, {"motion": values(7)}, ""),
    "two frames": ({"motion": values(0, 2), "partner": values(1, 2)}, {"motion": values(2, 2)}, ""),
    "out of range": ({}, {"motion": 1e6 * values(9)}, ""),
}


def odd_talks(folder, odd):
    """Two talks of a kind, and what they lack."""
    true, predicted, reason = ODD[odd]
    for i in range(2):
        save(folder / "truth" / f"talk{i}.npz", **{"motion": values(i), "partner": values(10 + i)} | true)
        save(folder / "pred" / f"talk{i}.npz", **{"motion": values(20 + i)} | predicted)
    return reason


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("odd", ODD)
def test_what_has_no_value_is_said_to_be_undefined_and_nothing_warns(visavis, tmp_path, odd):
    """No warning of NumPy or scikit-learn reaches the user, in measures, intervals and tests."""
    reason = odd_talks(tmp_path, odd)
    for profile in ("plain", "lm-listener", "dim-release", "dualtalk", "venus-release"):
        code, out, err = visavis("evaluate", "--pred", tmp_path / "pred", "--truth", tmp_path / "truth",
                                 "--profile", profile, "--against", tmp_path / "pred")  # fmt: skip
        assert code == 0, err
        assert "nan" not in out
        assert (" undefined " in out) == (": undefined: " in out)
        if profile == "plain":
            assert reason in out


@pytest.mark.filterwarnings("error")
def test_a_report_of_what_has_no_value_does_not_warn(visavis, tmp_path):
    """Nor in tables and plots, where nobody listens."""
    reason = odd_talks(tmp_path, "nobody listens")
    code, _, err = visavis("evaluate", "--pred", tmp_path / "pred", "--truth", tmp_path / "truth",
                           "--report", tmp_path / "out")  # fmt: skip
    assert code == 0, err
    text = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "| listener | undefined | - |" in text
    assert f"Note: FD (listener): undefined: {reason}." in text
    table = (tmp_path / "out" / "report.csv").read_text("utf-8")
    rows = list(csv.DictReader(table.splitlines()))
    assert all(("undefined" in row["notes"]) == (row["value"] == "nan") for row in rows)


def test_a_single_conversation_says_why_it_has_no_interval(visavis, folders):
    for i in range(1, 4):
        (folders[0] / f"talk{i}.npz").unlink()
    code, out, _ = visavis("evaluate", "--pred", folders[0], "--truth", folders[1], "--profile", "lm-listener")
    assert code == 0
    assert "note: L2, FD, P-FD, Var, Diversity: no interval: one conversation does not say" in out


def test_absurd_methods_are_told_apart_over_all_rows_and_alike_ones_are_not(visavis, tmp_path):
    """Eight talks; the other method is off by 2 in every column, or another draw of the same."""
    for i in range(8):
        save(tmp_path / "truth" / f"{i}.npz", values(i, 60), partner=values(90 + i, 60))
        save(tmp_path / "pred" / f"{i}.npz", values(30 + i, 60))
        save(tmp_path / "alike" / f"{i}.npz", values(60 + i, 60))
        save(tmp_path / "absurd" / f"{i}.npz", values(60 + i, 60) + 2)
    found = {}
    for other in ("alike", "absurd"):
        code, out, err = visavis("evaluate", "--pred", tmp_path / "pred", "--truth", tmp_path / "truth",
                                 "--against", tmp_path / other)  # fmt: skip
        assert code == 0, err
        assert "cannot be told apart" not in err
        lines = [line.removeprefix("against: ") for line in out.splitlines() if line.startswith("against: ")]
        found[other] = {line.split(":")[0]: float(line.rpartition(" ")[2].strip(")")) for line in lines}
    assert len(found["alike"]) > 40
    assert min(found["alike"].values()) > 0.05
    errors = [p for measure, p in found["absurd"].items() if measure.split()[0] in ("MSE", "L2", "FD", "P-FD")]
    assert len(errors) > 10
    assert max(errors) < 0.05


def test_too_few_conversations_to_tell_methods_apart_are_said_to_be(visavis, folders, tmp_path):
    for i in range(4):
        save(tmp_path / "other" / f"talk{i}.npz", values(70 + i) + 2)
    code, out, err = visavis("evaluate", "--pred", folders[0], "--truth", folders[1], "--against", tmp_path / "other",
                             "--profile", "lm-listener", "--report", tmp_path / "out")  # fmt: skip
    assert code == 0
    assert "methods cannot be told apart by 4 conversations" in " ".join(err.split())
    assert "p = 0.125; 6 are needed" in (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "(p = 0.125; of all rows together 0.125)" in out


@pytest.fixture
def reactions(tmp_path):
    """Three reactions in REACT's space, the second shorter, and a prediction of each."""
    for i, frames in enumerate((40, 30, 40)):
        save(tmp_path / "truth" / f"c{i}.npz", values(i, frames, dim=25), space="react25")
        save(tmp_path / "pred" / f"c{i}.npz", values(9 + i, frames, dim=25), space="react25")
    return tmp_path


def react(visavis, folder, matrix):
    np.save(folder / "matrix.npy", matrix)
    code, out, err = visavis("evaluate", "--pred", folder / "pred", "--truth", folder / "truth", "--profile", "react",
                             "--neighbours", folder / "matrix.npy", "--report", folder / "out")  # fmt: skip
    table = (folder / "out" / "report.csv").read_text("utf-8").splitlines() if code == 0 else []
    return code, out + err, {row["name"]: float(row["value"]) for row in csv.DictReader(table)}


def test_the_neighbour_matrix_decides_alone(visavis, reactions):
    """Its diagonal says whether a clip's own truth counts; a copy of the truth is perfect with it and not without."""
    for i in range(3):
        truth = np.load(reactions / "truth" / f"c{i}.npz")["motion"]
        save(reactions / "pred" / f"c{i}.npz", truth, space="react25")
    _, _, own = react(visavis, reactions, np.eye(3))
    assert (own["FRC"], own["FRD"]) == (pytest.approx(1), pytest.approx(0, abs=1e-6))
    code, said, others = react(visavis, reactions, 1 - np.eye(3))
    assert code == 0
    assert others["FRC"] < 0.9
    assert others["FRD"] > 0.1
    assert "longer or shorter than the clip and left out" in said


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (np.array([[1, 0, 0], [0, 0, 0], [0, 0, 1]]), "row 1 names no appropriate clip"),
        (np.full((3, 3), 0.5), "other values than 0 and 1"),
        (2 * np.eye(3), "other values than 0 and 1"),
        (np.full((3, 3), np.nan), "other values than 0 and 1"),
        (np.array([["1"] * 3] * 3), "other values than 0 and 1"),
        (np.eye(2), "(3, 3)"),
    ],
)
def test_matrices_that_say_nothing_are_refused(visavis, reactions, matrix, words):
    code, said, _ = react(visavis, reactions, matrix)
    assert code == 2
    assert words in said
    assert "Traceback" not in said


def test_folders_that_cannot_be_used(visavis, folders, tmp_path):
    pred, truth = folders
    (tmp_path / "empty").mkdir()
    save(tmp_path / "strange" / "else.npz", values(0))
    np.save(tmp_path / "strange2.npy", values(0))
    (tmp_path / "plain").mkdir()
    np.save(tmp_path / "plain" / "talk0.npy", values(0))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "talk0.npz").write_bytes(b"PK\x03\x04 not really")
    for arguments, words in (
        (("--pred", tmp_path / "missing", "--truth", truth), "no such folder"),
        (("--pred", tmp_path / "empty", "--truth", truth), "contains no motion"),
        (("--pred", pred, "--truth", tmp_path / "empty"), "contains no motion"),
        (("--pred", tmp_path / "strange", "--truth", truth), "no file name in common"),
        (("--pred", tmp_path / "plain", "--truth", truth), "pass --space and --fps"),
        (("--pred", tmp_path / "broken", "--truth", truth), "talk0.npz"),
        (("--pred", pred, "--truth", truth, "--profile", "mine"), "there is no profile named 'mine'"),
        (("--pred", pred, "--truth", truth, "--profile", "react"), "react25"),
        (("--pred", pred, "--truth", truth, "--profile", "codetalker"), "--body"),
        (("--pred", pred, "--truth", truth, "--space", "mine"), "there is no motion space named 'mine'"),
        (("--pred", pred, "--truth", truth, "--neighbours", tmp_path / "strange2.npy"), "(4, 4)"),
        (("--pred", pred, "--truth", truth, "--report", pred / "talk0.npz"), "choose a folder for the results"),
    ):
        code, out, err = visavis("evaluate", *arguments)
        assert code == 2, words
        assert words in err
        assert out == ""


def test_files_without_a_counterpart_are_named(visavis, folders):
    (folders[0] / "talk3.npz").unlink()
    code, _, err = visavis("evaluate", "--pred", folders[0], "--truth", folders[1], "--profile", "venus-release")
    assert code == 0
    assert "1 file(s) without a counterpart on the other side: talk3" in err

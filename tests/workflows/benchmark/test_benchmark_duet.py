"""Both people from sound, on a corpus of toys: every row is there, right is better than wrong, and work is kept."""

import csv
import json

import numpy as np
import pytest

from duet_toys import toy_checkpoint, toy_conversation
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.workflows.benchmark import duet
from visavis.workflows.benchmark.duet import COLUMNS, DuetRequest, as_mixed, differences, run


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Six to learn from, and three kept for testing."""
    from dataclasses import replace

    folder = tmp_path_factory.mktemp("duet") / "corpus"
    splits = ["train"] * 6 + ["test"] * 3
    write_corpus(
        (replace(toy_conversation(i, 4.2), provenance={"split": split}) for i, split in enumerate(splits)), folder
    )
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return toy_checkpoint(tmp_path_factory.mktemp("weights") / "mine" / "model")


def tables(report):
    return {section.title: section.rows for section in report.sections}


def test_a_model_by_folder_and_trained_baselines_are_rows_of_every_table(corpus, model, tmp_path):
    baselines = ("mean-pose", "listen-m")
    report = run(DuetRequest(corpus, (str(model),), baselines, samples=2, device="cpu"), tmp_path / "out")
    assert list(tables(report)) == ["Speaker", "Listener", "Both roles"]
    for rows in tables(report).values():
        assert list(rows) == ["mine/model (duet)", "mine/model (duet), own voices", *baselines]
        assert all(set(row) <= {title for title, _ in COLUMNS.values()} for row in rows.values())
    lips = {name: row["lips MSE x 1000"] for name, row in tables(report)["Both roles"].items()}
    assert lips["mean-pose"][0] < lips["mine/model (duet)"][0], "a model that learnt nothing is worse than the mean"
    assert lips["mean-pose"][1] < lips["mean-pose"][0] < lips["mean-pose"][2]
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    assert written["held out"] == "3 of 9 conversations, kept for testing by the corpus"
    assert written["tables"]["Both roles"]["mean-pose"]["lips MSE x 1000"]["value"] == pytest.approx(
        lips["mean-pose"][0]
    )
    rows = list(csv.DictReader((tmp_path / "out" / "report.csv").open()))
    assert {row["method"] for row in rows} == {"mine/model (duet)", "mine/model (duet), own voices", *baselines}
    assert "against mean-pose: " in (tmp_path / "out" / "report.md").read_text()


def test_what_is_kept_gives_the_same_report_without_any_model_being_asked(corpus, model, tmp_path, monkeypatch):
    request = DuetRequest(corpus, (str(model),), ("mean-pose",), samples=1, device="cpu")
    run(request, tmp_path / "out")
    written = (tmp_path / "out" / "report.json").read_text()
    monkeypatch.setattr("visavis.workflows.benchmark.methods.apply", lambda *_, **__: pytest.fail("asked again"))
    run(request, tmp_path / "out")
    assert (tmp_path / "out" / "report.json").read_text() == written


def test_ablations_are_trained_and_compared_with_the_whole(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(duet, "ABLATIONS", {"full": (), "no gaze loss": ("losses.gaze=0",)})
    monkeypatch.setattr(duet, "PRESET", "debug")
    request = DuetRequest(corpus, (), (), ablations=2, samples=1, device="cpu")
    report = run(request, tmp_path / "out")
    assert list(tables(report)["Ablations"]) == ["full", "no gaze loss", "no second stage"]
    assert not [row for row in tables(report)["Ablations"].values() if isinstance(row, str)]


def test_a_listener_alone_is_refused(corpus, tmp_path):
    with pytest.raises(InputError, match=r"moves listeners; visavis benchmark duet asks for speakers"):
        run(DuetRequest(corpus, ("dim",), ()), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_models_hear_the_mixed_track_alone():
    conversation = toy_conversation(0, 2.0)
    seen = as_mixed(conversation)
    assert seen.a.audio is None
    assert seen.b.audio is None
    assert seen.mixed == conversation.mixed


def test_paired_differences_tell_better_from_worse_and_from_neither():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.01, 12)
    rows = {
        "ours": {"mse lips/both": [1.0] * 12, "mse eyes/both": [1.0] * 12, "gaze error/both": [1.0] * 12},
        "theirs": {"mse lips/both": list(2 + noise), "mse eyes/both": list(0.5 + noise),
                   "gaze error/both": list(1 + noise - noise.mean())},
    }  # fmt: skip
    assert differences(rows) == [
        "- ours against theirs: better in lips; worse in eyes; no difference shown in gaze error."
    ]

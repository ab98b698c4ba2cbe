"""Listeners and speakers side by side, on pairs in which the listener is a known function of the speaker."""

import json
from dataclasses import replace

import pytest

from baseline_toys import smiling_pair
from visavis.conversation import Utterance
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models.checkpoint import from_pretrained
from visavis.training.train import train
from visavis.workflows.benchmark import dim
from visavis.workflows.benchmark.dim import DimRequest, run

SPEAKS = ((0.0, 3.0), (4.0, 9.0), (9.5, 10.0))
"""Of each pair's A; the last one is too short to be measured."""


def corpus(folder, *, utterances=True, sound=False):
    def pair(seed, split):
        made = smiling_pair(seed, 10.0, sound=sound)
        said = tuple(Utterance(*span) for span in SPEAKS) if utterances else ()
        return replace(made.with_participants(replace(made.a, utterances=said), made.b), provenance={"split": split})

    write_corpus((pair(i, split) for i, split in enumerate(["train"] * 6 + ["test"] * 3)), folder)
    return folder


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    return corpus(tmp_path_factory.mktemp("dim") / "corpus")


def tables(report):
    return {section.title: section.rows for section in report.sections}


def test_listeners_who_know_the_speaker_are_before_those_who_do_not(silent, tmp_path):
    baselines = ("nearest-motion", "random", "mirror")
    report = run(DimRequest(silent, baselines=baselines, samples=2, device="cpu"), tmp_path / "out")
    found = tables(report)
    assert list(found) == ["Distances to the truth", "Spread and coupling", "Under the `dim-release` profile"]
    distances = found["Distances to the truth"]
    assert list(distances) == list(baselines)
    assert set(distances["random"]) == {"FD exp", "P-FD exp", "MSE exp"}, "the space has no pose"
    assert distances["nearest-motion"]["MSE exp"][0] < distances["random"]["MSE exp"][0]
    spread = found["Spread and coupling"]
    assert spread["*truth*"]["Var exp"][0] > 0
    low, high = distances["random"]["MSE exp"][1:]
    assert low < distances["random"]["MSE exp"][0] < high
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    assert written["generated"].startswith("the listener of 6 utterances of at least 1.5 s (24 s)")
    assert any("MSE exp: nearest-motion is " in line for line in report.sections[0].remarks)


def test_a_model_by_folder_is_the_first_row_and_its_motion_is_kept(silent, tmp_path, monkeypatch):
    model = train("nearest-motion", silent, tmp_path / "mine", device="cpu")
    request = DimRequest(silent, models=(str(model),), baselines=("mean-pose",), samples=2, device="cpu")
    assert list(tables(run(request, tmp_path / "out"))["Distances to the truth"]) == [
        "mine/model (nearest-motion)",
        "mean-pose",
    ]
    written = (tmp_path / "out" / "report.json").read_text()
    monkeypatch.setattr("visavis.workflows.benchmark.methods.apply", lambda *_, **__: pytest.fail("asked again"))
    run(request, tmp_path / "out")
    assert (tmp_path / "out" / "report.json").read_text() == written


def test_baselines_learn_from_those_who_listen_in_utterances(silent, tmp_path):
    run(DimRequest(silent, baselines=("mean-pose",), samples=1, device="cpu"), tmp_path / "out")
    (folder,) = (tmp_path / "out" / "kept" / "trained").glob("mean-pose-*")
    learnt = from_pretrained(folder / "model")
    # Two utterances of each of six training pairs but one, which every training holds out; the listener is B.
    assert learnt.provenance["trained"]["conversations"] == 10
    assert learnt.provenance["trained"]["data"]["people"] == "B"


def test_without_utterances_both_people_of_whole_conversations_are_generated(tmp_path):
    folder = corpus(tmp_path / "c", utterances=False)
    report = run(DimRequest(folder, baselines=("mean-pose",), samples=1, device="cpu"), tmp_path / "out")
    assert dict(report.header)["generated"].startswith("the listener of 6 people of whole conversations (60 s)")


def test_what_needs_sound_is_left_out_of_a_silent_corpus_with_a_line(silent, tmp_path):
    report = run(DimRequest(silent, baselines=("nearest-audio", "mean-pose"), samples=1, device="cpu"), tmp_path / "o")
    rows = tables(report)["Distances to the truth"]
    assert "sound" in rows["nearest-audio"]
    assert not isinstance(rows["mean-pose"], str)


def test_variants_of_dim_are_trained_on_shared_tokenizers(silent, tmp_path, monkeypatch):
    kept = {name: dim.VARIANTS[name] for name in (dim.FULL, "no pre-training")}
    monkeypatch.setattr(dim, "VARIANTS", kept)
    monkeypatch.setattr(dim, "PRESET", "debug")
    report = run(DimRequest(silent, baselines=(), variants=2, samples=1, device="cpu"), tmp_path / "out")
    rows = tables(report)["Distances to the truth"]
    assert list(rows) == list(kept)
    assert not [row for row in rows.values() if isinstance(row, str)]
    trained = [path.name.rpartition("-")[0] for path in (tmp_path / "out" / "kept" / "trained").iterdir()]
    assert sorted(name for name in trained if name) == [
        "DIM_listener", "DIM_pretrain", "no_pre-training_listener", "tokenizers"
    ]  # fmt: skip


def test_speakers_are_made_from_their_own_voice(tmp_path):
    folder = corpus(tmp_path / "c", sound=True)
    request = DimRequest(folder, role="speaker", baselines=("nearest-own-audio", "random"), samples=1, device="cpu")
    report = run(request, tmp_path / "out")
    rows = tables(report)["Distances to the truth"]
    assert rows["nearest-own-audio"]["MSE exp"][0] < rows["random"]["MSE exp"][0]


def test_nothing_to_measure_is_said(silent, tmp_path):
    with pytest.raises(InputError, match="nothing to measure"):
        run(DimRequest(silent, baselines=()), tmp_path / "out")

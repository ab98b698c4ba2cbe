"""The whole benchmark on small corpora: rows, columns, what is kept, what is said."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from clip_toys import tiny_clip
from listener_toys import FACES, told_corpus
from reporters import Recorded
from visavis.errors import InputError
from visavis.evaluation.retrieved import Measured
from visavis.models.retrieval.clip_encoder import ClipFrames
from visavis.models.retrieval.prompting import AnswerError
from visavis.models.retrieval.protocol import Description
from visavis.training.train import train
from visavis.workflows.benchmark import describing, retrieval
from visavis.workflows.benchmark.report import short_names
from visavis.workflows.benchmark.results import verdicts
from visavis.workflows.benchmark.retrieval import BenchmarkRequest, ablations, run


def values(outcome, name):
    return {measure: found[0] for measure, found in outcome.measured(name).figures().items()}


def test_a_method_that_is_right_is_before_chance_and_its_contrary_behind(tmp_path, says):
    corpus = told_corpus(tmp_path / "c", 24)
    outcome = run(BenchmarkRequest(corpus, l2l_steps=2), tmp_path / "out")
    assert list(outcome.rows) == [
        "social, says", "rude, says", "oracle: the true listener's caption", "L2L-like, then nearest", "random",
    ]  # fmt: skip
    social, rude, chance = (values(outcome, name) for name in ("social, says", "rude, says", "random"))
    assert social["median rank"] < chance["median rank"] < rude["median rank"]
    assert social["columns, 128-d"] == pytest.approx(0)
    assert verdicts(outcome)[0] == "- says: social < random < rude in columns, 128-d holds, intervals apart."


def test_everything_is_written_and_agrees(tmp_path, says):
    out = tmp_path / "out"
    outcome = run(BenchmarkRequest(told_corpus(tmp_path / "c", 12), l2l_steps=0, recalls=(3,)), out)
    assert {path.name for path in out.iterdir()} == {
        "report.md", "report.json", "report.csv", "queries.csv", "retrieval.png", "examples.png", "kept",
    }  # fmt: skip
    content = json.loads((out / "report.json").read_text())
    assert content["queries"].startswith("12,")
    social = outcome.measured("social, says")
    assert content["methods"]["social, says"]["R@3"]["value"] == pytest.approx(social.figures()["R@3"][0])
    lines = [row for row in csv.DictReader((out / "queries.csv").open()) if row["method"] == "social, says"]
    assert [float(row["rank"]) for row in lines] == social.ranks.tolist()
    assert {row["said"] for row in lines} == {f"I like {face}" for face in FACES}
    assert [row["first conversation"] for row in lines] == [f"clip-{i}" for i in social.first]
    report = (out / "report.md").read_text()
    assert "| social, says |" in report
    assert "all its clips are queries" in report
    for name in ("retrieval.png", "examples.png"):
        assert min(Image.open(out / name).size) > 300


def test_nothing_is_done_twice(tmp_path, says, recognition):
    request = BenchmarkRequest(told_corpus(tmp_path / "c", 8), l2l_steps=2)
    first = run(request, tmp_path / "out")
    looked = recognition.seen
    again = run(request, tmp_path / "out")
    assert recognition.seen == looked
    for name, row in first.rows.items():
        assert np.array_equal(again.measured(name).ranks, row.ranks), name


def test_an_answer_that_cannot_be_used_is_a_neutral_face_and_counted(tmp_path, says, monkeypatch):
    corpus = told_corpus(tmp_path / "c", 8)

    def refuses(transcript, goal, **_how):
        if FACES[0] in transcript and goal == "be rude":
            raise AnswerError("no description")
        return says(transcript, goal)

    monkeypatch.setattr(retrieval, "get_describer", lambda _name: refuses)
    neutral = Description("", "", FACES[3])
    for module in (retrieval, describing):
        monkeypatch.setattr(module, "REFUSED", neutral)
    told = Recorded()
    outcome = run(BenchmarkRequest(corpus, l2l_steps=0), tmp_path / "out", reporter=told)
    assert sum("could not be used" in note for note in told.notes) == 1
    assert "2 answers" in next(note for note in told.notes if "could not" in note)
    assert sum(each is neutral for each in outcome.described["rude, function"]) == 2


def test_doubtful_descriptions_are_counted(tmp_path, says, monkeypatch):
    def doubts(transcript, goal, **_how):
        found = says(transcript, goal)
        return replace(found, notes=("looks like no English",)) if FACES[1] in transcript else found

    monkeypatch.setattr(retrieval, "get_describer", lambda _name: doubts)
    outcome = run(BenchmarkRequest(told_corpus(tmp_path / "c", 8), l2l_steps=0), tmp_path / "out")
    assert "4 descriptions by function have a note, such as: looks like no English" in outcome.notes


def test_what_the_baseline_lacks_is_said_in_its_row(tmp_path, says, monkeypatch):
    def cannot(*_given, **_how):
        raise InputError("how the speaker of 'x' moves is not known")

    monkeypatch.setattr(retrieval, "l2l_scores", cannot)
    outcome = run(BenchmarkRequest(told_corpus(tmp_path / "c", 8)), tmp_path / "out")
    assert outcome.rows[retrieval.L2L] == "not measured: how the speaker of 'x' moves is not known"
    assert "moves is not known" in (tmp_path / "out" / "report.md").read_text()


def test_clip_is_measured_with_its_ablations(tmp_path, says, monkeypatch):
    pictures = tmp_path / "p"
    pictures.mkdir()
    lines = []
    for i in range(4):
        Image.fromarray(np.full((32, 32, 3), 60 * i, np.uint8)).save(pictures / f"{i}.png")
        lines.append(json.dumps({"clip": str(i), "pictures": [f"{i}.png"], "fitting": "a smile", "contrary": ["no"]}))
    (pictures / "pairs.jsonl").write_text("\n".join(lines))
    clip = tiny_clip(tmp_path / "clip")
    changes = (f"data.pairs={pictures / 'pairs.jsonl'}", f"data.clip={clip}", "border=4", "tokens=2")
    prompt = train("visual-prompt", None, tmp_path / "run", overrides=changes)
    encoder = ClipFrames.from_pretrained(prompt)
    assert list(ablations(encoder)) == ["without tuning", "uniform frames"]
    assert list(ablations(ClipFrames.from_pretrained(clip))) == ["uniform frames"]
    monkeypatch.setattr(retrieval, "get_encoder", lambda _name: encoder)
    told = Recorded()
    outcome = run(BenchmarkRequest(told_corpus(tmp_path / "c", 4), l2l_steps=0), tmp_path / "out", reporter=told)
    assert list(outcome.rows)[:4] == [
        "social, says", "rude, says", "social, says, without tuning", "social, says, uniform frames",
    ]  # fmt: skip
    assert all(isinstance(row, Measured) for row in outcome.rows.values())
    assert any("neutral character" in note for note in told.notes)
    names = {each.name for each in (encoder, *ablations(encoder).values())}
    assert {path.name for path in (tmp_path / "c" / "retrieval").iterdir()} == names


@pytest.mark.parametrize("k", [0, 8, 100])
def test_a_k_that_says_nothing_is_refused(tmp_path, says, k):
    with pytest.raises(InputError, match="from 1 to 7, as there are 8 clips"):
        run(BenchmarkRequest(told_corpus(tmp_path / "c", 8), recalls=(3, k)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_several_encoders_are_told_apart_by_the_names_that_were_asked_for(tmp_path, says):
    request = BenchmarkRequest(told_corpus(tmp_path / "c", 8), ("built-in", "runs/mine/model"), l2l_steps=0)
    outcome = run(request, tmp_path / "out")
    assert list(outcome.pairs) == ["says, built-in", "says, mine/model"]
    assert "social, says, mine/model" in outcome.rows


def test_folders_of_the_same_name_are_called_by_all_of_it():
    names = short_names(["clip:a/run/model", "clip:b/run/model", "built-in", "built-in"])
    assert list(names) == ["clip:a/run/model", "clip:b/run/model", "built-in"]
    assert list(short_names(["clip:a/run/model"])) == ["clip:run/model"]


def test_people_can_be_asked_about_what_both_goals_and_the_baseline_find(tmp_path, says, monkeypatch):
    asked = {}

    def study(_bank, found, folder, count, **_how):
        asked.update(found=found, folder=folder, count=count)

    monkeypatch.setattr(retrieval, "write_study", study)
    outcome = run(BenchmarkRequest(told_corpus(tmp_path / "c", 8), l2l_steps=2, study=5), tmp_path / "out")
    assert (asked["folder"], asked["count"]) == (tmp_path / "out" / "study", 5)
    assert list(asked["found"]) == ["social", "rude", "l2l"]
    assert np.array_equal(asked["found"]["rude"], outcome.measured("rude, says").first)

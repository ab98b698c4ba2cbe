"""The benchmark of MARS on tiny models: likelihoods as training counts them, controls, rows, and runs that go on."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from contract_toys import talk
from mars_toys import tiny_mars
from visavis.conversation import Interval
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models.mars.loss import RowBatch, losses_of
from visavis.models.mars.packing import pack
from visavis.motion import ARKIT_BODY
from visavis.perception.emotion.labels import LABELS
from visavis.training.mars_rows import chats
from visavis.workflows.benchmark import mars as benchmark
from visavis.workflows.benchmark.mars import MarsRequest, run
from visavis.workflows.benchmark.speakers import Unigram, told
from visavis.workflows.benchmark.spoken_answers import answers
from visavis.workflows.benchmark.spoken_likelihood import GIVEN, UNIGRAM, likelihood


@pytest.fixture(scope="module")
def mars():
    return tiny_mars(answer=32, listening=False)


@pytest.fixture(scope="module")
def conversation():
    return talk(7, 10.0, ARKIT_BODY)


@pytest.fixture(scope="module")
def unigram(mars, conversation):
    return Unigram.of(mars, [conversation])


def test_likelihoods_are_those_of_training(mars, conversation, unigram):
    sums = likelihood(mars, conversation, "codes", mars.config.context, unigram)
    rows = pack(list(chats(mars, conversation, "assistant")), mars.config.context)
    with torch.no_grad():
        parts = losses_of(mars.language, RowBatch.of(rows)).parts
        whole = losses_of(mars.language, RowBatch.of(rows)).total
    for kind in ("face", "body"):
        assert sums[kind][0] / sums[kind][1] == pytest.approx(float(parts[kind]), rel=1e-4)
    assert sums["all"][0] / sums["all"][1] == pytest.approx(float(whole), rel=1e-4)
    assert sums["words"] == [sums["text"][0], len(conversation.a.words) + len(conversation.b.words)]


def test_knowing_what_comes_can_only_help_and_untrained_codes_are_as_likely_as_any(mars, conversation, unigram):
    sums = likelihood(mars, conversation, "codes", mars.config.context, unigram)
    mean = {name: total / count for name, (total, count) in sums.items() if count}
    for kind, size in (("face", 12), ("body", 10)):
        assert mean[kind + GIVEN] < mean[kind]
        assert mean[kind + GIVEN] == pytest.approx(np.log(size), abs=0.3)
        assert mean[kind + UNIGRAM] < np.log(size), "frequencies are those of the same conversation"
    assert mean["text" + GIVEN] < mean["text"]


def test_controls_have_the_same_words_and_codes_in_another_order(mars, conversation):
    true, shuffled, moved, words = (
        told(mars, conversation, hears, 1) for hears in ("codes", "shuffled", "moved", "words")
    )
    assert (
        [t.words for t in true] == [t.words for t in shuffled] == [t.words for t in moved] == [t.words for t in words]
    )
    assert [len(t.steps) for t in true] == [len(t.steps) for t in shuffled] == [len(t.steps) for t in moved]
    assert not any(turn.steps for turn in words)
    tracks = [mars.track(conversation, i) for i in range(2)]
    if any(len({tuple(f) for f in track.face.tolist()}) > 2 for track in tracks):
        assert [t.steps for t in true] != [t.steps for t in shuffled]


def test_answers_are_to_turns_that_were_really_answered(mars, conversation):
    found = answers(mars, conversation, "words", 3, seed=1)
    assert found == answers(mars, conversation, "words", 3, seed=1)
    assert all(len(answer["true"].split()) >= 3 for answer in found)
    spoken = {0: conversation.a, 1: conversation.b}
    for answer in found:
        said = " ".join(word.text for word in spoken[answer["person"]].words)
        assert answer["true"] in said


def labelled(seed, split):
    made = talk(seed, 7.0, ARKIT_BODY)
    label = ("happy", "sad")[seed % 2]
    people = (replace(p, events={LABELS: tuple(Interval(label, u.start, u.end) for u in p.utterances)}) for p in made)
    return replace(made.with_participants(*people), provenance={"split": split})


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("talks") / "corpus"
    write_corpus([labelled(i, "train" if i < 1 else "test") for i in range(3)], folder)
    return folder


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return [str(tiny_mars(seed=seed, answer=16, context=256).save(folder / f"m{seed}" / "model")) for seed in range(2)]


@pytest.fixture(scope="module")
def measured(corpus, checkpoints, tmp_path_factory):
    out = tmp_path_factory.mktemp("reports") / "out"
    request = MarsRequest(
        corpus, (f"mars={checkpoints[0]}", f"mars={checkpoints[1]}"), (checkpoints[1],), acted=1, device="cpu"
    )
    return request, out, run(request, out)


def test_every_row_has_its_columns(measured):
    _, out, report = measured
    tables = {section.title: section.rows for section in report.sections}
    assert list(tables) == [
        "Table 4", "If it is known what comes", "Each seed", "The emotion that is shown", "The user's face",
    ]  # fmt: skip
    assert report.notes == (
        "movement cannot be read off motion space 'arkit-body', or is nowhere labelled or called for",
    )
    rows = tables["Table 4"]
    assert list(rows) == [
        "zero-shot", "m1/model", "mars", "mars, codes shuffled in time", "mars, codes of another time",
        "codes from the unigram",
    ]  # fmt: skip
    every = {"PPL", "PPL with codes", "PPL of all", "NLL-F", "NLL-B", "BERTScore", "METEOR"}
    assert set(rows["zero-shot"]) == set(rows["mars"]) == every
    assert set(rows["m1/model"]) == {"PPL", "BERTScore", "METEOR"}
    assert set(rows["codes from the unigram"]) == {"NLL-F", "NLL-B"}
    value, low, high = rows["mars"]["NLL-F"]
    assert low < value < high
    assert any("PPL of mars over that of m1/model" in line for line in report.sections[0].remarks)
    assert [name for name in tables["Each seed"] if name.startswith("mars, seed")] == ["mars, seed 1", "mars, seed 2"]
    emotions = tables["The emotion that is shown"]
    assert {"*as it was*", "codes from the unigram", "mars", "mars, words of another conversation"} <= set(emotions)
    assert set(tables["The user's face"]["mars"]) >= {"difference", "in the user's direction"}
    written = json.loads((out / "report.json").read_text())
    assert written["BERTScore"].startswith("all-MiniLM-L6-v2, layer 6")
    assert (out / "report.csv").is_file()


def test_nothing_is_made_twice(measured, monkeypatch):
    request, out, _ = measured
    written = (out / "report.json").read_text()
    for name in ("likelihood", "answers", "moving"):
        monkeypatch.setattr(benchmark, name, lambda *_, **__: pytest.fail("asked again"))
    run(request, out)
    assert (out / "report.json").read_text() == written


def test_what_cannot_be_measured_is_said(corpus, checkpoints, tmp_path):
    with pytest.raises(InputError, match="name a model"):
        run(MarsRequest(corpus, ()), tmp_path / "out")
    with pytest.raises(InputError, match="two rows are called 'mars'"):
        run(MarsRequest(corpus, (f"mars={checkpoints[0]}",), (f"mars={checkpoints[1]}",)), tmp_path / "out")
    mute = [replace(talk(i, 4.0, ARKIT_BODY), provenance={"split": "test"}) for i in range(2)]
    silent = tmp_path / "silent"
    write_corpus((m.with_participants(*(replace(p, utterances=()) for p in m)) for m in mute), silent)
    with pytest.raises(InputError, match="nobody says a word"):
        run(MarsRequest(silent, (checkpoints[0],)), tmp_path / "out")

"""VENUS's annotations: Figure 9's very text is read, nothing is lost, and what is wrong is named."""

import json

import numpy as np
import pytest

from venus_figure import as_float32, features, figure_9
from visavis.conversation import Conversation, Interval, Participant, Track, Utterance, Word
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.formats.venus import from_venus, to_venus
from visavis.formats.venus_schema import Venus, span, span_text
from visavis.motion import ARKIT, FLAME, Motion


def parse(document: dict) -> Venus:
    return Venus.model_validate_json(json.dumps(document))


@pytest.mark.parametrize("face_size", [153, 156])
def test_json_to_parquet_to_json_loses_nothing(tmp_path, face_size):
    document = figure_9(face_size)
    write_corpus([from_venus(parse(document))], tmp_path / "corpus")
    stored = Corpus.open(tmp_path / "corpus")
    assert stored.ids == ("G51M8YGs_OM_005",)
    venus, notes = to_venus(stored["G51M8YGs_OM_005"])
    path = venus.write(tmp_path / "back.json")
    assert json.loads(path.read_text()) == as_float32(document)
    assert list(json.loads(path.read_text())) == list(document)  # the figure's order, too
    assert notes == []


def test_parquet_to_json_to_parquet_loses_nothing_that_venus_holds(tmp_path):
    first = from_venus(parse(figure_9()))
    venus, _ = to_venus(first)
    again = from_venus(Venus.read(venus.write(tmp_path / "x.json")))
    assert again.provenance == first.provenance
    for old, new in zip(first, again, strict=True):
        assert new.utterances == old.utterances
        assert new.tracks == old.tracks
        assert np.array_equal(new.motion.values, old.motion.values)


def test_what_a_conversation_makes_of_it():
    conversation = from_venus(parse(figure_9()))
    a, b = conversation.participants
    assert conversation.duration == 600
    assert [w.text for w in a.words] == ["after", "that"]
    assert b.utterances[0].start == 65.5
    assert list(np.flatnonzero(a.tracks["face"].valid)) == [2, 3]
    assert list(np.flatnonzero(b.tracks["body"].valid)) == [1639]
    assert np.allclose(a.motion.values[3, :153], features(153, 1))
    assert np.allclose(a.motion.values[9000], a.motion.values[3], atol=0)  # held
    assert list(np.flatnonzero(a.tracks["speaker"].valid)) == [2]
    assert list(np.flatnonzero(b.tracks["speaker"].valid)) == [1638, 9000]  # after whoever was seen last


def test_of_a_conversation_of_ones_own_venus_gets_the_frames_within_utterances():
    flame = Motion(np.random.default_rng(0).normal(size=(100, FLAME.dim)), 25.0, FLAME)
    seen = np.ones(100, bool)
    seen[30] = False
    said = (Utterance(1.0, 1.4, (Word("yes", 1.0, 1.4),)), Utterance(2.0, 3.0, (Word("damn", 2.0, 3.0),)))
    person = Participant(
        "A", utterances=said, motion=flame, tracks={"face": Track(np.ones(100), 25.0, valid=seen)},
        events={"harmful": (Interval("damn", 2.0, 3.0),)},
    )  # fmt: skip
    other = Participant("B", motion=Motion.zeros(100, 25.0, ARKIT))
    talk = Conversation("talk_003", (person, other), 4.0, provenance={"start": 60.0, "channel": "mine"})
    venus, notes = to_venus(talk)
    assert (venus.video, venus.segment, venus.duration) == ("talk", 3, "00:01:00 ~ 00:01:04")
    assert [u.id for u in venus.conversation] == [0]
    assert venus.harmful == [1]
    assert [e.frame for e in venus.face] == [25, 26, 27, 28, 29, 31, 32, 33, 34]
    assert np.allclose(venus.face[0].features[:50], flame.values[25, :50])
    assert venus.body == []
    assert notes == ["participant B: VENUS cannot represent motion in 'arkit'; face and body are omitted"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.pop("FPS"), "FPS: Field required"),
        (lambda d: d.update(Fps=25), "Fps: Extra inputs"),
        (lambda d: d["Conversation"][0].update({"Start time": "now"}), "Conversation[0].Start time"),
        (
            lambda d: d["Facial expression"][1].update(Features=[0.0] * 99),
            "entry 1 has 99 features; expected 153 or 156",
        ),
        (lambda d: d["Body language"][0]["Features"].pop(), "entry 0 has 178 features; expected 179"),
        (lambda d: d.update(Duration="an hour"), "Duration: Value error, 'an hour' is not of the form"),
        (lambda d: d["Speaker bbox"][0].update(Bbox=[1, 2, 3]), "Speaker bbox[0].Bbox"),
        (lambda d: d["Conversation"][0].update(Speaker=2), "Conversation[0].Speaker"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, says):
    document = figure_9()
    change(document)
    (tmp_path / "bad.json").write_text(json.dumps(document))
    with pytest.raises(InputError) as error:
        Venus.read(tmp_path / "bad.json")
    assert says in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "bad.json"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d["Facial expression"][0].update(Frame=15000), "frame 15000 is beyond"),
        (lambda d: d["Conversation"][1].update(Utt_id=0), "Conversation[1].Utt_id: 0 appears twice"),
        (lambda d: d["Conversation"][0]["Words"][1].update(End_time=0.2), "'that' ends at 0.2 s, before"),
    ],
)
def test_what_does_not_fit_together_is_named(change, says):
    document = figure_9()
    change(document)
    with pytest.raises(InputError, match=says.replace("[", r"\[").replace("]", r"\]")):
        from_venus(parse(document))


def test_features_of_nobody_are_counted():
    document = figure_9()
    document["Facial expression"][0]["Utt_id"] = 1
    assert from_venus(parse(document)).provenance["notes"] == [
        "1 frames of features belong to no utterance, or to one that already has features"
    ]


@pytest.mark.parametrize("text", ["01:01:00 ~ 01:11:00", "00:00:00 ~ 00:00:08", "100:00:01.5 ~ 100:00:02.04"])
def test_durations_are_written_as_they_are_read(text):
    assert span_text(*span(text)) == text

"""Counting, sampling, mapping and wording, each against what is known about what goes in."""

import base64
import io
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from visavis.conversation import Conversation, Interval, Participant, Track, Utterance, Word
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.corpora.report import parts
from visavis.corpora.report.counts import counts
from visavis.corpora.report.looks import SampledMotion, look
from visavis.corpora.report.maps import Cluster, Map, draw_map
from visavis.corpora.report.pictures import PALETTE, SMALLER, map_picture
from visavis.corpora.report.reservoir import Reservoir
from visavis.corpora.report.survey import survey
from visavis.corpora.report.talk import Topics, sentiment, topics
from visavis.corpora.report.wording import leaning, sentences, telling
from visavis.motion import Motion
from visavis.motion.spaces import ARKIT, EMOCA56, VENUS332
from visavis.rendering import typography


def says(text: str, start: float, end: float, kind: str = "turn") -> Utterance:
    words = text.split()
    edges = np.linspace(start, end, len(words) + 1)
    return Utterance(start, end, tuple(Word(w, *edges[i : i + 2]) for i, w in enumerate(words)), kind)


def talk(number: int, **known) -> Conversation:
    """20 s: A has the floor twice, B once, and B gives a backchannel in between."""
    a = Participant(
        "A",
        utterances=(says("Hello there. How are you?", 0, 4), says("I had a great day!", 4.5, 7), says("Good.", 12, 13)),
        motion=Motion.zeros(500, 25.0, ARKIT),
    )
    b = Participant(
        "Bo", utterances=(says("mhm", 2, 2.5, "backchannel"), says("Fine and you", 8, 10)),
        events={"harmful": (Interval("Fine and you", 8, 10),)} if number == 0 else {},
    )  # fmt: skip
    return Conversation(f"talk-{number}", (a, b), 20.0, provenance={"session": f"s{number // 2}", **known})


def corpus_of(folder, conversations) -> Corpus:
    write_corpus(conversations, folder)
    return Corpus.open(folder)


def test_everything_is_counted_as_a_person_would(tmp_path):
    known = {"language": {"code": "en"}, "channel": "news", "safety": {"minutes": 0}}
    corpus = corpus_of(tmp_path / "c", [talk(i, **known) for i in range(3)])
    found = survey(corpus)
    table = {count.name: count.value for count in counts(corpus, found)}
    assert table == {
        "Channels": 1, "Videos": 2, "Conversations": 3, "Hours": pytest.approx(1 / 60),
        "Mean length of a conversation": pytest.approx(1 / 3), "People with a name": 1, "Turns": 9, "Utterances": 15,
        "Backchannels": 3, "Sentences": 18, "Words": 45, "Different words": 14, "Turns per conversation": 3.0,
        "Words per utterance": 3.0, "Seconds per utterance": pytest.approx(10 / 5),
        "Frames of motion per utterance": pytest.approx(7.5 * 25 / 5), "Frames with a face": 1500,
        "Frames with a body": None, "Harmful utterances": 1, "Harmful language": pytest.approx(2 / 60),
    }  # fmt: skip
    assert found.languages == {"en": 3}
    assert found.words["you"] == 6


def test_what_is_not_known_is_not_counted_as_nothing(tmp_path):
    people = Participant("A"), Participant("B")
    corpus = corpus_of(tmp_path / "c", [Conversation("silent", people, 5.0)])
    table = {count.name: count.text for count in counts(corpus, survey(corpus))}
    assert table["Conversations"] == "1"
    for name in ("Utterances", "Words", "Frames with a face", "Harmful utterances", "Turns per conversation"):
        assert table[name] == "not known"


def test_a_reservoir_is_fair_bounded_and_repeatable():
    def drawn(seed):
        kept = Reservoir[int](50, seed)
        for start in range(0, 1000, 100):
            kept.meet(100, lambda i, start=start: start + i)
        return list(kept.items)

    first = drawn(3)
    assert first == drawn(3) != drawn(4)
    assert len(first) == len(set(first)) == 50
    assert first == sorted(first)
    everything = Counter(number // 100 for seed in range(100) for number in drawn(seed))
    assert min(everything.values()) > 400  # 500 of each hundred are expected, with a deviation of about 21


def test_frames_without_a_face_are_not_looked_at(tmp_path):
    rng = np.random.default_rng(0)
    valid = rng.random(500) < 0.3
    motion = Motion.zeros(500, 25.0, ARKIT).with_columns("jawOpen", np.where(valid, 0.2, 0.9))
    columns = "x0", "y0", "x1", "y1", "size", "sharpness", "visible"
    face = Track(np.tile(np.where(valid, 40.0, 0.0)[:, None], (1, 7)), 25.0, columns, valid)
    seen = replace(talk(0).a, motion=motion, tracks={"face": face})
    other = Participant("B", motion=Motion.zeros(500, 25.0, EMOCA56))
    people = [talk(i).with_participants(seen, other if i == 0 else talk(i).b) for i in range(2)]
    corpus = corpus_of(tmp_path / "c", people)
    looks = look(corpus, survey(corpus).sample.items)
    assert looks.space.name == "arkit"
    assert looks.left_out == 1
    assert looks.faces["jawOpen"].max() == pytest.approx(0.2)
    assert len(looks.faces) == 2 * valid.sum()
    assert looks.seen == pytest.approx([valid.mean()] * 2)
    assert (looks.quality["size"] == 40).all()
    assert looks.bodies is None
    assert not any(ARKIT.names[i].startswith("eyeLook") for i in looks.face_columns)


def test_of_venus_only_what_moves_is_mapped(tmp_path):
    values = np.random.default_rng(0).normal(size=(500, VENUS332.dim))
    people = talk(0).with_participants(replace(talk(0).a, motion=Motion(values, 25.0, VENUS332)), talk(0).b)
    corpus = corpus_of(tmp_path / "c", [people])
    looks = look(corpus, survey(corpus).sample.items)
    assert (looks.faces.space.name, len(looks.face_columns)) == ("flame-face53", 53)
    assert (looks.bodies.space.name, len(looks.body_columns)) == ("smplx-upper117", 117)


def test_a_map_finds_the_expressions_that_are_there():
    rng = np.random.default_rng(0)
    kinds = rng.permutation(np.repeat([0, 1, 2], (200, 120, 80)))
    motion = Motion(rng.uniform(0, 0.08, (400, ARKIT.dim)).astype(np.float32), 25.0, ARKIT)
    motion = motion.with_columns(["jawOpen"], motion[["jawOpen"]] + 0.8 * (kinds == 1)[:, None])
    smile = ["mouthSmileLeft", "mouthSmileRight"]
    motion = motion.with_columns(smile, motion[smile] + 0.8 * (kinds == 2)[:, None])
    columns = ARKIT.indices("expression")
    drawn = draw_map(motion, columns)
    assert [cluster.size for cluster in drawn.clusters] == pytest.approx([200, 120, 80], abs=20)
    for label, cluster in enumerate(drawn.clusters):
        assert set(kinds[drawn.labels == label]) == {label}
        assert kinds[cluster.example] == label
    assert drawn.clusters[1].tells[0][0] == "jawOpen"
    assert drawn.clusters[2].tells[0] == ("mouthSmile", pytest.approx(0.64, abs=0.03))
    aside = motion.with_columns("jawLeft", 0.5 * (kinds == 1)).slice(0, 200)
    assert ("jawLeft", pytest.approx(0.35, abs=0.1)) in draw_map(aside, columns).clusters[1].tells
    assert np.array_equal(draw_map(motion, columns).points, drawn.points)
    assert draw_map(motion.slice(0, 10), columns) is None
    assert draw_map(motion, ARKIT.indices(["jawOpen", "tongueOut"])) is None


def in_kinds(kinds, frames=600):
    """Faces of so many expressions, which differ a lot, and hardly within."""
    rng = np.random.default_rng(kinds)
    means = rng.uniform(0, 1, (kinds, 52)) * (rng.random((kinds, 52)) < 0.3)
    values = np.zeros((frames, ARKIT.dim), np.float32)
    values[:, :52] = means[np.arange(frames) % kinds] + rng.uniform(0, 0.02, (frames, 52))
    return Motion(values, 25.0, ARKIT)


def map_of(kinds: int) -> Map:
    """So many heaps of ten points, and five points of none."""
    middles = np.stack([np.arange(kinds) % 7, np.arange(kinds) // 7], axis=1) * 10.0
    points = np.concatenate([np.repeat(middles, 10, axis=0), np.full((5, 2), -5.0)])
    points += np.random.default_rng(0).normal(size=points.shape)
    labels = np.append(np.repeat(np.arange(kinds), 10), np.full(5, -1))
    return Map(points, labels, tuple(Cluster(10, 10 * i, ()) for i in range(kinds)), 1.0)


@pytest.mark.parametrize("kinds", [0, 1, 2, 12, 13, 40])
def test_a_map_of_any_number_of_clusters_is_drawn(kinds):
    drawn = base64.b64decode(map_picture(map_of(kinds)).partition(",")[2])
    picture = np.asarray(Image.open(io.BytesIO(drawn)).convert("RGBA"))
    seen = np.unique(picture[picture[..., 3] > 200][:, :3], axis=0).astype(int)

    def shows(colour):
        return bool((np.abs(seen - list(bytes.fromhex(colour[1:]))).max(1) <= 3).any())

    assert [shows(colour) for colour in PALETTE] == [number < kinds for number in range(len(PALETTE))]
    assert shows(SMALLER) == (kinds > len(PALETTE))


@pytest.mark.parametrize("kinds", [0, 3, 12, 14])
def test_clusters_without_a_colour_are_told_and_listed(kinds, monkeypatch):
    drawn = map_of(kinds)
    monkeypatch.setattr(parts, "draw_map", lambda *_: drawn)
    monkeypatch.setattr(parts.pictures, "faces", lambda motion, _only: [f"face {i}" for i in range(len(motion))])
    motion = Motion.zeros(len(drawn.points), 25.0, ARKIT)
    none = np.zeros(0, np.intp)
    looks = SampledMotion(ARKIT, motion, None, 0, ARKIT.indices("expression"), none, np.zeros(0), {})
    made = parts.face_map(looks)
    assert len(made.map.clusters) == kinds
    assert len(made.examples) == min(kinds, len(PALETTE))
    told = "2 smaller clusters, together 14% of the frames, are grey." in made.about
    assert told == (kinds == 14)


def test_more_expressions_than_colours_are_found_and_drawn():
    drawn = draw_map(in_kinds(25), ARKIT.indices("expression"))
    assert len(drawn.clusters) > len(PALETTE)
    assert map_picture(drawn).startswith("data:image/png")


@pytest.mark.parametrize(
    "motion",
    [Motion.zeros(0, 25.0, ARKIT), Motion.zeros(300, 25.0, ARKIT), in_kinds(3, 49)],
    ids=["no-frames", "still", "few"],
)
def test_what_makes_no_map_makes_none(motion):
    assert draw_map(motion, ARKIT.indices("expression")) is None


def test_sentences_end_where_punctuation_says_so():
    said = "Well, yes! Is it 3.5 or 4?  “No.” Fine", "", "...", "what 什么。 好"
    assert sentences(said) == ["Well, yes!", "Is it 3.5 or 4?", "“No.”", "Fine", "what 什么。", "好"]


def test_words_lean_to_where_they_are_said_more():
    glad = ["what a lovely garden", "lovely weather in the garden", "lovely"]
    sad = ["the weather is a disaster", "another disaster in the garden", "disaster"]
    here = [True] * 3 + [False] * 3
    found = leaning(glad + sad, here)
    assert max(found, key=found.get) == "lovely"
    assert "disaster" not in found
    assert not {"the", "a", "in"} & found.keys()
    assert leaning([], []) == {}


@pytest.mark.parametrize(
    ("texts", "here"),
    [
        (["今天天气很好"] * 4, [True, True, False, False]),
        (["ok ok", "ok"], [True, False]),
        (["Прекрасно"] * 3, [True] * 3),
        ([""] * 3, [True, False, False]),
    ],
)
def test_one_word_alone_leans_nowhere(texts, here):
    assert leaning(texts, here) == {}


def test_words_of_other_scripts_lean_as_well():
    glad, sad = ["какая прекрасная погода", "прекрасная новость"], ["какая беда", "снова беда"]
    found = leaning(glad + sad, [True, True, False, False])
    assert max(found, key=found.get) == "прекрасная"


def test_words_without_a_font_are_left_out_and_told(monkeypatch):
    monkeypatch.setattr(typography, "_installed", lambda: ())
    weights = {"погода": 3, "weather": 2, "天気": 5, "ดี": 1}
    monkeypatch.setattr(parts, "topics", lambda _found: Topics(Counter(weights), "spoken words"))
    made = parts.topic_cloud(None)
    assert "2 words are left out" in made.about
    monkeypatch.setattr(parts, "topics", lambda _found: Topics(Counter({"天気": 5}), "spoken words"))
    assert parts.topic_cloud(None).why == "no font with the letters of these words is installed"


def test_topics_are_titles_where_they_are_known(tmp_path):
    plain = corpus_of(tmp_path / "a", [talk(i) for i in range(6)])
    assert topics(survey(plain)).weights["great"] == 6
    titled = corpus_of(tmp_path / "b", [talk(i, title=f"Cooking, cooking and part {i}") for i in range(6)])
    assert topics(survey(titled)).weights == {"cooking": 6}
    assert telling(Counter({"the": 9, "7": 3, "x": 2, "tea": 1})) == {"tea": 1}


def test_sentiment_is_shared_out_with_intervals(tmp_path):
    class ByMark:
        name = "by mark"

        def __call__(self, said):
            return [2 if s.endswith("!") else 1 for s in said]

    found = survey(corpus_of(tmp_path / "c", [talk(i) for i in range(4)]))
    result = sentiment(found, ByMark())
    negative, neutral, positive = result.shares
    assert (negative.share, positive.share) == (0, pytest.approx(1 / 6))
    assert positive.low < 1 / 6 < positive.high
    assert negative.high > 0
    assert neutral.share == pytest.approx(5 / 6)
    assert result.sentences == 24
    assert "great" in result.words["positive"]

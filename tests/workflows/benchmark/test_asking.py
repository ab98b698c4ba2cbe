"""A study made from a benchmark: what is shown beside what, for how long, and that it can be built."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

from listener_toys import FACES, ColumnEncoder, told_clip, told_corpus
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.media.frames import open_video
from visavis.models.retrieval.indexing import open_or_build
from visavis.motion import ARKIT
from visavis.preference.forced_choice.design import read_design
from visavis.workflows.benchmark.asking import PLAN, write_study
from visavis.workflows.benchmark.databank import Databank
from visavis.workflows.study import build


class Flat:
    """Draws a face as one colour, the brighter the more of the first of `FACES` it shows."""

    drawn = 0

    def __init__(self, *_space, **_size):
        pass

    def draw(self, motion):
        Flat.drawn += len(motion)
        shown = motion.values[:, [ARKIT.index(face) for face in FACES]] @ np.array([50, 100, 150, 200])
        return [np.full((32, 32, 3), round(level), np.uint8) for level in shown]

    def close(self):
        pass


@pytest.fixture(autouse=True)
def _flat(monkeypatch):
    monkeypatch.setattr("visavis.workflows.benchmark.asking.Portraits", Flat)


def bank(folder):
    return Databank.of(Corpus.open(folder), open_or_build(folder, ColumnEncoder()))


def others(databank):
    """What two methods find: the next clip, and the one after."""
    return {"social": (databank.queries + 1) % len(databank), "rude": (databank.queries + 2) % len(databank)}


def plan_of(folder):
    return yaml.safe_load((folder / PLAN).read_text())


def test_people_are_asked_about_what_was_found_and_the_truth(tmp_path):
    databank = bank(told_corpus(tmp_path / "c", 8))
    path = write_study(databank, others(databank), tmp_path / "study", 3)
    plan = plan_of(tmp_path / "study")
    assert (plan["ours"], plan["against"]) == ("social", ["rude", "truth"])
    assert [item["id"] for item in plan["items"]] == ["query-00000", "query-00002", "query-00005"]
    first = plan["items"][0]
    assert first["speaker"]["text"] == f"I like {FACES[0]}"
    levels = {}
    for method, name in first["options"].items():
        (picture,) = open_video(path.parent / name).frames(25.0, 1.0, 1.04)
        levels[method] = float(picture.mean())
    assert levels["truth"] < levels["social"] < levels["rude"]
    build(path, tmp_path / "built")
    design = read_design(tmp_path / "built")
    trials = [trial for session in design.sessions for trial in session if trial.kind == "pair"]
    assert {trial.scene for trial in trials} == {item["id"] for item in plan["items"]}
    assert {method for trial in trials for method in (trial.left, trial.right)} == {"social", "rude", "truth"}


def test_all_of_a_query_last_as_long_as_the_shortest(tmp_path):
    lengths = (80, 100, 120, 140)
    clips = [told_clip(f"clip-{i}", FACES[i], "hello there", frames) for i, frames in enumerate(lengths)]
    write_corpus(clips, tmp_path / "c")
    databank = bank(tmp_path / "c")
    write_study(databank, others(databank), tmp_path / "study", 4)
    for query, item in enumerate(plan_of(tmp_path / "study")["items"]):
        shortest = min(lengths[(query + n) % 4] for n in range(3)) / 25
        for name in (*item["options"].values(), item["speaker"]["video"]):
            assert open_video(tmp_path / "study" / name).duration == pytest.approx(shortest, abs=0.05)


def test_videos_are_made_once(tmp_path):
    databank = bank(told_corpus(tmp_path / "c", 8))
    write_study(databank, others(databank), tmp_path / "study", 3)
    before = Flat.drawn
    write_study(databank, others(databank), tmp_path / "study", 3)
    assert Flat.drawn == before


def test_queries_for_which_two_methods_agree_are_left_out(tmp_path):
    databank = bank(told_corpus(tmp_path / "c", 8))
    found = others(databank)
    found["rude"] = np.where(np.arange(8) == 5, found["rude"], found["social"])
    write_study(databank, found, tmp_path / "study", 8)
    assert [item["id"] for item in plan_of(tmp_path / "study")["items"]] == ["query-00005"]
    with pytest.raises(InputError, match="for no query all methods show different listeners"):
        write_study(databank, {"social": databank.queries}, tmp_path / "none", 8)


def test_a_speaker_who_is_not_seen_is_heard_or_read(tmp_path):
    clips = [told_clip(f"clip-{i}", FACES[i], "hello there") for i in range(4)]
    sound = Audio(np.sin(np.arange(4 * 16000) / 20).astype(np.float32) / 2, 16000)
    heard, read = (replace(clip.a, motion=None) for clip in clips[:2])
    clips[0] = clips[0].with_participants(replace(heard, audio=sound), clips[0].b)
    clips[1] = clips[1].with_participants(read, clips[1].b)
    write_corpus(clips, tmp_path / "c")
    databank = bank(tmp_path / "c")
    path = write_study(databank, others(databank), tmp_path / "study", 4)
    speakers = [item["speaker"] for item in plan_of(tmp_path / "study")["items"]]
    assert [sorted(each) for each in speakers] == [["audio", "text"], ["text"], ["text", "video"], ["text", "video"]]
    build(path, tmp_path / "built")

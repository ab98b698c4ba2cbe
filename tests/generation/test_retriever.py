"""From words to clips: the description decides, and moments tell the order."""

import json
from dataclasses import replace

import numpy as np
import pytest

from listener_toys import FACES, ColumnEncoder, clip_corpus, cut_clip, listener
from reporters import Recorded
from visavis.conversation import Participant
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.generation.retrieve import Retriever
from visavis.models.retrieval.protocol import Description, Moment


class Scripted:
    """Reacts to each sentence with a column of its own; remembers what it was asked."""

    def __init__(self, reactions):
        self.reactions, self.asked = reactions, []

    def __call__(self, transcript, goal, *, seed=0, situation=None, before=""):
        self.asked.append((transcript, goal, seed, tuple(situation or ()), before))
        face = next(face for words, face in self.reactions.items() if words in transcript)
        return Description("something", "a look", face if goal != "be rude" else "jawOpen", (), ("a note",))


SAD, GLAD = "My cat passed away yesterday.", "But then she walked back in."
REACTIONS = {SAD: "mouthFrownLeft", GLAD: "mouthSmileLeft"}


@pytest.fixture
def retriever(tmp_path):
    corpus = clip_corpus(tmp_path / "corpus", 8)
    return Retriever.from_pretrained(ColumnEncoder(), Scripted(REACTIONS), corpus)


def found(retrieved):
    return [hit.conversation for hit in retrieved.hits]


def test_the_goal_decides_who_is_found(retriever):
    assert found(retriever.retrieve(SAD, "be kind", 2)) == ["clip-1", "clip-5"]
    assert found(retriever.retrieve(SAD, "be rude", 2)) == ["clip-3", "clip-7"]


def test_what_is_returned_can_be_looked_at(retriever):
    answer = retriever.retrieve(SAD, "be kind", 3, seed=4)
    first = answer.hits[0]
    assert (first.rank, first.listener, first.start, first.stop) == (1, "B", 0.0, 4.0)
    assert first.score == pytest.approx(1.0, abs=1e-4)
    assert first.motion == listener(FACES[1:2])
    assert len(first.key_frames) == 5
    assert [hit.rank for hit in answer.hits] == [1, 2, 3]
    assert answer.description.expression == "mouthFrownLeft"
    assert answer.notes == ("a note",)
    assert answer.provenance["seed"] == 4
    assert answer.provenance["encoder"] == "columns"
    plain = json.loads(json.dumps(answer.as_dict()))
    assert plain["hits"][0]["conversation"] == "clip-1"
    assert plain["moments"][0]["description"]["communicates"] == "something"


def test_a_description_needs_no_language_model(tmp_path):
    retriever = Retriever.from_pretrained(ColumnEncoder(), "http://nowhere.invalid/v1", clip_corpus(tmp_path / "c", 4))
    assert found(retriever.find("browInnerUp", 1)) == ["clip-2"]
    with pytest.raises(InputError, match="description is empty"):
        retriever.find("  . ", 1)


def test_what_is_likely_counts_as_much_as_it_says(tmp_path):
    retriever = Retriever.from_pretrained(ColumnEncoder(), "http://nowhere.invalid/v1", clip_corpus(tmp_path / "c", 4))
    likely = (("browInnerUp", 0.7), ("mouthFrownLeft", 0.25), ("jawOpen", 0.05))
    answer = retriever.find(Description("", "", "browInnerUp", likely=likely), 4)
    single = {text: retriever.find(text, 4) for text, _ in likely}
    for hit in answer.hits:
        shares = [
            share * next(each.score for each in single[text].hits if each.conversation == hit.conversation)
            for text, share in likely
        ]
        assert hit.score == pytest.approx(sum(shares), abs=1e-5)
    assert found(answer)[:2] == ["clip-2", "clip-1"]
    assert answer.description.also == ("25% mouthFrownLeft",)


def test_a_laugh_follows_the_punch_line(tmp_path):
    sad_then_glad, glad_then_sad = [FACES[1], FACES[0]], [FACES[0], FACES[1]]
    write_corpus([cut_clip("early", glad_then_sad), cut_clip("late", sad_then_glad)], tmp_path / "c")
    describer = Scripted(REACTIONS)
    retriever = Retriever.from_pretrained(ColumnEncoder(), describer, tmp_path / "c")
    answer = retriever.retrieve(f"{SAD} {GLAD}", "be kind", 2, moments=True)
    assert found(answer) == ["late", "early"]
    assert [asked[0] for asked in describer.asked] == [SAD, GLAD]
    assert describer.asked[1][4] == SAD
    assert answer.hits[0].score == pytest.approx(1.0, abs=0.01)
    assert (answer.moments[0].start, answer.moments[-1].stop) == (0.0, 1.0)


def test_an_encoder_of_whole_clips_says_that_order_does_not_count(tmp_path):
    corpus = clip_corpus(tmp_path / "c", 4)
    retriever = Retriever.from_pretrained(ColumnEncoder(portions=0), Scripted(REACTIONS), corpus)
    answer = retriever.retrieve(f"{SAD} {GLAD}", "be kind", 4, moments=True)
    assert any("order of the moments is ignored" in note for note in answer.notes)
    assert set(found(answer)[:2]) == {"clip-0", "clip-1"}


def test_every_portion_is_compared_with_the_moment_that_covers_it(tmp_path):
    write_corpus([cut_clip("long", [FACES[0]] * 3 + [FACES[1]]), cut_clip("short", [FACES[0]] + [FACES[1]] * 3)],
                 tmp_path / "c")  # fmt: skip
    retriever = Retriever.from_pretrained(ColumnEncoder(portions=4), Scripted({}), tmp_path / "c")
    reactions = [Description("", "", FACES[0]), Description("", "", FACES[1])]
    late = [Moment(0.0, 0.75, reactions[0]), Moment(0.75, 1.0, reactions[1])]
    early = [Moment(0.0, 0.25, reactions[0]), Moment(0.25, 1.0, reactions[1])]
    assert found(retriever.find(late, 1)) == ["long"]
    assert found(retriever.find(early, 1)) == ["short"]


def test_the_speaker_enters_the_prompt(retriever):
    smiling = Participant("A", motion=listener([FACES[0]]).with_columns("mouthSmileRight", np.full(100, 0.8)))
    retriever.retrieve(SAD, "be kind", 1, speaker=smiling)
    retriever.retrieve(SAD, "be kind", 1)
    with_face, without = (asked[3] for asked in retriever.describer.asked)
    assert with_face
    assert not without


@pytest.mark.parametrize("k", [0, -1, 10_001])
def test_a_count_out_of_range_is_refused_before_anything_is_asked(retriever, k):
    with pytest.raises(InputError, match="1 to 10,000 can be requested"):
        retriever.retrieve(SAD, "be kind", k)
    assert not retriever.describer.asked


def test_more_than_there_are_gives_all_with_a_note(retriever):
    answer = retriever.retrieve(SAD, "be kind", 20)
    assert len(answer.hits) == 8
    assert "20 clips requested; the corpus has 8, and all are returned" in answer.notes


def test_a_file_is_no_corpus(tmp_path):
    (tmp_path / "corpus.mp4").touch()
    with pytest.raises(InputError, match="is a file; pass the folder of a corpus"):
        Retriever.from_pretrained(ColumnEncoder(), Scripted({}), tmp_path / "corpus.mp4")


def test_a_bar_is_shown_only_while_there_is_work(tmp_path):
    told = Recorded()
    for _ in range(2):
        Retriever.from_pretrained(ColumnEncoder(), Scripted({}), clip_corpus_once(tmp_path), reporter=told)
    assert told.titles == ["indexing c"]


def clip_corpus_once(tmp_path):
    return tmp_path / "c" if (tmp_path / "c").exists() else clip_corpus(tmp_path / "c", 2)


class SeeingEncoder(ColumnEncoder):
    """Counts the pixels that differ from the first picture's corner."""

    sees = True

    def embed_clips(self, clips):
        for clip in clips:
            pictures = clip.pictures([0, 50])
            assert pictures.shape == (2, 224, 224, 3)
            assert pictures.std() > 5
        return super().embed_clips(clips)


def test_an_encoder_that_sees_gets_the_neutral_character_and_the_user_is_told(tmp_path):
    told = Recorded()
    Retriever.from_pretrained(SeeingEncoder(), Scripted({}), clip_corpus(tmp_path / "c", 1), reporter=told)
    (note,) = told.notes
    assert "neutral character" in note


def test_hits_of_a_corpus_that_changed_say_so(retriever):
    hit = retriever.find("jawOpen", 1).hits[0]
    with pytest.raises(InputError, match="no longer has"):
        replace(hit, conversation="gone").motion  # noqa: B018

"""A folder of videos is searched as it is; what is said is heard in the speaker's recording."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from film_toys import film
from listener_toys import FACES, ColumnEncoder, clip_corpus, listener
from reporters import Recorded
from visavis.conversation import Conversation, Participant, Track, Utterance, Word
from visavis.errors import InputError
from visavis.models.retrieval.protocol import Description
from visavis.workflows import retrieve
from visavis.workflows.retrieve import RetrieveRequest, run


class Listens:
    """An extractor after which A speaks throughout and B listens with a smile for four seconds."""

    def __init__(self, calls):
        self.calls = calls

    def __call__(self, conversation):
        self.calls.append(conversation.id)
        frames = round(conversation.duration * 25)
        speaks = Track(np.ones(frames, np.float32), 25.0, ("speaking",))
        silent = Track(np.zeros(frames, np.float32), 25.0, ("speaking",))
        a, b = conversation.participants
        return conversation.with_participants(
            replace(a, speaking=speaks), replace(b, speaking=silent, motion=listener(FACES[:1], frames))
        )


@pytest.fixture(autouse=True)
def _columns(monkeypatch):
    monkeypatch.setattr("visavis.generation.retrieve.get_encoder", lambda _name: ColumnEncoder())


@pytest.fixture
def calls(monkeypatch):
    made: list[str] = []
    monkeypatch.setattr("visavis.workflows.extract.get_extractor", lambda _step, _name=None, **_settings: Listens(made))
    return made


def test_a_folder_of_videos_is_extracted_once(tmp_path, calls):
    folder = tmp_path / "videos"
    folder.mkdir()
    film(folder / "one.mp4", 4.0, 4.0)
    told = Recorded()
    request = RetrieveRequest(folder, description=FACES[0])
    first = run(request, reporter=told)
    assert [hit.conversation for hit in first.retrieved.hits] == ["one"]
    assert any("extracting them into" in note for note in told.notes)
    assert set(calls) == {"one"}
    times = len(calls)
    assert run(request).retrieved.hits[0].score == first.retrieved.hits[0].score
    assert len(calls) == times
    film(folder / "two.mp4", 4.0, 4.0)
    assert {hit.conversation for hit in run(request).retrieved.hits} == {"one", "two"}


def test_videos_that_cannot_be_used_are_no_corpus(tmp_path, calls):
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "broken.mp4").write_bytes(b"no video at all")
    with pytest.raises(InputError, match="none of its 1 videos can be used"):
        run(RetrieveRequest(folder, description=FACES[0]))


def talk(words="I got the job"):
    said = tuple(Word(word, i / 4, i / 4 + 0.2) for i, word in enumerate(words.split()))
    a = Participant("A", utterances=(Utterance(0.0, 1.0, said),) if words else ())
    return Conversation("talk", (a, Participant("B")), 1.0)


@pytest.fixture
def heard(monkeypatch):
    """What the recordings hold, and what the describer is asked."""
    asked = []

    class Describer:
        def __init__(self, name):
            pass

        def __call__(self, transcript, goal, *, seed=0, situation=None, before=""):
            asked.append(transcript)
            return Description("", "", FACES[0])

    conversations = {"talk.wav": talk(), "mute.wav": talk("")}
    monkeypatch.setattr(retrieve, "make_conversation", lambda request, *_others: conversations[request.inputs[0].name])
    monkeypatch.setattr("visavis.perception.protocol.get_extractor", lambda _step: lambda conversation: conversation)
    monkeypatch.setattr("visavis.models.retrieval.describer.Describer", Describer)
    return asked


def test_what_is_said_is_heard_unless_it_is_given(tmp_path, heard):
    corpus = clip_corpus(tmp_path / "c", 4)
    run(RetrieveRequest(corpus, speaker=Path("talk.wav")))
    run(RetrieveRequest(corpus, "I am poor", speaker=Path("talk.wav")))
    assert heard == ["I got the job", "I am poor"]


def test_a_speaker_who_says_nothing_is_refused(tmp_path, heard):
    with pytest.raises(InputError, match=r"mute\.wav: no speech was recognised"):
        run(RetrieveRequest(clip_corpus(tmp_path / "c", 4), speaker=Path("mute.wav")))

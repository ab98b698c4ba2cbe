"""Talks from what people type, or have recorded, to files."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from reporters import Recorded
from talk_toys import talkative_mars
from visavis.conversation import Conversation, Participant, Utterance, Word
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.motion import ARKIT_BODY, Motion, face_to_face
from visavis.workflows.run_folder import open_conversation
from visavis.workflows.talk import TalkListener, TalkRequest, run


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(talkative_mars().save(tmp_path_factory.mktemp("mars") / "model"))


@pytest.fixture(scope="module")
def talked(model, tmp_path_factory):
    """A talk of two turns, and what was written of it."""
    out = tmp_path_factory.mktemp("talk") / "out"
    request = TalkRequest(model=model, voice="none", persona="a baker")
    return run(request, ["Hello there.", "I won!"], out, only="motion"), out


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs eSpeak NG")
def test_a_talk_with_voices_is_written(model, tmp_path):
    out = tmp_path / "out"
    assert run(TalkRequest(model=model, voice="espeak:en"), ["I won!"], out, only="motion").answers == 1
    after = open_conversation(out)
    assert np.abs(after.a.audio.samples).max() > 0.05


def said(*turns):
    """A conversation of (person, text), half a second a word, without sound and motion."""
    now, people = 0.0, ([], [])
    for person, text in turns:
        words = tuple(Word(w, now + 0.5 * i, now + 0.5 * i + 0.5) for i, w in enumerate(text.split()))
        people[person].append(Utterance(words[0].start, words[-1].end, words))
        now = words[-1].end
    a, b = (Participant(name, utterances=tuple(mine)) for name, mine in zip("AB", people, strict=True))
    return Conversation("chat", (a, b), now + 0.5)


def test_both_people_are_written(talked):
    result, out = talked
    assert (result.answers, result.failures) == (2, 0)
    conversation = open_conversation(out)
    assert [u.text for u in conversation.a.utterances] == ["Hello there.", "I won!"]
    assert conversation.b.utterances
    with np.load(out / "motion.npz") as stored:
        assert len(stored["A_motion"]) == len(stored["B_motion"]) == round(conversation.duration * 25)
    about = json.loads((out / "provenance.json").read_text())
    assert about["request"]["persona"] == "a baker"
    assert about["model"]["model"] == "mars"
    assert about["voices"] == ["none", "none"]


def test_another_talk_does_not_go_over_it_unless_asked(talked, model):
    _, out = talked
    never = iter(())

    def asked():
        raise AssertionError("nobody is asked to talk in vain")
        yield from never

    with pytest.raises(InputError, match="--overwrite"):
        run(TalkRequest(model=model, voice="none"), asked(), out)


def test_ctrl_c_while_typing_keeps_the_talk(model, tmp_path):
    def typed():
        yield "Hello there."
        raise KeyboardInterrupt

    result = run(TalkRequest(model=model, voice="none"), typed(), tmp_path / "out", only="motion")
    assert result.answers == 1
    assert len(open_conversation(tmp_path / "out").a.utterances) == 1


def test_a_turn_that_cannot_be_answered_does_not_end_the_talk(model):
    class Failures(TalkListener):
        def __init__(self):
            self.errors = []

        def fail(self, error):
            self.errors.append(str(error))

    listener = Failures()
    result = run(TalkRequest(model=model, voice="none"), ["Hi.", "", "Bye."], listener=listener)
    assert (result.answers, result.failures) == (2, 1)
    assert listener.errors == ["the turn is empty: say something"]


@pytest.mark.parametrize("typed", [[], [""]])
def test_where_nothing_was_said_nothing_is_written(model, tmp_path, typed):
    with pytest.raises(InputError, match="nothing was"):
        run(TalkRequest(model=model, voice="none"), typed, tmp_path / "out")
    assert not (tmp_path / "out" / "conversation").exists()


@pytest.mark.parametrize("last", [0, 1])
def test_whoever_spoke_last_is_answered(model, tmp_path, last):
    turns = [(0, "How was your day?"), (1, "It was fine, thank you."), (0, "That is good to hear.")]
    write_corpus([said(*turns[: 3 - last])], tmp_path / "in")
    out = tmp_path / "out"
    run(TalkRequest((tmp_path / "in",), model=model, voice="none"), out=out, only="motion")
    before, after = said(*turns[: 3 - last]), open_conversation(out)
    assert after.id == "chat"
    answering = after.participants[1 - last]
    assert len(answering.utterances) == len(before.participants[1 - last].utterances) + 1
    assert answering.utterances[-1].start >= before.duration
    assert [person.name for person in after] == ["A", "B"]
    assert after.participants[last].utterances == before.participants[last].utterances
    assert all(person.motion.duration == pytest.approx(after.duration, abs=0.05) for person in after)


def test_what_a_talk_wrote_can_be_answered(talked, model, tmp_path):
    _, before = talked
    folder = shutil.copytree(before, tmp_path / "before")
    out = tmp_path / "out"
    result = run(TalkRequest((folder,), model=model, voice="none"), out=out, only="motion")
    assert result.answers == 1
    first, whole = open_conversation(folder), open_conversation(out)
    count = len(first.b.motion)
    np.testing.assert_array_equal(whole.b.motion.values[:count], first.b.motion.values)


def nodding(seconds):
    """Motion of somebody who does nothing but nod."""
    values = np.zeros((round(seconds * 25), ARKIT_BODY.dim), np.float32)
    times = np.arange(len(values)) / 25
    values[:, ARKIT_BODY.index("head.x")] = 0.12 * np.sin(2 * np.pi * 2.2 * times) ** 2
    return Motion(values, 25.0, ARKIT_BODY)


@pytest.mark.parametrize(("who", "seated"), [(0, True), (1, True), (0, False)])
def test_a_user_who_only_nods_is_answered(model, tmp_path, who, seated):
    motion = nodding(4.0)
    seats = face_to_face() if seated else (None, None)
    people = [Participant("A", seat=seats[0]), Participant("B", seat=seats[1])]
    people[who] = replace(people[who], motion=motion)
    write_corpus([Conversation("nods", tuple(people), 4.0)], tmp_path / "in")
    notes = Recorded()
    result = run(
        TalkRequest((tmp_path / "in",), model=model, voice="none"), out=tmp_path / "out", only="motion", reporter=notes
    )
    assert result.answers == 1
    assert any("nobody says a word" in note for note in notes.notes)
    after = open_conversation(tmp_path / "out")
    np.testing.assert_allclose(after.participants[who].motion.values[:90], motion.values[:90], atol=1e-6)
    assert after.participants[1 - who].utterances[0].start >= 4.0
    assert not after.participants[who].utterances


def test_whoever_was_seen_does_what_was_seen(model, tmp_path):
    chat = said((0, "How was your day?"), (1, "It was fine, thank you."))
    seen = nodding(chat.duration)
    chat = chat.with_participants(replace(chat.a, motion=seen), chat.b)
    write_corpus([chat], tmp_path / "in")
    run(TalkRequest((tmp_path / "in",), model=model, voice="none"), out=tmp_path / "out", only="motion")
    after = open_conversation(tmp_path / "out")
    count = len(seen) - 15  # what follows is passed into
    np.testing.assert_allclose(after.a.motion.values[:count], seen.values[:count], atol=1e-6)


def test_inputs_that_cannot_be_answered(model, tmp_path):
    (tmp_path / "damaged.wav").write_bytes(b"RIFF" + bytes(100))
    write_corpus(
        [Conversation("mute", (Participant("A"), Participant("B")), 2.0, provenance={"words": "x"})], tmp_path / "mute"
    )
    (tmp_path / "empty").mkdir()
    for name, why in (
        ("damaged.wav", "damaged"),
        ("mute", "has no words"),
        ("empty", "empty"),
        ("missing.wav", "no such"),
    ):
        with pytest.raises(InputError, match=why) as error:
            run(TalkRequest((tmp_path / name,), model=model, voice="none"))
        assert "\n" not in str(error.value)


def test_a_silent_recording_is_refused(model, tmp_path):
    pytest.importorskip("faster_whisper")
    recording = tmp_path / "silent.wav"
    soundfile.write(recording, np.zeros(48_000), 16_000)
    with pytest.raises(InputError, match=r"silent\.wav: nobody is heard saying a word"):
        run(TalkRequest((recording,), model=model, voice="none"))

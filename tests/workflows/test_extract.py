"""`visavis extract`: what goes in comes out as a corpus, stopped runs go on, and one bad file costs itself only."""

from functools import partial
from threading import Barrier, Thread

import numpy as np
import pytest
import soundfile

from film_toys import film
from reporters import Recorded
from visavis.conversation.corpus import Corpus
from visavis.errors import InputError
from visavis.perception.protocol import add_notes
from visavis.workflows import extract
from visavis.workflows.extract import ExtractRequest, open_source


def in_order(steps, seeing, hearing, both):
    """Whether all steps were taken: two rows of them side by side, then the last ones."""
    first = steps[: -len(both)]
    rows = [[step for step in first if step in row] for row in (seeing, hearing)]
    return rows == [seeing, hearing] and len(first) == len(seeing + hearing) and steps[-len(both) :] == both


def test_a_video_becomes_a_conversation_step_by_step(visavis, calls, tmp_path):
    path = film(tmp_path / "a talk, übrigens.mp4")
    code, shown, err = visavis("extract", path, "-o", tmp_path / "corpus")
    assert code == 0, err
    assert shown.strip() == str(tmp_path / "corpus")
    corpus = Corpus.open(tmp_path / "corpus")
    (conversation,) = corpus
    assert in_order(
        [step for step, _ in calls], ["faces", "bodies"], ["speaking", "words"], ["active-speaker", "safety"]
    )
    assert conversation.duration == pytest.approx(1.0, abs=0.05)
    assert conversation.a.motion is not None
    assert conversation.a.utterances[0].text == "hello"
    assert conversation.provenance["video"]["file"] == path.name
    assert conversation.provenance["extractors"] == dict.fromkeys(extract.STEPS, "ToyExtractor")


def test_a_stopped_run_goes_on_and_bad_files_cost_themselves_only(visavis, calls, tmp_path):
    good, other, bad = film(tmp_path / "good.mp4"), film(tmp_path / "other.mp4"), tmp_path / "bad.mp4"
    bad.write_bytes(b"")
    visavis("extract", good, "-o", tmp_path / "corpus")
    before = len(calls)
    code, _, err = visavis("extract", bad, good, other, "-o", tmp_path / "corpus")
    assert code == 2
    assert "bad.mp4" in err
    assert err.strip().splitlines()[-1].startswith("visavis: error: 1 of 3")
    assert {id for _, id in calls[before:]} == {"other"}
    assert Corpus.open(tmp_path / "corpus").ids == ("good", "other")


@pytest.mark.parametrize("bad", ["none.mp4", "empty.mp4", "http://x/y.mp4", "folder"])
def test_one_bad_recording_is_one_line(visavis, calls, tmp_path, monkeypatch, bad):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder").mkdir()
    code, _, err = visavis("extract", bad, "-o", tmp_path / "corpus")
    assert code == 2
    (line,) = err.strip().splitlines()
    assert line.startswith(f"visavis: error: {bad}: ")


def test_another_video_of_the_same_name_is_not_mistaken_for_the_first(visavis, calls, tmp_path):
    (tmp_path / "x").mkdir()
    visavis("extract", film(tmp_path / "talk.mp4"), "-o", tmp_path / "corpus")
    code, _, err = visavis("extract", film(tmp_path / "x" / "talk.mp4", 0.6), "-o", tmp_path / "corpus")
    assert code == 2
    assert "'talk' from another recording" in err
    both = tmp_path / "talk.mp4", tmp_path / "x" / "talk.mp4"
    assert visavis("extract", *both, "-o", tmp_path / "both")[0] == 0
    assert Corpus.open(tmp_path / "both").ids == ("talk", "talk-2")


def together(*works):
    """Runs functions at the same moment, as several processes would; what each raised, if anything."""
    raised, start = [None] * len(works), Barrier(len(works))

    def run(number, work):
        start.wait()
        try:
            work()
        except InputError as error:
            raised[number] = str(error)

    threads = [Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def sounds(folder, count):
    for number in range(count):
        rng = np.random.default_rng(number)
        path = folder / f"talk{number}.wav"
        soundfile.write(path, rng.standard_normal(16_000) * 0.1, 16_000)
        yield path


@pytest.mark.parametrize("begun", [False, True])
def test_eight_at_once_are_all_stored(calls, tmp_path, begun):
    paths, out = list(sounds(tmp_path, 9)), tmp_path / "corpus"
    if begun:
        extract.run(ExtractRequest((paths[8],)), out)
    works = [partial(extract.run, ExtractRequest((path,)), out) for path in paths[:8]]
    assert together(*works) == [None] * 8
    corpus = Corpus.open(out)
    assert set(corpus.ids) == {f"talk{number}" for number in range(8 + begun)}
    for conversation in corpus:
        known, _ = soundfile.read(tmp_path / f"{conversation.id}.wav", dtype="float32")
        assert conversation.mixed.samples == pytest.approx(known, abs=1e-4)
    assert not list(out.rglob(".*"))


def test_the_same_recording_twice_at_once_is_stored_once_and_another_of_its_name_is_told(calls, tmp_path):
    (path,) = sounds(tmp_path, 1)
    (tmp_path / "x").mkdir()
    soundfile.write(tmp_path / "x" / path.name, np.ones(8_000) * 0.1, 16_000)
    results = {}

    def work(name, given):
        results[name] = extract.run(ExtractRequest((given,)), tmp_path / name.partition("-")[0])

    together(partial(work, "one-a", path), partial(work, "one-b", path))
    assert [result.ids for result in results.values()] == [("talk0",)] * 2
    assert Corpus.open(tmp_path / "one").ids == ("talk0",)
    together(partial(work, "two-a", path), partial(work, "two-b", tmp_path / "x" / path.name))
    failed = results["two-a"].failed + results["two-b"].failed
    assert len(failed) == 1
    assert "already contains a conversation 'talk0' from another recording" in failed[0]


def test_steps_are_left_out_and_set(visavis, calls, tmp_path):
    options = ("--skip", "bodies, safety", "--use", "words=toy,word=bye")
    code, _, err = visavis("extract", film(tmp_path / "talk.mp4"), "-o", tmp_path / "corpus", *options)
    assert code == 0, err
    assert in_order([step for step, _ in calls], ["faces"], ["speaking", "words"], ["active-speaker"])
    assert Corpus.open(tmp_path / "corpus")["talk"].a.words[0].text == "bye"


@pytest.mark.parametrize(
    "wrong", [("--skip", "noses"), ("--use", "words"), ("--use", "words=toy,word=[1"), ("--use", "noses=toy")]
)
def test_wrong_steps_get_one_line(visavis, calls, tmp_path, wrong):
    code, _, err = visavis("extract", film(tmp_path / "talk.mp4"), "-o", tmp_path / "corpus", *wrong)
    assert (code, err.count("\n")) == (2, 1)
    assert not (tmp_path / "corpus").exists()


def test_sound_alone_and_picture_alone_are_served_with_a_note(calls, tmp_path):
    soundfile.write(tmp_path / "talk.wav", 0.1 * np.sin(np.arange(16_000) / 5), 16_000)
    heard = extract.extract(tmp_path / "talk.wav")
    assert [step for step, _ in calls] == ["speaking", "words", "safety"]
    assert any("contains no video track, so no motion" in note for note in heard.provenance["notes"])
    calls.clear()
    seen = extract.extract(film(tmp_path / "silent.mp4", sound=0))
    assert [step for step, _ in calls] == ["faces", "bodies"]
    assert any("contains no audio, so no voice activity" in note for note in seen.provenance["notes"])
    with pytest.raises(InputError, match=r"nothing\.mp4"):
        extract.extract(tmp_path / "nothing.mp4")


@pytest.mark.parametrize(("seconds", "sound", "note"), [(1.0, 3.0, "longer"), (3.0, 1.0, "ends 2.0 s before")])
def test_the_picture_decides_the_length(tmp_path, seconds, sound, note):
    import av

    path = tmp_path / "talk.mkv"
    with av.open(str(path), "w") as out:  # the writer of ours would make both equally long
        picture, voice = out.add_stream("libx264", rate=25), out.add_stream("pcm_s16le", rate=16_000, layout="mono")
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        for i in range(round(seconds * 25)):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), i, np.uint8), format="rgb24")
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        tone = (8000 * np.sin(np.arange(round(sound * 16_000)) / 5)).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
        frame.sample_rate = 16_000
        out.mux(voice.encode(frame))
        out.mux(voice.encode(None))
    conversation = open_source(path)
    assert conversation.duration == pytest.approx(seconds, abs=0.05)
    assert conversation.mixed.duration == pytest.approx(conversation.duration, abs=1e-3)
    assert any(note in line for line in conversation.provenance["notes"])


def test_a_folder_that_cannot_be_added_to_is_refused_before_the_work(visavis, calls, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear")
    (tmp_path / "file").write_text("dear")
    for place in ("other", "file", "file/corpus"):
        code, _, err = visavis("extract", film(tmp_path / "talk.mp4", 0.4), "-o", tmp_path / place)
        assert (code, err.count("\n")) == (2, 1), err
        assert "choose another" in err
    assert not calls
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["letter.txt"]


def test_a_wrong_extractor_is_said_once_before_the_work(visavis, tmp_path):
    both = film(tmp_path / "one.mp4", 0.4), film(tmp_path / "two.mp4", 0.4)
    code, _, err = visavis("extract", *both, "-o", tmp_path / "corpus", "--use", "faces=mediapipe,zoom=2")
    assert (code, err.count("\n")) == (2, 1)
    assert "no setting 'zoom'; there are: field_of_view, longest" in err
    assert not (tmp_path / "corpus").exists()


def test_every_note_names_its_file(monkeypatch, tmp_path):
    monkeypatch.setattr(extract, "get_extractor", lambda *_a, **_k: lambda found: add_notes(found, ["it is dark"]))
    told = Recorded()
    extract.extract(film(tmp_path / "talk.mp4", 0.4), reporter=told)
    assert told.notes == ["talk.mp4: it is dark"]


def test_there_is_no_such_step():
    with pytest.raises(InputError, match="no step 'hair'"):
        ExtractRequest((), skip=("hair",))

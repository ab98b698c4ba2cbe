"""Whole curations of real little videos, with stages that are quick."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from curation_toys import Dies, Loudness, Stumbles, bytes_of, quick_stages, write_talk
from visavis.conversation.corpus import Corpus
from visavis.corpora.curation import curate, read_records
from visavis.corpora.curation.engines import Processes
from visavis.corpora.curation.stages.segments import Segments
from visavis.errors import InputError

TESTS = Path(__file__).resolve().parents[2]
ONE, TWO = Processes(1), Processes(2)  # shared, as starting a process takes a second


@pytest.fixture(scope="module")
def videos(tmp_path_factory) -> Path:
    """Three videos with difficult names, one empty, one broken, one text."""
    folder = tmp_path_factory.mktemp("videos")
    write_talk(folder / "first talk.mp4", 5.0, 0)
    write_talk(folder / "канал 1" / "разговор.mp4", 4.1, 1)
    write_talk(folder / "канал 1" / "third_é.mp4", 2.5, 2)
    (folder / "empty.mp4").touch()
    (folder / "broken.mp4").write_bytes(b"no video" * 500)
    (folder / "readme.txt").write_text("no video")
    return folder


@pytest.fixture(scope="module")
def two_videos(tmp_path_factory) -> Path:
    """Two of a single clip each, for what kills processes: each that takes a dead one's place takes a second."""
    folder = tmp_path_factory.mktemp("two")
    write_talk(folder / "first.mp4", 2.0, 0)
    write_talk(folder / "канал 1" / "second é.mp4", 2.0, 1)
    return folder


@pytest.fixture(scope="module")
def whole(videos, tmp_path_factory) -> Path:
    """The corpus of a run that was not disturbed."""
    out = tmp_path_factory.mktemp("whole") / "corpus"
    assert curate(videos, out, quick_stages(), ONE).conversations == 5
    return out


def test_the_corpus_is_what_the_videos_hold(videos, whole):
    corpus = Corpus.open(whole)
    assert [id.rpartition("_")[2] for id in corpus.ids] == ["000", "001", "000", "000", "001"]
    assert list(corpus.ids) == sorted(corpus.ids)
    talk = next(c for c in corpus if c.provenance["file"] == "разговор.mp4" and c.id.endswith("001"))
    assert talk.duration == 2.0
    assert talk.provenance["channel"] == "канал 1"
    assert (talk.provenance["start"], talk.provenance["stop"]) == (2.0, 4.0)
    assert talk.provenance["session"] + "_001" == talk.id
    assert len(talk.mixed) == 32_000
    assert len(talk.a.motion) == 50


def test_sound_is_the_videos_own(videos, whole):
    from visavis.media import read_audio

    (sound,) = read_audio(videos / "first talk.mp4").channels
    corpus = Corpus.open(whole)
    talk = next(c for c in corpus if c.provenance["file"] == "first talk.mp4" and c.id.endswith("001"))
    assert np.abs(talk.mixed.samples - sound.samples[32_000:64_000]).max() <= 1.01 / 65_536


def test_every_file_has_its_reason(whole):
    records = {(r.source, r.stage): r for r in read_records(whole)}
    assert records["empty.mp4", "scan"].reason == "is empty (0 bytes)"
    broken = records["broken.mp4", "segments"]
    assert not broken.kept
    assert broken.reason.startswith("not a readable media file")
    assert records["first talk.mp4", "segments"].figures["duration"] == 5.0
    assert not any("readme" in source for source, _ in records)


def test_workers_and_another_run_give_the_same_bytes(videos, whole, tmp_path):
    log = tmp_path / "log"
    stages = quick_stages(log)
    plain = curate(videos, tmp_path / "one", stages, ONE, work=tmp_path / "w1")
    both = curate(videos, tmp_path / "two", stages, TWO, work=tmp_path / "w2")
    assert plain.conversations == both.conversations == 5
    first, second = bytes_of(tmp_path / "one"), bytes_of(tmp_path / "two")
    assert first == second
    same = {name for name in first if not name.startswith("curation")}
    assert {name: first[name] for name in same} == {n: h for n, h in bytes_of(whole).items() if n in same}


def test_finished_work_is_not_repeated_and_a_parameter_costs_only_what_follows(videos, tmp_path):
    log, out = tmp_path / "log", tmp_path / "out"
    curate(videos, out, quick_stages(log), ONE)
    first = log.read_text().splitlines()
    assert len(first) == len(set(first)) == 10
    curate(videos, out, quick_stages(log), ONE)
    assert log.read_text().splitlines() == first
    curate(videos, out, quick_stages(log, gain=2.0), ONE)
    again = log.read_text().splitlines()[len(first) :]
    assert [line.split()[0] for line in again] == ["moves"] * 5
    assert Corpus.open(out)[Corpus.open(out).ids[0]].provenance["source"] == "curate"


def test_a_moved_folder_is_known_again(videos, tmp_path):
    """Work belongs to the bytes of a video, not to its place."""
    import shutil

    log = tmp_path / "log"
    curate(videos, tmp_path / "out", quick_stages(log), ONE)
    count = len(log.read_text().splitlines())
    shutil.copytree(videos, tmp_path / "elsewhere")
    curate(tmp_path / "elsewhere", tmp_path / "out", quick_stages(log), ONE)
    assert len(log.read_text().splitlines()) == count


def test_a_process_that_dies_costs_its_item_one_retry(two_videos, tmp_path):
    (tmp_path / "once").mkdir()
    stages = [*quick_stages(), Dies(on="first", once=str(tmp_path / "once"))]
    done = curate(two_videos, tmp_path / "out", stages, TWO)
    assert (done.conversations, done.failures) == (2, ())
    stages = [*quick_stages(), Dies(on="first")]
    done = curate(two_videos, tmp_path / "out", stages, TWO)
    assert done.conversations == 1
    assert done.failures == ("first.mp4: the worker process died 2 times",)


def test_a_fault_costs_its_item_and_is_tried_again(videos, tmp_path):
    done = curate(videos, tmp_path / "out", [*quick_stages(), Stumbles(on="third")], ONE)
    assert done.conversations == 4
    assert done.failures == ("канал 1/third_é.mp4: ZeroDivisionError: a bug",)
    failed = [r for r in read_records(tmp_path / "out") if r.stage == "failed"]
    assert len(failed) == 1


def test_damage_to_what_is_stored_is_mended(videos, whole, tmp_path):
    out, work = tmp_path / "out", tmp_path / "work"
    curate(videos, out, quick_stages(), ONE, work=work)
    before = bytes_of(out)
    for number, path in enumerate(sorted((work / "data").rglob("*.zip"))):
        if number % 2:
            path.write_bytes(path.read_bytes()[:100])
    for path in sorted((work / "entries").rglob("*.json"))[::3]:
        path.write_text("{")
    for _ in range(4):
        if not curate(videos, out, quick_stages(), ONE, work=work).failures:
            break
    assert bytes_of(out) == before


def test_ten_thousand_empty_files(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"an empty ñ {number}.mp4").touch()
    start = time.monotonic()
    done = curate(folder, tmp_path / "out", quick_stages(), ONE)
    assert time.monotonic() - start < 20
    assert done.conversations == 0
    assert done.levels[0].entered == 10_000
    assert len(read_records(tmp_path / "out")) == 10_000


def test_what_cannot_be_done_is_said_before_the_work(videos, tmp_path):
    stages = quick_stages()
    with pytest.raises(InputError, match="no such folder"):
        curate(tmp_path / "nothing", tmp_path / "out", stages, ONE)
    (tmp_path / "bare").mkdir()
    with pytest.raises(InputError, match="contains no videos"):
        curate(tmp_path / "bare", tmp_path / "out", stages, ONE)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="did not write"):
        curate(videos, tmp_path / "mine", stages, ONE)
    assert (tmp_path / "mine" / "thesis.txt").exists()
    with pytest.raises(InputError, match=r"thesis\.txt: is a file; pass the folder that contains the videos"):
        curate(tmp_path / "mine" / "thesis.txt", tmp_path / "out", stages, ONE)
    with pytest.raises(InputError, match=r"thesis\.txt: is a file; choose a folder"):
        curate(videos, tmp_path / "out", stages, ONE, work=tmp_path / "mine" / "thesis.txt")
    with pytest.raises(InputError, match=r"work: cannot be written to: part of the path is a file"):
        curate(videos, tmp_path / "out", stages, ONE, work=tmp_path / "mine" / "thesis.txt" / "work")


@pytest.mark.parametrize("which", ["out", "work"])
def test_two_runs_do_not_share_a_folder(videos, tmp_path, held_elsewhere, which):
    with held_elsewhere(tmp_path / which), pytest.raises(InputError, match=f"{which}: another run of visavis is"):
        curate(videos, tmp_path / "out", quick_stages(), ONE, work=tmp_path / "work")


@pytest.mark.parametrize(
    ("goes_wrong", "words"),
    [
        ([Dies(on="mp4")], r"no corpus was written: 2 items failed, the first .*\.mp4 \(the worker process died"),
        ([Stumbles(on="mp4")], r"no corpus was written: 2 items failed, the first .*\.mp4 \(ZeroDivisionError"),
        # the filter drops what would have been left
        ([Loudness(least=1.0), Dies(on="first")], None),
        ([Stumbles(on="first"), Dies(on="second")], "no corpus was written: 2 items failed"),
    ],
)  # fmt: skip
def test_where_everything_goes_wrong_nothing_is_written(two_videos, tmp_path, goes_wrong, words):
    curate(two_videos, tmp_path / "out", quick_stages(), TWO)
    before = bytes_of(tmp_path / "out")
    if words is None:
        assert curate(two_videos, tmp_path / "out", [*quick_stages(), *goes_wrong], TWO).conversations == 0
        return
    with pytest.raises(InputError, match=words):
        curate(two_videos, tmp_path / "out", [*quick_stages(), *goes_wrong], TWO)
    assert bytes_of(tmp_path / "out") == before


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from curation_toys import quick_stages
from visavis.corpora.curation import curate
from visavis.corpora.curation.engines import Processes
if __name__ == "__main__":
    curate({videos!r}, {out!r}, quick_stages({log!r}, takes=0.2), Processes(2))
"""


def test_killed_runs_go_on(videos, tmp_path):
    """SIGKILL at any moment: nothing is lost, doubled or repeated, and no worker is left behind."""
    script, out, log = tmp_path / "script.py", tmp_path / "corpus", tmp_path / "log"
    script.write_text(SCRIPT.format(tests=str(TESTS), videos=str(videos), out=str(out), log=str(log)))
    command = [sys.executable, str(script)]
    kills = 1, 6  # once so many pieces of work are done: near the beginning, and past the middle
    for pieces in kills:
        process = subprocess.Popen(command, start_new_session=True)
        while process.poll() is None and (not log.exists() or len(log.read_text().splitlines()) < pieces):
            time.sleep(0.02)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        _gone(process.pid)
    subprocess.run(command, check=True, timeout=60)
    assert len(Corpus.open(out)) == 5
    before = bytes_of(out)
    done = log.read_text().splitlines()
    assert len(set(done)) == 10
    assert len(done) <= 10 + len(kills) * 2  # what the workers were at when they were killed, at most
    undisturbed = quick_stages(log, takes=0.2)
    curate(videos, tmp_path / "again", undisturbed, TWO, work=tmp_path / "fresh")
    assert bytes_of(tmp_path / "again") == before
    left = [p.name for p in tmp_path.iterdir() if p.name.startswith(".corpus")]
    assert left == []


def _gone(group: int) -> None:
    """Waits until no process of the killed run is left."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("a worker outlived its parent")


def test_stages_cut_videos_on_whole_frames():
    spans = Segments(skip=60, length=600).spans(1900.0, 600)
    assert spans == [(60.0, 660.0), (660.0, 1260.0), (1260.0, 1860.0)]
    assert Segments(skip=60, length=600).spans(650.0, 600) == []
    assert Segments(skip=0, length=1.03).spans(2.5, 0.2) == [(0.0, 1.04), (1.04, 2.08), (2.08, 2.5)]
    assert Segments(skip=10).spans(5.0, 1) == []


def test_what_is_dropped_stays_dropped(videos, tmp_path):
    done = curate(videos, tmp_path / "out", [Segments(skip=0, length=2), Loudness(least=9.0)], ONE)
    assert done.conversations == 0
    (level,) = [x for x in done.levels if x.stage == "loudness"]
    assert (level.entered, level.kept, round(level.hours_in * 3600)) == (5, 0, 10)

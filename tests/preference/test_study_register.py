"""Who takes part and what is stored: nothing twice, nothing lost, nothing out of turn."""

import multiprocessing
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from study_toys import media_of

from visavis.errors import InputError
from visavis.preference.forced_choice.answers import Answer, Answers, Joined
from visavis.preference.forced_choice.design import Design, Scene, Shape, make_sessions
from visavis.preference.forced_choice.register import (
    CrowdedError,
    FullError,
    OutOfTurnError,
    Register,
    UnknownCodeError,
)
from visavis.preference.tables import Table, read_rows


def toy_design(items=4, seconds=0.5, **shape):
    ids = [f"s{i}" for i in range(items)]
    scene = Scene(speaker=None, text=None, options={"ours": "a", "other": "b"})
    return Design(
        visavis="0", title="t", question="q", consent="c", thanks="t", ours="ours", against=("other",), answers=2,
        allowed_failures=0, seed=0, media=media_of("a", "b", seconds=seconds), scenes=dict.fromkeys(ids, scene),
        sessions=tuple(make_sessions(ids, "ours", ["other"], Shape(**{"answers": 2, **shape}))),
    )  # fmt: skip


class Clock:
    """A time that goes on when it is told to."""

    def __init__(self):
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.time


@pytest.fixture
def opened(tmp_path):
    """Opens registers on one folder, one after the other."""
    clock, registers = Clock(), []

    def reopen(design=None):
        for register in registers:
            register.close()
        registers[:] = [Register(design or toy_design(), tmp_path, clock)]
        return registers[0]

    reopen.clock = clock
    yield reopen
    for register in registers:
        register.close()


def finish(register, code, clock, careful=True):
    person = register.find(code)
    for number, trial in enumerate(register.trials(person)):
        wrong = {"left": "right", "right": "left"}
        side = trial.expected or "left"
        clock.time += timedelta(seconds=2)
        register.answer(code, number, side if careful or not trial.expected else wrong[side], 1.0, (1, 1))


def test_a_code_keeps_its_place_and_progress(opened, tmp_path):
    register = opened()
    place = register.join("anna").place
    register.answer("anna", 0, "left", 2.5, (1, 2))
    assert register.join("anna").place == place
    again = opened()
    assert again.join("anna").place == place
    assert len(again.find("anna").answers) == 1
    row = read_rows(tmp_path, Answer)[0]
    assert (row.participant, row.trial, row.choice, row.seconds, row.plays_right) == ("anna", 0, "left", 2.5, 2)
    assert len(read_rows(tmp_path, Joined)) == 1


def test_those_without_a_code_get_different_ones(opened):
    register = opened(toy_design(answers=20))
    assert len({register.join(None).code for _ in range(20)}) == 20


def test_the_first_of_two_answers_stands(opened, tmp_path):
    register = opened()
    register.join("anna")
    register.answer("anna", 0, "left", 1, (1, 1))
    register.answer("anna", 0, "right", 1, (1, 1))
    assert [row.choice for row in read_rows(tmp_path, Answer)] == ["left"]


def test_answers_out_of_turn_and_by_strangers_are_refused(opened, tmp_path):
    register = opened()
    register.join("anna")
    for trial in (1, 99):
        with pytest.raises(OutOfTurnError):
            register.answer("anna", trial, "left", 1, (1, 1))
    with pytest.raises(UnknownCodeError):
        register.answer("berta", 0, "left", 1, (1, 1))
    finish(register, "anna", opened.clock)
    with pytest.raises(OutOfTurnError):
        register.answer("anna", len(register.trials(register.find("anna"))), "left", 1, (1, 1))
    assert Counter(row.participant for row in read_rows(tmp_path, Answer)).keys() == {"anna"}


def test_places_are_given_once_until_somebody_gives_up_or_does_not_watch(opened):
    register = opened()
    assert [register.join(code).place for code in ("anna", "berta")] == [0, 1]
    with pytest.raises(FullError):
        register.join("carla")
    finish(register, "berta", opened.clock)
    opened.clock.time += timedelta(hours=2)
    register = opened()  # as well after another start
    assert register.join("carla").place == 0
    finish(register, "carla", opened.clock, careful=False)
    assert register.join("dora").place == 0
    finish(register, "dora", opened.clock)
    opened.clock.time += timedelta(days=1)
    with pytest.raises(FullError):
        register.join("emma")
    finish_after = register.find("anna")
    register.answer("anna", len(finish_after.answers), "left", 1, (1, 1))  # whoever comes back may go on


def test_one_process_serves_a_study(opened, tmp_path):
    opened()
    with pytest.raises(InputError, match="already being served"):
        Register(toy_design(), tmp_path)


def test_a_line_that_was_cut_off_is_taken_away(opened, tmp_path):
    register = opened()
    register.join("anna")
    register.answer("anna", 0, "left", 1, (1, 1))
    path = tmp_path / Answer.FILE
    whole = path.read_bytes()
    register.close()
    for cut in range(1, len(whole.splitlines(keepends=True)[-1])):
        path.write_bytes(whole + whole.splitlines(keepends=True)[-1][:cut])
        table = Table(tmp_path, Answer)
        assert len(table.rows) == 1
        table.close()
        assert path.read_bytes() == whole


def test_an_answer_that_cannot_be_stored_leaves_the_table_whole(opened, tmp_path, monkeypatch):
    register = opened()
    register.join("anna")
    before = (tmp_path / Answer.FILE).read_bytes()

    def full(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            register.answer("anna", 0, "left", 1, (1, 1))
    assert (tmp_path / Answer.FILE).read_bytes() == before
    register.answer("anna", 0, "right", 1, (1, 1))
    assert [row.choice for row in read_rows(tmp_path, Answer)] == ["right"]


def test_a_full_disk_is_survived(small_disk):
    disk = small_disk(64)
    register = Register(toy_design(items=400, per_participant=400), disk.folder)
    try:
        register.join("anna")
        filler = disk.folder / "filler"
        with pytest.raises(OSError, match="No space"):
            filler.write_bytes(bytes(10**6))
        stored = _answer_while_there_is_room(register)
        assert len(read_rows(disk.folder, Answer)) == stored < 400
        filler.unlink()
        register.answer("anna", stored, "left", 1, (1, 1))
        assert len(read_rows(disk.folder, Answer)) == stored + 1
    finally:
        register.close()


def _answer_while_there_is_room(register):
    for number in range(400):
        try:
            register.answer("anna", number, "left", 1, (1, 1))
        except OSError:
            return number
    return 400


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: text.replace("left,", "middle,"),
        lambda text: text.replace("time,", "when,"),
        lambda text: text.replace(",anna,", ",berta,"),
        lambda text: text + text.splitlines()[-1] + "\n",
        lambda text: text + "1,2,3\n",
        lambda text: text.replace("2026-01", "soon"),
        lambda text: text.replace("s", "\x00", 1),
        lambda text: text + "x" * 200_000 + "\n",
        lambda text: text.replace(",passed,rushed", ""),
    ],
)
def test_tables_that_were_changed_are_refused(opened, tmp_path, harm):
    register = opened()
    register.join("anna")
    register.answer("anna", 0, "left", 1, (1, 1))
    path = tmp_path / Answer.FILE
    path.write_text(harm(path.read_text()))
    with pytest.raises(InputError, match=r"answers\.csv.*restore the file|answers\.csv, line \d"):
        opened()


def _answer_until_killed(folder, pipe):
    register = Register(toy_design(items=300, per_participant=300), folder)
    register.join("anna")
    for number in range(len(register.find("anna").answers), 300):
        register.answer("anna", number, "left", 1, (1, 1))
        pipe.send(number)


def test_no_acknowledged_answer_is_lost_when_the_process_is_killed(tmp_path):
    processes = multiprocessing.get_context("fork")
    acknowledged = -1
    for _ in range(4):
        ours, theirs = processes.Pipe()
        process = processes.Process(target=_answer_until_killed, args=(tmp_path, theirs))
        process.start()
        for _ in range(15):
            acknowledged = ours.recv()
        process.kill()
        process.join()
        while ours.poll():
            acknowledged = ours.recv()
        trials = [row.trial for row in Answers(tmp_path).answers]
        assert trials == list(range(len(trials)))
        assert acknowledged < len(trials) <= acknowledged + 2
    assert acknowledged >= 59


WATCHED = timedelta(seconds=1)


def test_nobody_takes_all_places_at_once_and_others_are_let_in(opened):
    register = opened(toy_design(answers=12))
    for number in range(6):  # half of the study's places
        register.join(f"a{number}", "10.0.0.1")
    for code in ("a6", None):
        with pytest.raises(CrowdedError):
            register.join(code, "10.0.0.1")
    assert register.join("a0", "10.0.0.1").code == "a0"  # who has a place is not refused
    assert register.join("b0", "10.0.0.2").place == 6
    opened.clock.time += timedelta(seconds=61)
    with pytest.raises(CrowdedError):  # nobody has answered anything yet
        register.join("a6", "10.0.0.1")
    register.answer("a0", 0, "left", 0.1, (1, 1))  # not watched
    with pytest.raises(CrowdedError):
        register.join("a6", "10.0.0.1")
    register.answer("a1", 0, "left", 9, (1, 1))
    assert register.join("a6", "10.0.0.1").place == 7


def test_places_of_people_who_never_begin_are_given_to_others(opened):
    register = opened(toy_design(answers=4))
    for number in range(2):
        register.join(f"a{number}", "10.0.0.1")
    opened.clock.time += timedelta(minutes=11)
    assert [register.join(f"b{number}", "10.0.0.2").place for number in range(2)] == [2, 3]
    assert register.join("c0", "10.0.0.3").place == 0
    register.answer("a0", 0, "left", 5, (1, 1))  # whoever comes back may go on


@pytest.mark.parametrize(("per_address", "allowed"), [(0, 40), (1, 1), (25, 25), (None, 10)])
def test_how_many_may_be_new_can_be_said(tmp_path, per_address, allowed):
    register = Register(toy_design(answers=40), tmp_path, per_address=per_address)
    try:
        for number in range(allowed):
            register.join(f"a{number}", "10.0.0.1")
        with pytest.raises(FullError if allowed == 40 else CrowdedError):
            register.join("one-more", "10.0.0.1")
    finally:
        register.close()


@pytest.mark.parametrize(
    ("clocked", "waited", "rushed"),
    [
        (10.0, 10.0, 0),
        (0.95, 0.95, 0),  # the last frames are not waited for
        (0.6, 10.0, 1),  # longer than one of the two
        (10.0, 0.6, 1),  # the browser's clock is not believed
        (0.0, 0.0, 1),
    ],
)
def test_answers_that_came_before_both_can_have_been_watched_are_marked(opened, tmp_path, clocked, waited, rushed):
    register = opened()  # two videos of half a second each
    register.join("anna")
    opened.clock.time += timedelta(seconds=waited)
    register.answer("anna", 0, "left", clocked, (1, 1))
    (row,) = read_rows(tmp_path, Answer)
    assert (row.seconds, row.rushed) == (clocked, rushed)


def test_the_place_of_somebody_who_rushes_is_given_to_another(opened):
    register = opened(toy_design(items=12, answers=1))
    register.join("hasty")
    for number in range(3):
        with pytest.raises(FullError):
            register.join("anna")
        register.answer("hasty", number, register.trials(register.find("hasty"))[number].expected or "left", 0, (1, 1))
    assert register.join("anna").place == 0
    assert register.find("hasty").place == 0  # and may go on


def test_a_table_from_before_the_last_column_is_gone_on_with(opened, tmp_path):
    register = opened()
    register.join("anna")
    opened.clock.time += WATCHED
    register.answer("anna", 0, "left", 1, (1, 1))
    path = tmp_path / Answer.FILE
    register.close()
    path.write_text("".join(line.rpartition(",")[0] + "\n" for line in path.read_text().splitlines()))
    assert [row.rushed for row in read_rows(tmp_path, Answer)] == [None]
    register = opened()
    opened.clock.time += WATCHED
    register.answer("anna", 1, "left", 1, (1, 1))
    assert path.read_text().splitlines()[0] == ",".join(Answer.columns())
    assert [row.rushed for row in read_rows(tmp_path, Answer)] == [None, 0]

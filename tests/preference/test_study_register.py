"""Who takes part and what is stored: nothing twice, nothing lost, nothing out of turn."""

import multiprocessing
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from visavis.errors import InputError
from visavis.preference.forced_choice.answers import Answer, Answers, Joined
from visavis.preference.forced_choice.design import Design, Scene, Shape, make_sessions
from visavis.preference.forced_choice.register import FullError, OutOfTurnError, Register, UnknownCodeError
from visavis.preference.tables import Table, read_rows


def toy_design(items=4, **shape):
    ids = [f"s{i}" for i in range(items)]
    scene = Scene(speaker=None, text=None, options={"ours": "a", "other": "b"})
    return Design(
        visavis="0", title="t", question="q", consent="c", thanks="t", ours="ours", against=("other",), answers=2,
        allowed_failures=0, seed=0, media={}, scenes=dict.fromkeys(ids, scene),
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


def finish(register, code, careful=True):
    person = register.find(code)
    for number, trial in enumerate(register.trials(person)):
        wrong = {"left": "right", "right": "left"}
        side = trial.expected or "left"
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
    finish(register, "anna")
    with pytest.raises(OutOfTurnError):
        register.answer("anna", len(register.trials(register.find("anna"))), "left", 1, (1, 1))
    assert Counter(row.participant for row in read_rows(tmp_path, Answer)).keys() == {"anna"}


def test_places_are_given_once_until_somebody_gives_up_or_does_not_watch(opened):
    register = opened()
    assert [register.join(code).place for code in ("anna", "berta")] == [0, 1]
    with pytest.raises(FullError):
        register.join("carla")
    finish(register, "berta")
    opened.clock.time += timedelta(hours=2)
    register = opened()  # as well after another start
    assert register.join("carla").place == 0
    finish(register, "carla", careful=False)
    assert register.join("dora").place == 0
    finish(register, "dora")
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

"""The command in records: it can be typed again, and tells nothing of the machine but what was typed."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from duet_toys import toy_checkpoint, toy_conversation
from visavis.cli import main
from visavis.command import command_line, recorded
from visavis.training.built_in import RECIPES, put_into_package
from visavis.training.train import TrainRequest

WORDS = [
    ["animate", "talk.wav", "-o", "out"],
    ["animate", "10:30 call.wav", "-o", "out", "--layout", "arguing across a table"],
    ["train", "duet", "--set", "data.space=arkit", "--corpus", "it's here", "-o", "~/runs"],
    ["retrieve", 'He said "no"; $HOME & more', "--goal", "be nice", "-o", "a\tb"],
    ["info", "ünïcødé 名前.wav"],
]


@pytest.mark.parametrize("program", ["/usr/local/bin/visavis", "visavis", main.__file__])
@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_it_splits_into_what_was_typed(monkeypatch, program, words):
    monkeypatch.setattr(sys, "argv", [program, *words])
    assert shlex.split(command_line()) == ["visavis", *words]


def test_other_programs_are_told_by_their_name(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/home/me/secret project/make it.py", "fast"])
    assert shlex.split(command_line()) == ["make it.py", "fast"]


def test_a_shell_runs_it_as_it_was_typed(monkeypatch):
    words = ["$HOME `id` * 'x' \"y\" \\ & ; |", "a b"]
    monkeypatch.setattr(sys, "argv", ["visavis", *words])
    show = f"import sys; sys.stdout.write(repr(sys.argv[1:]))"  # noqa: F541
    line = f'visavis() {{ {shlex.quote(sys.executable)} -c {shlex.quote(show)} "$@"; }}; {command_line()}'
    assert subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout == repr(words)


def test_provenance_has_the_command_and_paths_as_they_were_given(visavis, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sound = toy_conversation(5, 2.0).mixed
    soundfile.write("10:30 call.wav", sound.samples, sound.sample_rate)
    toy_checkpoint(Path("a model"))
    words = ["animate", "10:30 call.wav", "-o", "out put", "--model", "a model", "--only", "motion"]
    code, _, said = visavis(*words)
    assert code == 0, said
    found = (tmp_path / "out put" / "provenance.json").read_text()
    assert shlex.split(json.loads(found)["command"]) == ["visavis", *words]
    assert str(tmp_path) not in found
    assert str(Path.home()) not in found.replace(json.loads(found)["command"], "")


def test_trainings_record_a_command_that_can_be_typed_again():
    request = TrainRequest(
        "duet", (Path("my corpus"), Path("b")), Path("runs/it's"), "debug", "lips", Path("an init"),
        ("losses.groups={a: 1}",), 5, 0.5, 3,
    )  # fmt: skip
    assert shlex.split(request.command) == [
        "visavis", "train", "duet", "--corpus", "my corpus", "--corpus", "b", "-o", "runs/it's", "--preset", "debug",
        "--stage", "lips", "--init", "an init", "--max-steps", "5", "--max-minutes", "0.5", "--set",
        "losses.groups={a: 1}", "--seed", "3",
    ]  # fmt: skip


def test_built_in_weights_record_one_too(tmp_path, monkeypatch):
    from visavis.models import weights

    monkeypatch.setattr(weights, "install", lambda model, save, facts: facts)
    monkeypatch.setattr("visavis.training.built_in.read_header", lambda folder: type("Header", (), {"training": {}}))
    facts = put_into_package("motion-text", RECIPES["motion-text"], tmp_path / "my runs", [tmp_path])
    assert shlex.split(facts["command"])[:4] == ["visavis", "train", "motion-text", "--built-in"]
    assert shlex.split(facts["command"])[-1] == "my runs"


def test_what_a_machine_calls_its_folders_is_in_no_provenance(visavis, tmp_path, monkeypatch):
    """However paths are given; files and folders are told by their names."""
    for name in ("files", "here"):
        (tmp_path / name).mkdir()
    files = tmp_path / "files"
    sound = toy_conversation(5, 2.0).mixed
    soundfile.write(files / "10:30 call.wav", sound.samples, sound.sample_rate)
    toy_checkpoint(files / "a model")
    (files / "seats.json").write_text('{"A": [0, 0, 0], "B": [0, 0, 1]}')
    monkeypatch.chdir(tmp_path / "here")
    given = [files / "10:30 call.wav", "--layout", files / "seats.json", "--model", files / "a model"]
    code, _, said = visavis("animate", *given, "-o", tmp_path / "here/out put", "--only", "motion")
    assert code == 0, said
    found = (tmp_path / "here/out put/provenance.json").read_text()
    assert str(tmp_path) not in found
    request = json.loads(found)["request"]
    assert (request["inputs"], request["layout"], request["model"]) == (["10:30 call.wav"], "seats.json", "a model")
    assert shlex.split(json.loads(found)["command"]) == [
        "visavis", "animate", "10:30 call.wav", "--layout", "seats.json", "--model", "a model", "-o", "out put",
        "--only", "motion",
    ]  # fmt: skip


def test_paths_in_a_command_may_stand_behind_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pairs.jsonl").touch()
    words = [f"--layout={tmp_path}/pairs.jsonl", "--set", f"data.pairs={tmp_path}/pairs.jsonl", "/me nods", "a=/b"]
    monkeypatch.setattr(sys, "argv", ["visavis", *words])
    assert shlex.split(command_line())[1:] == [
        "--layout=pairs.jsonl", "--set", "data.pairs=pairs.jsonl", "/me nods", "a=/b"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "record"),
    [
        (Path("a/b.wav"), "a/b.wav"), (Path("../b.wav"), "../b.wav"), (Path("/nowhere/at all/b.wav"), "b.wav"),
        ((Path("/x/a.wav"), Path("b")), ["a.wav", "b"]), ("two friends", "two friends"), ("/me nods", "/me nods"),
        ("owner/model", "owner/model"), (None, None), (3, 3), (False, False), (Path("/"), "/"),
    ],
)  # fmt: skip
def test_values_in_records(value, record):
    assert recorded(value) == record


def test_trainings_record_no_folders_of_a_machine(tmp_path):
    request = TrainRequest("duet", (tmp_path / "my corpus",), tmp_path / "it's", init=tmp_path / "init")
    assert str(tmp_path) not in request.command
    assert shlex.split(request.command)[:7] == ["visavis", "train", "duet", "--corpus", "my corpus", "-o", "it's"]

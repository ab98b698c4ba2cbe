"""Checkpoints appear whole, and hold only numbers that somebody could use."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from visavis.checkpoint import WEIGHTS, Header, read_header, write_checkpoint
from visavis.errors import InputError


def write(folder, value=1.0, size=4, *, statistic=1.0, **options):
    weights = {"layer.weight": torch.full((size,), value), "count": torch.tensor(3)}
    return write_checkpoint(folder, Header("toy", {}), weights, {"mean": torch.tensor([statistic])}, "card", **options)


def value_in(folder):
    assert read_header(folder).model == "toy"
    return float(load_file(folder / WEIGHTS)["layer.weight"][0])


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"value": float("nan")}, "layer.weight"),
        ({"value": float("-inf")}, "layer.weight"),
        ({"statistic": float("inf")}, "mean"),
        ({"value": 1e6, "half": True}, "layer.weight"),  # more than half precision has
    ],
)
def test_what_is_not_finite_is_not_written_and_what_is_there_stays(tmp_path, wrong, name):
    for before in ([], ["model"]):
        with pytest.raises(InputError, match=f"model: nothing was written, as '{name}' is not finite"):
            write(tmp_path / "model", **wrong)
        assert [path.name for path in tmp_path.iterdir()] == before
        write(tmp_path / "model", 2.0)
    assert value_in(tmp_path / "model") == 2.0


def test_a_full_disk_leaves_the_one_that_is_there(small_disk):
    disk = small_disk(kib=64).folder
    write(disk / "model", 2.0)
    with pytest.raises(InputError, match=r"model: cannot be written: .*([Nn]o space|disk is full)"):
        write(disk / "model", 3.0, 50_000)
    assert [path.name for path in disk.iterdir()] == ["model"]
    assert value_in(disk / "model") == 2.0


@pytest.mark.parametrize("number", [1, 2])
def test_a_disk_that_fails_between_the_two_names_leaves_the_one_that_is_there(tmp_path, monkeypatch, number):
    write(tmp_path / "model", 2.0)
    rename, calls = Path.rename, []

    def failing(path, to):
        calls.append(to)
        if len(calls) == number:
            raise OSError(5, "Input/output error")
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(InputError, match="Input/output error"):
        write(tmp_path / "model", 3.0)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert value_in(tmp_path / "model") == 2.0


def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    for name in (".model.tmp", ".model.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").write_text("x")
    write(tmp_path / "model", 2.0)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_folder_of_something_else_is_not_replaced(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="is not a checkpoint; nothing was written"):
        write(tmp_path / "model")
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "thesis.txt"]

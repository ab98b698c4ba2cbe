import io
import json
import os
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.reading import (
    files_in,
    is_empty,
    is_hidden,
    parse_json,
    parse_yaml,
    read_array,
    read_arrays,
    read_bytes,
    read_json,
    read_text,
    read_yaml,
    regular_file,
    shown,
)

LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{b}: &{b} [{', '.join(f'*{a}' for _ in range(10))}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: [x, 2.5, true, null]", {"a": 1, "b": ["x", 2.5, True, None]}),
        ("day: 2026-02-31", {"day": "2026-02-31"}),
        ("day: 2026-02-01", {"day": "2026-02-01"}),
        ("at: 2001-12-14t21:59:43.10-99:00", {"at": "2001-12-14t21:59:43.10-99:00"}),
        ("at: 1:30\nto: 190:20:30.15\nx: !!int 1:59", {"at": "1:30", "to": "190:20:30.15", "x": "1:59"}),
        ("a: 0x1f\nb: -7\nc: 1.5e+3\nd: .inf", {"a": 31, "b": -7, "c": 1500.0, "d": float("inf")}),
        ("x: &x [1]\ny: *x", {"x": [1], "y": [1]}),
        ("", None),
    ],
)
def test_yaml_is_read_as_plain_values_and_dates_stay_text(text: str, value: object) -> None:
    assert parse_yaml(text, "x") == value


@pytest.mark.parametrize(
    "text",
    [
        "a: [1",
        "[" * 5000,
        "{a: " * 5000,
        "!!python/object/apply:os.system [ls]",
        "!!timestamp 2026-99-99",
        "{[1]: 2}",
        "? {a: 1}\n: 2",
        LAUGHS,
        "&a [*a]",
        "a: *nowhere",
        "a: !!int x",
        "a: !!float [1]",
        "\0",
        "a: 1\n---\nb: 2",
        "<<: 3",
        "a: !!int " + "9" * 5000,
        "a: 0x" + "f" * 5000,
        "a: 1" + ":59" * 500_000,
        "a: [" + "1," * 300_000 + "1]",
        "a: !!binary aGk=",
        "a: !!set {x}",
        "a: !!timestamp 2026-01-01",
        "a: !!omap [x: 1]",
    ],
)
def test_what_is_no_plain_yaml_is_refused_in_one_line_that_names_it(text: str) -> None:
    with pytest.raises(InputError, match=r"plan\.yaml: not valid YAML") as caught:
        parse_yaml(text, "plan.yaml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("a: 1\nb: 2\na: 3", "a", 3),
        ("x:\n  y: {b: 1, b: 2}", "b", 2),
        ("- {7: a, 7: b}", "7", 1),
        ("'a': 1\na: 1", "a", 2),
        ("x: &x {a: 1, a: 2}\ny: {<<: *x}", "a", 1),
    ],
)
def test_a_key_set_twice_is_named_as_nobody_knows_which_is_meant(text: str, key: str, line: int) -> None:
    with pytest.raises(InputError, match=rf"plan\.yaml: not valid YAML, line {line}: '{key}' is set twice"):
        parse_yaml(text, "plan.yaml")


def test_keys_that_a_mapping_takes_over_may_be_set_anew() -> None:
    text = "x: &x {a: 1, b: 2}\ny: &y {<<: *x, a: 3}\nz: {<<: *y, b: 4}"
    assert parse_yaml(text, "x")["z"] == {"a": 3, "b": 4}


@pytest.mark.parametrize("text", ["{", "[" * 100_000, b"\xff", "", "1" * 5000, '{"a": }'])
def test_what_is_no_json_is_refused_in_one_line_that_names_it(text: str | bytes) -> None:
    with pytest.raises(InputError, match=r"x\.json: not valid JSON"):
        parse_json(text, "x.json")


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"a": 1}).encode())
    assert read_json(path) == {"a": 1}


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"name: Jos\xe9")
    with pytest.raises(InputError, match="not UTF-8 text"):
        read_yaml(path)


def test_a_text_larger_than_allowed_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.touch()
    os.truncate(path, 2**40)
    with pytest.raises(InputError, match="MiB"):
        read_text(path)


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, why in (("pipe", "is a pipe"), (".", "is a folder"), ("none", "no such file"), ("a\0b", "NUL|null")):
        with pytest.raises(InputError, match=why):
            regular_file(tmp_path / name)
    with pytest.raises(InputError, match="is a device"):
        read_text("/dev/zero")


@pytest.mark.parametrize(
    "address",
    [
        "http://x/y.wav",
        "https://example.org:8080/a%20b.mp4?x=1#t=3",
        "rtmp://h/live",
        "file:///tmp/a.wav",
        "s3://bucket/k",
    ],
)
def test_addresses_are_named_as_they_were_given(address: str) -> None:
    with pytest.raises(InputError) as caught:
        regular_file(Path(address))
    assert str(caught.value) == f"{address}: addresses are not read; download the file first and pass its path"


@pytest.mark.parametrize("name", ["10:30 call.wav", "C:/a.wav", "concat:a|b.wav", "folder:x"])
def test_names_with_a_colon_are_no_addresses(name: str) -> None:
    with pytest.raises(InputError, match="no such file"):
        regular_file(name)


def test_names_are_shown_without_control_characters() -> None:
    assert shown("a\x1b[31m\udcff\n") == "a\\x1b[31m\\udcff\\n"
    assert shown("Jürgen 10:30.wav") == "Jürgen 10:30.wav"


HIDDEN = ("._a.json", "__MACOSX/x/a.json", ".git/a.json", "x/.DS_Store", "Thumbs.db", "x/desktop.ini", "~$a.xlsx",
          "System Volume Information/a.json", "@eaDir/a.json", "Icon\r")  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_files_of_the_file_system_are_told_from_the_users(name: str) -> None:
    assert is_hidden(name)


@pytest.mark.parametrize("name", ["x/a.json", "a.b.json", "../a.json", "./a.json", "a/~b.json", "my desktop.ini.json"])
def test_the_users_files_are_not_hidden(name: str) -> None:
    assert not is_hidden(name)


def test_hidden_files_are_passed_over_at_any_depth_below_a_folder_that_may_be_hidden_itself(tmp_path: Path) -> None:
    folder = tmp_path / ".kept" / "__MACOSX"
    for name in (*HIDDEN, "b.json", "x/a.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    assert files_in(folder, "**/*.json") == [folder / "b.json", folder / "x/a.json"]
    assert files_in(folder) == [folder / "b.json", folder / "x"]


def test_a_name_that_is_no_text_is_refused_before_the_file_is_opened(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.json"))
    path.write_text("{}")
    for read in (read_json, lambda p: files_in(p.parent)):
        with pytest.raises(InputError, match=r"a\\udcff\.json: the name is not UTF-8 text; rename it"):
            read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_as_windows_programs_save_it_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes("name: José 中".encode(encoding))
    assert read_yaml(path) == {"name": "José 中"}


def header(shape: tuple[int, ...], descr: str = "<f4") -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
    return file.getvalue()


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


def test_arrays_are_read_back(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.arange(3), b=np.array("text"))
    np.save(tmp_path / "x.npy", np.eye(2))
    arrays = read_arrays(tmp_path / "x.npz")
    assert arrays["a"].tolist() == [0, 1, 2]
    assert str(arrays["b"]) == "text"
    assert list(read_arrays(tmp_path / "x.npz", ["a", "none"])) == ["a"]
    assert read_array(tmp_path / "x.npy").tolist() == read_array(tmp_path / "x.npy", mapped=True).tolist()


def test_arrays_are_refused_for_what_their_headers_announce(tmp_path: Path) -> None:
    large = archive(tmp_path / "large.npz", a=header((2**26,)) + bytes(2**28))
    assert large.stat().st_size < 2**21
    with pytest.raises(InputError, match=r"have 256.0 MiB, of which at most 128.0 MiB"):
        read_arrays(large, largest=2**27)
    with pytest.raises(InputError, match="cut short"):
        read_arrays(archive(tmp_path / "lies.npz", a=header((10**15,))))
    with pytest.raises(InputError, match="Python objects"):
        read_arrays(archive(tmp_path / "objects.npz", a=header((1,), "|O")))
    (tmp_path / "lies.npy").write_bytes(header((10**15,)))
    with pytest.raises(InputError, match="cut short"):
        read_array(tmp_path / "lies.npy")


def test_damaged_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez_compressed(path, a=np.random.default_rng(0).normal(size=200))
    whole = path.read_bytes()
    for at in range(0, len(whole), 29):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with suppress(InputError):  # where the byte decides nothing, the array is whole
            assert read_arrays(path)["a"].shape == (200,)


@pytest.mark.parametrize("code", [0x110000, 0xFFFFFFFF, 0xD800])
def test_text_of_no_characters_is_refused(tmp_path: Path, code: int) -> None:
    text = np.array([code, 65], np.uint32).view("<U2")
    np.save(tmp_path / "x.npy", text)
    np.savez(tmp_path / "x.npz", a=text)
    for read in (lambda: read_array(tmp_path / "x.npy"), lambda: read_arrays(tmp_path / "x.npz")):
        with pytest.raises(InputError, match="no characters"):
            read()


@pytest.mark.parametrize("name", [".DS_Store", "._x", "Thumbs.db", "desktop.ini", "Icon\r"])
def test_a_folder_that_somebody_only_looked_at_is_empty(tmp_path: Path, name: str) -> None:
    assert is_empty(tmp_path)
    (tmp_path / name).touch()
    assert is_empty(tmp_path)
    (tmp_path / ".git").mkdir()
    assert not is_empty(tmp_path)


@pytest.mark.parametrize("read", [read_bytes, read_text, read_json])
def test_files_larger_than_their_limit_are_refused_unread(tmp_path, read):
    path = tmp_path / "sparse"
    path.touch()
    os.truncate(path, 20 * 2**30)
    with pytest.raises(InputError, match=r"has 20\.0 GiB, of which at most 256\.0 MiB are read"):
        read(path)

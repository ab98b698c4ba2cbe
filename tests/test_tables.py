import csv
import io
from pathlib import Path

import pytest

from visavis.errors import InputError
from visavis.tables import cell, csv_text, decimal, read_table

TABLES = {
    "commas": "a, b ,c\n1,2,3\n\n4,5,6\n",
    "semicolons": "a;b;c\n1;2;3\n;;\n4;5;6",
    "tabs": "a\tb\tc\r\n1\t2\t3\r\n\r\n4\t5\t6",
    "bars": "a|b|c\n1|2|3\n\n4|5|6",
    "quotes": '"a","b","c"\n"1","2","3"\n\n"4","5","6"',
    "old Macs": "a,b,c\r1,2,3\r\r4,5,6\r",
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_read_as_they_are_saved(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(TABLES[name].encode())
    found = read_table(path)
    assert found.header == ["a", "b", "c"]
    assert list(found.rows) == [(2, ["1", "2", "3"]), (4, ["4", "5", "6"])]


def test_a_line_that_names_the_separator_is_no_header(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("sep=;\na,x;b\n1;2")
    found = read_table(tmp_path / "x.csv")
    assert (found.header, list(found.rows)) == (["a,x", "b"], [(3, ["1", "2"])])


@pytest.mark.parametrize("content", [b"\xff\xff,a", b"a,b\n" + b"x" * 200_000, b"x" * 200_000])
def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.csv.* not "):
        list(read_table(path).rows)


@pytest.mark.parametrize(
    ("text", "value"), [("1.5", 1.5), ("1,5", 1.5), (" -0,25 ", -0.25), ("1,2E-05", 1.2e-5), ("+3", 3), ("1e5", 1e5)]
)
def test_decimal_points_and_commas_are_numbers(text: str, value: float) -> None:
    assert decimal(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "1,234,567", "1.234,5", "one", "1;5"])
def test_other_text_is_no_number(text: str) -> None:
    assert decimal(text) != decimal(text)


FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "+1+cmd|x",
    "-2+3+cmd|x",
    "-A1",
    "+A1",
    "\t=1",
    "\r=1",
    "-1-1",
    "+",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_a_spreadsheet_would_run_is_told_to_be_text(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize(
    "value", [-1, -0.5, "-0.5", "+3", "-1.2e-05", "-inf", "-12,5", "-3%", "a=b", "5 - 3", "", None]
)
def test_numbers_and_harmless_text_stay_what_they_are(value: object) -> None:
    assert cell(value) == value


def test_every_cell_of_a_written_table_is_told_so_header_and_all() -> None:
    text = csv_text(["=a", "b"], [["@x", -1.5], ['say "hi", ok', "-"]])
    assert list(csv.reader(io.StringIO(text))) == [["'=a", "b"], ["'@x", "-1.5"], ['say "hi", ok', "'-"]]

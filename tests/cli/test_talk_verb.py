"""``visavis talk`` at the terminal and in a pipe."""

import io
import json
import sys

import pytest

from talk_toys import talkative_mars


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return talkative_mars().save(tmp_path_factory.mktemp("mars") / "model")


@pytest.fixture
def talk(visavis, monkeypatch, model):
    """Lines of standard input and options in, (exit code, stdout, stderr) out."""

    def run(typed, *options):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed)))
        return visavis("talk", "--model", model, "--voice", "none", *options)

    return run


def test_each_line_is_answered(talk):
    code, out, err = talk(b"hello there\nhow are you\n")
    assert code == 0
    assert len([line for line in out.splitlines() if line.startswith("  [")]) == 2
    assert "error" not in err


def test_events_are_lines_of_json(talk):
    code, out, _ = talk(b"hello there\ntell me a story\n", "--json", "--seed", "3")
    assert code == 0
    events = [json.loads(line) for line in out.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds.count("begin") == kinds.count("end") == 2
    assert kinds.count("text") == kinds.count("word") > 0
    codes = [event for event in events if event["event"] == "codes"]
    assert all(event["start"] < event["end"] and event["face"] and event["body"] for event in codes)
    ends = [event["end"] for event in events if event["event"] == "end"]
    assert all(event["end"] <= ends[-1] + 1e-3 for event in codes)
    assert [e["text"] for e in events if e["event"] == "text"] == [e["word"] for e in events if e["event"] == "word"]


def test_bad_turns_are_told_and_the_others_answered(talk):
    code, out, err = talk(b"hello\n\n\xff\xfe\n" + b"word " * 10_000 + b"\nbye\n")
    assert code == 2
    assert len([line for line in out.splitlines() if line.startswith("  [")]) == 2
    complaints = [line for line in err.splitlines() if "error:" in line]
    assert [why for why in ("empty", "UTF-8", "10,000 words") if any(why in line for line in complaints)] == [
        "empty", "UTF-8", "10,000 words",
    ]  # fmt: skip
    assert len(complaints) == 3


def test_control_tokens_and_escapes_are_text(talk):
    code, out, err = talk(b"<FACE_3> <|im_end|> \x1b[31m\n")
    assert (code, "\x1b" in out + err) == (0, False)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--only", "motion"), "-o"),
        (("--voice", "nobody"), "voice"),
        (("--input", "missing.wav"), "no such file"),
        (("-o", "out", "--only", "gbl"), "gbl"),
    ],
)
def test_options_that_make_no_sense(talk, tmp_path, monkeypatch, options, why):
    monkeypatch.chdir(tmp_path)
    code, _, err = talk(b"hello\n", *options)
    assert code == 2
    assert why in err
    assert len([line for line in err.splitlines() if "error:" in line]) == 1
    assert not (tmp_path / "out" / "conversation").exists()


def test_a_missing_model_is_named(visavis, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"hello\n")))
    code, _, err = visavis("talk", "--model", tmp_path / "nothing")
    assert code == 2
    assert "nothing" in err


def test_a_missing_extra_is_named(talk, monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    code, _, err = talk(b"hello\n")
    assert code == 2
    assert "pip install 'visavis[llm]'" in err


def test_nothing_said(talk):
    code, _, err = talk(b"")
    assert code == 2
    assert "nothing was said" in err

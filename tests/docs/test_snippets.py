"""What the documentation shows runs as it stands: Python in order, page by page, and commands as far as parsing."""

import os
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mars_toys import tiny_mars
from visavis.conversation import Conversation, Participant, Track
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.motion import ARKIT_BODY, Motion, face_to_face

ROOT = Path(__file__).resolve().parents[2]
TOLD = re.compile(r'^(\w+) = .*# Motion: float32 \(frames, (\d+)\), (\d+) frames/s, space "(.+)"$', re.MULTILINE)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    lines = [
        line
        for page in PAGES
        for language in ("console", "bash", "sh")
        for b in blocks(page, language)
        for line in b.splitlines()
    ]
    return sorted({line.removeprefix("$ ").split("  #")[0].strip() for line in lines if "visavis " in line})


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder with two seconds of an `out/` like the one that `visavis animate` writes, and six of the examples."""
    from visavis.conversation.corpus_write import write_corpus
    from visavis.formats.arkit_csv import write_csv
    from visavis.formats.npz import write_npz

    folder = tmp_path_factory.mktemp("reader")
    people = []
    for letter, seat in zip("AB", face_to_face(), strict=True):
        motion = Motion.zeros(50, 25.0, ARKIT_BODY).with_columns("jawOpen", np.abs(np.sin(np.arange(50) / 3)))
        motion = motion.with_columns("translation", np.tile(seat.position, (50, 1)))
        speaking = Track(np.full(50, 0.5), 25.0, ("speaking",))
        people.append(Participant(letter, motion=motion, seat=seat, speaking=speaking))
    conversation = Conversation("talk", (people[0], people[1]), 2.0, mixed=Audio.silence(2.0))
    write_corpus([conversation], folder / "out" / "conversation")
    write_npz(conversation, folder / "out" / "motion.npz")
    for letter, person in zip("ab", conversation.participants, strict=True):
        write_csv(person.motion, folder / "out" / f"person_{letter}.arkit.csv")
    tiny_mars().save(folder / "run" / "language" / "model")
    (folder / "examples").mkdir()
    for path in (ROOT / "examples").iterdir():
        if path.name != "talk.wav":
            (folder / "examples" / path.name).symlink_to(path)
    samples, rate = soundfile.read(ROOT / "examples" / "talk.wav", frames=6 * 16_000)
    soundfile.write(folder / "examples" / "talk.wav", samples, rate)
    return folder


@pytest.mark.parametrize("page", [p for p in PAGES if p.exists() and blocks(p, "python")], ids=lambda p: p.stem)
def test_python_runs(page, results, monkeypatch, capsys):
    monkeypatch.chdir(results)
    for name in ("VISAVIS_LLM_MODEL", "VISAVIS_LLM_KEY"):
        monkeypatch.setenv(name, os.environ.get(name, ""))  # what a snippet sets is undone afterwards
    names: dict[str, Any] = {"__name__": "snippet"}
    for i, code in enumerate(blocks(page, "python")):
        try:
            exec(compile(code, f"{page.name}, block {i + 1}", "exec"), names)
        except InputError as error:
            if "could not be downloaded" in str(error):
                pytest.skip(str(error))
            raise
        for name, columns, fps, space in TOLD.findall(code):  # what a comment says of motion is so
            motion = names[name]
            assert (motion.values.shape[1], motion.fps, motion.space.name) == (int(columns), float(fps), space)
    capsys.readouterr()


def test_what_readers_are_told_of_motion_is_checked():
    assert any(TOLD.search(code) for code in blocks(ROOT / "README.md", "python"))


def test_there_are_snippets_and_commands():
    assert sum(len(blocks(page, "python")) for page in PAGES) >= 10
    assert len(commands()) >= 10


@pytest.mark.parametrize("line", commands())
def test_commands_parse(line):
    """Verbs and options exist; nothing is run."""
    import typer

    from visavis.cli.main import app

    words = shlex.split(line, comments=True)
    words = words[words.index("visavis") + 1 :] if "visavis" in words else [w.split("/")[-1] for w in words[1:]]
    if any(word in ("COMMAND", "...") for word in words):
        pytest.skip("a placeholder")
    command = typer.main.get_command(app)
    context = command.make_context("visavis", ["--version"], resilient_parsing=True)
    while hasattr(command, "get_command") and words and not words[0].startswith("-"):
        name, *words = words
        command = command.get_command(context, name)
        assert command is not None, f"no command {name!r}"
        context = command.make_context(name, list(words), resilient_parsing=True)
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    used = {word.split("=")[0] for word in words if word.startswith("-") and word != "-"}
    assert used <= options | {"--help", "-h"}, used - options


def test_json_in_the_docs_is_json_and_layouts_are_layouts(tmp_path):
    from visavis.scene.layout import layout_from

    found = blocks(ROOT / "docs" / "layouts.md", "json")
    assert len(found) == 2
    for text in found:
        path = tmp_path / "layout.json"
        path.write_text(text)
        assert layout_from(path).notes == ()

"""The formats by name, and the texts made from them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.formats.registry import FORMATS, format_lines, format_of, only_help, parse_formats, read_suffixes
from visavis.motion import ARKIT, SPACES, Motion
from visavis.motion.spaces import ARKIT_BODY, FLAME

ROOT = Path(__file__).resolve().parents[2]


def named(text):
    return [format.name for format in parse_formats(text)]


def test_names_and_other_names_in_any_order_and_case():
    assert named("MP4, npz ,glb") == ["motion", "glb", "video"]
    assert named(None) == ["motion", "arkit", "glb", "timeline", "plan", "video"]


@pytest.mark.parametrize("text", ["gbl", "motion,gbl", "", " , "])
def test_an_unknown_name_lists_those_there_are(text):
    with pytest.raises(InputError, match="there are: motion, arkit, glb, timeline, plan, plan-csv, video, venus"):
        parse_formats(text)


def test_help_is_made_from_the_registry(visavis):
    for name, format in FORMATS.items():
        assert name in only_help()
        assert f"{name}: {format.summary}" in format_lines()
    shown = " ".join(visavis("export", "--help")[1].split())
    assert all(format.summary in shown for format in FORMATS.values())
    for verb in ("animate", "listen"):
        shown = visavis(verb, "--help")[1]
        assert all(name in shown for name in FORMATS)


def test_the_documentation_names_every_format_and_file():
    page = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    for format in FORMATS.values():
        assert f"`{format.name}`" in page
        assert all(f"`{name}`" in page for name in format.files)


def test_formats_ask_a_space_whether_they_can_show_it():
    for name in ("arkit", "glb", "video"):
        assert FORMATS[name].shows(ARKIT)
        assert FORMATS[name].shows(ARKIT_BODY)
        assert FORMATS[name].shows(replace(ARKIT, name="phone-arkit"))
        assert not FORMATS[name].shows(FLAME)
        assert not FORMATS[name].shows(replace(FLAME, name="arkit"))
    assert all(FORMATS["motion"].shows(space) for space in SPACES.values())


def test_two_spaces_of_one_name_are_both_looked_at():
    foreign = replace(FLAME, name="arkit")
    people = [
        Participant("A", motion=Motion.zeros(5, 25, foreign)),
        Participant("B", motion=Motion.zeros(5, 25, ARKIT)),
    ]
    assert "cannot show" in FORMATS["video"].reason_against(Conversation("x", (people[0], people[1]), 0.2))


def test_motion_is_read_by_the_ending_of_a_file():
    assert read_suffixes() == (".npz", ".npy", ".csv")
    assert format_of(Path("x.CSV")) is FORMATS["arkit"]
    assert format_of(Path("x.wav")) is None


def test_a_list_of_formats_imports_nothing_heavy():
    script = (
        "import sys; from visavis.formats.registry import format_lines, only_help; format_lines(), only_help(); "
        "print([m for m in ('numpy', 'torch', 'pyvista', 'pygltflib') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"

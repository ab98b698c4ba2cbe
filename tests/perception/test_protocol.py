"""Extractors by name, ours and installed ones."""

import sys

import pytest

from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.perception.protocol import add_notes, extractor_names, get_extractor
from visavis.perception.speaking import WhoSpeaks


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package of somebody else's with two extractors, one of which is broken."""
    (tmp_path / "theirs.py").write_text(
        "def make(threshold=0.5):\n    def extract(conversation):\n        return threshold, conversation\n"
        "    return extract\n"
    )
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[visavis.extractors]\nsafety:theirs = theirs:make\nsafety:broken = theirs:missing\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("theirs", None)


def test_the_default_is_the_first_built_in():
    assert isinstance(get_extractor("speaking"), WhoSpeaks)
    assert get_extractor("speaking", "voices", step=1.0) == WhoSpeaks(step=1.0)


def test_an_installed_package_brings_its_own(installed):
    assert "theirs" in extractor_names("safety")
    assert "theirs" not in extractor_names("speaking")
    conversation = Conversation("x", (Participant("A"), Participant("B")), 1.0)
    assert get_extractor("safety", "theirs", threshold=0.9)(conversation) == (0.9, conversation)
    with pytest.raises(InputError, match="safety:broken cannot be loaded"):
        get_extractor("safety", "broken")


def test_unknown_names_are_answered_with_those_there_are():
    with pytest.raises(InputError, match="there are: voices"):
        get_extractor("speaking", "nobody")
    with pytest.raises(InputError, match="kinds are: speaking, words"):
        get_extractor("smells")


def test_notes_are_said_once():
    conversation = Conversation("x", (Participant("A"), Participant("B")), 1.0, provenance={"notes": ["one"]})
    assert add_notes(conversation, ["two", "one", "two"]).provenance["notes"] == ["one", "two"]

"""Extractors by name, ours and installed ones."""

import pytest

from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.perception.protocol import add_notes, extractor_names, get_extractor
from visavis.perception.speaking import Diarizer


@pytest.fixture
def installed(install):
    """A package of somebody else's with two extractors, one of which is broken."""
    install(
        "def make(threshold=0.5):\n    def extract(conversation):\n        return threshold, conversation\n"
        "    return extract\n",
        "[visavis.extractors]\nsafety:theirs = theirs:make\nsafety:broken = theirs:missing\n",
    )


def test_the_default_is_the_first_built_in():
    assert isinstance(get_extractor("speaking"), Diarizer)
    assert get_extractor("speaking", "voices", step=1.0) == Diarizer(step=1.0)


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
    with pytest.raises(InputError, match="choose from: speaking, words"):
        get_extractor("smells")


def test_unknown_settings_are_answered_with_those_there_are(installed):
    with pytest.raises(InputError, match="words=whisper has no setting 'size'; there are: model, language, device"):
        get_extractor("words", "whisper", size="tiny")
    with pytest.raises(InputError, match="safety=theirs has no setting 'limit'; there are: threshold"):
        get_extractor("safety", "theirs", limit=0.9)
    with pytest.raises(InputError, match=r"faces=mediapipe: longest is 'big'; expected a number such as 1280"):
        get_extractor("faces", "mediapipe", longest="big")
    with pytest.raises(InputError, match="begin 0 s apart"):
        get_extractor("speaking", "voices", step=0)


def test_notes_are_said_once():
    conversation = Conversation("x", (Participant("A"), Participant("B")), 1.0, provenance={"notes": ["one"]})
    assert add_notes(conversation, ["two", "one", "two"]).provenance["notes"] == ["one", "two"]

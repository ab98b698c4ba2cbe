"""pyannote.audio's place is taken by a module that answers as it does."""

import sys
from threading import Event
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from visavis.cancellation import Cancelled, cancellable
from visavis.conversation import Conversation, Participant
from visavis.errors import InputError, MissingExtraError
from visavis.media import Audio
from visavis.perception import pyannote
from visavis.perception.protocol import get_extractor

TURNS = [(2.0, 3.5, "S0"), (0.5, 1.5, "S1"), (3.02, 4.0, "S1")]


class Annotation:
    def __init__(self, turns):
        self.turns = turns

    def itertracks(self, yield_label):
        assert yield_label
        return [(SimpleNamespace(start=a, end=b), "_", label) for a, b, label in self.turns]


@pytest.fixture
def package(monkeypatch):
    """Installs the module; its pipeline answers what is put in `answer`."""
    told = SimpleNamespace(answer=None, asked=None, loads=True)

    class Pipeline:
        @staticmethod
        def from_pretrained(name):
            if name == "broken":
                raise OSError("no such\nrepository")
            return Pipeline() if told.loads else None

        def __call__(self, sound, num_speakers, hook):
            hook("segmentation", None, file=sound, total=10, completed=3)
            assert sound["waveform"].shape == (1, 5 * 16_000)
            assert (sound["sample_rate"], num_speakers) == (16_000, 2)
            return told.answer

    module = ModuleType("pyannote.audio")
    module.Pipeline = Pipeline
    monkeypatch.setitem(sys.modules, "pyannote", ModuleType("pyannote"))
    monkeypatch.setitem(sys.modules, "pyannote.audio", module)
    pyannote.load_pipeline.cache_clear()
    yield told
    pyannote.load_pipeline.cache_clear()


def call():
    return Conversation("x", (Participant("A"), Participant("B")), 5.0, Audio(np.zeros(80_000)))


@pytest.mark.parametrize("version", [3, 4])
def test_turns_become_tracks_and_the_first_to_speak_is_a(package, version):
    annotation = Annotation(TURNS)
    package.answer = annotation if version == 3 else SimpleNamespace(speaker_diarization=annotation)
    done = get_extractor("speaking", "pyannote")(call())
    a, b = (person.speaking.values[:, 0] for person in done)
    assert np.flatnonzero(b).tolist() == [*range(50, 88)]
    assert b[87] == pytest.approx(0.5)
    assert np.flatnonzero(a > 0.99).tolist() == [*range(13, 37), *range(76, 100)]
    assert a[75] == pytest.approx(0.5)
    assert a[12] == pytest.approx(0.5)


def test_one_voice_or_none_is_said(package):
    package.answer = Annotation([(0.0, 1.0, "S0")])
    assert pyannote.Pyannote()(call()).provenance["notes"] == ["only one voice is detected"]
    package.answer = Annotation([])
    assert pyannote.Pyannote()(call()).provenance["notes"] == ["no speech is detected"]


def test_what_is_missing_is_one_line(package, monkeypatch):
    with pytest.raises(InputError, match="'broken' cannot be loaded: no such repository"):
        pyannote.Pyannote("broken")(call())
    package.loads = False
    with pytest.raises(InputError, match="accept its terms on the Hub and set HF_TOKEN"):
        pyannote.Pyannote()(call())
    monkeypatch.setitem(sys.modules, "pyannote.audio", None)
    pyannote.load_pipeline.cache_clear()
    with pytest.raises(MissingExtraError, match=r"pip install 'visavis\[diarization\]'"):
        pyannote.Pyannote()(call())


def test_separate_voices_need_no_pipeline(package):
    voice = Audio(np.zeros(80_000))
    done = pyannote.Pyannote("broken")(Conversation("x", (Participant("A", voice), Participant("B", voice)), 5.0))
    assert done.a.speaking.values.max() < 0.5


def test_a_pipeline_ends_between_two_of_its_steps_once_it_is_not_wanted(package):
    package.answer = Annotation(TURNS)
    token = Event()
    token.set()
    with cancellable(token), pytest.raises(Cancelled):
        get_extractor("speaking", "pyannote")(call())

"""Whose mouth moves when one person's track carries the other's voice, by the built-in model."""

import numpy as np
import pytest
import soundfile
from scipy.ndimage import binary_erosion

from crosstalk_toys import carrying, dyad
from visavis import assets
from visavis.conversation.from_recording import conversation_of
from visavis.errors import InputError
from visavis.media import open_recording
from visavis.perception.speaking import Diarizer
from visavis.workflows.animate import Request, make_conversation


@pytest.fixture(scope="module", autouse=True)
def networks():
    try:
        assets.resolve("segmentation-3.0")
    except InputError as error:
        pytest.skip(f"weights are not available here: {error}")


def jaw(person, frames):
    """How much the jaw moves, away from where the frames begin and end."""
    inner = binary_erosion(frames, iterations=3)
    assert inner.sum() > 50
    return float(person.motion["jawOpen"][: len(inner)][inner].std())


@pytest.mark.parametrize(("ms", "db", "stereo"), [(400, -6, False), (120, -10, True)])
def test_who_listens_is_still_however_late_the_other_is_heard(tmp_path, ms, db, stereo):
    a, b, (speaks, other) = dyad(4, 20.0)
    tracks = carrying(a, b, ms, db), b
    if stereo:
        paths = (tmp_path / "call.wav",)
        soundfile.write(paths[0], np.stack(tracks, 1), 16_000)
    else:
        paths = tmp_path / "a.wav", tmp_path / "b.wav"
        for path, track in zip(paths, tracks, strict=True):
            soundfile.write(path, track, 16_000)
    talk = make_conversation(Request(paths))
    assert jaw(talk.a, other & ~speaks) < 0.03
    assert jaw(talk.a, speaks & ~other) > 0.05
    assert jaw(talk.b, other & ~speaks) > 0.05
    assert any("carries" in note for note in talk.provenance["notes"])


@pytest.fixture(scope="module")
def cases(real_data):
    folder = real_data / "cases"
    if not folder.is_dir():
        pytest.skip(f"needs the failing inputs, which are not here: {folder}")
    return folder


def speaking(*paths):
    """Who speaks in a recording, bool (2, T)."""
    return rows(Diarizer()(conversation_of(open_recording(paths), "x")))


def rows(talk):
    return np.stack([person.speaking.values[:, 0] > 0.5 for person in talk])


@pytest.fixture(scope="module")
def truth(cases):
    """Who speaks in the dialogue of the cases, from its clean tracks, bool (2, T)."""
    return speaking(cases / "two_people_two_tracks.mka")


def test_case_echo(cases, truth):
    talk = make_conversation(Request((cases / "echo_a.opus", cases / "echo_b.opus")))
    found = rows(talk)
    count = min(found.shape[1], truth.shape[1])
    assert (found[:, :count] == truth[:, :count]).mean(1).min() > 0.96
    speaks, other = truth
    assert jaw(talk.a, other & ~speaks) < 0.03
    assert jaw(talk.a, speaks & ~other) > 0.05


def test_case_a_room_that_is_joined(cases, truth):
    found = speaking(cases / "room_a.mka", cases / "room_b_joins_at_5s.mka")
    later = np.s_[5 * 25 : min(found.shape[1], truth.shape[1])]
    assert (found[:, later] == truth[:, later]).mean(1).min() > 0.9

"""Two people on one track: tracks for each, and who is heard where both speak, with sound whose parts are known."""

import numpy as np
import pytest

from visavis.media import SAMPLE_RATE, Audio
from visavis.perception.separation import Voices, separate, tell_apart

FRAME = SAMPLE_RATE // 25
SECONDS = 36


def voice(hertz, formants, seed):
    """Syllables of a buzz with formants, for as long as anything here lasts."""
    rng = np.random.default_rng(seed)
    time = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(hertz * (1 + 0.06 * np.sin(2 * np.pi * 0.7 * time + seed))) / SAMPLE_RATE
    sound = np.zeros(len(time))
    for harmonic in range(1, int(3800 / hertz)):
        size = sum(np.exp(-(((harmonic * hertz - f) / 150) ** 2)) for f in formants) + 0.02
        sound += size * np.sin(harmonic * phase)
    syllables = np.repeat(rng.uniform(0.3, 1.0, SECONDS * 5), SAMPLE_RATE // 5)
    return (0.05 * syllables * sound / sound.std()).astype(np.float32)


def turns(*spans):
    """(T,) 1 where somebody speaks, by spans of seconds."""
    speaks = np.zeros(SECONDS * 25, np.float32)
    for start, stop in spans:
        speaks[round(start * 25) : round(stop * 25)] = 1
    return speaks


@pytest.fixture(scope="module")
def talk():
    """Both voices and who speaks: A alone, both, B alone, nobody."""
    speaking = np.stack([turns((0, 18), (30, 32)), turns((12, 30))])
    low, high = voice(110, (500, 1200), 1), voice(230, (800, 2300), 2)
    return low * speaking[0].repeat(FRAME), high * speaking[1].repeat(FRAME), speaking


def part(sound, start, stop):
    return sound[round(start * SAMPLE_RATE) : round(stop * SAMPLE_RATE)]


def ratio(estimate, truth):
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux et al. 2019)."""
    target = truth * (estimate @ truth) / (truth @ truth)
    return 10 * np.log10((target @ target) / np.sum((estimate - target) ** 2))


def test_who_speaks_alone_is_heard_on_the_own_track_only(talk):
    a, b, speaking = talk
    found = separate(Audio(a + b), speaking)
    for track, other, (start, stop) in zip(found.tracks, found.tracks[::-1], ((1, 11), (19, 29)), strict=True):
        np.testing.assert_allclose(part(track.samples, start, stop), part(a + b, start, stop), atol=1e-6)
        assert not part(other.samples, start, stop).any()


def test_both_at_once_are_shared_out(talk):
    a, b, speaking = talk
    found = separate(Audio(a + b), speaking)
    assert found.in_overlap
    mixed = part(a + b, 12.5, 17.5)
    tracks = [part(track.samples, 12.5, 17.5) for track in found.tracks]
    np.testing.assert_allclose(tracks[0] + tracks[1], mixed, atol=1e-5)
    for track, truth in zip(tracks, (a, b), strict=True):
        own = part(truth, 12.5, 17.5)
        assert ratio(track, own) > ratio(mixed, own) + 6


def test_the_order_of_people_and_runs_do_not_matter(talk):
    a, b, speaking = talk
    once, again = (separate(Audio(a + b), speaking).tracks for _ in range(2))
    assert once == again
    swapped = separate(Audio(a + b), speaking[::-1]).tracks
    np.testing.assert_allclose(swapped[1].samples, once[0].samples, atol=1e-4)


def test_long_overlap_is_taken_apart_in_pieces_without_seams(talk, monkeypatch):
    a, b, speaking = talk
    whole = separate(Audio(a + b), speaking).tracks
    monkeypatch.setattr("visavis.perception.separation._AT_A_TIME", 60)
    pieces = separate(Audio(a + b), speaking).tracks
    np.testing.assert_allclose(pieces[0].samples, whole[0].samples, atol=1e-4)


def test_without_enough_of_a_voice_alone_overlap_stays_as_it_is(talk):
    a, b, _ = talk
    speaking = np.stack([turns((0, 32)), turns((12, 30))])  # B is never alone
    assert Voices.learn(a + b, speaking) is None
    found = separate(Audio(a + b), speaking)
    assert not found.in_overlap
    for track in found.tracks:
        np.testing.assert_allclose(part(track.samples, 12.5, 29.5), part(a + b, 12.5, 29.5), atol=1e-6)


def test_the_same_voice_twice_is_not_taken_apart(talk):
    _, _, speaking = talk
    one = voice(150, (500, 1500), 3)
    both = one * speaking.max(0).repeat(FRAME)
    voices = Voices.learn(both, speaking)
    assert voices is not None
    assert voices.clarity.mean() < 0.4
    assert not voices.unlike
    assert not separate(Audio(both), speaking).in_overlap


def test_evidence_of_the_sound_corrects_probabilities(talk):
    a, b, speaking = talk
    unsure = speaking.copy()
    unsure[1, (14 * 25) : (16 * 25)] = 0.4  # in truth B speaks
    unsure[1, (4 * 25) : (6 * 25)] = 0.4  # in truth A is alone
    voices = Voices.learn(a + b, unsure)
    assert voices is not None
    found = tell_apart(a + b, unsure, voices)
    assert found[1, round(14.5 * 25) : round(15.5 * 25)].min() > 0.5
    assert found[1, round(4.5 * 25) : round(5.5 * 25)].max() < 0.3
    assert (found >= 0).all()
    assert (found <= 1).all()
    nobody = 33 * 25
    np.testing.assert_allclose(found[:, nobody:], unsure[:, nobody:], atol=0.01)


@pytest.mark.parametrize("length", [0, 1, 700])
def test_hardly_any_sound(length):
    found = separate(Audio(np.zeros(length, np.float32)), np.full((2, 1), 0.5, np.float32))
    assert [len(track) for track in found.tracks] == [length, length]


def test_what_was_taken_apart_last_is_kept_as_long_as_the_sound_is_there():
    from visavis.perception.separation import _LAST

    sound = Audio(0.1 * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE).astype(np.float32))
    speaking = np.zeros((2, 50), np.float32)
    speaking[0, :25], speaking[1, 25:] = 1, 1
    first = separate(sound, speaking)
    assert separate(sound, speaking.copy()) is first
    assert separate(sound, speaking[::-1]) is not first
    del sound
    assert not _LAST

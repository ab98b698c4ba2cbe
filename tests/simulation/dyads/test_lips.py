import numpy as np
import pytest

from visavis.conversation import Interval
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.motion.spaces import ARKIT_SHAPES
from visavis.perception.words.phones import BILABIALS, PHONES, VOWELS
from visavis.simulation.dyads.lips import lip_curves
from visavis.simulation.voices import get_voice

TEXT = "Bob and my mother moved a big piano, but Phil found five good books. Why should I choose the blue shoes?"


def column(curves, name):
    return curves[:, ARKIT_SHAPES.index(name)]


def at(curves, name, phone, fps=25.0):
    """The value in the frame that holds the middle of `phone`."""
    return column(curves, name)[min(int((phone.start + phone.end) / 2 * fps), len(curves) - 1)]


def spell(*labels, each=0.12):
    return tuple(Interval(label, i * each, (i + 1) * each) for i, label in enumerate(labels))


@pytest.fixture(scope="module")
def spoken():
    speech = get_voice("builtin:ben").say(TEXT, 3)
    return speech, lip_curves(speech.phones, speech.audio, speech.audio.duration, seed=1)


def test_shape_and_range(spoken):
    speech, curves = spoken
    assert curves.shape == (round(speech.audio.duration * 25), 52)
    assert curves.dtype == np.float32
    assert curves.min() >= 0
    assert curves.max() <= 1
    assert not curves[:, [i for i, n in enumerate(ARKIT_SHAPES) if n.startswith(("eye", "brow"))]].any()


@pytest.mark.parametrize("seed", range(5))
def test_bilabials_close_the_mouth(spoken, seed):
    speech, _ = spoken
    curves = lip_curves(speech.phones, speech.audio, speech.audio.duration, seed=seed)
    gap = column(curves, "jawOpen") - column(curves, "mouthClose")
    for phone in speech.phones:
        if phone.label in BILABIALS:
            around = gap[int(phone.start * 25) : int(phone.end * 25) + 1]
            assert around.min() < 0.02, phone
            assert at(curves, "mouthPressLeft", phone) > 0.05


def test_vowels_open_wider_than_consonants(spoken):
    speech, curves = spoken
    vowels = [at(curves, "jawOpen", p) for p in speech.phones if p.label in VOWELS]
    consonants = [at(curves, "jawOpen", p) for p in speech.phones if p.label in PHONES - VOWELS]
    assert np.mean(vowels) > 2 * np.mean(consonants)


def test_each_sound_has_its_shape():
    for vowel, name, more_than in (
        ("AA", "jawOpen", "IY"),
        ("UW", "mouthPucker", "AA"),
        ("AO", "mouthFunnel", "IY"),
        ("IY", "mouthStretchLeft", "UW"),
        ("AE", "mouthLowerDownLeft", "UW"),
    ):
        one, other = (
            column(lip_curves(spell("SIL", v, "SIL", each=0.3), None, 0.9), name).max() for v in (vowel, more_than)
        )
        assert one > 1.5 * other, (vowel, name)
    tucked = lip_curves(spell("AA", "F", "AA"), None, 0.36)
    assert column(tucked, "mouthRollLower")[4] > 0.1
    assert column(lip_curves(spell("AA", "TH", "AA"), None, 0.36), "tongueOut")[4] > 0.05


def test_sounds_are_coloured_by_their_neighbours():
    rounded = lip_curves(spell("UW", "T", "UW"), None, 0.36)
    plain = lip_curves(spell("IY", "T", "IY"), None, 0.36)
    assert column(rounded, "mouthPucker")[4] > column(plain, "mouthPucker")[4] + 0.2


def test_louder_vowels_open_wider():
    phones = spell("SIL", "AE", "SIL", "AE", "SIL", each=0.16)
    noise = np.random.default_rng(0).standard_normal(round(0.8 * 16_000)) * 0.2
    noise[: round(0.4 * 16_000)] *= 0.1
    jaw = column(lip_curves(phones, Audio(noise), 0.8), "jawOpen")
    assert jaw[10:].max() > 1.3 * jaw[:10].max()


def test_silence_is_still_and_shut():
    curves = lip_curves((), None, 4.0, seed=1)
    assert np.ptp(curves, axis=0).max() < 1e-3
    assert column(curves, "jawOpen").max() < 0.05


def test_the_seed_is_a_person():
    phones = spell("AA", "B", "AE", "S")
    assert np.array_equal(lip_curves(phones, None, 0.5, seed=4), lip_curves(phones, None, 0.5, seed=4))
    assert not np.array_equal(lip_curves(phones, None, 0.5, seed=4), lip_curves(phones, None, 0.5, seed=5))


def test_long_recordings_do_not_depend_on_where_they_are_cut():
    speech = get_voice("builtin:ben").say(TEXT, 3)
    late = 9.5  # the phones now lie across the inner chunks' edges
    moved = [Interval(p.label, p.start + late, p.end + late) for p in speech.phones]
    here = lip_curves(speech.phones, None, speech.audio.duration, fps=100.0)
    there = lip_curves(moved, None, speech.audio.duration + late, fps=100.0)
    np.testing.assert_allclose(there[980:1300], here[30:350], atol=2e-3)


def test_frame_rates_agree():
    speech = get_voice("builtin:ada").say("We bought a new piano.", 1)
    slow, fast = (lip_curves(speech.phones, None, 2.0, fps=fps) for fps in (25.0, 100.0))
    np.testing.assert_allclose(fast.reshape(50, 4, 52).mean(1), slow, atol=1e-5)


@pytest.mark.parametrize(
    ("phones", "message"),
    [((Interval("AH0", 0.0, 0.1),), "AH0"), ((Interval("AA", 0.0, 0.3), Interval("B", 0.1, 0.4)), "begins before")],
)
def test_bad_phones_are_refused(phones, message):
    with pytest.raises(InputError, match=message):
        lip_curves(phones, None, 1.0)

"""One file or two as a recording of two people: who is where, on which clock, and what is said of it."""

import numpy as np
import pytest
import soundfile
from scipy.signal import correlate

from crosstalk_toys import carrying, drifting, dyad, encoded, late, narrowed, room, telephone, write_tracks
from visavis.errors import InputError
from visavis.media import open_recording

SECONDS = 20.0


@pytest.fixture(scope="module")
def voices():
    a, b, _ = dyad(4, SECONDS)
    return a, b


@pytest.fixture
def wav(tmp_path):
    """Writes a sound, (N,) or (channels, N), and says where."""

    def write(name, sound, rate=16_000):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, np.asarray(sound).T, rate)
        return path

    return write


def alike(sound, other, start=0.0):
    """How well one sound agrees with another that begins at `start` seconds, give or take a codec's delay."""
    begin = round(start * 16_000)
    shifted = sound.samples[begin : begin + len(other)]
    product = correlate(shifted, other[: len(shifted)], "full", "fft")
    near = product[len(shifted) - 801 : len(shifted) + 800]
    return near.max() / np.sqrt((shifted**2).sum() * (other[: len(shifted)] ** 2).sum())


# Two files: a voice that is in the other's track


@pytest.mark.parametrize(("ms", "db", "path"), [(400, -6, None), (120, -12, telephone), (250, -8, room)])
def test_what_a_track_carries_of_the_other_is_told_and_taken_out(wav, voices, ms, db, path):
    a, b = voices
    track = carrying(a, b, ms, db, path or (lambda sound: sound))
    recording = open_recording([wav("a", track), wav("b", b)])
    (told,) = [note for note in recording.notes if "carries" in note]
    assert told.startswith("A's track carries B's voice, ")
    assert "ms late" in told
    assert alike(recording.voices[0], a) > max(alike(recording.mixed, a), 0.95)
    np.testing.assert_allclose(recording.mixed.samples, (track + b) / 2, atol=1e-3)  # what was recorded stays


@pytest.mark.parametrize(("ms", "db"), [(180, -3), (40, -6), (1500, -9)])
def test_who_never_speaks_and_whose_track_holds_an_echo_listens(wav, voices, ms, db):
    a, _ = voices
    for names in ("ab", "ba"):
        paths = {"a": wav("a", a), "b": wav("b", carrying(1e-4 * a[::-1], a, ms, db))}
        recording = open_recording([paths[name] for name in names])
        me, other = "BA" if names == "ab" else "AB"
        assert f"{me}'s track carries {other}'s voice, {ms} ms late" in recording.notes[0]
        assert f"{me}'s track holds nothing but that echo: {me} is taken to listen" in recording.notes[1]
        silent = recording.voices["AB".index(me)].samples
        assert np.std(silent) < 0.1 * np.std(a)


def test_channels_whose_echo_is_all_there_is_are_the_earlier_one(wav, voices):
    a, _ = voices
    recording = open_recording([wav("call", np.stack([a, carrying(0 * a, a, 180, -3)]))])
    assert recording.voices is None
    np.testing.assert_allclose(recording.mixed.samples, a, atol=1e-4)
    assert any("180 ms late; it is not used" in note for note in recording.notes)


def test_both_can_carry_the_other(wav, voices):
    a, b = voices
    recording = open_recording([wav("a", carrying(a, b, 200, -8)), wav("b", carrying(b, a, 120, -10))])
    told = [note for note in recording.notes if "carries" in note]
    assert [note[:22] for note in told] == ["A's track carries B's ", "B's track carries A's "]


def test_clean_tracks_and_faint_leaks_are_as_recorded(wav, voices):
    a, b = voices
    for x, y in ((a, b), (carrying(a, b, 0, -20), carrying(b, a, 0, -20))):
        recording = open_recording([wav("a", x), wav("b", y)])
        assert recording.notes == ()
        np.testing.assert_allclose(recording.voices[0].samples, x, atol=1e-4)


# Two files: the same sound


@pytest.mark.parametrize(
    "change",
    [encoded, narrowed, lambda sound: 0.2 * sound, lambda sound: sound[16_000:], lambda sound: sound[:240_000]],
)
def test_the_same_sound_twice_is_refused(wav, voices, change):
    both = voices[0] + voices[1]
    with pytest.raises(InputError, match=r"contain the same audio.* hold the same sound; pass only one"):
        open_recording([wav("one", both), wav("two", change(both))])


def test_two_silent_files_are_not_the_same_sound(wav):
    nothing = np.zeros(32_000)
    assert any("silent" in note for note in open_recording([wav("a", nothing), wav("b", nothing)]).notes)


# Two files: their clock


@pytest.mark.parametrize(("suffix", "codec", "rate"), [("mka", "libopus", 48_000), ("ts", "aac", 48_000)])
@pytest.mark.parametrize("first", [0.0, 3600.0])
def test_who_joins_later_is_heard_from_then_on(tmp_path, voices, suffix, codec, rate, first):
    a, b = voices
    paths = [
        write_tracks(tmp_path / f"a.{suffix}", a, codec=codec, rate=rate, start=first),
        write_tracks(tmp_path / f"b.{suffix}", b, codec=codec, rate=rate, start=first + 5.0),
    ]
    recording = open_recording(paths)
    assert recording.begins == pytest.approx((0.0, 5.0), abs=0.03)
    assert recording.mixed.duration == pytest.approx(SECONDS + 5.0, abs=0.1)
    assert alike(recording.voices[1], b, recording.begins[1]) > 0.9
    assert not recording.voices[1].slice(0, 4.9).samples.any()
    told = " ".join(recording.notes)
    assert "b." in told
    assert "begins 5.0 s after the other file" in told
    assert "assumed to start together" not in told
    assert "truncated" not in told
    swapped = open_recording(paths[::-1])
    assert swapped.begins == pytest.approx((5.0, 0.0), abs=0.03)


def test_clocks_that_do_not_meet_are_no_common_clock(tmp_path, voices):
    a, b = voices
    paths = [
        write_tracks(tmp_path / "a.ts", a, codec="aac", start=100.0),
        write_tracks(tmp_path / "b.ts", b, codec="aac", start=9000.0),
    ]
    recording = open_recording(paths)
    assert recording.begins == (0.0, 0.0)
    (told,) = [note for note in recording.notes if "time stamps" in note]
    assert "2.5 h after" in told
    assert "assumed to start together" in told


@pytest.mark.parametrize(("name", "codec"), [("b.wav", "pcm_s16le"), ("b.mka", "libopus")])
def test_files_without_a_common_clock_start_together(tmp_path, wav, voices, name, codec):
    a, b = voices
    first = wav("a", a)
    second = write_tracks(tmp_path / name, b[:-48_000], codec=codec, start=0.0 if name == "b.wav" else 5.0)
    recording = open_recording([first, second])
    assert recording.begins == (0.0, 0.0)
    assert any("assumed to start together" in note for note in recording.notes)


KINDS_OF_CLOCK = {
    "mka": "libopus", "webm": "libopus", "mp4": "aac", "mov": "aac", "ogg": "libopus", "nut": "libopus", "flv": "aac",
}  # fmt: skip


@pytest.mark.parametrize("kinds", ["mp4 mka", "mov webm", "ogg mka", "mka ogg", "flv mp4", "nut mka", "mka flv"])
def test_kinds_that_count_from_the_sessions_begin_share_its_clock(tmp_path, voices, kinds):
    first, second = kinds.split()
    paths = [
        write_tracks(tmp_path / f"{name}.{suffix}", voice, codec=KINDS_OF_CLOCK[suffix], start=start)
        for name, suffix, voice, start in zip("ab", (first, second), voices, (0.0, 5.0), strict=True)
    ]
    recording = open_recording(paths)
    assert recording.begins == pytest.approx((0.0, 5.0), abs=0.09)
    assert alike(recording.voices[1], voices[1], recording.begins[1]) > 0.9
    assert any(f"b.{second}: begins " in note for note in recording.notes)
    assert not any("together" in note or "truncated" in note for note in recording.notes)


@pytest.mark.parametrize("kinds", ["wav mka", "mp3 mp4", "flac ogg", "mka ts", "wav ts"])
def test_a_start_that_the_other_file_has_no_clock_for_is_said_not_to_be_used(tmp_path, voices, kinds):
    codecs = {**KINDS_OF_CLOCK, "wav": "pcm_s16le", "mp3": "libmp3lame", "flac": "flac", "ts": "aac"}
    first, second = kinds.split()
    paths = [
        write_tracks(tmp_path / f"{name}.{suffix}", voice[: 6 * 16_000], codec=codecs[suffix], start=start)
        for name, suffix, voice, start in zip("ab", (first, second), voices, (0.0, 5.0), strict=True)
    ]
    recording = open_recording(paths)
    assert recording.begins == (0.0, 0.0)
    (told,) = [note for note in recording.notes if "time stamps" in note]
    assert told.startswith(f"b.{second}: its time stamps begin at ")
    assert "that is not used, as the other file has no clock to compare it with" in told


def test_an_encoders_delay_is_no_start(tmp_path, voices):
    a, b = voices
    paths = [
        write_tracks(tmp_path / "a.mp3", a, codec="libmp3lame", rate=44_100),
        write_tracks(tmp_path / "b.mp3", b, codec="libmp3lame", rate=16_000),
    ]
    assert open_recording(paths).begins == (0.0, 0.0)


# One file: tracks


def test_two_tracks_of_one_person_each_are_two_people(tmp_path, voices):
    a, b = voices
    recording = open_recording([write_tracks(tmp_path / "call.mka", a, b)])
    assert alike(recording.voices[0], a) > 0.9
    assert alike(recording.voices[1], b) > 0.9
    assert recording.notes == (f"call.mka: one person per track: one voice dominates {share(recording)} % of the time",)


def share(recording):
    return recording.notes[0].rpartition("dominates ")[2].partition(" %")[0]


def test_tracks_that_carry_each_other_are_two_people(tmp_path, voices):
    a, b = voices
    recording = open_recording([write_tracks(tmp_path / "call.mka", carrying(a, b, 300, -6), b)])
    assert recording.voices is not None
    assert any("track 1 carries the voice of track 2, 30" in note for note in recording.notes)


@pytest.mark.parametrize("kind", ["same mix", "stereo of it", "two languages", "commentary"])
def test_tracks_of_both_people_are_not_two_people(tmp_path, voices, kind):
    a, b = voices
    both = a + b
    c, d, _ = dyad(2, SECONDS)
    rng = np.random.default_rng(0)
    music = 0.015 * rng.standard_normal(len(a), dtype=np.float32)
    tracks = {
        "same mix": (both, encoded(both)),
        "stereo of it": (both, np.stack([0.8 * a + 0.6 * b, 0.6 * a + 0.8 * b])),
        "two languages": (both + music, late(both, 150)[: len(both)] * 0.2 + c + d + music),
        "commentary": (both, 0.5 * both + c),
    }[kind]
    recording = open_recording([write_tracks(tmp_path / "film.mkv", *tracks)])
    assert recording.voices is None
    assert alike(recording.mixed, both) > 0.9
    (told,) = [note for note in recording.notes if "2 audio tracks" in note]
    assert "number 1 is used" in told
    assert ("both hold the same sound" in told) == (kind in ("same mix", "stereo of it"))


def test_of_three_tracks_the_two_people_are_used(tmp_path, voices):
    a, b = voices
    recording = open_recording([write_tracks(tmp_path / "capture.mkv", a + b, a, b)])
    assert alike(recording.voices[0], a) > 0.9
    assert alike(recording.voices[1], b) > 0.9
    assert any("of 3 audio tracks, 2 and 3 are used" in note for note in recording.notes)


@pytest.mark.parametrize("order", ["mix A", "A mix", "mix B", "B mix", "half A", "A half"])
def test_a_mix_beside_one_of_its_people_is_two_people(tmp_path, voices, order):
    """Whichever comes first, the other's voice is what the mix has besides."""
    a, b = voices
    sounds = {"A": a, "B": b, "mix": a + b, "half": 0.5 * (a + b)}
    names = order.split()
    recording = open_recording([write_tracks(tmp_path / "capture.mkv", *(sounds[name] for name in names))])
    own = next(i for i, name in enumerate(names) if name in "AB")
    assert alike(recording.voices[own], sounds[names[own]]) > 0.95
    assert alike(recording.voices[1 - own], b if names[own] == "A" else a) > 0.95
    (told,) = recording.notes
    assert f"track {2 - own} holds both people, track {own + 1} one of them" in told


@pytest.mark.parametrize("order", ["mix A B", "A mix B", "A B mix", "B mix A"])
def test_the_mix_among_three_tracks_is_passed_over(tmp_path, voices, order):
    a, b = voices
    sounds = {"A": a, "B": 0.25 * b, "mix": a + 0.25 * b}
    names = order.split()
    recording = open_recording([write_tracks(tmp_path / "capture.mkv", *(sounds[name] for name in names))])
    people = [name for name in names if name != "mix"]
    for voice, name in zip(recording.voices, people, strict=True):
        assert alike(voice, sounds[name]) > 0.95


@pytest.mark.parametrize("change", [room, drifting, lambda sound: late(sound, 10)])
def test_one_person_whose_mix_was_recorded_otherwise_yields_to_the_mix(tmp_path, voices, change):
    """The two cannot be told apart, but the mix is where everybody is heard."""
    a, b = voices
    mixed = change(a + b)
    recording = open_recording([write_tracks(tmp_path / "capture.mkv", a, mixed)])
    assert recording.voices is None
    assert alike(recording.mixed, mixed) > 0.9
    assert any("number 2 is used" in note for note in recording.notes)


def test_a_silent_first_track_is_passed_over(tmp_path, voices):
    both = voices[0] + voices[1]
    recording = open_recording([write_tracks(tmp_path / "capture.mkv", 0 * both, both)])
    assert alike(recording.mixed, both) > 0.9
    assert any("number 2 is used" in note for note in recording.notes)
    assert not any("silent" in note for note in recording.notes)


def test_a_stereo_track_of_one_person_per_channel_among_others_is_two_people(tmp_path, voices):
    a, b = voices
    recording = open_recording([write_tracks(tmp_path / "call.mkv", np.stack([a, b]), a + b)])
    assert alike(recording.voices[0], a) > 0.9
    assert alike(recording.voices[1], b) > 0.9


# One file: channels


@pytest.mark.parametrize(("ms", "db"), [(400, -6), (120, -3), (-250, -8)])
def test_channels_that_carry_the_other_late_are_two_people(wav, voices, ms, db):
    a, b = voices
    recording = open_recording([wav("call", np.stack([carrying(a, b, ms, db), b]))])
    assert recording.voices is not None
    assert alike(recording.voices[0], a) > 0.95
    assert any("one person per channel" in note for note in recording.notes)
    assert any("the first channel carries the voice of the second channel" in note for note in recording.notes)


@pytest.mark.parametrize("ms", [15, 40, 700])
def test_channels_that_are_one_sound_after_a_delay_are_a_mix(wav, voices, ms):
    both = voices[0] + voices[1]
    recording = open_recording([wav("wide", np.stack([late(both, ms), both]))])
    assert recording.voices is None
    if ms > 25:
        assert f"wide.wav: the first channel is the second channel {ms} ms late; it is not used" in recording.notes
        np.testing.assert_allclose(recording.mixed.samples, both, atol=1e-4)


# The files of the failing cases


@pytest.fixture(scope="module")
def cases(real_data):
    folder = real_data / "cases"
    if not folder.is_dir():
        pytest.skip(f"needs the failing inputs, which are not here: {folder}")
    return folder


def test_case_echo(cases):
    recording = open_recording([cases / "echo_a.opus", cases / "echo_b.opus"])
    assert any(note.startswith("A's track carries B's voice, 400 ms late") for note in recording.notes)


def test_case_the_same_call_twice(cases):
    with pytest.raises(InputError, match="same audio"):
        open_recording([cases / "same_twice_1.mp3", cases / "same_twice_2.opus"])


def test_case_a_room_that_is_joined(cases):
    recording = open_recording([cases / "room_a.mka", cases / "room_b_joins_at_5s.mka"])
    assert recording.begins == pytest.approx((0.0, 5.0), abs=0.01)
    assert not any("truncated" in note or "together" in note for note in recording.notes)


def test_case_two_people_on_two_tracks(cases):
    assert open_recording([cases / "two_people_two_tracks.mka"]).voices is not None

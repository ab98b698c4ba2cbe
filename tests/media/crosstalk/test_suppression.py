"""A person's own voice is left of a track that carried the other's too."""

from functools import partial

import numpy as np
import pytest

from crosstalk_toys import carrying, drifting, dyad, encoded, late, level, narrowed, room, telephone, two_paths
from visavis.media.crosstalk.spectrogram import Spectrogram, turned_down
from visavis.media.crosstalk.suppression import find_suppression

MP3 = partial(encoded, codec="libmp3lame", form="mp3", bit_rate=24_000, rate=16_000)


def own(*tracks):
    """What is left of two tracks, and what was found in them."""
    found = find_suppression(tuple(Spectrogram.of(track) for track in tracks))
    return [turned_down(t, f.gains) if f else t for t, f in zip(tracks, found, strict=True)], found


@pytest.mark.parametrize(
    ("ms", "db", "path"),
    [(400, -6, None), (40, -3, None), (1000, -10, None), (-300, -8, None), (0, -6, None), (120, -12, telephone),
     (250, -10, room), (200, -8, two_paths), (250, -8, drifting), (250, -8, encoded), (250, -8, MP3)],
)  # fmt: skip
def test_the_others_voice_is_taken_out_and_ones_own_stays(ms, db, path):
    a, b, (speaks, other) = dyad()
    track = carrying(a, b, ms, db, path or (lambda sound: sound))
    (left, untouched), found = own(track, b)
    assert found[1] is None
    assert untouched is b
    listening, talking = other & ~speaks, speaks & ~other
    assert level(left, listening) < level(track, listening) - 12
    assert level(left, talking) == pytest.approx(level(a, talking), abs=0.5)
    both = speaks & other
    assert level(left, both) == pytest.approx(level(a, both), abs=3.5)


@pytest.mark.parametrize("path", [telephone, narrowed, MP3])
def test_what_the_others_own_track_lacks_goes_the_way_of_the_rest(path):
    """The copy came by a better line than the other's own recording."""
    a, b, (speaks, other) = dyad()
    track, listening = carrying(a, b, 200, -6), other & ~speaks
    (left, _), found = own(track, path(b))
    assert found[0] is not None
    assert level(left, listening) < level(track, listening) - 10
    assert level(left, speaks & ~other) == pytest.approx(level(a, speaks & ~other), abs=0.7)


def test_what_is_too_faint_to_be_heard_needs_no_more_than_sink_into_the_noise():
    a, b, (speaks, other) = dyad()
    track = carrying(a, b, 300, -20)
    (left, _), _ = own(track, b)
    listening = other & ~speaks
    assert level(left, listening) < level(track, listening) - 8


@pytest.mark.parametrize(("a_carries", "b_carries"), [((250, -8), (150, -6)), ((60, -6), (60, -6)), ((0, -6), (0, -6))])
def test_each_can_carry_the_other(a_carries, b_carries):
    a, b, speaking = dyad(1, 40.0)
    tracks = carrying(a, b, *a_carries), carrying(b, a, *b_carries)
    left, found = own(*tracks)
    for person, voice, ms in ((0, a, a_carries[0]), (1, b, b_carries[0])):
        assert 1000 * found[person].copies.seconds == pytest.approx(ms, abs=15)
        listening, talking = speaking[1 - person] & ~speaking[person], speaking[person] & ~speaking[1 - person]
        assert level(left[person], listening) < level(tracks[person], listening) - 15
        assert level(left[person], talking) == pytest.approx(level(voice, talking), abs=1.5)


@pytest.mark.parametrize(("seed", "ms", "db"), [(1, 180, -3), (4, 400, -3), (2, 900, -3), (4, 1500, -6)])
def test_each_can_carry_the_other_loudly_and_as_late(seed, ms, db):
    a, b, _ = dyad(seed)
    tracks = carrying(a, b, ms, db), carrying(b, a, ms, db)
    left, _ = own(*tracks)
    for person, (voice, other) in enumerate(((a, b), (b, a))):
        mine, echo = (
            np.square(sound[: len(a) // 640 * 640]).reshape(-1, 640).mean(1) for sound in (voice, late(other, ms))
        )
        assert level(left[person], echo > 60 * mine) < level(tracks[person], echo > 60 * mine) - 12
        assert level(left[person], mine > 60 * echo) == pytest.approx(level(voice, mine > 60 * echo), abs=1)


def test_where_the_other_is_silent_nothing_changes():
    a, b, (_, other) = dyad()
    track = carrying(a, b, 100, -8)
    (left, _), _ = own(track, b)
    reach = np.ones(2 * 25 + 1)
    near = np.convolve(other, reach, "same") > 0
    away = np.repeat(~near, 640)
    away = np.pad(away, (0, len(track)))[: len(track)]
    assert away.sum() > 16_000
    assert np.array_equal(left[away], track[away])


def test_two_tracks_without_copies_are_left_alone():
    a, b, _ = dyad()
    _, found = own(a, b)
    assert found == (None, None)

"""Frames of any rate and channels on one clock; each says by its level which one it is."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from visavis.errors import InputError
from visavis.media.sound import Allowance, Sound


def frame(level: float, rate: int = 16_000, channels: int = 1, seconds: float = 0.02) -> av.AudioFrame:
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels]
    values = np.full((channels, round(rate * seconds)), level, np.float32)
    made = av.AudioFrame.from_ndarray(values, format="fltp", layout=layout)
    made.sample_rate = rate
    return made


def sound() -> Sound:
    return Sound(Path("x.wav"), Allowance(Path("x.wav")))


def levels(made: Sound, channel: int = 0) -> list[float]:
    """Of each 20 ms."""
    samples = made.finish()[channel].samples
    return np.round(samples[: len(samples) // 320 * 320].reshape(-1, 320).mean(1), 2).tolist()


def test_frames_follow_each_other():
    made = sound()
    for i in range(10):
        made.add(frame(i / 20), i * 0.02)
    assert made.seconds == pytest.approx(0.2)
    assert levels(made) == pytest.approx([i / 20 for i in range(10)], abs=0.011)


def test_gaps_become_silence_and_overlaps_are_dropped():
    made = sound()
    for i, time in enumerate([0.0, 0.02, 0.3, 0.32, 0.22, 0.34]):
        made.add(frame(0.1 * (i + 1)), time)
    told = levels(made)
    assert len(told) == 18
    assert told[3:14] == [0.0] * 11
    assert told[15:17] == pytest.approx([0.3, 0.4], abs=0.011)


@pytest.mark.parametrize("wrong", [3.0, 0.5, 1800.0])
def test_one_wrong_time_stamp_makes_no_gap(wrong):
    made = sound()
    for i in range(20):
        made.add(frame(0.2), wrong if i == 10 else i * 0.02)
    assert made.seconds == pytest.approx(0.4)
    assert levels(made)[1:-1] == pytest.approx([0.2] * 18, abs=0.011)


def test_a_gap_before_the_last_frame_is_believed():
    made = sound()
    made.add(frame(0.2), 0.0)
    made.add(frame(0.4), 1.0)
    assert len(made.finish()[0]) == round(1.02 * 16_000)


def test_sound_without_time_stamps_is_counted():
    made = sound()
    for _ in range(10):
        made.add(frame(0.2), None)
    assert made.seconds == pytest.approx(0.2)


@pytest.mark.parametrize(
    "kinds",
    [[(16_000, 1), (48_000, 2)], [(44_100, 2), (8_000, 1)], [(48_000, 6), (32_000, 2)], [(22_050, 2), (48_000, 6)]],
)
def test_another_rate_and_other_channels_go_on_without_a_gap(kinds):
    made = sound()
    for level, (rate, channels) in zip((0.2, 0.4), kinds, strict=True):
        for _ in range(50):
            made.add(frame(level, rate, channels), None)
    assert made.first_rate == kinds[0][0]
    assert made.seconds == pytest.approx(2.0, abs=0.01)
    channels = made.finish()
    assert len(channels) == (2 if any(count == 2 for _, count in kinds) else 1)
    for channel in channels:
        assert len(channel) == pytest.approx(32_000, abs=160)
        assert channel.samples[4000:12_000] == pytest.approx(0.2, abs=0.01)
        assert channel.samples[20_000:28_000] == pytest.approx(0.4, abs=0.01)


def test_many_changes_do_not_add_up():
    made = sound()
    for i in range(40):
        rate = (11_025, 44_100, 8_000)[i % 3]
        for _ in range(5):
            made.add(frame(0.2, rate), None)
    assert len(made.finish()[0]) == pytest.approx(made.seconds * 16_000, abs=1)


def test_silence_reaches_to_a_time():
    made = sound()
    made.begin(8_000, 1)
    made.reach(0.5)
    made.add(frame(0.3, 8_000), 0.5)
    made.reach(1.0)
    made.reach(0.2)  # has been
    assert len(made.finish()[0]) == 16_000


@pytest.mark.parametrize("rate", [1, 999, 1_000_001])
def test_rates_that_no_recording_has_are_refused(rate):
    with pytest.raises(InputError, match=f"sampled at {rate} Hz"):
        sound().add(frame(0.1, rate, seconds=2.0), 0.0)


def test_an_allowance_is_shared_and_counts_channels(monkeypatch):
    monkeypatch.setattr("visavis.media.sound.MOST_SOUND", 3)
    allowance = Allowance(Path("x.wav"))
    first, second = (Sound(Path("x.wav"), allowance) for _ in range(2))
    first.add(frame(0.1, channels=2, seconds=1.0), None)  # two of three
    second.add(frame(0.1, seconds=0.9), None)
    with pytest.raises(InputError, match="channels counted one by one"):
        second.add(frame(0.1, seconds=0.2), None)


def test_a_gap_does_not_take_more_than_there_may_be(monkeypatch):
    monkeypatch.setattr("visavis.media.sound.MOST_SOUND", 3)
    made = sound()
    made.add(frame(0.1), 0.0)
    made.add(frame(0.1), 3000.0)
    with pytest.raises(InputError, match="hours of sound"):
        made.finish()

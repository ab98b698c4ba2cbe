"""One running clock for packets whose own starts anew, is set, or errs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest

from visavis.media.packets import Clock


@dataclass
class Packet:
    pts: int | None
    dts: int | None
    duration: int = 20
    stream_index: int = 0
    time_base: Fraction = Fraction(1, 1000)
    is_discard: bool = False


class Container:
    def __init__(self, start: float | None = 0.0):
        self.start_time = None if start is None else round(start * 1e6)


def run(times, stream=0, start: float | None = 0.0, duration=20, clock=None) -> list[float]:
    """Seconds from time zero at which packets lie whose own clock shows these milliseconds."""
    clock = clock or Clock()
    clock.enter(Container(start))
    packets = [Packet(t, t, duration, stream) for t in times]
    for packet in packets:
        clock.place(packet)
    return [(packet.pts or 0) / 1000 - clock.zero for packet in packets]


def steps(first: int, count: int, by: int = 20) -> list[int]:
    return list(range(first, first + count * by, by))


def test_a_clock_that_goes_on_is_left_alone():
    assert run(steps(0, 50)) == [t / 1000 for t in steps(0, 50)]
    assert run(steps(1400, 50), start=1.4) == pytest.approx([t / 1000 for t in steps(0, 50)])
    assert run(steps(1400, 50), start=None) == pytest.approx([t / 1000 for t in steps(0, 50)])


def test_gaps_and_overlaps_stay_what_they_are():
    """They are for the sound to fill with silence or to drop."""
    assert run([0, 20, 5000, 5020]) == [0, 0.02, 5.0, 5.02]
    assert run([0, 20, 3_500_000]) == [0, 0.02, 3500.0]
    assert run([0, 20, 40, 10, 30]) == [0, 0.02, 0.04, 0.01, 0.03]


@pytest.mark.parametrize("again", [0, 300, -500, 7])
def test_a_clock_that_starts_anew_goes_on(again):
    assert run(steps(0, 50) + steps(again, 50)) == pytest.approx([t / 1000 for t in steps(0, 100)])


@pytest.mark.parametrize("jump", [9 * 3_600_000, 10**12, 2**50])
def test_a_clock_that_is_set_forward_by_hours_goes_on(jump):
    clock = Clock()
    assert run(steps(0, 50) + steps(jump, 50), clock=clock) == pytest.approx([t / 1000 for t in steps(0, 100)])
    assert clock.breaks == [1.0]


def test_a_counter_that_overflows_goes_on():
    """33 bits of 90 kHz, as in MPEG."""
    top = 2**33 * 1000 // 90_000
    assert run(steps(top - 500, 25) + steps(0, 25), start=(top - 500) / 1000) == pytest.approx(
        [t / 1000 for t in steps(0, 50)]
    )


def test_one_wrong_time_stamp_does_not_move_the_rest():
    for wrong in (40 * 3_600_000, -3000, 4000):
        times = steps(0, 100)
        times[50] = wrong
        assert run(times)[-1] == pytest.approx(1.98, abs=0.025), wrong


def test_streams_move_together():
    """What is shown at a moment is heard at that moment, also after twenty joints."""
    clock = Clock()
    clock.enter(Container(0.0))
    moved = {0: [], 1: []}
    for _ in range(20):
        for i in range(100):
            sound, picture = Packet(20 * i, 20 * i), Packet(20 * i + 10, 20 * i + 10, 33, 1)
            for packet in (sound, picture):
                clock.place(packet)
                moved[packet.stream_index].append(packet.pts)
    apart = [b - a for a, b in zip(moved[0], moved[1], strict=True)]
    assert set(apart) == {10}
    assert moved[0][-1] == pytest.approx(19 * 2023 + 1980, abs=1)


def test_a_stream_that_lags_is_not_torn_at_a_joint():
    """The last picture of a part comes after the first sound of the next."""
    clock = Clock()
    clock.enter(Container(0.0))
    order = [*((0, t) for t in steps(0, 50)), *((1, t) for t in steps(0, 45, 20)), *((0, t) for t in steps(0, 5))]
    order += [*((1, t) for t in steps(900, 5)), *((1, t) for t in steps(0, 5))]
    packets = [Packet(t, t, 20, stream) for stream, t in order]
    for packet in packets:
        clock.place(packet)
    assert [p.pts for p in packets if p.stream_index == 0] == steps(0, 55)
    assert [p.pts for p in packets if p.stream_index == 1] == steps(0, 55)


def test_pictures_out_of_order_are_no_break():
    """Shown at 0, 160, 80, 40, 120 ms; before the first two the container does not say when they are decoded."""
    clock = Clock()
    clock.enter(Container(0.0))
    packets = [Packet(p, d, 40) for p, d in [(0, None), (160, None), (80, 0), (40, 40), (120, 80), (320, 120)]]
    for packet in packets:
        clock.place(packet)
    assert [packet.pts for packet in packets] == [0, 160, 80, 40, 120, 320]
    assert clock.breaks == []


def test_what_an_edit_list_discards_does_not_count():
    clock = Clock()
    clock.enter(Container(0.0))
    packets = [Packet(0, 0), Packet(20, 20), Packet(-900, -900, is_discard=True), Packet(40, 40)]
    for packet in packets:
        clock.place(packet)
    assert packets[-1].pts == 40
    assert clock.breaks == []


def test_another_container_goes_on_where_the_one_before_ended():
    clock = Clock()
    run(steps(0, 50), clock=clock)
    assert run(steps(0, 50), clock=clock) == pytest.approx([t / 1000 for t in steps(1000, 50)])
    assert run(steps(5000, 50), start=4.5, clock=clock)[0] == pytest.approx(2.5)


def test_packets_without_a_time_are_left_alone():
    clock = Clock()
    clock.enter(Container(None))
    packet = Packet(None, None)
    clock.place(packet)
    assert (packet.pts, packet.dts) == (None, None)


def test_a_hostile_clock_takes_no_time():
    times = [t for i in range(20_000) for t in (10**9 * (i % 7), 0)]
    assert len(run(times)) == 40_000

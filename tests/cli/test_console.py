"""Progress where there is no terminal: how long it will take, the share done, how long it took."""

import pytest

from visavis.cli import console


@pytest.fixture
def clock(monkeypatch):
    """A time that goes on when it is told to."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def wait(seconds):
        now[0] += seconds

    return wait


def lines(capsys, clock, steps):
    """What is printed if shares are done at times."""
    with console.ConsoleReporter().progress("video.mp4") as update:
        for seconds, share in steps:
            clock(seconds)
            update(share)
    return [line for line in capsys.readouterr().err.splitlines() if "done in" not in line]


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([(9, 0.01), (2, 0.02), (2, 0.05), (2, 0.07)], "video.mp4: about 2 min to go"),
        ([(1, 0.1), (4, 0.5), (4, 0.9)], None),  # five seconds are not worth a line
        ([(1, 0.001), (4, 0.002)], "video.mp4: about 67 min to go"),
        ([(1, 0.0001), (4, 0.0002)], "video.mp4: about 11.1 h to go"),
        ([(0, 0.5), (5, 0.6)], "video.mp4: about 20 s to go"),  # half of it was done before
        ([(1, 0.1), (30, 0.1), (1, 0.1)], "video.mp4: 10%"),  # nothing goes on, so nothing is estimated
    ],
)
def test_the_rest_is_estimated_once_from_the_speed_so_far(capsys, clock, steps, says):
    printed = lines(capsys, clock, steps)
    assert printed == ([says] if says else [])


def test_shares_follow_at_intervals(capsys, clock):
    printed = lines(capsys, clock, [(5, i / 100) for i in range(1, 41)])
    assert printed[0] == "video.mp4: about 8 min to go"
    assert len([line for line in printed if "to go" in line]) == 1
    assert 8 <= len(printed) <= 11
    assert printed[-1].endswith("%")


def test_a_step_without_shares_says_when_it_is_done(capsys, clock):
    with console.ConsoleReporter().progress("reading"):
        clock(2.5)
    assert capsys.readouterr().err == "reading: done in 2.5 s\n"

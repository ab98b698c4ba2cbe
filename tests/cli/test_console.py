"""What the executable shows while it works."""

import io
import re

import pytest

from visavis.cli.console import ConsoleReporter


@pytest.fixture
def clock(monkeypatch):
    """Seconds that go by when a test says so."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def pass_by(seconds):
        now[0] += seconds

    return pass_by


def test_without_a_terminal_a_line_now_and_then_tells_share_detail_and_time_left(capsys, clock):
    reporter = ConsoleReporter()
    with reporter.progress("training") as update:
        for step in range(1, 9):
            clock(15)
            reporter.detail(f"step {step} of 8, loss {1 / step:.3g}")
            update(step / 8)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "training: 25%, step 2 of 8, loss 0.5, about 0:01:30 left"
    assert lines[-1] == "training: done in 120.0 s"
    assert len(lines) == 5


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([(9, 0.01), (2, 0.02), (2, 0.05), (2, 0.07)], "video.mp4: 5%, about 0:01:35 left"),
        ([(1, 0.1), (4, 0.5), (4, 0.9)], None),  # five seconds are not worth a line
        ([(1, 0.001), (4, 0.002)], None),  # from one picture nothing can be told
        ([(0, 0.5), (5, 0.6), (5, 0.65), (5, 0.7)], "video.mp4: 65%, about 0:00:35 left"),  # half was done before
        ([(0, 0.0), (12, 0.001), (3, 0.021), (3, 0.041)], "video.mp4: 2%, about 0:02:27 left"),  # 12 s to start
        ([(0, 0.0), (27, 0.001)], "video.mp4: 0%"),
        ([(0, 0.0), (12, 0.001), (5, 0.002), (8, 0.003)], "video.mp4: 0%"),
        ([(1, 0.1), (9, 0.1), (1, 0.1)], None),  # nothing goes on, so nothing can be told
    ],
)
def test_what_takes_long_says_so_soon(capsys, clock, steps, says):
    with ConsoleReporter().progress("video.mp4") as update:
        for seconds, share in steps:
            clock(seconds)
            update(share)
    assert capsys.readouterr().err.splitlines()[:-1] == ([says] if says else [])


def test_what_will_be_done_is_printed_as_it_is(capsys):
    ConsoleReporter().say("layout: two people, 1.00 m apart")
    assert capsys.readouterr().err == "layout: two people, 1.00 m apart\n"


def test_what_an_earlier_run_did_took_no_time_of_this_one(capsys, clock):
    with ConsoleReporter().progress("training") as update:
        for share in (0.90, 0.91, 0.92):
            update(share)
            clock(30)
    assert capsys.readouterr().err.splitlines()[:2] == ["training: 91%", "training: 92%, about 0:04:00 left"]


def test_steps_that_count_nothing_are_told_when_they_are_done(capsys, clock):
    with ConsoleReporter().progress("reading"):
        clock(3)
    assert capsys.readouterr().err == "reading: done in 3.0 s\n"


def test_details_do_not_stay_for_the_next_step(capsys, clock):
    reporter = ConsoleReporter()
    with reporter.progress("one") as update:
        reporter.detail("step 1")
        update(0.1)
    with reporter.progress("two") as update:
        clock(30)
        update(0.5)
    assert "step 1" not in capsys.readouterr().err


def test_on_a_terminal_the_bar_tells_them_too(monkeypatch):
    from rich.console import Console

    shown = io.StringIO()
    monkeypatch.setattr("rich.console.Console", lambda **_: Console(file=shown, force_terminal=True, width=160))
    reporter = ConsoleReporter()
    with reporter.progress("training") as update:
        reporter.detail("step 3 of 6, loss 0.123 [bold]")
        update(0.5)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.getvalue())
    assert "training" in text
    assert "100%" in text
    assert "step 3 of 6, loss 0.123 [bold]" in text
    assert "Epoch" not in text

"""Work beside the main work gives what it would have given, and ends with it."""

import signal
import subprocess
import sys
import threading
import time

import pytest

from visavis.cancellation import check_cancelled
from visavis.workflows.background import BackgroundTask

STOPPED = """
import numpy as np
from visavis.cancellation import check_cancelled
from visavis.workflows.background import BackgroundTask

def multiply():
    while True:
        check_cancelled()
        np.ones((400, 400)) @ np.ones((400, 400))

with BackgroundTask(multiply):
    raise KeyboardInterrupt
"""


def test_it_runs_beside_and_gives_its_result():
    go = threading.Event()
    with BackgroundTask(lambda a, b: go.wait(10) and a + b, 1, 2) as task:
        go.set()
        assert task.result() == 3


def test_its_error_comes_with_the_result():
    with pytest.raises(ZeroDivisionError), BackgroundTask(lambda: 1 / 0) as task:
        task.result()


def test_an_error_of_the_main_work_ends_it():
    rounds = []

    def work():
        while True:
            try:
                check_cancelled()
                rounds.append(time.sleep(0.001))
            except Exception:
                rounds.append("taken for an error")

    with pytest.raises(OSError, match="torn"), BackgroundTask(work):
        raise OSError("torn")
    ended = len(rounds)
    time.sleep(0.05)
    assert len(rounds) == ended
    assert set(rounds) <= {None}


def test_a_stopped_program_ends_at_once_and_cleanly():
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", STOPPED], capture_output=True, text=True, timeout=60)
    assert time.monotonic() - start < 20
    assert done.returncode == -signal.SIGINT  # as of any interrupted program; a crash would be another signal
    assert done.stderr.strip().endswith("KeyboardInterrupt")

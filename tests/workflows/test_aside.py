"""Work beside the main work gives what it would have given, and ends with the program."""

import subprocess
import sys
import threading

import pytest

from visavis.workflows.aside import Aside

NEVER_DONE = """
import time
from visavis.workflows.aside import Aside
Aside(time.sleep, 600)
raise KeyboardInterrupt
"""


def test_it_runs_beside_and_gives_its_result():
    go = threading.Event()
    aside = Aside(lambda a, b: go.wait(10) and a + b, 1, 2)
    go.set()
    assert aside.result() == 3


def test_its_error_comes_with_the_result():
    aside = Aside(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        aside.result()


def test_the_program_does_not_wait_for_it():
    assert subprocess.run([sys.executable, "-c", NEVER_DONE], capture_output=True, timeout=60).returncode != 0

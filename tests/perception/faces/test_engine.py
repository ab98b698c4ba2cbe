"""MediaPipe is loaded so that it does no harm."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("mediapipe")

STRUCK = """
import os, signal
{before}
from visavis.perception.faces import engine
engine.load()
os.kill(os.getpid(), signal.SIGPROF)
print("alive")
"""


@pytest.mark.parametrize("before", ["", "signal.signal(signal.SIGPROF, lambda *_: print('handled'))"])
def test_a_profiling_signal_does_not_end_the_program(before):
    done = subprocess.run(
        [sys.executable, "-c", STRUCK.format(before=before)],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == (["handled"] if before else []) + ["alive"]

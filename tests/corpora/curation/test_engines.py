"""Processes of this machine: how they are stopped by a real Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

SCRIPT = """
import multiprocessing, os, signal, sys, time
from pathlib import Path
from visavis.corpora.curation import engines

def walker(item):
    lock = multiprocessing.RLock()  # as progress bars of libraries have, to be cleared up at the end
    if sys.argv[2] == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(item).write_text(str(os.getpid()))
    time.sleep(60)

if __name__ == "__main__":
    engines.PATIENCE = 1.0
    next(engines.Processes(1).run(walker, [sys.argv[1]]))
"""


@pytest.mark.parametrize("kind", ["polite", "stubborn"])
def test_a_stopped_run_leaves_no_process_behind_and_no_complaint(tmp_path, kind):
    script, begun = tmp_path / "script.py", tmp_path / "begun"
    script.write_text(SCRIPT)
    # Ctrl-C is ignored where tests run in the background.
    process = subprocess.Popen(
        [sys.executable, str(script), str(begun), kind], stderr=subprocess.PIPE, text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (begun.is_file() and begun.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in told
    if kind == "polite":
        assert told.rstrip().endswith("KeyboardInterrupt")
    worker = int(begun.read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)

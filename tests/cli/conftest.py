"""Runs the executable in this process."""

import sys

import pytest

from visavis.cli import main as cli


@pytest.fixture
def visavis(monkeypatch, capsys):
    """Arguments in, (exit code, stdout, stderr) out."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["visavis", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return run

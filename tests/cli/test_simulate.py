"""visavis simulate --reactions, as a stranger runs it."""

import pytest
from typer.testing import CliRunner

from visavis.cli.main import app
from visavis.conversation.corpus import Corpus


def test_clips_of_reactions(tmp_path):
    result = CliRunner().invoke(app, ["simulate", "-o", str(tmp_path / "c"), "--reactions", "--conversations", "2"])
    assert result.exit_code == 0
    corpus = Corpus.open(tmp_path / "c")
    assert len(corpus) == 2
    assert corpus[corpus.ids[0]].provenance["clip"]["listener"] in "AB"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--reactions", "--seconds", "30"], "omit --seconds, --voices, --workers and --space"),
        (["--reactions", "--voices", "builtin"], "omit --seconds, --voices, --workers and --space"),
        (["--reactions", "--space", "arkit-body"], "omit --seconds, --voices, --workers and --space"),
        (["--sound"], "needs --reactions"),
    ],
)
def test_options_that_do_not_go_together_are_refused(tmp_path, options, words):
    from visavis.errors import InputError

    result = CliRunner().invoke(app, ["simulate", "-o", str(tmp_path / "c"), *options])
    said = str(result.exception) if isinstance(result.exception, InputError) else result.output
    assert result.exit_code != 0
    assert words in said
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("options", [["--reactions", "--sound"], ["--seconds", "3600"]])
def test_more_than_the_disk_holds_is_refused_before_anything_is_made(tmp_path, visavis, options, monkeypatch):
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _path: usage(10**12, 0, 10**12))
    code, _, err = visavis("simulate", "-o", tmp_path / "c", "--conversations", 1_000_000, *options)
    assert code == 2
    assert "of which 1,000.0 are free" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("duration", [1e12, float("nan"), float("inf"), 0.0, -5.0])
def test_lengths_that_nobody_can_simulate_are_refused(duration):
    from visavis.errors import InputError
    from visavis.simulation.dyads import simulate

    with pytest.raises(InputError, match="at least 2 s and at most 36,000"):
        simulate(0, duration)

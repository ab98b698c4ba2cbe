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

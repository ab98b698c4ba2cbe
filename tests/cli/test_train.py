"""``visavis train``: what is refused before anything is computed."""

import pytest


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--corpus", "somewhere"], "--corpus belongs to --model visual-prompt"),
        (["--language-model", "built-in"], "--language-model belongs to --model visual-prompt"),
        (["--model", "visual-prompt", "--pairs", "p", "--workers", 1], "--workers belongs to --model motion-text"),
        (["--model", "visual-prompt", "--pairs", "p", "--set", "a.b=1"], "--set belongs to --model motion-text"),
        (["--model", "something"], "no retrieval model is called 'something'"),
    ],
)
def test_options_of_another_retrieval_model_are_refused(visavis, tmp_path, given, words):
    code, _, told = visavis("train", "retrieval", "-o", tmp_path / "run", *given)
    assert code == 2
    assert words in told
    assert not (tmp_path / "run").exists()

"""Tokenizers side by side: errors that are known, and work that is kept."""

import json

import numpy as np
import pytest

from baseline_toys import SMILES, smiling_pair
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.training.train import train
from visavis.workflows.benchmark import tokenizers
from visavis.workflows.benchmark.codecs import MotionData
from visavis.workflows.benchmark.tokenizers import TokenizersRequest, run


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizers") / "corpus"
    write_corpus((smiling_pair(seed, 8.0) for seed in range(8)), folder)
    return folder


def test_given_and_trained_tokenizers_are_rows_beside_principal_components(corpus, tmp_path):
    mine = train("tokenizer", corpus, tmp_path / "fine", preset="actions-small", device="cpu")
    presets = ("actions-debug", "conv-debug")
    report = run(TokenizersRequest(corpus, (str(mine),), presets, steps=2, device="cpu"), tmp_path / "out")
    (section,) = report.sections
    assert list(section.rows) == ["fine/model", *presets]
    fine, coarse = section.rows["fine/model"], section.rows["actions-debug"]
    assert fine["bits/s"][0] > coarse["bits/s"][0]
    assert fine["error"][0] < coarse["error"][0] < section.rows["conv-debug"]["error"][0]
    assert 0 < fine["codes used"][0] <= 1
    assert fine["PCA"][0] < 0.2
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    assert written["motion"] == "'smiles' at 25 frames/s, 2 of 3 columns move"


def test_finished_rows_are_kept(corpus, tmp_path, monkeypatch):
    request = TokenizersRequest(corpus, (), ("actions-debug",), steps=1, device="cpu")
    run(request, tmp_path / "out")
    written = (tmp_path / "out" / "report.json").read_text()
    monkeypatch.setattr(tokenizers, "train", lambda *_, **__: pytest.fail("trained again"))
    run(request, tmp_path / "out")
    assert (tmp_path / "out" / "report.json").read_text() == written


def test_a_tokenizer_of_another_space_is_a_row_that_says_so(corpus, tmp_path):
    other = tmp_path / "other"
    write_corpus((smiling_pair(seed, 8.0) for seed in range(4)), other)
    mine = train("tokenizer", other, tmp_path / "a", preset="actions-debug", device="cpu")
    wrong = _of_arkit(tmp_path / "wrong")
    request = TokenizersRequest(corpus, (str(mine), str(wrong)), (), steps=0, device="cpu")
    rows = run(request, tmp_path / "out").sections[0].rows
    assert "is of 'arkit' at 25 frames/s; measured is 'smiles'" in rows[next(n for n in rows if "wrong" in n)]


def _of_arkit(folder):
    from visavis.models.registry import get_entry
    from visavis.tokenizers import build, save_pretrained

    return save_pretrained(build(get_entry("tokenizer").load_preset("actions-debug")), folder)


def test_errors_are_in_standard_deviations_and_components_reach_them_with_bits():
    rng = np.random.default_rng(0)
    clips = {f"c{i}": [(2 * rng.standard_normal((80, 3))).astype(np.float32)] for i in range(4)}
    data = MotionData(SMILES, 25.0, clips, clips)
    off = data.errors({unit: [clip + 1] for unit, (clip,) in clips.items()})
    (squares, absolute, count, changes, _) = np.sum(list(off.values()), 0)
    assert squares / count == pytest.approx(0.25, rel=0.1)
    assert absolute / count == pytest.approx(0.5, rel=0.1)
    assert changes == pytest.approx(0, abs=1e-6)
    few, many = (sum(s[0] for s in data.components(bits).values()) for bits in (50, 1000))
    assert many < 0.2 * few


def test_nothing_to_measure_is_said(corpus, tmp_path):
    with pytest.raises(InputError, match="nothing to measure"):
        run(TokenizersRequest(corpus, steps=0), tmp_path / "out")
    assert not (tmp_path / "out").exists()

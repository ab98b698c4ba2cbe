"""Storing the built-in MARS."""

from mars_toys import tiny_mars
from visavis.models import weights
from visavis.training.built_in_mars import main


def test_a_model_on_another_base_is_not_shipped(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(weights, "root", lambda: tmp_path / "weights")
    (tmp_path / "weights").mkdir()
    trained = tiny_mars().save(tmp_path / "model", training={"command": "visavis train mars", "steps": 3})
    assert main([str(trained)]) == main([str(tmp_path)]) == main([]) == 2
    first, *others = capsys.readouterr().err.splitlines()
    assert "stands on 'tiny'" in first
    assert len(others) == 2
    assert not weights.manifest()

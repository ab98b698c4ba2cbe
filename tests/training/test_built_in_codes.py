"""Storing the built-in codes of face and body, and loading them by name."""

import torch

from visavis.models import weights
from visavis.models.mars.codes import BUILT_IN, load_tokenizer
from visavis.models.registry import get_entry
from visavis.motion import ARKIT, Motion
from visavis.motion.parts import joined
from visavis.tokenizers import MotionStatistics, build, save_pretrained
from visavis.training.built_in_codes import main

PARTS = {"face": ("expression", "eyes"), "body": ("neck", "head", "translation")}


def trained(folder, groups):
    torch.manual_seed(0)
    config = get_entry("tokenizer").load_preset("lapped-debug")
    space = ARKIT.part(groups)
    made = build(config, MotionStatistics.neutral(space), space, whole=ARKIT)
    return str(save_pretrained(made, folder, training={"steps": 3, "command": "visavis train tokenizer"}))


def test_what_is_stored_is_found_by_name(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(weights, "root", lambda: tmp_path / "weights")
    (tmp_path / "weights").mkdir()
    folders = [trained(tmp_path / name, groups) for name, groups in PARTS.items()]
    assert main(folders) == 0
    face, body = (load_tokenizer(name) for name in BUILT_IN)
    motion = Motion.zeros(9, 25.0, ARKIT)
    parts = [tokenizer.decode_motion(tokenizer.encode_motion(motion), 9) for tokenizer in (face, body)]
    assert joined(parts, face.whole).space == ARKIT
    for name in BUILT_IN:
        entry = weights.manifest()[name]
        assert entry["training"]["steps"] == 3
        assert set(entry) >= {"sha256", "command", "data", "metrics", "limits"}
        assert load_tokenizer(tmp_path / "weights" / name).space == load_tokenizer(name).space
    assert main(folders[:1]) == main([str(tmp_path), folders[0]]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_the_codes_that_ship_speak_face_and_body():
    face, body = (load_tokenizer(name) for name in BUILT_IN)
    assert face.whole == body.whole
    assert set(face.space.columns) | set(body.space.columns) == set(face.whole.columns)
    assert not set(face.space.columns) & set(body.space.columns)
    assert (face.fps, face.downsample_factor) == (body.fps, body.downsample_factor)
    size = sum(path.stat().st_size for name in BUILT_IN for path in weights.built_in(name).iterdir())
    assert size < 3_500_000

"""Training visual prompts: that they learn, resume, and refuse what is wrong."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from clip_toys import tiny_clip
from visavis.errors import InputError
from visavis.models.retrieval.clip_encoder import ClipFrames, digest_of, load_clip
from visavis.models.retrieval.visual_prompt import load_prompt
from visavis.training.prompt_pairs import read_pairs
from visavis.training.recipes.visual_prompt import PictureSampler
from visavis.training.train import train

LOOP = ("border=4", "tokens=3", "training.batch_size=4", "training.learning_rate=0.05", "training.warmup_steps=0",
        "training.ema_decay=0", "training.lr_schedule=constant", "training.save_every=1")  # fmt: skip


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return tiny_clip(tmp_path_factory.mktemp("clip") / "tiny")


@pytest.fixture
def pairs(tmp_path):
    """Bright faces are happy and dark ones sad."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(24):
        bright = i % 2 == 0
        level = 200 if bright else 50
        picture = np.clip(rng.normal(level, 20, (40, 40, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(tmp_path / f"{i}.png")
        words = ["happy", "sad"] if bright else ["sad", "happy"]
        rows.append({"pictures": [f"{i}.png"], "fitting": words[0], "contrary": [words[1], "no face"][: 1 + i % 2]})
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def run(out, pairs, clip):
    return train("visual-prompt", None, out, overrides=(*LOOP, f"data.pairs={pairs}", f"data.clip={clip}"))


def logged(path, name):
    with path.open() as file:
        return [float(row["value"]) for row in csv.DictReader(file) if row["name"] == name]


def test_a_prompt_learns_in_one_epoch_and_clip_stays(pairs, clip, tmp_path):
    before = digest_of(load_clip(clip)[0])
    folder = run(tmp_path / "run", pairs, clip)
    losses = logged(tmp_path / "run" / "log.csv", "contrast")
    assert len(losses) == 6  # one epoch of 24 pictures by four
    assert np.mean(losses[-2:]) < losses[0] - 0.01
    encoder = ClipFrames.from_pretrained(clip, prompt=folder)
    assert digest_of(encoder.model) == before
    assert encoder.name != ClipFrames.from_pretrained(clip).name


def test_a_prompt_s_training_resumes(pairs, clip, tmp_path, monkeypatch):
    whole = run(tmp_path / "whole", pairs, clip)
    original = PictureSampler.batch
    monkeypatch.setattr(PictureSampler, "batch", _stopping_at(3, original))
    with pytest.raises(RuntimeError, match="power"):
        run(tmp_path / "cut", pairs, clip)
    monkeypatch.setattr(PictureSampler, "batch", original)
    again = run(tmp_path / "cut", pairs, clip)
    assert digest_of(load_prompt(again)) == digest_of(load_prompt(whole))


def test_pairs_or_a_corpus_are_needed(clip, tmp_path):
    with pytest.raises(InputError, match=r"either --set data\.pairs=FILE or --corpus"):
        train("visual-prompt", None, tmp_path / "run", overrides=(f"data.clip={clip}",))
    assert not (tmp_path / "run").exists()


def _stopping_at(step, original):
    def batch(self, number):
        if number == step:
            raise RuntimeError("the power is cut")
        return original(self, number)

    return batch


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: not valid JSON: Expecting"),
        ('{"pictures": [], "fitting": "x", "contrary": ["y"]}', "line 1: pictures"),
        ('{"pictures": ["a.png"], "fitting": "x"}', "line 1: contrary"),
        ('{"pictures": ["a.png"], "fitting": "x", "contrary": ["y"]}', "a.png: no such image file"),
        ("", "is empty"),
    ],
)
def test_broken_pairs_are_refused_by_line(tmp_path, line, message):
    path = tmp_path / "pairs.jsonl"
    path.write_text(line)
    with pytest.raises(InputError, match=message):
        read_pairs(path)

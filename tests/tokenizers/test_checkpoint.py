"""Tokenizers in folders."""

import numpy as np
import pytest
import torch
import yaml
from test_tokenizers import batch_of, tokenizer_of, waves

from visavis.errors import InputError
from visavis.models.registry import get_entry
from visavis.motion import ARKIT, EMOCA56, Column, MotionSpace
from visavis.tokenizers import MotionStatistics, build, from_pretrained, save_pretrained

ENTRY = get_entry("tokenizer")


@pytest.fixture
def folder(tmp_path):
    return save_pretrained(tokenizer_of("conv-debug"), tmp_path / "tok", training={"steps": 3})


@pytest.mark.parametrize("name", ENTRY.presets)
def test_presets_parse(name):
    assert ENTRY.load_preset(name).family == name.split("-")[0].replace("mars", "lapped")


@pytest.mark.parametrize("preset", ["conv-debug", "lapped-debug", "transformer-debug", "actions-debug"])
def test_round_trip(preset, tmp_path):
    original = tokenizer_of(preset)
    loaded = from_pretrained(save_pretrained(original, tmp_path / "tok"), ARKIT)
    values, frames = batch_of(ARKIT, 21)
    assert loaded.config == original.config
    codes = original.encode(values, frames)
    assert torch.equal(loaded.encode(values, frames).ids, codes.ids)
    assert torch.equal(loaded.decode(codes), original.decode(codes))


def test_a_space_of_ones_own_travels_along(tmp_path):
    space = MotionSpace("tail", tuple(Column(f"tail{i}", "rad", "body") for i in range(5)))
    config = ENTRY.load_preset("conv-debug")
    statistics = MotionStatistics.measure(waves(space), space)
    loaded = from_pretrained(save_pretrained(build(config, statistics, space), tmp_path / "tok"), space)
    assert loaded.space.columns == space.columns


def test_a_tokenizer_of_another_space_is_refused(folder):
    with pytest.raises(InputError, match="tokenizer for motion space 'arkit', not 'emoca56'"):
        from_pretrained(folder, EMOCA56)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    config["space"] = EMOCA56.as_plain()
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(InputError, match="shape"):
        from_pretrained(folder)


def test_a_broken_checkpoint_is_one_line(folder, tmp_path):
    for change, message in (
        ({"model": "duet"}, "one of 'tokenizer' is needed"),
        ({"space": {"name": "mine", "columns": 3}}, "columns of"),
        ({"config.downsample_factor": 3}, "not a power of 2"),
        ({"config.surprise": 1}, "surprise"),
        ({"config.codebook": {"size": 8, "dim": 4}}, "shape"),
    ):
        config = yaml.safe_load((folder / "config.yaml").read_text())
        spoilt = save_pretrained(tokenizer_of("conv-debug"), tmp_path / "spoilt")
        for key, value in change.items():
            section, _, name = key.rpartition(".")
            (config[section] if section else config)[name] = value
        (spoilt / "config.yaml").write_text(yaml.safe_dump(config))
        with pytest.raises(InputError, match=message) as error:
            from_pretrained(spoilt)
        assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="no such checkpoint folder"):
        from_pretrained(tmp_path / "nowhere")


def test_settings_that_do_not_fit_are_named():
    for override, message in (
        ("downsample_factor=6", "not a power of 2"),
        ("window=30", "not a multiple"), ("smooth=4", "odd"), ("network.heads=3", "heads"),
        ("codebook.update=gradient", "moving averages"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message):
            ENTRY.load_preset("conv-small", (override,))
    for override, message in (("downsample_factor=1", "do not overlap"), ("codebook.unit=true", "do not add up")):
        with pytest.raises(InputError, match=message):
            ENTRY.load_preset("lapped-debug", (override,))
    with pytest.raises(InputError, match="downsample_factor=1"):
        ENTRY.load_preset("actions-small", ("downsample_factor=2",))


def test_the_card_says_what_never_moves(folder):
    assert "translation.z" in (folder / "README.md").read_text()
    assert np.isfinite(from_pretrained(folder).bits_per_second)

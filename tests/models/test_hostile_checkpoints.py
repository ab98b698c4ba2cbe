"""Checkpoints by others, of every family: what does not fit is refused by name, and before it costs memory."""

import os
import resource
import shutil

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from contract_toys import talk, tiny
from visavis.errors import InputError
from visavis.models import from_pretrained
from visavis.models.contract import people_of
from visavis.models.registry import get_entry
from visavis.motion import ARKIT
from visavis.tokenizers.checkpoint import build, save_pretrained
from visavis.tokenizers.checkpoint import from_pretrained as tokenizer_from

FAMILIES = ("duet", "dim", "l2l", "elp", "random", "nearest-audio", "nearest-motion", "listen-a", "retrieval")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of a family's checkpoint, made when first asked for."""
    folder = tmp_path_factory.mktemp("checkpoints")

    def get(name):
        if not (folder / name).exists():
            tiny(get_entry(name), ARKIT, folder / "features" / name).save(folder / name)
        return folder / name

    return get


@pytest.fixture
def copy(made, tmp_path):
    def get(name, config=None, **tensors):
        folder = shutil.copytree(made(name), tmp_path / name)
        if config is not None:
            values = yaml.safe_load((folder / "config.yaml").read_text())
            config(values)
            (folder / "config.yaml").write_text(yaml.safe_dump(values))
        for file in ("model.safetensors", "stats.safetensors"):
            kept = load_file(folder / file)
            if kept.keys() & tensors.keys():
                save_file({k: tensors[k](v) if k in tensors else v for k, v in kept.items()}, folder / file)
        return folder

    return get


def used(folder):
    model = from_pretrained(folder)
    return model.generate(talk(0, 2.0), people_of(model)[:1])


def refused(folder, says):
    with pytest.raises(InputError, match=says) as caught:
        used(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("fps", [None, 0, -25, 1e300, 1e-300, float("nan"), float("inf"), "25", True, [25], 10**400])
def test_a_frame_rate_that_nobody_films_at_is_refused(copy, fps):
    refused(copy("duet", lambda values: values.update(fps=fps)), "fps")


@pytest.mark.parametrize(
    ("name", "section", "setting", "value"),
    [
        ("duet", "network", "width", 100_000), ("duet", "network", "width", 60_000),
        ("duet", "network", "identity", 10**6),
        ("duet", None, "audio_dim", 10**9), ("duet", None, "window", 10**9), 
        ("duet", "diffusion", "train_steps", 10**9),
        ("duet", "diffusion", "guidance_scale", float("inf")), ("duet", "losses", "gaze", float("nan")),
        ("dim", "network", "layers", 10**6), ("dim", "network", "feed_forward", 10**6),
        ("dim", None, "window", 10**12),
        ("l2l", None, "codes", 10**9), ("l2l", None, "width", 65_536), 
        ("elp", None, "step", 3), ("random", None, "noise", float("inf")), ("listen-a", None, "segment", 10**9),
    ],
)  # fmt: skip
def test_sizes_are_refused_by_arithmetic(copy, name, section, setting, value):
    def change(values):
        (values["config"][section] if section else values["config"])[setting] = value

    folder = copy(name, change)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(folder, "config")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500 * 1024  # KiB


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("random", {"rows": 10**12}), ("random", {"rows": -1}), ("random", {"conversations": None}),
        ("nearest-audio", {"bank": [10**9, 10**9, 10**9]}), ("nearest-audio", {"bank": [1]}),
        ("retrieval", {"rows": 10**15}), ("retrieval", {"sources": None}), ("retrieval", {"width": "x"}),
        ("dim", {"stage": "painter"}), ("l2l", {"stage": ["network"]}),
    ],
)  # fmt: skip
def test_sizes_of_what_is_stored_are_checked(copy, name, state):
    refused(copy(name, lambda values: values["state"].update(state)), "config|state|stage|sizes|shape")


@pytest.mark.parametrize(
    ("name", "tensor", "change"),
    [
        ("l2l", "motion_mean", lambda t: t[:5].contiguous()), ("l2l", "moving", lambda t: t.float()),
        ("l2l", "sound_std", lambda t: torch.zeros(3)), ("elp", "emotions", lambda t: t[:, :2].contiguous()),
        ("nearest-audio", "key_mean", lambda t: t[None]), ("nearest-motion", "scale", lambda t: t[:0]),
        ("listen-a", "scale", lambda t: torch.tensor(1.0)), ("retrieval", "rest", lambda t: t[:3].contiguous()),
        ("retrieval", "stops", lambda t: t.flip(0)), ("retrieval", "stops", lambda t: t + 10**6),
        ("random", "starts", lambda t: torch.zeros_like(t)), ("random", "starts", lambda t: t - 10**6),
        ("nearest-audio", "bank.starts", lambda t: t + 10**6), ("duet", "velocity_basis", lambda t: t[:0]),
        ("duet", "motion_std", lambda t: t[:5].contiguous()), ("dim", "audio_mean", lambda t: t * float("nan")),
        ("duet", "network.out.weight", lambda t: t * float("inf")),
    ],
)  # fmt: skip
def test_statistics_and_positions_that_do_not_fit_are_named(copy, name, tensor, change):
    refused(copy(name, **{tensor: change}), tensor.rpartition(".")[2])


@pytest.mark.parametrize("name", ["l2l", "elp"])
def test_weights_that_are_finite_and_yet_of_no_use_end_in_a_line(copy, name):
    folder = copy(name)
    weights = load_file(folder / "model.safetensors")
    save_file(
        {k: torch.full_like(t, 3e38) if t.is_floating_point() else t for k, t in weights.items()},
        folder / "model.safetensors",
    )
    with pytest.raises(InputError, match="not finite"):
        used(folder)


def test_an_encoder_that_gives_other_features_is_refused(copy, monkeypatch):
    from visavis.features import audio

    class Narrow(audio._NAMED["log-mel"]):
        dim = 7

        def __call__(self, sound):
            found = super().__call__(sound)
            return type(found)(found.values[:, :7], found.fps, found.columns[:7])

    folders = [copy(name) for name in ("duet", "dim", "nearest-audio", "listen-a")]
    monkeypatch.setitem(audio._NAMED, "log-mel", Narrow)
    audio.get_encoder.cache_clear()
    for folder in folders:
        with pytest.raises(InputError, match=r"14 features per frame|indexed by \d+ numbers"):
            used(folder)
    audio.get_encoder.cache_clear()


@pytest.mark.parametrize(
    ("file", "make", "says"),
    [
        ("config.yaml", lambda p: os.mkfifo(p), "is a pipe"),
        ("config.yaml", lambda p: p.mkdir(), "is a folder"),
        ("config.yaml", lambda p: p.write_bytes(b"model: duet\nfps: 2026-99-99"), "fps"),
        ("config.yaml", lambda p: p.write_bytes(b"model: \xff"), "not UTF-8"),
        ("config.yaml", lambda p: p.write_bytes(b"{a: " * 5000), "not valid YAML"),
        ("model.safetensors", lambda p: os.mkfifo(p), "is a pipe"),
        ("model.safetensors", lambda p: p.write_bytes(b"\xff" * 8 + b"{}"), "not an intact safetensors file"),
        ("stats.safetensors", lambda p: p.mkdir(), "is a folder"),
        ("stats.safetensors", lambda p: p.symlink_to(p), "incomplete"),
    ],
)  # fmt: skip
def test_files_that_are_none_are_named(copy, file, make, says):
    folder = copy("duet")
    (folder / file).unlink()
    make(folder / file)
    refused(folder, says)


def test_tokenizers_are_held_to_the_same(tmp_path):
    config = get_entry("tokenizer").load_preset("conv-debug")
    folder = save_pretrained(build(config), tmp_path / "tokenizer")
    values = yaml.safe_load((folder / "config.yaml").read_text())
    for setting, value in (("width", 60_000), ("width", 10**12), ("dropout", float("nan"))):
        changed = {**values, "config": {**values["config"], "network": {**values["config"]["network"], setting: value}}}
        (folder / "config.yaml").write_text(yaml.safe_dump(changed))
        with pytest.raises(InputError, match=r"config\.yaml"):
            tokenizer_from(folder)
    (folder / "config.yaml").write_text(yaml.safe_dump(values))
    assert np.isfinite(tokenizer_from(folder).std.numpy()).all()

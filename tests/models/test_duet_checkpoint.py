"""Settings and checkpoints: round trips, and what broken or hostile ones get."""

import pickle
import sys
import types

import pytest
import torch
import yaml

from duet_toys import toy_duet
from visavis.errors import InputError
from visavis.models.batch import Condition
from visavis.models.checkpoint import from_pretrained
from visavis.models.duet import ENTRY
from visavis.models.duet.model import Duet
from visavis.motion import get_space


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    return toy_duet().save(tmp_path / "duet", training={"steps": 3})


@pytest.mark.parametrize("name", ENTRY.presets)
def test_presets_parse(name):
    config = ENTRY.load_preset(name)
    if name == "paper":
        assert (config.network.width, config.network.heads, config.window) == (512, 8, 250)
        assert (config.losses.rotation, config.losses.gaze, config.diffusion.sample_steps) == (8, 5, 8)


def test_paper_preset_takes_a_training_step():
    torch.manual_seed(0)
    model = Duet(ENTRY.load_preset("paper"), get_space("talking-together78"))
    assert 30e6 < model.parameter_count < 60e6
    speaking, seats = torch.rand(1, 2, 16), torch.zeros(1, 2, 4)
    from visavis.models.batch import DyadBatch

    batch = DyadBatch(
        Condition(torch.randn(1, 2, 16, 1536), speaking, seats, torch.zeros(1, 2, 50)), torch.randn(1, 2, 16, 78),
        torch.ones(1, 2, 16, dtype=torch.bool), torch.ones(1, 2, 78, dtype=torch.bool), torch.ones(1, dtype=torch.bool),
        torch.zeros(1, dtype=torch.bool),
    )  # fmt: skip
    before = model.network.out.weight.detach().clone()
    optimiser = torch.optim.AdamW(model.parameters(), 1e-4)
    model.loss(batch).total.backward()
    optimiser.step()
    assert not torch.equal(model.network.out.weight, before)


def test_settings_that_do_not_fit_are_named():
    for override, word in (
        ("network.width=33", "network"),
        ("nothing=1", "nothing"),
        ("overlap=60", "overlap"),
        ("x", "x"),
    ):
        with pytest.raises(InputError, match=word) as caught:
            ENTRY.load_preset("debug", (override,))
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="debug, small, paper"):
        ENTRY.load_preset("huge")


def test_round_trip(folder):
    torch.manual_seed(0)
    original, loaded = toy_duet(), from_pretrained(folder)
    assert loaded.config == original.config
    for name, tensor in original.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
    assert loaded.provenance["trained"] == {"steps": 3}
    assert (folder / "README.md").read_text().startswith("---")


def test_half_precision_is_half_the_size(tmp_path):
    model = toy_duet()
    sizes = [
        (model.save(tmp_path / str(half), half=half) / "model.safetensors").stat().st_size for half in (False, True)
    ]
    assert sizes[1] < 0.56 * sizes[0]
    from_pretrained(tmp_path / "True")


class Evil:
    def __reduce__(self):
        return exec, ("import builtins; builtins.visavis_was_here = True",)


def spoil_pickle(folder):
    (folder / "model.safetensors").write_bytes(pickle.dumps(Evil()))


def spoil_zip(folder):
    torch.save({"a": torch.zeros(2)}, folder / "stats.safetensors")


def spoil_truncated(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])


def spoil_length(folder):
    (folder / "model.safetensors").write_bytes(b"\xff" * 64)


def spoil_yaml_object(folder):
    (folder / "config.yaml").write_text("space: !!python/object/apply:os.system ['true']\n")


def spoil_yaml_bomb(folder):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 8)}]" for i in range(1, 12)]
    (folder / "config.yaml").write_text("\n".join(lines))


def spoil_yaml_deep(folder):
    (folder / "config.yaml").write_text("[" * 20_000)


def spoil_yaml_huge(folder):
    (folder / "config.yaml").write_text("x: " + "y" * 2_000_000)


def spoil_yaml_list(folder):
    (folder / "config.yaml").write_text("- 1\n")


def spoil_width(folder):
    config = yaml.safe_load((folder / "config.yaml").read_text())
    config["config"]["network"]["width"] = 64
    (folder / "config.yaml").write_text(yaml.safe_dump(config))


def spoil_model(folder):
    change(folder, model="have no motion")


def spoil_model_list(folder):
    change(folder, model=["duet"])


def spoil_format(folder):
    change(folder, format=99)


def spoil_space(folder):
    change(folder, space={"name": "mine", "columns": [["a", "furlong", "head"]]})


def spoil_space_columns(folder):
    change(folder, space={"name": "mine", "columns": [["a", "rad", "head"], ["a", "rad", "head"]]})


def spoil_fps(folder):
    change(folder, fps=-1)


def spoil_preprocessing(folder):
    change(folder, preprocessing={"version": 0})


def spoil_sections(folder):
    change(folder, config=[1, 2])


def change(folder, **values):
    config = yaml.safe_load((folder / "config.yaml").read_text())
    (folder / "config.yaml").write_text(yaml.safe_dump({**config, **values}))


def spoil_missing(folder):
    (folder / "model.safetensors").unlink()


def spoil_nan(folder):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "stats.safetensors")
    tensors["motion_std"][3] = float("nan")
    save_file(tensors, folder / "stats.safetensors")


SPOILS = [f for name, f in sorted(globals().items()) if name.startswith("spoil_")]


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda f: f.__name__)
def test_a_hostile_checkpoint_is_one_line(folder, spoil):
    spoil(folder)
    with pytest.raises(InputError) as caught:
        from_pretrained(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)
    import builtins

    assert not hasattr(builtins, "visavis_was_here")


def test_where_there_is_no_checkpoint(tmp_path):
    (tmp_path / "file").write_text("x")
    for name in (tmp_path / "nothing", tmp_path / "file", tmp_path):
        with pytest.raises(InputError):
            from_pretrained(name)


def test_another_folder_is_never_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="nothing was written"):
        toy_duet().save(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_push_uploads_the_folder(monkeypatch):
    calls = []

    class Api:
        def create_repo(self, repository, exist_ok):
            calls.append(repository)

        def upload_folder(self, repo_id, folder_path):
            calls.extend(sorted(path.name for path in folder_path.iterdir()))

    monkeypatch.setitem(sys.modules, "huggingface_hub", types.SimpleNamespace(HfApi=Api))
    assert toy_duet().push_to_hub("someone/duet").endswith("someone/duet")
    assert calls == ["someone/duet", "README.md", "config.yaml", "model.safetensors", "stats.safetensors"]


def test_a_checkpoint_of_the_first_format_is_read(folder, tmp_path):
    """As visavis 0.1 wrote it: settings at the top, the space by its name, some settings under other names."""
    values = yaml.safe_load((folder / "config.yaml").read_text())
    config = values["config"]
    config["diffusion"]["drop"] = config["diffusion"].pop("condition_dropout")
    config["diffusion"]["guidance"] = config["diffusion"].pop("guidance_scale")
    old = {"model": "duet", "space": "arkit", "fps": 25.0, **config, "training": {"steps": 3}}
    (folder / "config.yaml").write_text(yaml.safe_dump(old))
    loaded = from_pretrained(folder)
    assert loaded.config == toy_duet().config
    assert loaded.space.name == "arkit"
    assert loaded.provenance["trained"] == {"steps": 3}


def test_a_checkpoint_that_names_no_sampler_samples_as_when_it_was_made(folder):
    """Before there was a choice: DDIM, everything sampled, and the guidance that it says."""
    values = yaml.safe_load((folder / "config.yaml").read_text())
    diffusion = values["config"]["diffusion"]
    del diffusion["sampler"], diffusion["articulation"]
    diffusion["guidance_scale"] = 1.5
    (folder / "config.yaml").write_text(yaml.safe_dump(values))
    loaded = from_pretrained(folder).config.diffusion
    assert (loaded.sampler, loaded.articulation, loaded.guidance_scale) == ("ddim", "sample", 1.5)


def test_device_that_is_not_there_is_one_line(folder):
    for device in ("tpu", "quantum"):
        with pytest.raises(InputError, match="auto, cpu or cuda"):
            from_pretrained(folder, device=device)

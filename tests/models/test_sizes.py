"""The READMEs of the models say how many parameters each preset has."""

import re
from importlib import resources

import pytest

from visavis.models.dim.model import build_dim
from visavis.models.duet.model import Duet
from visavis.models.registry import get_entry
from visavis.motion import get_space

SPACES = {"duet": "talking-together78", "dim": "emoca56"}


def model(name, preset):
    space = get_space(SPACES[name] if preset == "paper" else "arkit")
    config = get_entry(name).load_preset(preset)
    return Duet(config, space) if name == "duet" else build_dim(config, space, 30.0)


@pytest.mark.parametrize(("name", "preset"), [(name, p) for name in SPACES for p in get_entry(name).presets])
def test_a_preset_has_as_many_parameters_as_its_readme_says(name, preset):
    readme = resources.files(f"visavis.models.{name}").joinpath("README.md").read_text("utf-8")
    told = float(re.search(rf"`{preset}` \(([\d.]+) M", readme).group(1))
    assert sum(p.numel() for p in model(name, preset).parameters()) / 1e6 == pytest.approx(told, rel=0.03)

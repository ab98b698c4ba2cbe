"""docs/paper-presets.md says of every setting of every preset ``paper`` what it is."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from visavis.models.registry import get_entry

PAGE = Path(__file__).resolve().parents[2] / "docs" / "paper-presets.md"
PLUMBING = (
    "training.*.precision",
    "training.*.save_every",
    "training.*.accumulate_grad_batches",
    "data.fps",
    "data.space",
    "data.groups",
)
OF_TOKENIZERS = ("face.tokenizer.*", "body.tokenizer.*", "training.face.*", "training.body.*")
"""Of MARS; those of its VQ-VAEs, which have a table of their own."""
OF_OTHER_FAMILIES = ("bins", "network.heads", "network.feed_forward", "network.dropout")
ACTIONS = ("window", "smooth", "network.*", "codebook.*", "losses.*", "training.*")
TABLES = {
    "duet": [("duet", "paper")],
    "dim": [("dim", "paper")],
    "mars": [("tokenizer", "conv-paper-face"), ("tokenizer", "conv-paper-body")],
    "mars-language": [("mars", f"paper-{name}") for name in ("llama-1b", "llama-3b", "qwen-1.5b", "qwen-3b")],
    "action-tokens": [("tokenizer", "actions-paper")],
    "visual-prompt": [("visual-prompt", "paper")],
}


def rows(anchor: str) -> dict[str, list[str]]:
    """Values by setting, one for each of the table's presets."""
    section = PAGE.read_text("utf-8").split(f"{{#{anchor}}}")[1].split("\n## ")[0]
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| `")]
    return {re.findall("`([^`]+)`", row[0])[0]: re.findall("`([^`]+)`", row[2]) for row in cells}


def settings(model: str, preset: str) -> dict[str, Any]:
    """All of them, with those that the preset leaves at their default."""
    entry = get_entry(model)
    learner = entry.load_learner()(entry, entry.read_preset(preset), preset)
    stages = {stage or "only": loop.model_dump() for stage, loop in learner.loops.items()}
    return dict(leaves({**learner.config.model_dump(), "data": learner.data.model_dump(), "training": stages}))


def leaves(values: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{before}{name}.")
        else:
            yield before + name, value


def read(text: str) -> Any:
    return eval(text, {"__builtins__": {}}) if text.startswith("(") or text == "None" else yaml.safe_load(text)


CASES = [(anchor, i, *preset) for anchor, presets in TABLES.items() for i, preset in enumerate(presets)]


@pytest.mark.parametrize(("anchor", "column", "model", "preset"), CASES)
def test_every_setting_has_a_row_with_its_value(anchor, column, model, preset):
    left_out = (
        PLUMBING
        + OF_TOKENIZERS * (model == "mars")
        + OF_OTHER_FAMILIES * (model == "tokenizer")
        + ACTIONS * (anchor == "action-tokens")
    )
    table, found = rows(anchor), settings(model, preset)
    used = set()
    for name, value in found.items():
        if name.startswith("training.words."):  # as the page says
            assert value == found[name.replace(".words.", ".language.")]
            continue
        matching = [pattern for pattern in table if fnmatch(name, pattern)]
        if not matching and any(fnmatch(name, pattern) for pattern in left_out):
            continue
        assert len(matching) == 1, f"{name} = {value} has {len(matching)} rows"
        told = table[matching[0]]
        text = told[column if len(told) > 1 else 0]
        assert read(text) == value, f"{name} is {value}; the page says {text}"
        used.add(matching[0])
    absent = {pattern for pattern, told in table.items() if told[column if len(told) > 1 else 0] == "-"}
    assert used == set(table) - absent


@pytest.mark.parametrize("preset", [preset for _, preset in TABLES["mars-language"]])
def test_mars_s_vq_vaes_are_those_of_their_own_presets(preset):
    within = settings("mars", preset)
    for part in ("face", "body"):
        alone = settings("tokenizer", f"conv-paper-{part}")
        for name, value in within.items():
            for prefix, there in ((f"{part}.tokenizer.", ""), (f"training.{part}.", "training.only.")):
                if name.startswith(prefix):
                    assert alone[there + name.removeprefix(prefix)] == value, name


def test_dim_s_vq_vae_is_the_one_within_dim():
    alone, within = settings("tokenizer", "transformer-paper"), settings("dim", "paper")
    for name, value in within.items():
        for prefix, there in (("tokenizer.", ""), ("training.tokenizers.", "training.only.")):
            if name.startswith(prefix):
                assert alone[there + name.removeprefix(prefix)] == value, name

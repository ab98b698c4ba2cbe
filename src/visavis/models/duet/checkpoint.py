"""Duet's checkpoints: built in, in a folder, or on the Hub."""

from __future__ import annotations

import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any

from visavis.checkpoint import (
    STATISTICS,
    load_weights,
    locate,
    push,
    read_config,
    read_statistics,
    weights_hash,
    write_checkpoint,
)
from visavis.errors import InputError
from visavis.models.duet.config import parse_config
from visavis.models.duet.model import Duet
from visavis.models.duet.statistics import Statistics
from visavis.models.weights import built_in
from visavis.motion import get_space

MODEL = "duet"


def from_pretrained(name: str | Path | None = None) -> Duet:
    """A trained Duet, ready to generate.

    Args:
        name: A checkpoint folder, a Hub id, or None for the built-in weights.

    Raises:
        InputError: There is none, or it is broken or hostile; one line says what is wrong. Pickles are never opened.
    """
    folder = built_in(MODEL) if name is None else locate(name)
    values = read_config(folder)
    if isinstance(values, dict) and values.pop("model", MODEL) != MODEL:
        raise InputError(f"{folder}: is a checkpoint of another model")
    metadata = values.pop("training", None) if isinstance(values, dict) else None
    config = parse_config(values, str(folder / "config.yaml"))
    statistics = read_statistics(folder, Statistics)
    statistics.check(get_space(config.space), config.audio_dim, str(folder / STATISTICS))
    model = Duet(config, statistics)
    load_weights(model, folder)
    model.provenance = {"model": MODEL, "weights": weights_hash(folder), "trained": metadata}
    return model.eval()


def save_pretrained(
    model: Duet, folder: str | Path, *, training: dict[str, Any] | None = None, half: bool = False
) -> Path:
    """Writes a checkpoint folder.

    Args:
        model: What to store.
        folder: Where; an earlier checkpoint there is replaced.
        training: How it was trained, for config.yaml and the model card (plain values).
        half: Whether to store weights as float16.
    """
    training = training or {}
    config = {"model": MODEL, **model.config.model_dump(), "training": training}
    statistics = {field.name: getattr(model, field.name) for field in fields(Statistics)}
    return write_checkpoint(Path(folder), model.state_dict(), statistics, config, _card(model, training), half=half)


def push_to_hub(model: Duet, repository: str, *, training: dict[str, Any] | None = None) -> str:
    """Uploads a checkpoint to the Hugging Face Hub under ``owner/name``; returns its address."""
    with tempfile.TemporaryDirectory() as folder:
        return push(save_pretrained(model, Path(folder) / "duet", training=training), repository)


def _card(model: Duet, training: dict[str, Any]) -> str:
    config = model.config
    lines = [
        "---", "license: apache-2.0", "library_name: visavis", "tags: [facial-animation, conversation, arkit]",
        "---", "", "# Duet", "",
        "Moves two people who talk with each other - faces, heads, eyes and places in the room - from the sound of",
        "their conversation: a dual-stream diffusion model after *Talking Together* (Shan et al.).", "",
        f"- Motion space `{config.space}`, {config.fps:g} frames/s, windows of {config.window} frames.",
        f"- Audio features `{config.encoder}`; {model.parameter_count:,} parameters; width {config.network.width}.",
        f"- {config.diffusion.sample_steps} DDIM steps, guidance {config.diffusion.guidance:g}.", "",
        "## Training", "",
    ]  # fmt: skip
    lines += [f"- {key}: {value}" for key, value in training.items()] or ["- not recorded"]
    lines += [
        "", "## Limits", "",
        "It learns from what its corpus shows: behaviour that a simulated corpus only imitates (gaze, nods, smiles)",
        "is an imitation here too. It does not understand words. It should not be used to make real people appear",
        "to do what they did not do.", "",
        "```python", "from visavis.models.duet import from_pretrained",
        "model = from_pretrained('this-folder')", "```", "",
    ]  # fmt: skip
    return "\n".join(lines)

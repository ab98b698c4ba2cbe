"""Tokenizers from settings, and their checkpoints: in a folder or on the Hub."""

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
from visavis.motion import SPACES, Column, MotionSpace, get_space
from visavis.tokenizers.actions import ActionTokenizer
from visavis.tokenizers.config import TokenizerConfig, parse_config
from visavis.tokenizers.statistics import MotionStatistics
from visavis.tokenizers.vq import VQTokenizer

MODEL = "tokenizer"


def build(
    config: TokenizerConfig, statistics: MotionStatistics | None = None, space: MotionSpace | None = None
) -> VQTokenizer | ActionTokenizer:
    """An untrained tokenizer.

    Args:
        config: Its settings.
        statistics: Scales of the training motion; plausible ones where it is not there yet.
        space: The motion space, where it is not a built-in one; named as `config.space` says.

    Raises:
        InputError: There is no such space, or settings or statistics do not fit it.
    """
    space = space or get_space(config.space)
    if space.name != config.space:
        raise InputError(f"these settings are of motion space {config.space!r}, not {space.name!r}; set space")
    kind = ActionTokenizer if config.family == "actions" else VQTokenizer
    return kind(config, space, statistics)


def from_pretrained(name: str | Path, space: MotionSpace | None = None) -> VQTokenizer | ActionTokenizer:
    """A trained tokenizer, ready to encode.

    Args:
        name: A checkpoint folder or a Hub id.
        space: Where given, the space that the tokenizer must be of.

    Raises:
        InputError: There is none, it is of another space, or it is broken; one line says what is wrong.
    """
    folder = locate(name)
    values = read_config(folder)
    if not isinstance(values, dict) or values.pop("model", None) != MODEL:
        raise InputError(f"{folder}: is no checkpoint of a tokenizer")
    metadata, columns = values.pop("training", None), values.pop("columns", None)
    config = parse_config(values, str(folder / "config.yaml"))
    own = _space(config.space, columns, f"{folder}/config.yaml")
    if space is not None and own.columns != space.columns:
        raise InputError(f"{folder}: is a tokenizer of motion space {own.name!r}, not of {space.name!r}")
    statistics = read_statistics(folder, MotionStatistics)
    statistics.check(own, str(folder / STATISTICS))
    tokenizer = build(config, statistics, own)
    load_weights(tokenizer, folder)
    tokenizer.provenance = {"model": MODEL, "weights": weights_hash(folder), "trained": metadata}
    return tokenizer.eval()


def save_pretrained(
    tokenizer: VQTokenizer | ActionTokenizer, folder: str | Path, *, training: dict[str, Any] | None = None
) -> Path:
    """Writes a checkpoint folder.

    Args:
        tokenizer: What to store.
        folder: Where; an earlier checkpoint there is replaced.
        training: How it was trained, for config.yaml and the model card (plain values).
    """
    training = training or {}
    config = {
        "model": MODEL, **tokenizer.config.model_dump(),
        "columns": [[column.name, column.unit, column.group] for column in tokenizer.space.columns],
        "training": training,
    }  # fmt: skip
    statistics = {field.name: getattr(tokenizer, field.name) for field in fields(MotionStatistics)}
    return write_checkpoint(Path(folder), tokenizer.state_dict(), statistics, config, _card(tokenizer, training))


def push_to_hub(
    tokenizer: VQTokenizer | ActionTokenizer, repository: str, *, training: dict[str, Any] | None = None
) -> str:
    """Uploads a checkpoint to the Hugging Face Hub under ``owner/name``; returns its address."""
    with tempfile.TemporaryDirectory() as folder:
        return push(save_pretrained(tokenizer, Path(folder) / MODEL, training=training), repository)


def _space(name: str, columns: Any, where: str) -> MotionSpace:
    """The space that a checkpoint names: a built-in one that still has the same columns, or one of its own."""
    try:
        stored = tuple(Column(*(str(part) for part in column)) for column in columns)  # type: ignore[arg-type]
    except TypeError:
        raise InputError(f"{where}: columns: a list of [name, unit, group] is needed") from None
    if name not in SPACES:
        return MotionSpace(name, stored)
    if SPACES[name].columns != stored:
        raise InputError(f"{where}: its columns are not those of motion space {name!r}; it is of another space")
    return SPACES[name]


def _card(tokenizer: VQTokenizer | ActionTokenizer, training: dict[str, Any]) -> str:
    config = tokenizer.config
    still = MotionStatistics(tokenizer.mean, tokenizer.std, tokenizer.low, tokenizer.high).still(tokenizer.space)
    lines = [
        "---", "license: apache-2.0", "library_name: visavis", "tags: [motion, vq-vae]", "---", "",
        "# Motion tokenizer", "",
        "Turns one person's motion into codes and back.", "",
        f"- Family `{config.family}`, motion space `{config.space}`, {config.fps:g} frames/s.",
        f"- {tokenizer.quantizers} x {tokenizer.codebook_size} codes every {tokenizer.factor} frames:"
        f" {tokenizer.bits_per_second:.0f} bits/s.",
        f"- Columns that never moved in training and decode to a constant: {', '.join(still) or 'none'}.", "",
        "## Training", "",
    ]  # fmt: skip
    lines += [f"- {key}: {value}" for key, value in training.items()] or ["- not recorded"]
    lines += [
        "", "```python", "from visavis.tokenizers import from_pretrained",
        "tokenizer = from_pretrained('this-folder')", "```", "",
    ]  # fmt: skip
    return "\n".join(lines)

"""DIM from settings, and its checkpoints: built in, in a folder, or on the Hub, tokenizers and network together."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic import ValidationError

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
from visavis.conversation.corpus_schema import SpaceEntry
from visavis.errors import InputError
from visavis.models.dim.config import STAGES, DimConfig, parse_config
from visavis.models.dim.model import Dim
from visavis.models.dim.statistics import Statistics
from visavis.models.weights import built_in
from visavis.motion import MotionSpace
from visavis.tokenizers.config import TokenizerConfig
from visavis.tokenizers.statistics import MotionStatistics
from visavis.tokenizers.vq import VQTokenizer

MODEL = "dim"


def build(
    config: DimConfig, space: MotionSpace, fps: float, statistics: Statistics | None = None,
    scales: MotionStatistics | None = None,
) -> Dim:  # fmt: skip
    """An untrained DIM.

    Args:
        config: Its settings.
        space: Of the motion.
        fps: Frames per second of the motion.
        statistics: What the network needs; nothing measured unless given.
        scales: What the tokenizers need; plausible ones unless given.

    Raises:
        InputError: Settings or statistics do not fit the space.
    """
    section = config.tokenizer
    settings = TokenizerConfig(
        family=section.family, space=space.name, fps=fps, window=config.window, factor=section.factor,
        network=section.network, codebook=section.codebook, losses=section.losses,
    )  # type: ignore[call-arg]  # fmt: skip
    tokenizers = (VQTokenizer(settings, space, scales), VQTokenizer(settings, space, deepcopy(scales)))
    return Dim(config, space, fps, statistics or Statistics.neutral(space.dim), tokenizers)


def from_pretrained(name: str | Path | None = None) -> Dim:
    """A trained DIM, ready to generate what its last stage was trained for.

    Args:
        name: A checkpoint folder, a Hub id, or None for the built-in weights.

    Raises:
        InputError: There is none, or it is broken or hostile; one line says what is wrong. Pickles are never opened.
    """
    folder = built_in(MODEL) if name is None else locate(name)
    where = f"{folder}/config.yaml"
    values = read_config(folder)
    if not isinstance(values, dict) or values.pop("model", None) != MODEL:
        raise InputError(f"{folder}: is no checkpoint of DIM")
    metadata, stage = values.pop("training", None), values.pop("stage", None)
    if stage not in STAGES:
        raise InputError(f"{where}: stage: is {str(stage)[:40]!r}; one of {', '.join(STAGES)} is needed")
    space, fps = _space(values.pop("space", None), where), values.pop("fps", None)
    if not (isinstance(fps, int | float) and fps > 0):
        raise InputError(f"{where}: fps: is {str(fps)[:40]!r}; a number above 0 is needed")
    config = parse_config(values, where)
    statistics = read_statistics(folder, Statistics)
    statistics.check(space.dim, str(folder / STATISTICS))
    model = build(config, space, float(fps), statistics)
    load_weights(model, folder)
    model.begin(stage)
    model.provenance = {"model": MODEL, "stage": stage, "weights": weights_hash(folder), "trained": metadata}
    return model.eval()


def save_pretrained(
    model: Dim, folder: str | Path, *, training: dict[str, Any] | None = None, half: bool = False
) -> Path:
    """Writes a checkpoint folder.

    Args:
        model: What to store.
        folder: Where; an earlier checkpoint there is replaced.
        training: How it was trained, for config.yaml and the model card (plain values).
        half: Whether to store weights as float16.
    """
    training = training or {}
    space = {"name": model.space.name, **SpaceEntry.of(model.space, "").model_dump(include={"columns", "sets"})}
    config = {
        "model": MODEL, "stage": model.stage, "space": space, "fps": model.fps,
        **model.config.model_dump(mode="json"), "training": training,
    }  # fmt: skip
    statistics = {field.name: getattr(model, field.name) for field in fields(Statistics)}
    return write_checkpoint(Path(folder), model.state_dict(), statistics, config, _card(model, training), half=half)


def push_to_hub(model: Dim, repository: str, *, training: dict[str, Any] | None = None) -> str:
    """Uploads a checkpoint to the Hugging Face Hub under ``owner/name``; returns its address."""
    with tempfile.TemporaryDirectory() as folder:
        return push(save_pretrained(model, Path(folder) / MODEL, training=training), repository)


def _space(values: Any, where: str) -> MotionSpace:
    """The space that a checkpoint describes: the built-in one where name and columns are the same."""
    try:
        return SpaceEntry.model_validate({"table": "", **values}).space(str(values["name"]))
    except (TypeError, KeyError, ValidationError):
        raise InputError(f"{where}: space: a name and columns with name, unit and group are needed") from None


def _card(model: Dim, training: dict[str, Any]) -> str:
    config = model.config
    does = {
        "tokenizers": "Turns speakers' and listeners' motion into units and back",
        "pretrain": "Knows what speaker and listener do together; to be fine-tuned",
        "listener": "Moves a listener in answer to a speaker's motion and voice",
        "speaker": "Moves a speaker from speech",
    }[model.stage]
    lines = [
        "---", "license: apache-2.0", "library_name: visavis", "tags: [facial-animation, conversation, listener]",
        "---", "", "# DIM", "", f"{does}, after *Dyadic Interaction Modeling* (Tran et al.).", "",
        f"- Stage `{model.stage}`, motion space `{model.space.name}`, {model.fps:g} frames/s, windows of "
        f"{config.window} frames.",
        f"- Audio features `{config.encoder}`; {model.parameter_count:,} parameters; width {config.network.width}.",
        f"- Units: one of {model.codebook_size} per {model.factor} frames; {config.sampling.rounds} rounds.", "",
        "## Training", "",
    ]  # fmt: skip
    lines += [f"- {key}: {value}" for key, value in training.items()] or ["- not recorded"]
    lines += [
        "", "## Limits", "",
        "It learns from what its corpus shows; what a simulated corpus only imitates (gaze, nods, smiles) is an",
        "imitation here too. It does not understand words. It should not be used to make real people appear to do",
        "what they did not do.", "",
        "```python", "from visavis.models.dim import from_pretrained", "model = from_pretrained('this-folder')",
        "```", "",
    ]  # fmt: skip
    return "\n".join(lines)

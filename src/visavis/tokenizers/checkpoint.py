"""Tokenizers from settings, and their checkpoints: in a folder or on the Hub."""

from __future__ import annotations

import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any

from visavis.checkpoint import (
    CONFIG,
    STATISTICS,
    Header,
    check_preprocessing,
    load_weights,
    locate,
    model_card,
    no_larger_than_stored,
    push,
    read_header,
    read_statistics,
    weights_hash,
    write_checkpoint,
)
from visavis.errors import InputError
from visavis.motion import ARKIT, MotionSpace
from visavis.motion.space import parse_space
from visavis.motion.spaces import built_in_or_own
from visavis.settings import validate
from visavis.tokenizers.actions import ActionTokenizer
from visavis.tokenizers.config import TokenizerConfig
from visavis.tokenizers.statistics import MotionStatistics
from visavis.tokenizers.vq import VQTokenizer

MODEL = "tokenizer"
PREPROCESSING = {"version": 1}
"""Of the motion: it comes in the frame of the seat."""


def build(
    config: TokenizerConfig, statistics: MotionStatistics | None = None, space: MotionSpace = ARKIT, fps: float = 25.0,
    whole: MotionSpace | None = None,
) -> VQTokenizer | ActionTokenizer:  # fmt: skip
    """An untrained tokenizer.

    Args:
        config: Its settings.
        statistics: Scales of the training motion; plausible ones where it is not there yet.
        space: The motion space.
        fps: Frames per second of the motion.
        whole: The space that `space` is a part of, if it is one.

    Raises:
        InputError: Settings or statistics do not fit the space.
    """
    kind = ActionTokenizer if config.family == "actions" else VQTokenizer
    tokenizer = kind(config, space, fps, statistics)
    tokenizer.whole = whole or space
    return tokenizer


def from_pretrained(name: str | Path, space: MotionSpace | None = None) -> VQTokenizer | ActionTokenizer:
    """A trained tokenizer, ready to encode.

    Args:
        name: A checkpoint folder or a Hub id.
        space: Where given, the space that the tokenizer must be of.

    Raises:
        InputError: There is none, it is of another space, or it is broken; one line says what is wrong.
    """
    folder = locate(name)
    header = read_header(folder, MODEL)
    check_preprocessing(header.preprocessing, PREPROCESSING, str(folder / CONFIG))
    own, fps = header.need_space(str(folder / CONFIG))
    config = validate(TokenizerConfig, header.config, str(folder / CONFIG), "config")
    whole = _whole(header, own, str(folder / CONFIG))
    if space is not None and own.columns != space.columns:
        raise InputError(f"{folder}: is a tokenizer for motion space {own.name!r}, not {space.name!r}")
    statistics = read_statistics(folder, MotionStatistics)
    statistics.check(own, str(folder / STATISTICS))
    with no_larger_than_stored(folder):
        tokenizer = build(config, statistics, own, fps, whole)
    load_weights(tokenizer, folder)
    tokenizer.provenance = {"model": MODEL, "weights": weights_hash(folder), "trained": header.training}
    return tokenizer.eval()


def _whole(header: Header, own: MotionSpace, where: str) -> MotionSpace:
    """The space that a tokenizer's own is a part of."""
    if "whole" not in header.state:
        return own
    whole = built_in_or_own(parse_space(header.state["whole"], where))
    if not set(own.columns) <= set(whole.columns):
        raise InputError(f"{where}: state.whole: {whole.name!r} does not have the columns of {own.name!r}")
    return whole


def save_pretrained(
    tokenizer: VQTokenizer | ActionTokenizer, folder: str | Path, *, training: dict[str, Any] | None = None,
    half: bool = False,
) -> Path:  # fmt: skip
    """Writes a checkpoint folder.

    Args:
        tokenizer: What to store.
        folder: Where; an earlier checkpoint there is replaced.
        training: How it was trained, for config.yaml and the model card (plain values).
        half: Whether to store weights as float16, half the size.
    """
    training = training or {}
    part = tokenizer.whole.columns != tokenizer.space.columns
    header = Header(
        MODEL, tokenizer.config.model_dump(mode="json"), tokenizer.space, tokenizer.fps, PREPROCESSING,
        {"whole": tokenizer.whole.as_plain()} if part else {}, training,
    )  # fmt: skip
    statistics = {field.name: getattr(tokenizer, field.name) for field in fields(MotionStatistics)}
    card = _card(tokenizer, training)
    return write_checkpoint(Path(folder), header, tokenizer.state_dict(), statistics, card, half=half)


def push_to_hub(
    tokenizer: VQTokenizer | ActionTokenizer, repository: str, *, training: dict[str, Any] | None = None
) -> str:
    """Uploads a checkpoint to the Hugging Face Hub under ``owner/name``; returns its address."""
    with tempfile.TemporaryDirectory() as folder:
        return push(save_pretrained(tokenizer, Path(folder) / MODEL, training=training), repository)


def _card(tokenizer: VQTokenizer | ActionTokenizer, training: dict[str, Any]) -> str:
    config = tokenizer.config
    still = MotionStatistics(tokenizer.mean, tokenizer.std, tokenizer.low, tokenizer.high).still(tokenizer.space)
    about = [
        "Encodes one person's motion as discrete codes and decodes them.", "",
        f"- Family `{config.family}`, motion space `{tokenizer.space.name}`, {tokenizer.fps:g} frames/s.",
        f"- {tokenizer.num_codebooks} x {tokenizer.codebook_size} codes every {tokenizer.downsample_factor} frames:"
        f" {tokenizer.bits_per_second:.0f} bits/s.",
        f"- Columns that never moved in training and decode to a constant: {', '.join(still) or 'none'}.",
    ]  # fmt: skip
    usage = ("from visavis.tokenizers import from_pretrained", "tokenizer = from_pretrained('this-folder')")
    return model_card("Motion tokenizer", ("motion", "vq-vae"), about, training, usage)

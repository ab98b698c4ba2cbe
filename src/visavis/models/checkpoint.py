"""Models from checkpoints: built in, in a folder, or on the Hub; which family it is, the checkpoint says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from visavis import settings
from visavis.checkpoint import CONFIG, check_preprocessing, locate, read_header
from visavis.errors import InputError, about
from visavis.models import preprocessing, weights
from visavis.models.base import BehaviorModel
from visavis.models.registry import entries, get_entry
from visavis.settings import resolve_device


def from_pretrained(name: str | Path, *, device: str | torch.device = "cpu") -> BehaviorModel:
    """A trained model, ready to generate.

    Args:
        name: The name of a family with built-in weights (``duet``, ``dim``), a checkpoint folder, or a Hub id.
        device: ``cpu``, ``cuda``, or ``auto`` for a GPU where there is one.

    Raises:
        InputError: There is none, it is of something that does not move people, or it is broken or hostile; one line
            says what is wrong. Pickles are never opened.
    """
    folder = find(name)
    header = read_header(folder)
    with about(folder):
        entry = get_entry(header.model)
    if entry.kind != "behavior":
        raise InputError(f"{folder}: is a checkpoint of {header.model!r}, which does not generate motion")
    check_preprocessing(header.preprocessing, preprocessing.constants(), f"{folder / CONFIG}")
    config: Any = settings.validate(entry.load_config(), header.config, f"{folder / CONFIG}", "config")
    return entry.load_model().load(folder, header, config).to(resolve_device(device))


def find(name: str | Path) -> Path:
    """The checkpoint folder of a family's built-in weights, a folder, or a Hub id.

    Raises:
        InputError: There is none.
    """
    entry = entries().get(str(name))
    if entry is not None and entry.weights is not None and not Path(name).is_dir():
        return weights.built_in(entry.weights)
    return locate(name)

"""Checkpoints of format 1, which visavis 0.1 wrote, read as format 2.

Each family then laid out config.yaml its own way, and some settings had other names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visavis.errors import InputError
from visavis.motion.spaces import SPACES

_CODEBOOK = {"codebook.groups": "num_codebooks", "codebook.decay": "ema_decay"}
RENAMED: Mapping[str, Mapping[str, str]] = {
    "duet": {"diffusion.drop": "condition_dropout", "diffusion.guidance": "guidance_scale"},
    "dim": {
        "tokenizer.factor": "downsample_factor",
        **{f"tokenizer.{old}": new for old, new in _CODEBOOK.items()},
        "network.chained": "autoregressive", "masking.share": "mask_ratio", "masking.span": "mask_span",
    },
    "tokenizer": {"factor": "downsample_factor", **_CODEBOOK},
    "motion-text": {},
    "visual-prompt": {},
}  # fmt: skip
"""By family, settings of format 1 and their names in format 2, in the same section."""
PREPROCESSING_1 = {"version": 1}
"""What format 1 implied: the first version of how inputs are prepared."""


def upgraded(values: dict[str, Any], where: str) -> dict[str, Any]:
    """The content of a config.yaml of format 1, laid out as format 2 does.

    Raises:
        InputError: It is of a later format, or of a family that format 1 did not know.
    """
    model = values["model"]
    if values.get("format", 1) != 1:
        raise InputError(f"{where}: has format {str(values['format'])[:20]}; this version of visavis reads 1 and 2")
    if model not in RENAMED:
        raise InputError(f"{where}: model {model[:40]!r} is in a format that visavis 0.1 did not write")
    rest = {name: value for name, value in values.items() if name not in ("format", "model")}
    training = rest.pop("training", None) or {}
    state = {name: rest.pop(name) for name in ("stage", "features") if name in rest}
    space, fps = _space(model, rest, where), rest.pop("fps", None)
    for old, new in RENAMED[model].items():
        _rename(rest, old.split("."), new)
    return {
        "format": 2, "model": model, "space": space, "fps": fps, "preprocessing": PREPROCESSING_1,
        "config": rest, "state": state, "training": training,
    }  # fmt: skip


def _space(model: str, rest: dict[str, Any], where: str) -> Any:
    """Taken out of `rest`: Duet named its space, tokenizers had a name and columns, DIM a mapping."""
    space, columns = rest.pop("space", None), rest.pop("columns", None)
    if space is None or isinstance(space, dict):
        if isinstance(space, dict) and isinstance(space.get("columns"), list):
            described = [[c.get(k) for k in ("name", "unit", "group")] for c in space["columns"] if isinstance(c, dict)]
            return {**space, "columns": described}
        return space
    if columns is not None:
        return {"name": space, "columns": columns, "sets": {}}
    if space not in SPACES:
        raise InputError(f"{where}: there is no motion space named {str(space)[:40]!r}")
    return SPACES[space].as_plain()


def _rename(values: Any, path: list[str], new: str) -> None:
    *parents, last = path
    for parent in parents:
        values = values.get(parent) if isinstance(values, dict) else None
    if isinstance(values, dict) and last in values:
        values[new] = values.pop(last)

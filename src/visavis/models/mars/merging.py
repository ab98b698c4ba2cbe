"""Base model and adapter as one model, for whoever uses transformers without us."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

from visavis.errors import InputError, plainly
from visavis.models.mars.base_model import load_base

if TYPE_CHECKING:
    from visavis.models.mars.model import Mars


def write_merged(model: Mars, folder: Path) -> Path:
    """Writes a folder that `transformers.AutoModelForCausalLM` and `AutoTokenizer` read.

    Args:
        model: Whose language model.
        folder: Where; it must not hold anything.

    Raises:
        InputError: It does, or cannot be written to.
    """
    from visavis.models.mars.adapted import AdaptedModel

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is there already; name a new folder")
    first, count = int(model.vocabulary.added[0]), len(model.vocabulary.added)
    lora = model.config.lora if model.config.tuning == "lora" else None
    copy = AdaptedModel(load_base(model.config.base), first, count, lora)
    copy.load_state_dict(deepcopy(model.language.state_dict()))
    try:
        copy.plain().save_pretrained(folder)
        model.vocabulary.tokenizer.save_pretrained(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {plainly(error)}") from None
    return folder

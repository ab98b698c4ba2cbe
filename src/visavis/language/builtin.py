"""The built-in language model: SmolLM2-135M-Instruct, small enough for two cores and no account."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr
from functools import lru_cache
from pathlib import Path
from typing import Any

from visavis.errors import InputError, MissingExtraError, plainly
from visavis.language.local import LocalModel
from visavis.language.protocol import Message, Sampling

ASSET = "smollm2-135m-instruct"


class BuiltInModel:
    """SmolLM2-135M-Instruct (Allal et al. 2025), fetched and loaded when it is first asked."""

    name = "SmolLM2-135M-Instruct (built in)"

    def __call__(self, messages: Sequence[Message], seed: int, sampling: Sampling) -> str:
        """Samples a reply; the same seed gives the same one.

        Raises:
            InputError: The weights are not available.
        """
        return _loaded()(messages, seed, sampling)


@lru_cache(maxsize=1)
def _loaded() -> LocalModel:
    return LocalModel(unpacked(ASSET))


def unpacked(asset: str) -> Path:
    """The folder of an asset whose weights are 4-bit GGUF, once they were turned into what transformers loads at once.

    Raises:
        InputError: The weights are not available, or there is no room for them.
    """
    from filelock import FileLock

    from visavis.assets import cache_folder, resolve

    folder = cache_folder() / "models" / asset
    if (folder / "config.json").is_file():
        return folder
    source = resolve(asset)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{asset}.lock")):
            if not (folder / "config.json").is_file():  # another process may have made it meanwhile
                _unpack(source, folder)
    except OSError as error:
        raise InputError(f"{folder}: {asset} cannot be unpacked ({plainly(error)})") from None
    return folder


def _unpack(source: Path, folder: Path) -> None:
    """Writes weights as float32 and the tokenizer into `folder`, which appears in one go."""
    try:
        import accelerate  # noqa: F401
        import gguf  # noqa: F401
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError:
        raise MissingExtraError("the built-in language model", "llm") from None
    working = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(working, ignore_errors=True)
    print(f"unpacking {folder.name}, once", file=sys.stderr, flush=True)
    try:
        where: dict[str, Any] = {"pretrained_model_name_or_path": str(source.parent), "gguf_file": source.name}
        with redirect_stderr(io.StringIO()):  # three progress bars
            model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32, **dequantized())
            model.save_pretrained(working)
            AutoTokenizer.from_pretrained(**where).save_pretrained(working)
        shutil.rmtree(folder, ignore_errors=True)
        working.rename(folder)
    finally:
        shutil.rmtree(working, ignore_errors=True)


def dequantized() -> dict[str, Any]:
    """What newer versions of transformers want to be told; older ones know no other way."""
    try:
        from transformers import GgufConfig
    except ImportError:
        return {}
    return {"quantization_config": GgufConfig(dequantize=True)}

"""A checkpoint is a folder: model.safetensors, stats.safetensors, config.yaml and README.md. Nothing in it is executed.

Any model of ours is stored this way; what the settings mean is the model's own business.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
import yaml
from torch import Tensor

from visavis.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Kind = TypeVar("Kind", bound="DataclassInstance")

WEIGHTS, STATISTICS, CONFIG, CARD = "model.safetensors", "stats.safetensors", "config.yaml", "README.md"
MAX_CONFIG_BYTES = 1_000_000


def write_checkpoint(
    folder: Path, weights: Mapping[str, Tensor], statistics: Mapping[str, Tensor], config: Mapping[str, Any],
    card: str, *, half: bool = False,
) -> Path:  # fmt: skip
    """Writes all four files into `folder`, replacing a checkpoint that is there; the folder appears in one go.

    Args:
        folder: Where.
        weights: By parameter name.
        statistics: By name.
        config: Plain values.
        card: Markdown.
        half: Whether to store weights as float16, half the size.
    """
    from safetensors.torch import save_file

    working = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(working, ignore_errors=True)
    try:
        working.mkdir(parents=True)
        kept = torch.float16 if half else torch.float32
        save_file({k: v.detach().cpu().to(kept).contiguous() for k, v in weights.items()}, working / WEIGHTS)
        save_file({k: v.detach().cpu().float().contiguous() for k, v in statistics.items()}, working / STATISTICS)
        (working / CONFIG).write_text(yaml.safe_dump(dict(config), sort_keys=False), "utf-8")
        (working / CARD).write_text(card, "utf-8")
        for path in working.iterdir():
            path.chmod(0o644)  # safetensors makes files that only their owner can read
        if folder.exists():
            _check_ours(folder)
            shutil.rmtree(folder)
        working.rename(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from None
    finally:
        shutil.rmtree(working, ignore_errors=True)
    return folder


def read_config(folder: Path) -> Any:
    """The plain values of config.yaml.

    Raises:
        InputError: It is missing, too large or no YAML.
    """
    path = folder / CONFIG
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise InputError(f"{path}: settings of more than {MAX_CONFIG_BYTES} bytes are not read")
        return yaml.load(path.read_text("utf-8"), _PlainLoader)
    except FileNotFoundError:
        raise InputError(f"{folder}: is no checkpoint; it has no {CONFIG}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        raise InputError(f"{path}: is no readable YAML") from None


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file, as float32.

    Raises:
        InputError: It is missing, or anything but safetensors; a pickle is refused, never opened.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        with path.open("rb") as file:
            start = file.read(8)
        if start[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK"):
            raise InputError(f"{path}: is a pickle, which could run code, and is not loaded; safetensors are needed")
        return {name: tensor.float() for name, tensor in load_file(path).items()}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; the checkpoint is incomplete") from None
    except (OSError, SafetensorError, ValueError, KeyError, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: is no intact safetensors file") from None


def load_weights(module: torch.nn.Module, folder: Path) -> None:
    """Fills a module with the checkpoint's weights.

    Raises:
        InputError: Names, shapes or values do not fit; the first that does not is named.
    """
    path = folder / WEIGHTS
    stored, wanted = read_tensors(path), module.state_dict()
    for name in (*wanted, *stored):
        if name not in stored or name not in wanted:
            what = "lacks" if name in wanted else "has an unknown"
            raise InputError(f"{path}: {what} {name!r}; its config.yaml is of another network")
        if stored[name].shape != wanted[name].shape:
            raise InputError(
                f"{path}: {name!r} has shape {tuple(stored[name].shape)}; {tuple(wanted[name].shape)} is needed"
            )
        if not torch.isfinite(stored[name]).all():
            raise InputError(f"{path}: {name!r} is not finite")
    module.load_state_dict(stored)


def read_statistics(folder: Path, kind: type[Kind]) -> Kind:
    """The checkpoint's statistics, as a dataclass of tensors.

    Raises:
        InputError: They are missing, or others than `kind` has.
    """
    path = folder / STATISTICS
    stored, names = read_tensors(path), {field.name for field in fields(kind)}
    if set(stored) != names:
        raise InputError(f"{path}: holds {sorted(stored)[:8]}; {sorted(names)} are needed")
    return kind(**stored)


def weights_hash(folder: Path) -> str:
    """The first 16 digits of the weights' sha256, for provenance."""
    with (folder / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def locate(name: str | Path) -> Path:
    """A checkpoint folder, or a Hub id fetched into the Hub's own cache.

    Raises:
        InputError: There is no such folder, and it is no Hub id that can be had.
    """
    path = Path(name)
    if path.is_dir():
        return path
    if path.exists():
        raise InputError(f"{path}: is a file; a checkpoint is a folder with {CONFIG} and {WEIGHTS}")
    text = str(name)
    if text.count("/") != 1 or text.startswith((".", "/", "~")):
        raise InputError(f"{text}: no such checkpoint folder")
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise MissingExtraError(f"fetching {text} from the Hugging Face Hub", "llm") from None
    try:
        return Path(snapshot_download(text, allow_patterns=[WEIGHTS, STATISTICS, CONFIG, CARD]))
    except Exception as error:  # the Hub's client raises many kinds; all mean that it cannot be had
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{text}: no such folder, and not to be had from the Hub ({reason[:120]})") from None


def push(folder: Path, repository: str) -> str:
    """Uploads a checkpoint folder to the Hub; returns its address."""
    try:
        from huggingface_hub import HfApi
    except ImportError:
        raise MissingExtraError("pushing to the Hugging Face Hub", "llm") from None
    api = HfApi()
    api.create_repo(repository, exist_ok=True)
    api.upload_folder(repo_id=repository, folder_path=folder)
    return f"https://huggingface.co/{repository}"


def _check_ours(folder: Path) -> None:
    """Refuses to replace a folder that is no checkpoint."""
    if not (folder / CONFIG).is_file() and any(folder.iterdir()):
        raise InputError(f"{folder}: exists and is no checkpoint; it is left alone")


class _PlainLoader(yaml.SafeLoader):
    """Plain values only: without aliases, a small file cannot grow into a huge structure."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        return super().compose_node(parent, index)

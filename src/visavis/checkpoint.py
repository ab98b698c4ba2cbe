"""A checkpoint is a folder: config.yaml, model.safetensors, stats.safetensors and README.md. Nothing in it is executed.

Models of behaviour, tokenizers and encoders are all stored this way. ``config.yaml`` says what it is of (`Header`);
what the settings inside mean is the family's own business.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
import yaml
from torch import Tensor

from visavis.allocation import at_most
from visavis.errors import InputError, MissingExtraError, plainly
from visavis.files import flush
from visavis.motion.space import MotionSpace, parse_space
from visavis.motion.spaces import built_in_or_own
from visavis.reading import is_empty, parse_yaml, read_text, regular_file

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Kind = TypeVar("Kind", bound="DataclassInstance")

FORMAT = 2
"""Version of what config.yaml looks like."""
WEIGHTS, STATISTICS, CONFIG, CARD = "model.safetensors", "stats.safetensors", "config.yaml", "README.md"
MAX_CONFIG_BYTES = 1_000_000
HIGHEST_FPS = 1_000
"""Frames per second of motion, at most."""


_TIMES, _SLACK = 8, 2**28
"""How much larger a network may be than its files: weights are stored as float16, and tables are not stored at all."""


@dataclass(frozen=True)
class Header:
    """What config.yaml says.

    Attributes:
        model: Name of the family, as the registry has it.
        config: The family's settings, plain values.
        space: Motion space of what goes in and out, column by column; None where there is no motion.
        fps: Frames per second of the motion; None where there is no motion.
        preprocessing: What was done to the inputs in training and has to be done again, with its version.
        state: Further plain values that the family needs, such as the stage of a training in stages.
        training: How it was trained, for people; nothing depends on it.
    """

    model: str
    config: dict[str, Any]
    space: MotionSpace | None = None
    fps: float | None = None
    preprocessing: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)

    def as_plain(self) -> dict[str, Any]:
        """The content of config.yaml."""
        space = None if self.space is None else self.space.as_plain()
        return {
            "format": FORMAT, "model": self.model, "space": space, "fps": self.fps,
            "preprocessing": self.preprocessing, "config": self.config, "state": self.state, "training": self.training,
        }  # fmt: skip

    def need_space(self, where: str) -> tuple[MotionSpace, float]:
        """Motion space and frame rate.

        Raises:
            InputError: The checkpoint has none.
        """
        if self.space is None or self.fps is None:
            raise InputError(f"{where}: space and fps are required; this checkpoint has neither")
        return self.space, self.fps


def write_checkpoint(
    folder: Path, header: Header, weights: Mapping[str, Tensor], statistics: Mapping[str, Tensor], card: str, *,
    half: bool = False,
) -> Path:  # fmt: skip
    """Writes all four files into `folder`, replacing a checkpoint that is there; the folder appears whole.

    Args:
        folder: Where.
        header: What it is of.
        weights: By parameter name.
        statistics: By name.
        card: The model card, Markdown.
        half: Whether to store floating-point weights as float16, half the size.

    Raises:
        InputError: A number is not finite, the folder is no checkpoint, or it cannot be written to; what is there
            stays.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    working, old = folder.with_name(f".{folder.name}.tmp"), folder.with_name(f".{folder.name}.old")
    shutil.rmtree(working, ignore_errors=True)
    kept = torch.float16 if half else torch.float32
    stored = {
        WEIGHTS: {name: _stored(tensor, kept) for name, tensor in weights.items()},
        STATISTICS: {name: _stored(tensor, torch.float32) for name, tensor in statistics.items()},
    }
    for name, tensor in chain(*(tensors.items() for tensors in stored.values())):
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise InputError(f"{folder}: nothing was written, as {name!r} is not finite")
    try:
        working.mkdir(parents=True)
        for name, tensors in stored.items():
            save_file(tensors, working / name)
        text = yaml.safe_dump(header.as_plain(), sort_keys=False, default_flow_style=None, width=110)
        (working / CONFIG).write_text(text, "utf-8")
        (working / CARD).write_text(card, "utf-8")
        for path in working.iterdir():
            path.chmod(0o644)  # safetensors makes files that only their owner can read
            flush(path)
        if folder.exists():
            _check_ours(folder)
            shutil.rmtree(old, ignore_errors=True)
            folder.rename(old)
        working.rename(folder)
    except (OSError, SafetensorError) as error:
        if old.is_dir() and not folder.exists():
            old.rename(folder)
        raise InputError(f"{folder}: cannot be written: {plainly(error)}") from None
    finally:
        shutil.rmtree(working, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return folder


def model_card(
    title: str, tags: Sequence[str], about: Sequence[str], training: Mapping[str, Any], usage: Sequence[str] = ()
) -> str:
    """The README.md of a checkpoint.

    Args:
        title: What it is of.
        tags: For the Hub.
        about: What it does, its sizes and its limits; lines of Markdown.
        training: How it was trained.
        usage: Lines of Python that open it.
    """
    lines = ["---", "license: apache-2.0", "library_name: visavis", f"tags: [{', '.join(tags)}]", "---", ""]
    lines += [f"# {title}", "", *about, "", "## Training", ""]
    lines += [f"- {key}: {value}" for key, value in training.items()] or ["- not recorded"]
    if usage:
        lines += ["", "```python", *usage, "```"]
    return "\n".join([*lines, ""])


def read_header(folder: Path, model: str | None = None) -> Header:
    """What config.yaml says; that of an earlier format is read as if it were of the present one.

    Args:
        folder: The checkpoint.
        model: The family that is needed, if there is one.

    Raises:
        InputError: It is missing, broken, of another family, or of a format that this version does not know.
    """
    from visavis.checkpoint_upgrade import upgraded

    path = folder / CONFIG
    values = read_config(folder)
    if not isinstance(values, dict) or not isinstance(values.get("model"), str):
        raise InputError(f"{path}: does not name its model; not a visavis checkpoint")
    if values.get("format", 1) != FORMAT:
        values = upgraded(values, str(path))
    if model is not None and values["model"] != model:
        raise InputError(f"{folder}: is a checkpoint of {values['model']!r}; one of {model!r} is needed")
    parts = {name: values.get(name) or {} for name in ("config", "preprocessing", "state", "training")}
    wrong = [name for name, part in parts.items() if not isinstance(part, dict)]
    if wrong:
        raise InputError(f"{path}: {wrong[0]}: a mapping is needed")
    fps = values.get("fps")
    if fps is not None and not (type(fps) in (int, float) and 1 <= fps <= HIGHEST_FPS):
        raise InputError(f"{path}: fps: is {str(fps)[:40]!r}; 1 to {HIGHEST_FPS} frames per second are needed")
    space = None if values.get("space") is None else built_in_or_own(parse_space(values["space"], str(path)))
    return Header(values["model"], space=space, fps=None if fps is None else float(fps), **parts)


def check_preprocessing(stored: Mapping[str, Any], expected: Mapping[str, Any], where: str) -> None:
    """Raises `InputError` unless inputs are prepared here as they were in training.

    Args:
        stored: `Header.preprocessing`; it has to say its ``version``, and may say no more.
        expected: What this version of visavis does.
        where: The checkpoint.
    """
    for name in ("version", *stored):
        if stored.get(name) != expected.get(name):
            raise InputError(
                f"{where}: preprocessing.{name} is {str(stored.get(name))[:20]}; this version of visavis has "
                f"{expected.get(name)}: train it again, or use the version it was made with"
            )


def _stored(tensor: Tensor, floating: torch.dtype) -> Tensor:
    tensor = tensor.detach().cpu()
    return (tensor.to(floating) if tensor.is_floating_point() else tensor).contiguous()


def read_config(folder: Path) -> Any:
    """The plain values of config.yaml, as they stand.

    Raises:
        InputError: It is missing, too large or no YAML.
    """
    path = folder / CONFIG
    if not path.exists():
        raise InputError(f"{folder}: is not a checkpoint; it has no {CONFIG}")
    return parse_yaml(read_text(path, largest=MAX_CONFIG_BYTES), path)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file, numbers with a point as float32.

    Raises:
        InputError: It is missing, or anything but safetensors; a pickle is refused, never opened. A number in it is not
            finite; the tensor is named.
    """
    from safetensors.torch import load_file

    if not path.exists():
        raise InputError(f"{path}: no such file; the checkpoint is incomplete")
    regular_file(path)
    try:
        with path.open("rb") as file:
            start = file.read(9)
        # The length of a safetensors header may begin with a pickle's bytes; its text then begins with a brace.
        if start[8:] != b"{" and start[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK"):
            raise InputError(
                f"{path}: is a pickle, which could run code, and is not loaded; a safetensors file is needed"
            )
        stored = load_file(path)
    except InputError:
        raise
    except Exception as error:  # a damaged file may name types and shapes that the library does not expect
        raise InputError(
            f"{path}: is not an intact safetensors file ({plainly(error)[:80]}); restore the checkpoint"
        ) from None
    tensors = {name: t.float() if t.is_floating_point() else t for name, t in stored.items()}
    for name, tensor in tensors.items():
        if tensor.is_complex() or not torch.isfinite(tensor).all():
            raise InputError(f"{path}: {name!r} is not finite")
    return tensors


def load_weights(module: torch.nn.Module, folder: Path) -> None:
    """Fills a module with the checkpoint's weights.

    Raises:
        InputError: Names or shapes do not fit, or a value is not finite; the first that does not is named.
    """
    path = folder / WEIGHTS
    stored, wanted = read_tensors(path), module.state_dict()
    for name in (*wanted, *stored):
        if name not in stored or name not in wanted:
            what = "lacks" if name in wanted else "has an unknown"
            raise InputError(f"{path}: {what} {name!r}; its config.yaml describes a different network")
        if stored[name].shape != wanted[name].shape:
            raise InputError(
                f"{path}: {name!r} has shape {tuple(stored[name].shape)}; {tuple(wanted[name].shape)} is needed"
            )
    module.load_state_dict(stored)


@contextmanager
def no_larger_than_stored(folder: Path) -> Iterator[None]:
    """Networks that are made within, from a checkpoint's settings, may not be much larger than what its files hold.

    Raises:
        InputError: Its settings describe a larger one.
    """
    size = sum(path.stat().st_size for path in (folder / WEIGHTS, folder / STATISTICS) if path.is_file())
    what = f"{folder / CONFIG}: describes a network that does not fit its {WEIGHTS} of {size / 2**20:,.1f} MiB: one"
    with at_most(_SLACK + _TIMES * size, what):
        yield


def read_statistics(folder: Path, kind: type[Kind]) -> Kind:
    """The checkpoint's statistics, as a dataclass of tensors.

    Raises:
        InputError: They are missing, or others than `kind` has.
    """
    path = folder / STATISTICS
    stored, names = read_tensors(path), {field.name for field in fields(kind)}
    if set(stored) != names:
        raise InputError(f"{path}: contains {sorted(stored)[:8]}; {sorted(names)} are needed")
    return kind(**stored)


def need_shape(tensor: Tensor, shape: Sequence[int], name: str) -> None:
    """Raises `InputError` unless a tensor of a checkpoint has a shape."""
    if tuple(tensor.shape) != tuple(shape):
        raise InputError(f"{name} has shape {tuple(tensor.shape)}; {tuple(shape)} is needed")


def need_positions(positions: Tensor, stop: int, name: str) -> None:
    """Raises `InputError` unless positions (N,) of a checkpoint increase from 0 to below `stop`, and there is one."""
    whole = positions.ndim == 1 and len(positions) and not positions.is_floating_point()
    if not whole or positions.min() < 0 or positions.max() >= stop or (positions.diff() < 0).any():
        raise InputError(f"{name}: positions that increase from 0 to below {stop} are needed")


def weights_hash(folder: Path) -> str:
    """The first 16 digits of the weights' sha256, for provenance."""
    with (folder / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def locate(name: str | Path) -> Path:
    """A checkpoint folder, or a Hub id fetched into the Hub's own cache.

    Raises:
        InputError: There is no such folder, and it is not the id of an accessible Hub repository.
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
    except Exception as error:  # the Hub's client raises many kinds; all mean that it is not available
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{text}: no such folder, and it could not be downloaded from the Hub ({reason[:120]})"
        ) from None


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
    if not (folder / CONFIG).is_file() and not is_empty(folder):
        raise InputError(f"{folder}: exists and is not a checkpoint; nothing was written, choose another folder")

"""Settings of models: pydantic sections, presets in YAML, and ``a.b=value`` changes."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from visavis.errors import InputError
from visavis.reading import parse_yaml, read_yaml, shown

LARGEST_SEED = 2**32 - 1
"""What NumPy, PyTorch and the language models' servers all take."""
MOST_CHANNELS = 65_536
"""Of any layer of a network, and of any vector that goes in or out."""
MOST_LAYERS = 256
MOST_FRAMES = 100_000
"""Of a window that a network sees at once; above an hour at 25 frames per second."""
MOST_TIMES = 100_000
"""How often anything is done for one frame or window, such as steps of a diffusion."""
_NEEDED = {
    "path_type": "the name of a file",
    "string_type": "text",
    "bool_type": "yes or no",
    "tuple_type": "a list such as [a, b]",
    "list_type": "a list such as [a, b]",
    "dict_type": "a mapping such as {a: b}",
    "model_type": "a group of settings (NAME: VALUE)",
}
"""By pydantic's name of a problem, what YAML should say instead."""


class Section(BaseModel):
    """A group of settings: unknown names and numbers that are not finite are refused, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _yes_is_no_number(cls, value: Any, about: ValidationInfo) -> Any:
        """YAML takes ``yes`` and ``on`` for true, which Python takes for 1."""
        if isinstance(value, bool) and cls.model_fields[str(about.field_name)].annotation in (int, float):
            raise ValueError(f"needs a number, not {'yes' if value else 'no'}")
        return value


Settings = TypeVar("Settings", bound=BaseModel)


def validate(kind: type[Settings], values: Any, where: str, *parents: str) -> Settings:
    """Plain values as settings of a kind.

    Args:
        kind: Which settings.
        values: What they are.
        where: File or preset, for the message.
        parents: Names of the sections that these settings lie in, for the message.

    Raises:
        InputError: One line that names `where`, the field and what is wrong with it.
    """
    if not isinstance(values, dict):
        raise InputError(f"{where}: expected a mapping of settings, not {type(values).__name__}")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in (*parents, *first["loc"]) if part != "[key]") or "settings"
        what = _NEEDED.get(first["type"])
        needed = f"needs {what}, not {_said(first['input'])}" if what else first["msg"]
        raise InputError(f"{where}: {field}: {needed.removeprefix('Value error, ')}") from None


def _said(value: Any) -> str:
    """What YAML took something for, for messages."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    return shown(repr(value))[:60]


def read_preset(model: str, package: str, presets: tuple[str, ...], name: str) -> dict[str, Any]:
    """The plain values of a preset shipped with the package, or of a YAML file.

    Args:
        model: What the presets are of, for the message.
        package: Whose folder ``presets`` holds them.
        presets: Their names.
        name: One of them, or a YAML file.

    Raises:
        InputError: There is no such preset, or it is no YAML.
    """
    path = Path(name)
    if name in presets:
        values = parse_yaml(resources.files(package).joinpath(f"presets/{name}.yaml").read_text("utf-8"), name)
    elif path.suffix in (".yaml", ".yml") and path.is_file():
        values = read_yaml(path)
    else:
        raise InputError(f"no {model} preset is named {name!r}; there are: {', '.join(presets)}, or pass a .yaml file")
    values = {} if values is None else values
    if not isinstance(values, dict):
        raise InputError(f"{name}: expected a mapping of settings")
    return values


def apply_override(values: dict[str, Any], override: str) -> None:
    """Applies one ``a.b=value`` (value read as YAML) to nested plain values, in place."""
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise InputError(f"{override!r}: expected SECTION.SETTING=VALUE, e.g. network.width=128")
    *parents, last = key.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise InputError(f"{override!r}: {parent!r} is not a section of the settings")
    values[last] = parse_yaml(text, repr(override))


def resolve_device(name: Any) -> Any:
    """The device that ``auto``, ``cpu`` or ``cuda`` (or ``cuda:1``, or a `torch.device`) names.

    Raises:
        InputError: There is no such device here.
    """
    import torch

    if isinstance(name, torch.device):
        return name
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f"unknown device {name!r}; use auto, cpu or cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError("no CUDA device was found; use auto or cpu")
    if device.type not in ("cpu", "cuda"):
        raise InputError(f"unknown device {name!r}; use auto, cpu or cuda")
    return device


def seed_generators(seed: int, device: Any) -> None:
    """Seeds PyTorch's own generators of the CPU and of a `torch.device`, to what ``torch.manual_seed`` seeds them to.

    That function seeds every kind of accelerator. For those that were not used yet it keeps the whole call stack as
    text, and does so at each call: a fifth of a training step of a small network, and memory that is never given back.
    """
    import torch

    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed_all(seed)

"""Which stages a curation has, in which order, with which parameters: ``curation.yaml``."""

from __future__ import annotations

from typing import Any

from visavis.corpora.curation.registry import known_stages
from visavis.corpora.curation.stage import Stage, check_order
from visavis.errors import InputError
from visavis.settings import read_preset, validate

PRESETS = ("venus", "talk")


def load_stages(name: str = "venus", overrides: tuple[str, ...] = ()) -> tuple[Stage, ...]:
    """The stages of a preset or of a YAML file.

    The file has one field, ``stages``: a list in which each entry is a stage's name, or a mapping with the name under
    ``stage`` and its parameters beside it.

    Args:
        name: ``venus``, ``talk`` or a file.
        overrides: Changes such as ``segments.length=300``: stage, parameter, value.

    Raises:
        InputError: There is no such preset, or the file does not describe stages; the message names the field.
    """
    values = read_preset("curation", "visavis.corpora.curation", PRESETS, name)
    return parse_stages(values, name, overrides)


def parse_stages(values: Any, where: str, overrides: tuple[str, ...] = ()) -> tuple[Stage, ...]:
    """The stages that plain values describe; `where` is for messages.

    Raises:
        InputError: One line that names `where`, the field and what is wrong with it.
    """
    listed = values.get("stages") if isinstance(values, dict) else None
    if not isinstance(listed, list) or not listed or set(values) != {"stages"}:
        raise InputError(f"{where}: expected one field 'stages', a list of at least one stage")
    known = known_stages()
    described = [_described(entry, number, where, known) for number, entry in enumerate(listed)]
    for override in overrides:
        _override(described, override, where)
    stages = tuple(
        validate(known[name], parameters, where, f"stages[{number}]", name)
        for number, (name, parameters) in enumerate(described)
    )
    check_order(stages)
    return stages


def dump_stages(stages: tuple[Stage, ...]) -> str:
    """The stages with all their parameters, as YAML that `load_stages` reads."""
    import yaml

    listed = [{"stage": stage.name, **stage.model_dump(mode="json")} for stage in stages]
    return yaml.safe_dump({"stages": listed}, sort_keys=False, allow_unicode=True)


def _described(entry: Any, number: int, where: str, known: dict[str, type[Stage]]) -> tuple[str, dict[str, Any]]:
    """A stage's name and its parameters."""
    entry = {"stage": entry} if isinstance(entry, str) else entry
    name = entry.get("stage") if isinstance(entry, dict) else None
    if not isinstance(name, str) or name not in known:
        raise InputError(
            f"{where}: stages[{number}]: there is no stage named {str(name)[:40]!r}; there are: {', '.join(known)}"
        )
    return name, {str(key): value for key, value in entry.items() if key != "stage"}


def _override(described: list[tuple[str, dict[str, Any]]], override: str, where: str) -> None:
    from visavis.settings import apply_override

    stage, dot, rest = override.partition(".")
    mine = [parameters for name, parameters in described if name == stage]
    if not dot or not mine:
        raise InputError(
            f"{override!r}: expected STAGE.PARAMETER=VALUE, e.g. segments.length=300, with a stage in {where}"
        )
    for parameters in mine:
        apply_override(parameters, rest)

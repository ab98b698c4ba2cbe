"""What the columns of a motion array mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError

Group = Literal["expression", "jaw", "neck", "head", "eyes", "translation", "body", "hands", "shape"]
Unit = Literal["coefficient", "rad", "m"]

LARGEST = 1e6
"""Any value of any column; nothing about a person is measured in more."""

GROUPS: tuple[str, ...] = get_args(Group)


@dataclass(frozen=True)
class Column:
    """One column of a motion array.

    Attributes:
        name: Unique within its space, such as ``jawOpen`` or ``head.x``.
        unit: ``coefficient`` (a blendshape or PCA weight), ``rad`` (one component of a rotation vector) or ``m``.
        group: The part of the person that the column moves, or ``shape``: how the person is built, which does not
            change while one moves. Every column belongs to exactly one.
    """

    name: str
    unit: Unit
    group: Group


@dataclass(frozen=True)
class MotionSpace:
    """Names every column of a motion array, its unit and its group.

    Attributes:
        name: How files and configurations refer to the space, such as ``arkit``.
        columns: The columns, in order.
        sets: Named index sets besides the groups, such as ``lips`` and ``upper_face``; column names.
        description: One line on where the space comes from and its frame of reference.
        bounds: Least and greatest value of the columns of a group, of a set or of one column, where they have any.
    """

    name: str
    columns: tuple[Column, ...]
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    description: str = ""
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=lambda: MappingProxyType({}), compare=False)

    def __post_init__(self) -> None:
        """Checks that names are unique and that sets name existing columns."""
        if len(self._index) != len(self.columns):
            raise InputError(f"motion space {self.name!r} has two columns of the same name")
        for name, members in self.sets.items():
            unknown = [m for m in members if m not in self._index]
            if unknown:
                raise InputError(f"set {name!r} of motion space {self.name!r} names unknown columns {unknown}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles (read-only mappings do neither by themselves)."""
        return MotionSpace, (self.name, self.columns, dict(self.sets), self.description, dict(self.bounds))

    def __repr__(self) -> str:
        groups = ", ".join(f"{group} {len(self.indices(group))}" for group in self.groups)
        return f"<MotionSpace {self.name!r}: {self.dim} columns ({groups})>"

    def __len__(self) -> int:
        return len(self.columns)

    def __hash__(self) -> int:
        return hash((self.name, self.columns))

    @property
    def dim(self) -> int:
        """Number of columns."""
        return len(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that have at least one column, in the order of `GROUPS`."""
        present = {column.group for column in self.columns}
        return tuple(group for group in GROUPS if group in present)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {column.name: i for i, column in enumerate(self.columns)}

    def index(self, name: str) -> int:
        """Position of the column called `name`.

        Raises:
            InputError: The space has no such column.
        """
        try:
            return self._index[name]
        except KeyError:
            raise InputError(f"motion space {self.name!r} has no column {name!r}") from None

    def indices(self, group: str | Iterable[str]) -> NDArray[np.intp]:
        """Positions of a group, of a named set, or of the given column names.

        Args:
            group: A group (``head``), a named set (``lips``) or an iterable of column names.

        Raises:
            InputError: The space has no such group, set or column.
        """
        if not isinstance(group, str):
            return np.array([self.index(name) for name in group], dtype=np.intp)
        if group in self.sets:
            return np.array([self._index[name] for name in self.sets[group]], dtype=np.intp)
        found = [i for i, column in enumerate(self.columns) if column.group == group]
        if not found:
            known = ", ".join((*self.groups, *self.sets))
            raise InputError(f"motion space {self.name!r} has no columns for {group!r}; it has: {known}")
        return np.array(found, dtype=np.intp)

    def has(self, group: str) -> bool:
        """Whether `indices(group)` would find columns."""
        return group in self.sets or group in self.groups

    def part(self, groups: Iterable[str]) -> MotionSpace:
        """The space of some groups' columns alone, in this space's order; a group that is not here adds nothing.

        Raises:
            InputError: None of the groups is here.
        """
        wanted = set(groups)
        columns = tuple(column for column in self.columns if column.group in wanted)
        if not columns:
            raise InputError(
                f"motion space {self.name!r} has none of the groups {', '.join(sorted(wanted))}; it has: "
                f"{', '.join(self.groups)}"
            )
        names = {column.name for column in columns}
        sets = {name: tuple(m for m in members if m in names) for name, members in self.sets.items()}
        sets = {name: members for name, members in sets.items() if members}
        known = {*names, *sets, *(column.group for column in columns)}
        bounds = {name: pair for name, pair in self.bounds.items() if name in known}
        name = f"{self.name}:{'+'.join(group for group in self.groups if group in wanted)}"
        return MotionSpace(name, columns, MappingProxyType(sets), f"Of {self.name}.", MappingProxyType(bounds))

    def limits(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Least and greatest value (D,) of every column; infinite where there is no bound.

        Raises:
            InputError: `bounds` names neither a group nor a set nor a column.
        """
        low, high = np.full(self.dim, -np.inf, np.float32), np.full(self.dim, np.inf, np.float32)
        for name, (least, greatest) in self.bounds.items():
            where = self.indices(name) if self.has(name) else self.indices([name])
            low[where], high[where] = least, greatest
        return low, high

    def as_plain(self) -> dict[str, Any]:
        """The space as plain values for YAML or JSON; `parse_space` reads them."""
        columns = [[column.name, column.unit, column.group] for column in self.columns]
        return {
            "name": self.name, "description": self.description, "columns": columns,
            "sets": {name: list(members) for name, members in self.sets.items()},
            "bounds": {name: list(pair) for name, pair in self.bounds.items()},
        }  # fmt: skip


def parse_space(values: Any, where: str) -> MotionSpace:
    """The space that `MotionSpace.as_plain` described.

    Raises:
        InputError: It is no description of a space; `where` is named.
    """
    try:
        columns = tuple(_parse_column(*column) for column in values["columns"])
        sets = {str(name): tuple(str(m) for m in members) for name, members in (values.get("sets") or {}).items()}
        bounds = {str(name): (float(a), float(b)) for name, (a, b) in (values.get("bounds") or {}).items()}
        space = MotionSpace(str(values["name"]), columns, sets, str(values.get("description", "")), bounds)
        if not all(-LARGEST <= low <= high <= LARGEST for low, high in bounds.values()):
            raise InputError("bounds: the least and the greatest value of each are needed")
        space.limits()
        return space
    except (TypeError, KeyError, AttributeError, ValueError, OverflowError) as error:
        why = f" ({error})" if isinstance(error, InputError) else ""
        raise InputError(f"{where}: space: a name and columns of [name, unit, group] are needed{why}") from None


def _parse_column(name: Any, unit: Any, group: Any) -> Column:
    if not isinstance(name, str) or unit not in get_args(Unit) or group not in GROUPS:
        raise InputError(f"column {str(name)[:40]!r} has unit {str(unit)[:20]!r} and group {str(group)[:20]!r}")
    return Column(name, unit, group)

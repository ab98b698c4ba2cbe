"""How files that others wrote are opened: text, YAML, JSON and NumPy arrays, with limits; nothing in them is run.

Whatever is wrong with such a file becomes one `InputError` that names it. What a file will take in memory is known
from its headers, so it is refused before anything is allocated.
"""

from __future__ import annotations

import json
import re
import stat
import sys
import warnings
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import yaml
from numpy.lib import format as npy
from numpy.typing import NDArray

from visavis.errors import InputError, plainly
from visavis.errors import shown as shown

LARGEST_TEXT = 256 * 2**20
"""Bytes of a text file that is read at once; an hour of two people as JSON has a tenth of this."""

LARGEST_ARRAYS = 2 * 2**30
"""Bytes of all arrays in a file together; ten hours of two people's motion have half of this."""

_DEEPEST = 100
_LARGEST_YAML, _MOST_NODES, _LONGEST_NUMBER = 4 * 2**20, 200_000, 1000
"""Bytes, values, and letters of a number in a YAML file, which takes seconds to read a megabyte of."""
_LITTER = frozenset({".ds_store", ".localized", "icon\r", "thumbs.db", "ehthumbs.db", "desktop.ini"})
"""Names, in lower case, of files that macOS and Windows put into every folder that somebody looks at."""
_HIDDEN = _LITTER | {"__macosx", "$recycle.bin", "system volume information", "@eadir", "lost+found"}
"""And of folders that archives, disks and network drives have beside the user's."""
_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "is a folder; pass a file"),
    (stat.S_ISFIFO, "is a pipe; store what it gives in a file first"),
    (stat.S_ISSOCK, "is a socket; pass a file"),
    (stat.S_ISCHR, "is a device; pass a file"),
    (stat.S_ISBLK, "is a device; pass a file"),
)


def regular_file(path: str | Path) -> Path:
    """The path of a file that can be read to its end and again, which pipes and devices cannot.

    Raises:
        InputError: There is no such file, it is something else, or it cannot be looked at.
    """
    path = Path(path)
    need_text_name(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if address := _address(path):
            raise InputError(f"{address}: addresses are not read; download the file first and pass its path") from None
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise InputError(f"{shown(path)}: cannot be read: {plainly(error)}") from None
    for is_kind, line in _KINDS:
        if is_kind(mode):
            raise InputError(f"{path}: {line}")
    return path


def _address(path: Path) -> str | None:
    """The URL that a path was made from, which lost slashes; None where it was none."""
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", str(path))  # letters of drives are single ones
    if scheme is None:
        return None
    lost = "//" if scheme[0].lower() == "file:/" else "/"
    return f"{scheme[0]}{lost}{str(path)[scheme.end() :]}"


def is_there(name: str | Path) -> bool:
    """Whether something on the disk has this name; any text may be asked about, as options also take words."""
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # too long for a name, or a NUL in it
        return False


def is_hidden(path: str | PurePath) -> bool:
    """Whether the file system's own tools made this beside the user's files, as macOS does in archives (``._name``).

    Args:
        path: Relative to the folder that the user named: what is in a hidden folder is hidden, too.
    """
    return any(
        name.startswith((".", "~$")) or name.lower() in _HIDDEN
        for name in PurePath(path).parts
        if name not in ("/", "..")
    )


def files_in(folder: Path, pattern: str = "*") -> list[Path]:
    """The user's files and folders below a folder, in order of path; what `is_hidden` is passed over.

    Args:
        folder: A folder that the user named; it may be a hidden one itself.
        pattern: As of `pathlib.Path.glob`, such as ``**/*.json``.

    Raises:
        InputError: The folder cannot be read, or a name in it is no text.
    """
    try:
        found = sorted(path for path in folder.glob(pattern) if not is_hidden(path.relative_to(folder)))
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {plainly(error)}") from None
    for path in found:
        need_text_name(path)
    return found


def is_empty(folder: Path) -> bool:
    """Whether a folder holds nothing but what macOS and Windows put into every folder that somebody looks at."""
    return all(path.name.startswith("._") or path.name.lower() in _LITTER for path in folder.iterdir())


def need_text_name(path: str | Path) -> None:
    """Raises InputError if a name is not UTF-8, as no table, no JSON and no terminal could hold it."""
    if not is_text(str(path)):
        raise InputError(f"{shown(path)}: the name is not UTF-8 text; rename it")


def is_text(text: str) -> bool:
    """Whether a text can be written as UTF-8; names of files and options of a command may not."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def read_text(path: str | Path, *, largest: int = LARGEST_TEXT) -> str:
    """The content of a text file in UTF-8, or in UTF-16 as Windows programs save it, without a byte order mark.

    Raises:
        InputError: It cannot be read, is larger than `largest` bytes, or is no such text.
    """
    content = read_bytes(path, largest=largest)
    try:
        return content.decode(_encoding(content)).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start:,}); save it as UTF-8") from None


def read_bytes(path: str | Path, *, largest: int = LARGEST_TEXT) -> bytes:
    """The content of a file.

    Raises:
        InputError: It cannot be read, or is larger than `largest` bytes.
    """
    path = regular_file(path)
    try:
        size = path.stat().st_size
        if size > largest:
            raise InputError(f"{path}: has {as_bytes(size)}, of which at most {as_bytes(largest)} are read")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {plainly(error)}") from None


def _encoding(content: bytes) -> str:
    """UTF-8, or UTF-16 as its byte order mark tells, or the zeros that stand beside the first letter."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return {b"\1\0": "utf-16-le", b"\0\1": "utf-16-be"}.get(bytes(map(bool, content[:2])), "utf-8")


class _PlainLoader(yaml.SafeLoader):
    """Mappings, lists, text, numbers, booleans and nothing; nesting and repetition are bounded, keys are set once."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._nodes = 0
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self._depth >= _DEEPEST:
            raise yaml.YAMLError(f"nested more than {_DEEPEST} deep")
        alias = self.check_event(yaml.events.AliasEvent)
        before, self._depth = self._nodes, self._depth + 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if alias:  # what it stands for may stand for more: counted as if it were written out
            self._nodes += self._sizes.get(id(node), _MOST_NODES)
        else:
            self._nodes += 1
            self._sizes[id(node)] = self._nodes - before
        if self._nodes > _MOST_NODES:
            raise yaml.YAMLError("stands for more than can be held")
        return node

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        keys: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in keys:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{shown(key.value)[:60]!r} is set twice; keep one of them", key.start_mark
                    )
                keys.add((key.tag, key.value))
        return node

    def number(self, node: Any) -> Any:
        """A number; what YAML 1.1 takes for degrees or hours, minutes and seconds stays text, as dates do."""
        if len(node.value) > _LONGEST_NUMBER:
            raise yaml.constructor.ConstructorError(
                None, None, f"a number of {len(node.value):,} digits is none that is meant", node.start_mark
            )
        if ":" in node.value:
            return node.value
        return self.construct_yaml_int(node) if node.tag.endswith("int") else self.construct_yaml_float(node)

    def only_plain(self, node: Any) -> Any:
        tag = shown(node.tag.replace("tag:yaml.org,2002:", "!!"))[:60]
        raise yaml.constructor.ConstructorError(
            None, None, f"{tag} is not read here; write plain values", node.start_mark
        )


_PLAIN = (*("tag:yaml.org,2002:" + kind for kind in ("null", "bool", "int", "float", "str", "seq", "map")),)
_PlainLoader.yaml_constructors = {
    **{tag: yaml.SafeLoader.yaml_constructors[tag] for tag in _PLAIN},
    "tag:yaml.org,2002:int": _PlainLoader.number,
    "tag:yaml.org,2002:float": _PlainLoader.number,
    None: _PlainLoader.only_plain,
}
_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_yaml(text: str, where: object) -> Any:
    """The plain values that YAML says: mappings, lists, text, numbers, booleans and None; dates stay text.

    Args:
        text: YAML.
        where: File or option, for the message.

    Raises:
        InputError: It is no YAML, or asks for more than plain values.
    """
    try:
        loader = _PlainLoader(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        at = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"{where}: not valid YAML{at}: {plainly(ValueError(error.problem or error))}") from None
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, ArithmeticError) as error:
        raise InputError(f"{where}: not valid YAML: {plainly(error)}") from None


def read_yaml(path: str | Path) -> Any:
    """The plain values in a YAML file; see `parse_yaml`.

    Raises:
        InputError: It cannot be read, or is no YAML.
    """
    return parse_yaml(read_text(path, largest=_LARGEST_YAML), path)


def parse_json(text: str | bytes, where: object) -> Any:
    """What JSON says.

    Args:
        text: JSON.
        where: File or address, for the message.

    Raises:
        InputError: It is no JSON.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = f", line {error.lineno}" if "\n" in error.doc.strip() else ""
        raise InputError(f"{where}: not valid JSON{line}: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{where}: not valid JSON: {plainly(error)}") from None
    except ValueError:  # what is left is Python's own limit
        most = sys.get_int_max_str_digits()
        raise InputError(
            f"{where}: not valid JSON: a number of more than {most:,} digits is none that is meant"
        ) from None


def read_json(path: str | Path, *, largest: int = LARGEST_TEXT) -> Any:
    """What a JSON file says; see `read_text` and `parse_json`.

    Raises:
        InputError: It cannot be read, or is no JSON.
    """
    return parse_json(read_text(path, largest=largest), path)


def read_arrays(
    path: str | Path, names: Collection[str] | None = None, *, largest: int = LARGEST_ARRAYS
) -> dict[str, NDArray[Any]]:
    """The arrays in an ``.npz`` file.

    Args:
        path: The file.
        names: Which to read; all unless given. Those that are not there are left out.
        largest: Bytes that they may take in memory, together.

    Raises:
        InputError: The file is no such archive, is damaged, or holds Python objects or more than `largest` bytes.
    """
    path = regular_file(path)
    try:
        with _old_headers(), zipfile.ZipFile(path) as archive:
            members = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
            wanted = {name: entry for name, entry in members.items() if names is None or name in names}
            sizes = {name: _declared(archive, entry, f"{path}: array {name!r}") for name, entry in wanted.items()}
            if sum(sizes.values()) > largest:
                total = as_bytes(sum(sizes.values()))
                raise InputError(f"{path}: its arrays have {total}, of which at most {as_bytes(largest)} are read")
            arrays = {}
            for name, entry in wanted.items():
                with archive.open(entry) as file:
                    arrays[name] = npy.read_array(file, allow_pickle=False)
                _need_characters(arrays[name], f"{path}: array {name!r}")
            return arrays
    except InputError:
        raise
    except Exception as error:  # a damaged archive may fail in any way, a changed header in the array's own
        raise InputError(f"{path}: not an intact .npz file ({plainly(error)[:100]})") from None


def read_array(path: str | Path, *, mapped: bool = False, largest: int = LARGEST_ARRAYS) -> NDArray[Any]:
    """The array in a ``.npy`` file.

    Args:
        path: The file.
        mapped: Whether to leave it on the disk and read what is looked at; then it may have any size.
        largest: Bytes that it may take in memory.

    Raises:
        InputError: The file is no such file, is damaged, or holds Python objects or more than `largest` bytes.
    """
    path = regular_file(path)
    try:
        with _old_headers(), path.open("rb") as file:
            size = _header_size(file, path.stat().st_size, str(path))
        if size > largest and not mapped:
            raise InputError(f"{path}: has {as_bytes(size)}, of which at most {as_bytes(largest)} are read")
        with _old_headers():
            array: NDArray[Any] = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
        _need_characters(array, str(path))
        return array
    except InputError:
        raise
    except Exception as error:  # see read_arrays
        raise InputError(f"{path}: not an intact .npy file ({plainly(error)[:100]})") from None


def as_bytes(count: int) -> str:
    """A number of bytes as people say it."""
    power = next((power for power in (3, 2, 1) if count >= 1024**power), 0)
    return f"{count / 1024**power:,.1f} {('bytes', 'KiB', 'MiB', 'GiB')[power]}"


def _old_headers() -> warnings.catch_warnings[None]:
    """Headers that Python 2 wrote take NumPy a little longer, of which nobody needs to be warned."""
    return warnings.catch_warnings(action="ignore", category=UserWarning)


def _declared(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str) -> int:
    with archive.open(entry) as file:
        return _header_size(file, entry.file_size, where)


def _need_characters(array: NDArray[Any], where: str) -> None:
    """Refuses an array of text with numbers that are no characters, at which Python itself would fail."""
    if array.dtype.kind == "U" and array.size and array.dtype.itemsize:
        codes = np.ascontiguousarray(array).reshape(-1).view(f"{array.dtype.byteorder}u4")
        if ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))).any():
            raise InputError(f"{where}: holds text with numbers that are no characters; get an intact copy")


def _header_size(file: Any, length: int, where: str) -> int:
    """Bytes of the array that a ``.npy`` header announces, which the file has to hold.

    Args:
        file: At its start.
        length: Bytes of the file.
        where: Of what, for the message.
    """
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.hasobject:
        raise InputError(f"{where}: holds Python objects, which could run code; it is not loaded")
    size = dtype.itemsize
    for count in shape:
        size *= int(count)  # Python's integers do not overflow
    if size > length:
        raise InputError(f"{where}: is announced as {shape} but cut short")
    return size

"""What hostile input looks like: bytes with faults, values of wrong kinds, texts that are no names."""

from __future__ import annotations

import copy
import json
from typing import Any

import yaml
from hypothesis import strategies as st

NUMBERS = [
    0, 1, -1, 2, 255, 2**31, 2**32, 2**63, 2**64, -(2**63), 10**9, 10**12, 10**20, 0.0, -0.0, 1e-300, 1e300, -1e300,
    1.5, float("inf"), float("-inf"), float("nan"),
]  # fmt: skip
TEXTS = [
    "", " ", "x", "a\0b", "\x1b[31mred\x1b[0m", "a\nb", "../../../etc/passwd", "/dev/zero", "/", ".", "..", "~", "-",
    "--", "[/]", "[red]x", "%s%n", "{0}", "é", "会話", "\u202eabc", "\ud800", "a" * 300, "a" * 5000, "2026-99-99",
    "0x10", "1_000", "12:60:60", ".inf", "!!python/object:os.system", "http://[bad", "file:///etc/passwd", "null",
    "true", "1e999", "9" * 5000,
]  # fmt: skip
INTEGERS = [0, 1, 2, 3, 7, 255, 256, 65_535, 2**16, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 10**6]
"""For fields of headers."""
numbers = st.sampled_from(NUMBERS) | st.integers() | st.floats()
texts = st.sampled_from(TEXTS) | st.text(max_size=20)
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(scalars, lambda v: st.lists(v, max_size=4) | st.dictionaries(texts, v, max_size=4), max_leaves=8)
EDGES = [
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0" * 64,
    b"\xff" * 8,
]


@st.composite
def faulty_bytes(draw: Any, whole: bytes) -> bytes:
    """A file with up to four faults: bytes flipped, replaced, inserted, left out, repeated, or the end cut off.

    Half of the faults lie in the first kilobyte or the last, where files say what is in them.
    """
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        if not data:
            break
        size = len(data)
        near = min(size, 1024)
        at = draw(st.integers(0, near - 1) | st.integers(size - near, size - 1) | st.integers(0, size - 1))
        kind = draw(st.sampled_from(["flip", "set", "insert", "delete", "repeat", "cut", "splice"]))
        if kind == "flip":
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "set":
            edge = draw(st.sampled_from(EDGES))
            data[at : at + len(edge)] = edge
        elif kind == "insert":
            data[at:at] = draw(st.sampled_from(EDGES) | st.binary(max_size=16))
        elif kind == "delete":
            del data[at : at + draw(st.integers(1, 64))]
        elif kind == "repeat":
            data[at:at] = data[at : at + draw(st.integers(1, 256))]
        elif kind == "cut":
            del data[at:]
        else:
            other = draw(st.integers(0, size - 1))
            data[at : at + 32] = data[other : other + 32]
    return bytes(data)


def _places(plain: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = plain.items() if isinstance(plain, dict) else enumerate(plain[:3]) if isinstance(plain, list) else ()
    return [path, *(place for key, value in inside for place in _places(value, (*path, key)))]


@st.composite
def faulty_values(draw: Any, plain: Any) -> Any:
    """Plain values, of which up to three are others, missing, or have an unknown neighbour."""
    changed = copy.deepcopy(plain)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(_places(changed)))
        if not path:
            if draw(st.booleans()):
                return draw(values)
            continue
        place = changed
        for key in path[:-1]:
            place = place[key]
        kind = draw(st.sampled_from(["other", "other", "other", "missing", "more"]))
        if kind == "other":
            place[path[-1]] = draw(values)
        elif kind == "missing":
            del place[path[-1]]
        elif isinstance(place, dict):
            place[draw(texts)] = draw(values)
        else:
            place.append(draw(values))
    return changed


def as_json(plain: Any) -> bytes:
    """JSON of values that JSON may not know."""
    return json.dumps(plain, default=str).encode("utf-8", "surrogatepass")


def as_yaml(plain: Any) -> bytes:
    """YAML of the same."""
    return yaml.safe_dump(json.loads(json.dumps(plain)), allow_unicode=False).encode("utf-8", "surrogatepass")


ODD_YAML = [
    b"2026-99-99", b"a: 2026-02-31", b"a: 2001-12-14t21:59:43.10-99:00", b"[" * 5000, b"{a: " * 5000, b"a: \xff\xfe",
    b"\xff\xfea\0:\0 \0001\0", b"a: &a [*a]", b"a: *b", b"? [a]\n: b", b"!!python/object/apply:os.system [ls]",
    b"a: !!int x", b"--- a\n--- b", b"\0", b"<<: 3", b"a: !!binary x", b"a: !!set {b}", b"%YAML 9.9\n---\na: 1",
    b"- " * 3000, b"a: |\n" + b" x" * 99,
]  # fmt: skip
"""YAML that loaders stumble over."""


def odd_yaml() -> st.SearchStrategy[bytes]:
    """YAML that loaders stumble over, or bytes."""
    return st.sampled_from(ODD_YAML) | st.binary(max_size=60)

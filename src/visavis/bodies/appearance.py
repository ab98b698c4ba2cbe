"""How a person looks: plain JSON values, so that they travel with a conversation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from visavis.errors import InputError

RACES = ("african", "asian", "caucasian")
PHENOTYPES = ("gender", "age", "muscle", "weight", "height", "proportions", "cupsize", "firmness", *RACES)
COLOURS = ("skin", "iris", "hair", "shirt", "trousers", "shoes")
HAIR_STYLES = ("short", "bob", "bald")
FACE_KEY = "face"

_NEUTRAL: dict[str, Any] = {
    **dict.fromkeys(PHENOTYPES, 0.5),
    "age": 0.7,
    "skin": "#d9a184",
    "iris": "#6b4a2f",
    "hair": "#3b2a20",
    "shirt": "#5d7f8f",
    "trousers": "#3d4250",
    "shoes": "#33291f",
    "hair_style": "short",
    FACE_KEY: {},
}


def default_appearances() -> tuple[dict[str, Any], dict[str, Any]]:
    """Two people whom nobody confuses: what is drawn unless a conversation says otherwise.

    Their faces are friendly at rest: corners of the mouth up, brows relaxed. That is part of who they are, not of the
    motion.

    Keys: phenotypes of Anny between 0 and 1 (``gender`` 0 male, 1 female; ``age`` 1/3 child, 2/3 young, 1 old),
    ``face`` (names of MakeHuman targets with an amount), colours as ``#rrggbb``, and ``hair_style``.
    """
    woman = complete(
        {
            "gender": 1.0, "age": 0.68, "muscle": 0.45, "weight": 0.47, "height": 0.41, "proportions": 0.3,
            "african": 0.25, "asian": 0.15, "caucasian": 0.6, "cupsize": 0.45, "firmness": 0.6,
            "skin": "#c98f6d", "iris": "#4f7a4a", "hair": "#2f1d16", "hair_style": "bob",
            "shirt": "#b4553f", "trousers": "#3a4155", "shoes": "#4a2f26",
            "face": {"mouth-angles-up": 0.6, "eyebrows-angle-up": 0.4},
        }
    )  # fmt: skip
    man = complete(
        {
            "gender": 0.0, "age": 0.74, "muscle": 0.55, "weight": 0.56, "height": 0.37, "proportions": 0.3,
            "african": 0.05, "asian": 0.1, "caucasian": 0.85,
            "skin": "#e2b093", "iris": "#4a7ba6", "hair": "#6b4a30", "hair_style": "short",
            "shirt": "#3f6f7d", "trousers": "#4c463f", "shoes": "#2a2725",
            "face": {"mouth-angles-up": 0.7, "eyebrows-angle-up": 0.4},
        }
    )  # fmt: skip
    return woman, man


def complete(appearance: Mapping[str, Any]) -> dict[str, Any]:
    """Fills in what is not said and checks what is.

    Raises:
        InputError: Names the key and what it may be.
    """
    unknown = set(appearance) - set(_NEUTRAL)
    if unknown:
        raise InputError(f"appearance: unknown {sorted(unknown)}; known are {', '.join(_NEUTRAL)}")
    result = {**_NEUTRAL, **appearance}
    for name in PHENOTYPES:
        value = result[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise InputError(f"appearance: {name!r} is {value!r}; a number from 0 to 1 is needed")
        result[name] = float(value)
    if sum(result[race] for race in RACES) <= 0:
        raise InputError(f"appearance: one of {', '.join(RACES)} must be above 0")
    for name in COLOURS:
        if not (isinstance(result[name], str) and re.fullmatch(r"#[0-9a-fA-F]{6}", result[name])):
            raise InputError(f"appearance: {name!r} is {result[name]!r}; a colour such as '#d9a184' is needed")
    if result["hair_style"] not in HAIR_STYLES:
        raise InputError(
            f"appearance: hair_style is {result['hair_style']!r}; one of {', '.join(HAIR_STYLES)} is needed"
        )
    face = result[FACE_KEY]
    if not isinstance(face, Mapping) or not all(
        re.fullmatch(r"[a-z0-9-]+", str(k)) and isinstance(v, int | float) and -2 <= v <= 2 for k, v in face.items()
    ):
        raise InputError(f"appearance: {FACE_KEY!r} must map names of face targets to numbers from -2 to 2")
    result[FACE_KEY] = {str(k): float(v) for k, v in face.items()}
    return result

"""Emotional readings of facial facts: raised inner brows with lowered mouth corners are sad.

Ekman and Friesen 1978, Facial Action Coding System; Ekman 1992, An argument for basic emotions. A reading says what a
face looks like, not what somebody feels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

READINGS = (
    "happy", "amused", "friendly", "sad", "sympathetic", "worried", "angry", "surprised", "afraid", "disgusted",
    "contemptuous", "sceptical", "bored", "thoughtful", "attentive", "shy", "confused", "agreeing", "disagreeing",
    "neutral",
)  # fmt: skip
"""What facts look like together."""

_SPEECH = ("mouth open", "lips pursed", "lips stretched")
"""Shapes that speech alone makes, so that a neutral face may have them."""

Rule = Callable[[Mapping[str, float]], float]


def read(strengths: Mapping[str, float], shapes: Iterable[str]) -> dict[str, float]:
    """How far each reading holds.

    Args:
        strengths: Of shapes and movements, 0 to 1, by fact.
        shapes: Which of them are shapes of the face.
    """
    found = {name: float(np.clip(rule(strengths), 0, 1)) for name, rule in _RULES.items()}
    most = max(strengths[name] for name in shapes if name not in _SPEECH)
    return found | {"neutral": float(np.clip(1 - 1.6 * most, 0, 1))}


def _without(value: float, *others: float) -> float:
    return value * float(np.prod([1 - min(1.0, 1.3 * other) for other in others]))


_RULES: dict[str, Rule] = {
    "happy": lambda s: _without(
        min(1.0, s["smile"] * (0.75 + 0.5 * s["cheeks raised"])), s["brows drawn together"], s["corners down"],
        0.7 * s["one-sided smile"],
    ),
    "amused": lambda s: _without(
        max(s["laugh"], min(s["smile"], max(s["open smile"], s["cheeks raised"]))), s["corners down"]
    ),
    "friendly": lambda s: _without(
        min(1.0, 1.4 * min(s["smile"], max(s["eyes on the speaker"], s["nod"]))), s["brows drawn together"],
        0.7 * s["one-sided smile"],
    ),
    "sad": lambda s: _without(
        max(
            min(s["inner brows raised"], s["corners down"]) ** 0.7,
            min(s["corners down"], max(s["eyes down"], s["head down"])),
            0.5 * s["corners down"] + 0.3 * s["inner brows raised"] - 0.1,
        ),
        s["smile"], s["nose wrinkled"], 0.7 * s["brows raised"],
    ),
    "sympathetic": lambda s: _without(
        min(1.0, s["inner brows raised"] * (0.7 + 0.3 * max(s["nod"], s["head tilted"], s["corners down"]))),
        0.4 * s["smile"], 0.4 * s["looks away"], s["nose wrinkled"], 0.7 * s["eyes wide"],
    ),
    "worried": lambda s: _without(
        max(
            min(1.0, 1.3 * min(s["inner brows raised"], s["brows drawn together"])),
            min(s["inner brows raised"], max(0.6 * s["lips pressed"], s["lips stretched"])),
        ),
        s["smile"],
    ),
    "angry": lambda s: _without(
        min(1.0, 1.2 * min(
            s["brows drawn together"],
            max(s["lips pressed"], s["eyes narrowed"], s["nose wrinkled"], 0.8 * s["chin raised"], 0.4),
        )),
        s["smile"], s["inner brows raised"], s["brows raised"], 0.3 * s["nose wrinkled"],
    ),
    "surprised": lambda s: _without(
        min(1.0, 1.2 * min(s["brows raised"], max(s["eyes wide"], s["mouth open"]))), s["brows drawn together"]
    ),
    "afraid": lambda s: _without(
        min(1.0, 1.4 * min(
            max(s["brows raised"], s["inner brows raised"]), s["eyes wide"], max(s["lips stretched"], 0.0)
        )),
        s["smile"],
    ),
    "disgusted": lambda s: _without(
        max(min(1.0, 0.75 * s["nose wrinkled"] + 0.35 * s["upper lip raised"]), 0.8 * s["upper lip raised"]), s["smile"]
    ),
    "contemptuous": lambda s: min(1.0, max(
        s["one-sided smile"] * (0.8 + 0.4 * s["lids low"]),
        1.2 * min(s["one-sided smile"], max(s["head up"], s["lids low"])),
    )),
    "sceptical": lambda s: _without(
        max(
            s["one brow raised"],
            min(s["eyes narrowed"], max(s["lips pressed"], s["head tilted"], s["lips pursed"])),
            0.7 * s["one-sided smile"],
        ),
        0.6 * s["cheeks raised"],
    ),
    "bored": lambda s: _without(
        min(1.0, max(
            1.3 * min(s["looks away"], max(s["still"], s["lids low"])), 1.1 * min(s["lids low"], s["still"] + 0.3)
        )),
        s["smile"], s["nod"], s["brows raised"], s["inner brows raised"], s["brows drawn together"],
    ),
    "thoughtful": lambda s: _without(
        min(1.0, max(
            1.2 * min(max(s["eyes up"], 0.8 * s["looks away"]), max(
                s["brows drawn together"], s["lips pressed"], s["lips pursed"], s["head tilted"], 0.3
            )),
            min(s["lips pursed"], 0.6),
        )),
        s["smile"], s["nose wrinkled"], s["corners down"],
    ),
    "attentive": lambda s: _without(
        min(1.0, s["eyes on the speaker"] * (0.55 + 0.6 * max(s["nod"], s["brows raised"], s["head tilted"]))),
        s["lids low"], s["looks away"],
    ),
    "shy": lambda s: _without(
        min(1.0, 1.4 * min(s["smile"], max(s["eyes down"], s["head down"], 0.7 * s["looks away"]))), s["laugh"]
    ),
    "confused": lambda s: _without(
        min(1.0, 1.2 * min(
            s["brows drawn together"], max(s["head tilted"], 0.5 * s["one brow raised"], 0.8 * s["mouth open"])
        )),
        s["smile"], s["nose wrinkled"],
    ),
    "agreeing": lambda s: _without(s["nod"], s["head shake"]),
    "disagreeing": lambda s: s["head shake"],
}  # fmt: skip
"""How far a reading follows from shapes and movements."""

"""Captions generated from motion: facts in words, with many paraphrases, and what would contradict them.

A caption knows what it says: by fact, the strength that its words claim. That is what encoders are trained on, tested
with, and what keeps two clips that show the same from being taken for a contradiction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import yaml

from visavis.models.retrieval.facts import FACTS, PRESENT, Facts, measure
from visavis.models.retrieval.readings import READINGS
from visavis.motion import Motion

SAID = {"absent": 0.0, "weak": 0.35, "clear": 0.6, "strong": 0.9}
"""The strength that words of a degree claim."""
CLEAR, STRONG = 0.45, 0.75
"""Strengths from which on a fact is called clear, and strong."""
STRONG_READING = 0.6
"""The same of readings, which need several facts at once and are rarely at their fullest."""
BRIEF, LASTING = 0.15, 0.7
"""Shares of the time below which a shape is brief, and above which it lasts."""
DENIED = 0.3
"""Share of captions that also say what is not there."""

_STEMS = (
    "{}", "{}", "{}", "looking {}", "Sam looks {}", "Sam would look {}", "Sam should look {}", "a {} look",
    "a {} expression", "Sam seems {}", "Sam's face is {}", "the listener appears {}", "visibly {}", "Sam is {}",
    "they would be {}", "Sam's expression would be {}", "she looks {}", "he looks {}", "Sam would likely look {}",
)  # fmt: skip
_ARTICLE_STEMS = ("{}", "{}", "{}", "Sam shows {}", "there is {}", "Sam would have {}")
_PART_STEMS = ("{}", "{}", "{}", "{}", "Sam's {}", "the {}")
_PARTS = (
    "brow",
    "eye",
    "lip",
    "head",
    "cheek",
    "mouth",
    "nose",
    "chin",
    "gaze",
    "lid",
    "jaw",
    "face",
    "inner",
    "upper",
)
_DENIAL = re.compile(
    r"\b(no|not|never|none|nothing|without|hardly|barely|neither|nor|lacks?|lacking|refuses?|instead of|rather than|"
    r"cannot|free of|devoid of)\b|n['’]t\b",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"[,.;:!?()\n]+|\s+(?:and|with|while|but|then|before|yet)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Caption:
    """Words about a stretch of motion.

    Attributes:
        text: The words.
        says: Strength claimed, by fact; 0 for what is said not to be there.
    """

    text: str
    says: Mapping[str, float]


def caption(motion: Motion, seed: int = 0) -> Caption:
    """What a motion shows, in full.

    Args:
        motion: As `facts.measure` takes it.
        seed: Chooses among the ways to say it.

    Raises:
        InputError: The motion cannot be put into words.
    """
    return word(measure(motion), np.random.default_rng(seed), most=8)


def word(facts: Facts, rng: np.random.Generator, most: int = 4) -> Caption:
    """Some of what holds, in words.

    Args:
        facts: What holds.
        rng: Chooses facts, stronger ones more often, and words.
        most: Facts to say at most; there may be fewer to say.
    """
    shown = [name for name in facts.shown if _worth_saying(name, facts)]
    if not shown:
        shown = [max(("neutral", "still", "eyes on the speaker"), key=lambda name: facts[name])]
    weight = np.array([facts[name] ** 2 for name in shown])
    count = min(most, len(shown))
    chosen = [shown[i] for i in rng.choice(len(shown), count, replace=False, p=weight / weight.sum())]
    chosen.sort(key=lambda name: name not in READINGS)  # what it looks like first, what is seen of it after
    clauses = [clause(name, facts[name], rng, facts.shares.get(name)) for name in chosen]
    says = {name: facts[name] for name in chosen}
    if rng.random() < DENIED:
        # What is not there is worth a word, too, most of all where it stands against what is.
        against = [o for name in chosen for o in opposites(name)] if rng.random() < 0.5 else list(FACTS)
        missing = [name for name in against if facts[name] < 0.05]
        if missing:
            name = str(rng.choice(missing))
            clauses.append(clause(name, 0.0, rng))
            says[name] = 0.0
    return Caption(_joined(clauses, rng), says)


def contrary(said: Caption, rng: np.random.Generator) -> Caption:
    """What would be said of somebody who does the opposite; the counterfactual of a caption."""
    says: dict[str, float] = {}
    for name, strength in said.says.items():
        if strength >= PRESENT:
            others = [o for o in opposites(name) if said.says.get(o, 0.0) < PRESENT]
            if others:
                says.setdefault(str(rng.choice(others)), float(rng.uniform(0.5, 0.95)))
        else:
            says.setdefault(name, float(rng.uniform(0.5, 0.95)))
    if not says:
        says = {name: 0.0 for name, strength in said.says.items() if strength >= PRESENT} or {"lively": 0.8}
    return Caption(_joined([clause(name, strength, rng) for name, strength in says.items()], rng), says)


def clause(name: str, strength: float, rng: np.random.Generator, share: float | None = None) -> str:
    """One fact in words.

    Args:
        name: Of `FACTS`.
        strength: 0 to 1; below `PRESENT` the fact is denied.
        rng: Chooses the words.
        share: Of the time, where known.
    """
    words = _words()[name]
    if strength < PRESENT:
        return _denial(name, rng)
    strong = STRONG_READING if name in READINGS else STRONG
    degree = "weak" if strength < CLEAR else "clear" if strength < strong else "strong"
    if degree == "strong" and rng.random() < 0.5:
        degree = "clear"  # who is furious is angry, too
    if name in READINGS:
        return _reading(words, degree, rng)
    text = str(rng.choice(words[degree]))
    if share is not None and rng.random() < 0.25 and name not in ("mouth open", "lips pursed"):
        if share < BRIEF:
            text = f"{text} {rng.choice(['for a moment', 'briefly', 'for a short while'])}"
        elif share > LASTING:
            text = f"{text} {rng.choice(['all the time', 'throughout', 'the whole time'])}"
    if text.startswith(("a ", "an ")):
        return str(rng.choice(_ARTICLE_STEMS)).format(text)
    return str(rng.choice(_PART_STEMS)).format(text) if text.startswith(_PARTS) else text


def split_clauses(text: str) -> list[str]:
    """The parts of a text that each say one thing; at least one unless the text has no letters."""
    parts = (part.strip(" -–—\"'“”‘’*#").strip() for part in _SPLIT.split(text))
    return [part for part in parts if any(c.isalnum() for c in part)]


def denies(text: str) -> bool:
    """Whether a clause says that something is not there: sentence embeddings hardly tell *a smile* from *no smile*."""
    return _DENIAL.search(text) is not None


def opposites(name: str) -> tuple[str, ...]:
    """Facts that contradict one."""
    return tuple(_words()[name]["opposites"])


def fit(says: Sequence[Mapping[str, float]], shown: np.ndarray) -> np.ndarray:
    """How true captions are of motions, (N, M): 1 where all that is said holds as it is said, 0 where nothing does.

    Args:
        says: Of N captions.
        shown: Facts (M, F) of motions, in the order of `FACTS`.
    """
    claimed = np.zeros((len(says), len(FACTS)))
    weight = np.zeros_like(claimed)
    for row, said in enumerate(says):
        where = [FACTS.index(name) for name in said]
        claimed[row, where], weight[row, where] = list(said.values()), 1.0
    weight /= np.maximum(weight.sum(1, keepdims=True), 1e-9)
    out = np.zeros((len(says), len(shown)))
    for column in np.flatnonzero(weight.any(0)):
        off = np.abs(claimed[:, column, None] - shown[None, :, column])
        out += weight[:, column, None] * (1 - np.clip(1.4 * off, 0, 1))
    return out


def _worth_saying(name: str, facts: Facts) -> bool:
    """Whether a fact says something of its own: a slow nod need not be called a nod, a neutral face not still."""
    if name == "nod":
        return max(facts["slow nod"], facts["quick nod"]) < PRESENT
    return not (name == "lids low" and facts["eyes closed"] >= CLEAR)


def _reading(words: Mapping[str, list[str]], degree: str, rng: np.random.Generator) -> str:
    if degree == "clear" and rng.random() < 0.35:
        return str(rng.choice(words["phrases"]))
    adjective = str(rng.choice(words["words" if degree == "clear" else degree]))
    stem = str(rng.choice(_STEMS))
    if stem.startswith("a {}") and adjective[0] in "aeiou":
        stem = stem.replace("a {}", "an {}")
    return stem.format(adjective)


def _denial(name: str, rng: np.random.Generator) -> str:
    """That a fact does not hold: in words of its own, or in those that it has, denied."""
    words = _words()[name]
    if rng.random() < 0.4:
        return str(rng.choice(words["absent"]))
    if name in READINGS:
        stem = rng.choice(("not {}", "does not look {}", "without looking {}", "Sam is not {}", "Sam would not be {}"))
        return str(stem).format(rng.choice(words["words"]))
    text = str(rng.choice(words["clear"]))
    bare = re.sub("^an? ", "", text)
    stems = ("no {}", "without any {}", "no trace of a {}") if bare != text else ("without {}", "no {}", "not {}")
    return str(rng.choice(stems)).format(bare)


def _joined(clauses: Sequence[str], rng: np.random.Generator) -> str:
    """Clauses as a sentence; `split_clauses` takes it apart again."""
    first, rest = clauses[0], list(clauses[1:])
    if rest and rng.random() < 0.5:
        first = f"{first} {rng.choice(['with', 'and'])} {rest.pop(0)}"
    text = ", ".join([first, *rest])
    return text[0].upper() + text[1:]


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, list[str]]]:
    text = resources.files("visavis.models.retrieval").joinpath("captions.yaml").read_text("utf-8")
    words: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    return words

"""Explicit statements in a description: distances with units, who sits, how they face, who is on the left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile

from visavis.scene.placement import Kind

SITTING = -0.42
"""y of a head on an ordinary chair."""

_UNITS = {
    r"mm|millimet(?:er|re)s?": 0.001,
    r"cm|centimet(?:er|re)s?": 0.01,
    r"m|met(?:er|re)s?": 1.0,
    r"km|kilomet(?:er|re)s?": 1000.0,
    r"ft|foot|feet|'": 0.3048,
    r"in|inch(?:es)?|\"": 0.0254,
    r"yds?|yards?": 0.9144,
    r"(?:steps?|paces?)": 0.75,
    r"arm'?s?[ -]lengths?": 0.7,
}
_WORDS = {
    "zero": 0.0, "half a": 0.5, "half an": 0.5, "a half": 0.5, "half": 0.5, "a third of a": 1 / 3,
    "a quarter of a": 0.25,
    "one and a half": 1.5, "two and a half": 2.5, "a couple of": 2.0, "a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0,
    "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0, "eight": 8.0, "nine": 9.0, "ten": 10.0,
    "eleven": 11.0, "twelve": 12.0, "fifteen": 15.0, "twenty": 20.0, "thirty": 30.0, "fifty": 50.0, "a hundred": 100.0,
    "one hundred": 100.0,
}  # fmt: skip
_NUMBER = r"[-−]?\d+(?:[.,]\d+)?|" + "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True))
_LENGTH = re.compile(rf"(?<![\w.])({_NUMBER})[ -]*({'|'.join(_UNITS)})(?![\w])", re.IGNORECASE)

_ARMS_LENGTH = re.compile(r"\barm'?s[ -]length\b", re.IGNORECASE)

# A length right before or after one of these is not the distance between two people.
_OTHER_LENGTH = re.compile(r"^[ -]*(?:tall|high|wide|long|deep|thick|above|below|taller|shorter|old)\b", re.IGNORECASE)
_ADJECTIVE = re.compile(
    r"^ (?!apart|away|from|between|distance|gap|of\b|off|and|or|while|with|in|at|on|to\b|,)\w+", re.IGNORECASE
)

_FACING: tuple[tuple[Kind, str], ...] = (
    ("face-to-face", r"fac(?:e|ing)[ -]to[ -]face|(?:face|facing) (?:each other|one another)|"
                     r"opposite (?:each|one|sides)|across (?:a|the|from)|vis[- ][aà][- ]vis|nose to nose|head[- ]on|"
                     r"over (?:a|the) (?:table|desk|counter|fence)"),
    ("side-by-side", r"side[ -]by[ -]side|(?:next to|beside|alongside) (?:each other|one another|[AB]\b|him|her|them)|"
                     r"shoulder to shoulder|abreast|arm in arm"),
    ("angled", r"at (?:an|a right|right) angles?\b|(?:around|at|across) the corner of|"
               r"turned (?:half|partly) (?:towards?|to) each other|diagonally"),
)  # fmt: skip

_POSES: tuple[tuple[float, bool, str], ...] = (
    (-0.85, True, r"(?:sit\w*|seated|kneel\w*) on (?:the|a) (?:floor|ground|grass|blanket|rug|carpet)|cross-legged"),
    (-0.15, True, r"(?:sit\w*|seated) (?:on|at) (?:\w+ )?(?:bar ?stools?|stools at the bar)"),
    (-0.55, False, r"kneel(?:s|ing)?\b|knelt"),
    (-0.65, False, r"crouch(?:es|ing|ed)?\b|squat(?:s|ting|ted)?\b"),
    (SITTING, True, r"sit(?:s|ting)?\b(?! room| area)|sat\b|seated\b"),
    (0.0, False, r"stand(?:s|ing)?\b(?! desk| ovation)|stood\b|on (?:their|his|her) feet|walk(?:s|ing)?\b"),
)
_AT_A_TABLE = ((SITTING, True, r"\b(?:at|across) (?:a|the|their|one) (?:\w+ )?(?:table|desk)\b"),)
"""What counts where nothing is said about who sits."""

# "A" begins many a sentence as an article; it is the person where a verb or a place follows.
_PERSON = re.compile(
    r"\b(A)\b(?='s |\s+(?:is|sits|stands|sat|stood|kneels|crouches|squats|remains|leans|walks|to the|on the|and B)\b)"
    r"|\b(A)\b(?=\s+(?:sitting|standing|seated|kneeling|crouching)(?:$|,| (?:on|at|in|by|next|up|near)\b))|\b(B)\b"
)
# Words that say nothing about where somebody is.
_FILLER = """
    a an the two people persons they them both of are is be and or with in on at to from by for who whom which their
    other each while but apart away between distance about roughly some one another there it
"""
_BREAK = re.compile(r"[,;.:!?()]+(?=\s|$)|\b(?:and|while|but|with)\b", re.IGNORECASE)
_SIDE = re.compile(r"\b(left|right)\b", re.IGNORECASE)
_NOT_A_SIDE = re.compile(r"right (?:angles?|now|next|in front|there|here|away|up|beside|across)", re.IGNORECASE)


@dataclass(frozen=True)
class Explicit:
    """What the words say outright; None where they do not.

    Attributes:
        distance: Metres between the heads.
        kind: How the two face.
        poses: For A and B: y of the head relative to standing, and whether the person sits.
        a_on_the_left: Whether a viewer has A on the left.
        notes: What was said but cannot be.
        read: The parts of the text that say it.
        unread: The other parts, as far as they say something.
    """

    distance: float | None = None
    kind: Kind | None = None
    poses: tuple[tuple[float, bool] | None, tuple[float, bool] | None] = (None, None)
    a_on_the_left: bool | None = None
    notes: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether the words say anything outright."""
        return any(v is not None for v in (self.distance, self.kind, *self.poses, self.a_on_the_left))


def read_explicit(text: str) -> Explicit:
    """Finds numbers with units and plain statements in `text`."""
    text = text.replace("’", "'").replace("‘", "'")
    distance, notes = _distance(text)
    read, unread = _divided(text)
    return Explicit(distance, _kind(text), _poses(text), _left(text), notes, read, unread)


def _distance(text: str) -> tuple[float | None, tuple[str, ...]]:
    """The last length that can be a distance between people."""
    found = 0.7 if _ARMS_LENGTH.search(text) else None
    notes = []
    for match in _lengths(text):
        value = _value(match[1]) * next(f for u, f in _UNITS.items() if re.fullmatch(u, match[2], re.IGNORECASE))
        if value < 0:
            notes.append(f"a distance of {match[0]!r} is impossible; it is ignored")
        else:
            found = value
    return found, tuple(notes)


def _lengths(text: str) -> Iterator[re.Match[str]]:
    """Those that can be between two people."""
    for match in _LENGTH.finditer(text):
        after = text[match.end() :]
        adjective = "-" in match[0].lstrip("-") and _ADJECTIVE.match(after)  # "a two-metre table"
        if not adjective and not _OTHER_LENGTH.match(after):
            yield match


def _value(number: str) -> float:
    words = " ".join(number.lower().split())
    if words in _WORDS:
        return _WORDS[words]
    return float(words.replace(",", ".").replace("−", "-"))


def _kind(text: str) -> Kind | None:
    found = [(m.start(), kind) for kind, pattern in _FACING if (m := re.search(pattern, text, re.IGNORECASE))]
    # "across the corner of a table" is also "across the": the more particular reading wins.
    kinds = {kind for _, kind in found}
    return "angled" if "angled" in kinds else min(found)[1] if found else None


def _poses(text: str) -> tuple[tuple[float, bool] | None, tuple[float, bool] | None]:
    poses: dict[str, tuple[float, bool]] = {}
    clauses = re.split(r"[,;.]|\bwhile\b|\bbut\b|(?<!\bA )(?<!\bB )\band(?= [AB] )|\bwith(?= [AB] )", text)
    for clause, known in ((clause, known) for known in (_POSES, _AT_A_TABLE) for clause in clauses):
        who = [next(g for g in m.groups() if g) for m in _PERSON.finditer(clause.strip())]
        pose = next(((y, sits) for y, sits, p in known if re.search(p, clause, re.IGNORECASE)), None)
        if pose is None:
            continue
        # A pose belongs to the clause's first person; without one, or for "A and B", it is both people's.
        both = not who or re.search(r"\bA and B\b|\bboth\b", clause) is not None
        for letter in ("A", "B") if both else (who[0],):
            poses.setdefault(letter, pose)
    return poses.get("A"), poses.get("B")


def _left(text: str) -> bool | None:
    for clause in re.split(r"[,;.]", text):
        side = _SIDE.search(_NOT_A_SIDE.sub("", clause))
        person = re.search(r"\b(?:(A)(?= (?:is|on|to|at|sits|stands|sitting|standing)\b|'s)|(B))\b", clause)
        if side and person:
            return (person[1] is not None) == (side[1].lower() == "left")
    return None


def _divided(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The parts of a text that are read outright, and the others, as far as they say something."""
    patterns = [pattern for _, pattern in _FACING] + [pattern for *_, pattern in (*_POSES, *_AT_A_TABLE)]
    found = [match for pattern in patterns for match in re.finditer(pattern, text, re.IGNORECASE)]
    found += [*_lengths(text), *_ARMS_LENGTH.finditer(text), *_PERSON.finditer(text)]
    found += _SIDE.finditer(text) if _left(text) is not None else []
    spans: list[list[int]] = []
    for start, end in sorted(match.span() for match in found):
        if spans and _is_filler(text[spans[-1][1] : start]):
            spans[-1][1] = max(end, spans[-1][1])
        else:
            spans.append([start, end])
    ends = [0, *(edge for span in spans for edge in span), len(text)]
    between = (part for start, end in zip(ends[::2], ends[1::2], strict=True) for part in _BREAK.split(text[start:end]))
    unread = (" ".join(_trimmed(part.split())) for part in between)
    read = (text[start:end] for start, end in spans)
    return tuple(part for part in read if part not in ("A", "B")), tuple(part for part in unread if part)


def _is_filler(text: str) -> bool:
    return not _BREAK.search(text) and not _trimmed(text.split())


def _trimmed(words: list[str]) -> list[str]:
    """From the first word on that says something."""
    return list(dropwhile(lambda word: word.lower().strip("\"'“”") in _FILLER.split(), words))
